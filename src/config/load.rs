//! How large and how long the load stages of `cargo test -- --ignored` are.

use std::{ffi::OsString, time::Duration};

use super::{ConfigError, environment::variable};
use crate::units::parse_duration;

/// How large and how long a load stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadSettings {
    /// Virtual users (`CHATSERVER_LOAD_CLIENTS`).
    pub clients: usize,
    /// How long they send (`CHATSERVER_LOAD_DURATION`).
    pub duration: Duration,
    /// From one message of a user to its next (`CHATSERVER_LOAD_INTERVAL`).
    pub interval: Duration,
    /// How long the soak lasts (`CHATSERVER_LOAD_SOAK`).
    pub soak: Duration,
}

/// A stage of seconds, gentle enough for any server.
impl Default for LoadSettings {
    fn default() -> Self {
        Self {
            clients: 50,
            duration: Duration::from_secs(5),
            interval: Duration::from_millis(200),
            soak: Duration::from_mins(1),
        }
    }
}

impl LoadSettings {
    /// From this process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(variable)
    }

    /// As [`LoadSettings::from_env`], from other variables.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let default = Self::default();
        let read = |name| lookup(name).map(|value| value.to_string_lossy().into_owned());
        let time = |name, default| match read(name) {
            None => Ok(default),
            Some(value) => {
                parse_duration(&value).map_err(|why| ConfigError::Variable { name, value, why })
            }
        };
        let name = "CHATSERVER_LOAD_CLIENTS";
        let clients = match read(name) {
            None => default.clients,
            Some(value) => value.trim().parse().map_err(|_| ConfigError::Variable {
                name,
                value,
                why: "write a number of users, such as 50".to_owned(),
            })?,
        };
        Ok(Self {
            clients,
            duration: time("CHATSERVER_LOAD_DURATION", default.duration)?,
            interval: time("CHATSERVER_LOAD_INTERVAL", default.interval)?,
            soak: time("CHATSERVER_LOAD_SOAK", default.soak)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<LoadSettings, ConfigError> {
        LoadSettings::from_variables(|asked| (asked == name).then(|| value.into()))
    }

    #[test]
    fn each_variable_sets_its_part() {
        let default = LoadSettings::default();
        assert_eq!(read("", "").unwrap(), default);
        let set = read("CHATSERVER_LOAD_CLIENTS", "500").unwrap();
        assert_eq!(set, LoadSettings { clients: 500, ..default });
        let set = read("CHATSERVER_LOAD_DURATION", "60").unwrap();
        assert_eq!(set, LoadSettings { duration: Duration::from_mins(1), ..default });
        let set = read("CHATSERVER_LOAD_INTERVAL", "10ms").unwrap();
        assert_eq!(set, LoadSettings { interval: Duration::from_millis(10), ..default });
    }

    #[test]
    fn a_soak_has_its_own_length() {
        let set = read("CHATSERVER_LOAD_SOAK", "8h").unwrap();
        let soak = Duration::from_hours(8);
        assert_eq!(set, LoadSettings { soak, ..LoadSettings::default() });
    }

    #[test]
    fn a_bad_value_is_an_error_that_names_its_variable() {
        for name in [
            "CHATSERVER_LOAD_CLIENTS",
            "CHATSERVER_LOAD_DURATION",
            "CHATSERVER_LOAD_INTERVAL",
            "CHATSERVER_LOAD_SOAK",
        ] {
            let error = read(name, "many").unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}=many: ")), "{error}");
        }
    }
}

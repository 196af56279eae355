//! Everything that can be set, as plain data; from the environment, or made by code.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    ConfigError, ConfigFile, ProbeSettings, environment::variable, file::from_home, parse_addrs,
};
use crate::wire::dialect::{builtin_names, builtin_text};

/// Which dialect the server speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialectChoice {
    /// One that comes with the harness, by its name.
    BuiltIn(String),
    /// A TOML file.
    File(PathBuf),
    /// The server's own `public.hpp`.
    Header(PathBuf),
}

impl Default for DialectChoice {
    fn default() -> Self {
        Self::BuiltIn("course".to_owned())
    }
}

impl DialectChoice {
    /// A built-in name, or the path of a TOML file, taken from `folder` if relative.
    ///
    /// # Errors
    /// It is neither; says which names there are.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        if builtin_text(text).is_some() {
            return Ok(Self::BuiltIn(text.to_owned()));
        }
        let path = folder.join(from_home(Path::new(text)));
        if path.is_file() {
            return Ok(Self::File(path));
        }
        let names: Vec<&str> = builtin_names().collect();
        Err(format!(
            "neither a built-in dialect ({}) nor a file ({})",
            names.join(", "),
            path.display()
        ))
    }
}

/// Everything that can be set. The default is the reference server; nothing is read from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each switches a thing of its own")]
pub struct Settings {
    /// A running server to attach to (`CHATSERVER_ADDR`).
    pub addrs: Vec<SocketAddr>,
    /// What named `addrs`, for reports.
    pub addrs_from: &'static str,
    /// The program to launch (`CHATSERVER_BIN`), absolute or a bare name.
    pub program: Option<PathBuf>,
    /// Test the reference server whatever else is configured (`CHATSERVER_BIN=refserver`).
    pub reference: bool,
    /// The `chatserver.toml`.
    pub file: Option<ConfigFile>,
    /// A server that was found on PATH.
    pub on_path: Option<PathBuf>,
    /// The dialect (`CHATSERVER_DIALECT`, `CHATSERVER_HEADER`); else the file's; else `course`.
    pub dialect: Option<DialectChoice>,
    /// Refuse to fall back to the reference server (`CHATSERVER_REQUIRE`).
    pub require: bool,
    /// Leave a launched server running at the end (`CHATSERVER_KEEP`).
    pub keep: bool,
    /// Permit addresses that are neither of this machine nor private (`CHATSERVER_ALLOW_REMOTE`).
    pub allow_remote: bool,
    /// Run cases that are known to kill servers also where the server was not launched (`CHATSERVER_ALLOW_CRASH`).
    pub allow_crash: bool,
    /// Let the kernel place generator and server, instead of giving each its cores (`CHATSERVER_SHARE_CORES`).
    pub share_cores: bool,
    /// The directory for logs (`CHATSERVER_LOG_DIR`); else one in the temporary directory.
    pub log_dir: Option<PathBuf>,
    /// How long to wait for another run on the same server.
    pub lock_wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            addrs: Vec::new(),
            addrs_from: "the caller",
            program: None,
            reference: false,
            file: None,
            on_path: None,
            dialect: None,
            require: false,
            keep: false,
            allow_remote: false,
            allow_crash: false,
            share_cores: false,
            log_dir: None,
            lock_wait: Duration::from_mins(1),
        }
    }
}

impl Settings {
    /// The settings of this process: its environment, the `chatserver.toml` here or above, and PATH.
    pub fn from_env() -> Result<Self, ConfigError> {
        let here = std::env::current_dir().map_err(|source| ConfigError::Unreadable {
            path: ".".into(),
            found_by: "the current directory",
            source,
        })?;
        let mut settings = Self::from_variables(variable, &here)?;
        settings.on_path =
            ["chatserver", "ChatServer"].iter().find_map(|name| which::which(name).ok());
        Ok(settings)
    }

    /// As [`Settings::from_env`], from other variables and another directory; PATH is not searched.
    pub fn from_variables(
        lookup: impl Fn(&str) -> Option<OsString>,
        here: &Path,
    ) -> Result<Self, ConfigError> {
        let variables = Variables { lookup: &lookup, here };
        let addrs = variables.text("CHATSERVER_ADDR")?.map(|text| {
            parse_addrs(&text).map_err(|why| variables.wrong("CHATSERVER_ADDR", &text, why))
        });
        let program = variables.text("CHATSERVER_BIN")?;
        let reference = program.as_deref() == Some("refserver");
        let file = match variables.path("CHATSERVER_CONFIG") {
            Some(path) => Some(ConfigFile::read(&path, "CHATSERVER_CONFIG")?),
            None => ConfigFile::search(here)?,
        };
        Ok(Self {
            addrs: addrs.transpose()?.unwrap_or_default(),
            addrs_from: "CHATSERVER_ADDR",
            program: program.filter(|_| !reference).map(|text| program_path(&text, here)),
            reference,
            file,
            dialect: variables.dialect()?,
            require: variables.switch("CHATSERVER_REQUIRE")?,
            keep: variables.switch("CHATSERVER_KEEP")?,
            allow_remote: variables.switch("CHATSERVER_ALLOW_REMOTE")?,
            allow_crash: variables.switch("CHATSERVER_ALLOW_CRASH")?,
            share_cores: variables.switch("CHATSERVER_SHARE_CORES")?,
            log_dir: variables.path("CHATSERVER_LOG_DIR"),
            ..Self::default()
        })
    }

    /// Attaches to a running server.
    #[must_use]
    pub fn with_addr(mut self, addr: SocketAddr) -> Self {
        self.addrs = vec![addr];
        self.addrs_from = "the caller";
        self
    }

    /// Launches `program`.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Speaks this dialect.
    #[must_use]
    pub fn with_dialect(mut self, dialect: DialectChoice) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Puts logs into this directory.
    #[must_use]
    pub fn with_log_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.log_dir = Some(dir.into());
        self
    }

    /// The dialect: as set, else the file's, else `course`.
    pub fn dialect(&self) -> DialectChoice {
        let from_file = || self.file.as_ref().and_then(|file| file.dialect.clone());
        self.dialect.clone().or_else(from_file).unwrap_or_default()
    }

    /// What is measured beside the load.
    pub fn probes(&self) -> &[ProbeSettings] {
        self.file.as_ref().map_or(&[], |file| &file.probes)
    }

    /// The known failures of the configured server: the id of a case, and the reason.
    pub fn expected_failures(&self) -> BTreeMap<String, String> {
        self.file.as_ref().map(|file| file.expect.clone()).unwrap_or_default()
    }
}

/// `./bin/ChatServer` from here, a bare name from PATH: absolute where it is found, as it is where it is not.
fn program_path(text: &str, here: &Path) -> PathBuf {
    let path = from_home(Path::new(text));
    if path.components().count() == 1
        && !path.has_root()
        && let Ok(found) = which::which(&path)
    {
        return found;
    }
    here.join(path)
}

/// The variables, with errors that name them.
struct Variables<'a> {
    lookup: &'a dyn Fn(&str) -> Option<OsString>,
    here: &'a Path,
}

impl Variables<'_> {
    fn text(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(value) = (self.lookup)(name) else { return Ok(None) };
        value.into_string().map(Some).map_err(|value| {
            self.wrong(name, &value.to_string_lossy(), "it is not UTF-8".to_owned())
        })
    }

    fn path(&self, name: &'static str) -> Option<PathBuf> {
        (self.lookup)(name).map(|value| self.here.join(from_home(Path::new(&value))))
    }

    fn switch(&self, name: &'static str) -> Result<bool, ConfigError> {
        let Some(value) = self.text(name)? else { return Ok(false) };
        match value.to_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(self.wrong(name, &value, "write 1 or 0".to_owned())),
        }
    }

    fn dialect(&self) -> Result<Option<DialectChoice>, ConfigError> {
        let (by_name, by_header) = ("CHATSERVER_DIALECT", "CHATSERVER_HEADER");
        match (self.text(by_name)?, self.path(by_header)) {
            (Some(_), Some(_)) => {
                Err(ConfigError::Contradiction { first: by_name, second: by_header })
            }
            (Some(text), None) => DialectChoice::parse(&text, self.here)
                .map(Some)
                .map_err(|why| self.wrong(by_name, &text, why)),
            (None, Some(path)) if path.is_file() => Ok(Some(DialectChoice::Header(path))),
            (None, Some(path)) => {
                let why = "there is no such file; name the server's public.hpp".to_owned();
                Err(self.wrong(by_header, &path.display().to_string(), why))
            }
            (None, None) => Ok(None),
        }
    }

    #[expect(clippy::unused_self, reason = "reads as one family with the others")]
    fn wrong(&self, name: &'static str, value: &str, why: String) -> ConfigError {
        ConfigError::Variable { name, value: value.to_owned(), why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let lookup = |name: &str| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value))
        };
        Settings::from_variables(lookup, dir.path())
    }

    #[test]
    fn without_variables_everything_has_its_default() {
        let expected = Settings { addrs_from: "CHATSERVER_ADDR", ..Settings::default() };
        assert_eq!(read(&[]).unwrap(), expected);
        assert_eq!(expected.dialect(), DialectChoice::BuiltIn("course".into()));
    }

    #[test]
    fn a_bad_value_is_an_error_that_names_its_variable() {
        for (name, value, says) in [
            ("CHATSERVER_ADDR", "6000", "127.0.0.1:6000"),
            ("CHATSERVER_DIALECT", "curse", "course, "),
            ("CHATSERVER_HEADER", "public.hpp", "no such file"),
            ("CHATSERVER_REQUIRE", "maybe", "write 1 or 0"),
            ("CHATSERVER_KEEP", "2", "write 1 or 0"),
            ("CHATSERVER_CONFIG", "absent.toml", "absent.toml"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(name) && text.contains(says), "{text}");
            assert_eq!(crate::error::Classified::exit(&error), crate::verdict::Exit::Usage);
        }
        let both = [("CHATSERVER_DIALECT", "course"), ("CHATSERVER_HEADER", "a.hpp")];
        assert!(read(&both).unwrap_err().to_string().contains("both set"));
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("chatserver.toml"), "dialect = 'bing'\n[expect]\nA = 'b'")
            .unwrap();
        let dialect = |value: Option<&str>| {
            let lookup =
                |name: &str| value.filter(|_| name == "CHATSERVER_DIALECT").map(OsString::from);
            Settings::from_variables(lookup, dir.path()).unwrap().dialect()
        };
        assert_eq!(dialect(None), DialectChoice::BuiltIn("bing".into()));
        assert_eq!(dialect(Some("len4")), DialectChoice::BuiltIn("len4".into()));
    }
}

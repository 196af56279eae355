//! `[[probe]]` in `chatserver.toml`: a command that prints a number, measured beside the load.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::file::some_duration;

/// How often a probe is measured, and how long it may take, where the file does not say.
const EVERY: Duration = Duration::from_secs(5);
const DEADLINE: Duration = Duration::from_secs(2);
/// So long a name still fits a table.
const NAME_CHARS: usize = 40;

/// A probe as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenProbe {
    pub(super) name: Spanned<String>,
    run: String,
    #[serde(default, deserialize_with = "some_duration")]
    every: Option<Duration>,
    #[serde(default, deserialize_with = "some_duration")]
    deadline: Option<Duration>,
}

/// A command that prints a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeSettings {
    /// The name of its column, behind `probe_`.
    pub name: String,
    /// The shell line; `{ip}` and `{port}` are filled in.
    pub run: String,
    /// From the end of one run to the next.
    pub every: Duration,
    /// How long a run may take.
    pub deadline: Duration,
}

impl WrittenProbe {
    /// Why the name cannot be that of a column, beside the probes before it.
    pub(super) fn wrong_name(&self, before: &[ProbeSettings]) -> Option<&'static str> {
        let name = self.name.get_ref();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.len() > NAME_CHARS || !name.chars().all(plain) {
            Some("write letters, digits and _, at most 40: it becomes the column probe_NAME")
        } else if before.iter().any(|probe| probe.name == *name) {
            Some("another probe has this name: each is a column of its own")
        } else {
            None
        }
    }

    pub(super) fn settings(self) -> ProbeSettings {
        ProbeSettings {
            name: self.name.into_inner(),
            run: self.run,
            every: self.every.unwrap_or(EVERY),
            deadline: self.deadline.unwrap_or(DEADLINE),
        }
    }
}

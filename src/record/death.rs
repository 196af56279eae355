//! How a server ended that nobody had asked to end, with the evidence.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    process::{Status, signal_name},
    units::format_duration,
};

/// How many lines of each stream the sentence about a death quotes.
const QUOTED_LINES: usize = 3;

/// Why a server is thought dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum DeathCause {
    /// Its process ended by itself.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// A signal ended its process.
    Signaled {
        /// The signal's number.
        signal: i32,
        /// The signal's name, such as `SIGABRT`.
        name: String,
        /// Whether the kernel wrote a core file.
        core_dumped: bool,
    },
    /// A server that was not launched here stopped answering.
    ConnectionLost {
        /// What was seen.
        detail: String,
    },
    /// Its process could not be waited for.
    Unknown {
        /// What the system said.
        detail: String,
    },
}

impl fmt::Display for DeathCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exit code {code}"),
            Self::Signaled { signal, name, core_dumped } => {
                let core = if *core_dumped { ", core dumped" } else { "" };
                write!(f, "signal {signal} ({name}{core})")
            }
            Self::ConnectionLost { detail } | Self::Unknown { detail } => f.write_str(detail),
        }
    }
}

impl From<Status> for DeathCause {
    fn from(status: Status) -> Self {
        match status {
            Status::Exited { code } => Self::Exited { code },
            Status::Signaled { signal, core_dumped } => {
                Self::Signaled { signal, name: signal_name(signal).to_owned(), core_dumped }
            }
            Status::Unknown { detail } => Self::Unknown { detail },
        }
    }
}

/// The death of a server: what ended it, when, and its last words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// The node that died, of a cluster that was launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<SocketAddr>,
    /// What ended it.
    pub how: DeathCause,
    /// When the end was noticed.
    pub at: Timestamp,
    /// How long the process had lived.
    pub uptime_ms: u64,
    /// The last lines of its standard output, oldest first; escaped and bounded.
    pub stdout_tail: Vec<String>,
    /// The last lines of its standard error, oldest first; escaped and bounded.
    pub stderr_tail: Vec<String>,
    /// The file with all that was kept of its output.
    pub log: Option<PathBuf>,
}

impl Death {
    /// The last lines it wrote: of standard error where there are any, else of standard output.
    pub fn last_words(&self) -> &[String] {
        let lines = if self.stderr_tail.is_empty() { &self.stdout_tail } else { &self.stderr_tail };
        &lines[lines.len().saturating_sub(QUOTED_LINES)..]
    }
}

/// One line on the cause, one on its last words and where to read more.
impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uptime = format_duration(Duration::from_millis(self.uptime_ms));
        match &self.how {
            DeathCause::ConnectionLost { detail } => write!(f, "the server is gone: {detail}")?,
            how => match self.node {
                None => write!(f, "the server died after {uptime}: {how}")?,
                Some(node) => write!(f, "the node {node} died after {uptime}: {how}")?,
            },
        }
        let words = self.last_words();
        match (words.is_empty(), &self.log) {
            (false, Some(log)) => {
                write!(f, "\n  it said: {} (more in {})", words.join(" | "), log.display())
            }
            (false, None) => write!(f, "\n  it said: {}", words.join(" | ")),
            (true, Some(log)) => write!(f, "\n  it said nothing (log: {})", log.display()),
            (true, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abort() -> Death {
        Death {
            node: None,
            how: DeathCause::Signaled { signal: 6, name: "SIGABRT".into(), core_dumped: false },
            at: Timestamp::UNIX_EPOCH,
            uptime_ms: 1_240,
            stdout_tail: vec!["listening".into()],
            stderr_tail: ["a", "b", "terminate called", "what(): parse error"]
                .map(Into::into)
                .into(),
            log: Some("/tmp/server.log".into()),
        }
    }

    #[test]
    fn a_death_is_told_in_two_lines() {
        assert_eq!(
            abort().to_string(),
            "the server died after 1.24 s: signal 6 (SIGABRT)\n  \
             it said: b | terminate called | what(): parse error (more in /tmp/server.log)"
        );
    }

    #[test]
    fn a_silent_death_says_so() {
        let how = DeathCause::Exited { code: 3 };
        let silent = Death { how, stdout_tail: vec![], stderr_tail: vec![], ..abort() };
        assert_eq!(
            silent.to_string(),
            "the server died after 1.24 s: exit code 3\n  it said nothing (log: /tmp/server.log)"
        );
    }

    #[test]
    fn a_death_survives_json() {
        let text = serde_json::to_string(&abort()).unwrap();
        assert_eq!(serde_json::from_str::<Death>(&text).unwrap(), abort());
    }
}

//! How a process ended: an exit code, or a signal by its name.

use std::{fmt, os::unix::process::ExitStatusExt, process::ExitStatus};

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// By itself.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// By a signal.
    Signaled {
        /// The signal's number.
        signal: i32,
        /// Whether the kernel wrote a core file.
        core_dumped: bool,
    },
    /// It could not be waited for.
    Unknown {
        /// What the system said.
        detail: String,
    },
}

impl Status {
    /// Whether it ended by itself with exit code 0.
    pub fn is_success(&self) -> bool {
        *self == Self::Exited { code: 0 }
    }
}

impl From<std::io::Result<ExitStatus>> for Status {
    fn from(waited: std::io::Result<ExitStatus>) -> Self {
        match waited {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Self::Exited { code },
                (None, Some(signal)) => {
                    Self::Signaled { signal, core_dumped: status.core_dumped() }
                }
                (None, None) => Self::Unknown { detail: status.to_string() },
            },
            Err(error) => Self::Unknown { detail: error.to_string() },
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exit code {code}"),
            Self::Signaled { signal, core_dumped } => {
                let core = if *core_dumped { ", core dumped" } else { "" };
                write!(f, "signal {signal} ({}{core})", signal_name(*signal))
            }
            Self::Unknown { detail } => write!(f, "an unknown end ({detail})"),
        }
    }
}

/// The name of a signal: `SIGABRT` for 6.
pub(crate) fn signal_name(signal: i32) -> &'static str {
    const NAMES: [&str; 32] = [
        "no signal",
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];
    usize::try_from(signal)
        .ok()
        .and_then(|index| NAMES.get(index).copied())
        .unwrap_or("a real-time signal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_by_code_or_by_name() {
        let ended = |raw| Status::from(Ok(ExitStatus::from_raw(raw))).to_string();
        assert_eq!(ended(3 << 8), "exit code 3");
        assert_eq!(ended(6), "signal 6 (SIGABRT)");
        assert_eq!(ended(0x8b), "signal 11 (SIGSEGV, core dumped)");
        assert_eq!(ended(40), "signal 40 (a real-time signal)");
    }
}

//! What a run ends in: the three verdicts, the levels of a requirement, the exit codes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How binding a requirement is, in the words of RFC 2119.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Observed and reported; never judged.
    Info,
    /// A violation is reported as a warning; it does not make the run red.
    Should,
    /// A violation makes the run red.
    Must,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "INFO",
            Self::Should => "SHOULD",
            Self::Must => "MUST",
        })
    }
}

/// The verdict on a stage or a run. The order is the precedence: the worst one wins.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Everything that was asked for was measured, and held.
    #[default]
    Pass,
    /// The harness itself was too slow or too starved to judge times and rates.
    Invalid,
    /// The server did not do what was required of it.
    Fail,
}

impl Verdict {
    /// The worse of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "PASS",
            Self::Invalid => "INVALID",
            Self::Fail => "FAIL",
        })
    }
}

/// What a command says to the pipeline that called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Every check and every threshold held.
    Pass = 0,
    /// A check failed, a threshold broke, or the server died after first contact.
    Fail = 1,
    /// The command line, the configuration or the dialect is wrong.
    Usage = 2,
    /// The harness was too slow to judge.
    Invalid = 3,
    /// The server was not found, not started, or not reached.
    Unreachable = 4,
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Invalid => Self::Invalid,
            Verdict::Fail => Self::Fail,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_outweighs_invalid_outweighs_pass() {
        assert_eq!(Verdict::Pass.and(Verdict::Invalid), Verdict::Invalid);
        assert_eq!(Verdict::Fail.and(Verdict::Invalid), Verdict::Fail);
        assert_eq!(Verdict::Pass.and(Verdict::Pass), Verdict::Pass);
    }

    #[test]
    fn each_verdict_has_the_documented_exit_code() {
        let codes = [Verdict::Pass, Verdict::Fail, Verdict::Invalid].map(|v| Exit::from(v) as u8);
        assert_eq!(codes, [0, 1, 3]);
    }
}

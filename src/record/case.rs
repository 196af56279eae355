//! What became of one numbered case.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::verdict::{Level, Verdict};

/// A case as it was run, or why it was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// The case's number, such as `CHAT-1`: never reused, never a position.
    pub id: String,
    /// The requirement in a few words.
    pub title: String,
    /// How binding the requirement is.
    pub level: Level,
    /// What became of it.
    pub result: CaseResult,
    /// How long it ran.
    pub took_ms: u64,
    /// The server's output while it ran, where that was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// What was found out about a death or a hang, a text: last words, backtrace, threads, the last frames of each
    /// connection. The replay lies beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<PathBuf>,
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum CaseResult {
    /// The requirement held.
    Passed,
    /// A case of level INFO saw this; it is not judged.
    Observed {
        /// What was seen.
        what: String,
    },
    /// The requirement did not hold.
    Failed {
        /// Expected and seen.
        reason: String,
    },
    /// Not run: a case it stands on failed.
    Blocked {
        /// The id of that case.
        by: String,
    },
    /// Not run: the dialect cannot express it, or it was not asked for. Never counted as passed.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Failed, and listed as a known failure of this server.
    Known {
        /// What was seen, and why it is known.
        reason: String,
    },
    /// Passed although it is listed as a known failure: the list is out of date.
    UnexpectedPass,
    /// The harness could not carry it out; this says nothing about the server.
    Trouble {
        /// What went wrong on our side.
        reason: String,
    },
}

impl CaseResult {
    /// One word for a table.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Observed { .. } => "observed",
            Self::Failed { .. } => "FAILED",
            Self::Blocked { .. } => "blocked",
            Self::Skipped { .. } => "skipped",
            Self::Known { .. } => "known failure",
            Self::UnexpectedPass => "UNEXPECTED PASS",
            Self::Trouble { .. } => "TROUBLE",
        }
    }

    /// Whether the requirement was shown to hold.
    pub fn passed(&self) -> bool {
        matches!(self, Self::Passed | Self::UnexpectedPass)
    }

    /// The reason in one sentence; empty for a plain pass.
    pub fn reason(&self) -> String {
        match self {
            Self::Passed => String::new(),
            Self::Observed { what: reason }
            | Self::Failed { reason }
            | Self::Skipped { reason }
            | Self::Known { reason }
            | Self::Trouble { reason } => reason.clone(),
            Self::Blocked { by } => format!("blocked by {by}"),
            Self::UnexpectedPass => {
                "listed under [expect] as a known failure, but it passed: remove it there".into()
            }
        }
    }
}

impl CaseRecord {
    /// What this case does to the verdict on the run: a MUST that failed and an unexpected pass make it red,
    /// trouble of our own makes it invalid; a SHOULD that failed is a warning; blocked cases count through the
    /// case that blocks them.
    pub fn verdict(&self) -> Verdict {
        match &self.result {
            CaseResult::Failed { .. } if self.level == Level::Must => Verdict::Fail,
            CaseResult::UnexpectedPass => Verdict::Fail,
            CaseResult::Trouble { .. } => Verdict::Invalid,
            _ => Verdict::Pass,
        }
    }

    /// Whether this is a SHOULD (or INFO) that did not hold: a warning.
    pub fn warns(&self) -> bool {
        self.level != Level::Must && matches!(self.result, CaseResult::Failed { .. })
    }
}

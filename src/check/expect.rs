//! How a case ends, and how it says what it expected.

use std::fmt;

use crate::client::ClientError;

/// How a case ends.
pub type Outcome = Result<(), Failure>;

/// Why a case did not pass.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server did not do what is required.
    #[error("{0}")]
    Violation(String),
    /// The server did not do what it should do, and harmed nobody: a warning, whatever the level of the case.
    #[error("{0}")]
    Shortcoming(String),
    /// A call failed on the way.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Nothing to judge: what was seen is reported.
    #[error("{0}")]
    Observed(String),
    /// The harness could not carry it out.
    #[error("{0}")]
    Trouble(String),
}

impl Failure {
    /// A requirement that did not hold.
    pub(super) fn violation(what: impl fmt::Display) -> Self {
        Self::Violation(what.to_string())
    }

    /// A SHOULD that did not hold, in a case whatever its level.
    pub(super) fn shortcoming(what: impl fmt::Display) -> Self {
        Self::Shortcoming(what.to_string())
    }
}

/// Fails unless the two are equal; says what was judged, what was expected and what was seen.
#[expect(clippy::needless_pass_by_value, reason = "a call reads better without borrows")]
pub(super) fn expect_eq<T: PartialEq + fmt::Debug>(what: &str, seen: T, expected: T) -> Outcome {
    if seen == expected {
        return Ok(());
    }
    Err(Failure::Violation(format!("{what}: expected {expected:?}, saw {seen:?}")))
}

/// Fails with a message unless the condition holds.
pub(super) fn ensure(holds: bool, message: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Failure::Violation(message())) }
}

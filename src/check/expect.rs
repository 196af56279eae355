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
    let (expected, seen) = (plain(&expected), plain(&seen));
    Err(Failure::Violation(format!("{what}: expected {expected}, saw {seen}")))
}

/// A value as a reader who writes no Rust would have it: what may be absent is itself, or nothing.
pub(super) fn plain(value: &impl fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.strip_prefix("Some(").and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => inner.to_owned(),
        None if text == "None" => "nothing".to_owned(),
        None => text,
    }
}

/// Fails with a message unless the condition holds.
pub(super) fn ensure(holds: bool, message: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Failure::Violation(message())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_absent_is_told_plainly() {
        let reason = |seen: Option<&str>| expect_eq("the text", seen, Some("a")).unwrap_err();
        assert_eq!(reason(Some("Some(b)")).to_string(), r#"the text: expected "a", saw "Some(b)""#);
        assert_eq!(reason(None).to_string(), r#"the text: expected "a", saw nothing"#);
        assert_eq!(plain(&3), "3");
    }
}

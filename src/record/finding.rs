//! Something wrong with what the server delivered: its kind, how often, what it means, a few examples.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

/// At most so many examples are kept of one kind of finding.
pub const MAX_EXAMPLES: usize = 5;
/// At most so many bytes of a frame are kept as an example.
pub const MAX_FRAME_BYTES: usize = 512;

/// The kinds of finding; the order is the order of a report, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A message reached a user it was not addressed to.
    Misdelivered,
    /// A message never reached a user who was entitled to it.
    Lost,
    /// A message reached its receiver more than once.
    Duplicated,
    /// A message arrived with other content than was sent.
    Corrupted,
    /// A frame that nothing we sent explains.
    Unexpected,
    /// Messages of one sender reached a receiver in another order than they were sent.
    OutOfOrder,
    /// Whether it arrived cannot be known: its receiver could not log in again.
    Uncollected,
    /// Whether it should have arrived cannot be known: one of the two left by reset.
    Indeterminate,
    /// A message of another run of the harness.
    Foreign,
    /// Bytes that are no message of this dialect.
    Undecodable,
    /// A request that the dialect acknowledges got no acknowledgement.
    Unanswered,
    /// The server refused a request that it should have granted.
    Refused,
    /// The server closed a connection that nobody had asked it to close.
    ClosedByServer,
}

impl FindingKind {
    /// One or two words for a report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Misdelivered => "misdelivered",
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::Corrupted => "corrupted",
            Self::Unexpected => "unexpected",
            Self::OutOfOrder => "out of order",
            Self::Uncollected => "uncollected",
            Self::Indeterminate => "indeterminate",
            Self::Foreign => "foreign",
            Self::Undecodable => "undecodable",
            Self::Unanswered => "unanswered",
            Self::Refused => "refused",
            Self::ClosedByServer => "closed by server",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// All occurrences of one kind of finding in one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind.
    pub kind: FindingKind,
    /// How often it was seen; not bounded by the examples.
    pub count: u64,
    /// What it means, in words for somebody who sees it the first time.
    pub meaning: String,
    /// The first few of them, at most [`MAX_EXAMPLES`].
    pub examples: Vec<Example>,
}

#[cfg(feature = "load")]
impl Finding {
    /// Adds another finding of the same kind.
    pub(crate) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.examples.extend(other.examples);
        self.examples.truncate(MAX_EXAMPLES);
    }
}

/// One occurrence of a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The user who sent it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The user to whom it was addressed, or who received it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The message's number within its sender's stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// When, since the start of the stage.
    pub at_ms: u64,
    /// The bytes, as text; bounded by [`Example::with_frame`], escaped only by the report.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub frame: String,
}

impl Example {
    /// Keeps the first [`MAX_FRAME_BYTES`] of `frame` as text; bytes that are no UTF-8 are replaced, a cut is shown
    /// by an ellipsis with the number of bytes left out.
    #[must_use]
    pub fn with_frame(mut self, frame: &[u8]) -> Self {
        let mut end = frame.len().min(MAX_FRAME_BYTES);
        // Back to the start of a character, so that the cut itself does not look like corruption; a character has
        // at most three continuation bytes.
        while end < frame.len() && end + 3 > MAX_FRAME_BYTES && frame[end] & 0xC0 == 0x80 {
            end -= 1;
        }
        self.frame = String::from_utf8_lossy(&frame[..end]).into_owned();
        if end < frame.len() {
            let _ = write!(self.frame, "… (+{} bytes)", frame.len() - end);
        }
        self
    }
}

impl Finding {
    /// A finding that was not seen yet.
    pub fn new(kind: FindingKind, meaning: impl Into<String>) -> Self {
        Self { kind, count: 0, meaning: meaning.into(), examples: Vec::new() }
    }

    /// Counts one occurrence; the example is built only while there is room for it.
    pub fn count_one(&mut self, example: impl FnOnce() -> Example) {
        self.count += 1;
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(example());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_counts_on_after_its_last_example() {
        let mut lost = Finding::new(FindingKind::Lost, "never arrived");
        for sequence in 0..20 {
            lost.count_one(|| Example { sequence: Some(sequence), ..Example::default() });
        }
        assert_eq!((lost.count, lost.examples.len()), (20, MAX_EXAMPLES));
    }

    #[test]
    fn a_long_frame_is_cut_between_characters() {
        let frame = "好".repeat(400);
        let kept = Example::default().with_frame(frame.as_bytes()).frame;
        assert!(!kept.contains('\u{fffd}'), "{kept}");
        assert!(kept.ends_with("bytes)") && kept.len() < MAX_FRAME_BYTES + 40, "{kept}");
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_as_replacements() {
        let kept = Example::default().with_frame(&[0xff; 2000]).frame;
        assert!(kept.starts_with('\u{fffd}') && kept.ends_with("(+1488 bytes)"), "{kept}");
        assert_eq!(Example::default().with_frame(b"{}").frame, "{}");
    }
}

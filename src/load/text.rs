//! The texts of a stage's messages: for each length a place for the mark, and the payload behind it.

use super::{PlanError, Script, Texts};
use crate::ledger::{MARK_BYTES, Mark, Payload};

/// A text to be written over with the mark of each message.
#[derive(Debug)]
pub(super) struct Text {
    payload: Payload,
    bytes: Vec<u8>,
}

impl Text {
    /// A text of each length.
    ///
    /// # Errors
    /// A length cannot be tracked.
    pub(super) fn all(texts: &Texts) -> Result<Vec<Self>, PlanError> {
        texts.bytes.iter().map(|bytes| Self::new(*bytes, texts.script)).collect()
    }

    fn new(size: usize, script: Script) -> Result<Self, PlanError> {
        let wrong = PlanError::TextSize { bytes: size };
        let payload = size.checked_sub(MARK_BYTES).ok_or(wrong.clone())?;
        let payload = match script {
            Script::Ascii => Payload::ascii(payload),
            Script::Cjk => Payload::cjk(payload),
        }
        .map_err(|_| wrong)?;
        let mut bytes = vec![0; MARK_BYTES];
        bytes.extend_from_slice(payload.bytes());
        Ok(Self { payload, bytes })
    }

    /// The text of the message with this mark.
    #[inline]
    pub(super) fn of(&mut self, mark: &Mark) -> &[u8] {
        mark.encode_into(&self.payload, &mut self.bytes);
        &self.bytes
    }
}

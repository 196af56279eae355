//! What has arrived and was not asked for, within bounds: a server that never stops talking fills no memory.

use std::collections::VecDeque;

use super::error::ClientError;
use crate::wire::{
    Acknowledgement, Delivery, Incoming, Undecodable, decode,
    dialect::{Dialect, Kind},
};

/// How many unexplained frames are kept.
const UNEXPLAINED: usize = 64;
/// How many pushed messages may wait to be taken.
const INBOX: usize = 100_000;
/// How many bytes long these may be together.
const INBOX_BYTES: usize = 64 << 20;

/// Messages that wait to be taken, and frames that nothing explains.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// Each with its length in bytes.
    inbox: VecDeque<(Delivery, usize)>,
    inbox_bytes: usize,
    unexplained: Vec<String>,
    undecodable: Option<Undecodable>,
}

impl Mail {
    /// Puts a document where it belongs; gives back the acknowledgement that `pending` waits for.
    pub(super) fn sort(
        &mut self,
        dialect: &Dialect,
        document: &[u8],
        pending: &[Kind],
    ) -> Option<Acknowledgement> {
        match decode(dialect, document, pending) {
            Ok(Incoming::Ack(ack)) if pending.contains(&ack.kind) => return Some(ack),
            Ok(Incoming::Message(delivery)) => self.keep(delivery, document),
            Ok(Incoming::Ack(_)) => {
                self.wonder("an acknowledgement that nobody waits for", document);
            }
            // The answer to a heartbeat.
            Ok(Incoming::Unknown(fields)) if dialect.custom_answered(&fields).is_some() => {}
            Ok(Incoming::Unknown(_)) => {
                self.wonder("a message that the dialect does not know", document);
            }
            Err(error) => self.undecodable = Some(error),
        }
        None
    }

    fn keep(&mut self, delivery: Delivery, document: &[u8]) {
        let bytes = document.len();
        if self.inbox.len() == INBOX || self.inbox_bytes + bytes > INBOX_BYTES {
            return self.wonder("more messages than the inbox holds", document);
        }
        self.inbox_bytes += bytes;
        self.inbox.push_back((delivery, bytes));
    }

    fn wonder(&mut self, what: &str, document: &[u8]) {
        if self.unexplained.len() < UNEXPLAINED {
            let head = String::from_utf8_lossy(&document[..document.len().min(300)]);
            self.unexplained.push(format!("{what}: {}", head.escape_debug()));
        }
    }

    /// The message that came first.
    pub(super) fn take(&mut self) -> Option<Delivery> {
        let (delivery, bytes) = self.inbox.pop_front()?;
        self.inbox_bytes -= bytes;
        Some(delivery)
    }

    /// Frames that neither a request nor another user's message explains.
    pub(super) fn unexplained(&self) -> &[String] {
        &self.unexplained
    }

    /// What came and could not be read, once.
    pub(super) fn complaint(&mut self) -> Result<(), ClientError> {
        self.undecodable.take().map_or(Ok(()), |error| Err(error.into()))
    }

    /// All messages that were not taken.
    pub(super) fn into_messages(self) -> Vec<Delivery> {
        self.inbox.into_iter().map(|(delivery, _)| delivery).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Dialect {
        Dialect::builtin("course").unwrap().unwrap()
    }

    fn chat(text: &str) -> Vec<u8> {
        format!(r#"{{"msgid":6,"id":7,"name":"a","toid":8,"msg":"{text}","time":"t"}}"#)
            .into_bytes()
    }

    #[test]
    fn long_messages_are_kept_up_to_a_bound_in_bytes_and_what_was_taken_makes_room() {
        let (dialect, mut mail) = (course(), Mail::default());
        let long = chat(&"x".repeat((1 << 20) - chat("").len()));
        for _ in 0..INBOX_BYTES >> 20 {
            assert!(mail.sort(&dialect, &long, &[]).is_none());
        }
        assert_eq!(mail.unexplained().len(), 0);
        mail.sort(&dialect, &long, &[]);
        assert_eq!(mail.unexplained().len(), 1, "{:?}", mail.unexplained());
        assert!(mail.unexplained()[0].starts_with("more messages than the inbox holds"));
        assert!(mail.take().is_some());
        mail.sort(&dialect, &long, &[]);
        assert_eq!((mail.unexplained().len(), mail.into_messages().len()), (1, INBOX_BYTES >> 20));
    }

    #[test]
    fn what_nothing_explains_is_kept_up_to_a_bound() {
        let (dialect, mut mail) = (course(), Mail::default());
        for _ in 0..1000 {
            mail.sort(&dialect, br#"{"msgid":777}"#, &[]);
        }
        assert_eq!(mail.unexplained().len(), UNEXPLAINED);
        mail.sort(&dialect, b"[1]", &[]);
        assert!(mail.complaint().is_err());
        assert!(mail.complaint().is_ok(), "a complaint is made once");
    }
}

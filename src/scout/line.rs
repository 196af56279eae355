//! A connection of the scout: requests of the dialect out, whatever comes in.

use std::{collections::VecDeque, fmt::Write, time::Duration};

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::{
    client::{Came, RawPeer},
    fixture::Fixture,
    wire::{
        Carried, Request, encode,
        framing::{Deframer, Framing, Limits, Splitting},
    },
};

/// Headers that are recognised between documents.
const USUAL: Splitting = Splitting::Strict(Framing::LENGTH);
/// How long the server may leave a request unread.
const UNREAD: Duration = Duration::from_secs(2);
/// Of a long document only so much is shown.
const SHOWN_BYTES: usize = 400;

/// A document that came, and how it was framed.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) fields: Map<String, Value>,
    pub(super) framing: Framing,
}

/// How a wait ended without a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Silence {
    /// Nothing came in time.
    Nothing,
    /// The server ended the connection.
    Ended,
    /// What came is no JSON object.
    Odd(String),
}

/// A connection.
#[derive(Debug)]
pub(super) struct Line<'f> {
    fixture: &'f Fixture,
    peer: RawPeer,
    /// Who speaks on it, for what is shown.
    who: String,
    deframer: Deframer,
    /// All bytes of the last read, and of the read before where a document began there.
    raw: Vec<u8>,
    heard: VecDeque<Heard>,
    /// Messages that were heard: second copies of them are passed over.
    known: Vec<Map<String, Value>>,
    pub(super) copies: usize,
    over: Option<Silence>,
    pub(super) carried: Carried,
    /// What passed, to be shown.
    pub(super) passed: Vec<String>,
}

impl<'f> Line<'f> {
    pub(super) async fn open(fixture: &'f Fixture, who: &str) -> std::io::Result<Self> {
        Ok(Self {
            fixture,
            peer: fixture.raw_peer().await?,
            who: who.to_owned(),
            deframer: Deframer::new(splitting(fixture), Limits::default()),
            raw: Vec::new(),
            heard: VecDeque::new(),
            known: Vec::new(),
            copies: 0,
            over: None,
            carried: Carried::default(),
            passed: Vec::new(),
        })
    }

    /// Writes a request once the server has read the one before; false where the connection is over or the dialect has no such
    /// request.
    pub(super) async fn send(&mut self, request: &Request<'_>) -> bool {
        let dialect = self.fixture.dialect();
        let Some(document) = encode(dialect, request, &self.carried) else { return false };
        self.peer.until_read(UNREAD, dialect.quiet_gap).await;
        let mut framed = Vec::new();
        dialect.to_server.encode(&document, &mut framed);
        self.write(&framed).await
    }

    /// Writes bytes as they are.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.passed.push(format!("{:5} -> {}", self.who, shown(bytes)));
        self.peer.write(bytes).await.is_ok()
    }

    /// The next document.
    pub(super) async fn hear(&mut self, within: Duration) -> Result<Heard, Silence> {
        let deadline = Instant::now() + within;
        loop {
            while let Some(heard) = self.heard.pop_front() {
                if !self.known.contains(&heard.fields) {
                    return Ok(heard);
                }
                self.copies += 1;
            }
            if let Some(over) = &self.over {
                return Err(over.clone());
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            match self.peer.read(rest).await {
                Came::Nothing => return Err(Silence::Nothing),
                Came::End => self.over = Some(Silence::Ended),
                Came::Bytes(bytes) => self.take(&bytes),
            }
        }
    }

    /// A message, which some servers deliver twice.
    pub(super) fn knows(&mut self, message: &Heard) {
        self.known.push(message.fields.clone());
    }

    fn take(&mut self, bytes: &[u8]) {
        self.passed.push(format!("{:5} <- {}", self.who, shown(bytes)));
        if self.deframer.unfinished().is_none() {
            self.raw.clear();
        }
        self.raw.extend_from_slice(bytes);
        let mut from = 0;
        let mut documents = self.deframer.feed(bytes);
        while let Some(document) = documents.next() {
            let fields = match document {
                Ok(document) => {
                    let at = memchr::memmem::find(&self.raw[from..], document);
                    let start = from + at.unwrap_or_default();
                    let end = start + document.len();
                    from = end.min(self.raw.len());
                    let framing = match splitting(self.fixture) {
                        Splitting::Strict(header) => header,
                        Splitting::Auto => framing(&self.raw, start, end),
                    };
                    serde_json::from_slice(document).map(|fields| Heard { fields, framing }).ok()
                }
                Err(_) => None,
            };
            if let Some(heard) = fields {
                self.heard.push_back(heard);
            } else {
                self.over = Some(Silence::Odd(shown(bytes)));
                return;
            }
        }
    }

    /// Says FIN and waits for the server's, or for a while.
    pub(super) async fn leave(mut self) -> Vec<String> {
        const FAREWELL: Duration = Duration::from_secs(2);
        let _ = self.peer.finish().await;
        self.passed.push(format!("{:5} -> (FIN)", self.who));
        let deadline = Instant::now() + FAREWELL;
        while self.hear(deadline.saturating_duration_since(Instant::now())).await.is_ok() {}
        self.passed
    }
}

/// By structure, so that any framing is seen; but where a header is not of the usual kind, by the header alone.
fn splitting(fixture: &Fixture) -> Splitting {
    match fixture.dialect().splitting() {
        strict @ Splitting::Strict(Framing::Length(_)) if strict != USUAL => strict,
        _ => Splitting::Auto,
    }
}

/// What stands around a document in what was read.
fn framing(raw: &[u8], start: usize, end: usize) -> Framing {
    let length = u32::try_from(end - start).unwrap_or(u32::MAX).to_be_bytes();
    if raw[..start].ends_with(&length) {
        return Framing::LENGTH;
    }
    match raw.get(end..) {
        Some([0, ..]) => Framing::Nul,
        Some([b'\n', ..] | [b'\r', b'\n', ..]) => Framing::Newline,
        _ => Framing::None,
    }
}

/// Bytes as text; what is no text is escaped.
fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes[..bytes.len().min(SHOWN_BYTES)].utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        text.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    if bytes.len() > SHOWN_BYTES {
        // Writing to a string cannot fail.
        let _ = write!(text, "… ({} bytes)", bytes.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_document_is_its_framing() {
        assert_eq!(framing(b"{}", 0, 2), Framing::None);
        assert_eq!(framing(b"{}\0", 0, 2), Framing::Nul);
        assert_eq!(framing(b"{}\r\n{}", 0, 2), Framing::Newline);
        assert_eq!(framing(b"\0\0\0\x02{}", 4, 6), Framing::LENGTH);
    }

    #[test]
    fn bytes_are_shown_as_text_where_they_are_some() {
        assert_eq!(shown("\0\0\u{1}你好\n".as_bytes()), "\\u{0}\\u{0}\\u{1}你好\\n");
        assert_eq!(shown(b"\xff{"), "\\xff{");
        assert!(shown(&[b'x'; 500]).ends_with("… (500 bytes)"));
    }
}

//! Conversations written down byte by byte; `fixtures/frames/course.txt` explains the format.

use serde_json::{Map, Value};

/// A conversation between one session and a server.
pub(super) struct Transcript {
    pub(super) exchanges: Vec<Exchange>,
    pub(super) turns: Vec<Turn>,
}

/// What the test asks of the session, and what the session must have understood.
pub(super) struct Exchange {
    pub(super) line: usize,
    pub(super) call: String,
    pub(super) parts: Map<String, Value>,
    pub(super) is: Value,
}

/// What the server does next.
pub(super) enum Turn {
    Read {
        line: usize,
        frame: Frame,
    },
    /// Pieces of which each is written when the one before it has been read.
    Write {
        line: usize,
        pieces: Vec<Vec<u8>>,
    },
}

/// A framed document that must arrive.
pub(super) struct Frame {
    before: Vec<u8>,
    document: Value,
    document_bytes: usize,
    after: Vec<u8>,
}

impl Transcript {
    /// # Panics
    /// The text breaks the format: the message names the line.
    pub(super) fn parse(text: &str) -> Self {
        let mut transcript = Self { exchanges: Vec::new(), turns: Vec::new() };
        let mut open: Option<(usize, &str, Map<String, Value>)> = None;
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "call" => {
                    assert!(open.is_none(), "line {number}: the call before has no `is`");
                    let (call, parts) = rest.split_once(' ').unwrap_or((rest, "{}"));
                    open = Some((number, call, json(number, parts)));
                }
                "is" => {
                    let (line, call, parts) =
                        open.take().unwrap_or_else(|| panic!("line {number}: `is` without a call"));
                    let (call, is) = (call.to_owned(), json(number, rest));
                    transcript.exchanges.push(Exchange { line, call, parts, is });
                }
                "->" => {
                    let turn = Turn::Read { line: number, frame: Frame::parse(number, rest) };
                    transcript.turns.push(turn);
                }
                "<-" => {
                    let pieces = rest.split('|').map(|piece| bytes(number, piece)).collect();
                    transcript.turns.push(Turn::Write { line: number, pieces });
                }
                other => panic!("line {number}: {other} is no word of a transcript"),
            }
        }
        assert!(open.is_none(), "the last call has no `is`");
        transcript
    }

    /// The same conversation in which the server's every byte comes by itself.
    pub(super) fn in_single_bytes(mut self) -> Self {
        for turn in &mut self.turns {
            let Turn::Write { pieces, .. } = turn else { continue };
            let whole = pieces.concat();
            // What ends a frame comes with the end of its document: nobody waits for it.
            let last = whole.iter().rposition(|byte| *byte == b'}').unwrap_or(0);
            *pieces = whole[..last].iter().map(|byte| vec![*byte]).collect();
            pieces.push(whole[last..].to_vec());
        }
        self
    }
}

impl Frame {
    fn parse(line: usize, text: &str) -> Self {
        let (start, end) = (text.find('{').unwrap_or(0), text.rfind('}').unwrap_or(0) + 1);
        let document = &text[start..end];
        Self {
            before: bytes(line, &text[..start]),
            document: json(line, document),
            document_bytes: document.len(),
            after: bytes(line, &text[end..]),
        }
    }

    pub(super) fn length(&self) -> usize {
        self.before.len() + self.document_bytes + self.after.len()
    }

    /// Compares what arrived: the framing by its bytes, the document as JSON, for the order of its fields is free.
    pub(super) fn compare(&self, got: &[u8]) -> Result<(), String> {
        let wanted = || {
            let (before, after) = (self.before.escape_ascii(), self.after.escape_ascii());
            format!("wanted {before}{}{after}", self.document)
        };
        let show = || String::from_utf8_lossy(got).escape_debug().to_string();
        let fault = |what: &str| Err(format!("{what}: got {}, {}", show(), wanted()));
        if got.len() != self.length() {
            return fault(&format!("{} bytes instead of {}", got.len(), self.length()));
        }
        let (before, rest) = got.split_at(self.before.len());
        let (document, after) = rest.split_at(self.document_bytes);
        if before != self.before || after != self.after {
            return fault("another frame");
        }
        match serde_json::from_slice::<Value>(document) {
            Ok(document) if document == self.document => Ok(()),
            Ok(_) => fault("another document"),
            Err(error) => fault(&format!("no JSON ({error})")),
        }
    }
}

fn json<T: serde::de::DeserializeOwned>(line: usize, text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("line {line}: {error}: {text}"))
}

/// Text stands for itself, `<00 2a>` for two bytes.
fn bytes(line: usize, text: &str) -> Vec<u8> {
    let mut parts = text.split('<');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hexadecimal, rest) =
            part.split_once('>').unwrap_or_else(|| panic!("line {line}: a < without its >"));
        bytes.extend(hexadecimal.split(' ').map(|byte| {
            u8::from_str_radix(byte, 16)
                .unwrap_or_else(|_| panic!("line {line}: {byte} is no byte"))
        }));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

#[test]
fn bytes_stand_beside_text_that_stands_for_itself() {
    let text = "call hear\n-> <00 0f>{\"a\": \"你\"}<0a>\n<- x<e5 a5>|<bd>y\nis null";
    let transcript = Transcript::parse(text);
    let [Turn::Read { frame, .. }, Turn::Write { pieces, .. }] = transcript.turns.as_slice() else {
        panic!("a turn each")
    };
    assert_eq!(frame.compare("\x00\x0f{\"a\": \"你\"}\n".as_bytes()), Ok(()));
    assert_eq!(frame.compare("\x00\x0f{ \"a\":\"你\"}\n".as_bytes()), Ok(()));
    for wrong in
        ["\x00\x0f{\"a\": \"你\"}\r", "\x00\x0f{\"a\":\"你\"}\n", "\x00\x0f{\"a\": \"泥\"}\n"]
    {
        assert!(frame.compare(wrong.as_bytes()).is_err(), "{wrong:?}");
    }
    assert_eq!(pieces, &[b"x\xe5\xa5".to_vec(), b"\xbdy".to_vec()]);
}

//! From a server's `public.hpp` to a dialect: its message numbers, and the field names beside them.
//!
//! No C++ is parsed. Enums and constants are found in the tokens, names are understood by their words, and what is
//! not understood is named. The rest of the dialect is the course's: which requests are acknowledged, how a document
//! ends and what the fields are called cannot be read from a header, except where it has constants for the latter.

mod choice;
mod declared;
mod fields;
mod refusal;
mod source;
mod text;
mod value;
mod words;

use super::dialect::{Dialect, Kind};

pub use fields::Constant;
pub use refusal::{Doubt, HeaderError, Reason, Unmapped};

use choice::{choose, is_required, needs_answer};

/// A header of this length in bytes is none: the longest seen has some hundred lines.
const MAX_LENGTH: usize = 1 << 20;

/// A number and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The message number.
    pub number: i64,
    /// The name it has in the header.
    pub name: String,
    /// The line of that name, counted from 1.
    pub line: usize,
}

/// What a header says about a server's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name of the text: its path.
    pub origin: String,
    /// The enums (and `constants`) that gave numbers, with their lines, the main one first.
    pub blocks: Vec<(String, usize)>,
    /// The string constants, with the fields that they name.
    pub constants: Vec<Constant>,
    /// What was found and not used, and what was looked for and not found; by line.
    pub unmapped: Vec<Unmapped>,
    /// What was used, but may be wrong.
    pub doubts: Vec<Doubt>,
    /// The number of a heartbeat. Whether users must send it is not known.
    pub heartbeat: Option<Mapped>,
    requests: [Option<Mapped>; 8],
    acks: [Option<Mapped>; 8],
}

impl Header {
    /// Reads a header. `origin` names the text in errors: its path.
    ///
    /// # Errors
    /// There is no enum and no constant, or no number of login, register or chat among them.
    pub fn read(origin: &str, text: &str) -> Result<Self, HeaderError> {
        if text.len() > MAX_LENGTH {
            let reason = format!("it has {} bytes; a header has at most {MAX_LENGTH}", text.len());
            return Err(HeaderError::Unreadable { origin: origin.to_owned(), reason });
        }
        let declared = declared::declared(text);
        if declared.blocks.is_empty() {
            return Err(HeaderError::NoNumbers { origin: origin.to_owned() });
        }
        let heartbeat = heartbeat(&declared.blocks);
        let choice = choose(&declared.blocks);
        let is_missing =
            |kind: &Kind| is_required(*kind) && choice.requests[*kind as usize].is_none();
        let missing: Vec<Kind> = Kind::ALL.into_iter().filter(is_missing).collect();
        if !missing.is_empty() {
            return Err(HeaderError::incomplete(origin, missing, &declared.blocks));
        }
        Ok(Self {
            origin: origin.to_owned(),
            blocks: choice.blocks,
            constants: fields::constants(declared.texts),
            unmapped: choice.unmapped,
            doubts: choice.doubts,
            heartbeat,
            requests: choice.requests,
            acks: choice.acks,
        })
    }

    /// Reads a header as it lies on the disk. Comments may be in any encoding that contains ASCII.
    ///
    /// # Errors
    /// As [`Header::read`]; and the bytes are no text.
    pub fn from_bytes(origin: &str, bytes: &[u8]) -> Result<Self, HeaderError> {
        let nul = bytes.iter().take(MAX_LENGTH).position(|byte| *byte == 0);
        if let Some(at) = nul {
            let reason =
                format!("byte {at} is NUL, so it is no text, or UTF-16 (save it as UTF-8)");
            return Err(HeaderError::Unreadable { origin: origin.to_owned(), reason });
        }
        Self::read(origin, &String::from_utf8_lossy(bytes))
    }

    /// The number of a request.
    pub fn request(&self, kind: Kind) -> Option<&Mapped> {
        self.requests[kind as usize].as_ref()
    }

    /// The number that the header declares for the answer to a request. Whether the server ever sends it is not known.
    pub fn declared_ack(&self, kind: Kind) -> Option<&Mapped> {
        self.acks[kind as usize].as_ref()
    }

    /// The dialect as commented TOML: to be used as it is, or saved, corrected and used as a dialect file.
    pub fn dialect_text(&self) -> String {
        text::dialect_text(self)
    }

    /// The dialect.
    ///
    /// # Errors
    /// The header declares no answer to login or register, or gives one number to two messages.
    pub fn dialect(&self) -> Result<Dialect, HeaderError> {
        let lacks = |kind: &Kind| needs_answer(*kind) && self.declared_ack(*kind).is_none();
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(lacks).collect();
        if !kinds.is_empty() {
            return Err(HeaderError::NoAnswer { origin: self.origin.clone(), kinds });
        }
        let origin = format!("dialect read from {}", self.origin);
        Dialect::load(&origin, &self.dialect_text()).map_err(HeaderError::Refused)
    }
}

/// The first number whose name says heartbeat and not its answer.
fn heartbeat(blocks: &[declared::Block]) -> Option<Mapped> {
    let is_one = |name: &str| {
        let name = name.to_ascii_lowercase().replace('_', "");
        let is_answer =
            ["ack", "rsp", "resp", "response", "reply"].iter().any(|end| name.ends_with(end));
        name.contains("heartbeat") && !is_answer
    };
    let mut named = blocks.iter().flat_map(|block| &block.names);
    named.find_map(|named| {
        let number = named.number.filter(|_| is_one(&named.name))?;
        Some(Mapped { number, name: named.name.clone(), line: named.line })
    })
}

#[cfg(test)]
mod tests;

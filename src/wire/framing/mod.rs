//! How documents are told apart in a byte stream.
//!
//! "Not enough bytes yet" is a value: [`Documents::next`] returns `None` and the [`Deframer`] keeps what it has.

mod auto;
mod deframer;
mod header;
mod structure;

use serde::{Deserialize, Deserializer};

pub use deframer::{Deframer, Documents};
pub(super) use header::without_number;
pub use header::{HEADER_KEY, Header};
pub(super) use structure::plain_run;

/// What ends, or begins, each document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Nothing: the server takes whatever one read returned for one document.
    None,
    /// A NUL byte after each document: the course's own client sends `strlen + 1` bytes.
    Nul,
    /// A newline after each document; `\r\n` is accepted.
    Newline,
    /// The document's length before it, in a header of fixed size.
    Length(Header),
}

impl<'de> Deserialize<'de> for Framing {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        header::framing(input, |word| match word {
            "none" => Some(Self::None),
            "nul" => Some(Self::Nul),
            "newline" => Some(Self::Newline),
            "length" => Some(Self::LENGTH),
            _ => None,
        })
    }
}

impl Framing {
    /// The length before each document: 4 bytes, big-endian, not counting themselves.
    pub const LENGTH: Self = Self::Length(Header::LENGTH_4);

    /// Appends `document` to `out`, framed.
    pub fn encode(self, document: &[u8], out: &mut Vec<u8>) {
        if let Self::Length(header) = self {
            if header.has_number() {
                let (number, document) = without_number(document);
                header.write(number, document.len(), out);
                return out.extend_from_slice(&document);
            }
            header.write(0, document.len(), out);
        }
        out.extend_from_slice(document);
        match self {
            Self::Nul => out.push(0),
            Self::Newline => out.push(b'\n'),
            Self::None | Self::Length(_) => {}
        }
    }

    /// Bytes before each document.
    pub fn header_bytes(self) -> usize {
        match self {
            Self::Length(header) => header.size(),
            _ => 0,
        }
    }

    /// What it is called in a dialect file.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Nul => "nul",
            Self::Newline => "newline",
            Self::Length(_) => "length",
        }
    }

    /// Whether the receiver can tell two documents apart that arrive in one read.
    ///
    /// NUL counts as unframed: servers that are sent NUL bytes answer the first of two coalesced documents and drop
    /// the second in silence.
    pub fn separates(self) -> bool {
        matches!(self, Self::Newline | Self::Length(_))
    }
}

/// How the harness splits what a server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Splitting {
    /// Every document is framed in this one way; anything else is an error.
    Strict(Framing),
    /// By structure, tolerating whitespace, NUL, newline and 4-byte lengths between documents.
    Auto,
}

impl Splitting {
    /// How to split a stream in which acknowledgements and deliveries are framed as given.
    pub fn of(acks: Framing, deliveries: Framing) -> Self {
        match (acks, deliveries) {
            (a, d) if a == d && a != Framing::None => Self::Strict(a),
            _ => Self::Auto,
        }
    }
}

/// What one document may cost: a server under test is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest document, in bytes.
    pub document_bytes: usize,
    /// The deepest nesting of arrays and objects.
    pub depth: u32,
}

impl Default for Limits {
    /// 4 MiB and 128 levels (serde_json's own limit).
    fn default() -> Self {
        Self { document_bytes: 4 << 20, depth: 128 }
    }
}

/// Why a stream cannot be split any further; the connection is of no more use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A document grew past the limit.
    #[error(
        "a document of more than {limit_bytes} bytes at offset {offset}: the server never ended it, or the dialect's framing is wrong"
    )]
    TooLong {
        /// Where the document began, counted from the start of the connection.
        offset: u64,
        /// [`Limits::document_bytes`].
        limit_bytes: usize,
    },
    /// A document was nested past the limit.
    #[error("a document nested deeper than {limit} levels at offset {offset}")]
    TooDeep {
        /// Where the document began.
        offset: u64,
        /// [`Limits::depth`].
        limit: u32,
    },
    /// Bytes between documents that no framing explains.
    #[error("bytes that are neither JSON nor a known framing at offset {offset}: \"{}\"", seen.escape_ascii())]
    Garbage {
        /// Where they began.
        offset: u64,
        /// The first of them.
        seen: Vec<u8>,
    },
    /// A length that does not even count what it must.
    #[error(
        "a length at offset {offset} that counts less than the header it stands in: is it another byte order, or does it not count the header?"
    )]
    LengthTooShort {
        /// Where the header began.
        offset: u64,
    },
    /// A length before a document that is not the document's.
    #[error(
        "a length of {announced} before a document of {actual} bytes at offset {offset}: does the server count the header too, or use the other byte order?"
    )]
    LengthMismatch {
        /// Where the document began.
        offset: u64,
        /// What the four bytes said.
        announced: u32,
        /// How long the document was.
        actual: usize,
    },
}

#[cfg(test)]
mod tests;

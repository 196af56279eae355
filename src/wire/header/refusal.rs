//! What a header does not say, what it says twice, and what it says in doubt, in words.

use std::fmt;

use thiserror::Error;

use super::{Mapped, declared::Block};
use crate::{
    error::{Classified, Pointed},
    verdict::Exit,
    wire::dialect::Kind,
};

/// Why a header gives no dialect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// The file is no text of a bearable length.
    #[error("cannot read {origin} as a C++ header: {reason}; {CURE}")]
    Unreadable {
        /// The name of the text.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing in it has a number.
    #[error(
        "{origin} declares no message numbers: looked for an `enum` with names such as LOGIN_MSG, and for \
         `const int` and `#define`, and found none of them; {CURE}"
    )]
    NoNumbers {
        /// The name of the text.
        origin: String,
    },
    /// It has numbers, but not those without which nobody can log in and chat.
    #[error(
        "{origin} has no message number for {}: looked for names such as {}, and saw {seen}; {CURE}",
        tables(missing),
        examples(missing)
    )]
    Incomplete {
        /// The name of the text.
        origin: String,
        /// The kinds that were not found.
        missing: Vec<Kind>,
        /// The names that were seen, the first of them.
        seen: String,
    },
    /// It does not say under which number the server answers.
    #[error(
        "{origin} declares no answer to {}: looked for names such as {}, and without the number of that answer \
         nobody can log in; save the dialect that was read from the header, add `ack = NUMBER` to {} there, and set \
         CHATSERVER_DIALECT to that file",
        tables(kinds), answers(kinds), list(kinds, |kind| format!("[{}]", kind.table()))
    )]
    NoAnswer {
        /// The name of the text.
        origin: String,
        /// The requests whose answer was not found.
        kinds: Vec<Kind>,
    },
    /// The dialect contradicts itself: the message shows the line with the name that it came from.
    #[error("{0}")]
    Refused(Box<Pointed>),
}

const CURE: &str = "set CHATSERVER_HEADER to the file that declares LOGIN_MSG (often public.hpp), or write a dialect \
                    file and set CHATSERVER_DIALECT to it";

impl HeaderError {
    pub(super) fn incomplete(origin: &str, missing: Vec<Kind>, blocks: &[Block]) -> Self {
        const SHOWN: usize = 12;
        let names = || blocks.iter().flat_map(|block| &block.names);
        let shown: Vec<String> = names()
            .take(SHOWN)
            .map(|entry| match entry.number {
                Some(number) => format!("{} = {number} (line {})", entry.name, entry.line),
                None => format!("{} (line {}, of unknown value)", entry.name, entry.line),
            })
            .collect();
        let mut seen = shown.join(", ");
        match names().count() - shown.len() {
            0 if seen.is_empty() => "no names".clone_into(&mut seen),
            0 => {}
            more => seen = format!("{seen} and {more} more"),
        }
        Self::Incomplete { origin: origin.to_owned(), missing, seen }
    }
}

impl Classified for HeaderError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

fn list(kinds: &[Kind], say: impl Fn(Kind) -> String) -> String {
    kinds.iter().map(|kind| say(*kind)).collect::<Vec<_>>().join(", ")
}

fn tables(kinds: &[Kind]) -> String {
    list(kinds, |kind| kind.table().to_owned())
}

fn examples(kinds: &[Kind]) -> String {
    list(kinds, |kind| example(kind).to_owned())
}

fn answers(kinds: &[Kind]) -> String {
    list(kinds, |kind| format!("{}_ACK", example(kind)))
}

/// The name that the course gives to a kind.
fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Register => "REG_MSG",
        Kind::Login => "LOGIN_MSG",
        Kind::Logout => "LOGINOUT_MSG",
        Kind::Chat => "ONE_CHAT_MSG",
        Kind::AddFriend => "ADD_FRIEND_MSG",
        Kind::CreateGroup => "CREATE_GROUP_MSG",
        Kind::JoinGroup => "ADD_GROUP_MSG",
        Kind::GroupChat => "GROUP_CHAT_MSG",
    }
}

/// Something that was found and not used, or looked for and not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmapped {
    /// A name that stands for no request.
    Name {
        /// The name.
        name: String,
        /// Its line, counted from 1.
        line: usize,
        /// Its number, if it could be told.
        number: Option<i64>,
        /// Why it was not used.
        reason: Reason,
    },
    /// An enum without a name of a request.
    Enum {
        /// `enum` and its name.
        title: String,
        /// Its line, counted from 1.
        line: usize,
    },
    /// A kind of request without a number: the server cannot be asked for it.
    Kind(Kind),
    /// A request whose answer is needed and not declared.
    Answer(Kind),
}

/// Why a name was not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// One of its words belongs to no kind of request.
    Word(String),
    /// Its words together name no kind of request.
    NoKind,
    /// It names this kind, but its value is an expression that was not understood.
    NoValue(Kind),
    /// It is the answer to another name of this kind, which was not taken.
    AnswerToAnother(Kind),
    /// Another name stands for the same.
    Outranked {
        /// The kind that both name.
        kind: Kind,
        /// The one that was taken.
        by: Mapped,
    },
}

impl Unmapped {
    /// Where it stands; `None` when it is what was not found.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Name { line, .. } | Self::Enum { line, .. } => Some(*line),
            Self::Kind(_) | Self::Answer(_) => None,
        }
    }
}

impl fmt::Display for Unmapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, line, number, reason } => {
                write!(f, "line {line}: {name}")?;
                if let Some(number) = number {
                    write!(f, " = {number}")?;
                }
                write!(f, ": {reason}")
            }
            Self::Enum { title, line } => {
                write!(f, "line {line}: {title}: no name of a request in it")
            }
            Self::Kind(kind) => {
                write!(
                    f,
                    "{}: no number found, looked for names such as {}",
                    kind.table(),
                    example(*kind)
                )
            }
            Self::Answer(kind) => {
                let (table, name) = (kind.table(), example(*kind));
                write!(
                    f,
                    "{table}: no answer found, looked for names such as {name}_ACK; write `ack = NUMBER` in [{table}]"
                )
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}` belongs to no kind of request"),
            Self::NoKind => f.write_str("names no kind of request"),
            Self::NoValue(kind) => {
                write!(f, "names {}, but its value was not understood", kind.table())
            }
            Self::AnswerToAnother(kind) => {
                write!(f, "answers another name of {}, which was not taken", kind.table())
            }
            Self::Outranked { kind, by } => {
                write!(
                    f,
                    "names {} as {} (line {}) does, which was taken",
                    kind.table(),
                    by.name,
                    by.line
                )
            }
        }
    }
}

/// Something that was used, but may be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "kind, name and line of the enumerator; names that share a number")]
pub enum Doubt {
    /// The only number of its kind calls itself an answer; it was taken for the request.
    NamedAsAnswer { kind: Kind, name: String, line: usize },
    /// The name says the kind in a loose way only.
    LastResort { kind: Kind, name: String, line: usize },
    /// Two messages have one number.
    SharedNumber { first: Mapped, second: Mapped },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NamedAsAnswer { kind, name, line } => write!(
                f,
                "line {line}: {name} calls itself an answer, but no other name stands for {}: taken for the request",
                kind.table()
            ),
            Self::LastResort { kind, name, line } => {
                write!(
                    f,
                    "line {line}: {name} was taken for {}, for want of a clearer name",
                    kind.table()
                )
            }
            Self::SharedNumber { first, second } => write!(
                f,
                "{} (line {}) and {} (line {}) are both {}",
                first.name, first.line, second.name, second.line, first.number
            ),
        }
    }
}

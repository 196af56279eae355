//! What is wrong with the settings, by the name of the setting.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::{
    error::{Classified, Pointed},
    verdict::Exit,
};

/// What is wrong with the settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable holds something that cannot be meant.
    #[error("{name}={value}: {why}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What is wrong with that, and what would be right.
        why: String,
    },
    /// Two variables that contradict each other.
    #[error("{first} and {second} are both set, and say different things: unset one of them")]
    Contradiction {
        /// One of the two.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// The configuration file has a mistake in a line.
    #[error(transparent)]
    Line(#[from] Box<Pointed>),
    /// The configuration file cannot be read.
    #[error("cannot read {} ({found_by}): {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// How the harness came to read it.
        found_by: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A server must be configured, and none is.
    #[error(
        "no server is configured, and CHATSERVER_REQUIRE forbids to fall back to the reference server: set \
         CHATSERVER_BIN=path/to/ChatServer to launch one or CHATSERVER_ADDR=127.0.0.1:6000 to test one that runs, or \
         write a chatserver.toml{}",
        hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default()
    )]
    Required {
        /// What was found that may be meant.
        hint: Option<String>,
    },
}

impl Classified for ConfigError {
    fn exit(&self) -> Exit {
        match self {
            Self::Required { .. } => Exit::Unreachable,
            _ => Exit::Usage,
        }
    }
}

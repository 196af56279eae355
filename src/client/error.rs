//! What can go wrong between a peer and the server.

use std::{fmt, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    error::Classified,
    record::Death,
    units::format_duration,
    verdict::Exit,
    wire::{Undecodable, dialect::Kind, framing::FrameError},
};

/// What a peer heard while it waited for something else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard(pub Vec<String>);

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("nothing came"),
            heard => write!(f, "what passed last:\n    {}", heard.join("\n    ")),
        }
    }
}

/// Why a call of a peer failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// No connection.
    #[error("cannot connect to {addr}: {}", source.kind())]
    Connect {
        /// Where to.
        addr: SocketAddr,
        /// What the kernel said.
        source: Arc<io::Error>,
    },
    /// The server died.
    #[error("{0}")]
    Died(Arc<Death>),
    /// The server closed the connection.
    #[error("the server closed the connection while {awaited} was awaited; {heard}")]
    Closed {
        /// What was awaited.
        awaited: String,
        /// What passed before.
        heard: Heard,
    },
    /// Nothing came in time.
    #[error("no {awaited} within {}; {heard}", format_duration(*waited))]
    Silent {
        /// What was awaited.
        awaited: String,
        /// How long.
        waited: Duration,
        /// What passed meanwhile.
        heard: Heard,
    },
    /// The server did not take what was sent.
    #[error("the server has not read the last request for {}: is the thread that serves this connection stuck?", format_duration(*waited))]
    NotRead {
        /// How long it was given.
        waited: Duration,
    },
    /// The server's stream cannot be split into documents.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// The server sent something that is no JSON object.
    #[error("{0}")]
    Undecodable(#[from] Undecodable),
    /// The server refused a request.
    #[error("{}", refusal(*kind, *code, text.as_deref(), log.as_ref()))]
    Refused {
        /// The request.
        kind: Kind,
        /// The result code.
        code: Option<i64>,
        /// What the server said about it.
        text: Option<String>,
        /// Where the server's output lies.
        log: Option<PathBuf>,
    },
    /// A login was refused because the user counts as online.
    #[error(
        "user {user} is still marked online (code {code}), {}: a server that clears the state neither when a connection ends nor at its own start locks its users out; reset it in the database (update user set state='offline')",
        if tried.is_zero() { "at the first attempt".to_owned() } else { format!("after {} of retries", format_duration(*tried)) }
    )]
    StillOnline {
        /// Whose login.
        user: String,
        /// The result code.
        code: i64,
        /// How long it was tried.
        tried: Duration,
    },
    /// The dialect has no such request.
    #[error("the dialect {dialect} has no [{}]", kind.table())]
    NotSpoken {
        /// The request.
        kind: Kind,
        /// The dialect.
        dialect: String,
    },
    /// The reply lacks something that the harness cannot go on without.
    #[error("the {} reply names no {missing}: {reply}", kind.table())]
    Incomplete {
        /// The request.
        kind: Kind,
        /// What is missing.
        missing: String,
        /// The reply.
        reply: String,
    },
    /// The connection broke.
    #[error("the connection broke while {awaited} was awaited: {}", source.kind())]
    Broken {
        /// What was awaited.
        awaited: String,
        /// What the kernel said.
        source: Arc<io::Error>,
    },
}

fn refusal(kind: Kind, code: Option<i64>, text: Option<&str>, log: Option<&PathBuf>) -> String {
    let code = code.map_or_else(|| "no code".to_owned(), |code| format!("code {code}"));
    let said = text.map(|text| format!(", \"{}\"", text.escape_debug())).unwrap_or_default();
    let what = match kind {
        Kind::Register => "register of a new name",
        other => other.table(),
    };
    if kind != Kind::Register {
        return format!("{what} refused ({code}{said})");
    }
    let see = log.map(|log| format!("; see {}", log.display())).unwrap_or_default();
    format!(
        "{what} refused ({code}{said}): a taken name and an unreachable database look the same here{see}"
    )
}

impl ClientError {
    /// Whether the server neither answered nor hung up.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Silent { .. } | Self::NotRead { .. })
    }

    /// Whether the server is known to be dead.
    pub fn is_death(&self) -> bool {
        matches!(self, Self::Died(_))
    }
}

impl Classified for ClientError {
    fn exit(&self) -> Exit {
        match self {
            Self::Connect { .. } => Exit::Unreachable,
            Self::NotSpoken { .. } => Exit::Usage,
            _ => Exit::Fail,
        }
    }
}

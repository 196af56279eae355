//! Why there is no server to test: what was seen, why it matters, what to do.

use std::{fmt, io, net::SocketAddr, path::PathBuf, time::Duration};

use thiserror::Error;

use crate::{
    error::Classified, kernel::Holder, process::ProcessError, units::format_duration, verdict::Exit,
};

/// Why there is no server to test.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The program is not there.
    #[error("the server's program `{}` was not found{}; build it first, or correct {found_by}", program.display(), looked_in(looked))]
    Missing {
        /// As it was given.
        program: PathBuf,
        /// Where it was looked for.
        looked: Vec<PathBuf>,
        /// The setting that named it.
        found_by: String,
    },
    /// The program is there and cannot be run.
    #[error("the server's program {} cannot be run: {why}", program.display())]
    NotExecutable {
        /// The program.
        program: PathBuf,
        /// Why, and what to do.
        why: &'static str,
    },
    /// The directory to run in is not there.
    #[error("the server's directory {} does not exist (`dir` in {found_by})", dir.display())]
    NoDirectory {
        /// The directory.
        dir: PathBuf,
        /// The setting that named it.
        found_by: String,
    },
    /// The recipe has neither a fixed address nor a place for a port.
    #[error(
        "nothing says where `{command}` will answer: give it a `{{port}}` argument, or write the address it always \
         uses as `addr = \"127.0.0.1:6000\"` in chatserver.toml"
    )]
    NoAddress {
        /// The command line.
        command: String,
    },
    /// Something else holds the server's address.
    #[error(
        "{addr} is in use by {}, so the server cannot be started there; end it, or test it as it is with \
         CHATSERVER_ADDR={addr}", holder(who.as_ref())
    )]
    Busy {
        /// The address.
        addr: SocketAddr,
        /// The process that holds it, where it can be seen.
        who: Option<Holder>,
    },
    /// A database or the like does not answer.
    #[error("{}", super::ready::need_text(addr, why))]
    Need {
        /// The address as it was written.
        addr: String,
        /// What the system said.
        why: String,
    },
    /// A shell line of the recipe failed.
    #[error("the `{step}` command of the recipe failed ({how}): {command}{}", last_lines(tail))]
    Step {
        /// `setup`, `reset` or `cleanup`.
        step: &'static str,
        /// The shell line.
        command: String,
        /// How it ended.
        how: String,
        /// Its last lines.
        tail: Vec<String>,
    },
    /// The server ended before it was ready.
    #[error(
        "the server ended before it was ready, after {}: {how}{}{}\n  command: {command}",
        format_duration(*uptime), went_to_background(how), last_lines(tail)
    )]
    ExitedEarly {
        /// The command line.
        command: String,
        /// How it ended.
        how: String,
        /// How long it lived.
        uptime: Duration,
        /// Its last lines.
        tail: Vec<String>,
        /// Its log.
        log: PathBuf,
    },
    /// The server runs and does not get ready.
    #[error(
        "the server was not ready within {}: {missing}; if it only needs longer, raise `deadline` under [ready] in \
         chatserver.toml{}\n  command: {command}\n  log: {}",
        format_duration(*waited), last_lines(tail), log.display()
    )]
    NeverReady {
        /// The command line.
        command: String,
        /// What was awaited and did not come.
        missing: String,
        /// How long it had.
        waited: Duration,
        /// Its last lines.
        tail: Vec<String>,
        /// Its log.
        log: PathBuf,
    },
    /// Nobody answers at an address to attach to.
    #[error(
        "nobody answers at {addr} ({why}): is the server running there? (address from {found_by})"
    )]
    Unreachable {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        why: String,
        /// The setting that named it.
        found_by: String,
    },
    /// An address outside this machine and its private networks.
    #[error(
        "{addr} is a public address: tests and load against a machine that may not be yours are refused; if it is \
         yours, set CHATSERVER_ALLOW_REMOTE=1 (or --allow-remote)"
    )]
    Remote {
        /// The address.
        addr: SocketAddr,
    },
    /// Another run of ours uses the same server.
    #[error(
        "another run of the harness{} is using {what}; waited {} for it: two runs would spoil each other's accounts \
         and measurements; wait for it to end, or end it\n  lock: {}",
        holder_pid(*pid), format_duration(*waited), path.display()
    )]
    Locked {
        /// What is shared: a recipe or an address.
        what: String,
        /// The other run.
        pid: Option<u32>,
        /// How long was waited.
        waited: Duration,
        /// The lock file.
        path: PathBuf,
    },
    /// A server that was not started here cannot be restarted or stopped here.
    #[error("the server at {addr} was not started by the harness, so it cannot be {action} by it")]
    NotOurs {
        /// Where it answers.
        addr: SocketAddr,
        /// `restarted`.
        action: &'static str,
    },
    /// The reference server did not start.
    #[error("the reference server did not start: {why}")]
    Reference {
        /// What it said.
        why: String,
    },
    /// A child process could not be made.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A file of ours could not be made.
    #[error("{what} {}: {source}", path.display())]
    File {
        /// What was attempted.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Classified for ServerError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoAddress { .. }
            | Self::NoDirectory { .. }
            | Self::Remote { .. }
            | Self::NotOurs { .. } => Exit::Usage,
            _ => Exit::Unreachable,
        }
    }
}

fn looked_in(looked: &[PathBuf]) -> String {
    if looked.is_empty() {
        return " on PATH".to_owned();
    }
    let places: Vec<String> = looked.iter().map(|path| path.display().to_string()).collect();
    format!(" (looked for {})", places.join(", "))
}

fn holder(who: Option<&Holder>) -> String {
    who.map_or_else(|| "a process of another user".to_owned(), ToString::to_string)
}

fn holder_pid(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default()
}

fn last_lines(tail: &[String]) -> String {
    if tail.is_empty() {
        return "\n  it wrote nothing".to_owned();
    }
    format!("\n  its last words:\n    {}", tail.join("\n    "))
}

fn went_to_background(how: &impl fmt::Display) -> &'static str {
    if how.to_string() == "exit code 0" {
        " (a server that goes into the background cannot be watched: start it in the foreground)"
    } else {
        ""
    }
}

//! The only maker of child processes: own group, drained output, deadline, guard.
//!
//! A child lives in a process group whose leader is a small guard process. The guard holds the read end of a pipe; when
//! this process ends by any means, SIGKILL included, the pipe closes and the guard ends the whole group. (The kernel's
//! own PDEATHSIG follows the spawning *thread* and misses grandchildren.)

mod child;
mod cores;
mod ending;
mod epilogue;
mod group;
mod guard;
mod inheritance;
mod invocation;
mod log_file;
mod once;
mod output;
mod status;
mod tender;

use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

pub use child::{Child, Ending, Launch};
pub use cores::{confine, usable_cores};
pub(crate) use ending::is_ending;
pub use epilogue::Epilogue;
pub use group::{StopRule, StopSignal};
pub use invocation::Invocation;
pub use log_file::LogLimits;
pub use once::run_once;
pub use output::{Output, Tails};
pub use status::Status;
pub(crate) use status::signal_name;

use crate::{error::Classified, units::format_duration, verdict::Exit};

/// Why a child could not be started, or did not end in time.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The program was not started.
    #[error("`{command}` was not started: {source}{}", dir.as_ref().map(|dir| format!(" (in {})", dir.display())).unwrap_or_default())]
    Start {
        /// The command line.
        command: String,
        /// The directory it should have run in.
        dir: Option<PathBuf>,
        /// What the system said.
        source: io::Error,
    },
    /// The guard, without which nothing is started, did not come up.
    #[error("the guard process (/bin/sh) did not start: {source}")]
    Guard {
        /// What the system said.
        source: io::Error,
    },
    /// The log file could not be made.
    #[error("cannot write the server's output to {}: {source}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A thread or its runtime could not be made.
    #[error("no thread for a child process: {source}")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
    /// A one-shot command did not end in time; it was killed.
    #[error("`{command}` did not end within {}{}", format_duration(*deadline), quoted(tail))]
    Deadline {
        /// The command line.
        command: String,
        /// How long it had.
        deadline: Duration,
        /// Its last lines.
        tail: Vec<String>,
    },
}

impl Classified for ProcessError {
    fn exit(&self) -> Exit {
        Exit::Unreachable
    }
}

/// The last lines of an output, as the end of a sentence.
fn quoted(tail: &[String]) -> String {
    if tail.is_empty() {
        "; it wrote nothing".to_owned()
    } else {
        format!("; it wrote:\n    {}", tail.join("\n    "))
    }
}

//! How a command ends that could not do its work: one message on stderr, and the exit code it deserves.

use chatserver_harness::{error::Classified, verdict::Exit};

use crate::console;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) exit: Exit,
}

impl Failure {
    /// The harness itself could not go on.
    pub(crate) fn own(what: &str, error: impl std::fmt::Display) -> Self {
        Self { message: format!("{what}: {error}"), exit: Exit::Invalid }
    }

    /// Tells it in the reader's language, and gives its exit code.
    pub(crate) fn report(self) -> Exit {
        console::tell(&console::said(&format!("error: {}", self.message)));
        self.exit
    }
}

impl<E: Classified> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { message: error.to_string(), exit: error.exit() }
    }
}

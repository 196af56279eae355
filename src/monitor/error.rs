//! Why the monitor could not be started.

use std::{io, time::Duration};

use thiserror::Error;

use super::MIN_PERIOD;
use crate::{error::Classified, verdict::Exit};

/// Why the monitor could not be started.
#[derive(Debug, Error)]
pub enum MonitorError {
    /// The period is too short.
    #[error(
        "a monitor period of {period:?} is too short: the kernel counts CPU in steps of 10 ms, take {MIN_PERIOD:?} or more"
    )]
    Period {
        /// What was asked for.
        period: Duration,
    },
    /// Not even the header could be written.
    #[error(
        "cannot write the monitor's rows: {reason}; the samples would be lost, choose another place"
    )]
    Write {
        /// What the system said.
        reason: String,
    },
    /// The system gave no thread.
    #[error("cannot start the monitor's thread: {0}")]
    Thread(#[source] io::Error),
}

impl Classified for MonitorError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

//! What the server's process and the machine did, sampled at a fixed period by a thread of its own.
//!
//! The thread keeps its schedule when a server dies: rows say `gone` until one is found again. It keeps sampling
//! when its file cannot be written: the error is in the summary.

mod column;
mod error;
mod host;
mod machine;
mod observer;
mod plan;
mod probe;
mod process;
mod rest;
mod sample;
mod sampler;
mod sockets;
mod tally;
mod target;
mod threads;
mod track;

pub use column::Column;
pub use error::MonitorError;
pub use machine::machine;
pub use plan::{MonitorPlan, OnRow};
pub use probe::{CommandProbe, Probe};
pub use rest::RestReading;
pub use sample::Sample;
pub use sampler::{MIN_PERIOD, Monitor};
pub use target::MonitorTarget;
pub use track::{BusiestThread, Track};

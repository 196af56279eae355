//! Integration tests, load stages and staged campaigns for chat servers that speak JSON over TCP.
//!
//! Each module is a room; a room imports only rooms of lower floors (see `ARCHITECTURE.md`).
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "unwrap is the assertion style of unit tests")
)]

// Floor 0: the vocabulary.
pub mod error;
pub mod units;
pub mod verdict;

// Floor 1: bytes, numbers, the kernel, child processes.
pub mod kernel;
pub mod process;
pub mod stats;
pub mod wire;

// Floor 2: facts.
pub mod ledger;
pub mod record;

// Floor 3: those who act.
pub mod client;
#[cfg(feature = "monitor")]
pub mod monitor;
#[cfg(feature = "report")]
pub mod report;
pub mod server;
pub mod threshold;
pub mod trouble;

// Floor 4: load and settings.
pub mod config;
#[cfg(feature = "load")]
pub mod load;

// Floor 5: what users import.
pub mod fixture;

// Floor 6: the cases; what was done to a server, done again; what a server speaks.
pub mod check;
pub mod replay;
pub mod scout;

// What stands in the way of a run.
#[cfg(all(feature = "monitor", feature = "report"))]
pub mod doctor;

// Floor 7: cases and load together.
#[cfg(all(feature = "load", feature = "monitor", feature = "report"))]
pub mod campaign;

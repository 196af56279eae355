//! The harness against itself.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the assertion style of tests, also in what several tests share"
)]

mod accounts;
#[cfg(feature = "refserver")]
mod aftermath;
mod campaign;
mod catalogue;
#[cfg(feature = "report")]
mod chinese;
#[cfg(feature = "refserver")]
mod churn;
#[cfg(feature = "refserver")]
mod cluster;
mod crew;
#[cfg(feature = "refserver")]
mod departures;
mod dialect_page;
mod dialects;
#[cfg(feature = "refserver")]
mod evidence;
mod fake;
mod golden;
#[cfg(feature = "report")]
mod html;
mod junit;
mod load;
mod matrix;
mod mix;
mod nodes;
mod process;
mod server;
mod shapes;
#[cfg(feature = "refserver")]
mod stalls;
#[cfg(feature = "refserver")]
mod starved;
#[cfg(feature = "refserver")]
mod stopped;
mod strict;
mod thresholds;
mod tidy;
#[cfg(feature = "refserver")]
mod witness;

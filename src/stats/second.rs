//! One second of a stage, as it is recorded.

use serde::{Deserialize, Serialize};

/// One second of a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// The second, counted from the start of the stage.
    pub second: u64,
    /// Messages scheduled in it and sent (whenever).
    pub sent: u64,
    /// Deliveries of messages scheduled in it (whenever they arrived).
    pub delivered: u64,
    /// The median latency of those deliveries.
    pub p50_us: Option<f64>,
    /// Their 99th percentile.
    pub p99_us: Option<f64>,
    /// The slowest of them.
    pub max_us: Option<f64>,
}

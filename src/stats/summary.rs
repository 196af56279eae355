//! A latency distribution as it is reported: what was measured, and what it means when the undelivered count.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One number of a distribution, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// The smallest value.
    Min,
    /// The arithmetic mean.
    Mean,
    /// The median.
    P50,
    /// Nine of ten are not above it.
    P90,
    /// Ninety-nine of a hundred are not above it.
    P99,
    /// 999 of a thousand are not above it.
    P999,
    /// The largest value.
    Max,
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Min => "min",
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::Max => "max",
        })
    }
}

/// A distribution of latencies in microseconds.
///
/// The plain fields describe only what was measured (`count` values) and are `None` when nothing was. `judged`
/// holds the percentiles for thresholds: there each of the `undelivered` counts as infinitely late, so a server
/// cannot improve its p99 by losing its slowest messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatencySummary {
    /// How many values were measured.
    pub count: u64,
    /// How many should have been measured and never were (lost or unsent).
    pub undelivered: u64,
    /// The smallest measured value.
    pub min_us: Option<f64>,
    /// The mean of the measured values.
    pub mean_us: Option<f64>,
    /// The median of the measured values.
    pub p50_us: Option<f64>,
    /// The 90th percentile of the measured values.
    pub p90_us: Option<f64>,
    /// The 99th percentile of the measured values.
    pub p99_us: Option<f64>,
    /// The 99.9th percentile of the measured values.
    pub p999_us: Option<f64>,
    /// The largest measured value.
    pub max_us: Option<f64>,
    /// The percentiles with the undelivered counted as infinitely late.
    pub judged: JudgedPercentiles,
    /// The whole distribution in nanoseconds: `HdrHistogram` V2, deflated, base64 (as in interval logs).
    pub histogram: String,
}

/// Percentiles over the measured and the undelivered together; `None` (`null`) stands for infinity: the
/// percentile falls on something that never arrived.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JudgedPercentiles {
    /// The median.
    pub p50_us: Option<f64>,
    /// The 90th percentile.
    pub p90_us: Option<f64>,
    /// The 99th percentile.
    pub p99_us: Option<f64>,
    /// The 99.9th percentile.
    pub p999_us: Option<f64>,
}

impl LatencySummary {
    /// A number of the measured values alone; `None` when nothing was measured.
    pub fn measured_us(&self, statistic: Statistic) -> Option<f64> {
        match statistic {
            Statistic::Min => self.min_us,
            Statistic::Mean => self.mean_us,
            Statistic::P50 => self.p50_us,
            Statistic::P90 => self.p90_us,
            Statistic::P99 => self.p99_us,
            Statistic::P999 => self.p999_us,
            Statistic::Max => self.max_us,
        }
    }

    /// A number for a threshold: [`f64::INFINITY`] where it falls on something that never arrived, `None` when
    /// there was nothing to judge at all (a metric without samples never passes).
    pub fn judged_us(&self, statistic: Statistic) -> Option<f64> {
        if self.count == 0 && self.undelivered == 0 {
            return None;
        }
        let value = match statistic {
            Statistic::P50 => self.judged.p50_us,
            Statistic::P90 => self.judged.p90_us,
            Statistic::P99 => self.judged.p99_us,
            Statistic::P999 => self.judged.p999_us,
            Statistic::Min => self.min_us,
            Statistic::Mean => self.mean_us.filter(|_| self.undelivered == 0),
            Statistic::Max => self.max_us.filter(|_| self.undelivered == 0),
        };
        Some(value.unwrap_or(f64::INFINITY))
    }
}

//! What the monitor saw over one stage, column by column.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A stage's samples, summed up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MonitorSummary {
    /// The period that was asked for.
    pub period_ms: u64,
    /// Rows written.
    pub samples: u64,
    /// Rows among them that found no server process.
    pub gone_samples: u64,
    /// Process ids of the server, in the order they were seen; more than one means it was restarted.
    pub pids: Vec<u32>,
    /// Mean, extremes and trend of each column, in the order of the file.
    pub columns: Vec<ColumnSummary>,
    /// The busiest threads of the server, the busiest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<ThreadSummary>,
    /// How many sampling instants passed without a sample.
    pub missed_samples: u64,
    /// The first of the stretches without samples.
    pub gaps: Vec<MonitorGap>,
    /// The file with the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The first error when writing rows; sampling went on without the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_error: Option<String>,
    /// What could not be read, and why: a column that is absent was not measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// One column of the monitor's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnSummary {
    /// The column's name in the file; it carries the unit.
    pub name: String,
    /// Rows in which it was measured.
    pub samples: u64,
    /// The mean over those rows.
    pub mean: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The value of the last row in which it was measured.
    pub last: f64,
    /// The slope of the least-squares line; `None` with fewer than three rows.
    pub slope_per_minute: Option<f64>,
}

/// A thread of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadSummary {
    /// Its id.
    pub tid: u32,
    /// Its name; that of the program, where the server gives it no other.
    pub name: String,
    /// Rows in which it was there and could be measured.
    pub samples: u64,
    /// Its CPU, the mean over those rows, in percent of one core.
    pub mean_cpu_percent: f64,
    /// The most it took from one row to the next.
    pub max_cpu_percent: f64,
}

/// A stretch in which the monitor could not sample (it was starved, or reading took longer than the period).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorGap {
    /// When the first missed sample was due.
    pub from: Timestamp,
    /// How many were missed.
    pub missed: u64,
}

impl ColumnSummary {
    /// Whether anything but zero was measured: a report leaves out the others, which the file has.
    pub fn is_worth_telling(&self) -> bool {
        self.min != 0.0 || self.max != 0.0
    }
}

impl MonitorSummary {
    /// The column of that name, if it was measured.
    pub fn column(&self, name: &str) -> Option<&ColumnSummary> {
        self.columns.iter().find(|column| column.name == name)
    }
}

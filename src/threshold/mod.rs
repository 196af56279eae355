//! Requirements on a stage in one line each: a metric, a limit, and what was observed.
//!
//! ```
//! use chatserver_harness::threshold::Threshold;
//!
//! let threshold: Threshold = "delivery.p99 < 100ms".parse().unwrap();
//! assert_eq!(threshold.to_string(), "delivery.p99 < 100 ms");
//! assert!("delivery.p99 < 100%".parse::<Threshold>().is_err());
//! ```
//!
//! The form follows k6's thresholds. Two rules are stricter than there: what was never delivered counts as infinitely
//! late, and a metric without samples never passes.

mod judge;
mod limit;
mod metric;
mod observed;
mod rules;

pub use judge::{broken_already, judge};
pub use limit::{Comparison, Threshold, ThresholdError};
pub use metric::{METRICS, Metric, MetricDoc, Quantity, metric_docs};
pub use rules::{DEFAULTS, Rule, Rules};

//! The latencies as an HDR interval log: what histogram tools read, merge and plot.

use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::{
    V2DeflateSerializer,
    interval_log::{IntervalLogWriterBuilder, Tag},
};
use thiserror::Error;

use super::escape;
use crate::{
    record::{LatencySummary, RunRecord},
    stats::{Histogram, HistogramError},
};

/// Values are nanoseconds; the maximum beside each histogram is in milliseconds, as in other tools' logs.
const NANOS_PER_MILLI: f64 = 1e6;

/// Why a log cannot be written.
#[derive(Debug, Error)]
pub enum HdrLogError {
    /// A histogram of the record cannot be read.
    #[error("the latencies {tag}: {source}")]
    Histogram {
        /// Stage and latency.
        tag: String,
        /// What is wrong with it.
        source: HistogramError,
    },
    /// A histogram cannot be written.
    #[error("the latencies {tag} do not fit a log: {reason}")]
    Write {
        /// Stage and latency.
        tag: String,
        /// What is wrong.
        reason: String,
    },
}

/// One interval for each stage and each latency that was measured in it, tagged `stage/latency`; the interval is the
/// stage's. A log without intervals is a valid one.
#[expect(clippy::missing_panics_doc, reason = "memory takes every line")]
pub fn render(record: &RunRecord) -> Result<Vec<u8>, HdrLogError> {
    let began = SystemTime::from(record.started);
    let mut log = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let comment = format!("[chatserver-harness run {}]", escape::line(&record.run_id, 100));
    let mut writer = IntervalLogWriterBuilder::new()
        .add_comment(&comment)
        .add_comment("[values in ns, Interval_Max in ms; tags are stage/latency]")
        .with_start_time(began)
        .with_base_time(began)
        .with_max_value_divisor(NANOS_PER_MILLI)
        .begin_log_with(&mut log, &mut serializer)
        .expect("memory takes every line");
    for stage in &record.stages {
        let offset = stage.started.duration_since(record.started);
        let offset = Duration::try_from(offset).unwrap_or_default();
        let took = Duration::from_millis(stage.took_ms);
        for (name, summary) in stage.latencies.named() {
            let text = tag(&stage.name, name);
            let histogram = read(&text, summary)?;
            // No comma, no blank: `tag` left none.
            let tag = Tag::new(&text);
            let written = writer.write_histogram(histogram.counts(), offset, took, tag);
            written.map_err(|error| HdrLogError::Write {
                tag: text.clone(),
                reason: error.to_string(),
            })?;
        }
    }
    drop(writer);
    Ok(log)
}

fn read(tag: &str, summary: &LatencySummary) -> Result<Histogram, HdrLogError> {
    let histogram = Histogram::from_base64(&summary.histogram);
    histogram.map_err(|source| HdrLogError::Histogram { tag: tag.to_owned(), source })
}

/// Letters, digits and a few marks: a log is separated by commas and blanks.
fn tag(stage: &str, latency: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-._".contains(c) { c } else { '-' };
    let stage: String = stage.chars().take(60).map(safe).collect();
    let latency: String = latency.replace(", ", "-");
    format!("{stage}/{latency}")
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::record::example;

    #[test]
    fn each_latency_of_each_stage_is_an_interval_that_is_read_back() {
        let mut run = example::run();
        run.stages[1].name = "5,0 = \"x\"\nTag=evil".into();
        let log = render(&run).unwrap();
        let mut tags = Vec::new();
        for entry in IntervalLogIterator::new(&log) {
            if let LogEntry::Interval(interval) = entry.unwrap() {
                let summary = Histogram::from_base64(interval.encoded_histogram()).unwrap();
                assert!(summary.count() > 0);
                assert_eq!(interval.duration(), Duration::from_millis(36_200));
                tags.push(interval.tag().unwrap().as_str().to_owned());
            }
        }
        assert_eq!(tags.len(), 8, "{tags:?}");
        assert_eq!(tags[2], "10-clients/response");
        assert_eq!(tags[6], "5-0----x--Tag-evil/response");
    }

    #[test]
    fn a_histogram_that_cannot_be_read_is_named() {
        let mut run = example::run();
        run.stages[0].latencies.login.as_mut().unwrap().histogram = "HISTV".into();
        let error = render(&run).unwrap_err().to_string();
        assert!(error.starts_with("the latencies 10-clients/login: "), "{error}");
    }
}

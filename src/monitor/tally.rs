//! The running sums behind the summary of each column: bounded, however long the run.

use super::Sample;
use crate::{record::ColumnSummary, stats::Line};

/// One column so far.
#[derive(Debug, Clone, Copy, Default)]
struct ColumnTally {
    samples: u64,
    line: Line,
    min: f64,
    max: f64,
    last: f64,
}

/// All columns so far, the probes' last.
#[derive(Debug, Default)]
pub(super) struct Tally {
    names: Vec<String>,
    columns: Vec<ColumnTally>,
}

impl Tally {
    /// For the columns that every row has, and these probes.
    pub(super) fn new(probes: &[String]) -> Self {
        let names: Vec<_> = Sample::names(probes).collect();
        let columns = vec![ColumnTally::default(); names.len()];
        Self { names, columns }
    }

    /// Adds a row that was taken so many seconds after the first.
    pub(super) fn add(&mut self, seconds: f64, sample: &Sample) {
        for (tally, value) in self.columns.iter_mut().zip(sample.values()) {
            let Some(value) = value else { continue };
            if tally.samples == 0 {
                (tally.min, tally.max) = (value, value);
            }
            tally.samples += 1;
            tally.line.add(seconds, value);
            tally.min = tally.min.min(value);
            tally.max = tally.max.max(value);
            tally.last = value;
        }
    }

    /// The columns in which anything was measured.
    pub(super) fn summaries(&self) -> Vec<ColumnSummary> {
        let measured = self.columns.iter().zip(&self.names);
        measured.filter_map(|(tally, name)| tally.summary(name)).collect()
    }
}

impl ColumnTally {
    fn summary(&self, name: &str) -> Option<ColumnSummary> {
        Some(ColumnSummary {
            name: name.to_owned(),
            samples: self.samples,
            mean: rounded(self.line.mean()?),
            min: rounded(self.min),
            max: rounded(self.max),
            last: rounded(self.last),
            slope_per_minute: self.line.slope().map(|per_second| rounded(per_second * 60.0)),
        })
    }
}

/// To a thousandth: more than any column resolves, and a number that survives JSON exactly.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::monitor::Column;

    #[test]
    fn a_column_that_grows_has_a_slope_and_one_that_was_not_measured_is_absent() {
        let mut tally = Tally::new(&[]);
        for second in 0..10 {
            let mut sample = Sample::new(Timestamp::UNIX_EPOCH);
            sample.set(Column::RssMb, 100.0 + 0.5 * f64::from(second));
            if second >= 8 {
                sample.set(Column::CpuPercent, f64::from(second));
            }
            tally.add(f64::from(second), &sample);
        }
        let columns = tally.summaries();
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["cpu_percent", "rss_mb"]);
        let (cpu, rss) = (&columns[0], &columns[1]);
        assert_eq!((rss.min, rss.mean, rss.max, rss.last), (100.0, 102.25, 104.5, 104.5));
        assert_eq!(rss.slope_per_minute, Some(30.0));
        assert_eq!((cpu.samples, cpu.mean, cpu.slope_per_minute), (2, 8.5, None));
    }
}

//! The monitor's file read back: rows of numbers by column, for those who draw them.

use std::io;

use jiff::Timestamp;
use thiserror::Error;

/// More rows than that (two days at one a second) are not read: a report draws a few hundred points.
const MAX_ROWS: usize = 200_000;

/// Why a monitor's file cannot be read.
#[derive(Debug, Error)]
pub enum MonitorRowsError {
    /// It cannot be read at all.
    #[error("cannot read the monitor's rows: {0}")]
    Read(#[source] csv::Error),
    /// It is another file.
    #[error("not a monitor's file: its first column is `{seen}`, not `timestamp`")]
    Header {
        /// The name of its first column.
        seen: String,
    },
}

/// The rows of one monitor's file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MonitorRows {
    /// The names of the measured columns; each carries its unit.
    pub columns: Vec<String>,
    /// The rows, in the order they were written.
    pub rows: Vec<MonitorRow>,
}

/// What was measured at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct MonitorRow {
    /// When, by the wall clock.
    pub at: Timestamp,
    /// Whether there was a server process.
    pub running: bool,
    /// One value for each of [`MonitorRows::columns`]; `None` where it could not be measured.
    pub values: Vec<Option<f64>>,
}

impl MonitorRows {
    /// Reads a monitor's file. A row without a time (the last one of a run that was killed while it was written) is
    /// left out; a field that is no number was not measured.
    pub fn read(file: impl io::Read) -> Result<Self, MonitorRowsError> {
        let mut file = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let header = file.headers().map_err(MonitorRowsError::Read)?.clone();
        if header.get(0) != Some("timestamp") {
            let seen = header.get(0).unwrap_or_default().chars().take(40).collect();
            return Err(MonitorRowsError::Header { seen });
        }
        let measured =
            |name: &str| !matches!(name, "timestamp" | "server" | "pid" | "busiest_thread");
        let columns: Vec<(usize, &str)> =
            header.iter().enumerate().filter(|(_, name)| measured(name)).collect();
        let server = header.iter().position(|name| name == "server");
        let mut rows = Vec::new();
        for record in file.records().take(MAX_ROWS) {
            let record = record.map_err(MonitorRowsError::Read)?;
            let Some(at) = record.get(0).and_then(|at| at.parse().ok()) else { continue };
            let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
            rows.push(MonitorRow {
                at,
                running: server.and_then(|at| record.get(at)) != Some("gone"),
                values: columns.iter().map(|(at, _)| record.get(*at).and_then(number)).collect(),
            });
        }
        let columns = columns.into_iter().map(|(_, name)| name.to_owned()).collect();
        Ok(Self { columns, rows })
    }

    /// A column as pairs of time and value; empty where there is no such column.
    pub fn column(&self, name: &str) -> impl Iterator<Item = (Timestamp, Option<f64>)> {
        let at = self.columns.iter().position(|column| column == name);
        at.into_iter().flat_map(|at| {
            self.rows.iter().map(move |row| (row.at, row.values.get(at).copied().flatten()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "timestamp,cpu_percent,rss_mb,server,pid\n\
        1970-01-01T00:00:00.000Z,,12.35,running,7\n\
        1970-01-01T00:00:01.000Z,40.5,12.40,gone,\n\
        1970-01-01T00:0";

    #[test]
    fn rows_are_read_back_and_a_torn_one_is_left_out() {
        let rows = MonitorRows::read(FILE.as_bytes()).unwrap();
        assert_eq!(rows.columns, ["cpu_percent", "rss_mb"]);
        let running: Vec<_> = rows.rows.iter().map(|row| row.running).collect();
        assert_eq!(running, [true, false]);
        let cpu: Vec<_> = rows.column("cpu_percent").map(|(_, value)| value).collect();
        assert_eq!(cpu, [None, Some(40.5)]);
        assert_eq!(rows.column("swap").count(), 0);
    }

    #[test]
    fn another_file_is_refused() {
        let error = MonitorRows::read("a,b\n1,2\n".as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "not a monitor's file: its first column is `a`, not `timestamp`"
        );
    }
}

//! One row of the monitor's file.

use std::iter::once;

use jiff::Timestamp;

use super::Column;

/// What stands before the name of a probe in the header.
const PROBE_PREFIX: &str = "probe_";

/// One row: what was measured at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// When, by the wall clock.
    pub at: Timestamp,
    /// The server's process; `None` when there was none.
    pub pid: Option<u32>,
    /// The name of the server's busiest thread.
    pub busiest_thread: Option<String>,
    /// What the probes measured since the last row, in their order.
    pub probes: Vec<Option<f64>>,
    values: [Option<f64>; Column::ALL.len()],
}

impl Sample {
    /// A row without values.
    pub(super) fn new(at: Timestamp) -> Self {
        let values = [None; Column::ALL.len()];
        Self { at, pid: None, busiest_thread: None, probes: Vec::new(), values }
    }

    /// What was measured in that column; `None` where it could not be.
    pub fn get(&self, column: Column) -> Option<f64> {
        self.values[column as usize]
    }

    pub(super) fn set(&mut self, column: Column, value: f64) {
        self.values[column as usize] = Some(value);
    }

    /// The values of all columns, the probes' last.
    pub(super) fn values(&self) -> impl Iterator<Item = Option<f64>> {
        self.values.iter().chain(&self.probes).copied()
    }

    /// The row as a JSON document of one line; `null` is not measured.
    pub fn to_json(&self) -> String {
        let columns = Column::ALL.into_iter().map(|column| {
            let value = self.get(column).map(|value| (value * 1e3).round() / 1e3);
            (column.name().to_owned(), value.into())
        });
        let about = [
            ("timestamp".to_owned(), format!("{:.3}", self.at).into()),
            ("pid".to_owned(), self.pid.into()),
            ("busiest_thread".to_owned(), self.busiest_thread.clone().into()),
        ];
        let row: serde_json::Map<String, serde_json::Value> =
            about.into_iter().chain(columns).collect();
        serde_json::Value::Object(row).to_string()
    }

    /// The names of all columns, the probes' last.
    pub(super) fn names(probes: &[String]) -> impl Iterator<Item = String> {
        let measured = Column::ALL.into_iter().map(|column| column.name().to_owned());
        measured.chain(probes.iter().map(|probe| format!("{PROBE_PREFIX}{probe}")))
    }

    /// The file's first row.
    pub(super) fn header(probes: &[String]) -> impl Iterator<Item = String> {
        let about_the_process = ["server", "pid", "busiest_thread"].map(str::to_owned);
        once("timestamp".to_owned()).chain(Self::names(probes)).chain(about_the_process)
    }

    /// The row as fields; what was not measured is empty, never zero.
    pub(super) fn fields(&self) -> impl Iterator<Item = String> {
        let written = |value: Option<f64>, decimals: usize| {
            value.map_or_else(String::new, |value| format!("{value:.decimals$}"))
        };
        let measured =
            Column::ALL.into_iter().map(move |column| written(self.get(column), column.decimals()));
        let probes =
            self.probes.iter().map(|value| value.map_or_else(String::new, |v| v.to_string()));
        let (server, pid) = match self.pid {
            Some(pid) => ("running", pid.to_string()),
            None => ("gone", String::new()),
        };
        let thread = self.busiest_thread.clone().unwrap_or_default();
        once(format!("{:.3}", self.at)).chain(measured).chain(probes).chain([
            server.to_owned(),
            pid,
            thread,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_begins_with_the_columns_people_already_plot() {
        let header: Vec<_> = Sample::header(&[]).take(10).collect();
        assert_eq!(
            header.join(","),
            "timestamp,cpu_percent,rss_mb,vms_mb,memory_percent,open_fds,connections_total,\
             connections_established,bytes_sent,bytes_recv"
        );
    }

    #[test]
    fn a_row_is_a_line_of_json() {
        let mut sample = Sample::new(Timestamp::UNIX_EPOCH);
        sample.set(Column::RssMb, 12.345_678);
        let row: serde_json::Value = serde_json::from_str(&sample.to_json()).unwrap();
        assert_eq!(row["rss_mb"], 12.346);
        assert!(row["open_fds"].is_null() && row["pid"].is_null(), "{row}");
        assert_eq!(row["timestamp"], "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn what_was_not_measured_is_empty_and_probes_come_behind() {
        let mut sample = Sample::new(Timestamp::UNIX_EPOCH);
        sample.set(Column::RssMb, 12.345);
        sample.set(Column::OpenFds, 7.0);
        sample.probes = vec![Some(2.5), None];
        let row: Vec<_> = sample.fields().collect();
        assert_eq!(row[..7].join(","), "1970-01-01T00:00:00.000Z,,12.35,,,7,");
        assert_eq!(row[row.len() - 5..].join(","), "2.5,,gone,,");
        let header: Vec<_> = Sample::header(&["redis".to_owned(), "mysql".to_owned()]).collect();
        assert_eq!(header.len(), row.len());
        assert_eq!(
            header[row.len() - 5..].join(","),
            "probe_redis,probe_mysql,server,pid,busiest_thread"
        );
    }
}

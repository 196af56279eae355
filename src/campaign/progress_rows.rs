//! How a stage went on, a row each second on disk: what is left when the harness itself is killed.

use std::time::Duration;

use crate::{
    load::Progress,
    record::{RowFile, RunDirectory, RunDirectoryError},
};

/// From one row to the next.
pub(super) const ROW_EVERY: Duration = Duration::from_secs(1);
const HEAD: &str =
    "elapsed_ms,phase,users,sent,delivered,outstanding,wrong,response_p99_us,server_cpu_percent";

/// The file of a stage; after the first error no more is written to it.
#[derive(Debug)]
pub(super) struct ProgressRows {
    file: Option<RowFile>,
}

impl ProgressRows {
    /// Begins the file of the stage of that name.
    pub(super) fn begin(directory: &RunDirectory, stage: &str) -> Self {
        let begun = directory.rows(&file_name(stage)).and_then(|mut file| {
            file.row(HEAD)?;
            Ok(file)
        });
        Self { file: kept(begun) }
    }

    /// Writes a row.
    pub(super) fn add(&mut self, progress: &Progress, server_cpu_percent: Option<f64>) {
        let Some(mut file) = self.file.take() else { return };
        let row = row(progress, server_cpu_percent);
        self.file = kept(file.row(&row).map(|()| file));
    }
}

/// The name of the file of a stage.
pub(super) fn file_name(stage: &str) -> String {
    format!("progress-{stage}.csv")
}

fn kept(file: Result<RowFile, RunDirectoryError>) -> Option<RowFile> {
    file.inspect_err(|error| tracing::warn!(%error, "no more rows of progress")).ok()
}

fn row(progress: &Progress, server_cpu_percent: Option<f64>) -> String {
    let Progress { phase, users, sent, delivered, outstanding, wrong, p99_ns, elapsed_ms } =
        progress;
    let p99 = p99_ns.map(|nanos| (nanos as f64 / 1_000.0).to_string()).unwrap_or_default();
    let cpu = server_cpu_percent.map(|cpu| format!("{cpu:.1}")).unwrap_or_default();
    format!("{elapsed_ms},{phase},{users},{sent},{delivered},{outstanding},{wrong},{p99},{cpu}")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::load::Phase;

    #[test]
    fn a_row_has_a_value_for_each_name_and_nothing_where_nothing_was_measured() {
        let parent = tempfile::tempdir().unwrap();
        let directory = RunDirectory::create(parent.path(), Timestamp::UNIX_EPOCH).unwrap();
        let mut rows = ProgressRows::begin(&directory, "10/s");
        let progress = Progress { phase: Phase::Sending, sent: 7, ..Progress::default() };
        rows.add(&progress, None);
        rows.add(&Progress { p99_ns: Some(1_500), elapsed_ms: 9, ..progress }, Some(12.34));
        let text = std::fs::read_to_string(directory.file("progress-10/s.csv")).unwrap();
        assert_eq!(text, format!("{HEAD}\n0,sending,0,7,0,0,0,,\n9,sending,0,7,0,0,0,1.5,12.3\n"));
        for line in text.lines() {
            assert_eq!(line.split(',').count(), HEAD.split(',').count(), "{line}");
        }
    }
}

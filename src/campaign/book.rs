//! The record of the campaign as it stands, on disk after every step.

use jiff::Timestamp;

use std::{fs::File, path::PathBuf};

use crate::{
    record::{Ending, MonitorRows, RunDirectory, RunDirectoryError, RunRecord},
    report::{self, Lang},
    server::scratch_dir,
};

/// The record, and the directory it is written to.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) record: RunRecord,
    pub(super) directory: RunDirectory,
    /// The language of the reports.
    pub(super) lang: Lang,
    /// Why the files on disk are not those of the record.
    pub(super) unsaved: Option<RunDirectoryError>,
}

impl Book {
    /// A record that is kept in a directory.
    pub(super) fn new(record: RunRecord, directory: RunDirectory, lang: Lang) -> Self {
        Self { record, directory, lang, unsaved: None }
    }

    /// Writes the record and every report of it anew, each file as a whole. An error does not end the campaign: what it
    /// measured may still be told, and the next step may find room again.
    pub(super) fn save(&mut self) {
        self.record.verdict = self.record.judge();
        self.unsaved = self.write(&self.directory).err();
    }

    /// Writes every file into a directory; one that cannot be written does not keep the others back. The first error.
    fn write(&self, directory: &RunDirectory) -> Result<(), RunDirectoryError> {
        let mut first = Ok(());
        for file in report::all(&self.record, &self.monitor_rows(), self.lang) {
            let content = match file.content {
                Ok(content) => content,
                Err(error) => {
                    tracing::warn!(%error, "{} cannot be made", file.name);
                    continue;
                }
            };
            if let Err(error) = directory.replace(file.name, &content) {
                tracing::warn!(%error, "{} is not on disk", file.name);
                // The first one says why; the others would say the same.
                first = first.and(Err(error));
            }
        }
        first
    }

    /// Where the directory cannot be written any more, the files go into a fresh one of the temporary directory, with
    /// the reason in them. Gives its path if all of them are there.
    pub(super) fn rescue(&mut self) -> Option<PathBuf> {
        let why = self.unsaved.as_ref()?.to_string();
        self.remark(format!("the run directory could not be written: {why}"));
        self.record.verdict = self.record.judge();
        let fresh = RunDirectory::create(&scratch_dir().join("rescued"), self.record.started);
        let fresh = fresh.inspect_err(|error| tracing::warn!(%error, "no rescue")).ok()?;
        self.write(&fresh).ok()?;
        Some(fresh.path().to_owned())
    }

    /// What the monitors wrote so far; a file that cannot be read draws nothing.
    fn monitor_rows(&self) -> Vec<MonitorRows> {
        // Of a cluster the first node's: a chart shows one process.
        let files = self.record.stages.iter().map(|stage| monitor_file(&stage.name, 0));
        files
            .filter_map(|name| File::open(self.directory.file(&name)).ok())
            .filter_map(|file| MonitorRows::read(file).ok())
            .collect()
    }

    /// Notes something that the reader should know.
    pub(super) fn remark(&mut self, remark: impl Into<String>) {
        self.record.remarks.push(remark.into());
    }

    /// Closes the record and writes it.
    pub(super) fn close(&mut self, ending: Ending) {
        self.record.close(ending, Timestamp::now());
        self.save();
    }
}

/// The file of the monitor's rows of a stage, for one node.
pub(super) fn monitor_file(stage: &str, node: usize) -> String {
    match node {
        0 => format!("monitor-{stage}.csv"),
        _ => format!("monitor-{stage}-node{}.csv", node + 1),
    }
}

//! The directory of one run: created once, never overwritten, `latest` points to it, rows are on disk as they come.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use rustix::io::Errno;
use thiserror::Error;

use crate::{error::Classified, verdict::Exit};

/// So many names are tried before giving up; each has 36⁴ others beside it.
const NAME_ATTEMPTS: usize = 16;

/// Why the results of a run cannot be kept.
#[derive(Debug, Error)]
pub enum RunDirectoryError {
    /// The directory, or the one around it, cannot be made.
    #[error("cannot create the run directory {path}: {source}; results would be lost: {cure}", cure = cure(source))]
    Create {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the run cannot be written.
    #[error("cannot write {path}: {source}; {cure}", cure = cure(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `latest` cannot be pointed at this run; the run itself is not touched by that.
    #[error("cannot point {path} at this run: {source}; is there something else of that name?")]
    Latest {
        /// The link.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Classified for RunDirectoryError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

fn cure(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::NOSPC | Errno::DQUOT) => {
            "the disk is full, make room or choose another directory"
        }
        Some(Errno::FBIG) => "no file may grow so large here, raise `ulimit -f`",
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => {
            "choose a directory that you may write to"
        }
        Some(Errno::NOTDIR) => "a part of the path is a file, choose another directory",
        Some(Errno::MFILE | Errno::NFILE) => {
            "too many open files, raise `ulimit -n` or use fewer clients"
        }
        _ => "choose another directory",
    }
}

/// The directory of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDirectory {
    path: PathBuf,
    id: String,
}

impl RunDirectory {
    /// Creates `<parent>/<UTC time>-<4 letters>/`; an existing directory is never reused. `latest` is not touched:
    /// see [`RunDirectory::link_latest`].
    pub fn create(parent: &Path, started: Timestamp) -> Result<Self, RunDirectoryError> {
        let failed = |path: &Path, source| RunDirectoryError::Create { path: path.into(), source };
        fs::create_dir_all(parent).map_err(|source| failed(parent, source))?;
        let time = started.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let short: String = (0..4).map(|_| fastrand::char('a'..='z')).collect();
            let id = format!("{time}-{short}");
            let path = parent.join(&id);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path, id }),
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && attempts < NAME_ATTEMPTS => {
                }
                Err(error) => return Err(failed(&path, error)),
            }
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the run: the last part of the path.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The path of a file in it. Whatever cannot stand in a file name (a stage may be called `10/s`) becomes `-`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(file_name(name))
    }

    /// Points `latest`, beside this directory, at it; a reader sees the old target or the new one, never none.
    pub fn link_latest(&self) -> Result<(), RunDirectoryError> {
        let link = self.path.with_file_name("latest");
        let fresh = self.path.with_file_name(format!(".latest-{}", self.id));
        symlink(&self.id, &fresh).and_then(|()| fs::rename(&fresh, &link)).map_err(|source| {
            // The link may not exist; the error that counts is the first one.
            let _ = fs::remove_file(&fresh);
            RunDirectoryError::Latest { path: link, source }
        })
    }

    /// Replaces a file as a whole: a reader sees the old content or the new one, also after a crash between.
    pub fn replace(&self, name: &str, content: &[u8]) -> Result<(), RunDirectoryError> {
        let path = self.file(name);
        let fresh = self.path.join(format!(".{}.new", file_name(name)));
        let written = File::create(&fresh)
            .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_data()))
            .and_then(|()| fs::rename(&fresh, &path));
        written.map_err(|source| {
            // On a full disk the half-written copy would only take more room.
            let _ = fs::remove_file(&fresh);
            RunDirectoryError::Write { path, source }
        })
    }

    /// Opens a new file for rows; each row is handed to the kernel at once.
    pub fn rows(&self, name: &str) -> Result<RowFile, RunDirectoryError> {
        RowFile::create(self.file(name))
    }
}

/// What may stand in a file name: letters (of any script), digits, `.`, `-` and `_`; not a leading dot.
fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    let name: String = name.chars().take(100).map(safe).collect();
    match name.strip_prefix('.') {
        Some(rest) => format!("-{rest}"),
        None if name.is_empty() => "-".into(),
        None => name,
    }
}

/// A file of rows: unbuffered, so that what was measured is there when the process is gone.
#[derive(Debug)]
pub struct RowFile {
    path: PathBuf,
    file: File,
}

impl RowFile {
    /// Creates the file; one that exists is an error, not overwritten.
    pub fn create(path: PathBuf) -> Result<Self, RunDirectoryError> {
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(RunDirectoryError::Write { path, source }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one row and its newline in one go.
    pub fn row(&mut self, row: &str) -> Result<(), RunDirectoryError> {
        let failed = |source| RunDirectoryError::Write { path: self.path.clone(), source };
        self.file.write_all(format!("{row}\n").as_bytes()).map_err(failed)
    }
}

impl io::Write for RowFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_gets_a_directory_of_its_own_and_latest_is_the_last_linked() {
        let parent = tempfile::tempdir().unwrap();
        let runs = parent.path().join("runs");
        let first = RunDirectory::create(&runs, Timestamp::UNIX_EPOCH).unwrap();
        let second = RunDirectory::create(&runs, Timestamp::UNIX_EPOCH).unwrap();
        assert_ne!(first.path(), second.path());
        assert!(first.id().starts_with("1970-01-01T00-00-00Z-"), "{}", first.id());
        for run in [&first, &second] {
            run.link_latest().unwrap();
            assert_eq!(fs::read_link(runs.join("latest")).unwrap(), Path::new(run.id()));
        }
        assert_eq!(fs::read_dir(&runs).unwrap().count(), 3);
    }

    #[test]
    fn latest_that_is_a_directory_is_left_alone_and_said() {
        let parent = tempfile::tempdir().unwrap();
        fs::create_dir_all(parent.path().join("latest/precious")).unwrap();
        let run = RunDirectory::create(parent.path(), Timestamp::UNIX_EPOCH).unwrap();
        assert!(matches!(run.link_latest(), Err(RunDirectoryError::Latest { .. })));
        assert!(parent.path().join("latest/precious").exists());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let parent = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(parent.path(), Timestamp::UNIX_EPOCH).unwrap();
        for content in ["one, long", "two"] {
            run.replace("run.json", content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(run.file("run.json")).unwrap(), content);
        }
        assert_eq!(fs::read_dir(run.path()).unwrap().count(), 1);
    }

    #[test]
    fn rows_are_there_as_they_are_written_and_a_file_is_not_overwritten() {
        let parent = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(parent.path(), Timestamp::UNIX_EPOCH).unwrap();
        let mut rows = run.rows("monitor-10/s.csv").unwrap();
        rows.row("a,b").unwrap();
        rows.row("1,2").unwrap();
        assert_eq!(fs::read_to_string(run.path().join("monitor-10-s.csv")).unwrap(), "a,b\n1,2\n");
        assert!(run.rows("monitor-10/s.csv").is_err());
    }

    #[test]
    fn no_name_leaves_the_directory() {
        for name in ["../evil", "/etc/passwd", "..", ".", "", "a/../../b", "x\0y"] {
            let safe = file_name(name);
            assert!(!safe.contains('/') && !safe.starts_with('.') && !safe.is_empty(), "{safe}");
        }
        assert_eq!(file_name("monitor-50.csv"), "monitor-50.csv");
    }

    #[test]
    fn a_file_in_the_way_and_a_full_disk_are_said_with_a_cure() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        let error = RunDirectory::create(&file.join("runs"), Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(error.to_string().contains("a part of the path is a file"), "{error}");
        let full = RunDirectoryError::Write {
            path: "/x/run.json".into(),
            source: io::Error::from_raw_os_error(Errno::NOSPC.raw_os_error()),
        };
        assert!(full.to_string().contains("the disk is full, make room"), "{full}");
    }
}

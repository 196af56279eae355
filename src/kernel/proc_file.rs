//! A file of `/proc` that is read again and again: opened once, one system call a reading.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// Room for the first reading; more is made when a file needs it.
const FIRST_BYTES: usize = 4096;

/// An open file of `/proc`. The kernel writes its text anew for every reading from the beginning.
///
/// Only for files that are one record (`single_open` in the kernel: `stat`, `status`, `meminfo`, `net/netstat` and their like):
/// of lists, such as `maps`, a reading brings the first page.
///
/// A file of a process belongs to that process: when it is gone, readings fail (`ESRCH`), also when another has its
/// number by then.
#[derive(Debug)]
pub struct ProcFile {
    file: File,
    buffer: Vec<u8>,
}

impl ProcFile {
    /// Opens it.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?, buffer: vec![0; FIRST_BYTES] })
    }

    /// What it says now. A text that does not fit is read once more with more room, and fits from then on.
    pub fn read(&mut self) -> io::Result<&[u8]> {
        loop {
            let length = self.file.read_at(&mut self.buffer, 0)?;
            if length < self.buffer.len() {
                return Ok(&self.buffer[..length]);
            }
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
    }

    /// The same as text; `None` where it cannot be read, or is none.
    pub fn text(&mut self) -> Option<&str> {
        str::from_utf8(self.read().ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::process::id;

    use super::*;

    #[test]
    fn each_reading_is_a_new_one() {
        let mut file = ProcFile::open("/proc/thread-self/schedstat").unwrap();
        let first = file.text().unwrap().to_owned();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while file.text().unwrap() == first {
            assert!(std::time::Instant::now() < deadline, "{first}");
        }
    }

    #[test]
    fn a_long_text_is_read_whole() {
        let mut file = ProcFile::open("/proc/self/status").unwrap();
        file.buffer.truncate(16);
        let text = file.text().unwrap();
        assert!(text.starts_with("Name:") && text.contains("nonvoluntary_ctxt_switches"), "{text}");
    }

    #[test]
    fn what_is_not_there_cannot_be_opened() {
        assert!(ProcFile::open(format!("/proc/{}/nothing", id())).is_err());
    }
}

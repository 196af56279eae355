//! A log of bounded size: the first and the last part of an endless output, in one file that can be read at any time.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

/// How much of an output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// The first bytes.
    pub head_bytes: u64,
    /// The last bytes, at least; the file may grow to `head_bytes` + 2 · `tail_bytes` before it is cut.
    pub tail_bytes: u64,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { head_bytes: 32 << 20, tail_bytes: 32 << 20 }
    }
}

/// The line between the two parts; the number has a fixed width, so it can be renewed in place.
fn gap_line(left_out_bytes: u64) -> String {
    format!("\n[... {left_out_bytes:>20} bytes left out ...]\n")
}

/// A file that holds the head of a stream, and behind a line that counts what was left out, its tail.
#[derive(Debug)]
pub(super) struct LogFile {
    file: File,
    limits: LogLimits,
    written_bytes: u64,
    /// What stands between head and tail: nothing until the first cut.
    left_out_bytes: u64,
}

impl LogFile {
    pub(super) fn create(path: &Path, limits: LogLimits) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        Ok(Self { file, limits, written_bytes: 0, left_out_bytes: 0 })
    }

    /// Appends; cuts the middle out when the tail has grown to twice its size.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.written_bytes += bytes.len() as u64;
        let (head, tail) = (self.limits.head_bytes, self.limits.tail_bytes);
        if self.written_bytes - self.left_out_bytes > head + 2 * tail {
            self.cut(head, tail)?;
        }
        Ok(())
    }

    fn cut(&mut self, head: u64, tail: u64) -> io::Result<()> {
        let mut kept = Vec::new();
        let end = self.file.stream_position()?;
        self.file.seek(SeekFrom::Start(end - tail))?;
        (&mut self.file).take(tail).read_to_end(&mut kept)?;
        self.left_out_bytes = self.written_bytes - head - tail;
        self.file.seek(SeekFrom::Start(head))?;
        self.file.write_all(gap_line(self.left_out_bytes).as_bytes())?;
        self.file.write_all(&kept)?;
        let end = self.file.stream_position()?;
        self.file.set_len(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(limits: LogLimits, chunks: impl IntoIterator<Item = Vec<u8>>) -> (Vec<u8>, u64) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = LogFile::create(&path, limits).unwrap();
        let mut longest = 0;
        for chunk in chunks {
            log.append(&chunk).unwrap();
            longest = longest.max(std::fs::metadata(&path).unwrap().len());
        }
        (std::fs::read(&path).unwrap(), longest)
    }

    #[test]
    fn a_short_output_is_kept_whole() {
        let limits = LogLimits { head_bytes: 10, tail_bytes: 10 };
        let (bytes, _) = kept(limits, [b"0123456789".to_vec(), b"abcdefghijklmnopqrst".to_vec()]);
        assert_eq!(bytes, b"0123456789abcdefghijklmnopqrst");
    }

    #[test]
    fn of_a_long_output_the_first_and_the_last_bytes_are_kept_and_the_rest_is_counted() {
        let limits = LogLimits { head_bytes: 10, tail_bytes: 10 };
        for chunk_bytes in [1, 7, 64] {
            let all: Vec<u8> = (0..1_000_u32).map(|n| b'a' + (n % 26) as u8).collect();
            let (bytes, longest) = kept(limits, all.chunks(chunk_bytes).map(<[u8]>::to_vec));
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(&text.as_bytes()[..10], &all[..10]);
            assert_eq!(&text.as_bytes()[text.len() - 10..], &all[990..]);
            let (_, after) = text.split_once("[... ").unwrap();
            let left_out: usize = after.split_once(" bytes").unwrap().0.trim().parse().unwrap();
            let rest = after.split_once("...]\n").unwrap().1;
            assert_eq!(10 + left_out + rest.len(), 1_000);
            assert_eq!(rest.as_bytes(), &all[10 + left_out..]);
            assert!(longest <= 10 + 20 + 45 + 64, "{longest}");
        }
    }
}

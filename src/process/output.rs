//! What a child writes: a bounded log, the last lines of each stream, and the line it was waited for.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::log_file::LogFile;

/// How many lines of each stream are handed out.
const TAIL_LINES: usize = 20;
/// How many characters of a line.
const LINE_CHARS: usize = 400;
/// How many raw bytes of each stream are remembered for that.
const TAIL_BYTES: usize = 16 * 1024;

/// The last lines of both streams, oldest first; escaped, bounded in number and length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tails {
    /// Of standard output.
    pub stdout: Vec<String>,
    /// Of standard error.
    pub stderr: Vec<String>,
}

impl Tails {
    /// Both, standard output first.
    pub fn joined(&self) -> Vec<String> {
        [self.stdout.as_slice(), self.stderr.as_slice()].concat()
    }
}

/// The two streams of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Out,
    Err,
}

/// What a child has written so far.
#[derive(Debug)]
pub struct Output {
    log: Option<PathBuf>,
    kept: Mutex<Kept>,
    awaited: Option<Vec<u8>>,
    announced: watch::Sender<bool>,
}

#[derive(Debug)]
struct Kept {
    file: Option<LogFile>,
    stdout: Recent,
    stderr: Recent,
}

impl Output {
    /// `file` takes the bytes, if given; `awaited` is the text whose appearance is announced.
    pub(super) fn new(log: Option<PathBuf>, file: Option<LogFile>, awaited: Option<&str>) -> Self {
        Self {
            log,
            kept: Mutex::new(Kept { file, stdout: Recent::default(), stderr: Recent::default() }),
            awaited: awaited.filter(|text| !text.is_empty()).map(|text| text.as_bytes().to_vec()),
            announced: watch::Sender::new(false),
        }
    }

    /// The file with what was kept of both streams, in the order it was read.
    pub fn log(&self) -> Option<&Path> {
        self.log.as_deref()
    }

    /// The last lines of both streams.
    pub fn tails(&self) -> Tails {
        let kept = self.lock();
        Tails { stdout: kept.stdout.lines(), stderr: kept.stderr.lines() }
    }

    /// Becomes true once the awaited text was written.
    pub fn announced(&self) -> watch::Receiver<bool> {
        self.announced.subscribe()
    }

    /// Takes what was just read of a stream.
    pub(super) fn take(&self, stream: Stream, bytes: &[u8]) {
        let mut kept = self.lock();
        if let Some(file) = &mut kept.file
            && let Err(error) = file.append(bytes)
        {
            // A full disk must not stop the child: the tails go on.
            tracing::warn!(%error, log = ?self.log, "the server's output is no longer logged");
            kept.file = None;
        }
        let recent = match stream {
            Stream::Out => &mut kept.stdout,
            Stream::Err => &mut kept.stderr,
        };
        if let Some(awaited) = &self.awaited
            && !*self.announced.borrow()
            && recent.with_next(bytes, awaited.len()).windows(awaited.len()).any(|w| w == *awaited)
        {
            self.announced.send_replace(true);
        }
        recent.push(bytes);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // What is kept stays readable whoever panicked beside it.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last bytes of one stream.
#[derive(Debug, Default)]
struct Recent {
    bytes: Vec<u8>,
    cut: bool,
}

impl Recent {
    fn push(&mut self, bytes: &[u8]) {
        let fresh = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
        self.cut |= fresh.len() < bytes.len();
        self.bytes.extend_from_slice(fresh);
        // Cut seldom: moving 16 KiB for each short line would cost more than the line.
        if self.bytes.len() > 2 * TAIL_BYTES {
            self.bytes.drain(..self.bytes.len() - TAIL_BYTES);
            self.cut = true;
        }
    }

    /// The new bytes behind as many old ones as a text of `length` bytes could begin in.
    fn with_next(&self, bytes: &[u8], length: usize) -> Vec<u8> {
        let old = self.bytes.len().saturating_sub(length.saturating_sub(1));
        [&self.bytes[old..], bytes].concat()
    }

    fn lines(&self) -> Vec<String> {
        let end = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        if end.is_empty() {
            return Vec::new();
        }
        let mut from_the_end = end.rsplit(|byte| *byte == b'\n');
        let mut lines: Vec<String> = from_the_end.by_ref().take(TAIL_LINES).map(readable).collect();
        lines.reverse();
        // The oldest line may lack its beginning.
        if self.cut
            && from_the_end.next().is_none()
            && let Some(first) = lines.first_mut()
        {
            first.insert(0, '…');
        }
        lines
    }
}

/// Text that is safe in a terminal and a report: control characters and what is not UTF-8 are escaped.
fn readable(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut text = String::new();
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() && c != '\t' { text.extend(c.escape_default()) } else { text.push(c) }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    match text.char_indices().nth(LINE_CHARS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(awaited: Option<&str>) -> Output {
        Output::new(None, None, awaited)
    }

    #[test]
    fn the_last_lines_of_each_stream_are_kept_apart() {
        let output = output(None);
        for n in 0..100 {
            output.take(Stream::Out, format!("line {n}\n").as_bytes());
        }
        output.take(Stream::Err, b"terminate called");
        let tails = output.tails();
        assert_eq!(tails.stdout.len(), TAIL_LINES);
        assert_eq!(tails.stdout.last().unwrap(), "line 99");
        assert_eq!(tails.stderr, ["terminate called"]);
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let output = output(None);
        output.take(Stream::Out, b"\x1b[31mred\xff\xe4\xbd\xa0\r\n");
        assert_eq!(output.tails().stdout, ["\\u{1b}[31mred\\xff你"]);
    }

    #[test]
    fn an_endless_line_is_bounded() {
        let output = output(None);
        for _ in 0..100 {
            output.take(Stream::Out, &[b'x'; 4096]);
        }
        let tails = output.tails();
        assert_eq!(tails.stdout.len(), 1);
        assert!(
            tails.stdout[0].starts_with('…') && tails.stdout[0].chars().count() <= LINE_CHARS + 2
        );
        assert!(output.lock().stdout.bytes.capacity() <= 4 * TAIL_BYTES);
    }

    #[test]
    fn the_awaited_text_is_found_across_reads() {
        let output = output(Some("server started"));
        let announced = output.announced();
        for piece in ["starting ser", "ver sta", "rte"] {
            output.take(Stream::Out, piece.as_bytes());
            output.take(Stream::Err, b"noise");
            assert!(!*announced.borrow());
        }
        output.take(Stream::Out, b"d\n");
        assert!(*announced.borrow());
    }
}

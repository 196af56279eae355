//! The last frames of a connection, for messages that say what happened.

use std::{
    collections::VecDeque,
    fmt,
    time::{Duration, Instant},
};

/// Which way a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the harness to the server.
    Sent,
    /// From the server to the harness.
    Received,
}

/// How many frames are kept for each connection.
const FRAMES: usize = 16;
/// How much is kept of each frame.
const BYTES: usize = 512;

/// A bounded memory of what passed on a connection.
#[derive(Debug, Clone)]
pub struct Journal {
    begun: Instant,
    frames: VecDeque<Frame>,
}

#[derive(Debug, Clone)]
struct Frame {
    at: Duration,
    direction: Direction,
    head: Vec<u8>,
    length: usize,
}

impl Journal {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), frames: VecDeque::with_capacity(FRAMES) }
    }

    pub(super) fn note(&mut self, direction: Direction, bytes: &[u8]) {
        if self.frames.len() == FRAMES {
            self.frames.pop_front();
        }
        let head = bytes[..bytes.len().min(BYTES)].to_vec();
        self.frames.push_back(Frame {
            at: self.begun.elapsed(),
            direction,
            head,
            length: bytes.len(),
        });
    }

    /// The last frames, oldest first, one line each; bytes that are no text are escaped.
    pub fn lines(&self) -> Vec<String> {
        self.frames.iter().map(Frame::to_string).collect()
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.direction {
            Direction::Sent => "->",
            Direction::Received => "<-",
        };
        write!(f, "{:>8.1} ms {arrow} ", self.at.as_secs_f64() * 1e3)?;
        for chunk in self.head.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() {
                    write!(f, "{}", character.escape_default())?;
                } else {
                    write!(f, "{character}")?;
                }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        if self.length > self.head.len() {
            write!(f, " … ({} bytes in all)", self.length)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_frames_are_kept_and_each_is_cut() {
        let mut journal = Journal::new();
        for number in 0..40 {
            journal.note(Direction::Sent, format!("{number}").as_bytes());
        }
        journal.note(Direction::Received, &[b'x'; 5000]);
        let lines = journal.lines();
        assert_eq!(lines.len(), FRAMES);
        assert!(lines[0].ends_with("-> 25"), "{}", lines[0]);
        assert!(lines[FRAMES - 1].contains("(5000 bytes in all)"));
    }

    #[test]
    fn what_is_no_text_is_escaped_and_chinese_is_not() {
        let mut journal = Journal::new();
        journal.note(Direction::Received, "你好\u{1b}[31m\0".as_bytes());
        journal.note(Direction::Received, b"\xff{}");
        let lines = journal.lines().join("\n");
        assert!(lines.contains("你好\\u{1b}[31m\\u{0}") && lines.contains("\\xff{}"), "{lines}");
    }
}

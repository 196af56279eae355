//! The tracking mark that rides in the text of every message, and what can be seen of it in a text that arrived.
//!
//! ```text
//! #h7f2a.000012.0000002a.0003b9aca000.00000000.0010.c0ffee.5eed1e PAYLOAD…
//!   run  stream sequence scheduled ns late     size its sum mark's sum
//! ```
//! (without the blank). Fixed width, ASCII, no quote and no backslash: it survives every server's JSON, and its columns
//! can be cut out of a packet capture by a few lines of script.

use memchr::memmem;

use super::hex;

/// The length of a mark in bytes; the shortest text that can be tracked.
pub const MARK_BYTES: usize = 63;
/// The longest payload: its size is written in four digits.
pub const PAYLOAD_MAX_BYTES: usize = 0xffff;

const OPENING: &[u8; 2] = b"#h";
/// One digit of lateness is worth so much; eight digits reach over a minute.
const LATE_UNIT_NS: u64 = 16;
const LATE_UNKNOWN: u32 = u32::MAX;
const SUM_MASK: u32 = 0x00ff_ffff;
const DOTS: [usize; 7] = [6, 13, 22, 35, 44, 49, 56];
const SUM_AT: usize = 57;

/// A mark as it is written.
type Written = [u8; MARK_BYTES];

/// What a message says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The run that sent it.
    pub run: u16,
    /// The stream within the run: one sender's one connection towards one receiver or group. Below 2^24.
    pub stream: u32,
    /// Its number within the stream, from 0.
    pub sequence: u32,
    /// When it was to be sent, in nanoseconds since the run began. Below 2^48 (78 hours).
    pub scheduled_ns: u64,
    /// How much later than that it was handed to the kernel, rounded down to 16 ns; `None` above a minute.
    pub late_ns: Option<u64>,
}

/// The padding behind a mark, with the sum that its mark must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    bytes: Vec<u8>,
    sum: u32,
}

/// What a text that arrived turned out to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// A mark of this run, and the payload as it was sent.
    Intact(Mark),
    /// A mark of this run, but what follows it is not what was sent.
    Damaged(Mark),
    /// Something that was a mark once: which message it was cannot be told.
    Mangled,
    /// A mark of another run.
    Foreign {
        /// That run.
        run: u16,
    },
    /// A mark of this stage, from a part of it whose users nobody here writes to.
    Strayed,
    /// No mark at all.
    Unmarked,
}

impl Payload {
    /// `size` bytes of plain ASCII.
    ///
    /// # Errors
    /// The size is above [`PAYLOAD_MAX_BYTES`].
    pub fn ascii(size: usize) -> Result<Self, PayloadTooLong> {
        if size > PAYLOAD_MAX_BYTES {
            return Err(PayloadTooLong { size });
        }
        let bytes: Vec<u8> = (b'a'..=b'z').cycle().take(size).collect();
        let sum = checksum(&bytes);
        Ok(Self { bytes, sum })
    }

    /// `size` bytes of Chinese, three bytes a letter; what is left over is ASCII.
    ///
    /// # Errors
    /// The size is above [`PAYLOAD_MAX_BYTES`].
    pub fn cjk(size: usize) -> Result<Self, PayloadTooLong> {
        if size > PAYLOAD_MAX_BYTES {
            return Err(PayloadTooLong { size });
        }
        let letters = "你好世界聊天消息测试".chars().cycle().take(size / 3);
        let mut text: String = letters.collect();
        text.extend("ab".chars().take(size % 3));
        let bytes = text.into_bytes();
        let sum = checksum(&bytes);
        Ok(Self { bytes, sum })
    }

    /// The payload itself.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The length of a whole text with this payload, in bytes.
    pub fn text_bytes(&self) -> usize {
        MARK_BYTES + self.bytes.len()
    }
}

/// A payload that a mark has no room to describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payload of {size} bytes: at most {PAYLOAD_MAX_BYTES} can be tracked")]
pub struct PayloadTooLong {
    /// The size asked for.
    pub size: usize,
}

impl Mark {
    /// Writes the mark over the first [`MARK_BYTES`] of `text`; the caller has put the payload behind them.
    ///
    /// # Panics
    /// When `text` is shorter than a mark.
    pub fn encode_into(&self, payload: &Payload, text: &mut [u8]) {
        let mark: &mut Written = text.first_chunk_mut().expect("a text holds at least a mark");
        *mark = [b'.'; MARK_BYTES];
        put(mark, 0, *OPENING);
        let late = self.late_ns.map_or(LATE_UNKNOWN, |late_ns| {
            u32::try_from(late_ns / LATE_UNIT_NS).unwrap_or(LATE_UNKNOWN)
        });
        put(mark, 2, hex::write::<4>(u32::from(self.run)));
        put(mark, 7, hex::write::<6>(self.stream));
        put(mark, 14, hex::write::<8>(self.sequence));
        put(mark, 23, hex::write::<4>((self.scheduled_ns >> 32) as u32));
        put(mark, 27, hex::write::<8>(self.scheduled_ns as u32));
        put(mark, 36, hex::write::<8>(late));
        put(mark, 45, hex::write::<4>(payload.bytes.len() as u32));
        put(mark, 50, hex::write::<6>(payload.sum));
        put(mark, SUM_AT, hex::write::<6>(checksum(&mark[..SUM_AT])));
    }

    /// A whole text: the mark and the payload.
    pub fn text(&self, payload: &Payload) -> Vec<u8> {
        let mut text = vec![0; MARK_BYTES];
        text.extend_from_slice(payload.bytes());
        self.encode_into(payload, &mut text);
        text
    }

    /// Looks for a mark anywhere in `text`, the unescaped text of a message up to its end.
    #[inline]
    pub fn find(text: &[u8], run: u16) -> Sighting {
        // The usual case first: the text begins with its mark.
        let mut best = match text.split_first_chunk() {
            Some((mark, payload)) if mark.starts_with(OPENING) => read(mark, payload, run),
            _ => Sighting::Unmarked,
        };
        if matches!(best, Sighting::Unmarked | Sighting::Mangled) {
            best = search(text, run);
        }
        best
    }

    /// The lateness in full units, as it can be read back.
    #[cfg(test)]
    fn rounded(mut self) -> Self {
        self.late_ns = self.late_ns.map(|ns| ns / LATE_UNIT_NS * LATE_UNIT_NS);
        self
    }
}

/// Everything that begins like a mark is looked at; the best explanation wins.
#[cold]
fn search(text: &[u8], run: u16) -> Sighting {
    let mut best = Sighting::Unmarked;
    for at in memmem::find_iter(text, OPENING) {
        let seen = match text[at..].split_first_chunk() {
            Some((mark, payload)) => read(mark, payload, run),
            // Cut short; it is ours only if it still says so.
            None => begins_like_ours(&text[at..], run),
        };
        match seen {
            Sighting::Unmarked => {}
            Sighting::Mangled => best = Sighting::Mangled,
            found => return found,
        }
    }
    best
}

fn read(mark: &Written, payload: &[u8], run: u16) -> Sighting {
    // Compared as digits: what is no digit could be read as the right number.
    if take(mark, SUM_AT) != hex::write::<6>(checksum(&mark[..SUM_AT])) {
        // Column by column: a text of somebody's that happens to begin with `#h` is no mark of ours.
        let shaped = DOTS.iter().all(|&dot| mark[dot] == b'.');
        return if shaped { Sighting::Mangled } else { begins_like_ours(mark, run) };
    }
    let sender = hex::read::<4>(take(mark, 2)) as u16;
    if sender != run {
        return Sighting::Foreign { run: sender };
    }
    let high = hex::read::<4>(take(mark, 23));
    let late = hex::read::<8>(take(mark, 36));
    let found = Mark {
        run,
        stream: hex::read::<6>(take(mark, 7)),
        sequence: hex::read::<8>(take(mark, 14)),
        scheduled_ns: u64::from(high) << 32 | u64::from(hex::read::<8>(take(mark, 27))),
        late_ns: (late != LATE_UNKNOWN).then(|| u64::from(late) * LATE_UNIT_NS),
    };
    let whole = hex::read::<4>(take(mark, 45)) as usize == payload.len()
        && hex::read::<6>(take(mark, 50)) == checksum(payload);
    if whole { Sighting::Intact(found) } else { Sighting::Damaged(found) }
}

#[inline]
fn put<const WIDTH: usize>(mark: &mut Written, at: usize, column: [u8; WIDTH]) {
    mark[at..at + WIDTH].copy_from_slice(&column);
}

#[inline]
fn take<const WIDTH: usize>(mark: &Written, at: usize) -> [u8; WIDTH] {
    let mut column = [0; WIDTH];
    column.copy_from_slice(&mark[at..at + WIDTH]);
    column
}

fn begins_like_ours(bytes: &[u8], run: u16) -> Sighting {
    if bytes.get(2..6) == Some(&hex::write::<4>(u32::from(run))) {
        Sighting::Mangled
    } else {
        Sighting::Unmarked
    }
}

/// 24 bits over `bytes`, sixteen at a time in two lanes that do not wait for each other. Each step is a bijection of its
/// lane's state, so a change of any one word changes that state; only the final cut to 24 bits can hide it (once in
/// 2^24).
fn checksum(bytes: &[u8]) -> u32 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |state: u64, word: [u8; 8]| {
        let mixed = (state ^ u64::from_le_bytes(word)).wrapping_mul(ODD);
        mixed ^ mixed >> 29
    };
    let (mut even, mut odd) = (ODD ^ bytes.len() as u64, !ODD);
    let (pairs, rest) = bytes.as_chunks::<16>();
    for pair in pairs {
        let (first, second) = pair.split_at(8);
        even = step(even, first.try_into().unwrap_or_default());
        odd = step(odd, second.try_into().unwrap_or_default());
    }
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    let (first, second) = last.split_at(8);
    even = step(even, first.try_into().unwrap_or_default());
    odd = step(odd, second.try_into().unwrap_or_default());
    let state = step(even.rotate_left(32), odd.to_le_bytes());
    ((state ^ state >> 32) as u32) & SUM_MASK
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark() -> Mark {
        Mark { run: 0x7f2a, stream: 18, sequence: 42, scheduled_ns: 1 << 40, late_ns: Some(1600) }
    }

    #[test]
    fn a_mark_has_the_documented_columns() {
        let text = mark().text(&Payload::ascii(3).unwrap());
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("#h7f2a.000012.0000002a.010000000000.00000064.0003."), "{text}");
        assert_eq!((text.len(), &text[MARK_BYTES..]), (MARK_BYTES + 3, "abc"));
        assert!(!text.contains(['"', '\\']));
    }

    #[test]
    fn a_mark_is_found_behind_what_a_server_puts_before_it() {
        let text = mark().text(&Payload::ascii(10).unwrap());
        for before in ["", "#h", "[12:00] alice: ", "#hello #h7f2b."] {
            let text = [before.as_bytes(), &text].concat();
            assert_eq!(Mark::find(&text, 0x7f2a), Sighting::Intact(mark()), "{before}");
        }
    }

    #[test]
    fn another_run_is_foreign_and_plain_text_is_unmarked() {
        let text = mark().text(&Payload::ascii(0).unwrap());
        assert_eq!(Mark::find(&text, 1), Sighting::Foreign { run: 0x7f2a });
        for text in ["", "hello", "#h", "#hello", &"#h".repeat(60)] {
            assert_eq!(Mark::find(text.as_bytes(), 1), Sighting::Unmarked, "{text}");
        }
    }

    #[test]
    fn what_was_cut_or_lengthened_is_told_from_what_is_whole() {
        let text = mark().text(&Payload::ascii(20).unwrap());
        for cut in 6..text.len() {
            let expected =
                if cut < MARK_BYTES { Sighting::Mangled } else { Sighting::Damaged(mark()) };
            assert_eq!(Mark::find(&text[..cut], 0x7f2a), expected, "{cut}");
        }
        let longer = [&text[..], b"\n"].concat();
        assert_eq!(Mark::find(&longer, 0x7f2a), Sighting::Damaged(mark()));
    }

    #[test]
    fn a_lateness_above_a_minute_is_unknown() {
        let late = Mark { late_ns: Some(100_000_000_000), ..mark() };
        let text = late.text(&Payload::ascii(0).unwrap());
        assert_eq!(Mark::find(&text, 0x7f2a), Sighting::Intact(Mark { late_ns: None, ..mark() }));
    }

    #[test]
    fn a_payload_longer_than_its_column_is_refused() {
        assert!(Payload::ascii(PAYLOAD_MAX_BYTES).is_ok());
        assert_eq!(Payload::ascii(70_000), Err(PayloadTooLong { size: 70_000 }));
    }

    proptest! {
        #[test]
        fn every_mark_is_read_back(
            run: u16, stream in 0..1u32 << 24, sequence: u32, scheduled_ns in 0..1u64 << 48,
            late_ns in proptest::option::of(0..60_000_000_000u64), size in 0usize..300,
        ) {
            let mark = Mark { run, stream, sequence, scheduled_ns, late_ns };
            let text = mark.text(&Payload::ascii(size).unwrap());
            prop_assert_eq!(Mark::find(&text, run), Sighting::Intact(mark.rounded()));
        }

        #[test]
        fn no_changed_byte_goes_unseen(at in 0usize..MARK_BYTES + 40, with: u8) {
            let text = mark().text(&Payload::ascii(40).unwrap());
            let mut changed = text.clone();
            changed[at] = with;
            let seen = Mark::find(&changed, 0x7f2a);
            prop_assert_eq!(seen == Sighting::Intact(mark()), changed == text);
        }

        #[test]
        fn any_text_can_be_searched(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Mark::find(&text, 7);
        }
    }
}

//! Splits a byte stream into documents, resumable at any byte, without copying what arrived whole.

use memchr::memchr;

use super::{
    FrameError, Framing, Header, Limits, Splitting,
    auto::{Between, Gap},
    header::{SIZE_MAX, with_number},
    structure::{Scan, Structure},
};

/// The state of one connection's incoming stream.
///
/// Feed each read to [`Deframer::feed`] and take documents until there is none left. Only a document cut by the end of
/// a read is copied; an idle connection holds no buffer.
#[derive(Debug, Clone)]
pub struct Deframer {
    splitting: Splitting,
    limits: Limits,
    /// The document begun in earlier reads.
    partial: Vec<u8>,
    structure: Structure,
    gap: Gap,
    /// Whether `partial` holds a document that was handed out, to be dropped before anything else is done.
    handed_out: bool,
    /// Bytes of the stream before `partial`.
    offset: u64,
    failed: Option<FrameError>,
}

impl Deframer {
    /// A deframer at the start of a stream.
    pub fn new(splitting: Splitting, limits: Limits) -> Self {
        Self {
            splitting,
            limits,
            partial: Vec::new(),
            handed_out: false,
            structure: Structure::default(),
            gap: Gap::default(),
            offset: 0,
            failed: None,
        }
    }

    /// Takes the bytes of one read; the documents that they complete are taken from what is returned.
    ///
    /// Documents that are not taken are lost: run the iteration to its end.
    pub fn feed<'a>(&'a mut self, input: &'a [u8]) -> Documents<'a> {
        self.drop_handed_out();
        Documents { deframer: self, input }
    }

    /// The document that has begun but not ended: at end of stream it was cut short.
    pub fn unfinished(&self) -> Option<&[u8]> {
        (!self.handed_out && !self.partial.is_empty()).then_some(self.partial.as_slice())
    }

    fn drop_handed_out(&mut self) {
        if std::mem::take(&mut self.handed_out) {
            self.offset += self.partial.len() as u64;
            // Give the memory back: a connection that waits holds no buffer.
            self.partial = Vec::new();
        }
    }

    fn fail(&mut self, error: FrameError) -> FrameError {
        self.failed = Some(error.clone());
        error
    }

    fn too_long(&self) -> FrameError {
        FrameError::TooLong { offset: self.offset, limit_bytes: self.limits.document_bytes }
    }
}

/// The documents that one read completed.
#[derive(Debug)]
pub struct Documents<'a> {
    deframer: &'a mut Deframer,
    input: &'a [u8],
}

/// Where a document lies: `bytes[start..end]`, and where the stream goes on.
struct Cut {
    start: usize,
    end: usize,
    next: usize,
}

impl Documents<'_> {
    /// The next whole document, without its framing.
    ///
    /// # Errors
    /// The stream cannot be split; every later call gives the same error.
    #[expect(
        clippy::should_implement_trait,
        reason = "a lending iterator: the item borrows from self"
    )]
    pub fn next(&mut self) -> Option<Result<&[u8], FrameError>> {
        if let Some(error) = &self.deframer.failed {
            return Some(Err(error.clone()));
        }
        self.deframer.drop_handed_out();
        loop {
            match self.step() {
                Ok(Step::Starved) => return None,
                Ok(Step::Skipped) => {}
                Ok(Step::Partial { start, end }) => {
                    self.deframer.handed_out = true;
                    return Some(Ok(&self.deframer.partial[start..end]));
                }
                Ok(Step::Whole(document)) => {
                    self.deframer.offset += document.next as u64;
                    let (taken, rest) = self.input.split_at(document.next);
                    self.input = rest;
                    return Some(Ok(&taken[document.start..document.end]));
                }
                Err(error) => return Some(Err(self.deframer.fail(error))),
            }
        }
    }

    fn step(&mut self) -> Result<Step, FrameError> {
        if self.input.is_empty() {
            return Ok(Step::Starved);
        }
        match self.deframer.splitting {
            Splitting::Strict(Framing::Nul) => self.terminated(0),
            Splitting::Strict(Framing::Newline) => self.terminated(b'\n'),
            Splitting::Strict(Framing::Length(header)) => self.prefixed(header),
            Splitting::Strict(Framing::None) | Splitting::Auto => self.structured(),
        }
    }

    /// Documents that end with a byte that no document contains.
    fn terminated(&mut self, terminator: u8) -> Result<Step, FrameError> {
        let held = self.deframer.partial.len();
        let end = memchr(terminator, self.input);
        let length = held + end.unwrap_or(self.input.len());
        if length > self.deframer.limits.document_bytes {
            return Err(self.deframer.too_long());
        }
        let Some(end) = end else {
            self.keep_all();
            return Ok(Step::Starved);
        };
        if held > 0 {
            self.keep(end + 1);
            let end = trim_return(&self.deframer.partial[..length]);
            if end == 0 {
                // An empty line, of which a read ended between its two bytes.
                self.deframer.handed_out = true;
                self.deframer.drop_handed_out();
                return Ok(Step::Skipped);
            }
            return Ok(Step::Partial { start: 0, end });
        }
        if trim_return(&self.input[..end]) == 0 {
            // An empty line, or a second NUL: nothing was said.
            self.deframer.offset += (end + 1) as u64;
            self.input = &self.input[end + 1..];
            return Ok(Step::Skipped);
        }
        let trimmed = trim_return(&self.input[..end]);
        Ok(Step::Whole(Cut { start: 0, end: trimmed, next: end + 1 }))
    }

    /// Documents that follow a header with their length.
    fn prefixed(&mut self, form: Header) -> Result<Step, FrameError> {
        let size = form.size();
        let held = self.deframer.partial.len();
        if held < size && held + self.input.len() < size {
            self.keep_all();
            return Ok(Step::Starved);
        }
        let mut header = [0; SIZE_MAX];
        for (at, byte) in header[..size].iter_mut().enumerate() {
            *byte = match at.checked_sub(held) {
                None => self.deframer.partial[at],
                Some(at) => self.input[at],
            };
        }
        let (length, number) = form.read(&header[..size]);
        let Some(length) = length else {
            return Err(FrameError::LengthTooShort { offset: self.deframer.offset });
        };
        if length > self.deframer.limits.document_bytes {
            return Err(self.deframer.too_long());
        }
        let total = size + length;
        if held + self.input.len() < total {
            self.keep_all();
            return Ok(Step::Starved);
        }
        if let Some(number) = number {
            self.keep(total - held);
            let document = with_number(number, &self.deframer.partial[size..]);
            // Counted when it is dropped, as it arrived.
            self.deframer.offset =
                (self.deframer.offset + total as u64).saturating_sub(document.len() as u64);
            self.deframer.partial = document;
            let end = self.deframer.partial.len();
            return Ok(Step::Partial { start: 0, end });
        }
        if held > 0 {
            self.keep(total - held);
            return Ok(Step::Partial { start: size, end: total });
        }
        Ok(Step::Whole(Cut { start: size, end: total, next: total }))
    }

    /// Documents that end where their brackets say.
    fn structured(&mut self) -> Result<Step, FrameError> {
        let deframer = &mut *self.deframer;
        if deframer.partial.is_empty() {
            let byte = self.input[0];
            match deframer.gap.take(byte) {
                Between::Opens => {}
                Between::Skip => {
                    self.input = &self.input[1..];
                    deframer.offset += 1;
                    return Ok(Step::Skipped);
                }
                Between::Garbage => {
                    let odd = deframer.gap.bytes().len();
                    let mut seen = deframer.gap.bytes().to_vec();
                    seen.extend(self.input[1..].iter().take(40));
                    let offset = (deframer.offset + 1).saturating_sub(odd as u64);
                    return Err(FrameError::Garbage { offset, seen });
                }
            }
        }
        if let Some(step) = self.brace_of_a_length() {
            return Ok(step);
        }
        let deframer = &mut *self.deframer;
        let held = deframer.partial.len();
        match deframer.structure.scan(self.input, deframer.limits.depth) {
            Scan::TooDeep => {
                Err(FrameError::TooDeep { offset: deframer.offset, limit: deframer.limits.depth })
            }
            Scan::Open => {
                if held + self.input.len() > deframer.limits.document_bytes {
                    return Err(deframer.too_long());
                }
                self.keep_all();
                Ok(Step::Starved)
            }
            Scan::End(end) => {
                let length = held + end;
                if length > deframer.limits.document_bytes {
                    return Err(deframer.too_long());
                }
                if let Some(announced) = deframer.gap.announced().filter(|&n| n as usize != length)
                {
                    let offset = deframer.offset;
                    return Err(FrameError::LengthMismatch { offset, announced, actual: length });
                }
                deframer.gap.clear();
                if held == 0 {
                    return Ok(Step::Whole(Cut { start: 0, end, next: end }));
                }
                self.keep(end);
                Ok(Step::Partial { start: 0, end: length })
            }
        }
    }

    /// Of two opening braces in a row the first is the last byte of a length; see [`Gap`].
    fn brace_of_a_length(&mut self) -> Option<Step> {
        let deframer = &mut *self.deframer;
        let lone_brace_held = deframer.partial == b"{";
        let doubled = match self.input {
            [b'{', ..] if lone_brace_held => true,
            [b'{', b'{', ..] => deframer.partial.is_empty(),
            _ => false,
        };
        if !doubled {
            return None;
        }
        deframer.gap.take_back_brace();
        deframer.offset += 1;
        if lone_brace_held {
            deframer.partial.clear();
            deframer.structure = Structure::default();
        } else {
            self.input = &self.input[1..];
        }
        Some(Step::Skipped)
    }

    fn keep_all(&mut self) {
        self.keep(self.input.len());
    }

    fn keep(&mut self, count: usize) {
        let (taken, rest) = self.input.split_at(count);
        self.deframer.partial.extend_from_slice(taken);
        self.input = rest;
    }
}

/// What one step over the input came to.
enum Step {
    /// All input is used; no document is complete.
    Starved,
    /// Bytes between documents were passed over.
    Skipped,
    /// A document that began in an earlier read, in `partial`.
    Partial { start: usize, end: usize },
    /// A document that lies whole in the input.
    Whole(Cut),
}

/// The length of `line` without a carriage return at its end.
fn trim_return(line: &[u8]) -> usize {
    line.len() - usize::from(line.last() == Some(&b'\r'))
}

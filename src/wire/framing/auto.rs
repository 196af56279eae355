//! What may stand between two documents of a server that mixes framings.

/// The bytes seen since the last document ended.
///
/// Between documents NUL bytes and whitespace may stand, and a 4-byte length. The last byte of a length can itself be
/// `{` (a document of 123 bytes, of 379, …): an object's `{` is followed by whitespace, a quote or `}`, so of two
/// opening braces the first one belongs to the length.
#[derive(Debug, Clone, Default)]
pub(super) struct Gap {
    last: [u8; 4],
    seen: usize,
}

/// What the next byte is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// Still between documents.
    Skip,
    /// The first byte of a document.
    Opens,
    /// No framing explains it.
    Garbage,
}

impl Gap {
    /// Looks at a byte between documents.
    pub(super) fn take(&mut self, byte: u8) -> Between {
        if byte == b'{' {
            return Between::Opens;
        }
        self.push(byte);
        if self.explained() { Between::Skip } else { Between::Garbage }
    }

    /// Takes back an opening brace that was the last byte of a length.
    pub(super) fn take_back_brace(&mut self) {
        self.push(b'{');
    }

    /// The length announced right before a document, when the bytes there can only be one.
    pub(super) fn announced(&self) -> Option<u32> {
        (self.seen >= 4 && !self.last.iter().all(|&byte| is_filler(byte)))
            .then(|| u32::from_be_bytes(self.last))
    }

    /// The odd bytes seen, for an error message.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.last[4 - self.seen.min(4)..]
    }

    /// A document is over; nothing has been seen after it.
    pub(super) fn clear(&mut self) {
        self.seen = 0;
    }

    fn push(&mut self, byte: u8) {
        self.last.rotate_left(1);
        self.last[3] = byte;
        self.seen += 1;
    }

    /// Fillers may go on for ever; a byte that is none must be part of a length of at most 16 MiB, which begins
    /// with a NUL byte and is four bytes long.
    fn explained(&self) -> bool {
        let window = self.bytes();
        match window.iter().position(|&byte| !is_filler(byte)) {
            None => true,
            Some(0) => false,
            Some(first) => window[..first].contains(&0),
        }
    }
}

fn is_filler(byte: u8) -> bool {
    matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n')
}

//! Finds the end of a JSON document by its brackets, resumable at any byte.

/// A scanner that knows how deep it is and whether it is inside a string.
///
/// It judges structure, not validity: `{"a":]}` ends where its brackets say; the parser refuses it afterwards.
#[derive(Debug, Clone, Default)]
pub(super) struct Structure {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

/// What a scan of some bytes found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scan {
    /// The document goes on beyond these bytes.
    Open,
    /// The document ends before this index.
    End(usize),
    /// Nested deeper than allowed.
    TooDeep,
}

impl Structure {
    /// Scans `bytes`, which follow all bytes scanned before; the first byte of a document opens it.
    pub(super) fn scan(&mut self, bytes: &[u8], depth_limit: u32) -> Scan {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                at += plain_run(&bytes[at..]);
                match bytes.get(at) {
                    None => return Scan::Open,
                    Some(b'"') => self.in_string = false,
                    Some(_) => self.escaped = true,
                }
                at += 1;
                continue;
            }
            at += 1;
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > depth_limit {
                        return Scan::TooDeep;
                    }
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        *self = Self::default();
                        return Scan::End(at);
                    }
                }
                _ => {}
            }
        }
        Scan::Open
    }
}

/// How many bytes pass before the next quote or backslash; eight at a time.
///
/// The zero-byte test on a word is the classic one (Mycroft 1987): `(x - 0x01…) & !x & 0x80…`. A borrow can mark bytes
/// above the first zero byte, never below it, so the lowest mark is exact.
pub(in crate::wire) fn plain_run(bytes: &[u8]) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero_bytes = |word: u64| word.wrapping_sub(LOW) & !word & HIGH;
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ (LOW * u64::from(b'"')))
            | zero_bytes(word ^ (LOW * u64::from(b'\\')));
        if found != 0 {
            return index * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    let tail = words.len() * 8;
    bytes[tail..]
        .iter()
        .position(|&byte| byte == b'"' || byte == b'\\')
        .map_or(bytes.len(), |at| tail + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_quotes_inside_strings_do_not_count() {
        let text = br#"{"a":"}\"]\\","b":[{"c":"{"}]} tail"#;
        let end = text.len() - b" tail".len();
        assert_eq!(Structure::default().scan(text, 8), Scan::End(end));
    }

    #[test]
    fn a_document_is_found_whole_wherever_it_is_cut() {
        let text = "{\"名\":\"你\\\\\\\"好 and a long run of plain text\",\"n\":[1,{}]}".as_bytes();
        for cut in 1..text.len() {
            let mut structure = Structure::default();
            assert_eq!(structure.scan(&text[..cut], 8), Scan::Open, "cut at {cut}");
            assert_eq!(
                structure.scan(&text[cut..], 8),
                Scan::End(text.len() - cut),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(Structure::default().scan(b"[[[[", 3), Scan::TooDeep);
    }

    #[test]
    fn plain_runs_are_measured_to_the_byte() {
        for length in 0..40 {
            for stop in [b'"', b'\\'] {
                // 0x21 and 0x23 surround the quote: a borrow must not report them.
                let mut text: Vec<u8> =
                    (0..length).map(|i| [b'!', b'#', b'[', 0xff, 0x80][i % 5]).collect();
                text.push(stop);
                text.extend(b"#!!\"");
                assert_eq!(plain_run(&text), length);
            }
        }
    }
}

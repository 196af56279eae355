//! What stands before each document where its length does: other fields, in either byte order, counted or not.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// The key under which a message number stands in a document that bears it in its header alone. It is put there when a
/// document is read, and taken out when one is written.
pub const HEADER_KEY: &str = "(header)";
/// The longest header.
pub(super) const SIZE_MAX: usize = 64;

/// A header of fixed size: the document's length, and perhaps the message number and bytes that are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Header {
    size: u8,
    length: Field,
    number: Option<Field>,
    little_endian: bool,
    counts: Counts,
}

/// Where a number stands in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Field {
    at: u8,
    width: u8,
}

/// What the length counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Counts {
    /// The document.
    #[default]
    Document,
    /// All that stands behind the length itself.
    Rest,
    /// The whole header and the document.
    All,
}

/// A header as a dialect file writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    header: Vec<String>,
    #[serde(default)]
    order: Order,
    #[serde(default)]
    counts: Counts,
}

#[derive(Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    #[default]
    Big,
    Little,
}

impl Header {
    /// Four bytes, big-endian, that count the document alone.
    pub const LENGTH_4: Self = Self {
        size: 4,
        length: Field { at: 0, width: 4 },
        number: None,
        little_endian: false,
        counts: Counts::Document,
    };

    /// Its length in bytes.
    pub fn size(self) -> usize {
        usize::from(self.size)
    }

    /// Whether the message number stands in it.
    pub fn has_number(self) -> bool {
        self.number.is_some()
    }

    /// Bytes of which the last belongs to the length: whoever cuts a frame behind fewer cuts it inside its header.
    pub(in crate::wire) fn until_length(self) -> usize {
        usize::from(self.length.at + self.length.width)
    }

    /// What is counted besides the document.
    fn overhead(self) -> usize {
        match self.counts {
            Counts::Document => 0,
            Counts::Rest => self.size() - self.until_length(),
            Counts::All => self.size(),
        }
    }

    /// Appends the header of a document of so many bytes.
    pub(in crate::wire) fn write(self, number: i64, document_bytes: usize, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.size(), 0);
        self.fill(number, document_bytes, &mut out[start..]);
    }

    /// The header of a document of so many bytes, of the kind 0: for those who lie about either.
    pub fn announcing(self, document_bytes: usize) -> Vec<u8> {
        let mut header = Vec::new();
        self.write(0, document_bytes, &mut header);
        header
    }

    /// Fills in the header of a document of so many bytes.
    pub(in crate::wire) fn fill(self, number: i64, document_bytes: usize, header: &mut [u8]) {
        self.put(self.length, (document_bytes.saturating_add(self.overhead())) as u64, header);
        if let Some(field) = self.number {
            self.put(field, number.cast_unsigned(), header);
        }
    }

    /// The length of the document that a header announces, which may be one that counts less than itself; and the message
    /// number.
    pub(in crate::wire) fn read(self, header: &[u8]) -> (Option<usize>, Option<i64>) {
        let counted = usize::try_from(self.get(self.length, header)).unwrap_or(usize::MAX);
        let number = self.number.map(|field| self.get(field, header).cast_signed());
        (counted.checked_sub(self.overhead()), number)
    }

    fn put(self, field: Field, value: u64, header: &mut [u8]) {
        let (at, width) = (usize::from(field.at), usize::from(field.width));
        if self.little_endian {
            header[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        } else {
            header[at..at + width].copy_from_slice(&value.to_be_bytes()[8 - width..]);
        }
    }

    fn get(self, field: Field, header: &[u8]) -> u64 {
        let (at, width) = (usize::from(field.at), usize::from(field.width));
        let bytes = &header[at..at + width];
        let digit = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if self.little_endian {
            bytes.iter().rev().fold(0, digit)
        } else {
            bytes.iter().fold(0, digit)
        }
    }
}

impl TryFrom<Written> for Header {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (mut length, mut number, mut size) = (None, None, 0_u8);
        for part in &written.header {
            let parsed = part.split_once(':').and_then(|(name, width)| {
                let width: u8 = width.parse().ok()?;
                // What bears no number may be of any width.
                let fits = [1, 2, 4, 8].contains(&width) || (name == "zero" && width > 0);
                fits.then_some((name, Field { at: size, width }))
            });
            let Some((name, field)) = parsed else {
                return Err(format!(
                    "`{part}` is no part of a header: write `length:4` or `number:2`, of 1, 2, 4 or 8 bytes, or `zero:N`"
                ));
            };
            let slot = match name {
                "length" => &mut length,
                "number" => &mut number,
                "zero" => &mut None,
                _ => {
                    return Err(format!(
                        "a header has no part `{name}`; there are length, number and zero"
                    ));
                }
            };
            if slot.replace(field).is_some() {
                return Err(format!("`{name}` stands twice in the header"));
            }
            size = size.saturating_add(field.width);
            if usize::from(size) > SIZE_MAX {
                return Err(format!("a header of more than {SIZE_MAX} bytes"));
            }
        }
        let length = length.ok_or("a header without its length: add `length:4`")?;
        let little_endian = written.order == Order::Little;
        Ok(Self { size, length, number, little_endian, counts: written.counts })
    }
}

/// A document without the number that stands in its header; and the number, 0 where the document names none.
pub(in crate::wire) fn without_number(document: &[u8]) -> (i64, Vec<u8>) {
    let split = || {
        let rest = document.strip_prefix(b"{\"(header)\":")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
        let number = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        // A number of another kind is one that no header holds.
        let ([b',', rest @ ..] | rest @ [b'}', ..]) = &rest[digits..] else { return None };
        Some((number, [b"{", rest].concat()))
    };
    split().unwrap_or_else(|| (0, document.to_vec()))
}

/// A document with the number of its header in it, where it is an object.
pub(super) fn with_number(number: i64, document: &[u8]) -> Vec<u8> {
    let Some(inside) = document.strip_prefix(b"{") else { return document.to_vec() };
    let comma = if inside.trim_ascii_start().starts_with(b"}") { "" } else { "," };
    [format!("{{\"{HEADER_KEY}\":{number}{comma}").as_bytes(), inside].concat()
}

/// Reads a framing: one of the words, or a header.
pub(super) fn framing<'de, D: Deserializer<'de>>(
    input: D,
    word: impl FnOnce(&str) -> Option<super::Framing>,
) -> Result<super::Framing, D::Error> {
    struct Visitor<W>(W);
    impl<'de, W: FnOnce(&str) -> Option<super::Framing>> de::Visitor<'de> for Visitor<W> {
        type Value = super::Framing;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("`none`, `nul`, `newline`, `length`, or { header = [\"length:4\"] }")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            const WORDS: &[&str] = &["none", "nul", "newline", "length"];
            (self.0)(text).ok_or_else(|| E::unknown_variant(text, WORDS))
        }

        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            let written = Written::deserialize(de::value::MapAccessDeserializer::new(map))?;
            let header = Header::try_from(written).map_err(de::Error::custom)?;
            Ok(super::Framing::Length(header))
        }
    }
    input.deserialize_any(Visitor(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::framing::{Deframer, Framing, Limits, Splitting};

    fn header(text: &str) -> Result<Framing, String> {
        #[derive(Deserialize)]
        struct File {
            framing: Framing,
        }
        let file: Result<File, _> = toml::from_str(&format!("framing = {text}"));
        file.map(|file| file.framing).map_err(|error| error.to_string())
    }

    #[test]
    fn each_field_stands_where_the_dialect_says() {
        for (text, document, expected) in [
            ("\"length\"", "{}", &b"\0\0\0\x02{}"[..]),
            ("{ header = [\"length:2\"], order = \"little\" }", "{}", b"\x02\0{}"),
            ("{ header = [\"length:1\", \"zero:5\"] }", "{}", b"\x02\0\0\0\0\0{}"),
            ("{ header = [\"length:4\"], counts = \"all\" }", "{}", b"\0\0\0\x06{}"),
            (
                "{ header = [\"number:2\", \"length:4\"] }",
                "{\"(header)\":258}",
                b"\x01\x02\0\0\0\x02{}",
            ),
            (
                "{ header = [\"length:2\", \"zero:1\", \"number:1\"], counts = \"rest\", order = \"little\" }",
                "{\"(header)\":7,\"a\":1}",
                b"\x09\0\0\x07{\"a\":1}",
            ),
        ] {
            let framing = header(text).unwrap();
            let mut out = Vec::new();
            framing.encode(document.as_bytes(), &mut out);
            assert_eq!(out, expected, "{text}: {}", out.escape_ascii());
            let mut deframer = Deframer::new(Splitting::Strict(framing), Limits::default());
            let mut documents = deframer.feed(&out);
            assert_eq!(documents.next().unwrap().unwrap(), document.as_bytes(), "{text}");
            assert!(documents.next().is_none());
        }
    }

    #[test]
    fn a_number_that_no_header_holds_is_left_where_it_is() {
        for document in ["{\"(header)\":1.5,\"a\":1}", "{\"(header)\":\"x\"}", "{\"a\":1}", "[]"] {
            assert_eq!(without_number(document.as_bytes()), (0, document.into()));
        }
        assert_eq!(without_number(b"{\"(header)\":-7}"), (-7, b"{}".to_vec()));
    }

    #[test]
    fn a_header_that_cannot_be_is_told_why() {
        for (text, says) in [
            ("\"lenght\"", "unknown variant `lenght`"),
            ("{ header = [\"length:3\"] }", "of 1, 2, 4 or 8 bytes"),
            ("{ header = [\"number:2\"] }", "without its length"),
            ("{ header = [\"length:2\", \"length:2\"] }", "stands twice"),
            ("{ header = [\"size:2\"] }", "no part `size`"),
            ("{ header = [\"length:8\", \"number:8\", \"zero:49\"] }", "more than 64 bytes"),
            ("{ header = [\"length:1\", \"zero:255\"] }", "more than 64 bytes"),
            ("{ header = [\"length:4\", \"zero:0\"] }", "no part of a header"),
            ("{ headers = [\"length:8\"] }", "unknown field `headers`"),
            ("4", "expected `none`, `nul`"),
        ] {
            let error = header(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_length_that_does_not_even_count_its_header_is_an_error() {
        let framing = header("{ header = [\"length:4\"], counts = \"all\" }").unwrap();
        let mut deframer = Deframer::new(Splitting::Strict(framing), Limits::default());
        let error = deframer.feed(b"\0\0\0\x03{}").next().unwrap().unwrap_err();
        assert!(error.to_string().contains("counts less than"), "{error}");
    }

    proptest! {
        #[test]
        fn documents_are_found_wherever_reads_end(
            numbers in proptest::collection::vec(0_i64..60_000, 1..8),
            step in 1_usize..40,
            shape in 0_usize..4,
        ) {
            let framing = header([
                "{ header = [\"number:2\", \"length:4\"] }",
                "{ header = [\"length:2\", \"number:4\"], counts = \"rest\", order = \"little\" }",
                "{ header = [\"zero:4\", \"number:8\", \"length:4\"], counts = \"all\" }",
                "{ header = [\"length:8\", \"number:2\"], order = \"little\", counts = \"all\" }",
            ][shape]).unwrap();
            let written: Vec<String> = numbers
                .iter()
                .map(|number| match number % 3 {
                    0 => format!("{{\"(header)\":{number}}}"),
                    _ => format!("{{\"(header)\":{number},\"text\":\"{}\"}}", "x".repeat(*number as usize % 50)),
                })
                .collect();
            let mut stream = Vec::new();
            for document in &written {
                framing.encode(document.as_bytes(), &mut stream);
            }
            let mut deframer = Deframer::new(Splitting::Strict(framing), Limits::default());
            let mut found = Vec::new();
            for piece in stream.chunks(step) {
                let mut documents = deframer.feed(piece);
                while let Some(document) = documents.next() {
                    found.push(String::from_utf8(document.unwrap().to_vec()).unwrap());
                }
            }
            prop_assert_eq!(found, written);
            prop_assert!(deframer.unfinished().is_none());
        }
    }
}

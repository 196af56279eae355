//! Reads the few fields that the load path needs straight from the bytes of a document.

use super::{
    dialect::{Dialect, Kind, Part, path},
    framing::plain_run,
};

/// What a document from the server is, as far as the load path needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned<'a> {
    /// A message from another user.
    Message {
        /// [`Kind::Chat`] or [`Kind::GroupChat`].
        kind: Kind,
        /// Who it claims to be from.
        from: Option<i64>,
        /// The receiver's id, or the group's.
        target: Option<i64>,
        /// What is said, between the quotes, still escaped.
        text: Option<&'a [u8]>,
    },
    /// The answer to a request.
    Ack {
        /// The kind of request; where several share the number, the first of them.
        kind: Kind,
        /// Whether it reports success.
        succeeded: bool,
        /// Its result code.
        code: Option<i64>,
    },
    /// Something else, or written in an unusual way: [`super::decode`] tells.
    Other,
}

/// The most different keys that a scan looks for.
const KEYS: usize = 8;

/// A scanner for the documents of one dialect.
#[derive(Debug, Clone)]
pub struct Scanner {
    /// The keys looked for; the first is the message number's, the second the result code's.
    keys: Vec<Box<[u8]>>,
    messages: Vec<MessageKeys>,
    acks: Vec<AckRule>,
    /// A key leads into a nested object, or acknowledgements have their number elsewhere: all is left to the decoder.
    nested: bool,
}

/// Where the parts of a delivered message stand in `Scanner::keys`.
#[derive(Debug, Clone)]
struct MessageKeys {
    kind: Kind,
    number: i64,
    from: Option<usize>,
    target: Option<usize>,
    text: Option<usize>,
}

#[derive(Debug, Clone)]
struct AckRule {
    kind: Kind,
    number: i64,
    /// Under the number of a chat only the code tells an answer from a message.
    needs_code: bool,
    success: Vec<i64>,
    missing_is_success: bool,
}

const NUMBER: usize = 0;
const CODE: usize = 1;

impl Scanner {
    /// A scanner for `dialect`.
    pub fn new(dialect: &Dialect) -> Self {
        let mut keys: Vec<Box<[u8]>> =
            vec![dialect.key.as_bytes().into(), dialect.errors.code.as_bytes().into()];
        let mut slot = |name: Option<&str>| {
            let name = name?.as_bytes();
            let found = keys.iter().position(|key| **key == *name).unwrap_or_else(|| {
                keys.push(name.into());
                keys.len() - 1
            });
            // Two fixed keys and three for each of two kinds: never more than KEYS.
            (found < KEYS).then_some(found)
        };
        let messages: Vec<MessageKeys> = [(Kind::Chat, Part::To), (Kind::GroupChat, Part::Group)]
            .into_iter()
            .filter_map(|(kind, target)| Some((kind, target, dialect.request(kind)?)))
            .map(|(kind, target, spec)| MessageKeys {
                kind,
                number: spec.delivery,
                from: slot(spec.send.get(Part::User)),
                target: slot(spec.send.get(target)),
                text: slot(spec.send.get(Part::Text)),
            })
            .collect();
        let acks = Kind::ALL
            .into_iter()
            .filter_map(|kind| Some((kind, dialect.ack(kind)?)))
            .map(|(kind, ack)| AckRule {
                kind,
                number: ack.number,
                needs_code: messages.iter().any(|message| message.number == ack.number),
                success: dialect.errors.success.clone(),
                missing_is_success: !ack.has_code || dialect.errors.missing_is_success,
            })
            .collect();
        let nested = dialect.ack_key.is_some()
            || keys.iter().any(|key| str::from_utf8(key).is_ok_and(path::is_nested));
        Self { keys, messages, acks, nested }
    }

    /// Looks at one document.
    pub fn scan<'a>(&self, document: &'a [u8]) -> Scanned<'a> {
        if self.nested {
            return Scanned::Other;
        }
        let mut values: [Option<&'a [u8]>; KEYS] = [None; KEYS];
        if walk(document, &self.keys, &mut values).is_none() {
            return Scanned::Other;
        }
        let Some(number) = values[NUMBER].and_then(integer) else { return Scanned::Other };
        let code = values[CODE].and_then(integer);
        let has_code = values[CODE].is_some();
        if let Some(rule) =
            self.acks.iter().find(|rule| rule.number == number && (has_code || !rule.needs_code))
        {
            let succeeded =
                code.map_or(rule.missing_is_success, |code| rule.success.contains(&code));
            return Scanned::Ack { kind: rule.kind, succeeded, code };
        }
        let Some(keys) = self.messages.iter().find(|keys| keys.number == number) else {
            return Scanned::Other;
        };
        let value = |slot: Option<usize>| slot.and_then(|slot| values[slot]);
        Scanned::Message {
            kind: keys.kind,
            from: value(keys.from).and_then(integer),
            target: value(keys.target).and_then(integer),
            text: value(keys.text).and_then(|text| text.strip_prefix(b"\"")?.strip_suffix(b"\"")),
        }
    }
}

/// Walks the top level of an object and notes the values of the keys looked for; of a key that stands twice the last.
/// `None` when the document is no object, or a key is written with escapes.
fn walk<'a>(
    document: &'a [u8],
    keys: &[Box<[u8]>],
    values: &mut [Option<&'a [u8]>; KEYS],
) -> Option<()> {
    let mut at = skip_space(document, 0);
    if *document.get(at)? != b'{' {
        return None;
    }
    at = skip_space(document, at + 1);
    if *document.get(at)? == b'}' {
        return Some(());
    }
    loop {
        if *document.get(at)? != b'"' {
            return None;
        }
        let end = at + 1 + plain_run(&document[at + 1..]);
        if *document.get(end)? != b'"' {
            return None;
        }
        let key = &document[at + 1..end];
        at = skip_space(document, end + 1);
        if *document.get(at)? != b':' {
            return None;
        }
        at = skip_space(document, at + 1);
        let end = end_of_value(document, at)?;
        if let Some(slot) = keys.iter().position(|candidate| **candidate == *key) {
            values[slot] = Some(&document[at..end]);
        }
        at = skip_space(document, end);
        match *document.get(at)? {
            b',' => at = skip_space(document, at + 1),
            b'}' => return Some(()),
            _ => return None,
        }
    }
}

fn skip_space(document: &[u8], mut at: usize) -> usize {
    while matches!(document.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

fn end_of_value(document: &[u8], start: usize) -> Option<usize> {
    match *document.get(start)? {
        b'"' => end_of_string(document, start),
        b'{' | b'[' => end_of_nested(document, start),
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t');
            Some(start + document[start..].iter().position(ends)?)
        }
    }
}

fn end_of_string(document: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += plain_run(&document[at..]);
        match *document.get(at)? {
            b'"' => return Some(at + 1),
            _ if at + 2 <= document.len() => at += 2,
            _ => return None,
        }
    }
}

fn end_of_nested(document: &[u8], start: usize) -> Option<usize> {
    let (mut depth, mut at) = (0_u32, start);
    loop {
        match *document.get(at)? {
            b'"' => {
                at = end_of_string(document, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn integer(value: &[u8]) -> Option<i64> {
    let bare = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    std::str::from_utf8(bare.unwrap_or(value)).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;
    use crate::wire::{
        dialect::builtin_names,
        message::{Incoming, decode},
    };

    /// Objects made of the dialect's own keys and others, with values of every type.
    fn document(dialect: &Dialect) -> impl Strategy<Value = Value> + use<> {
        let mut keys = vec![dialect.key.clone(), dialect.errors.code.clone(), "other".to_owned()];
        for spec in Kind::ALL.into_iter().filter_map(|kind| dialect.request(kind)) {
            keys.extend(spec.send.iter().map(|(_, name)| name.to_owned()));
        }
        let number = (0_i64..19).prop_map(Value::from);
        let value = prop_oneof![
            4 => (-600_i64..20).prop_map(Value::from),
            2 => "[a-z\"\\\\{}\\[\\],:你\n]{0,9}".prop_map(Value::from),
            1 => any::<f64>().prop_map(Value::from),
            1 => Just(Value::Null),
            1 => Just(serde_json::json!({"msgid": 6, "a": ["}", {"b": "\\\""}]})),
        ];
        let field = (prop::sample::select(keys), value);
        let key = dialect.key.clone();
        (number, prop::collection::vec(field, 0..9)).prop_map(move |(number, fields)| {
            let mut object: Map<String, Value> = fields.into_iter().collect();
            object.insert(key.clone(), number);
            Value::Object(object)
        })
    }

    fn agree(dialect: &Dialect, document: &[u8]) {
        let reader = Scanner::new(dialect);
        let scanned = reader.scan(document);
        if reader.nested {
            return assert_eq!(scanned, Scanned::Other, "the decoder reads nested documents");
        }
        match decode(dialect, document, &[]).unwrap() {
            Incoming::Ack(ack) => {
                let succeeded = ack.succeeded(dialect);
                assert_eq!(scanned, Scanned::Ack { kind: ack.kind, succeeded, code: ack.code });
            }
            Incoming::Message(delivery) => {
                let Scanned::Message { kind, from, target, text } = scanned else {
                    panic!("{scanned:?} for {delivery:?}")
                };
                let target_id = delivery.to.map(|to| to.0).or(delivery.group.map(|group| group.0));
                assert_eq!((kind, from), (delivery.kind, delivery.from.map(|from| from.0)));
                assert_eq!(target, target_id);
                let text = text.map(|raw| {
                    let quoted = [b"\"", raw, b"\""].concat();
                    serde_json::from_slice::<String>(&quoted).unwrap()
                });
                assert_eq!(text, delivery.text);
            }
            Incoming::Unknown(_) => assert_eq!(scanned, Scanned::Other),
        }
    }

    proptest! {
        #[test]
        fn the_scanner_and_the_decoder_agree(
            (dialect, document, pretty) in prop::sample::select(builtin_names().collect::<Vec<_>>())
                .prop_flat_map(|name| {
                    let dialect = Dialect::builtin(name).unwrap().unwrap();
                    let document = document(&dialect);
                    (Just(dialect), document, any::<bool>())
                })
        ) {
            let text = if pretty {
                serde_json::to_string_pretty(&document).unwrap()
            } else {
                document.to_string()
            };
            agree(&dialect, text.as_bytes());
        }

        #[test]
        fn no_bytes_make_the_scanner_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), cut in 0..80usize) {
            let dialect = Dialect::builtin("course").unwrap().unwrap();
            let scanner = Scanner::new(&dialect);
            let _ = scanner.scan(&bytes);
            let whole = br#"{"msgid":6,"id":1,"a":{"b":["\"\\"]},"msg":"x\\","toid":2}"#;
            let _ = scanner.scan(&whole[..cut.min(whole.len())]);
        }
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_value_counts() {
        let dialect = Dialect::builtin("course").unwrap().unwrap();
        agree(&dialect, br#"{"msgid":6,"id":1,"id":5,"toid":2,"msg":"a","msg":"b"}"#);
    }

    #[test]
    fn a_key_written_with_escapes_is_left_to_the_decoder() {
        let dialect = Dialect::builtin("course").unwrap().unwrap();
        let scanned = Scanner::new(&dialect).scan(br#"{"\u006dsgid":6}"#);
        assert_eq!(scanned, Scanned::Other);
    }
}

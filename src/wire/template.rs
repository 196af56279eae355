//! Chats written from a template with holes: what the load path sends, without building a tree for each.

use serde_json::Value;

use super::{
    dialect::{Dialect, Kind, Part},
    framing::{Framing, without_number},
    message::{Carried, UserId},
};

/// One sender's chat, with holes for the receiver and the text.
///
/// In one piece: with thousands of senders each piece of its own would be another wait for memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatTemplate {
    framing: Framing,
    /// The message number, where it stands in the header alone.
    number: i64,
    /// The text without its holes.
    fixed: Box<[u8]>,
    holes: Holes,
}

/// Where each hole stands, in their order.
type Holes = [Option<(u32, Hole)>; 2];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    /// The receiver's id, or the group's.
    Target,
    Text,
}

impl ChatTemplate {
    /// A template of [`Kind::Chat`] or [`Kind::GroupChat`]; `None` when the dialect has no such request.
    pub fn new(
        dialect: &Dialect,
        kind: Kind,
        user: UserId,
        name: &str,
        time: &str,
        carried: &Carried,
    ) -> Option<Self> {
        let spec = dialect.request(kind).filter(|_| kind.is_delivered())?;
        let quoted = |text: &str| Value::from(text).to_string();
        let mut fields = Fields::default();
        fields.put(&dialect.key, dialect.number(spec.number).to_string());
        for (part, key) in spec.send.iter() {
            let written = match part {
                Part::User => dialect.number(user.0).to_string(),
                Part::Name => quoted(name),
                Part::Time => quoted(time),
                Part::To | Part::Group if dialect.numbers_as_strings => format!("\"{TARGET}\""),
                Part::To | Part::Group => TARGET.to_string(),
                Part::Text => format!("\"{TEXT}\""),
                _ => continue,
            };
            fields.put(key, written);
        }
        let carried = carried.0.iter().map(|(key, value)| (key, value));
        for (key, value) in spec.constants.iter().chain(carried) {
            fields.put(key, value.to_string());
        }
        let (mut text, mut number) = (fields.text(), 0);
        if let Framing::Length(header) = dialect.to_server
            && header.has_number()
        {
            let (taken, rest) = without_number(text.as_bytes());
            number = taken;
            text = String::from_utf8(rest).unwrap_or_default();
        }
        let (fixed, holes) = cut(&text);
        Some(Self { framing: dialect.to_server, number, fixed, holes })
    }

    /// Appends one framed message to `out`. `text` is put between the quotes as it is: see [`escape`].
    pub fn write(&self, target: i64, text: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.framing.header_bytes(), 0);
        let body = out.len();
        let mut done = 0;
        for (at, hole) in self.holes.iter().flatten() {
            let at = *at as usize;
            out.extend_from_slice(&self.fixed[done..at]);
            done = at;
            match hole {
                Hole::Target => {
                    out.extend_from_slice(itoa::Buffer::new().format(target).as_bytes());
                }
                Hole::Text => out.extend_from_slice(text),
            }
        }
        out.extend_from_slice(&self.fixed[done..]);
        match self.framing {
            Framing::Nul => out.push(0),
            Framing::Newline => out.push(b'\n'),
            Framing::Length(header) => {
                let length = out.len() - body;
                header.fill(self.number, length, &mut out[start..body]);
            }
            Framing::None => {}
        }
    }
}

/// Marks of the holes while a template is made: control characters, which JSON text never holds unescaped.
const TARGET: char = '\u{1}';
const TEXT: char = '\u{2}';

/// The fields of an object in the order in which they are put, with the JSON text of their values.
#[derive(Debug, Default)]
struct Fields(Vec<(String, Node)>);

#[derive(Debug)]
enum Node {
    Written(String),
    Object(Fields),
}

impl Fields {
    /// Sets the value that a path leads to; the last of two counts.
    fn put(&mut self, path: &str, written: String) {
        let (head, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
        let at = self.0.iter().position(|(key, _)| key == head).unwrap_or_else(|| {
            self.0.push((head.to_owned(), Node::Object(Self::default())));
            self.0.len() - 1
        });
        let node = &mut self.0[at].1;
        let Some(rest) = rest else {
            *node = Node::Written(written);
            return;
        };
        if matches!(node, Node::Written(_)) {
            *node = Node::Object(Self::default());
        }
        if let Node::Object(inner) = node {
            inner.put(rest, written);
        }
    }

    fn text(&self) -> String {
        let field = |(key, node): &(String, Node)| {
            let value = match node {
                Node::Written(written) => written.clone(),
                Node::Object(inner) => inner.text(),
            };
            format!("{}:{value}", Value::from(key.as_str()))
        };
        format!("{{{}}}", self.0.iter().map(field).collect::<Vec<_>>().join(","))
    }
}

/// Takes the holes out of the text of a document, of each kind at most one; tells where they were.
fn cut(text: &str) -> (Box<[u8]>, Holes) {
    let (mut fixed, mut holes, mut found) = (Vec::with_capacity(text.len()), [None; 2], 0);
    for byte in text.bytes() {
        let hole = match char::from(byte) {
            TARGET => Hole::Target,
            TEXT => Hole::Text,
            _ => {
                fixed.push(byte);
                continue;
            }
        };
        if let Some(free) = holes.get_mut(found) {
            *free = Some((fixed.len() as u32, hole));
            found += 1;
        }
    }
    (fixed.into_boxed_slice(), holes)
}

/// `text` as it stands between the quotes of a JSON string.
pub fn escape(text: &str) -> Vec<u8> {
    let quoted = Value::from(text).to_string();
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{
        dialect::builtin_names,
        framing::{Deframer, Limits, Splitting},
        message::{GroupId, Request, encode},
    };

    #[test]
    fn a_template_says_what_the_encoder_says_in_every_dialect() {
        let (name, time, text) = ("na\"me", "2026-01-01 00:00:00", "你\"好\\\n");
        let user = UserId(7);
        let carried = Carried(vec![("data.token".to_owned(), "t-7".into())]);
        for dialect in builtin_names().map(|name| Dialect::builtin(name).unwrap().unwrap()) {
            let chat = Request::Chat { user, name, to: UserId(9), text, time };
            let group = Request::GroupChat { user, name, group: GroupId(9), text, time };
            for request in [chat, group] {
                let template =
                    ChatTemplate::new(&dialect, request.kind(), user, name, time, &carried)
                        .unwrap();
                let mut framed = b"earlier".to_vec();
                template.write(9, &escape(text), &mut framed);
                let splitting = Splitting::of(dialect.to_server, dialect.to_server);
                let mut deframer = Deframer::new(splitting, Limits::default());
                let mut documents = deframer.feed(&framed[b"earlier".len()..]);
                let written: Value =
                    serde_json::from_slice(documents.next().unwrap().unwrap()).unwrap();
                let encoded: Value =
                    serde_json::from_slice(&encode(&dialect, &request, &carried).unwrap()).unwrap();
                assert_eq!(written, encoded, "{}", dialect.name);
                assert!(documents.next().is_none(), "{}: one document", dialect.name);
            }
        }
    }

    #[test]
    fn only_chats_have_templates() {
        let dialect = Dialect::builtin("course").unwrap().unwrap();
        assert!(
            ChatTemplate::new(&dialect, Kind::Login, UserId(1), "a", "", &Carried::default())
                .is_none()
        );
    }
}

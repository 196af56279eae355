//! Typed messages: what the harness says, and what it hears, in the words of a dialect.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    dialect::{Carry, Dialect, Kind, Names, Part, path},
    framing::HEADER_KEY,
};

/// The id of a user, as the server gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub i64);

/// The id of a group, as the server gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A request, before it is put into the words of a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the part of the same name; see `Part`")]
pub enum Request<'a> {
    /// Makes an account.
    Register { name: &'a str, password: &'a str },
    /// Opens a session.
    Login { user: UserId, name: &'a str, password: &'a str },
    /// Ends a session.
    Logout { user: UserId, name: &'a str },
    /// A message to one user.
    Chat { user: UserId, name: &'a str, to: UserId, text: &'a str, time: &'a str },
    /// Adds a friend.
    AddFriend { user: UserId, friend: UserId },
    /// Makes a group.
    CreateGroup { user: UserId, name: &'a str, description: &'a str },
    /// Enters a group.
    JoinGroup { user: UserId, group: GroupId },
    /// A message to a group.
    GroupChat { user: UserId, name: &'a str, group: GroupId, text: &'a str, time: &'a str },
}

impl Request<'_> {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Register { .. } => Kind::Register,
            Self::Login { .. } => Kind::Login,
            Self::Logout { .. } => Kind::Logout,
            Self::Chat { .. } => Kind::Chat,
            Self::AddFriend { .. } => Kind::AddFriend,
            Self::CreateGroup { .. } => Kind::CreateGroup,
            Self::JoinGroup { .. } => Kind::JoinGroup,
            Self::GroupChat { .. } => Kind::GroupChat,
        }
    }

    fn part(&self, part: Part) -> Option<Value> {
        let words = |text: &str| Some(Value::from(text));
        match (*self, part) {
            (
                Self::Register { name, .. } | Self::Login { name, .. } | Self::Logout { name, .. },
                Part::Name,
            )
            | (Self::Chat { name, .. } | Self::GroupChat { name, .. }, Part::Name)
            | (Self::CreateGroup { name, .. }, Part::GroupName) => words(name),
            (Self::Register { password, .. } | Self::Login { password, .. }, Part::Password) => {
                words(password)
            }
            (
                Self::Login { user, .. }
                | Self::Logout { user, .. }
                | Self::Chat { user, .. }
                | Self::AddFriend { user, .. }
                | Self::CreateGroup { user, .. }
                | Self::JoinGroup { user, .. }
                | Self::GroupChat { user, .. },
                Part::User,
            ) => Some(user.0.into()),
            (Self::Chat { to, .. }, Part::To) => Some(to.0.into()),
            (Self::AddFriend { friend, .. }, Part::Friend) => Some(friend.0.into()),
            (Self::JoinGroup { group, .. } | Self::GroupChat { group, .. }, Part::Group) => {
                Some(group.0.into())
            }
            (Self::Chat { text, .. } | Self::GroupChat { text, .. }, Part::Text) => words(text),
            (Self::Chat { time, .. } | Self::GroupChat { time, .. }, Part::Time) => words(time),
            (Self::CreateGroup { description, .. }, Part::GroupDesc) => words(description),
            _ => None,
        }
    }
}

/// What a session repeats of its login reply in every request, such as a token; see [`Carry`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Carried(pub(super) Vec<(String, Value)>);

impl Carried {
    /// The key in requests and the value of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// What a login reply gives to be repeated.
    ///
    /// # Errors
    /// The key in the reply of a value that is not there.
    pub fn read(dialect: &Dialect, ack: &Acknowledgement) -> Result<Self, String> {
        let value = |carry: &Carry| {
            let value = path::get(&ack.fields, &carry.reply).cloned();
            value.map(|value| (carry.request.clone(), value)).ok_or_else(|| carry.reply.clone())
        };
        dialect.login.carry.iter().map(value).collect::<Result<_, _>>().map(Self)
    }
}

/// Writes a request as a JSON document, without framing; `None` when the dialect has no such request.
pub fn encode(dialect: &Dialect, request: &Request<'_>, carried: &Carried) -> Option<Vec<u8>> {
    let mut fields = fields(dialect, request)?;
    // Who logs in again has not yet got what is to be repeated.
    let opens = matches!(request.kind(), Kind::Register | Kind::Login);
    for (path, value) in carried.0.iter().filter(|_| !opens) {
        path::put(&mut fields, path, value.clone());
    }
    Some(Value::Object(fields).to_string().into_bytes())
}

/// The fields of a request, for those who want to change some before they are sent.
pub fn fields(dialect: &Dialect, request: &Request<'_>) -> Option<Map<String, Value>> {
    let spec = dialect.request(request.kind())?;
    let mut fields = Map::new();
    path::put(&mut fields, &dialect.key, dialect.number(spec.number));
    for (part, name) in spec.send.iter() {
        if let Some(value) = request.part(part) {
            let value = value.as_i64().map_or(value, |number| dialect.number(number));
            path::put(&mut fields, name, value);
        }
    }
    for (name, value) in &spec.constants {
        path::put(&mut fields, name, value.clone());
    }
    Some(fields)
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Acknowledgement {
    /// The kind of request that it answers.
    pub kind: Kind,
    /// Its result code, if it carries one.
    pub code: Option<i64>,
    /// What the server says about it.
    pub text: Option<String>,
    /// The whole object.
    pub fields: Map<String, Value>,
}

impl Acknowledgement {
    /// The id of the user that the answer names.
    pub fn user(&self, dialect: &Dialect) -> Option<UserId> {
        self.named(dialect, Part::User).and_then(path::integer).map(UserId)
    }

    /// The id of the group that the answer names.
    pub fn group(&self, dialect: &Dialect) -> Option<GroupId> {
        self.named(dialect, Part::Group).and_then(path::integer).map(GroupId)
    }

    /// The name of the user that the answer names.
    pub fn name(&self, dialect: &Dialect) -> Option<&str> {
        self.named(dialect, Part::Name).and_then(Value::as_str)
    }

    fn named(&self, dialect: &Dialect, part: Part) -> Option<&Value> {
        path::get(&self.fields, dialect.request(self.kind)?.reply.get(part)?)
    }

    /// Whether it reports success.
    pub fn succeeded(&self, dialect: &Dialect) -> bool {
        if dialect.errors.number.is_some()
            && dialect.number_of(&self.fields) == dialect.errors.number
        {
            return false;
        }
        if dialect.ack(self.kind).is_some_and(|ack| !ack.has_code) {
            return self.code.is_none_or(|code| dialect.errors.success.contains(&code));
        }
        dialect.errors.is_success(self.code)
    }
}

/// A message from another user, forwarded by the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// [`Kind::Chat`] or [`Kind::GroupChat`].
    pub kind: Kind,
    /// Who it claims to be from.
    pub from: Option<UserId>,
    /// Whom it is addressed to.
    pub to: Option<UserId>,
    /// The group it was said in.
    pub group: Option<GroupId>,
    /// What is said.
    pub text: Option<String>,
    /// The whole object.
    pub fields: Map<String, Value>,
}

impl Delivery {
    /// Reads an entry of the offline list. Where the number stands in headers alone the entry has none: one that names a
    /// group is a group chat.
    pub(super) fn listed(dialect: &Dialect, mut fields: Map<String, Value>) -> Option<Self> {
        if dialect.key == HEADER_KEY && dialect.number_of(&fields).is_none() {
            let group = dialect.request(Kind::GroupChat);
            let named = group.and_then(|spec| path::get(&fields, spec.send.get(Part::Group)?));
            let spec = group.filter(|_| named.is_some()).or(dialect.request(Kind::Chat))?;
            fields.insert(HEADER_KEY.to_owned(), dialect.number(spec.delivery));
        }
        Self::read(dialect, fields).ok()
    }

    /// Reads an object that bears the number of a chat or a group chat.
    pub(super) fn read(
        dialect: &Dialect,
        fields: Map<String, Value>,
    ) -> Result<Self, Map<String, Value>> {
        let number = dialect.number_of(&fields);
        let found = [Kind::Chat, Kind::GroupChat]
            .into_iter()
            .filter_map(|kind| Some((kind, dialect.request(kind)?)))
            .find(|(_, spec)| Some(spec.delivery) == number);
        let Some((kind, spec)) = found else { return Err(fields) };
        let integer = |part| integer(&spec.send, part, &fields);
        Ok(Self {
            kind,
            from: integer(Part::User).map(UserId),
            to: integer(Part::To).map(UserId),
            group: integer(Part::Group).map(GroupId),
            text: spec
                .send
                .get(Part::Text)
                .and_then(|name| path::get(&fields, name))
                .and_then(Value::as_str)
                .map(str::to_owned),
            fields,
        })
    }
}

pub(super) fn integer(names: &Names, part: Part, fields: &Map<String, Value>) -> Option<i64> {
    path::get(fields, names.get(part)?).and_then(path::integer)
}

/// What a document from the server is.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The answer to a request.
    Ack(Acknowledgement),
    /// A message from a user.
    Message(Delivery),
    /// An object that the dialect does not explain.
    Unknown(Map<String, Value>),
}

/// A document that is no JSON object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server sent something that is no JSON object ({reason}): \"{document}\"")]
pub struct Undecodable {
    /// What the parser says.
    pub reason: String,
    /// The beginning of the document, escaped.
    pub document: String,
}

/// Reads a document from the server. `pending` are the kinds of the requests that wait for an answer, oldest first:
/// where two kinds share an acknowledgement number, the oldest that waits is meant.
///
/// # Errors
/// The document is not a JSON object.
pub fn decode(
    dialect: &Dialect,
    document: &[u8],
    pending: &[Kind],
) -> Result<Incoming, Undecodable> {
    let parsed: Result<Map<String, Value>, _> = serde_json::from_slice(document);
    let fields = parsed.map_err(|error| Undecodable {
        reason: error.to_string(),
        document: document[..document.len().min(200)].escape_ascii().to_string(),
    })?;
    let number = dialect.number_of(&fields);
    if let Some(kind) = number.and_then(|number| acknowledged(dialect, number, &fields, pending)) {
        let errors = &dialect.errors;
        return Ok(Incoming::Ack(Acknowledgement {
            kind,
            code: path::get(&fields, &errors.code).and_then(path::integer),
            text: errors
                .text
                .as_ref()
                .and_then(|key| path::get(&fields, key))
                .and_then(Value::as_str)
                .map(str::to_owned),
            fields,
        }));
    }
    Ok(match Delivery::read(dialect, fields) {
        Ok(delivery) => Incoming::Message(delivery),
        Err(fields) => Incoming::Unknown(fields),
    })
}

/// The kind of request that a message of this number answers. Under the number of a chat only the result code tells an
/// answer from somebody's message.
fn acknowledged(
    dialect: &Dialect,
    number: i64,
    fields: &Map<String, Value>,
    pending: &[Kind],
) -> Option<Kind> {
    if dialect.errors.number == Some(number) {
        return pending.first().copied();
    }
    let has_code = path::get(fields, &dialect.errors.code).is_some();
    let answers = |kind: &Kind| {
        dialect.ack(*kind).is_some_and(|ack| ack.number == number)
            && (has_code || !is_delivered_number(dialect, number))
    };
    pending.iter().chain(&Kind::ALL).copied().find(answers)
}

fn is_delivered_number(dialect: &Dialect, number: i64) -> bool {
    [Kind::Chat, Kind::GroupChat]
        .into_iter()
        .filter_map(|kind| dialect.request(kind))
        .any(|spec| spec.delivery == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(name: &str) -> Dialect {
        Dialect::builtin(name).unwrap().unwrap()
    }

    #[test]
    fn an_echoed_chat_is_an_acknowledgement_and_the_same_without_a_code_is_a_message() {
        let dialect = dialect("echo-ack");
        let echo = br#"{"msgid":6,"id":1,"toid":2,"msg":"hi","errno":0}"#;
        let message = br#"{"msgid":6,"id":1,"toid":2,"msg":"hi"}"#;
        let echoed = decode(&dialect, echo, &[Kind::Chat]).unwrap();
        assert!(
            matches!(&echoed, Incoming::Ack(ack) if ack.kind == Kind::Chat && ack.succeeded(&dialect))
        );
        let Incoming::Message(heard) = decode(&dialect, message, &[Kind::Chat]).unwrap() else {
            panic!()
        };
        assert_eq!((heard.from, heard.to), (Some(UserId(1)), Some(UserId(2))));
    }

    #[test]
    fn of_two_requests_with_one_acknowledgement_number_the_waiting_one_is_answered() {
        let dialect = dialect("bing");
        let ack = br#"{"msg_id":14,"errno":0}"#;
        for kind in [Kind::JoinGroup, Kind::GroupChat] {
            let Incoming::Ack(ack) = decode(&dialect, ack, &[kind]).unwrap() else { panic!() };
            assert_eq!(ack.kind, kind);
        }
    }

    #[test]
    fn an_acknowledgement_without_a_code_is_a_success_where_the_dialect_says_so() {
        let dialect = dialect("bing");
        let Incoming::Ack(ack) = decode(&dialect, br#"{"msg_id":12,"group_id":7}"#, &[]).unwrap()
        else {
            panic!()
        };
        assert!(ack.succeeded(&dialect));
        assert_eq!(ack.group(&dialect), Some(GroupId(7)));
    }

    #[test]
    fn what_is_no_object_is_shown() {
        let error = decode(&dialect("course"), b"[1]\x1b", &[]).unwrap_err();
        assert!(error.document.contains("[1]\\x1b"), "{error}");
    }

    #[test]
    fn a_number_that_nobody_declared_is_unknown() {
        let heard = decode(&dialect("course"), br#"{"msgid":99}"#, &[]).unwrap();
        assert!(matches!(heard, Incoming::Unknown(_)));
    }
}

//! What a server calls things: message numbers, keys, codes, framing. Data, loaded from TOML.

mod builtin;
mod compare;
mod custom;
mod keys;
mod load;
mod load_custom;
pub(in crate::wire) mod path;
mod table;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use builtin::{builtin_names, builtin_text};
pub use compare::Difference;
pub use custom::{Custom, Heartbeat, encode_custom};
pub use keys::{KEYS, Key};

use super::framing::{Framing, Splitting};

/// What servers of the family call a result code.
pub const CODE_NAMES: [&str; 9] =
    ["errno", "error", "err", "code", "errcode", "retcode", "ret", "status", "result"];

/// The kinds of request of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Makes an account.
    Register,
    /// Opens a session.
    Login,
    /// Ends a session; the connection may stay open.
    Logout,
    /// A message to one user.
    Chat,
    /// Adds a friend.
    AddFriend,
    /// Makes a group; its maker is a member.
    CreateGroup,
    /// Enters a group.
    JoinGroup,
    /// A message to every other member of a group.
    GroupChat,
}

impl Kind {
    /// All kinds, in the order of the dialect files.
    pub const ALL: [Self; 8] = [
        Self::Register,
        Self::Login,
        Self::Logout,
        Self::Chat,
        Self::AddFriend,
        Self::CreateGroup,
        Self::JoinGroup,
        Self::GroupChat,
    ];

    /// The name of its table in a dialect file.
    pub fn table(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Login => "login",
            Self::Logout => "logout",
            Self::Chat => "chat",
            Self::AddFriend => "add_friend",
            Self::CreateGroup => "create_group",
            Self::JoinGroup => "join_group",
            Self::GroupChat => "group_chat",
        }
    }

    /// Whether the server forwards it to other users.
    pub fn is_delivered(self) -> bool {
        matches!(self, Self::Chat | Self::GroupChat)
    }
}

/// A part of a message, whatever the server calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The sender's own id.
    User,
    /// The sender's own name; in a list entry that entry's name.
    Name,
    /// The password.
    Password,
    /// The receiver's id.
    To,
    /// What is said.
    Text,
    /// When it was said, as the sender's clock writes it.
    Time,
    /// The id of a friend to add.
    Friend,
    /// The id of a group.
    Group,
    /// A group's name.
    GroupName,
    /// A group's description.
    GroupDesc,
    /// In the login reply: the list of friends.
    Friends,
    /// In the login reply: the list of groups.
    Groups,
    /// In the login reply: the messages that came while the user was away.
    Offline,
    /// In a list entry: online or not.
    State,
    /// In a group entry: its description.
    Desc,
    /// In a group entry: its members.
    Members,
    /// In a member entry: creator or normal.
    Role,
}

impl Part {
    /// Its name in a dialect file.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Name => "name",
            Self::Password => "password",
            Self::To => "to",
            Self::Text => "text",
            Self::Time => "time",
            Self::Friend => "friend",
            Self::Group => "group",
            Self::GroupName => "group_name",
            Self::GroupDesc => "group_desc",
            Self::Friends => "friends",
            Self::Groups => "groups",
            Self::Offline => "offline",
            Self::State => "state",
            Self::Desc => "desc",
            Self::Members => "members",
            Self::Role => "role",
        }
    }
}

/// The server's names for the parts of one message, in the order of the dialect file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(Vec<(Part, String)>);

impl Names {
    /// The server's name for `part`.
    pub fn get(&self, part: Part) -> Option<&str> {
        self.0.iter().find(|(candidate, _)| *candidate == part).map(|(_, name)| name.as_str())
    }

    /// All parts with their names.
    pub fn iter(&self) -> impl Iterator<Item = (Part, &str)> {
        self.0.iter().map(|(part, name)| (*part, name.as_str()))
    }
}

/// How a request is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Its message number.
    pub number: i64,
    /// Whether it repeats the fields of the request.
    pub echoes: bool,
    /// Whether it carries a result code.
    pub has_code: bool,
}

/// One kind of request of a dialect.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestSpec {
    /// Its message number.
    pub number: i64,
    /// The message number of what is delivered to others: mostly the request's own.
    pub delivery: i64,
    /// Its acknowledgement; `None` when the server sends none.
    pub ack: Option<Ack>,
    /// The parts of the request.
    pub send: Names,
    /// The parts of the acknowledgement, besides code and text.
    pub reply: Names,
    /// Fields that are sent as they are.
    pub constants: Map<String, Value>,
}

/// What a user logs in with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginBy {
    /// The id that the register reply gave.
    #[default]
    Id,
    /// The name.
    Name,
    /// The id and the name together.
    Both,
}

/// What becomes of a user who is in session and logs in once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondLogin {
    /// The second login is refused.
    #[default]
    Refuse,
    /// The second login ends the first session.
    Kick,
}

/// A value of the login reply that every later request repeats, such as a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carry {
    /// Its key in the requests.
    pub request: String,
    /// Its key in the login reply.
    pub reply: String,
}

/// Where the messages come that were sent while a user was away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfflinePlace {
    /// In a list of the login reply.
    #[default]
    Reply,
    /// After the login reply, as documents of their own.
    Documents,
}

/// The shape of the login reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginSpec {
    /// What a user logs in with.
    pub by: LoginBy,
    /// Where offline messages come.
    pub offline: OfflinePlace,
    /// Whether a friend is an object with the friend's name for its only key.
    pub friends_by_name: bool,
    /// The parts of an entry of the friend list.
    pub friend: Names,
    /// The parts of an entry of the group list.
    pub group: Names,
    /// The parts of an entry of a group's member list.
    pub member: Names,
    /// What every later request repeats of the reply.
    pub carry: Vec<Carry>,
    /// What a second login of a user in session does.
    pub second_login: SecondLogin,
}

/// Result codes and what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors {
    /// The key of the code.
    pub code: String,
    /// The key of its text, where there is one.
    pub text: Option<String>,
    /// The codes of success.
    pub success: Vec<i64>,
    /// Whether an acknowledgement without a code is a success.
    pub missing_is_success: bool,
    /// The codes of a refused login that mean: already online.
    pub already_online: Vec<i64>,
    /// The codes of a login that is refused for its user or its password, where those of `already_online` mean that too.
    pub wrong_login: Vec<i64>,
    /// The message number under which any request is refused, where it is not that of its acknowledgement.
    pub number: Option<i64>,
}

impl Errors {
    /// Whether an acknowledgement with this code is a success.
    pub fn is_success(&self, code: Option<i64>) -> bool {
        code.map_or(self.missing_is_success, |code| self.success.contains(&code))
    }
}

/// Everything the harness knows about how a server speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Dialect {
    /// Its short name.
    pub name: String,
    /// One line about it.
    pub summary: String,
    /// Where it was loaded from: a path, or `built-in NAME`.
    pub origin: String,
    /// The text it was loaded from; the reference server reads the same.
    pub text: String,
    /// The key of the message number.
    pub key: String,
    /// The key of the message number in acknowledgements, where it is another.
    pub ack_key: Option<String>,
    /// Whether message numbers and ids are written as strings. Read they are either way.
    pub numbers_as_strings: bool,
    /// The framing of requests.
    pub to_server: Framing,
    /// The framing of acknowledgements.
    pub acks: Framing,
    /// The framing of what is forwarded.
    pub deliveries: Framing,
    /// The least distance of two requests on a connection when it cannot be seen that the server read the first.
    pub min_gap: Duration,
    /// The same after a request without a visible effect.
    pub quiet_gap: Duration,
    /// Result codes.
    pub errors: Errors,
    /// The shape of the login reply.
    pub login: LoginSpec,
    /// Whether adding a friend adds both directions.
    pub mutual_friends: bool,
    /// Whether a chat is delivered to friends alone.
    pub chat_requires_friend: bool,
    /// What a user in session must say now and then.
    pub heartbeat: Option<Heartbeat>,
    /// Messages of the server's own, by name.
    pub custom: Vec<Custom>,
    requests: [Option<RequestSpec>; 8],
}

impl Dialect {
    /// How the server is to be asked for `kind`; `None` when it cannot be.
    pub fn request(&self, kind: Kind) -> Option<&RequestSpec> {
        self.requests[kind as usize].as_ref()
    }

    /// The acknowledgement of `kind`, when the server sends one.
    pub fn ack(&self, kind: Kind) -> Option<Ack> {
        self.request(kind)?.ack
    }

    /// A message number or an id as this dialect writes it.
    pub(in crate::wire) fn number(&self, number: i64) -> Value {
        if self.numbers_as_strings { number.to_string().into() } else { number.into() }
    }

    /// The message number of a document.
    pub(in crate::wire) fn number_of(&self, fields: &Map<String, Value>) -> Option<i64> {
        // An acknowledgement that repeats the request has both.
        let of_ack = self.ack_key.as_ref().and_then(|key| path::get(fields, key));
        path::integer(of_ack.or_else(|| path::get(fields, &self.key))?)
    }

    /// The key of the message number in acknowledgements.
    pub fn key_of_acks(&self) -> &str {
        self.ack_key.as_deref().unwrap_or(&self.key)
    }

    /// How to split what the server sends.
    pub fn splitting(&self) -> Splitting {
        Splitting::of(self.acks, self.deliveries)
    }

    /// Whether the id of a new group comes with the acknowledgement of its creation.
    pub fn tells_group_id(&self) -> bool {
        self.request(Kind::CreateGroup)
            .is_some_and(|spec| spec.ack.is_some() && spec.reply.get(Part::Group).is_some())
    }

    /// Whether the login reply lists groups.
    pub fn lists_groups(&self) -> bool {
        self.request(Kind::Login).is_some_and(|spec| spec.reply.get(Part::Groups).is_some())
    }

    /// Whether the login reply lists friends.
    pub fn lists_friends(&self) -> bool {
        self.request(Kind::Login).is_some_and(|spec| spec.reply.get(Part::Friends).is_some())
    }
}

#[cfg(test)]
mod tests;

//! Every key of a dialect file: where it stands, its type, its default and its meaning; `docs/dialects.md` is made of it.

use super::{Kind, Part};

/// A key of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The table: empty at the top of the file, `request` for the tables of all requests.
    pub table: &'static str,
    /// The key.
    pub key: &'static str,
    /// The type of its value.
    pub kind: &'static str,
    /// What holds where it is left out; `None`: it must be there.
    pub default: Option<&'static str>,
    /// What it means.
    pub meaning: &'static str,
}

const FRAMING: &str =
    "`none`, `nul`, `newline`, `length` (4 bytes, big-endian, not counting themselves) or a header";
const PARTS: &str = "table: part = the server's key";
const TEMPLATE: &str = "JSON with the holes `{user}`, `{name}`, `{sequence}`, `{time}`";

/// All keys, in the order in which the loader names them.
pub const KEYS: &[Key] = &[
    must("", "name", "string", "its short name, in reports"),
    must("", "summary", "string", "one line about it"),
    may(
        "wire",
        "key",
        "string",
        "in the header",
        "the key of the message number; left out where every header has a `number`",
    ),
    may(
        "wire",
        "ack_key",
        "string",
        "that of `key`",
        "the key of the message number in acknowledgements",
    ),
    may(
        "wire",
        "numbers",
        "`numbers` or `strings`",
        "`numbers`",
        "how message numbers and ids are written; read they are either way",
    ),
    must("wire", "to_server", FRAMING, "what ends or begins a request"),
    must("wire", "acks", FRAMING, "the same of an acknowledgement"),
    must(
        "wire",
        "deliveries",
        FRAMING,
        "the same of what is forwarded; where it differs from `acks`, or either is `none`, the stream is split by structure",
    ),
    must(
        "wire",
        "min_gap",
        "duration",
        "the least distance of two requests on a connection when it cannot be seen that the server has read the first",
    ),
    must("wire", "quiet_gap", "duration", "the same after a request without a visible effect"),
    must("errors", "code", "string", "the key of the result code"),
    may("errors", "text", "string", "none", "the key of its text"),
    may("errors", "success", "list of numbers", "`[0]`", "the codes of success"),
    may(
        "errors",
        "missing",
        "`success` or `failure`",
        "`failure`",
        "what an acknowledgement without a code means",
    ),
    may(
        "errors",
        "already_online",
        "list of numbers",
        "`[]`",
        "the codes of a refused login that mean: already online",
    ),
    may(
        "errors",
        "wrong_login",
        "list of numbers",
        "`[]`",
        "the codes of a login refused for its user or password, where the server has one code for that and for already online",
    ),
    may(
        "errors",
        "number",
        "number",
        "none",
        "the message number that every refusal bears, whatever was asked for",
    ),
    must("request", "number", "number", "the message number of the request"),
    may(
        "request",
        "ack",
        "number",
        "none",
        "the message number of its acknowledgement; left out: the server sends none",
    ),
    may(
        "request",
        "ack_of",
        "name of a request",
        "none",
        "in place of `ack`: the acknowledgement bears that request's number",
    ),
    may(
        "request",
        "ack_echoes",
        "bool",
        "`false`",
        "the acknowledgement repeats the fields of the request",
    ),
    may(
        "request",
        "ack_has_code",
        "bool",
        "`true`",
        "the acknowledgement of a success carries a result code",
    ),
    must("request", "send", PARTS, "the parts of the request"),
    may(
        "request",
        "reply",
        PARTS,
        "none",
        "the parts of the acknowledgement, besides code and text",
    ),
    may("request", "constants", "table", "none", "fields that are sent as they are"),
    may("login", "by", "`id`, `name` or `both`", "`id`", "what a user logs in with"),
    may(
        "login",
        "lists",
        "`objects` or `strings`",
        "`objects`",
        "how the entries of lists are written: the reference server does as told, the harness reads both",
    ),
    may(
        "login",
        "offline",
        "`reply` or `documents`",
        "`reply`",
        "where offline messages come: in the list that `reply` names, or each by itself after the reply",
    ),
    may(
        "login",
        "offline_entries",
        "`objects` or `strings`",
        "as `lists`",
        "the same as `lists`, for the offline list alone",
    ),
    may("login", "friends_by_name", "bool", "`false`", "a friend is `{ \"NAME\": { … } }`"),
    may("login", "friend", PARTS, "none", "the parts of an entry of the friend list"),
    may("login", "group", PARTS, "none", "the parts of an entry of the group list"),
    may("login", "member", PARTS, "none", "the parts of an entry of a group's member list"),
    may(
        "login",
        "carry",
        "table: key in requests = key in the reply",
        "none",
        "what every request after the login repeats of its reply, such as a token",
    ),
    may(
        "login",
        "second_login",
        "`refuse` or `kick`",
        "`refuse`",
        "what a login of a user who is in session does: it is refused, or it ends the first session",
    ),
    may(
        "chat",
        "delivery",
        "number",
        "as `number`",
        "the message number of what is forwarded; in `[group_chat]` too",
    ),
    may(
        "chat_alone",
        "requires_friend",
        "bool",
        "`false`",
        "a chat is delivered to friends alone: the harness befriends two users before their first",
    ),
    may("add_friend", "mutual", "bool", "`false`", "the other one gets the friend too"),
    must("heartbeat", "every", "duration", "how often a user in session says it"),
    must("heartbeat", "send", TEMPLATE, "what is said"),
    may("heartbeat", "ack", "number", "none", "the message number of the answer"),
    must("custom", "send", TEMPLATE, "what is sent, as a part of a `mix` of load"),
    may("custom", "ack", "number", "none", "the message number of the answer"),
];

const fn must(
    table: &'static str,
    key: &'static str,
    kind: &'static str,
    meaning: &'static str,
) -> Key {
    Key { table, key, kind, default: None, meaning }
}

const fn may(
    table: &'static str,
    key: &'static str,
    kind: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key { table, key, kind, default: Some(default), meaning }
}

impl Kind {
    /// The names of the parts that a request of this kind may have, must have, and that its reply may have.
    pub fn part_names(self) -> [Vec<&'static str>; 3] {
        let (may, must, reply) = super::load::parts(self);
        [may, must, reply].map(|parts| parts.iter().copied().map(Part::key).collect())
    }
}

//! The dialect file as it is written: the tables and keys that TOML may hold.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::{Kind, LoginBy, OfflinePlace, Part, SecondLogin};
use crate::wire::framing::{Framing, HEADER_KEY};

/// A whole dialect file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) summary: String,
    pub(super) wire: Wire,
    pub(super) errors: ErrorCodes,
    pub(super) register: Spanned<Request>,
    pub(super) login: Spanned<Request>,
    pub(super) logout: Option<Spanned<Request>>,
    pub(super) chat: Spanned<Request>,
    pub(super) add_friend: Option<Spanned<Request>>,
    pub(super) create_group: Option<Spanned<Request>>,
    pub(super) join_group: Option<Spanned<Request>>,
    pub(super) group_chat: Option<Spanned<Request>>,
    pub(super) heartbeat: Option<HeartbeatTable>,
    #[serde(default)]
    pub(super) custom: BTreeMap<String, CustomTable>,
}

impl File {
    pub(super) fn request(&self, kind: Kind) -> Option<&Spanned<Request>> {
        match kind {
            Kind::Register => Some(&self.register),
            Kind::Login => Some(&self.login),
            Kind::Logout => self.logout.as_ref(),
            Kind::Chat => Some(&self.chat),
            Kind::AddFriend => self.add_friend.as_ref(),
            Kind::CreateGroup => self.create_group.as_ref(),
            Kind::JoinGroup => self.join_group.as_ref(),
            Kind::GroupChat => self.group_chat.as_ref(),
        }
    }
}

/// `[wire]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    #[serde(default = "in_the_header")]
    pub(super) key: Spanned<String>,
    pub(super) ack_key: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) numbers: Written,
    pub(super) to_server: Framing,
    pub(super) acks: Spanned<Framing>,
    pub(super) deliveries: Framing,
    #[serde(deserialize_with = "crate::units::duration")]
    pub(super) min_gap: Duration,
    #[serde(deserialize_with = "crate::units::duration")]
    pub(super) quiet_gap: Duration,
}

/// `[errors]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorCodes {
    pub(super) code: String,
    pub(super) text: Option<String>,
    #[serde(default = "zero")]
    pub(super) success: Vec<i64>,
    #[serde(default)]
    pub(super) missing: Missing,
    #[serde(default)]
    pub(super) already_online: Vec<i64>,
    #[serde(default)]
    pub(super) wrong_login: Vec<Spanned<i64>>,
    pub(super) number: Option<Spanned<i64>>,
}

/// `[heartbeat]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeartbeatTable {
    pub(super) every: Spanned<Every>,
    pub(super) send: Spanned<String>,
    pub(super) ack: Option<Spanned<i64>>,
}

/// A duration with its place in the text.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(super) struct Every(#[serde(deserialize_with = "crate::units::duration")] pub(super) Duration);

/// `[custom.NAME]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomTable {
    pub(super) send: Spanned<String>,
    pub(super) ack: Option<Spanned<i64>>,
}

/// How message numbers and ids are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Written {
    #[default]
    Numbers,
    Strings,
}

fn in_the_header() -> Spanned<String> {
    Spanned::new(0..0, HEADER_KEY.to_owned())
}

fn zero() -> Vec<i64> {
    vec![0]
}

/// What an acknowledgement without a code means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Missing {
    Success,
    #[default]
    Failure,
}

/// How the entries of a list are written. The harness reads both; the reference server writes as told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Entries {
    #[default]
    Objects,
    Strings,
}

/// A table of one request. Keys of one kind only are checked by the loader.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) number: Spanned<i64>,
    pub(super) ack: Option<Spanned<i64>>,
    pub(super) ack_of: Option<Spanned<Kind>>,
    pub(super) ack_echoes: Option<Spanned<bool>>,
    pub(super) ack_has_code: Option<Spanned<bool>>,
    pub(super) send: Spanned<BTreeMap<Part, String>>,
    pub(super) reply: Option<Spanned<BTreeMap<Part, String>>>,
    #[serde(default)]
    pub(super) constants: Map<String, Value>,

    // Of [login] only.
    pub(super) by: Option<Spanned<LoginBy>>,
    pub(super) lists: Option<Spanned<Entries>>,
    pub(super) offline: Option<Spanned<OfflinePlace>>,
    pub(super) offline_entries: Option<Spanned<Entries>>,
    pub(super) friends_by_name: Option<Spanned<bool>>,
    pub(super) friend: Option<Spanned<BTreeMap<Part, String>>>,
    pub(super) group: Option<Spanned<BTreeMap<Part, String>>>,
    pub(super) member: Option<Spanned<BTreeMap<Part, String>>>,
    pub(super) carry: Option<Spanned<BTreeMap<String, String>>>,
    pub(super) second_login: Option<Spanned<SecondLogin>>,

    // Of [chat] only.
    pub(super) requires_friend: Option<Spanned<bool>>,

    // Of [chat] and [group_chat] only.
    pub(super) delivery: Option<Spanned<i64>>,

    // Of [add_friend] only.
    pub(super) mutual: Option<Spanned<bool>>,
}

//! What a chat server must do for users who behave.

mod chat;
mod cluster;
mod connect;
mod crowd;
mod friends;
mod groups;
mod login;
mod offline;
mod register;

use super::{
    case::{self, Section},
    expect,
};

pub(super) use chat::{all_leave, hears_nothing_more, send};
pub(super) use cluster::user_at;
pub(super) use groups::{say, three_in_a_group};
pub(super) use offline::{came_while_away, settled};

/// The sections, in the order in which they are run.
pub(super) const SECTIONS: &[Section] = &[
    Section { key: "CONN", title: "connections", cases: connect::CASES },
    Section { key: "REG", title: "accounts", cases: register::CASES },
    Section { key: "LOGIN", title: "sessions begin and end", cases: login::CASES },
    Section { key: "CHAT", title: "messages, both users online", cases: chat::CASES },
    Section { key: "OFF", title: "messages to a user who is away", cases: offline::CASES },
    Section { key: "FRIEND", title: "friends and whether they are there", cases: friends::CASES },
    Section { key: "GROUP", title: "groups", cases: groups::CASES },
    Section { key: "CROWD", title: "more than a handful of users", cases: crowd::CASES },
    Section { key: "CLUSTER", title: "several nodes that are one server", cases: cluster::CASES },
];

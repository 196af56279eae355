//! A virtual user: an account, a connection, what it is doing, and what it still has to send.

use std::{collections::VecDeque, sync::Arc};

use super::{
    connection::Connection,
    mix::{Action, Operation},
};
use crate::{
    ledger::{Stream, Target},
    wire::{Carried, ChatTemplate, dialect::Kind},
};

/// Something a user is sent to do, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    Connect,
    Register,
    Login,
    CreateGroup,
    JoinGroup,
    /// Befriends whom it will chat with.
    AddFriend,
    /// Says that it has finished, and reads to the end.
    Leave,
    /// Resets the connection.
    Reset,
    Logout,
    /// Does nothing for a while.
    StayAway,
}

/// What a user is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing that ends by itself.
    #[default]
    Idle,
    /// The connection is being established.
    Connecting { since_ns: u64 },
    /// A request waits until it may be written.
    Pausing { kind: Kind, since_ns: u64 },
    /// A request waits for its answer.
    Awaiting { kind: Kind, since_ns: u64 },
    /// The server still counts the user as online: the next attempt.
    Retrying { at_ns: u64 },
    /// Away, for a while.
    Away { until_ns: u64 },
    /// Our side has finished; the server's end is read to its end.
    Leaving { since_ns: u64 },
}

/// What stands between a user's group and a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Membership {
    /// Nothing was asked for.
    #[default]
    None,
    /// It was asked for, and nothing shows that it was granted.
    Asked,
    /// An acknowledgement or a login list shows it.
    Proven,
}

/// Why a message that is due is not written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Hold {
    /// The server has not read the one before, and could not tell the two apart.
    #[default]
    Unread,
    /// The server does not read: its window and our buffer are full.
    Full,
    /// The one before has not reached all its receivers.
    Undelivered,
}

/// One of the many.
#[derive(Debug, Default)]
pub(super) struct VirtualUser {
    pub(super) name: String,
    /// The id that the server gave.
    pub(super) id: Option<i64>,
    /// The node on which it logs in.
    pub(super) node: u32,
    /// The password of an account that was there before.
    pub(super) password: Option<Arc<str>>,
    pub(super) connection: Option<Connection>,
    pub(super) step: Step,
    /// What is still to be done after the present step.
    pub(super) errands: &'static [Errand],
    /// A framed request that may not be written yet.
    pub(super) request: Vec<u8>,
    /// What it repeats of its login reply in every request.
    pub(super) carried: Carried,
    /// When the first attempt of the present login began.
    pub(super) login_since_ns: Option<u64>,
    /// Whether it was refused as still online before, and tried again.
    pub(super) login_retried: bool,
    pub(super) in_session: bool,
    pub(super) session_since_ns: u64,
    /// When it must be heard next, where the dialect has a heartbeat.
    pub(super) heartbeat_due_ns: u64,
    /// Whether this user ever was in session.
    pub(super) was_in_session: bool,
    /// The group it belongs to.
    pub(super) group: Option<usize>,
    pub(super) membership: Membership,
    /// Other groups that it has asked to join, and where it stands there.
    pub(super) joined: Vec<(usize, Membership)>,
    /// How many users it has asked to be its friends.
    pub(super) befriended: u32,
    pub(super) aims: Vec<Aim>,
    pub(super) lane: Option<Lane>,
}

/// Whom a user writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aim {
    /// [`Kind::Chat`] or [`Kind::GroupChat`].
    pub(super) kind: Kind,
    pub(super) target: Target,
    /// The server's id of the receiver or of the group.
    pub(super) id: i64,
    /// How many users each message must reach.
    pub(super) receivers: u32,
}

/// What a user sends on one connection.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Chats, group chats, or both.
    pub(super) talks: Talks,
    /// What was due and could not be written yet, oldest first.
    pub(super) backlog: VecDeque<Due>,
    /// Why.
    pub(super) hold: Hold,
    /// Whether the user stands in the queue of those that are looked after at each tick.
    pub(super) queued: bool,
    /// The stream of the last message, and which of the lane's writes it was, counted from 1.
    pub(super) last: Option<(Stream, u64)>,
    /// Receivers that the last message has not reached, and when it was written.
    pub(super) missing: u32,
    pub(super) written_ns: u64,
    /// Requests written so far.
    pub(super) writes: u64,
    /// Requests without an answer yet.
    pub(super) unanswered: VecDeque<Unanswered>,
}

/// What a user says to one receiver or group.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) kind: Kind,
    pub(super) stream: Stream,
    pub(super) template: ChatTemplate,
    /// The server's id of the receiver or of the group.
    pub(super) target: i64,
    /// How many users each message must reach.
    pub(super) receivers: u32,
    /// Group messages that have not reached everybody, from `reached_from` on.
    pub(super) reached: VecDeque<Reach>,
    pub(super) reached_from: u32,
}

/// What a user says to at most two receivers. The first stands in place: with thousands of users each place of its own
/// would be another wait for memory.
#[derive(Debug, Default)]
pub(super) struct Talks {
    first: Option<Talk>,
    second: Option<Box<Talk>>,
}

impl Talks {
    pub(super) fn push(&mut self, talk: Talk) {
        if self.first.is_none() {
            self.first = Some(talk);
        } else {
            self.second = Some(Box::new(talk));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Talk> {
        self.first.iter().chain(self.second.as_deref())
    }

    #[inline]
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Talk> {
        self.first.iter_mut().chain(self.second.as_deref_mut())
    }
}

/// How far a group message has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Receivers whom it has reached, and must reach.
    pub(super) count: u32,
    pub(super) of: u32,
    /// The response of the first of them, where it was online.
    pub(super) first_ns: Option<u64>,
}

/// A slot that waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    pub(super) at_ns: u64,
    pub(super) action: Action,
}

/// A request that waits for its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unanswered {
    pub(super) what: Asked,
    pub(super) written_ns: u64,
    /// Which of the lane's writes it was, counted from 1.
    pub(super) write: u64,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    Message {
        kind: Kind,
        stream: Stream,
        sequence: u32,
    },
    /// With the group, where one was asked to join.
    Operation {
        operation: Operation,
        group: Option<usize>,
    },
}

impl Lane {
    /// How many users a message for this slot must reach; none where it is no message.
    pub(super) fn receivers(&self, action: Action) -> u32 {
        action.message().and_then(|kind| self.talk(kind)).map_or(0, |talk| talk.receivers)
    }

    /// What the user says in messages of this kind.
    pub(super) fn talk(&self, kind: Kind) -> Option<&Talk> {
        self.talks.iter().find(|talk| talk.kind == kind)
    }
}

impl VirtualUser {
    /// The id of the user whom it chats with.
    pub(super) fn chat_partner(&self) -> Option<i64> {
        self.aims.iter().find(|aim| aim.kind == Kind::Chat).map(|aim| aim.id)
    }

    /// Whether it has nothing to do and no connection.
    pub(super) fn is_gone(&self) -> bool {
        self.connection.is_none()
    }
}

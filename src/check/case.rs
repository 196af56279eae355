//! What a case is.

use std::{future::Future, pin::Pin, time::Duration};

use super::expect::Outcome;
use crate::{
    fixture::Fixture,
    verdict::Level,
    wire::{
        dialect::{Dialect, Kind, SecondLogin},
        framing::{Framing, HEADER_KEY},
    },
};

/// How long a case may take, unless it says otherwise: more than any chain of deadlines inside it that is not hopeless.
const DEADLINE: Duration = Duration::from_secs(20);

pub(super) type Body =
    for<'a> fn(&'a Fixture) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Cases on one subject, whose ids begin with the same word.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// What their ids begin with, such as `CHAT`.
    pub key: &'static str,
    /// The subject.
    pub title: &'static str,
    /// The cases, each after those of its section that it stands on.
    pub cases: &'static [Case],
}

/// A numbered case.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each says a thing of its own about the case")]
pub struct Case {
    /// Its number, such as `CHAT-1`.
    pub id: &'static str,
    /// How binding the requirement is.
    pub level: Level,
    /// The requirement, in a sentence about the server.
    pub requirement: &'static str,
    /// The cases it stands on: when one of them fails, this one is blocked.
    pub after: &'static [&'static str],
    /// What the dialect must be able to say.
    pub needs: &'static [Needs],
    /// Whether servers are known to die of it.
    pub may_kill: bool,
    /// Whether the server must show afterwards, over eight connections, that it still serves its users.
    pub hostile: bool,
    /// Whether it needs a server that the harness launched as a process: it sends signals.
    pub signals: bool,
    /// Whether it needs a cluster of several nodes.
    pub cluster: bool,
    /// Whether it needs a balancer before them.
    pub balancer: bool,
    /// How long it may take, the proof of service afterwards left out.
    pub deadline: Duration,
    pub(super) body: Body,
}

/// Something that not every dialect can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A request.
    Request(Kind),
    /// A list of friends in the login reply.
    FriendList,
    /// A list of groups in the login reply.
    GroupList,
    /// Some way to learn the id of a group that was made.
    GroupId,
    /// A login that is refused because the user is in session already.
    SecondLoginRefused,
    /// Requests that follow their length.
    Length,
    /// Requests that end with a newline.
    Lines,
    /// Documents in which anything may stand for the message number: a header holds whole numbers only.
    NumberInDocument,
    /// Requests with something besides the document, that says where it ends.
    Framed,
    /// Requests that the server takes as one read returned them, perhaps ended by a NUL.
    Unframed,
}

impl Needs {
    /// Why a dialect cannot express it; `None` when it can.
    pub fn lacking(self, dialect: &Dialect) -> Option<String> {
        let name = &dialect.name;
        match self {
            Self::Request(kind) if dialect.request(kind).is_none() => {
                Some(format!("the dialect {name} has no [{}]", kind.table()))
            }
            Self::FriendList if !dialect.lists_friends() => {
                Some(format!("the login reply of the dialect {name} lists no friends"))
            }
            Self::GroupList if !dialect.lists_groups() => {
                Some(format!("the login reply of the dialect {name} lists no groups"))
            }
            Self::GroupId if !dialect.tells_group_id() && !dialect.lists_groups() => {
                Some(format!("the dialect {name} tells the id of a new group nowhere"))
            }
            Self::SecondLoginRefused if dialect.login.second_login == SecondLogin::Kick => {
                Some(format!("a second login of the dialect {name} ends the first session"))
            }
            Self::Length if dialect.to_server.header_bytes() == 0 => {
                Some(format!("requests of the dialect {name} are not framed by length"))
            }
            Self::NumberInDocument if dialect.key == HEADER_KEY => {
                Some(format!("the dialect {name} has message numbers in headers"))
            }
            Self::Lines if dialect.to_server != Framing::Newline => {
                Some(format!("requests of the dialect {name} are not framed by newline"))
            }
            Self::Framed if dialect.to_server == Framing::None => {
                Some(format!("requests of the dialect {name} have no framing"))
            }
            Self::Unframed if dialect.to_server.separates() => {
                Some(format!("requests of the dialect {name} are framed"))
            }
            _ => None,
        }
    }
}

impl Case {
    /// A case of level MUST.
    pub(super) const fn must(id: &'static str, requirement: &'static str, body: Body) -> Self {
        Self {
            id,
            level: Level::Must,
            requirement,
            after: &[],
            needs: &[],
            may_kill: false,
            hostile: false,
            signals: false,
            cluster: false,
            balancer: false,
            deadline: DEADLINE,
            body,
        }
    }

    /// A case of level SHOULD.
    pub(super) const fn should(id: &'static str, requirement: &'static str, body: Body) -> Self {
        Self { level: Level::Should, ..Self::must(id, requirement, body) }
    }

    /// A case of level INFO.
    pub(super) const fn info(id: &'static str, requirement: &'static str, body: Body) -> Self {
        Self { level: Level::Info, ..Self::must(id, requirement, body) }
    }

    /// Stands on these cases.
    pub(super) const fn after(self, after: &'static [&'static str]) -> Self {
        Self { after, ..self }
    }

    /// Needs a dialect that can say these.
    pub(super) const fn needs(self, needs: &'static [Needs]) -> Self {
        Self { needs, ..self }
    }

    /// Servers are known to die of it.
    pub(super) const fn may_kill(self) -> Self {
        Self { may_kill: true, ..self }
    }

    /// The server must show afterwards that it still serves its users.
    pub(super) const fn hostile(self) -> Self {
        Self { hostile: true, ..self }
    }

    /// Sends signals to the server's process.
    pub(super) const fn signals(self) -> Self {
        Self { signals: true, ..self }
    }

    /// Needs several nodes.
    pub(super) const fn cluster(self) -> Self {
        Self { cluster: true, ..self }
    }

    /// Needs a balancer before the nodes.
    pub(super) const fn balancer(self) -> Self {
        Self { balancer: true, ..self }
    }

    /// May take this long.
    pub(super) const fn within(self, seconds: u64) -> Self {
        Self { deadline: Duration::from_secs(seconds), ..self }
    }

    /// Why it cannot be run in this dialect; `None` when it can.
    pub fn inexpressible(&self, dialect: &Dialect) -> Option<String> {
        self.needs.iter().find_map(|need| need.lacking(dialect))
    }
}

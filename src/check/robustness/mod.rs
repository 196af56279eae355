//! What a chat server must survive, and what becomes of it: everybody who does not behave.
//!
//! Whatever the level of a case, a server that dies of it, or serves its users no more, has failed a MUST.

mod churn;
mod framing;
mod malformed;
mod names;
mod nodes;
mod peers;
mod process;
mod requests;
mod service;
mod sessions;
mod sizes;
mod slow;
mod stranger;

use super::{
    attempt,
    case::{self, Body, Case, Section},
    expect, functional,
};

pub(super) use service::{still_answers, still_serves};

/// The sections, in the order in which they are run: the gentle ones first.
pub(super) const SECTIONS: &[Section] = &[
    Section { key: "FRAME", title: "how documents are cut into writes", cases: framing::CASES },
    Section { key: "BAD", title: "bytes that are no request", cases: malformed::CASES },
    Section { key: "REQ", title: "requests with something wrong in them", cases: requests::CASES },
    Section { key: "NAME", title: "names and passwords", cases: names::CASES },
    Section { key: "SIZE", title: "long messages", cases: sizes::CASES },
    Section { key: "SESS", title: "who may say what, and who is here", cases: sessions::CASES },
    Section { key: "PEER", title: "clients that are slow, many, or gone", cases: peers::CASES },
    Section { key: "SLOW", title: "users who do not read", cases: slow::CASES },
    Section { key: "CHURN", title: "coming and leaving, in cycles", cases: churn::CASES },
    Section { key: "PROC", title: "signals and a new start", cases: process::CASES },
    Section { key: "NODE", title: "one node of several is killed", cases: nodes::CASES },
];

/// A MUST that stands on chats working at all, after which the server has to prove that it still serves.
const fn must(id: &'static str, requirement: &'static str, body: Body) -> Case {
    Case::must(id, requirement, body).after(&["CHAT-1"]).hostile()
}

/// The same for a SHOULD.
const fn should(id: &'static str, requirement: &'static str, body: Body) -> Case {
    Case::should(id, requirement, body).after(&["CHAT-1"]).hostile()
}

/// The same for what is only looked at.
const fn info(id: &'static str, requirement: &'static str, body: Body) -> Case {
    Case::info(id, requirement, body).after(&["CHAT-1"]).hostile()
}

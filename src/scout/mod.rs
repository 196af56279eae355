//! What a server speaks, found out by asking it step by step.
//!
//! From a dialect to begin with, two users register, log in, talk, make a group and come back; what the server answers is held
//! against the dialect. What differs becomes a change of a key; what cannot be understood is said, with the bytes.

mod absence;
mod entries;
mod line;
mod look;
mod people;
mod refusals;
mod steps;

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::timeout;

use crate::{
    fixture::Fixture,
    record::Death,
    wire::dialect::{Dialect, Kind},
};

/// What was done and found, to be told before anything is sent.
pub const WHAT_IT_DOES: &str = "registers two users and makes a group (their names begin with hx), sends five messages and a \
                                wrong password, and, to a server that it launched itself, two requests in one write at the \
                                end, of which many die";

/// What a key of the dialect should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// This number.
    Number(i64),
    /// These numbers.
    Numbers(Vec<i64>),
    /// This text.
    Word(String),
    /// Yes or no.
    Switch(bool),
    /// Nothing: the key should not be there.
    Absent,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Numbers(numbers) => write!(f, "{numbers:?}"),
            Self::Word(word) => write!(f, "\"{word}\""),
            Self::Switch(on) => write!(f, "{on}"),
            Self::Absent => f.write_str("(to be left out)"),
        }
    }
}

/// A key of the dialect that says something else than the server does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it stands, such as `login.reply.user`.
    pub key: String,
    /// What it should say.
    pub setting: Setting,
    /// What was seen.
    pub why: String,
}

/// One step: what passed, and what it told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What was tried.
    pub what: String,
    /// What passed on the connections, in its order, each with its direction.
    pub passed: Vec<String>,
    /// What was recognised, or not.
    pub told: Vec<String>,
}

/// What was found out.
#[derive(Debug, Default)]
pub struct Scouting {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// What the dialect should say differently.
    pub changes: Vec<Change>,
    /// Why it could not go on: the dialect is another, or the server does not work.
    pub doubt: Option<String>,
    /// The server died on the way.
    pub death: Option<Arc<Death>>,
}

/// Asks the server of this fixture, from the fixture's dialect on; `seen` is told of each step as it ends.
pub async fn scout(fixture: &Fixture, seen: impl FnMut(&Step)) -> Scouting {
    let mut scout = Scout {
        fixture,
        base: fixture.dialect(),
        step: Step::default(),
        refusals: Vec::new(),
        ack_key: fixture.dialect().key_of_acks().to_owned(),
        tried_a_wrong_password: false,
        no_to_a_wrong_password: None,
        accepted: 0,
        found: Scouting::default(),
        seen,
    };
    // An end before the last step has said why.
    let _ = scout.all().await;
    if !scout.step.what.is_empty() {
        scout.ends();
    }
    scout.found.death = fixture.death();
    scout.found
}

/// On its way.
struct Scout<'f, S> {
    fixture: &'f Fixture,
    base: &'f Dialect,
    step: Step,
    /// Refusals under a number that the dialect does not know.
    refusals: Vec<(Kind, line::Heard)>,
    /// The key of the number in acknowledgements.
    ack_key: String,
    /// Once is enough.
    tried_a_wrong_password: bool,
    /// The code with which a wrong password is refused.
    no_to_a_wrong_password: Option<i64>,
    /// Requests of users in session that were done.
    accepted: u32,
    found: Scouting,
    seen: S,
}

/// There is no sense in going on.
struct Stop;

impl<S: FnMut(&Step)> Scout<'_, S> {
    fn begins(&mut self, what: &str) {
        if !self.step.what.is_empty() {
            self.ends();
        }
        what.clone_into(&mut self.step.what);
    }

    fn ends(&mut self) {
        let step = std::mem::take(&mut self.step);
        (self.seen)(&step);
        self.found.steps.push(step);
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.step.told.push(what.into());
    }

    /// The dialect says something else: what was seen first counts.
    fn change(&mut self, key: &str, setting: Setting, why: &str) {
        if self.found.changes.iter().any(|change| change.key == key) {
            return;
        }
        self.tell(format!("{why}: {key} = {setting}"));
        self.found.changes.push(Change { key: key.to_owned(), setting, why: why.to_owned() });
    }

    /// The death of the server, if it is dead: the kernel closes connections before it reports. A server whose connection
    /// stays open is not dying.
    async fn death_news(&self, connection_closed: bool) -> Option<Arc<Death>> {
        const NEWS: Duration = Duration::from_secs(2);
        if !connection_closed {
            return self.fixture.death();
        }
        if !self.fixture.server().is_ours() {
            return None;
        }
        let mut death = self.fixture.server().death();
        let found = timeout(NEWS, death.wait_for(Option::is_some)).await;
        found.ok()?.ok()?.clone()
    }

    fn doubts(&mut self, why: String) -> Stop {
        self.found.doubt.get_or_insert(why);
        Stop
    }
}

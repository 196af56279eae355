//! What the engine measures and counts besides the ledger.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    mix::{Action, Operation},
    users::{Hold, Reach},
};
use crate::{
    record::{Example, Finding, FindingKind, UserCounts},
    stats::{Histogram, Series},
};

/// Why a slot of the schedule was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unsent {
    /// The user was not in session.
    NoSession,
    /// Nobody was there to write to.
    NoReceiver,
    /// See [`Hold::Unread`].
    Unread,
    /// See [`Hold::Full`].
    Full,
    /// See [`Hold::Undelivered`].
    Undelivered,
    /// The stage ended while it waited.
    Cut,
    /// The generator did not come to it: its own fault.
    Generator,
}

impl Unsent {
    /// In the words of a report.
    pub(super) fn cause(self) -> &'static str {
        match self {
            Self::NoSession => "the user was not in session",
            Self::NoReceiver => "there was nobody to write to",
            Self::Unread => "the server had not read the message before",
            Self::Full => "the server did not read: its receive window was full",
            Self::Undelivered => "the message before was not delivered",
            Self::Cut => "the stage was ended early",
            Self::Generator => "the generator was too slow",
        }
    }
}

impl From<Hold> for Unsent {
    fn from(hold: Hold) -> Self {
        match hold {
            Hold::Unread => Self::Unread,
            Hold::Full => Self::Full,
            Hold::Undelivered => Self::Undelivered,
        }
    }
}

/// Counts and distributions of one stage.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) users: UserCounts,
    pub(super) connect: Histogram,
    pub(super) register: Histogram,
    pub(super) login: Histogram,
    pub(super) ack: Histogram,
    pub(super) response: Histogram,
    pub(super) service: Histogram,
    /// The same apart for pairs on one node and on two, where there are several.
    pub(super) by_path: Option<Box<ByPath>>,
    pub(super) group_first: Histogram,
    pub(super) group_median: Histogram,
    pub(super) group_last: Histogram,
    pub(super) group_spread: Histogram,
    /// Second by second, by the instant at which a message was due.
    pub(super) series: Series,
    /// Slots of the schedule.
    pub(super) scheduled: u64,
    unsent: BTreeMap<Unsent, u64>,
    /// Messages that went out later than due because the server held them up.
    pub(super) held_up: u64,
    operations: BTreeMap<Operation, OperationTally>,
    /// Chats that were never answered, of users who stayed to the end.
    pub(super) unanswered_chats: u64,
    /// Receivers of messages that were not sent.
    pub(super) unsent_pairs: u64,
    findings: BTreeMap<FindingKind, Finding>,
    /// Connections that failed, by what the kernel said.
    pub(super) connect_errors: BTreeMap<String, u64>,
}

/// How long messages took between users on one node, and between those on two.
#[derive(Debug, Default)]
pub(super) struct ByPath {
    pub(super) same: PathTimes,
    pub(super) across: PathTimes,
}

/// How long messages took on one path.
#[derive(Debug, Default)]
pub(super) struct PathTimes {
    pub(super) response: Histogram,
    pub(super) service: Histogram,
}

impl PathTimes {
    fn merge(&mut self, other: &Self) {
        self.response.merge(&other.response);
        self.service.merge(&other.service);
    }
}

/// What became of the requests of one kind that are no messages.
#[derive(Debug, Default)]
pub(super) struct OperationTally {
    /// Slots.
    pub(super) due: u64,
    pub(super) sent: u64,
    pub(super) unsent: u64,
    pub(super) succeeded: u64,
    pub(super) refused: u64,
    pub(super) unanswered: u64,
    pub(super) latency: Histogram,
}

impl OperationTally {
    fn merge(&mut self, other: &Self) {
        self.due += other.due;
        self.sent += other.sent;
        self.unsent += other.unsent;
        self.succeeded += other.succeeded;
        self.refused += other.refused;
        self.unanswered += other.unanswered;
        self.latency.merge(&other.latency);
    }
}

impl Tally {
    /// An empty one, for a server of so many nodes.
    pub(super) fn of(nodes: usize) -> Self {
        Self { by_path: (nodes > 1).then(Box::default), ..Self::default() }
    }

    /// A slot is due.
    #[inline]
    pub(super) fn due(&mut self, action: Action) {
        match action {
            Action::Ask(operation) => self.operation(operation).due += 1,
            _ => self.scheduled += 1,
        }
    }

    /// It was not due after all.
    pub(super) fn never_due(&mut self, action: Action) {
        match action {
            Action::Ask(operation) => self.operation(operation).due -= 1,
            _ => self.scheduled -= 1,
        }
    }

    /// A slot was not sent, whose message so many must hear.
    pub(super) fn unsent(&mut self, why: Unsent, action: Action, receivers: u32) {
        if let Action::Ask(operation) = action {
            self.operation(operation).unsent += 1;
        } else {
            *self.unsent.entry(why).or_default() += 1;
            self.unsent_pairs += u64::from(receivers);
        }
    }

    /// The counts of one kind of request.
    pub(super) fn operation(&mut self, operation: Operation) -> &mut OperationTally {
        self.operations.entry(operation).or_default()
    }

    /// The counts of two parts of a stage together.
    pub(super) fn merge(&mut self, other: Self) {
        self.users = std::mem::take(&mut self.users).and(&other.users);
        for (own, theirs) in [
            (&mut self.connect, &other.connect),
            (&mut self.register, &other.register),
            (&mut self.login, &other.login),
            (&mut self.ack, &other.ack),
            (&mut self.response, &other.response),
            (&mut self.service, &other.service),
            (&mut self.group_first, &other.group_first),
            (&mut self.group_median, &other.group_median),
            (&mut self.group_last, &other.group_last),
            (&mut self.group_spread, &other.group_spread),
        ] {
            own.merge(theirs);
        }
        if let (Some(own), Some(theirs)) = (&mut self.by_path, &other.by_path) {
            own.same.merge(&theirs.same);
            own.across.merge(&theirs.across);
        }
        self.series.merge(&other.series);
        self.scheduled += other.scheduled;
        self.held_up += other.held_up;
        self.unanswered_chats += other.unanswered_chats;
        self.unsent_pairs += other.unsent_pairs;
        for (why, count) in other.unsent {
            *self.unsent.entry(why).or_default() += count;
        }
        for (operation, counts) in other.operations {
            self.operation(operation).merge(&counts);
        }
        for (error, count) in other.connect_errors {
            *self.connect_errors.entry(error).or_default() += count;
        }
        for (kind, finding) in other.findings {
            match self.findings.entry(kind) {
                Entry::Vacant(free) => {
                    free.insert(finding);
                }
                Entry::Occupied(mut own) => own.get_mut().merge(finding),
            }
        }
    }

    /// Takes the counts of one kind of request.
    pub(super) fn take_operation(&mut self, operation: Operation) -> OperationTally {
        self.operations.remove(&operation).unwrap_or_default()
    }

    /// A group message has reached one more of those whom it must reach.
    pub(super) fn reached(&mut self, reach: Reach, response_ns: u64) {
        if reach.count == 1 {
            self.group_first.record(response_ns);
        }
        if reach.count == reach.of.div_ceil(2) {
            self.group_median.record(response_ns);
        }
        if reach.count == reach.of {
            self.group_last.record(response_ns);
            if let Some(first_ns) = reach.first_ns {
                self.group_spread.record(response_ns.saturating_sub(first_ns));
            }
        }
    }

    /// Slots that were not sent for this reason.
    pub(super) fn unsent_because(&self, why: Unsent) -> u64 {
        self.unsent.get(&why).copied().unwrap_or_default()
    }

    /// All reasons with their counts, as the record keeps them.
    pub(super) fn unsent_causes(&self) -> BTreeMap<String, u64> {
        self.unsent.iter().map(|(why, &count)| (why.cause().to_owned(), count)).collect()
    }

    /// Something was found that the ledger does not see.
    pub(super) fn found(
        &mut self,
        kind: FindingKind,
        meaning: &str,
        example: impl FnOnce() -> Example,
    ) {
        self.findings.entry(kind).or_insert_with(|| Finding::new(kind, meaning)).count_one(example);
    }

    /// All that was found.
    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.values()
    }
}

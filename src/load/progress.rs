//! What can be known of a stage while it runs, and how to end it early.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::engine::Engine;

/// Where a stage is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Users connect.
    #[default]
    Connecting,
    /// Users make their accounts.
    Registering,
    /// Users log in.
    LoggingIn,
    /// Groups are made and joined.
    Grouping,
    /// Who will chat is befriended, where the dialect needs it.
    Befriending,
    /// A second of rest after the last login.
    Settling,
    /// Users send.
    Sending,
    /// What is outstanding is waited for.
    Draining,
    /// Users leave.
    Leaving,
    /// It is over.
    Done,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Connecting => "connecting",
            Self::Registering => "registering",
            Self::LoggingIn => "logging in",
            Self::Grouping => "forming groups",
            Self::Befriending => "adding friends",
            Self::Settling => "settling",
            Self::Sending => "sending",
            Self::Draining => "draining",
            Self::Leaving => "leaving",
            Self::Done => "done",
        })
    }
}

/// The state of a running stage, a few times each second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where it is.
    pub phase: Phase,
    /// Users in session.
    pub users: u64,
    /// Messages sent.
    pub sent: u64,
    /// Message × receiver pairs delivered.
    pub delivered: u64,
    /// Pairs neither delivered nor written off: on their way, or lost.
    pub outstanding: u64,
    /// Duplicates, misdeliveries, corrupted and unexplained arrivals.
    pub wrong: u64,
    /// The 99th percentile of the response latency so far, in nanoseconds.
    pub p99_ns: Option<u64>,
    /// Time since the stage began, in milliseconds.
    pub elapsed_ms: u64,
}

/// A switch that ends a stage early, with what was seen; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    own: Arc<AtomicBool>,
    parent: Option<Arc<AtomicBool>>,
}

impl Cancel {
    /// A switch that is off.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every stage that holds a clone.
    pub fn cancel(&self) {
        self.own.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.own.load(Ordering::Relaxed)
            || self.parent.as_ref().is_some_and(|parent| parent.load(Ordering::Relaxed))
    }

    /// A switch that follows this one, and can be turned without it.
    pub(super) fn child(&self) -> Self {
        Self { own: Arc::default(), parent: Some(self.own.clone()) }
    }
}

impl Progress {
    /// How far two parts of a stage are together: where the slower one is.
    pub(super) fn and(self, other: &Self) -> Self {
        Self {
            phase: self.phase.min(other.phase),
            users: self.users + other.users,
            sent: self.sent + other.sent,
            delivered: self.delivered + other.delivered,
            outstanding: self.outstanding + other.outstanding,
            wrong: self.wrong + other.wrong,
            p99_ns: self.p99_ns.max(other.p99_ns),
            elapsed_ms: self.elapsed_ms.max(other.elapsed_ms),
        }
    }
}

impl Engine {
    /// Tells how far the stage is.
    pub(super) fn report_progress(&self) {
        let balance = self.ledger.balance();
        self.seat.tell(Progress {
            phase: self.phase,
            users: self.in_session,
            sent: balance.sent,
            delivered: balance.delivered(),
            outstanding: balance.outstanding(),
            wrong: balance.duplicated
                + balance.misdelivered
                + balance.corrupted
                + balance.mangled
                + balance.unexpected,
            p99_ns: self.tally.response.quantile_nanos(0.99),
            elapsed_ms: self.now() / 1_000_000,
        });
    }
}

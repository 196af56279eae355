//! What is wrong with a plan, and what to write instead.

use std::time::Duration;

use crate::ledger::{MARK_BYTES, PAYLOAD_MAX_BYTES};

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// Nobody would talk.
    #[error(
        "{clients} clients: a stage needs at least 2, so that somebody hears what another says"
    )]
    TooFewClients {
        /// As planned.
        clients: usize,
    },
    /// Users would share accounts.
    #[error(
        "{clients} clients and {accounts} accounts: give an account for each, or ask for fewer clients"
    )]
    TooFewAccounts {
        /// As planned.
        clients: usize,
        /// As given.
        accounts: usize,
    },
    /// Nothing would be sent.
    #[error("a duration of 0: a stage must send for some time")]
    NoDuration,
    /// Nothing could be answered.
    #[error("a patience of 0: no answer comes in no time; give some, such as 10s")]
    NoPatience,
    /// Slots would have no distance.
    #[error("an interval of 0: give the time between two messages of a client, such as 100ms")]
    NoInterval,
    /// Not one message would be due for each client.
    #[error(
        "an interval of {interval:?} is longer than the stage's {duration:?}: some clients would never send"
    )]
    IntervalTooLong {
        /// As planned.
        interval: Duration,
        /// As planned.
        duration: Duration,
    },
    /// Nobody would come.
    #[error("{per_second} users per second: give a number above 0")]
    NoArrivals {
        /// As planned.
        per_second: f64,
    },
    /// No rate.
    #[error("{per_second} messages per second: give a number above 0")]
    NoRate {
        /// As planned.
        per_second: f64,
    },
    /// The rate would never be reached.
    #[error(
        "a ramp of {ramp:?} is longer than the stage's {duration:?}: its rate would never be reached"
    )]
    RampTooLong {
        /// As planned.
        ramp: Duration,
        /// As planned.
        duration: Duration,
    },
    /// No text.
    #[error("no length of texts: give at least one")]
    NoText,
    /// Nobody would leave.
    #[error("{per_second} departures per second: give a number above 0, or leave `churn` out")]
    NoChurn {
        /// As planned.
        per_second: f64,
    },
    /// Who leaves would not come back.
    #[error("{away:?} away in a stage of {duration:?}: nobody would come back")]
    AwayTooLong {
        /// As planned.
        away: Duration,
        /// As planned.
        duration: Duration,
    },
    /// A group of one has nobody to hear.
    #[error("groups of {size}: a group needs at least 2 members")]
    GroupTooSmall {
        /// As planned.
        size: usize,
    },
    /// Users would write from part to part.
    #[error("{threads} threads for {clients} clients in wholes of {unit}: at most {} of them have anybody to drive", (clients / unit).max(1))]
    TooManyThreads {
        /// As planned.
        threads: usize,
        /// As planned.
        clients: usize,
        /// Users who stay together.
        unit: usize,
    },
    /// All write to one user, who is in one part.
    #[error(
        "{threads} threads and one receiver for all: each thread drives users who write to each other; take 1"
    )]
    OneForAll {
        /// As planned.
        threads: usize,
    },
    /// Each part would write the file.
    #[error(
        "{threads} threads and a pool of accounts, which one of them keeps: take 1, or fill the pool with one thread first and give it as a CSV"
    )]
    SharedPool {
        /// As planned.
        threads: usize,
    },
    /// Nothing would be measured.
    #[error("a mix without chat and group_chat: nobody says anything, and nothing could be lost")]
    SilentMix,
    /// The parts could not be told apart from all.
    #[error("a weight of {weight} in the mix: at most {most}")]
    HeavyMix {
        /// As planned.
        weight: u32,
        /// The most.
        most: u32,
    },
    /// The workload says whom chats go to, and this one does not.
    #[error(
        "chats in the mix, and a workload of groups alone: write `workload = \"ring\"` (or pairs, hot_receiver), which \
         says whom chats go to; group chats go to groups of `group_size` all the same"
    )]
    ChatsToNobody,
    /// The dialect does not declare it.
    #[error("the mix names the custom message `{name}`, and the dialect has {}: declare it in the dialect as [custom.{name}]", if there.is_empty() { "none".to_owned() } else { there.join(", ") })]
    NoSuchCustom {
        /// As planned.
        name: String,
        /// Those of the dialect.
        there: Vec<String>,
    },
    /// The text cannot be tracked.
    #[error("texts of {bytes} bytes: between {MARK_BYTES} and {} can be tracked", MARK_BYTES + PAYLOAD_MAX_BYTES)]
    TextSize {
        /// As planned.
        bytes: usize,
    },
}

//! What a stage is to do: how many users, how they arrive, who writes to whom, how often, for how long.

use std::time::Duration;

use super::{Accounts, Churn, Leave, Mix, PlanError};
use crate::{
    ledger::{MARK_BYTES, PAYLOAD_MAX_BYTES},
    record,
};

/// The plan of one stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Virtual users.
    pub clients: usize,
    /// How long they send.
    pub duration: Duration,
    /// Whom they log in as.
    pub accounts: Accounts,
    /// How they connect, register, log in and leave.
    pub arrivals: Arrivals,
    /// Who writes to whom.
    pub workload: Workload,
    /// What the slots are for, where it is not the workload's message alone.
    pub mix: Option<Mix>,
    /// Members of a group, where the mix has groups and the workload does not say.
    pub group_size: usize,
    /// When a message goes out.
    pub pace: Pace,
    /// How the slots lie in time.
    pub spread: Spread,
    /// From the first slot on the rate rises evenly from nothing, for so long.
    pub ramp: Duration,
    /// Whether two requests on an unframed connection may share a read of the server.
    pub allow_coalescing: bool,
    /// From the last login to the first message.
    pub settle: Duration,
    /// What the texts are made of.
    pub texts: Texts,
    /// How long the engine waits for what is outstanding.
    pub drain: Drain,
    /// How long one connect, one acknowledgement or one leaving may take.
    pub patience: Duration,
    /// The seed of every random choice.
    pub seed: u64,
    /// Threads of the generator: each drives a part of the users, who write to each other alone.
    pub threads: usize,
    /// Users who leave and come back while the others send.
    pub churn: Option<Churn>,
    /// How users leave at the end.
    pub leave: Leave,
    /// How users go at the end, where it is not as they came.
    pub departures: Option<Arrivals>,
}

/// How users come and go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrivals {
    /// So many each second, evenly.
    Staggered {
        /// Users per second.
        per_second: f64,
    },
    /// So many each second on average, as a Poisson process: as people come who know nothing of each other.
    Poisson {
        /// Users per second.
        per_second: f64,
    },
    /// All at once.
    Storm,
}

/// Who writes to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Workload {
    /// Each user chats with the next, the last with the first.
    ChatRing,
    /// Users are paired at random, and each chats with the other; one who is left over chats with the first.
    ChatPairs,
    /// Everybody chats with one user.
    HotReceiver,
    /// Users form groups and write to their own; the last group may be smaller.
    Groups {
        /// Members of a group.
        size: usize,
    },
}

/// How the slots of all clients lie in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Spread {
    /// Evenly; each client's first slot is at a random phase.
    #[default]
    Even,
    /// A Poisson process: gaps are exponentially distributed, as arrivals of people who know nothing of each other are.
    Poisson,
}

/// What the texts of messages are made of, behind the mark by which each is known again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Texts {
    /// The lengths in bytes, of which each message has one at random; never shorter than a mark.
    pub bytes: Vec<usize>,
    /// The letters.
    pub script: Script,
}

/// Letters of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Script {
    /// One byte each, nothing to escape.
    #[default]
    Ascii,
    /// Chinese, three bytes each.
    Cjk,
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: vec![MARK_BYTES], script: Script::Ascii }
    }
}

/// Members of a group, unless a plan says otherwise.
pub(crate) const GROUP_SIZE: usize = 10;
/// Of a range of lengths so many are used.
const LENGTHS_MAX: usize = 64;

impl Texts {
    /// Lengths between these two, both included.
    pub fn between(least: usize, most: usize, script: Script) -> Self {
        let steps = most.saturating_sub(least).clamp(1, LENGTHS_MAX - 1);
        let bytes = (0..=steps).map(|step| least + most.saturating_sub(least) * step / steps);
        let mut bytes: Vec<usize> = bytes.collect();
        bytes.dedup();
        Self { bytes, script }
    }
}

/// When a message goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pace {
    /// At its slot, whatever became of the one before.
    Open {
        /// From one slot of a client to its next.
        interval: Duration,
    },
    /// At its slot, but not before the last one has reached all its receivers.
    Delivery {
        /// From one slot of a client to its next; without it the next goes out as soon as the last has arrived, and
        /// there is no response latency.
        interval: Option<Duration>,
    },
    /// At its slot, but not before the server has read the last one, framed or not.
    Read {
        /// From one slot of a client to its next; without it the next goes out as soon as the last has been read, and
        /// there is no response latency.
        interval: Option<Duration>,
    },
}

/// How the engine waits at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Drain {
    /// At least so long: a second copy may come late.
    pub least: Duration,
    /// Then until everything is accounted for, or nothing has come for so long.
    pub quiet: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self { least: Duration::from_secs(2), quiet: Duration::from_secs(5) }
    }
}

impl Default for Arrivals {
    fn default() -> Self {
        Self::Staggered { per_second: 200.0 }
    }
}

impl Plan {
    /// A steady chat: user i writes to user i + 1, each `interval`, for `duration`.
    pub fn steady(clients: usize, interval: Duration, duration: Duration) -> Self {
        Self {
            clients,
            duration,
            accounts: Accounts::Fresh,
            arrivals: Arrivals::default(),
            workload: Workload::ChatRing,
            mix: None,
            group_size: GROUP_SIZE,
            pace: Pace::Open { interval },
            spread: Spread::Even,
            ramp: Duration::ZERO,
            allow_coalescing: false,
            settle: Duration::from_secs(1),
            texts: Texts::default(),
            drain: Drain::default(),
            patience: Duration::from_secs(10),
            seed: 1,
            threads: 1,
            churn: None,
            leave: Leave::Finish,
            departures: None,
        }
    }

    /// Whether the plan can be run.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), PlanError> {
        if self.clients < 2 {
            return Err(PlanError::TooFewClients { clients: self.clients });
        }
        if let Accounts::Given(accounts) = &self.accounts
            && accounts.len() < self.clients
        {
            let (clients, accounts) = (self.clients, accounts.len());
            return Err(PlanError::TooFewAccounts { clients, accounts });
        }
        if self.duration.is_zero() {
            return Err(PlanError::NoDuration);
        }
        if self.patience.is_zero() {
            return Err(PlanError::NoPatience);
        }
        match self.pace.interval() {
            Some(Duration::ZERO) => return Err(PlanError::NoInterval),
            Some(interval) if interval > self.duration => {
                return Err(PlanError::IntervalTooLong { interval, duration: self.duration });
            }
            _ => {}
        }
        for arrivals in [Some(self.arrivals), self.departures] {
            if let Some(Arrivals::Staggered { per_second } | Arrivals::Poisson { per_second }) =
                arrivals
                && !(per_second > 0.0 && per_second.is_finite())
            {
                return Err(PlanError::NoArrivals { per_second });
            }
        }
        if let Some(churn) = self.churn {
            churn.check(self.duration)?;
        }
        if let Some(size) = self.groups().filter(|size| *size < 2) {
            return Err(PlanError::GroupTooSmall { size });
        }
        if let Some(mix) = &self.mix {
            mix.check(self.workload)?;
        }
        self.parts()?;
        if self.ramp > self.duration {
            return Err(PlanError::RampTooLong { ramp: self.ramp, duration: self.duration });
        }
        if self.texts.bytes.is_empty() {
            return Err(PlanError::NoText);
        }
        let trackable = MARK_BYTES..=MARK_BYTES + PAYLOAD_MAX_BYTES;
        if let Some(bytes) = self.texts.bytes.iter().find(|bytes| !trackable.contains(bytes)) {
            return Err(PlanError::TextSize { bytes: *bytes });
        }
        Ok(())
    }

    /// Members of a group, if users form groups.
    pub(super) fn groups(&self) -> Option<usize> {
        match (self.workload, &self.mix) {
            (Workload::Groups { size }, _) => Some(size),
            (_, Some(mix)) if mix.group_chat + mix.join_group > 0 => Some(self.group_size),
            _ => None,
        }
    }

    fn describe_workload(&self) -> String {
        let mut text = self.workload.describe();
        if let Some(mix) = &self.mix {
            text = match self.groups().filter(|_| !self.workload.is_group()) {
                Some(size) => format!("{text}, groups of {size}, {mix}"),
                None => format!("{text}, {mix}"),
            };
        }
        match self.churn {
            None => text,
            Some(churn) => format!("{text}, {churn}"),
        }
    }

    /// The plan as the record keeps it.
    pub fn facts(&self) -> record::StagePlan {
        let interval = self.pace.interval();
        let spread = if self.spread == Spread::Even { "even" } else { "Poisson" };
        record::StagePlan {
            clients: self.clients as u64,
            duration_ms: self.duration.as_millis() as u64,
            interval_us: interval.map(|it| it.as_micros() as u64),
            rate_per_s: interval.map(|it| self.clients as f64 / it.as_secs_f64()),
            workload: self.describe_workload(),
            pace: match self.pace {
                Pace::Open { .. } => "open".to_owned(),
                Pace::Delivery { .. } => "delivery".to_owned(),
                Pace::Read { .. } => "read".to_owned(),
            },
            spread: spread.to_owned(),
            ramp_ms: (!self.ramp.is_zero()).then_some(self.ramp.as_millis() as u64),
            texts: self.texts.describe(),
            generator_threads: self.threads as u64,
            nodes: 1,
            seed: self.seed,
        }
    }
}

impl Pace {
    /// The time between two slots of a client, where there are slots.
    pub fn interval(self) -> Option<Duration> {
        match self {
            Self::Open { interval } => Some(interval),
            Self::Delivery { interval } | Self::Read { interval } => interval,
        }
    }

    /// The same with another time between two slots.
    #[must_use]
    pub fn every(self, interval: Duration) -> Self {
        match self {
            Self::Open { .. } => Self::Open { interval },
            Self::Delivery { .. } => Self::Delivery { interval: Some(interval) },
            Self::Read { .. } => Self::Read { interval: Some(interval) },
        }
    }

    /// The time between two slots of a client when all together have so many a second.
    ///
    /// # Errors
    /// The rate is not above 0.
    pub fn interval_of_rate(clients: usize, per_second: f64) -> Result<Duration, PlanError> {
        let seconds = clients as f64 / per_second;
        Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|interval| per_second > 0.0 && !interval.is_zero())
            .ok_or(PlanError::NoRate { per_second })
    }

    /// Whether a message waits for the delivery of the one before.
    pub(super) fn awaits_delivery(self) -> bool {
        matches!(self, Self::Delivery { .. })
    }
}

impl Workload {
    /// Whether messages go to groups.
    pub(super) fn is_group(self) -> bool {
        matches!(self, Self::Groups { .. })
    }

    fn describe(self) -> String {
        match self {
            Self::ChatRing => "ring".to_owned(),
            Self::ChatPairs => "pairs".to_owned(),
            Self::HotReceiver => "hot receiver".to_owned(),
            Self::Groups { size } => format!("groups of {size}"),
        }
    }
}

impl Texts {
    /// `63 bytes`, `63 to 500 bytes of Chinese`.
    fn describe(&self) -> String {
        let (least, most) = (self.bytes.iter().min(), self.bytes.iter().max());
        let (least, most) = (least.copied().unwrap_or_default(), most.copied().unwrap_or_default());
        let size = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let script = match self.script {
            Script::Ascii => "",
            Script::Cjk => " of Chinese",
        };
        format!("{size} bytes{script}")
    }
}

impl Arrivals {
    /// The time between two users, or the mean of it.
    pub(super) fn gap_ns(self) -> u64 {
        match self {
            Self::Staggered { per_second } | Self::Poisson { per_second } => {
                (1e9 / per_second) as u64
            }
            Self::Storm => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan::steady(2, Duration::from_millis(100), Duration::from_secs(1))
    }

    #[test]
    fn a_plan_that_cannot_be_run_says_why() {
        assert_eq!(plan().check(), Ok(()));
        for (wrong, word) in [
            (Plan { clients: 1, ..plan() }, "at least 2"),
            (Plan { duration: Duration::ZERO, ..plan() }, "duration of 0"),
            (Plan { pace: Pace::Open { interval: Duration::ZERO }, ..plan() }, "interval of 0"),
            (Plan { duration: Duration::from_millis(50), ..plan() }, "longer than"),
            (Plan { arrivals: Arrivals::Staggered { per_second: f64::NAN }, ..plan() }, "NaN"),
            (Plan { arrivals: Arrivals::Poisson { per_second: 0.0 }, ..plan() }, "0"),
            (Plan { workload: Workload::Groups { size: 1 }, ..plan() }, "groups of 1"),
            (
                Plan { texts: Texts { bytes: vec![100, 10], ..Texts::default() }, ..plan() },
                "10 bytes",
            ),
            (Plan { texts: Texts { bytes: vec![], ..Texts::default() }, ..plan() }, "no length"),
            (Plan { ramp: Duration::from_secs(2), ..plan() }, "a ramp of 2s"),
            (Plan { patience: Duration::ZERO, ..plan() }, "a patience of 0"),
        ] {
            let error = wrong.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_rate_of_all_is_an_interval_of_each() {
        assert_eq!(Pace::interval_of_rate(50, 500.0), Ok(Duration::from_millis(100)));
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300] {
            let error = Pace::interval_of_rate(50, wrong).unwrap_err().to_string();
            assert!(error.contains("above 0"), "{error}");
        }
    }

    #[test]
    fn lengths_between_two_bounds_hold_both() {
        assert_eq!(Texts::between(70, 72, Script::Ascii).bytes, [70, 71, 72]);
        let many = Texts::between(63, 10_000, Script::Cjk);
        assert_eq!((many.bytes.len(), many.bytes[0], many.bytes[63]), (64, 63, 10_000));
        assert_eq!(many.describe(), "63 to 10000 bytes of Chinese");
        assert_eq!(Texts::between(80, 80, Script::Ascii).bytes, [80]);
    }

    #[test]
    fn the_record_keeps_the_total_rate() {
        assert_eq!(plan().facts().rate_per_s, Some(20.0));
    }
}

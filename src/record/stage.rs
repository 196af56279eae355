//! What was planned, done and measured in one stage of load.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Death, Finding, Ground, GrowthRecord, LatencySummary, MonitorSummary, OperationCounts, Second,
    UserCounts,
};
use crate::verdict::Verdict;

/// One stage: the plan beside what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageRecord {
    /// Its name; unique in the run, and part of file names.
    pub name: String,
    /// A warm-up is reported and never judged on times and rates.
    pub warm_up: bool,
    /// What was to be done.
    pub plan: StagePlan,
    /// When it began.
    pub started: Timestamp,
    /// From the first connect to the end of the drain.
    pub took_ms: u64,
    /// Users by how far they came.
    pub users: UserCounts,
    /// Messages by what became of them.
    pub delivery: Delivery,
    /// The same apart for users on one node of a cluster and on two; `None` where everybody was at one address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Paths>,
    /// Requests that are no messages, asked for between them, by kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationCounts>,
    /// How long things took.
    pub latencies: Latencies,
    /// Chats per second over the measured window; `None` when no window was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Rates>,
    /// Second by second, by the instant at which a message was due.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Second>,
    /// Whether the harness itself kept up.
    pub self_check: SelfCheck,
    /// The server's death, which ended the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub death: Option<Death>,
    /// The threshold that ended the stage early, because nothing that came could have mended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// What was wrong, the worst first.
    pub findings: Vec<Finding>,
    /// Each requirement with what was observed.
    pub lines: Vec<VerdictLine>,
    /// What the server's process did meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<MonitorSummary>,
    /// The same of the nodes of a cluster beyond the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_monitors: Vec<MonitorSummary>,
    /// Whether the server's process grew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub growth: Vec<GrowthRecord>,
    /// [`StageRecord::judge`], stored.
    pub verdict: Verdict,
}

impl StageRecord {
    /// A stage that begins now and has measured nothing yet.
    pub fn new(name: impl Into<String>, plan: StagePlan, started: Timestamp) -> Self {
        Self {
            name: name.into(),
            warm_up: false,
            plan,
            started,
            took_ms: 0,
            users: UserCounts::default(),
            delivery: Delivery::default(),
            paths: None,
            operations: Vec::new(),
            latencies: Latencies::default(),
            rates: None,
            series: Vec::new(),
            self_check: SelfCheck::default(),
            death: None,
            ended_by: None,
            findings: Vec::new(),
            lines: Vec::new(),
            monitor: None,
            further_monitors: Vec::new(),
            growth: Vec::new(),
            verdict: Verdict::Pass,
        }
    }

    /// The worst of the stored verdict, the lines, the death and the self-check.
    pub fn judge(&self) -> Verdict {
        self.grounds().into_iter().fold(self.verdict, |worst, (verdict, _)| worst.and(verdict))
    }

    /// Every ground on which this stage is not a PASS, the server's death first. A warm-up is not judged by its times,
    /// and so not by the harness's own lateness either.
    pub fn grounds(&self) -> Vec<(Verdict, Ground<'_>)> {
        let mut grounds = Vec::new();
        if let Some(death) = &self.death {
            grounds.push((Verdict::Fail, Ground::Died(death)));
        }
        for line in self.lines.iter().filter(|line| line.verdict() != Verdict::Pass) {
            grounds.push((line.verdict(), Ground::Line(line)));
        }
        if !self.warm_up {
            let late = self.self_check.reasons.iter();
            grounds.extend(late.map(|reason| (Verdict::Invalid, Ground::Late(reason))));
        }
        if grounds.iter().all(|(verdict, _)| *verdict < self.verdict)
            && self.verdict != Verdict::Pass
        {
            grounds.push((self.verdict, Ground::NoLine(self.verdict)));
        }
        grounds
    }

    /// [`StageRecord::grounds`] in words.
    pub fn reasons(&self) -> Vec<(Verdict, String)> {
        let grounds = self.grounds().into_iter();
        grounds.map(|(verdict, ground)| (verdict, ground.to_string())).collect()
    }

    /// Lines that do not hold but are only warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &VerdictLine> {
        self.lines.iter().filter(|line| line.level == Rigour::Warn && line.result != Verdict::Pass)
    }
}

/// What a stage was asked to do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StagePlan {
    /// Virtual users.
    pub clients: u64,
    /// How long they send.
    pub duration_ms: u64,
    /// One message per client each such interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_us: Option<u64>,
    /// Messages of all clients together per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_s: Option<f64>,
    /// Who writes to whom: pairs, ring, groups.
    pub workload: String,
    /// When the next message goes out: open, by delivery, by read.
    pub pace: String,
    /// How the slots lie in time: even, Poisson.
    #[serde(default)]
    pub spread: String,
    /// For so long the rate rose from nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramp_ms: Option<u64>,
    /// What the texts were made of: `63 bytes`.
    #[serde(default)]
    pub texts: String,
    /// Threads that drove the users, each a part of them.
    #[serde(default = "one")]
    pub generator_threads: u64,
    /// Nodes among which the users were divided.
    #[serde(default = "one")]
    pub nodes: u64,
    /// The seed of every random choice.
    pub seed: u64,
}

/// Records of versions before threads and nodes were counted.
fn one() -> u64 {
    1
}

/// Messages by what became of them. A *pair* is a message × a receiver who must hear it; every pair has exactly one fate,
/// see [`Delivery::accounted`]. Copies beyond the first are counted as *arrivals*, beside the fates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Slots of the schedule.
    pub scheduled: u64,
    /// Messages written.
    pub sent: u64,
    /// Slots that were not sent, by cause.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unsent: BTreeMap<String, u64>,
    /// Message × receiver pairs that must be delivered.
    pub entitled: u64,
    /// Pairs whose first copy reached a receiver who was online.
    pub delivered_live: u64,
    /// Pairs whose first copy came with the receiver's next login.
    pub delivered_offline: u64,
    /// Arrivals at a receiver who had the message already.
    pub duplicated: u64,
    /// Pairs that never arrived anywhere.
    pub lost: u64,
    /// Arrivals at somebody who must not hear the message.
    pub misdelivered: u64,
    /// Pairs that somebody else got instead.
    #[serde(default)]
    pub astray: u64,
    /// Pairs whose first copy was not what had been sent.
    pub corrupted: u64,
    /// Arrivals of something that was a message of this run once, and cannot be told which.
    #[serde(default)]
    pub mangled: u64,
    /// Frames that nothing explains.
    pub unexpected: u64,
    /// First copies that came after one that was sent later; they are also among the delivered.
    pub out_of_order: u64,
    /// Pairs whose receiver could not log in again.
    pub uncollected: u64,
    /// Pairs whose fate cannot be known.
    pub indeterminate: u64,
    /// Indeterminate ones that arrived after all; they are counted here and in `indeterminate`.
    pub recovered: u64,
    /// Deliveries to receivers who may hear the message but need not.
    pub may_heard: u64,
    /// Messages of other runs.
    pub foreign: u64,
}

impl Delivery {
    /// Pairs that arrived unchanged, live or offline; some of them more than once, see `duplicated`.
    pub fn delivered(&self) -> u64 {
        self.delivered_live + self.delivered_offline
    }

    /// All fates of pairs together. In a stage that was closed this is `entitled`.
    pub fn accounted(&self) -> u64 {
        self.delivered()
            + self.corrupted
            + self.astray
            + self.lost
            + self.uncollected
            + self.indeterminate
    }

    /// What came altered: pairs, and arrivals that cannot be told apart any more.
    pub fn altered(&self) -> u64 {
        self.corrupted + self.mangled
    }

    /// Slots that were not sent, over all causes.
    pub fn unsent_total(&self) -> u64 {
        self.unsent.values().sum()
    }
}

/// What became of messages between users on one node of a cluster, and between users on different nodes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Paths {
    /// Sender and receiver are on one node.
    pub same_node: PathRecord,
    /// They are on two.
    pub across_nodes: PathRecord,
}

/// Message × receiver pairs on one path by what became of them, in the words of [`Delivery`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PathRecord {
    /// Pairs that must be delivered.
    pub entitled: u64,
    /// Pairs that arrived unchanged, live or offline.
    pub delivered: u64,
    /// Arrivals at a receiver who had the message already.
    pub duplicated: u64,
    /// Pairs that never arrived anywhere.
    pub lost: u64,
    /// Pairs that somebody else got instead.
    pub astray: u64,
    /// Pairs whose first copy was not what had been sent.
    pub corrupted: u64,
    /// Pairs whose receiver could not log in again.
    pub uncollected: u64,
    /// Pairs whose fate cannot be known, and those of them that arrived after all.
    pub indeterminate: u64,
    /// From the scheduled instant to the arrival at the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<LatencySummary>,
    /// From just before the write to the arrival at the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<LatencySummary>,
}

/// How long things took. `response` counts from the scheduled instant, `service` from just before the write.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// Establishing a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<LatencySummary>,
    /// Register to its ack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<LatencySummary>,
    /// Login to its ack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LatencySummary>,
    /// Chat to its ack, where the dialect has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack: Option<LatencySummary>,
    /// From the scheduled instant to the arrival at the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<LatencySummary>,
    /// From just before the write to the arrival at the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<LatencySummary>,
    /// Group messages: response of the first receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_first: Option<LatencySummary>,
    /// Group messages: response of the median receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_median: Option<LatencySummary>,
    /// Group messages: response of the last receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_last: Option<LatencySummary>,
    /// Group messages: from the first receiver to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_spread: Option<LatencySummary>,
}

impl Latencies {
    /// Each distribution that was measured, with its name.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &LatencySummary)> {
        [
            ("connect", &self.connect),
            ("register", &self.register),
            ("login", &self.login),
            ("ack", &self.ack),
            ("response", &self.response),
            ("service", &self.service),
            ("group, first", &self.group_first),
            ("group, median", &self.group_median),
            ("group, last", &self.group_last),
            ("group, spread", &self.group_spread),
        ]
        .into_iter()
        .filter_map(|(name, summary)| summary.as_ref().map(|summary| (name, summary)))
    }
}

/// Chats per second within the measured window; logins do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// When the window began, counted from the start of the stage.
    #[serde(default)]
    pub window_from_ms: u64,
    /// The window: from the last login + 1 s to the end of sending.
    pub window_ms: u64,
    /// Chats written per second.
    pub sent_per_s: f64,
    /// Chats delivered per second, every receiver counted.
    pub delivered_per_s: f64,
}

/// Whether the harness kept up with its own schedule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// How late messages were written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_lateness: Option<LatencySummary>,
    /// How late arrived bytes were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_lateness: Option<LatencySummary>,
    /// The longest time in which a generator thread did nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_stall_ms: Option<f64>,
    /// CPU of the generator, percent of one core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_cpu_percent: Option<f64>,
    /// CPU time of the generator until everybody is in: connecting, registering, logging in, joining.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter_cpu_ms: Option<f64>,
    /// CPU time of the generator from the first message to the closed ledger, without the leaving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_cpu_ms: Option<f64>,
    /// Time the generator was ready to run and had no core, percent of the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starved_percent: Option<f64>,
    /// CPU that the hypervisor gave to others, percent of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal_percent: Option<f64>,
    /// Why times and rates of this stage are INVALID; empty when they are valid.
    pub reasons: Vec<String>,
}

/// Whether a line that does not hold makes the stage red.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rigour {
    /// It does.
    #[default]
    Fail,
    /// It is a warning.
    Warn,
}

impl fmt::Display for Rigour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fail => "fail",
            Self::Warn => "warn",
        })
    }
}

/// One requirement on a stage with what was observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictLine {
    /// What is judged: `lost`, `response p99`.
    pub metric: String,
    /// What was seen, without the unit; `n/a` without samples.
    pub observed: String,
    /// What is allowed: `≤ 5`.
    pub limit: String,
    /// The unit of both; empty for a count.
    pub unit: String,
    /// What follows.
    pub result: Verdict,
    /// How far what was seen is on the right side of the limit, in percent of it: `+38 %`; below 0 it is on the wrong one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<String>,
    /// Whether it makes the stage red.
    pub level: Rigour,
    /// Why it is INVALID, or where the limit comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl VerdictLine {
    /// What this line does to the verdict on the stage.
    pub fn verdict(&self) -> Verdict {
        match self.level {
            Rigour::Fail => self.result,
            Rigour::Warn => Verdict::Pass,
        }
    }
}

impl fmt::Display for VerdictLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.metric, self.observed)?;
        // `never ms` and `n/a ms` would be no numbers of anything.
        if self.observed.ends_with(|last: char| last.is_ascii_digit()) && !self.unit.is_empty() {
            write!(f, " {}", self.unit)?;
        }
        write!(f, " (limit {})", self.limit)
    }
}

//! The account of a stage, or of a part of it: the closed ledger and the measures; in the end the record with its verdict.

use jiff::Timestamp;

use super::{
    StageInput,
    early::Early,
    engine::Engine,
    mix::Operation,
    self_check::SelfCheck,
    tally::{OperationTally, PathTimes, Tally, Unsent},
    verdict,
};
use crate::{
    ledger::{self, Balance, Closed, Findings, User},
    record::{
        Death, Delivery, Example, Finding, FindingKind, Latencies, OperationCounts, PathRecord,
        Paths, Rates, StagePlan, StageRecord,
    },
    stats::Histogram,
};

/// What one part of a stage leaves when it is over.
pub(super) struct Account {
    input: StageInput,
    /// The plan of the whole stage.
    facts: StagePlan,
    started: Timestamp,
    took_ns: u64,
    balance: Balance,
    /// Of it, what is between nodes.
    across: Balance,
    /// What the ledger found, with the names of the users.
    found: Vec<Finding>,
    tally: Tally,
    check: SelfCheck,
    operations: Vec<Operation>,
    window: Option<(u64, u64)>,
    death: Option<Death>,
    ended_by: Option<String>,
}

impl Account {
    /// Closes the ledger.
    pub(super) fn of(mut engine: Engine, took_ns: u64) -> Self {
        let operations = engine.operations().collect();
        let name = |user: User| engine.users.get(user.0 as usize).map(|user| user.name.clone());
        let Closed { balance, across, findings: found } = engine.ledger.close();
        engine.check.closed();
        let death = match (&engine.early, engine.input.death.as_ref()) {
            (Some(Early::Death(death)), _) => Some((**death).clone()),
            // It may have died while users left.
            (_, Some(watch)) => watch.borrow().as_deref().cloned(),
            _ => None,
        };
        Self {
            found: named(&found, name),
            input: engine.input,
            facts: engine.facts,
            started: engine.started,
            took_ns,
            balance,
            across,
            tally: engine.tally,
            check: engine.check,
            operations,
            window: engine.window,
            death,
            ended_by: engine.ended_by,
        }
    }

    /// Two parts of a stage together.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.took_ns = self.took_ns.max(other.took_ns);
        self.started = self.started.min(other.started);
        self.balance = self.balance.and(&other.balance);
        self.across = self.across.and(&other.across);
        other.found.into_iter().for_each(|finding| merge(&mut self.found, finding));
        self.tally.merge(other.tally);
        self.check.merge(&other.check);
        self.window = match (self.window, other.window) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
        self.death = self.death.or(other.death);
        self.ended_by = self.ended_by.or(other.ended_by);
        self
    }

    /// The same, as the account of a whole stage.
    pub(super) fn of_plan(self, facts: StagePlan) -> Self {
        Self { facts, ..self }
    }

    /// Writes the record.
    pub(super) fn into_record(mut self) -> StageRecord {
        let Self { balance, across, .. } = self;
        let counts = |operation: Operation| {
            let name = operation.name(&self.input.dialect);
            operation_counts(name, &self.tally.take_operation(operation))
        };
        let operations: Vec<OperationCounts> = self.operations.into_iter().map(counts).collect();
        let delivery = delivery(&balance, &self.tally);
        let rates = self.window.filter(|(begin, end)| end > begin).map(|(begin, end)| {
            let seconds = (end - begin) as f64 / 1e9;
            Rates {
                window_from_ms: begin / 1_000_000,
                window_ms: (end - begin) / 1_000_000,
                sent_per_s: balance.sent as f64 / seconds,
                delivered_per_s: balance.delivered() as f64 / seconds,
            }
        });
        let own = self.tally.unsent_because(Unsent::Generator);
        let without_slots = self.input.plan.pace.interval().is_none();
        let judged = if without_slots { &self.tally.service } else { &self.tally.response };
        let self_check = self.check.record(judged, own);
        let how = How { without_slots, churn: self.input.plan.churn.is_some() };
        let latencies = latencies(&self.tally, &balance, how);
        let mut findings: Vec<Finding> = self.tally.findings().cloned().collect();
        self.found.into_iter().for_each(|finding| merge(&mut findings, finding));
        let unanswered = operations.iter().map(|counts| counts.unanswered).sum::<u64>();
        if self.tally.unanswered_chats + unanswered > 0 {
            let meaning = "chats or other requests were never acknowledged, although this dialect acknowledges them";
            let mut finding = Finding::new(FindingKind::Unanswered, meaning);
            finding.count = self.tally.unanswered_chats + unanswered;
            merge(&mut findings, finding);
        }
        findings.sort_by_key(|finding| finding.kind);
        let mut record = StageRecord {
            warm_up: self.input.warm_up,
            took_ms: self.took_ns / 1_000_000,
            users: self.tally.users.clone(),
            delivery,
            operations,
            latencies,
            paths: paths(&balance, &across, &self.tally, how),
            rates,
            series: self.tally.series.seconds().collect(),
            self_check,
            death: self.death,
            ended_by: self.ended_by,
            findings,
            ..StageRecord::new(self.input.name.clone(), self.facts, self.started)
        };
        record.lines = verdict::lines(&record, &self.tally, &self.input.rules);
        record.verdict = record.judge();
        record
    }
}

/// What of a stage's plan decides how times count.
#[derive(Debug, Clone, Copy)]
struct How {
    /// Nothing is scheduled.
    without_slots: bool,
    /// Users leave and come back by plan.
    churn: bool,
}

/// What became of pairs on one node and on two, where there are several.
fn paths(balance: &Balance, across: &Balance, tally: &Tally, how: How) -> Option<Paths> {
    let by_path = tally.by_path.as_ref()?;
    Some(Paths {
        same_node: path(&balance.without(across), &by_path.same, how),
        across_nodes: path(across, &by_path.across, how),
    })
}

fn path(balance: &Balance, times: &PathTimes, how: How) -> PathRecord {
    let missing = missing(balance, how);
    PathRecord {
        entitled: balance.entitled,
        delivered: balance.delivered_live + balance.delivered_offline,
        duplicated: balance.duplicated,
        lost: balance.lost,
        astray: balance.astray,
        corrupted: balance.corrupted,
        uncollected: balance.uncollected,
        indeterminate: balance.indeterminate + balance.recovered,
        response: if how.without_slots { None } else { times.response.summary(missing) },
        service: times.service.summary(missing),
    }
}

/// What became of the requests of one kind that are no messages.
fn operation_counts(name: String, tally: &OperationTally) -> OperationCounts {
    OperationCounts {
        name,
        due: tally.due,
        sent: tally.sent,
        unsent: tally.unsent,
        succeeded: tally.succeeded,
        refused: tally.refused,
        unanswered: tally.unanswered,
        latency: tally.latency.summary(tally.unanswered),
    }
}

/// What became of the messages so far.
pub(super) fn delivery(balance: &Balance, tally: &Tally) -> Delivery {
    Delivery {
        scheduled: tally.scheduled,
        sent: balance.sent,
        unsent: tally.unsent_causes(),
        entitled: balance.entitled,
        delivered_live: balance.delivered_live,
        delivered_offline: balance.delivered_offline,
        duplicated: balance.duplicated,
        lost: balance.lost,
        misdelivered: balance.misdelivered,
        astray: balance.astray,
        corrupted: balance.corrupted,
        mangled: balance.mangled,
        unexpected: balance.unexpected,
        out_of_order: balance.out_of_order,
        uncollected: balance.uncollected,
        indeterminate: balance.indeterminate + balance.recovered,
        recovered: balance.recovered,
        may_heard: balance.may_heard,
        foreign: balance.foreign,
    }
}

/// What should have arrived live and did not: infinitely late for thresholds.
fn missing(balance: &Balance, how: How) -> u64 {
    let all = balance.entitled - balance.delivered_live;
    // Where users leave by plan nobody was there to hear it.
    let planned = balance.delivered_offline + balance.recovered + balance.indeterminate;
    if how.churn { all - planned } else { all }
}

fn latencies(tally: &Tally, balance: &Balance, how: How) -> Latencies {
    let measured = |histogram: &Histogram| histogram.summary(0);
    let missing = missing(balance, how) + tally.unsent_pairs;
    Latencies {
        connect: tally.connect.summary(tally.users.connect_failed),
        register: measured(&tally.register),
        login: tally.login.summary(tally.users.login_refused + tally.users.login_unanswered),
        ack: measured(&tally.ack),
        // Without slots nothing is scheduled, and there is nothing to count from.
        response: if how.without_slots { None } else { tally.response.summary(missing) },
        service: tally.service.summary(missing),
        group_first: measured(&tally.group_first),
        group_median: measured(&tally.group_median),
        group_last: measured(&tally.group_last),
        group_spread: measured(&tally.group_spread),
    }
}

/// What the ledger found, with the names of those concerned.
fn named(found: &Findings, name: impl Fn(User) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (kind, occurrences) in found.iter() {
        let mut finding = Finding::new(kind_of(kind), kind.meaning());
        finding.count = occurrences.count;
        finding.examples = occurrences
            .examples
            .iter()
            .map(|example| {
                Example {
                    from: example.from.and_then(&name),
                    to: example.to.and_then(&name),
                    sequence: example.sequence.map(u64::from),
                    at_ms: example.at_ns / 1_000_000,
                    frame: String::new(),
                }
                .with_frame(&example.frame)
            })
            .collect();
        merge(&mut findings, finding);
    }
    findings
}

/// One finding for each kind, whoever found it.
fn merge(findings: &mut Vec<Finding>, added: Finding) {
    match findings.iter_mut().find(|finding| finding.kind == added.kind) {
        Some(finding) => finding.merge(added),
        None => findings.push(added),
    }
}

fn kind_of(kind: ledger::Kind) -> FindingKind {
    match kind {
        ledger::Kind::Misdelivered => FindingKind::Misdelivered,
        ledger::Kind::Lost => FindingKind::Lost,
        ledger::Kind::Duplicated => FindingKind::Duplicated,
        ledger::Kind::Corrupted => FindingKind::Corrupted,
        ledger::Kind::Unexpected => FindingKind::Unexpected,
        ledger::Kind::OutOfOrder => FindingKind::OutOfOrder,
        ledger::Kind::Uncollected => FindingKind::Uncollected,
        ledger::Kind::Indeterminate => FindingKind::Indeterminate,
        ledger::Kind::Refused => FindingKind::Refused,
        ledger::Kind::Foreign => FindingKind::Foreign,
    }
}

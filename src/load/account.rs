//! The account of a stage: the closed ledger, the measures and the verdict in one record.

use super::{
    early::Early,
    engine::Engine,
    mix::Operation,
    tally::{OperationTally, Tally, Unsent},
    verdict,
};
use crate::{
    ledger::{self, Balance, Findings, User},
    record::{
        Delivery, Example, Finding, FindingKind, Latencies, OperationCounts, Rates, StageRecord,
    },
    stats::Histogram,
};

/// Closes the ledger and writes the record.
pub(super) fn close(mut engine: Engine, took_ns: u64) -> StageRecord {
    let asked: Vec<Operation> = engine.operations().collect();
    let counts = |operation: Operation| {
        let name = operation.name(&engine.input.dialect);
        operation_counts(name, &engine.tally.take_operation(operation))
    };
    let operations: Vec<OperationCounts> = asked.into_iter().map(counts).collect();
    let name = |user: User| engine.users.get(user.0 as usize).map(|user| user.name.clone());
    let (balance, found) = engine.ledger.close();
    engine.check.closed();
    let delivery = delivery(&balance, &engine.tally);
    let rates = engine.window.filter(|(begin, end)| end > begin).map(|(begin, end)| {
        let seconds = (end - begin) as f64 / 1e9;
        Rates {
            window_from_ms: begin / 1_000_000,
            window_ms: (end - begin) / 1_000_000,
            sent_per_s: balance.sent as f64 / seconds,
            delivered_per_s: balance.delivered() as f64 / seconds,
        }
    });
    let own = engine.tally.unsent_because(Unsent::Generator);
    let without_slots = engine.input.plan.pace.interval().is_none();
    let judged = if without_slots { &engine.tally.service } else { &engine.tally.response };
    let self_check = engine.check.record(judged, own);
    let churn = engine.input.plan.churn.is_some();
    let latencies = latencies(&engine.tally, &balance, without_slots, churn);
    let mut findings = findings(&found, &engine.tally, name);
    let unanswered = operations.iter().map(|counts| counts.unanswered).sum::<u64>();
    if engine.tally.unanswered_chats + unanswered > 0 {
        let meaning = "chats or other requests were never acknowledged, although this dialect acknowledges them";
        let mut finding = Finding::new(FindingKind::Unanswered, meaning);
        finding.count = engine.tally.unanswered_chats + unanswered;
        merge(&mut findings, finding);
    }
    findings.sort_by_key(|finding| finding.kind);
    let death = match (&engine.early, engine.input.death.as_ref()) {
        (Some(Early::Death(death)), _) => Some((**death).clone()),
        // It may have died while users left.
        (_, Some(watch)) => watch.borrow().as_deref().cloned(),
        _ => None,
    };
    let mut record = StageRecord {
        warm_up: engine.input.warm_up,
        took_ms: took_ns / 1_000_000,
        users: engine.tally.users.clone(),
        delivery,
        operations,
        latencies,
        rates,
        series: engine.tally.series.seconds().collect(),
        self_check,
        death,
        ended_by: engine.ended_by.take(),
        findings,
        ..StageRecord::new(engine.input.name.clone(), engine.facts, engine.started)
    };
    record.lines = verdict::lines(&record, &engine.tally, &engine.input.rules);
    record.verdict = record.judge();
    record
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

fn latencies(tally: &Tally, balance: &Balance, without_slots: bool, churn: bool) -> Latencies {
    let measured = |histogram: &Histogram| histogram.summary(0);
    // What should have arrived live and did not: infinitely late for thresholds.
    let mut missing = balance.entitled - balance.delivered_live + tally.unsent_pairs;
    if churn {
        // Nobody was there to hear it, as was planned.
        missing -= balance.delivered_offline + balance.recovered + balance.indeterminate;
    }
    Latencies {
        connect: tally.connect.summary(tally.users.connect_failed),
        register: measured(&tally.register),
        login: tally.login.summary(tally.users.login_refused + tally.users.login_unanswered),
        ack: measured(&tally.ack),
        // Without slots nothing is scheduled, and there is nothing to count from.
        response: if without_slots { None } else { tally.response.summary(missing) },
        service: tally.service.summary(missing),
        group_first: measured(&tally.group_first),
        group_median: measured(&tally.group_median),
        group_last: measured(&tally.group_last),
        group_spread: measured(&tally.group_spread),
    }
}

fn findings(
    found: &Findings,
    tally: &Tally,
    name: impl Fn(User) -> Option<String>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tally.findings().cloned().collect();
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
        Some(finding) => {
            finding.count += added.count;
            finding.examples.extend(added.examples);
            finding.examples.truncate(crate::record::MAX_EXAMPLES);
        }
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

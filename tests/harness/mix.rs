//! Users who do more than chat: the ledger and the counts of requests against the reference server's own.

use std::{thread, time::Duration};

use chatserver_harness::{
    load::{Churn, Leave, Mix, Pace, Plan, StageInput, Workload, run_stage_blocking},
    record::{FindingKind, OperationCounts, StageRecord},
    verdict::Verdict,
    wire::dialect::{Dialect, Kind, builtin_names, builtin_text},
};
use chatserver_refserver::{Counters, Options, RefServer};
use rstest::rstest;

use crate::load::{MS, assert_no_failure, input, plan, run};

/// Twelve users in groups of four, with everything in the mix; now and then one leaves and comes back.
fn everything(workload: Workload, seed: u64) -> Plan {
    let mix = Mix {
        chat: if matches!(workload, Workload::Groups { .. }) { 0 } else { 8 },
        group_chat: 8,
        add_friend: 2,
        create_group: 1,
        join_group: 2,
        custom: Vec::new(),
    };
    let churn = Some(Churn { per_second: 20.0, away: 60 * MS, leave: Leave::Finish });
    Plan { workload, mix: Some(mix), group_size: 4, churn, seed, ..plan(12) }
}

#[track_caller]
fn asked<'a>(record: &'a StageRecord, name: &str) -> &'a OperationCounts {
    let found = record.operations.iter().find(|counts| counts.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {:#?}", record.operations))
}

/// The ledger and the counts of requests equal the server's own.
#[track_caller]
fn assert_equal(record: &StageRecord, counters: &Counters, dialect: &str) {
    assert_no_failure(record);
    let delivery = &record.delivery;
    let received = counters.received_chat + counters.received_group_chat;
    assert_eq!(delivery.sent, received, "{dialect}: {delivery:#?}");
    let relayed = counters.relayed_chats + counters.relayed_group_copies;
    let arrived = delivery.delivered() + delivery.recovered;
    let heard = arrived + delivery.may_heard;
    assert_eq!(heard, relayed + counters.delivered_offline, "{dialect}: {delivery:#?}");
    assert_eq!(delivery.entitled, arrived, "{dialect}: {delivery:#?}");
    assert_eq!(delivery.misdelivered + delivery.unexpected, 0, "{dialect}: {delivery:#?}");
    assert_eq!(delivery.scheduled, delivery.sent + delivery.unsent_total(), "{dialect}");
    let dialect = Dialect::builtin(dialect).unwrap().unwrap();
    let joined_before = if record.plan.workload.contains("groups") { 12 - 3 } else { 0 };
    let befriended_before = if dialect.chat_requires_friend { 12 } else { 0 };
    for (kind, name, received, before) in [
        (Kind::AddFriend, "add_friend", counters.received_add_friend, befriended_before),
        (Kind::CreateGroup, "create_group", counters.received_create_group, 3),
        (Kind::JoinGroup, "join_group", counters.received_join_group, joined_before),
    ] {
        let asked = asked(record, name);
        assert_eq!(asked.sent + before, received, "{}: {asked:#?}", dialect.name);
        assert_eq!(asked.due, asked.sent + asked.unsent, "{}: {asked:#?}", dialect.name);
        let answered = if dialect.ack(kind).is_some() { asked.sent } else { 0 };
        assert_eq!(asked.succeeded, answered, "{}: {asked:#?}", dialect.name);
        assert_eq!(asked.refused + asked.unanswered, 0, "{}: {asked:#?}", dialect.name);
    }
}

#[test]
fn in_every_dialect_with_joins_friends_churn_and_offline_users_the_ledger_equals_the_servers_counts()
 {
    let dialects: Vec<&str> = builtin_names().collect();
    for some in dialects.chunks(3) {
        thread::scope(|scope| {
            for (seed, dialect) in (1..).zip(some) {
                scope.spawn(move || {
                    let (record, counters) =
                        run(dialect, &[], everything(Workload::ChatRing, seed));
                    assert_equal(&record, &counters, dialect);
                    assert!(asked(&record, "join_group").sent > 0, "{dialect}");
                });
            }
        });
    }
}

#[test]
#[ignore = "load: two hundred and twenty stages"]
fn in_twenty_runs_with_everything_in_the_mix_the_ledger_equals_the_servers_counts() {
    let dialects: Vec<&str> = builtin_names().collect();
    for seed in 1..=20 {
        let workload = match seed % 3 {
            0 => Workload::ChatPairs,
            1 => Workload::ChatRing,
            _ => Workload::HotReceiver,
        };
        for some in dialects.chunks(4) {
            thread::scope(|scope| {
                for dialect in some {
                    scope.spawn(move || {
                        let (record, counters) = run(dialect, &[], everything(workload, seed));
                        assert_equal(&record, &counters, dialect);
                    });
                }
            });
        }
    }
}

/// Groups alone, whose members become more while all write as fast as the server reads.
#[rstest]
fn who_enters_a_group_must_hear_it_from_the_answer_on(
    #[values("len4", "course", "tara")] dialect: &str,
) {
    let mix = Mix { group_chat: 20, join_group: 1, ..Mix::default() };
    let plan = Plan {
        workload: Workload::Groups { size: 3 },
        mix: Some(mix),
        pace: Pace::Open { interval: 5 * MS },
        ..plan(12)
    };
    let (record, counters) = run(dialect, &[], plan);
    assert_no_failure(&record);
    let delivery = &record.delivery;
    assert_eq!(delivery.delivered() + delivery.may_heard, counters.relayed_group_copies);
    assert!(asked(&record, "join_group").sent > 10, "{:#?}", record.operations);
    let acknowledged = Dialect::builtin(dialect).unwrap().unwrap().ack(Kind::JoinGroup).is_some();
    // At first each message must reach two; with every answer one more.
    assert_eq!(delivery.entitled > 2 * delivery.sent, acknowledged, "{delivery:#?}");
    if acknowledged {
        assert!(record.latencies.group_spread.as_ref().unwrap().count > 0);
    } else {
        assert!(delivery.may_heard > 0, "{delivery:#?}");
    }
}

#[test]
fn a_server_that_skips_a_member_is_caught_for_those_who_came_later_too() {
    let mix = Mix { group_chat: 10, join_group: 1, ..Mix::default() };
    let workload = Workload::Groups { size: 3 };
    let (record, counters) =
        run("len4", &["drop=9"], Plan { workload, mix: Some(mix), ..plan(12) });
    assert_eq!(record.verdict, Verdict::Fail);
    assert!(record.delivery.lost > 0 && record.delivery.lost <= counters.faults_struck);
    assert_eq!(record.delivery.accounted(), record.delivery.entitled);
}

#[test]
fn what_a_dialect_declares_is_sent_and_its_answers_are_counted() {
    let custom = vec![("status".to_owned(), 2), ("typing".to_owned(), 1)];
    let mix = Mix { chat: 3, custom, ..Mix::default() };
    let (record, counters) = run("heartbeat", &[], Plan { mix: Some(mix), ..plan(10) });
    assert_no_failure(&record);
    let (status, typing) = (asked(&record, "custom status"), asked(&record, "custom typing"));
    assert!(status.sent > 20 && typing.sent > 10, "{:#?}", record.operations);
    assert_eq!(status.sent + typing.sent, counters.received_custom);
    assert_eq!((status.succeeded, typing.succeeded), (status.sent, 0));
    assert!(status.latency.is_some() && typing.latency.is_none());
    assert_eq!(record.delivery.sent, counters.received_chat);
    assert_eq!(record.delivery.delivered_live, counters.relayed_chats);
}

#[test]
fn a_custom_message_that_the_dialect_does_not_declare_is_refused_with_those_it_does() {
    let mix = Mix { chat: 1, custom: vec![("wave".to_owned(), 1)], ..Mix::default() };
    let nobody = "127.0.0.1:1".parse().unwrap();
    let stage = input("heartbeat", nobody, Plan { mix: Some(mix), ..plan(2) });
    let error = run_stage_blocking(stage).unwrap_err().to_string();
    assert!(error.contains("`wave`") && error.contains("status, typing"), "{error}");
}

/// A stage of two seconds in which each user writes rarely, against a server that wants to hear everybody every 100 ms.
fn among_the_silent(with_heartbeat: bool) -> (StageRecord, Counters) {
    let impatient =
        builtin_text("heartbeat").unwrap().replace("every = \"5s\"", "every = \"100ms\"");
    let server = RefServer::start(Options::new(impatient.clone())).unwrap();
    let (head, tail) = impatient.split_once("\n[heartbeat]\n").unwrap();
    let silent = format!("{head}\n{}", tail.split_once("\n\n").unwrap().1);
    let text = if with_heartbeat { &impatient } else { &silent };
    let dialect = Dialect::load("test", text).unwrap().into();
    let second = Duration::from_secs(1);
    let plan = Plan { pace: Pace::Open { interval: second }, duration: 2 * second, ..plan(6) };
    let record =
        run_stage_blocking(StageInput::new("silent", dialect, server.addr(), plan)).unwrap();
    (record, server.stop())
}

#[test]
fn users_beat_their_hearts_while_they_have_nothing_to_say() {
    let (record, counters) = among_the_silent(true);
    assert_no_failure(&record);
    assert_eq!((counters.closed_silent, record.users.closed_by_server), (0, 0));
    assert!(counters.received_heartbeat > 6 * 5, "{counters:#?}");
    assert_eq!(record.delivery.delivered_live, 12);
}

#[test]
fn a_dialect_without_the_heartbeat_that_the_server_wants_is_told_by_its_closed_connections() {
    let (record, counters) = among_the_silent(false);
    assert_eq!(record.verdict, Verdict::Fail);
    assert!(counters.closed_silent > 0);
    let closed = record.findings.iter().find(|found| found.kind == FindingKind::ClosedByServer);
    assert!(closed.is_some(), "{:#?}", record.findings);
}

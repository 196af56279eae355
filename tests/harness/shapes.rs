//! Every shape of load against the reference server: who writes to whom, when, how fast, and what.

use std::time::Duration;

use chatserver_harness::{
    load::{Pace, Plan, Script, Spread, Texts, Workload, run_stage_blocking},
    record::StageRecord,
};
use chatserver_refserver::Counters;
use rstest::rstest;

use crate::{
    load::{MS, assert_no_failure, input, plan, run, server},
    strict::StrictFront,
};

/// Everything that was sent was received and delivered, by the server's own counts.
#[track_caller]
fn assert_agree(record: &StageRecord, counters: &Counters) {
    assert_no_failure(record);
    let delivery = &record.delivery;
    assert_eq!(delivery.sent, counters.received_chat + counters.received_group_chat);
    assert_eq!(delivery.delivered_live, counters.relayed_chats + counters.relayed_group_copies);
    assert_eq!((delivery.delivered_live, delivery.lost), (delivery.entitled, 0));
    assert_eq!(delivery.scheduled, delivery.sent + delivery.unsent_total());
}

#[rstest]
fn whoever_writes_to_whom_the_ledger_equals_the_servers_own_counts(
    #[values(
        Workload::ChatRing,
        Workload::ChatPairs,
        Workload::HotReceiver,
        Workload::Groups { size: 3 }
    )]
    workload: Workload,
    #[values("course", "len4", "echo-ack")] dialect: &str,
) {
    // An odd number: with pairs one is left over.
    let shaped = Plan {
        workload,
        spread: Spread::Poisson,
        ramp: 200 * MS,
        texts: Texts::between(63, 400, Script::Cjk),
        ..plan(7)
    };
    let (record, counters) = run(dialect, &[], shaped);
    assert_agree(&record, &counters);
    assert!(record.delivery.sent > 50, "{:?}", record.delivery);
    let facts = &record.plan;
    assert_eq!((&*facts.spread, facts.ramp_ms), ("Poisson", Some(200)));
    assert_eq!(facts.texts, "63 to 400 bytes of Chinese");
}

#[test]
fn a_receiver_whom_all_write_to_hears_all_of_them() {
    let (record, counters) =
        run("course", &[], Plan { workload: Workload::HotReceiver, ..plan(5) });
    assert_agree(&record, &counters);
    assert_eq!(record.delivery.sent, 100);
    assert_eq!(record.plan.workload, "hot receiver");
}

#[rstest]
fn paced_by_read_each_message_follows_the_servers_reading_of_the_last(
    #[values("course", "len4", "bing")] dialect: &str,
    #[values(None, Some(10 * MS))] interval: Option<Duration>,
) {
    let paced = Plan { pace: Pace::Read { interval }, ..plan(4) };
    let (record, counters) = run(dialect, &[], paced);
    assert_agree(&record, &counters);
    assert_eq!(record.latencies.response.is_some(), interval.is_some());
    assert!(record.latencies.service.is_some());
    if interval.is_none() {
        // What only waited for its turn at the end was never due.
        assert_eq!(record.delivery.scheduled, record.delivery.sent);
        assert!(record.delivery.sent > 100, "{:?}", record.delivery);
    }
}

#[test]
fn paced_by_read_a_server_that_parses_each_read_as_one_document_never_sees_two() {
    let server = server("course", &[]);
    let front = StrictFront::before(server.addr(), 3 * MS);
    let hurried = Plan { pace: Pace::Read { interval: None }, ..plan(4) };
    let record = run_stage_blocking(input("course", front.addr(), hurried)).unwrap();
    let counters = server.stop();
    assert_eq!(front.spoiled_reads(), 0, "{:#?}", record.delivery);
    assert!(counters.received_chat > 20, "{:#?}", record.delivery);
    assert_eq!(record.delivery.sent, counters.received_chat);
}

#[test]
fn where_coalescing_is_allowed_such_a_server_sees_two_in_one_read() {
    let server = server("course", &[]);
    let front = StrictFront::before(server.addr(), 20 * MS);
    let reckless = Plan { pace: Pace::Open { interval: MS }, allow_coalescing: true, ..plan(4) };
    let record = run_stage_blocking(input("course", front.addr(), reckless)).unwrap();
    assert!(front.spoiled_reads() > 0, "{:#?}", record.delivery);
}

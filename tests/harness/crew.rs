//! Several generator threads: what they count together equals the server's own counts, as with one.

use std::time::Duration;

use chatserver_harness::{
    load::{Cancel, Pace, Plan, Progress, StageInput, Workload, run_stage_blocking},
    verdict::Verdict,
};
use rstest::rstest;
use tokio::sync::watch;

use crate::load::{MS, assert_no_failure, input, plan, run, server};

#[rstest]
fn the_parts_add_up_to_the_servers_own_counts(
    #[values(2, 3)] threads: usize,
    #[values(Workload::ChatRing, Workload::ChatPairs, Workload::Groups { size: 3 })]
    workload: Workload,
) {
    for dialect in ["course", "len4"] {
        let (record, counters) = run(dialect, &[], Plan { threads, workload, ..plan(13) });
        assert_no_failure(&record);
        let delivery = &record.delivery;
        let received = counters.received_chat + counters.received_group_chat;
        let relayed = counters.relayed_chats + counters.relayed_group_copies;
        assert_eq!((delivery.scheduled, delivery.sent), (260, received), "{dialect}");
        assert_eq!(delivery.delivered_live, relayed, "{dialect}: {delivery:#?}");
        assert_eq!(delivery.entitled, relayed, "{dialect}: {delivery:#?}");
        assert_eq!(record.users.registered, counters.registers_ok, "{dialect}");
        let response = record.latencies.response.as_ref().unwrap();
        assert_eq!((response.count, response.undelivered), (relayed, 0), "{dialect}");
        let sent: u64 = record.series.iter().map(|second| second.sent).sum();
        assert_eq!(sent, delivery.sent, "{dialect}");
        assert_eq!(record.plan.generator_threads, threads as u64);
        assert_eq!((record.plan.clients, record.users.asked), (13, 13));
    }
}

#[test]
fn what_reaches_somebody_in_another_part_is_misdelivered_there_and_missed_here() {
    let (record, counters) = run("len4", &["misdeliver=7"], Plan { threads: 3, ..plan(12) });
    assert_eq!(record.verdict, Verdict::Fail);
    let (delivery, struck) = (&record.delivery, counters.faults_struck);
    assert!(struck > 5);
    assert_eq!(delivery.misdelivered, struck, "{delivery:#?}");
    // In the same part it is known to have gone astray, from another it is missed.
    assert_eq!(delivery.astray + delivery.lost, struck, "{delivery:#?}");
    assert!(delivery.lost > 0 && delivery.foreign + delivery.unexpected == 0, "{delivery:#?}");
    assert_eq!(delivery.accounted(), delivery.entitled);
}

#[test]
fn a_cancelled_stage_ends_in_all_of_its_parts_and_progress_is_that_of_all() {
    let server = server("len4", &[]);
    let cancel = Cancel::new();
    let (progress, watched) = watch::channel(Progress::default());
    let long = Plan { duration: Duration::from_mins(5), threads: 2, ..plan(8) };
    let stage = StageInput {
        cancel: cancel.clone(),
        progress: Some(progress),
        ..input("len4", server.addr(), long)
    };
    let running = std::thread::spawn(move || run_stage_blocking(stage).unwrap());
    let begun = std::time::Instant::now();
    while watched.borrow().delivered < 20 || watched.borrow().users < 8 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", *watched.borrow());
        std::thread::yield_now();
    }
    cancel.cancel();
    let record = running.join().unwrap();
    assert!(record.delivery.delivered_live >= 20);
    assert_eq!(record.delivery.lost, 0);
    assert_eq!(record.delivery.delivered_live, server.stop().relayed_chats);
}

#[test]
fn paced_by_delivery_each_part_goes_as_fast_as_it_can() {
    let saturated = Plan { pace: Pace::Delivery { interval: None }, threads: 2, ..plan(8) };
    let (record, counters) = run("len4", &[], Plan { duration: 300 * MS, ..saturated });
    assert_no_failure(&record);
    assert_eq!(record.delivery.sent, counters.received_chat);
    assert!(record.delivery.sent > 100, "{:?}", record.delivery);
}

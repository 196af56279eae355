//! The load engine against the reference server, whose own counts the ledger must equal.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};

use chatserver_harness::{
    load::{
        Arrivals, Cancel, Drain, Pace, Plan, StageInput, Workload, run_stage, run_stage_blocking,
    },
    record::{Death, DeathCause, FindingKind, Rigour, StageRecord},
    threshold::Rules,
    verdict::Verdict,
    wire::dialect::{Dialect, builtin_names, builtin_text},
};
use chatserver_refserver::{Counters, Fault, OnDeath, Options, RefServer};
use rstest::rstest;
use tokio::sync::watch;

use crate::strict::StrictFront;

pub(crate) const MS: Duration = Duration::from_millis(1);

pub(crate) fn server(dialect: &str, faults: &[&str]) -> RefServer {
    let mut options = Options::new(builtin_text(dialect).unwrap());
    // With one thread no two copies of a message are struck: where both went to one member, one strike would be unseen.
    options.threads = if faults.is_empty() { 2 } else { 1 };
    options.faults = faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect();
    RefServer::start(options).unwrap()
}

pub(crate) fn plan(clients: usize) -> Plan {
    Plan {
        arrivals: Arrivals::Staggered { per_second: 2000.0 },
        settle: 50 * MS,
        drain: Drain { least: 200 * MS, quiet: 1000 * MS },
        ..Plan::steady(clients, 25 * MS, 500 * MS)
    }
}

pub(crate) fn input(dialect: &str, addr: SocketAddr, plan: Plan) -> StageInput {
    let dialect = Arc::new(Dialect::builtin(dialect).unwrap().unwrap());
    StageInput::new("stage", dialect, addr, plan)
}

/// Runs a stage against a server of its own; gives the record and the server's own counts.
pub(crate) fn run(dialect: &str, faults: &[&str], plan: Plan) -> (StageRecord, Counters) {
    let server = server(dialect, faults);
    let record = run_stage_blocking(input(dialect, server.addr(), plan)).unwrap();
    (record, server.stop())
}

/// Everything but rates and times: two busy cores make the harness late, and the server too, which then has not read what
/// was to be followed by the next message.
#[track_caller]
pub(crate) fn assert_no_failure(record: &StageRecord) {
    let of_a_busy_machine = |why: &str| why.starts_with("sent ") || why.starts_with("delivery.");
    let failures: Vec<_> = record
        .reasons()
        .into_iter()
        .filter(|(verdict, why)| *verdict == Verdict::Fail && !of_a_busy_machine(why))
        .collect();
    assert!(failures.is_empty(), "{failures:?}\n{:#?}\n{:#?}", record.delivery, record.findings);
}

fn found(record: &StageRecord, kind: FindingKind) -> u64 {
    record.findings.iter().find(|finding| finding.kind == kind).map_or(0, |finding| finding.count)
}

#[test]
fn in_every_dialect_the_ledger_equals_the_servers_own_counts() {
    for dialect in builtin_names() {
        let (record, counters) = run(dialect, &[], plan(10));
        assert_no_failure(&record);
        let delivery = &record.delivery;
        assert_eq!((delivery.scheduled, delivery.sent), (200, 200), "{dialect}");
        assert_eq!(delivery.sent, counters.received_chat, "{dialect}");
        assert_eq!(delivery.delivered_live, counters.relayed_chats, "{dialect}");
        assert_eq!(delivery.delivered_live, 200, "{dialect}");
        assert_eq!(record.users.registered, counters.registers_ok, "{dialect}");
        assert_eq!(record.users.logged_in_first_attempt, counters.logins_ok, "{dialect}");
        assert_eq!(counters.received_unknown + counters.received_malformed, 0, "{dialect}");
        let response = record.latencies.response.as_ref().unwrap();
        assert_eq!((response.count, response.undelivered), (200, 0), "{dialect}");
        let acknowledged = Dialect::builtin(dialect)
            .unwrap()
            .unwrap()
            .ack(chatserver_harness::wire::dialect::Kind::Chat);
        let acks = record.latencies.ack.as_ref().map_or(0, |ack| ack.count);
        assert_eq!(acks, if acknowledged.is_some() { 200 } else { 0 }, "{dialect}");
    }
}

/// The fault `stall`: no case waits so briefly, but the latencies of a stage show it.
#[test]
fn a_server_that_stalls_now_and_then_breaks_the_limit_of_the_longest_delivery() {
    const STALL: Duration = Duration::from_millis(250);
    // Framed: what is due during a stall is sent all the same, and waits.
    let server = server("len4", &["stall=60"]);
    let mut rules = Rules::none();
    rules.add("delivery.max < 240ms", Rigour::Fail, false).unwrap();
    let patient = Plan { drain: Drain { least: 200 * MS, quiet: 20_000 * MS }, ..plan(10) };
    let stage = StageInput { rules, ..input("len4", server.addr(), patient) };
    let record = run_stage_blocking(stage).unwrap();
    assert!(server.stop().faults_struck >= 2);
    let response = record.latencies.response.as_ref().unwrap();
    assert_eq!(response.undelivered, 0);
    // Three digits are kept.
    assert!(response.max_us.unwrap() >= STALL.as_micros() as f64 * 0.999, "{response:#?}");
    let line = record.lines.iter().find(|line| line.metric == "delivery.max").unwrap();
    assert_ne!(line.result, Verdict::Pass, "{line:#?}");
}

#[test]
fn in_every_dialect_every_other_member_of_a_group_hears_each_message_once() {
    for dialect in builtin_names() {
        let groups = Plan { workload: Workload::Groups { size: 4 }, ..plan(11) };
        let (record, counters) = run(dialect, &[], groups);
        assert_no_failure(&record);
        let delivery = &record.delivery;
        // Groups of 4, 4 and 3.
        let copies = 20 * (8 * 3 + 3 * 2);
        assert_eq!(delivery.sent, 220, "{dialect}");
        assert_eq!(delivery.sent, counters.received_group_chat, "{dialect}");
        assert_eq!((delivery.entitled, delivery.delivered_live), (copies, copies), "{dialect}");
        assert_eq!(delivery.delivered_live, counters.relayed_group_copies, "{dialect}");
        assert_eq!(delivery.may_heard, 0, "{dialect}");
        for latency in [&record.latencies.group_first, &record.latencies.group_last] {
            assert_eq!(latency.as_ref().unwrap().count, 220, "{dialect}");
        }
    }
}

#[rstest]
#[case("drop=7", FindingKind::Lost)]
#[case("duplicate=7", FindingKind::Duplicated)]
#[case("misdeliver=7", FindingKind::Misdelivered)]
fn each_fault_is_found_under_its_name_as_often_as_it_struck(
    #[case] fault: &str,
    #[case] kind: FindingKind,
    #[values("course", "len4")] dialect: &str,
    #[values(Workload::ChatRing, Workload::Groups { size: 5 })] workload: Workload,
) {
    let (record, counters) = run(dialect, &[fault], Plan { workload, ..plan(10) });
    assert_eq!(record.verdict, Verdict::Fail);
    assert!(counters.faults_struck > 0);
    assert_eq!(record.delivery.accounted(), record.delivery.entitled, "{:?}", record.delivery);
    let (delivery, struck) = (&record.delivery, counters.faults_struck);
    let seen = (delivery.lost, delivery.duplicated, delivery.misdelivered);
    match (kind, workload) {
        (FindingKind::Lost, _) => assert_eq!(seen, (struck, 0, 0)),
        (FindingKind::Duplicated, _) => assert_eq!(seen, (0, struck, 0)),
        (_, Workload::ChatRing) => assert_eq!(seen, (0, 0, struck)),
        // Another member hears it twice, an outsider once; the one it was meant for never.
        _ => assert_eq!((seen.0, seen.1 + seen.2), (struck, struck)),
    }
    let finding = record.findings.iter().find(|finding| finding.kind == kind).unwrap();
    assert!(finding.examples.len() <= 5 && finding.examples[0].from.is_some());
    assert!(finding.examples[0].sequence.is_some() && !finding.meaning.is_empty());
}

#[test]
fn a_death_ends_the_stage_at_once_and_what_was_seen_is_kept() {
    let (announce, death) = watch::channel(None);
    let mut options = Options::new(builtin_text("course").unwrap());
    options.faults = vec!["die-after=60".parse().unwrap()];
    options.on_death = OnDeath::Call(Arc::new(move || {
        announce.send_replace(Some(Arc::new(Death {
            node: None,
            how: DeathCause::Exited { code: 9 },
            at: jiff::Timestamp::now(),
            uptime_ms: 1,
            stdout_tail: Vec::new(),
            stderr_tail: Vec::new(),
            log: None,
        })));
    }));
    let server = RefServer::start(options).unwrap();
    let long = Plan { duration: Duration::from_mins(1), ..plan(10) };
    let stage = StageInput { death: Some(death), ..input("course", server.addr(), long) };
    let begun = Instant::now();
    let record = run_stage_blocking(stage).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!(record.death.unwrap().how, DeathCause::Exited { code: 9 });
    let delivery = &record.delivery;
    assert_eq!(delivery.delivered_live, server.stop().relayed_chats.min(delivery.delivered_live));
    assert!((50..=60).contains(&delivery.delivered_live), "{delivery:?}");
    // What was on its way is in doubt, not lost.
    let doubtful = delivery.indeterminate - delivery.recovered;
    assert_eq!(delivery.lost, 0, "{delivery:?}");
    assert_eq!(delivery.entitled, delivery.delivered() + delivery.recovered + doubtful);
}

#[test]
fn where_nobody_listens_the_stage_fails_and_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let record = run_stage_blocking(input("course", nobody, plan(3))).unwrap();
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!((record.users.connected, record.users.connect_failed), (0, 3));
    assert!(record.lines.iter().any(|line| line.metric.contains("connection refused")));
    assert_eq!(record.latencies.connect.unwrap().undelivered, 3);
}

#[test]
fn a_server_that_never_answers_is_a_failure_within_the_patience() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let short = Plan { patience: 300 * MS, ..plan(3) };
    let record = run_stage_blocking(input("course", silent.local_addr().unwrap(), short)).unwrap();
    assert_eq!(record.verdict, Verdict::Fail);
    assert_eq!(found(&record, FindingKind::Unanswered), 3);
    assert_eq!(record.users.logged_in(), 0);
}

#[test]
fn a_storm_is_survived_and_counted() {
    let storm = Plan { arrivals: Arrivals::Storm, ..plan(200) };
    let (record, counters) = run("len4", &[], storm);
    assert_no_failure(&record);
    assert_eq!(record.users.logged_in_first_attempt, 200);
    assert_eq!(record.delivery.delivered_live, counters.relayed_chats);
}

#[rstest]
fn paced_by_delivery_each_message_follows_the_arrival_of_the_last(
    #[values("course", "len4")] dialect: &str,
) {
    let saturated = Plan { pace: Pace::Delivery { interval: None }, ..plan(4) };
    let (record, counters) = run(dialect, &[], saturated);
    assert_no_failure(&record);
    assert_eq!(record.delivery.sent, counters.received_chat);
    assert_eq!(record.delivery.delivered_live, counters.relayed_chats);
    assert!(record.delivery.sent > 200, "{} messages in half a second", record.delivery.sent);
    assert!(record.latencies.response.is_none(), "nothing was scheduled");
    assert!(record.latencies.service.is_some());
}

#[rstest]
#[case::chats_at_a_rate_it_cannot_keep("course", Pace::Open { interval: MS }, Workload::ChatRing)]
#[case::chats_paced_by_delivery("course", Pace::Delivery { interval: None }, Workload::ChatRing)]
#[case::groups("course", Pace::Open { interval: MS }, Workload::Groups { size: 4 })]
#[case::with_acknowledgements("bing", Pace::Open { interval: MS }, Workload::ChatRing)]
fn a_server_that_parses_each_read_as_one_document_never_sees_two(
    #[case] dialect: &str,
    #[case] pace: Pace,
    #[case] workload: Workload,
) {
    let server = server(dialect, &[]);
    let front = StrictFront::before(server.addr(), 3 * MS);
    let hurried = Plan { pace, workload, ..plan(4) };
    let record = run_stage_blocking(input(dialect, front.addr(), hurried)).unwrap();
    let counters = server.stop();
    assert_eq!(front.spoiled_reads(), 0, "{:#?}", record.delivery);
    let received = counters.received_chat + counters.received_group_chat;
    assert!(received > 20, "{:#?}", record.delivery);
    assert_eq!(record.delivery.sent, received);
    assert_eq!(record.delivery.delivered_live, record.delivery.entitled);
    if matches!(pace, Pace::Open { .. }) {
        // The server's slowness is not the generator's lateness.
        assert!(
            record.delivery.unsent.keys().all(|cause| cause.contains("the server had not read"))
        );
    }
}

#[tokio::test]
async fn a_cancelled_stage_ends_soon_with_what_was_seen() {
    let server = server("len4", &[]);
    let cancel = Cancel::new();
    let (progress, mut watched) = watch::channel(chatserver_harness::load::Progress::default());
    let long = Plan { duration: Duration::from_mins(5), ..plan(6) };
    let stage = StageInput {
        cancel: cancel.clone(),
        progress: Some(progress),
        ..input("len4", server.addr(), long)
    };
    let running = tokio::spawn(run_stage(stage));
    tokio::time::timeout(Duration::from_secs(30), watched.wait_for(|now| now.delivered > 10))
        .await
        .unwrap()
        .unwrap();
    cancel.cancel();
    let record =
        tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap().unwrap();
    assert!(record.delivery.delivered_live > 10);
    assert_eq!(record.delivery.lost, 0);
    assert_eq!(record.delivery.delivered_live, server.stop().relayed_chats);
}

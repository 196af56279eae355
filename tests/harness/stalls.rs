//! Who stood still? A server or a generator that is stopped in mid-stage shows where queueing says that it must.

use std::{
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use chatserver_harness::{
    load::{Arrivals, Drain, Pace, Phase, Plan, Progress, StageInput, run_stage_blocking},
    record::StageRecord,
    stats::{Histogram, LatencySummary},
    verdict::Verdict,
    wire::dialect::Dialect,
};
use rustix::process::Signal;
use tokio::sync::watch;

use crate::stopped::Stoppable;

const MS: Duration = Duration::from_millis(1);
const CLIENTS: usize = 20;
const STAGE: Duration = Duration::from_secs(10);
const STOP: Duration = Duration::from_secs(2);
/// What a stage is told on the command line of its process.
const ADDR: &str = "STALLS_ADDR";

fn plan(pace: Pace, duration: Duration) -> Plan {
    Plan {
        pace,
        arrivals: Arrivals::Staggered { per_second: 2000.0 },
        settle: 100 * MS,
        drain: Drain { least: 200 * MS, quiet: Duration::from_secs(5) },
        ..Plan::steady(CLIENTS, 50 * MS, duration)
    }
}

fn open() -> Pace {
    Pace::Open { interval: 50 * MS }
}

fn input(addr: SocketAddr, plan: Plan) -> StageInput {
    let dialect = Arc::new(Dialect::builtin("len4").unwrap().unwrap());
    StageInput::new("stalls", dialect, addr, plan)
}

/// A stage in which something is done to the server once so many messages were delivered.
fn stage(addr: SocketAddr, plan: Plan, delivered: u64, act: impl FnOnce() + Send) -> StageRecord {
    let (progress, watched) = watch::channel(Progress::default());
    let input = StageInput { progress: Some(progress), ..input(addr, plan) };
    thread::scope(|scope| {
        scope.spawn(move || {
            until(|| watched.borrow().delivered >= delivered);
            act();
        });
        run_stage_blocking(input).unwrap()
    })
}

fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_mins(1), "it never came to that");
        pause(MS * 5);
    }
}

#[expect(clippy::disallowed_methods, reason = "the pace of a poll, and the length of a stop")]
fn pause(time: Duration) {
    thread::sleep(time);
}

fn stop(server: &Stoppable, time: Duration) {
    server.signal(Signal::STOP);
    pause(time);
    server.signal(Signal::CONT);
}

/// Where queueing puts a quantile: what was due evenly during a stop waits for the rest of it.
fn expected_us(share: f64) -> f64 {
    (STOP.as_secs_f64() - (1.0 - share) * STAGE.as_secs_f64()).max(0.0) * 1e6
}

#[track_caller]
fn assert_stalled(latency: &LatencySummary) {
    for (measured, share) in [(latency.p90_us, 0.9), (latency.p99_us, 0.99)] {
        let (measured, expected) = (measured.unwrap(), expected_us(share));
        // A tenth of the stop, for what the machine adds to it.
        let off = (measured - expected).abs();
        assert!(off < 200_000.0, "p{share}: {measured} µs, queueing says {expected} µs");
    }
}

/// Every message arrived, once; how late is another question, for which such a server is rightly red.
#[track_caller]
fn assert_all_arrived(record: &StageRecord) {
    let delivery = &record.delivery;
    assert_eq!(delivery.delivered_live, delivery.entitled, "{delivery:#?}");
    assert_eq!(delivery.duplicated + delivery.misdelivered + delivery.unexpected, 0);
    assert!(delivery.entitled > 0 && delivery.sent > 0, "{delivery:#?}");
}

/// How many values of a distribution are above a second.
fn slow(latency: &LatencySummary) -> u64 {
    let histogram = Histogram::from_base64(&latency.histogram).unwrap();
    let count = histogram.count();
    let fast = |rank: u64| {
        histogram.quantile_nanos((rank as f64 - 0.5) / count as f64) < Some(1_000_000_000)
    };
    (1..=count).rev().take_while(|rank| !fast(*rank)).count() as u64
}

#[test]
#[ignore = "load: 10 seconds"]
fn a_server_that_stops_shows_in_response_and_in_service() {
    let (server, addr) = Stoppable::refserver("len4", &[]);
    let record = stage(addr, plan(open(), STAGE), 1000, || stop(&server, STOP));
    assert_all_arrived(&record);
    let latencies = &record.latencies;
    let (response, service) =
        (latencies.response.as_ref().unwrap(), latencies.service.as_ref().unwrap());
    assert_stalled(response);
    assert_stalled(service);
    let late = record.self_check.send_lateness.as_ref().unwrap().p99_us.unwrap();
    let apart = response.p99_us.unwrap() - service.p99_us.unwrap();
    // Three digits of a latency of two seconds are 2 ms.
    assert!(apart.abs() <= late + 4000.0, "{apart} µs apart, {late} µs late");
}

#[test]
#[ignore = "load: 10 seconds"]
fn a_server_that_stops_while_senders_wait_for_delivery_shows_in_response_alone() {
    let (server, addr) = Stoppable::refserver("len4", &[]);
    let paced = Pace::Delivery { interval: Some(50 * MS) };
    let record = stage(addr, plan(paced, STAGE), 1000, || stop(&server, STOP));
    assert_all_arrived(&record);
    let response = record.latencies.response.as_ref().unwrap();
    assert_stalled(response);
    let service = record.latencies.service.as_ref().unwrap();
    let slow = slow(service);
    assert!((1..=CLIENTS as u64).contains(&slow), "{slow} slow of {}", service.count);
}

/// The generator of the next test, in a process of its own.
#[test]
#[ignore = "the generator of another test: returns at once by itself"]
fn generate() {
    #[expect(clippy::disallowed_methods, reason = "how a test tells its copy what to do")]
    let Ok(addr) = std::env::var(ADDR) else { return };
    let record = stage(addr.parse().unwrap(), plan(open(), STAGE), 1000, || println!("\nstop now"));
    println!("\nrecord {}", serde_json::to_string(&record).unwrap());
}

#[test]
#[ignore = "load: 10 seconds"]
fn a_generator_that_stops_shows_in_response_and_lateness_and_is_invalid() {
    let (_server, addr) = Stoppable::refserver("len4", &[]);
    let mut generator = Stoppable::itself("stalls::generate", &[(ADDR, &addr.to_string())]);
    while generator.line() != "stop now" {}
    stop(&generator, STOP);
    let record = loop {
        if let Some(json) = generator.line().strip_prefix("record ") {
            break serde_json::from_str::<StageRecord>(json).unwrap();
        }
    };
    assert_eq!(record.verdict, Verdict::Invalid, "{:#?}", record.reasons());
    assert_eq!(record.delivery.delivered_live, record.delivery.entitled);
    assert_stalled(record.latencies.response.as_ref().unwrap());
    assert_stalled(record.self_check.send_lateness.as_ref().unwrap());
    let service = record.latencies.service.as_ref().unwrap();
    assert!(slow(service) <= CLIENTS as u64, "what was in flight when it stopped");
    assert!(record.self_check.worst_stall_ms > Some(1800.0));
}

#[test]
fn a_stop_that_spans_the_end_of_sending_and_the_drain_loses_nothing() {
    let (server, addr) = Stoppable::refserver("len4", &[]);
    let (progress, watched) = watch::channel(Progress::default());
    let short = plan(open(), 600 * MS);
    let input = StageInput { progress: Some(progress), ..input(addr, short) };
    let record = thread::scope(|scope| {
        scope.spawn(|| {
            until(|| watched.borrow().delivered >= 50);
            server.signal(Signal::STOP);
            until(|| watched.borrow().phase >= Phase::Draining);
            pause(500 * MS);
            server.signal(Signal::CONT);
        });
        run_stage_blocking(input).unwrap()
    });
    assert_all_arrived(&record);
    assert_eq!(record.delivery.sent, record.delivery.scheduled);
}

#[test]
fn a_killed_server_leaves_delivered_lost_and_indeterminate_apart() {
    let sums = |faults: &[&str]| {
        let (server, addr) = Stoppable::refserver("len4", faults);
        let quick = Drain { least: 100 * MS, quiet: 300 * MS };
        let brief = Plan { drain: quick, patience: 500 * MS, ..plan(open(), STAGE) };
        let record = stage(addr, brief, 100, || server.signal(Signal::KILL));
        let delivery = record.delivery.clone();
        assert_eq!(record.verdict, Verdict::Fail);
        assert_eq!(delivery.accounted(), delivery.entitled, "{delivery:#?}");
        assert_eq!(delivery.sent + delivery.unsent.values().sum::<u64>(), delivery.scheduled);
        assert!(delivery.delivered_live >= 100, "{delivery:#?}");
        delivery
    };
    let whole = sums(&[]);
    assert_eq!(whole.lost, 0, "what a killed server had not delivered is in doubt: {whole:#?}");
    let holed = sums(&["drop=7"]);
    // A message that a later one has overtaken is not in doubt: the server had dropped it before it died.
    assert!(holed.lost > 0, "{holed:#?}");
}

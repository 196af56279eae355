//! A generator that does not get the time it needs convicts itself, and nobody else; a server that is slow convicts nobody.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use chatserver_harness::{
    load::{Arrivals, Drain, Plan, StageInput, run_stage_blocking},
    process::{confine, usable_cores},
    record::StageRecord,
    verdict::Verdict,
    wire::dialect::{Dialect, builtin_text},
};
use chatserver_refserver::{Options, RefServer};

use crate::stopped::Stoppable;

const MS: Duration = Duration::from_millis(1);
/// So many busy threads leave a core's share for the generator that is far below what it needs.
const BURNERS: usize = 24;

fn server(faults: &[&str]) -> RefServer {
    let mut options = Options::new(builtin_text("len4").unwrap());
    options.faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    RefServer::start(options).unwrap()
}

/// Users with a message each, so often; then at most a second for what is on its way.
fn plan(clients: usize, interval: Duration, duration: Duration) -> Plan {
    Plan {
        arrivals: Arrivals::Staggered { per_second: 2000.0 },
        settle: 50 * MS,
        drain: Drain { least: 100 * MS, quiet: Duration::from_secs(20) },
        ..Plan::steady(clients, interval, duration)
    }
}

fn run(addr: SocketAddr, plan: Plan) -> StageRecord {
    let dialect = Arc::new(Dialect::builtin("len4").unwrap().unwrap());
    run_stage_blocking(StageInput::new("starved", dialect, addr, plan)).unwrap()
}

/// Runs it on the last core, which busy threads have taken.
fn among_burners(addr: SocketAddr, plan: Plan) -> StageRecord {
    let core = usable_cores().unwrap().pop().unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..BURNERS {
            scope.spawn(|| {
                confine(&[core]).unwrap();
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let stage = scope.spawn(|| {
            confine(&[core]).unwrap();
            run(addr, plan)
        });
        let record = stage.join();
        over.store(true, Ordering::Relaxed);
        record.unwrap()
    })
}

/// The worst that may be said of a stage in which the server did nothing wrong, and that nothing was lost.
fn is_invalid_for_a_reason(record: &StageRecord) {
    assert_eq!(record.verdict, Verdict::Invalid, "{:#?}", record.lines);
    assert!(!record.self_check.reasons.is_empty());
    let delivery = &record.delivery;
    assert_eq!((delivery.lost, delivery.duplicated), (0, 0), "{delivery:?}");
    assert!(delivery.sent > 0);
}

#[test]
#[ignore = "load: takes a core for some seconds"]
fn a_generator_whose_core_is_taken_is_invalid() {
    let server = server(&[]);
    let record = among_burners(server.addr(), plan(100, 10 * MS, 2000 * MS));
    is_invalid_for_a_reason(&record);
}

#[test]
#[ignore = "load: takes a core for some seconds"]
fn a_rate_that_no_generator_reaches_is_invalid() {
    let server = server(&[]);
    // Four million messages a second.
    let record = run(server.addr(), plan(40, Duration::from_micros(10), 500 * MS));
    is_invalid_for_a_reason(&record);
    assert!(record.self_check.reasons.iter().any(|reason| reason.contains("late")), "{record:?}");
}

#[test]
#[ignore = "load: takes a core for some seconds"]
fn a_server_that_loses_messages_fails_even_where_the_generator_is_starved() {
    let server = server(&["drop=50"]);
    let record = among_burners(server.addr(), plan(50, 20 * MS, 1000 * MS));
    assert!(record.delivery.lost > 0, "{:?}", record.delivery);
    assert_eq!(record.verdict, Verdict::Fail);
}

#[test]
#[ignore = "load: needs a machine that is otherwise quiet"]
fn a_slow_server_is_no_fault_of_the_generator() {
    // It stands still for a quarter of a second now and then: the response shows it, and the generator is no part of it.
    let (slow, quick) = (server(&["stall=50"]), server(&[]));
    let stage = |server: &RefServer| run(server.addr(), plan(10, 50 * MS, 2000 * MS));
    let mut blamed = Vec::new();
    for _ in 0..5 {
        let record = stage(&slow);
        let delivery = &record.delivery;
        assert_eq!(delivery.delivered_live, delivery.entitled, "{delivery:?}");
        if record.self_check.reasons.is_empty() {
            return;
        }
        // Where the quick server's stage is INVALID too, the machine is to blame.
        if stage(&quick).self_check.reasons.is_empty() {
            blamed.push(record.self_check.reasons);
        }
    }
    assert!(blamed.len() < 3, "with the slow server alone the generator blames itself: {blamed:?}");
}

#[test]
#[ignore = "load: takes both cores for some seconds"]
fn a_server_that_burns_every_core_never_passes_and_is_named() {
    let (_server, addr) = Stoppable::refserver("len4", &["busy-cores=24"]);
    let record = run(addr, plan(100, 10 * MS, 2000 * MS));
    match record.verdict {
        Verdict::Pass => panic!("{:#?}\n{:#?}", record.self_check, record.lines),
        Verdict::Fail => {}
        Verdict::Invalid => {
            let reasons = &record.self_check.reasons;
            assert!(reasons.iter().any(|reason| reason.contains("refserver (")), "{reasons:?}");
        }
    }
}

//! An independent witness: a packet capture, read by a script of its own, that must tell what the ledger tells.

use std::{sync::Arc, time::Duration};

use chatserver_harness::{
    load::{Arrivals, Drain, Plan, StageInput, run_stage_blocking},
    wire::dialect::Dialect,
};
use serde_json::Value;

use crate::stopped::Stoppable;

/// A packet is stamped inside the system calls that write it and wake its reader; the ledger stamps outside. What lies
/// between is the way through the kernel and the time until the reader has a core.
const APART_US: f64 = 1000.0;
/// Where the generator waited for a core for more than this share of the time, that time is all that would be compared.
const STARVED_PERCENT: f64 = 5.0;

#[test]
#[ignore = "load: needs python3 and the right to capture packets"]
fn a_packet_capture_tells_the_same_counts_and_latencies() {
    for faults in [&[][..], &["drop=50"], &["duplicate=50"]] {
        let (_server, addr) = Stoppable::refserver("len4", faults);
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/harness/witness.py");
        let mut witness = witness(script, addr.port());
        assert_eq!(witness.line(), "ready");
        let plan = Plan {
            arrivals: Arrivals::Staggered { per_second: 500.0 },
            settle: Duration::from_millis(100),
            drain: Drain { least: Duration::from_millis(300), quiet: Duration::from_secs(1) },
            ..Plan::steady(50, Duration::from_millis(50), Duration::from_secs(2))
        };
        let dialect = Arc::new(Dialect::builtin("len4").unwrap().unwrap());
        let record = run_stage_blocking(StageInput::new("witness", dialect, addr, plan)).unwrap();
        witness.end_input();
        let seen: Value = serde_json::from_str(&witness.line()).unwrap();
        let (ours, service) = (&record.delivery, record.latencies.service.as_ref().unwrap());
        println!(
            "witness {seen}; ledger {ours:?}; service {:?} {:?}",
            service.p50_us, service.p99_us
        );
        let count = |name: &str| seen[name].as_u64().unwrap();
        assert_eq!(count("dropped"), 0, "the capture itself lost packets");
        assert_eq!(count("sent"), ours.sent);
        assert_eq!(count("delivered"), ours.delivered() + ours.duplicated);
        assert_eq!(count("delivered_once"), ours.delivered() - ours.duplicated);
        assert_eq!(count("lost"), ours.lost);
        assert!(faults.is_empty() == (ours.lost + ours.duplicated == 0));
        let starved = record.self_check.starved_percent.is_none_or(|p| p > STARVED_PERCENT);
        if starved {
            println!(
                "no core for {:?} %: medians are not compared",
                record.self_check.starved_percent
            );
        }
        for (name, measured) in [("p50_us", service.p50_us), ("p99_us", service.p99_us)] {
            let (theirs, measured) = (seen[name].as_f64().unwrap(), measured.unwrap());
            // From packet to packet is never longer than from before the write to after the read.
            assert!(
                theirs <= measured * 1.001 + 1.0,
                "{name}: {theirs} µs, the ledger {measured} µs"
            );
            if name == "p50_us" && !starved {
                assert!(
                    measured - theirs < APART_US,
                    "{name}: {theirs} µs, the ledger {measured} µs"
                );
            }
        }
    }
}

#[expect(
    clippy::disallowed_types,
    reason = "a witness is no server: it is ended by the end of its input"
)]
fn witness(script: &str, port: u16) -> Stoppable {
    let mut command = std::process::Command::new("python3");
    command.args([script, &port.to_string()]);
    Stoppable::start(&mut command)
}

//! The engine with faults of its own, planted by hand: it must convict itself, and let no server go free for it.

use std::{sync::Arc, time::Duration};

use chatserver_refserver::{Options, RefServer};

use super::{Arrivals, Drain, Plan, StageInput, crew::Seat, engine::Engine};
use crate::{
    record::StageRecord,
    verdict::Verdict,
    wire::dialect::{Dialect, builtin_text},
};

const MS: Duration = Duration::from_millis(1);

/// A stage against a server with these faults, in which the generator takes so long over each read.
fn stage(read_delay: Duration, faults: &[&str]) -> StageRecord {
    let mut options = Options::new(builtin_text("len4").unwrap());
    options.faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let server = RefServer::start(options).unwrap();
    let dialect = Arc::new(Dialect::builtin("len4").unwrap().unwrap());
    let plan = Plan {
        arrivals: Arrivals::Staggered { per_second: 2000.0 },
        settle: 20 * MS,
        drain: Drain { least: 100 * MS, quiet: 1000 * MS },
        ..Plan::steady(10, 50 * MS, 500 * MS)
    };
    let mut engine =
        Engine::new(StageInput::new("trial", dialect, server.addr(), plan), Seat::alone(None))
            .unwrap();
    engine.check.planted_read_delay = read_delay;
    engine.run().unwrap().into_record()
}

#[test]
fn a_slow_reader_makes_the_stage_invalid() {
    let record = stage(8 * MS, &[]);
    assert_eq!(record.verdict, Verdict::Invalid, "{:?}", record.self_check);
    assert!(record.self_check.reasons.iter().any(|reason| reason.contains("read late")));
    assert_eq!(record.delivery.delivered_live, record.delivery.entitled);
}

#[test]
fn a_server_that_loses_messages_fails_even_while_the_generator_is_late() {
    let record = stage(8 * MS, &["drop=7"]);
    assert!(!record.self_check.reasons.is_empty());
    assert!(record.delivery.lost > 0);
    assert_eq!(record.verdict, Verdict::Fail);
}

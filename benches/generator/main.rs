//! What the load generator costs beside a bare epoll loop: CPU time from the first send to the closed ledger.
//!
//! `cargo bench --bench generator [-- NAME…]`. Generator and bare loop run alternately against the same bare relay, a
//! process of its own; the ratio is the median of five. The generator is pinned to core 0, the relay to core 1.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run ends with the reason")]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the relay is this program again, and rests are part of what is measured"
)]

mod accounting;
mod bare;
mod relay;

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use chatserver_harness::{
    load::{
        Arrivals, Drain, Pace, Phase, Plan, Progress, StageInput, Workload, run_stage_blocking,
    },
    record::StageRecord,
    wire::dialect::{Dialect, builtin_text},
};
use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::sync::watch;

const PAIRS: usize = 5;
const GENERATOR_CORE: usize = 0;
const RELAY_CORE: usize = 1;

/// Who writes to whom, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A ring of chats on schedule.
    Open { per_second: u32 },
    /// A ring of chats, one of each user in flight.
    PingPong,
    /// Groups of so many, on schedule.
    Groups { size: usize, per_second: u32 },
}

/// One load.
#[derive(Debug, Clone, Copy)]
struct Load {
    name: &'static str,
    clients: usize,
    shape: Shape,
    duration: Duration,
    drain: Duration,
    text_bytes: usize,
}

impl Load {
    /// From one message of a user to its next.
    fn interval(&self) -> Duration {
        match self.shape {
            Shape::Open { per_second } | Shape::Groups { per_second, .. } => {
                Duration::from_secs_f64(self.clients as f64 / f64::from(per_second))
            }
            Shape::PingPong => Duration::from_millis(10),
        }
    }

    /// The id of the first member of a user's group.
    fn group_of(&self, index: usize) -> usize {
        match self.shape {
            Shape::Groups { size, .. } => index / size * size + 1,
            _ => 0,
        }
    }

    fn plan(&self) -> Plan {
        let (workload, pace) = match self.shape {
            Shape::Open { .. } => (Workload::ChatRing, Pace::Open { interval: self.interval() }),
            Shape::PingPong => (Workload::ChatRing, Pace::Delivery { interval: None }),
            Shape::Groups { size, .. } => {
                (Workload::Groups { size }, Pace::Open { interval: self.interval() })
            }
        };
        Plan {
            workload,
            pace,
            arrivals: Arrivals::Staggered { per_second: 4000.0 },
            settle: Duration::from_millis(500),
            drain: Drain { least: self.drain, quiet: Duration::from_secs(2) },
            ..Plan::steady(self.clients, self.interval(), self.duration)
        }
    }
}

fn loads() -> Vec<Load> {
    let load = |name, clients, shape| Load {
        name,
        clients,
        shape,
        duration: Duration::from_secs(2),
        drain: Duration::from_millis(200),
        // A bare mark.
        text_bytes: 63,
    };
    vec![
        load("open-10k", 100, Shape::Open { per_second: 10_000 }),
        load("open-100k", 100, Shape::Open { per_second: 100_000 }),
        load("ping-pong", 100, Shape::PingPong),
        load("fan-out", 100, Shape::Groups { size: 100, per_second: 1_000 }),
        load("open-10k-of-10000", 10_000, Shape::Open { per_second: 10_000 }),
        load("idle-15000", 15_000, Shape::Open { per_second: 7_500 }),
    ]
}

/// The relay in a process of its own: ended with this value.
struct RelayProcess {
    child: Child,
    addr: SocketAddr,
}

impl RelayProcess {
    fn start() -> Self {
        let program = env::current_exe().unwrap();
        let mut child = Command::new(program)
            .arg("--relay")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, addr: line.trim().parse().unwrap() }
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() -> io::Result<()> {
    chatserver_harness::kernel::raise_file_limit()?;
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    if arguments.iter().any(|argument| argument == "--relay") {
        pin(RELAY_CORE);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        println!("{}", listener.local_addr()?);
        // The bench holds the other end: when it ends, by whatever means, so does the relay.
        thread::spawn(|| {
            let _ = io::stdin().read_line(&mut String::new());
            std::process::exit(0);
        });
        return relay::serve(&listener);
    }
    pin(GENERATOR_CORE);
    println!("load average {}", fs::read_to_string("/proc/loadavg")?.trim());
    for load in loads() {
        if arguments.is_empty() || arguments.iter().any(|wanted| wanted == load.name) {
            compare(&load)?;
        }
    }
    println!("load average {}", fs::read_to_string("/proc/loadavg")?.trim());
    Ok(())
}

/// Runs both, alternately, and prints them.
fn compare(load: &Load) -> io::Result<()> {
    println!("{}: {} connections, {:?}", load.name, load.clients, load.shape);
    let mut ratios = Vec::new();
    let (mut enter_ratios, mut costs_ns) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let bare = bare::run(RelayProcess::start().addr, load)?;
        let (record, memory_bytes) = generator(RelayProcess::start().addr, load);
        let check = &record.self_check;
        let delivered = record.delivery.delivered_live;
        let cpu_ns = check.own_cpu_ms.unwrap() * 1e6;
        let (ours_ns, bare_ns) =
            (cpu_ns / delivered as f64, bare.cpu_ns as f64 / bare.delivered as f64);
        let reads = check.read_lateness.as_ref().map_or(0, |reads| reads.count);
        let late = check.send_lateness.as_ref().unwrap();
        println!(
            "  {pair}: generator {ours_ns:.0} ns, bare {bare_ns:.0} ns a delivery, ratio {:.3}; {:.0} verified \
             deliveries a core-second (bare {:.0}); {:.3} documents a read; lateness p50 {:.0} p99 {:.0} µs; \
             sent {} (bare {}), delivered {delivered} (bare {}), of {} entitled",
            ours_ns / bare_ns,
            1e9 / ours_ns,
            1e9 / bare_ns,
            delivered as f64 / reads as f64,
            late.p50_us.unwrap_or_default(),
            late.p99_us.unwrap_or_default(),
            record.delivery.sent,
            bare.sent,
            bare.delivered,
            record.delivery.entitled,
        );
        assert_eq!(delivered, record.delivery.entitled, "{:#?}", record.delivery);
        ratios.push(ours_ns / bare_ns);
        costs_ns.push(ours_ns);
        let enter_ns = check.enter_cpu_ms.unwrap() * 1e6;
        enter_ratios.push(bare.enter_cpu_ns as f64 / enter_ns);
        let each = load.clients as f64;
        println!(
            "     connect + login: generator {:.1} µs, bare {:.1} µs each; memory {memory_bytes} bytes a connection",
            enter_ns / each / 1e3,
            bare.enter_cpu_ns as f64 / each / 1e3,
        );
    }
    println!(
        "  median ratio {:.3}; connect + login at {:.2} of the bare loop's speed",
        median(&mut ratios),
        median(&mut enter_ratios)
    );
    let accounting_ns = accounting::cost_ns(matches!(load.shape, Shape::Groups { .. }), 2_000_000);
    let whole_ns = median(&mut costs_ns);
    println!(
        "  the accounting takes {accounting_ns:.0} ns of {whole_ns:.0} ns a delivery: {:.1} % over counting only",
        accounting_ns * 100.0 / (whole_ns - accounting_ns),
    );
    Ok(())
}

/// One stage of the real generator; also what each connection takes of this process's memory, when all are idle.
fn generator(relay: SocketAddr, load: &Load) -> (StageRecord, u64) {
    // The bare relay acknowledges no chats.
    let text = builtin_text("len4").unwrap();
    let text = text.replace("number = 5\nack = 6", "number = 5");
    let text = text.replace("number = 7\nack = 8", "number = 7");
    // A group is known from its answer, not from a later login.
    let text = text.replace("ack = 12", "ack = 12\nreply = { group = \"groupId\" }");
    let dialect = Arc::new(Dialect::load("the bare relay's", &text).unwrap());
    let (progress, watched) = watch::channel(Progress::default());
    let before_bytes = resident_bytes();
    let settled = thread::spawn(move || {
        while watched.borrow().phase < Phase::Settling {
            thread::sleep(Duration::from_millis(20));
        }
        resident_bytes()
    });
    let input = StageInput {
        progress: Some(progress),
        ..StageInput::new(load.name, dialect, relay, load.plan())
    };
    let record = run_stage_blocking(input).unwrap();
    let idle_bytes = settled.join().unwrap();
    (record, idle_bytes.saturating_sub(before_bytes) / load.clients as u64)
}

fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn pin(core: usize) {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).unwrap();
}

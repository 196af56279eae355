//! What a row of the monitor costs: CPU time of its own thread, with so many connections on the port, and without a port.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run ends with the reason")]
#![expect(
    clippy::disallowed_methods,
    reason = "the rows are waited for, and nothing else is to be done"
)]

use std::{
    env,
    io::{self, BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread::sleep,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use chatserver_harness::{
    kernel::raise_file_limit,
    monitor::{Column, Monitor, MonitorTarget},
};

/// The argument that makes this program the server.
const HOLD: &str = "hold";
/// As in a campaign.
const PERIOD: Duration = Duration::from_secs(1);
const ROWS: usize = 12;

fn main() -> io::Result<()> {
    raise_file_limit()?;
    if env::args().nth(1).as_deref() == Some(HOLD) {
        return hold();
    }
    // Under `cargo test` it only shows that it runs.
    let full = env::args().any(|argument| argument == "--bench");
    let counts: &[usize] = if full { &[0, 1_000, 15_000] } else { &[0, 100] };
    let mut server = serve()?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line)?;
    let port = line.trim().parse().unwrap();
    let mut clients = Vec::new();
    let pid = MonitorTarget::pid(server.id());
    measure("the cheap fields (no port)", pid.clone());
    for count in counts {
        while clients.len() < *count {
            // Several addresses of this machine, so that one does not run out of ports.
            let host = Ipv4Addr::new(127, 0, 0, 1 + (clients.len() / 10_000) as u8);
            clients.push(TcpStream::connect((host, port))?);
        }
        let addr = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        measure(&format!("{count} connections"), pid.clone().listening_at(addr));
    }
    drop(clients);
    server.kill()?;
    server.wait()?;
    Ok(())
}

/// CPU time of the monitor's thread for a row.
fn measure(what: &str, target: MonitorTarget) {
    // Kept without waking anybody: a wake-up costs as much as the row.
    let rows = Arc::new(Mutex::new(Vec::with_capacity(ROWS + 2)));
    let kept = Arc::clone(&rows);
    let mut plan = chatserver_harness::monitor::MonitorPlan::new(target, PERIOD);
    plan.on_row = Some(Box::new(move |sample| {
        let row = (cpu_of_this_thread(), sample.get(Column::ConnectionsTotal));
        kept.lock().unwrap().push(row);
    }));
    let monitor = Monitor::begin(plan, io::sink()).unwrap();
    while rows.lock().unwrap().len() <= ROWS {
        sleep(PERIOD);
    }
    let rows: Vec<_> = rows.lock().unwrap().drain(..=ROWS).collect();
    let (first, _) = rows[0];
    let (mut last, mut most, mut seen, mut looks) = (first, Duration::ZERO, None, 0);
    for (now, connections) in rows.into_iter().skip(1) {
        most = most.max(now.saturating_sub(last));
        seen = connections.or(seen);
        looks += u32::from(connections.is_some());
        last = now;
    }
    let summary = monitor.stop();
    let each = last.saturating_sub(first) / ROWS as u32;
    println!(
        "{what:28} {each:8.1?} of CPU a row, {most:.1?} the dearest; {looks} of {ROWS} rows looked at the sockets; {} rows \
         missed, connections seen: {seen:?}",
        summary.missed_samples,
    );
}

/// The CPU time that the calling thread has used so far.
fn cpu_of_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// This program once more, as a server that accepts and holds.
#[expect(
    clippy::disallowed_types,
    reason = "the server must be another process: its files are counted"
)]
fn serve() -> io::Result<Child> {
    let mut command = std::process::Command::new(env::current_exe()?);
    command.arg(HOLD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

/// Accepts until the other side of stdin is gone.
fn hold() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    println!("{}", listener.local_addr()?.port());
    std::thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let mut held = Vec::new();
    loop {
        held.push(listener.accept()?);
    }
}

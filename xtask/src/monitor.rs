//! `cargo xtask monitor`: watches a server without loading it.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::{Duration, Instant},
};

use chatserver_harness::{
    campaign::Interrupt,
    config::in_pipeline,
    kernel::listeners_of,
    monitor::{Column, Monitor, MonitorPlan, MonitorTarget, Sample},
    record::{MonitorSummary, RunDirectory},
    report,
    units::parse_duration,
    verdict::Exit,
};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use crate::{EXIT_CODES, console, failure::Failure, signals};

/// What the servers of the family are called, and where they usually listen.
const USUAL_NAMES: [&str; 2] = ["chatserver", "ChatServer"];
const USUAL_PORT: u16 = 6000;
/// Where nobody watches a terminal a line is written so often.
const LINE_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct MonitorFlags {
    /// The name of the server's program. Without this, --port and --pid: who listens on 6000, else a chatserver.
    #[arg(long, value_name = "NAME")]
    process: Option<String>,
    /// The port the server listens on; its connections and bytes are counted. Without: the first that the process
    /// listens on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// The server's process id.
    #[arg(long, value_name = "N")]
    pid: Option<u32>,
    /// How long to watch; without: until Ctrl-C.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, allow_negative_numbers = true)]
    duration: Option<Duration>,
    /// From one row to the next.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_duration, allow_negative_numbers = true)]
    interval: Duration,
    /// Every row as a line of JSON on stdout, the summary as the last one.
    #[arg(long)]
    json: bool,
    /// The directory in which a directory for the rows (CSV) and the summary (JSON, text) is made.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs_dir: PathBuf,
    /// No live line, only the summary.
    #[arg(long, short)]
    quiet: bool,
}

/// Watches until the time is over or a signal comes.
pub(crate) fn run(flags: &MonitorFlags) -> Result<Exit, Failure> {
    let lang = console::lang();
    let (target, pid) = find(flags)?;
    let interrupt = Interrupt::new();
    signals::listen(interrupt.clone())
        .map_err(|error| Failure::own("cannot wait for signals", error))?;
    let view = View::new(flags);
    let bar = view.bar.clone();
    let mut plan = MonitorPlan::new(target, flags.interval);
    plan.on_row = Some(Box::new(view.show()));
    // Before the directory: a period that cannot be is told first.
    plan.check()?;
    let directory = RunDirectory::create(&flags.runs_dir, Timestamp::now())?;
    if !flags.quiet {
        let path = directory.path().display();
        let told = format!("watching pid {pid}; rows in {path}/monitor.csv");
        console::tell(&console::said(&told));
    }
    let monitor = Monitor::begin(plan, directory.rows("monitor.csv")?)?;
    let signal = wait(flags.duration, &interrupt)?;
    let (mut summary, track) = monitor.finish();
    bar.finish_and_clear();
    summary.file = Some(directory.file("monitor.csv"));
    let growth = track.growth_overall();
    let text = report::monitor::render(&summary, &growth, lang);
    let json = report::monitor::json(&summary, &growth)
        .map_err(|error| Failure::own("cannot write the summary", error))?;
    directory.replace("monitor.json", json.as_bytes())?;
    directory.replace("monitor.txt", text.as_bytes())?;
    console::print(if flags.json { &json } else { &text });
    Ok(exit(&summary, signal.is_some() && flags.duration.is_some()))
}

/// What to watch, and the id of its process.
fn find(flags: &MonitorFlags) -> Result<(MonitorTarget, u32), Failure> {
    let any = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let named = |target: MonitorTarget| match flags.port {
        Some(port) => target.listening_at(any(port)),
        None => target,
    };
    let candidates = match (flags.pid, &flags.process, flags.port) {
        (Some(pid), _, _) => vec![named(MonitorTarget::pid(pid))],
        (None, Some(name), _) => vec![named(MonitorTarget::name(name))],
        (None, None, Some(port)) => vec![MonitorTarget::addr(any(port))],
        (None, None, None) => {
            let usual = USUAL_NAMES.into_iter().map(MonitorTarget::name);
            std::iter::once(MonitorTarget::addr(any(USUAL_PORT))).chain(usual).collect()
        }
    };
    let found = candidates.into_iter().find_map(|target| Some((target.resolve()?, target)));
    let Some((pid, target)) = found else { return Err(not_found(flags)) };
    if target.has_port() {
        return Ok((target, pid));
    }
    let port = listeners_of(pid).ok().and_then(|ports| ports.first().map(|it| it.addr.port()));
    Ok((port.map_or(target.clone(), |port| target.listening_at(any(port))), pid))
}

fn not_found(flags: &MonitorFlags) -> Failure {
    let looked = match (flags.pid, &flags.process, flags.port) {
        (Some(pid), _, _) => format!("there is no process {pid}"),
        (None, Some(name), _) => format!("no program called `{name}` runs that this user may see"),
        (None, None, Some(port)) => {
            format!("nobody of whom this user may know listens on port {port}")
        }
        (None, None, None) => format!(
            "nobody listens on port {USUAL_PORT}, and no program is called {}",
            USUAL_NAMES.join(" or ")
        ),
    };
    let cure = "start the server first, or name it: --pid N, --port N or --process NAME (`ss -tlnp` lists who listens)";
    Failure {
        message: format!("{looked}, so there is nothing to watch; {cure}"),
        exit: Exit::Unreachable,
    }
}

/// Waits for the end: the time is over, or the signal that this gives.
fn wait(
    duration: Option<Duration>,
    interrupt: &Interrupt,
) -> Result<Option<&'static str>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own("cannot start a runtime", error))?;
    Ok(runtime.block_on(async {
        let over = async {
            match duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = over => None,
            signal = interrupt.raised() => Some(signal),
        }
    }))
}

/// A server that died or was restarted is a failure; time that was cut short is at best INVALID.
fn exit(summary: &MonitorSummary, cut_short: bool) -> Exit {
    if summary.gone_samples > 0 || summary.pids.len() > 1 {
        let (gone, pids) = (summary.gone_samples, &summary.pids);
        console::tell(&console::said(&format!(
            "the server died or was restarted: {gone} rows without it, pids {pids:?}"
        )));
        Exit::Fail
    } else if cut_short {
        Exit::Invalid
    } else {
        Exit::Pass
    }
}

/// How rows are shown while they come.
struct View {
    json: bool,
    lines: bool,
    bar: ProgressBar,
}

impl View {
    fn new(flags: &MonitorFlags) -> Self {
        let live = !flags.quiet && !flags.json && io::stderr().is_terminal() && !in_pipeline();
        let lines = !flags.quiet && !flags.json && !live;
        let bar = if live {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
        Self {
            json: flags.json,
            lines,
            bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())),
        }
    }

    /// Shows a row; on the monitor's own thread, so that none is passed over.
    fn show(self) -> impl FnMut(&Sample) + Send + 'static {
        let mut told: Option<(Instant, Option<u32>)> = None;
        move |sample| {
            if self.json {
                console::print(&(sample.to_json() + "\n"));
                return;
            }
            self.bar.set_message(line(sample));
            self.bar.tick();
            // A server that goes or comes is told at once.
            let due = told.is_none_or(|(at, pid)| at.elapsed() >= LINE_EVERY || pid != sample.pid);
            if self.lines && due {
                told = Some((Instant::now(), sample.pid));
                console::tell(&line(sample));
            }
        }
    }
}

/// The row in a line; what was not measured is left out.
fn line(sample: &Sample) -> String {
    let Some(pid) = sample.pid else { return "no server process".to_owned() };
    let mut line = format!("pid {pid}");
    for (column, before, decimals, after) in [
        (Column::CpuPercent, "CPU ", 1, " %"),
        (Column::RssMb, "memory ", 1, " MiB"),
        (Column::OpenFds, "files ", 0, ""),
        (Column::Threads, "threads ", 0, ""),
        (Column::ConnectionsEstablished, "connections ", 0, ""),
        (Column::AcceptQueue, "waiting ", 0, ""),
        (Column::BytesRecv, "received ", 0, " B"),
        (Column::BytesSent, "sent ", 0, " B"),
        (Column::HostCpuPercent, "machine ", 0, " %"),
    ] {
        if let Some(value) = sample.get(column) {
            let _ = write!(line, ", {before}{value:.decimals$}{after}");
        }
    }
    line
}

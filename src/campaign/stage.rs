//! One stage: load, the monitor beside it, and what an early end means for the verdict.

use std::{pin::pin, sync::Arc};

use jiff::Timestamp;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at},
};

use super::{
    CampaignEvent, PlannedStage,
    book::monitor_file,
    progress_rows::{self, ProgressRows, ROW_EVERY},
    run::Course,
};
use crate::{
    config::ProbeSettings,
    load::{self, Cancel, Progress, StageError, StageInput},
    monitor::{
        BusiestThread, Column, CommandProbe, Monitor, MonitorPlan, MonitorTarget, Probe, Track,
    },
    process::Invocation,
    record::{Death, FindingKind, GrowthRecord, MonitorSummary, Rigour, StageRecord, VerdictLine},
    server::Server,
    threshold::judge,
    verdict::Verdict,
};

/// A thread that takes as much of a core has none to spare.
const THREAD_FULL_PERCENT: f64 = 95.0;

/// Runs a stage with the monitor beside it. Gives the signal that ended it early, if one did.
pub(super) async fn run_stage(
    course: &mut Course<'_>,
    stage: &PlannedStage,
    number: usize,
    count: usize,
) -> Result<(StageRecord, Option<&'static str>), StageError> {
    let (sender, progress) = watch::channel(Progress::default());
    let (cpu_sender, server_cpu) = watch::channel(None);
    let mut rows = ProgressRows::begin(&course.book.directory, &stage.name);
    let seen = progress.clone();
    (course.on_event)(CampaignEvent::StageBegins { stage, number, count, progress, server_cpu });
    let (watched, unwatched) = watch_server(course, stage);
    let fixture = course.fixture();
    let (server, dialect) = (fixture.server(), fixture.dialect().clone());
    let cancel = Cancel::new();
    let entrances = course.entrances();
    let input = StageInput {
        warm_up: stage.warm_up,
        death: server.is_ours().then(|| server.death()),
        cancel: cancel.clone(),
        progress: Some(sender),
        rules: stage.rules.clone(),
        relayed: entrances.iter().any(|addr| fixture.is_relayed(*addr)),
        behind: if entrances == server.addrs() { Arc::default() } else { server.addrs() },
        nodes: entrances,
        cores: course.generator_cores(),
        ..StageInput::new(&stage.name, dialect, server.addr(), stage.plan.clone())
    };
    let mut running = pin!(load::run_stage(input));
    let mut signal = None;
    let mut row_due = interval_at(Instant::now() + ROW_EVERY, ROW_EVERY);
    row_due.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let outcome = loop {
        tokio::select! {
            outcome = &mut running => break outcome,
            raised = course.interrupt.raised(), if signal.is_none() => {
                // The stage ends soon, with what was seen.
                cancel.cancel();
                signal = Some(raised);
            }
            _ = row_due.tick() => {
                let cpu = watched.first().and_then(Watched::cpu_percent);
                cpu_sender.send_replace(cpu);
                rows.add(&seen.borrow(), cpu);
            }
        }
    };
    let mut monitors: Vec<_> = watched.into_iter().map(Watched::sum_up).collect();
    if let Some(remark) = unwatched {
        course.book.remark(remark);
    }
    let mut record = outcome.inspect_err(|_| {
        let Progress { sent, delivered, .. } = *seen.borrow();
        let file = progress_rows::file_name(&stage.name);
        let remark = format!(
            "stage {} has no record: the harness failed; until then {sent} were sent and {delivered} delivered, see \
             {file}",
            stage.name
        );
        course.book.remark(remark);
    })?;
    // The monitor looked more often, and over the whole stage.
    let steal = monitors.first().and_then(|(it, _)| Some(it.column("steal_percent")?.mean));
    record.self_check.steal_percent = steal.or(record.self_check.steal_percent);
    let tracks: Vec<Track> = if monitors.is_empty() {
        Vec::new()
    } else {
        let (first, track) = monitors.remove(0);
        record.monitor = Some(first);
        let (further, tracks): (Vec<_>, Vec<_>) = monitors.into_iter().unzip();
        record.further_monitors = further;
        std::iter::once(track).chain(tracks).collect()
    };
    let watched = judge(&stage.rules, &record, true);
    record.lines.extend(watched);
    for (node, track) in tracks.iter().enumerate().filter(|_| !stage.warm_up) {
        judge_steady(&mut record, track, node);
    }
    if signal.is_none() {
        course.rest.judge(course.suite.fixture(), &mut record).await;
    }
    record.verdict = record.judge();
    if signal.is_some() || record.ended_by.is_some() {
        excuse(&mut record);
    }
    Ok((record, signal))
}

/// The record of a stage that could not begin, because the server had died before it.
pub(super) fn died_before(stage: &PlannedStage, death: &Death) -> StageRecord {
    let mut record = StageRecord::new(&stage.name, stage.plan.facts(), Timestamp::now());
    record.warm_up = stage.warm_up;
    record.death = Some(death.clone());
    record.verdict = record.judge();
    record
}

/// What was not reached because a signal or a threshold ended the stage is no failure of the server: shares that were to be reached
/// are then INVALID, and so is what had not arrived when nobody listened any more. What must never happen (duplicated,
/// misdelivered, refused) stays as it is.
fn excuse(record: &mut StageRecord) {
    for line in &mut record.lines {
        let unreached = line.limit.starts_with('≥') || ["n/a", "never"].contains(&&*line.observed);
        let ended = record
            .ended_by
            .as_ref()
            .is_some_and(|rule| rule.split(' ').next() == Some(&line.metric));
        let cut_short = (unreached || line.metric == FindingKind::Lost.word()) && !ended;
        if line.result == Verdict::Fail && cut_short {
            line.result = Verdict::Invalid;
            line.why = Some("the stage was ended early".to_owned());
        }
    }
    record.verdict = Verdict::Pass;
    record.verdict = record.judge();
}

/// A monitor and the file it writes.
struct Watched {
    monitor: Monitor,
    file: std::path::PathBuf,
}

impl Watched {
    /// The server's CPU in the last row.
    fn cpu_percent(&self) -> Option<f64> {
        self.monitor.latest()?.get(Column::CpuPercent)
    }

    fn sum_up(self) -> (MonitorSummary, Track) {
        let (summary, track) = self.monitor.finish();
        (MonitorSummary { file: Some(self.file), ..summary }, track)
    }
}

/// Starts a monitor for each node; without one the stage is run all the same, and the reader is told why there is none.
fn watch_server(course: &Course<'_>, stage: &PlannedStage) -> (Vec<Watched>, Option<String>) {
    let server = course.fixture().server();
    let unwatched = |error: &dyn std::fmt::Display| {
        Some(format!("stage {} was not monitored: {error}", stage.name))
    };
    if !server.is_local() {
        return (Vec::new(), unwatched(&"the server runs on another machine"));
    }
    let mut watched = Vec::new();
    for (node, target) in monitor_targets(server).into_iter().enumerate() {
        match watch(course, stage, node, target) {
            Ok(monitor) => watched.push(monitor),
            Err(error) if node == 0 => return (watched, unwatched(&error)),
            Err(error) => return (watched, unwatched(&format!("node {}: {error}", node + 1))),
        }
    }
    (watched, None)
}

/// Starts the monitor of one node.
fn watch(
    course: &Course<'_>,
    stage: &PlannedStage,
    node: usize,
    target: MonitorTarget,
) -> Result<Watched, Box<dyn std::error::Error>> {
    let server = course.fixture().server();
    let rows = course.book.directory.rows(&monitor_file(&stage.name, node))?;
    let file = rows.path().to_owned();
    // What only the user can measure belongs to the whole server.
    let probes = course.probes.iter().filter(|_| node == 0);
    let probes = probes.map(|probe| command_probe(probe, server)).collect();
    let plan = MonitorPlan { probes, ..MonitorPlan::new(target, stage.monitor_period()) };
    Ok(Watched { monitor: Monitor::begin(plan, rows)?, file })
}

/// A probe of the settings, where the server runs.
fn command_probe(settings: &ProbeSettings, server: &Server) -> Box<dyn Probe> {
    let addr = server.addr();
    let line = settings.run.replace("{ip}", &addr.ip().to_string());
    let mut invocation = Invocation::shell(line.replace("{port}", &addr.port().to_string()));
    invocation.dir = server.target().dir;
    Box::new(CommandProbe {
        name: settings.name.clone(),
        invocation,
        every: settings.every,
        deadline: settings.deadline,
    })
}

/// The server's processes, one for each node, by its id where that is known, and its port.
pub(super) fn monitor_targets(server: &Server) -> Vec<MonitorTarget> {
    let target = |(addr, pid): (_, Option<u32>)| match pid {
        Some(pid) => MonitorTarget::pid(pid).listening_at(addr),
        None => MonitorTarget::addr(addr),
    };
    server.processes().into_iter().map(target).collect()
}

/// A metric of one node: that of the first has no other name than that of a server which is alone.
pub(super) fn name_of(metric: &str, node: usize) -> String {
    if node == 0 { metric.to_owned() } else { format!("node{}.{metric}", node + 1) }
}

/// Whether a node grew while the load was steady, and whether one thread of it was the limit. Inside this process it
/// cannot be told from the harness.
fn judge_steady(record: &mut StageRecord, track: &Track, node: usize) {
    let own = [std::process::id()];
    let inside = record.monitor.as_ref().is_some_and(|monitor| monitor.pids == own);
    let Some(rates) = record.rates.filter(|_| !inside) else { return };
    let after = |millis: u64| {
        let millis = jiff::SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
        record.started.checked_add(millis).unwrap_or(Timestamp::MAX)
    };
    let from = after(rates.window_from_ms);
    let to = after(rates.window_from_ms + rates.window_ms);
    let busiest = track.busiest_thread(from, to).map(thread_line);
    record.lines.extend(busiest.map(|line| {
        let metric = name_of(&line.metric, node);
        VerdictLine { metric, ..line }
    }));
    let growth = track.growth(from, to).into_iter();
    let growth: Vec<GrowthRecord> = growth
        .map(|growth| GrowthRecord { metric: name_of(&growth.metric, node), ..growth })
        .collect();
    // Where the plan has a threshold of its own for a slope, that one judges.
    let judged: Vec<String> = record.lines.iter().map(|line| line.metric.clone()).collect();
    let open = growth.iter().filter(|growth| !judged.contains(&growth.metric));
    record.lines.extend(open.map(GrowthRecord::line));
    record.growth.extend(growth);
}

/// A thread that is busy all the time limits a server, however idle its others are.
fn thread_line(busiest: BusiestThread) -> VerdictLine {
    let BusiestThread { name, rows: (often, all), mean_cpu_percent } = busiest;
    let full = mean_cpu_percent >= THREAD_FULL_PERCENT;
    VerdictLine {
        metric: "server.thread.cpu".to_owned(),
        observed: format!("{mean_cpu_percent:.1}"),
        limit: format!("< {THREAD_FULL_PERCENT:.0}"),
        unit: "% of one core".to_owned(),
        margin: Some(format!("{:+.0} %", 100.0 - mean_cpu_percent / THREAD_FULL_PERCENT * 100.0)),
        result: if full { Verdict::Fail } else { Verdict::Pass },
        level: Rigour::Warn,
        why: Some(format!("the busiest thread: `{name}` in {often} of {all} rows")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::Plan;

    fn line(metric: &str, limit: &str) -> VerdictLine {
        VerdictLine {
            metric: metric.into(),
            observed: "0".into(),
            limit: limit.into(),
            unit: String::new(),
            result: Verdict::Fail,
            margin: None,
            level: Rigour::Fail,
            why: None,
        }
    }

    fn record(lines: Vec<VerdictLine>) -> StageRecord {
        let plan = Plan::steady(2, Duration::from_millis(100), Duration::from_secs(1));
        let mut record = StageRecord::new("level", plan.facts(), Timestamp::UNIX_EPOCH);
        record.lines = lines;
        record.verdict = record.judge();
        record
    }

    #[test]
    fn what_a_signal_kept_from_being_reached_is_invalid_and_what_went_wrong_stays_a_failure() {
        let mut unreached = record(vec![line("logged in at the first attempt", "≥ 95 %")]);
        assert_eq!(unreached.verdict, Verdict::Fail);
        excuse(&mut unreached);
        assert_eq!(unreached.verdict, Verdict::Invalid);
        let mut broken = record(vec![line("sent", "≥ 99 %"), line("duplicated", "0")]);
        excuse(&mut broken);
        assert_eq!(broken.verdict, Verdict::Fail);
    }
}

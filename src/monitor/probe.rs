//! Numbers that only somebody else can tell: probes, each measured on a thread of its own beside the monitor's.

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use crate::process::{Invocation, run_once};

/// So many different troubles of a probe are told.
const TROUBLES_TOLD: usize = 5;

/// Measures one number, again and again. A probe that is slow or hangs for a time leaves fields empty and keeps nobody
/// waiting but itself.
pub trait Probe: Send + 'static {
    /// The name of its column, behind `probe_`: letters, digits, `_`.
    fn name(&self) -> &str;

    /// From the end of one measurement to the next.
    fn every(&self) -> Duration;

    /// Measures now. An error is told in the summary, and the field stays empty.
    fn measure(&mut self) -> Result<f64, String>;
}

/// A probe that runs a shell line and takes the number that it prints last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandProbe {
    /// The name of its column, behind `probe_`.
    pub name: String,
    /// The line and where it is run.
    pub invocation: Invocation,
    /// From the end of one run to the next.
    pub every: Duration,
    /// How long a run may take.
    pub deadline: Duration,
}

impl Probe for CommandProbe {
    fn name(&self) -> &str {
        &self.name
    }

    fn every(&self) -> Duration {
        self.every
    }

    fn measure(&mut self) -> Result<f64, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let ended = runtime.block_on(run_once(self.invocation.clone(), self.deadline));
        let ended = ended.map_err(|error| error.to_string())?;
        if !ended.status.is_success() {
            let said = ended.tails.stderr.last().map(|line| format!(": {line}"));
            return Err(format!("it ended with {}{}", ended.status, said.unwrap_or_default()));
        }
        let last =
            ended.tails.stdout.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty());
        let last = last.ok_or("it printed nothing, where a number was expected")?;
        match last.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(format!("its last line is no number: `{last}`")),
        }
    }
}

/// The probes at work.
#[derive(Debug, Default)]
pub(super) struct ProbeBench {
    probes: Vec<Measured>,
}

/// One probe at work.
#[derive(Debug)]
struct Measured {
    name: String,
    state: Arc<Mutex<State>>,
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    /// Taken by the next row: no number stands in two.
    fresh: Option<f64>,
    troubles: BTreeSet<String>,
}

impl ProbeBench {
    /// Starts a thread for each.
    pub(super) fn start(probes: Vec<Box<dyn Probe>>) -> io::Result<Self> {
        probes
            .into_iter()
            .map(Measured::start)
            .collect::<io::Result<_>>()
            .map(|probes| Self { probes })
    }

    /// What was measured since the last row, in the order of the probes.
    pub(super) fn values(&self) -> Vec<Option<f64>> {
        self.probes.iter().map(|probe| hold(&probe.state).fresh.take()).collect()
    }

    /// What went wrong.
    pub(super) fn remarks(&self) -> Vec<String> {
        let of = |probe: &Measured| {
            let state = hold(&probe.state);
            let name = &probe.name;
            state.troubles.iter().map(|why| format!("probe {name}: {why}")).collect::<Vec<_>>()
        };
        self.probes.iter().flat_map(of).collect()
    }
}

impl Measured {
    fn start(mut probe: Box<dyn Probe>) -> io::Result<Self> {
        let name = probe.name().to_owned();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let (stop, stopped) = sync_channel(1);
        let body = move || {
            loop {
                let measured = probe.measure();
                let mut state = hold(&shared);
                match measured {
                    Ok(number) => state.fresh = Some(number),
                    Err(why) if state.troubles.len() < TROUBLES_TOLD => {
                        state.troubles.insert(why);
                    }
                    Err(_) => {}
                }
                drop(state);
                if stopped.recv_timeout(probe.every()) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("probe".to_owned()).spawn(body)?;
        Ok(Self { name, state, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Measured {
    /// Waits for a measurement that is under way: it has a deadline.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn hold(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Every change is one assignment, so a panic elsewhere leaves it whole.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Instant,
    };

    use super::*;
    use crate::monitor::{MIN_PERIOD, Monitor, MonitorPlan, MonitorTarget};

    fn command(line: &str) -> CommandProbe {
        CommandProbe {
            name: "it".to_owned(),
            invocation: Invocation::shell(line),
            every: Duration::from_millis(20),
            deadline: Duration::from_secs(10),
        }
    }

    #[test]
    fn the_last_number_that_a_command_prints_is_measured() {
        assert_eq!(command("echo clients: 7; echo ' 12.5 '; echo").measure(), Ok(12.5));
        for (line, says) in [
            ("echo seven", "no number: `seven`"),
            ("echo nan", "no number: `nan`"),
            ("true", "printed nothing"),
            ("echo 3; echo no redis >&2; exit 4", "no redis"),
        ] {
            let error = command(line).measure().unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
        let hanging =
            CommandProbe { deadline: Duration::from_millis(200), ..command("exec sleep 60") };
        let error = hanging.clone().measure().unwrap_err();
        assert!(error.contains("did not end within 200 ms"), "{error}");
    }

    /// A probe that cannot measure, and how often it was asked to.
    struct Broken(Arc<AtomicU32>);

    impl Probe for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }

        fn every(&self) -> Duration {
            Duration::from_millis(1)
        }

        fn measure(&mut self) -> Result<f64, String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err("no such thing".to_owned())
        }
    }

    #[test]
    fn a_probe_has_a_column_and_its_trouble_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let asked = Arc::new(AtomicU32::new(0));
        let broken = Broken(Arc::clone(&asked));
        let probes: Vec<Box<dyn Probe>> = vec![Box::new(command("echo 42")), Box::new(broken)];
        let target = MonitorTarget::pid(std::process::id());
        let rows = file.reopen().unwrap();
        let plan = MonitorPlan { probes, ..MonitorPlan::new(target, MIN_PERIOD) };
        let monitor = Monitor::begin(plan, rows).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let measured = || monitor.latest().is_some_and(|row| row.probes == [Some(42.0), None]);
        // Asked for the second time, it has told its first trouble.
        while !measured() || asked.load(Ordering::Relaxed) < 2 {
            assert!(Instant::now() < deadline, "{:?}", monitor.latest());
            std::thread::yield_now();
        }
        let summary = monitor.stop();
        assert_eq!(summary.column("probe_it").unwrap().mean.to_string(), "42");
        assert!(summary.column("probe_broken").is_none());
        assert!(
            summary.remarks.iter().any(|remark| remark.starts_with("probe broken: ")),
            "{summary:?}"
        );
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.lines().next().unwrap().contains(",probe_it,probe_broken,server,"), "{text}");
    }
}

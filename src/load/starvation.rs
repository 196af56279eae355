//! Whether the generator got the core it was ready to use, and who had it instead: read from /proc at both ends of sending.

use std::{collections::HashMap, fs};

/// A process is named when it used so much of one core, in percent.
const NAMED_FROM_PERCENT: f64 = 20.0;
/// So many are named.
const NAMED: usize = 2;
/// /proc counts CPU time in hundredths of a second, on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// What /proc said at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Snapshot {
    /// For how long this thread was ready to run and had no core, since it began.
    run_delay_ns: Option<u64>,
    /// Ticks that the hypervisor gave to others, and all ticks of the machine.
    stolen: Option<(u64, u64)>,
    /// CPU time of each process in ticks, under its name.
    processes: HashMap<u32, (String, u64)>,
}

/// What happened between two snapshots.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Starvation {
    /// Percent of the time in which the thread was ready to run and had no core.
    pub(super) starved_percent: Option<f64>,
    /// Percent of the machine that the hypervisor gave to others.
    pub(super) steal_percent: Option<f64>,
    /// Who used the CPU most, in percent of one core.
    pub(super) busiest: Vec<(String, f64)>,
}

impl Starvation {
    /// The worse of what two threads have seen of one machine.
    pub(super) fn merge(&mut self, other: &Self) {
        let worse = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
        self.starved_percent = worse(self.starved_percent, other.starved_percent);
        self.steal_percent = worse(self.steal_percent, other.steal_percent);
        if self.busiest.is_empty() {
            self.busiest.clone_from(&other.busiest);
        }
    }
}

impl Snapshot {
    /// Reads it; costs some milliseconds where many processes run. What cannot be read is left out.
    pub(super) fn take() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok();
        Self {
            run_delay_ns: read("/proc/thread-self/schedstat").as_deref().and_then(run_delay_ns),
            stolen: read("/proc/stat").as_deref().and_then(stolen),
            processes: processes(),
        }
    }

    /// What happened since `earlier`, `wall_ns` ago.
    pub(super) fn since(&self, earlier: &Self, wall_ns: u64) -> Starvation {
        let delay_ns = self.run_delay_ns.zip(earlier.run_delay_ns).map(|(now, then)| now - then);
        let steal_percent = self.stolen.zip(earlier.stolen).and_then(|(now, then)| {
            let all = now.1.checked_sub(then.1).filter(|all| *all > 0)?;
            Some(now.0.saturating_sub(then.0) as f64 * 100.0 / all as f64)
        });
        let seconds = wall_ns as f64 / 1e9;
        let mut busiest: Vec<(String, f64)> = self
            .processes
            .iter()
            .map(|(pid, (name, ticks))| {
                let before = earlier.processes.get(pid).map_or(0, |(_, ticks)| *ticks);
                let used = ticks.saturating_sub(before) as f64 / TICKS_PER_S;
                (format!("{name} ({pid})"), used * 100.0 / seconds)
            })
            .filter(|(_, percent)| *percent >= NAMED_FROM_PERCENT)
            .collect();
        busiest.sort_by(|one, other| other.1.total_cmp(&one.1));
        busiest.truncate(NAMED);
        Starvation {
            starved_percent: delay_ns.map(|delay_ns| delay_ns as f64 * 100.0 / wall_ns as f64),
            steal_percent,
            busiest,
        }
    }
}

/// `cpu_ns run_delay_ns slices`.
fn run_delay_ns(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().nth(1)?.parse().ok()
}

/// The first line: `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guests are in user already.
fn stolen(stat: &str) -> Option<(u64, u64)> {
    let numbers = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
    let ticks: Vec<u64> = numbers.map_while(|number| number.parse().ok()).collect();
    Some((*ticks.get(7)?, ticks.iter().sum()))
}

/// All processes but this one.
fn processes() -> HashMap<u32, (String, u64)> {
    let Ok(entries) = fs::read_dir("/proc") else { return HashMap::new() };
    let own = std::process::id();
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != own)
        .filter_map(|pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            Some((pid, used_ticks(&stat)?))
        })
        .collect()
}

/// `pid (name) state …`: the name may hold blanks and brackets; user and system time stand 11th and 12th behind it.
fn used_ticks(stat: &str) -> Option<(String, u64)> {
    let (before, after) = stat.rsplit_once(") ")?;
    let name = before.split_once('(')?.1.to_owned();
    let mut fields = after.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((name, user + system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_kernel_are_read() {
        assert_eq!(run_delay_ns("120 34567 8\n"), Some(34567));
        assert_eq!(stolen("cpu  10 0 20 60 0 0 0 10 5 0\ncpu0 1"), Some((10, 100)));
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 1 0 0 0 700 30 0 0 20 0 1 0";
        assert_eq!(used_ticks(stat), Some(("a (b) c".to_owned(), 730)));
        let now = Snapshot::take();
        assert!(now.run_delay_ns.is_some() && now.stolen.is_some(), "{now:?}");
    }

    #[test]
    fn who_used_the_cpu_is_named_the_busiest_first() {
        let snapshot = |delay_ns, stolen, ticks: [u64; 4]| Snapshot {
            run_delay_ns: Some(delay_ns),
            stolen: Some((stolen, stolen * 10)),
            processes: (1..).zip(ticks).map(|(pid, t)| (pid, (format!("p{pid}"), t))).collect(),
        };
        let (then, now) =
            (snapshot(5, 10, [0, 100, 0, 7]), snapshot(500_000_005, 30, [40, 300, 80, 7]));
        let starved = now.since(&then, 2_000_000_000);
        assert_eq!(starved.starved_percent, Some(25.0));
        assert_eq!(starved.steal_percent, Some(10.0));
        assert_eq!(starved.busiest, [("p2 (2)".to_owned(), 100.0), ("p3 (3)".to_owned(), 40.0)]);
    }
}

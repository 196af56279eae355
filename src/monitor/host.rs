//! The machine's CPU, and our own share of it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::kernel::{ProcFile, TcpCounters, TcpMeter};

/// The machine's files in `/proc`, open; `None` where there is no such file.
#[derive(Debug)]
pub(super) struct HostMeter {
    stat: Option<ProcFile>,
    load: Option<ProcFile>,
    memory: Option<ProcFile>,
    tcp: Option<TcpMeter>,
}

impl HostMeter {
    /// A meter of this machine.
    pub(super) fn new() -> Self {
        Self {
            stat: ProcFile::open("/proc/stat").ok(),
            load: ProcFile::open("/proc/loadavg").ok(),
            memory: ProcFile::open("/proc/meminfo").ok(),
            tcp: TcpMeter::open(),
        }
    }

    /// The machine's CPU time.
    pub(super) fn cpu(&mut self) -> Option<HostReading> {
        parse(self.stat.as_mut()?.text()?)
    }

    /// The load average over the last minute.
    pub(super) fn load_1m(&mut self) -> Option<f64> {
        self.load.as_mut()?.text()?.split_whitespace().next()?.parse().ok()
    }

    /// Memory that is free for use, in bytes.
    pub(super) fn memory_available_bytes(&mut self) -> Option<u64> {
        let text = self.memory.as_mut()?.text()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    }

    /// The TCP counters of this network namespace.
    pub(super) fn tcp(&mut self) -> Option<TcpCounters> {
        self.tcp.as_mut()?.read()
    }
}

/// CPU time of the whole machine since boot, in ticks over all cores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct HostReading {
    pub(super) busy: u64,
    pub(super) steal: u64,
    pub(super) all: u64,
}

/// The first line: `cpu user nice system idle iowait irq softirq steal guest guest_nice`; guests are in user and nice.
fn parse(stat: &str) -> Option<HostReading> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> =
        fields.split_whitespace().take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[user, nice, system, idle, waiting, irq, softirq, steal] = ticks.as_slice() else {
        return None;
    };
    let busy = user + nice + system + irq + softirq;
    Some(HostReading { busy, steal, all: busy + steal + idle + waiting })
}

/// CPU time of this process, all threads, to the nanosecond.
pub(super) fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// CPU time of this thread, to the nanosecond.
pub(super) fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_proc_stat_is_split_into_busy_steal_and_all() {
        let text = "cpu  10 1 5 100 4 2 3 7 9 9\ncpu0 1 2 3\n";
        let expected = HostReading { busy: 21, steal: 7, all: 132 };
        assert_eq!(parse(text), Some(expected));
        assert_eq!(parse("cpu  1 2 3\n"), None);
        assert_eq!(parse(""), None);
        assert!(HostMeter::new().cpu().is_some());
    }

    #[test]
    fn load_and_free_memory_are_told() {
        let mut host = HostMeter::new();
        assert!(host.load_1m().unwrap() >= 0.0);
        assert!(host.memory_available_bytes().unwrap() > 1 << 20);
        assert!(host.tcp().is_some());
    }

    #[test]
    fn own_work_costs_cpu() {
        let before = own_cpu();
        while own_cpu() == before {
            std::hint::black_box((0..1000).sum::<u64>());
        }
    }
}

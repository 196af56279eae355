//! What a process holds at an instant (files, threads, memory), and the CPU time it has used until then.

use std::{fs, time::Duration};

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holdings {
    /// Open file descriptors, sockets among them.
    pub files: u64,
    /// Threads.
    pub threads: u64,
    /// Memory that is in RAM.
    pub rss_bytes: u64,
    /// CPU time of the threads that it has now, since their start.
    pub cpu: Duration,
    /// How long these threads could have run and had no core.
    pub runnable: Duration,
}

/// Reads it from `/proc`; `None` when there is no such process, or it is not ours to look at.
pub fn holdings_of(pid: u32) -> Option<Holdings> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let number = |key: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let (cpu, runnable) = scheduled(pid)?;
    Some(Holdings {
        files,
        threads: number("Threads:")?,
        rss_bytes: number("VmRSS:")? * 1024,
        cpu,
        runnable,
    })
}

/// Time on a core and time in a run queue, over all threads (`schedstat`: nanoseconds).
fn scheduled(pid: u32) -> Option<(Duration, Duration)> {
    let (mut cpu, mut runnable) = (0, 0);
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        // A thread that has just ended has none.
        let Ok(text) = fs::read_to_string(task.path().join("schedstat")) else { continue };
        let mut numbers = text.split_whitespace().map_while(|number| number.parse::<u64>().ok());
        cpu += numbers.next()?;
        runnable += numbers.next()?;
    }
    Some((Duration::from_nanos(cpu), Duration::from_nanos(runnable)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_file_is_counted() {
        let files = || holdings_of(std::process::id()).unwrap().files;
        let before = files();
        // More than any other test of this process opens or closes meanwhile.
        let held: Vec<_> = (0..200).map(|_| fs::File::open("/dev/null").unwrap()).collect();
        assert!(files() >= before + 100);
        drop(held);
        let own = holdings_of(std::process::id()).unwrap();
        assert!(own.threads >= 1 && own.rss_bytes > 100_000 && own.cpu > Duration::ZERO);
    }

    #[test]
    fn a_process_that_is_gone_holds_nothing() {
        assert_eq!(holdings_of(u32::MAX), None);
    }
}

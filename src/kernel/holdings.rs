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
    /// CPU time of all its threads since its start, in steps of 10 ms.
    pub cpu: Duration,
}

/// The unit of the kernel's CPU times towards its users (`USER_HZ`), on every architecture of today.
const TICK: Duration = Duration::from_millis(10);

/// Reads it from `/proc`; `None` when there is no such process, or it is not ours to look at.
pub fn holdings_of(pid: u32) -> Option<Holdings> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let number = |key: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    };
    // The name of the program, in brackets, may hold anything.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, behind) = stat.rsplit_once(") ")?;
    let mut times = behind.split(' ').skip(11).map_while(|ticks| ticks.parse::<u32>().ok());
    Some(Holdings {
        files,
        threads: number("Threads:")?,
        rss_bytes: number("VmRSS:")? * 1024,
        cpu: TICK * (times.next()? + times.next()?),
    })
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
        assert!(own.threads >= 1 && own.rss_bytes > 100_000);
    }

    #[test]
    fn work_is_counted_as_cpu_time() {
        let cpu = || holdings_of(std::process::id()).unwrap().cpu;
        let before = cpu();
        while cpu() < before + 3 * TICK {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn a_process_that_is_gone_holds_nothing() {
        assert_eq!(holdings_of(u32::MAX), None);
    }
}

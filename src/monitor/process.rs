//! What `/proc` tells about one process: CPU time, memory, threads, open files.

use std::{fs, time::Duration};

use procfs::{page_size, ticks_per_second};

use crate::kernel::ProcFile;

/// A process at one instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ProcessReading {
    /// When it was started, in ticks since boot: tells a process from another that got its id later.
    pub(super) started_ticks: u64,
    /// CPU time of all its threads, ended ones included; the kernel gives it in steps of 10 ms.
    pub(super) cpu: Duration,
    pub(super) rss_bytes: u64,
    pub(super) vms_bytes: u64,
    pub(super) threads: u64,
    /// `None` when they are not ours to count.
    pub(super) open_fds: Option<u64>,
}

/// A process, and its files in `/proc`, open: they are those of this process, whoever gets its number later.
#[derive(Debug)]
pub(super) struct ProcessMeter {
    pid: u32,
    stat: ProcFile,
    /// `None` when it is not ours to see.
    io: Option<ProcFile>,
}

impl ProcessMeter {
    /// Looks the process up; `None` when there is none.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let stat = ProcFile::open(format!("/proc/{pid}/stat")).ok()?;
        Some(Self { pid, stat, io: ProcFile::open(format!("/proc/{pid}/io")).ok() })
    }

    /// Its number.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Reads it; `None` when it is gone, which a zombie is too: it only waits for its parent to notice.
    pub(super) fn read(&mut self) -> Option<ProcessReading> {
        let reading = parse(self.stat.text()?)?;
        Some(ProcessReading { open_fds: open_fds(self.pid), ..reading })
    }

    /// Bytes that it has moved from and to disks since it was started; `None` where they are not ours to see.
    pub(super) fn disk_bytes(&mut self) -> Option<DiskBytes> {
        let text = self.io.as_mut()?.text()?;
        let number = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().parse::<u64>().ok())
        };
        Some(DiskBytes { read: number("read_bytes:")?, written: number("write_bytes:")? })
    }
}

/// Bytes that a process has moved from and to disks since it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DiskBytes {
    pub(super) read: u64,
    pub(super) written: u64,
}

/// Reads a process once.
pub(super) fn read(pid: u32) -> Option<ProcessReading> {
    ProcessMeter::of(pid)?.read()
}

/// Whether there is such a process, and it is no zombie.
pub(super) fn is_alive(pid: u32) -> bool {
    read(pid).is_some()
}

/// The line of `/proc/PID/stat` (proc(5)): `pid (name) state …`, of which a name may hold anything, brackets too.
fn parse(stat: &str) -> Option<ProcessReading> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    // The numbers are those of proc(5); the state is the third.
    let mut number = 3;
    let mut field = |wanted: usize| {
        let found = fields.nth(wanted - number);
        number = wanted + 1;
        found
    };
    if matches!(field(3)?, "Z" | "X" | "x") {
        return None;
    }
    let ticks = field(14)?.parse::<u64>().ok()? + field(15)?.parse::<u64>().ok()?;
    Some(ProcessReading {
        threads: field(20)?.parse().ok()?,
        started_ticks: field(22)?.parse().ok()?,
        vms_bytes: field(23)?.parse().ok()?,
        rss_bytes: field(24)?.parse::<u64>().ok()? * page_size(),
        cpu: Duration::from_secs_f64(ticks as f64 / ticks_per_second() as f64),
        open_fds: None,
    })
}

/// The directory's size is the number of descriptors since Linux 6.2 (1 µs, where listing 19 000 takes 15 ms); before,
/// it is 0, and they are listed.
fn open_fds(pid: u32) -> Option<u64> {
    let path = format!("/proc/{pid}/fd");
    match fs::metadata(&path).ok()?.len() {
        0 => fs::read_dir(&path).ok().map(|entries| entries.count() as u64),
        count => Some(count),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::process::{Child, Invocation, Launch, StopSignal};

    /// A shell that holds so many bytes, once it does.
    async fn shell_holding(bytes: usize) -> Child {
        let script = format!("x=$(head -c {bytes} /dev/zero | tr '\\0' x); echo holds; sleep 600");
        let mut launch = Launch::new(Invocation::shell(script));
        launch.awaited = Some("holds".to_owned());
        launch.stop.signal = StopSignal::Kill;
        let child = Child::start(launch, |_| ()).unwrap();
        let mut announced = child.output().announced();
        let held = tokio::time::timeout(Duration::from_mins(1), announced.wait_for(|held| *held));
        held.await.unwrap().unwrap();
        child
    }

    /// Of processes of their own: what other tests of this one take and give back is more than what is asked about.
    #[tokio::test]
    async fn memory_that_is_touched_shows() {
        let (small, large) = (shell_holding(1).await, shell_holding(64 << 20).await);
        let (before, after) = (read(small.pid()).unwrap(), read(large.pid()).unwrap());
        assert!(after.rss_bytes > before.rss_bytes + (60 << 20), "{before:?} {after:?}");
        assert!(after.vms_bytes >= after.rss_bytes);
        assert_eq!(after.started_ticks, read(large.pid()).unwrap().started_ticks);
    }

    #[test]
    fn open_files_are_counted() {
        let files: Vec<_> = (0..200).map(|_| File::open("/proc/self/stat").unwrap()).collect();
        let counted = open_fds(std::process::id()).unwrap();
        assert!(counted >= 203, "{counted}");
        drop(files);
    }

    #[test]
    fn what_goes_to_a_disk_is_counted() {
        // Where the temporary directory is in memory nothing goes to a disk; then it only has to be readable.
        let mut own = ProcessMeter::of(std::process::id()).unwrap();
        let before = own.disk_bytes().unwrap();
        let after = own.disk_bytes().unwrap();
        assert!(after.written >= before.written && after.read >= before.read);
        assert!(ProcessMeter::of(u32::MAX).is_none());
    }

    #[test]
    fn a_line_is_read_whatever_the_process_is_called() {
        let line = "7 (a) b (c) S 1 7 7 0 -1 4 5 6 7 8 30 12 9 9 20 0 5 0 4321 8192 2 99 1\n";
        let reading = parse(line).unwrap();
        assert_eq!((reading.threads, reading.started_ticks, reading.vms_bytes), (5, 4321, 8192));
        assert_eq!(reading.rss_bytes, 2 * page_size());
        assert_eq!(reading.cpu, Duration::from_secs_f64(42.0 / ticks_per_second() as f64));
        assert_eq!(parse(&line.replace(" S ", " Z ")), None);
        assert_eq!(parse("7 (a"), None);
    }

    #[test]
    fn a_process_that_does_not_exist_is_none() {
        assert_eq!(read(u32::MAX), None);
        assert_eq!(read(i32::MAX as u32), None);
        assert!(is_alive(std::process::id()));
    }
}

//! The monitor's thread: an absolute schedule, rows written as they come, a summary at the end.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tracing::warn;

use super::{
    MonitorError, MonitorPlan, MonitorTarget, OnRow, Sample, Track, observer::Observer,
    probe::ProbeBench, tally::Tally,
};
use crate::record::{MonitorGap, MonitorSummary};

/// Sampling more often would measure the monitor: the kernel counts CPU in steps of 10 ms.
pub const MIN_PERIOD: Duration = Duration::from_millis(20);
/// So many gaps are told one by one; all are counted.
const MAX_GAPS: usize = 100;

/// A running monitor; dropping it stops it.
#[derive(Debug)]
pub struct Monitor {
    latest: Arc<Mutex<Option<Sample>>>,
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<(MonitorSummary, Track)>>,
}

impl Monitor {
    /// Samples `target` every `period` and writes each row to `rows` as CSV, the header at once: a place that cannot
    /// be written is an error here, before the run. The first row is taken now, the others at multiples of `period`
    /// after it, the last at [`Monitor::stop`].
    pub fn start(
        target: MonitorTarget,
        period: Duration,
        rows: impl io::Write + Send + 'static,
    ) -> Result<Self, MonitorError> {
        Self::begin(MonitorPlan::new(target, period), rows)
    }

    /// As [`Monitor::start`], with all that can be wished.
    pub fn begin(
        plan: MonitorPlan,
        rows: impl io::Write + Send + 'static,
    ) -> Result<Self, MonitorError> {
        plan.check()?;
        let MonitorPlan { target, period, probes, on_row } = plan;
        let mut rows = csv::Writer::from_writer(rows);
        let names: Vec<String> = probes.iter().map(|probe| probe.name().to_owned()).collect();
        write_row(&mut rows, Sample::header(&names))
            .map_err(|error| MonitorError::Write { reason: error.to_string() })?;
        let latest = Arc::new(Mutex::new(None));
        let (stop, stopped) = sync_channel(1);
        let sampler = Sampler {
            observer: Observer::new(target),
            probes: ProbeBench::start(probes).map_err(MonitorError::Thread)?,
            period,
            on_row,
            rows,
            latest: Arc::clone(&latest),
            tally: Tally::new(&names),
            track: Track::default(),
            summary: MonitorSummary {
                period_ms: u64::try_from(period.as_millis()).unwrap_or(u64::MAX),
                ..MonitorSummary::default()
            },
        };
        let thread = std::thread::Builder::new()
            .name("monitor".into())
            .spawn(move || sampler.run(&stopped))
            .map_err(MonitorError::Thread)?;
        Ok(Self { latest, stop: Some(stop), thread: Some(thread) })
    }

    /// The last row taken.
    pub fn latest(&self) -> Option<Sample> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a last row and sums up. Waits for the thread: at most as long as one row takes.
    pub fn stop(self) -> MonitorSummary {
        self.finish().0
    }

    /// As [`Monitor::stop`], with what is needed to judge growth.
    pub fn finish(mut self) -> (MonitorSummary, Track) {
        self.join().unwrap_or_else(|| {
            let remark = "the monitor's thread panicked; its rows up to then are in its file";
            let remarks = vec![remark.to_owned()];
            (MonitorSummary { remarks, ..MonitorSummary::default() }, Track::default())
        })
    }

    fn join(&mut self) -> Option<(MonitorSummary, Track)> {
        // Hanging up is the signal.
        drop(self.stop.take());
        self.thread.take()?.join().ok()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

struct Sampler<W: io::Write> {
    observer: Observer,
    probes: ProbeBench,
    period: Duration,
    on_row: Option<OnRow>,
    rows: csv::Writer<W>,
    latest: Arc<Mutex<Option<Sample>>>,
    tally: Tally,
    track: Track,
    summary: MonitorSummary,
}

impl<W: io::Write> Sampler<W> {
    fn run(mut self, stopped: &Receiver<()>) -> (MonitorSummary, Track) {
        let began = Instant::now();
        let mut next = 0;
        let mut last = began;
        loop {
            let due = began + self.period.saturating_mul(next);
            match stopped.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            }
            // A timer may fire a hair early; that is still its own slot.
            let slot = slot_at(began.elapsed(), self.period).max(next);
            if slot > next {
                self.note_gap(slot - next);
            }
            last = Instant::now();
            self.take(began);
            next = slot + 1;
        }
        // A row straight after the last one would be noise, and no row at all would be a pity.
        if self.summary.samples == 0 || last.elapsed() >= self.period / 2 {
            self.take(began);
        }
        self.sum_up()
    }

    fn take(&mut self, began: Instant) {
        let mut sample = self.observer.sample();
        sample.probes = self.probes.values();
        self.summary.samples += 1;
        self.summary.gone_samples += u64::from(sample.pid.is_none());
        self.tally.add(began.elapsed().as_secs_f64(), &sample);
        self.track.add(&sample);
        if let Some(on_row) = &mut self.on_row {
            on_row(&sample);
        }
        if self.summary.write_error.is_none()
            && let Err(error) = write_row(&mut self.rows, sample.fields())
        {
            warn!(%error, "the monitor's rows cannot be written; sampling goes on");
            self.summary.write_error = Some(error.to_string());
        }
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(sample);
    }

    fn note_gap(&mut self, missed: u32) {
        self.summary.missed_samples += u64::from(missed);
        if self.summary.gaps.len() < MAX_GAPS {
            let late = self.period.saturating_mul(missed);
            let from = Timestamp::now().saturating_sub(late).unwrap_or(Timestamp::UNIX_EPOCH);
            self.summary.gaps.push(MonitorGap { from, missed: missed.into() });
        }
    }

    fn sum_up(mut self) -> (MonitorSummary, Track) {
        self.summary.columns = self.tally.summaries();
        self.summary.pids = self.observer.pids().to_vec();
        self.summary.threads = self.observer.threads();
        self.summary.remarks = self.observer.remarks();
        self.summary.remarks.extend(self.probes.remarks());
        (self.summary, self.track)
    }
}

/// The slot of the schedule that this instant lies in.
fn slot_at(elapsed: Duration, period: Duration) -> u32 {
    u32::try_from(elapsed.as_nanos() / period.as_nanos()).unwrap_or(u32::MAX - 1)
}

fn write_row<W: io::Write, F: AsRef<[u8]>>(
    rows: &mut csv::Writer<W>,
    fields: impl Iterator<Item = F>,
) -> io::Result<()> {
    rows.write_record(fields)?;
    rows.flush()
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{File, OpenOptions},
        net::{TcpListener, TcpStream},
    };

    use super::*;
    use crate::{monitor::Column, record::ColumnSummary};

    const DEADLINE: Duration = Duration::from_secs(20);

    /// Waits for a row that holds.
    fn until(monitor: &Monitor, what: &str, holds: impl Fn(&Sample) -> bool) -> Sample {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match monitor.latest() {
                Some(sample) if holds(&sample) => return sample,
                seen => assert!(Instant::now() < deadline, "{what}: {seen:?}"),
            }
            std::thread::yield_now();
        }
    }

    fn ourselves() -> MonitorTarget {
        MonitorTarget::pid(std::process::id())
    }

    #[test]
    fn rows_are_in_the_file_while_the_monitor_runs() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let period = Duration::from_millis(50);
        let monitor = Monitor::start(ourselves(), period, file.reopen().unwrap()).unwrap();
        let first = until(&monitor, "a first row", |_| true);
        let text = std::fs::read_to_string(file.path()).unwrap();
        let row = text.lines().nth(1).unwrap();
        assert!(row.starts_with(&format!("{:.3},", first.at)), "{text}");
        until(&monitor, "a second row", |sample| sample.at > first.at);
        let summary = monitor.stop();

        let mut rows = csv::Reader::from_path(file.path()).unwrap();
        let names: Vec<_> = rows.headers().unwrap().iter().map(ToOwned::to_owned).collect();
        assert_eq!((names[0].as_str(), names[1].as_str()), ("timestamp", "cpu_percent"));
        let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
        assert_eq!(rows.len() as u64, summary.samples);
        assert!(rows.iter().all(|row| &row[names.len() - 3] == "running"));
        assert_eq!((summary.pids, summary.gone_samples), (vec![std::process::id()], 0));
        assert_eq!(summary.period_ms, 50);
    }

    #[test]
    fn work_shows_as_cpu() {
        let period = Duration::from_millis(100);
        let monitor = Monitor::start(ourselves(), period, io::sink()).unwrap();
        // This very loop is the load; on a machine with other work it may get less than a core.
        let busy = |column| move |seen: &Sample| seen.get(column).is_some_and(|cpu| cpu > 5.0);
        until(&monitor, "the process is busy", busy(Column::CpuPercent));
        until(&monitor, "the harness is busy", busy(Column::OwnCpuPercent));
        until(&monitor, "the machine is busy", busy(Column::HostCpuPercent));
        let summary = monitor.stop();
        let cpu = summary.column("cpu_percent").unwrap();
        assert!(cpu.max > 5.0 && cpu.samples < summary.samples, "{cpu:?}");
    }

    #[test]
    fn files_and_connections_show() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let target = ourselves().listening_at(addr);
        let monitor = Monitor::start(target, MIN_PERIOD, io::sink()).unwrap();
        until(&monitor, "nobody is there", |s| s.get(Column::ConnectionsTotal) == Some(0.0));
        let clients: Vec<_> = (0..50).map(|_| TcpStream::connect(addr).unwrap()).collect();
        let served: Vec<_> = clients.iter().map(|_| listener.accept().unwrap()).collect();
        // Both in one row: within a row, files are counted a little before connections.
        until(&monitor, "fifty are there", |sample| {
            let open_fds = sample.get(Column::OpenFds);
            sample.get(Column::ConnectionsEstablished) == Some(50.0)
                && open_fds.is_some_and(|count| count >= 101.0)
        });
        drop((clients, served));
        until(&monitor, "they left", |s| s.get(Column::ConnectionsTotal) == Some(0.0));
        let summary = monitor.stop();
        let established = summary.column("connections_established").unwrap();
        assert!((established.max - 50.0).abs() < f64::EPSILON, "{established:?}");
        assert_eq!(summary.remarks, Vec::<String>::new());
    }

    #[test]
    #[expect(
        clippy::disallowed_types,
        reason = "a test needs a process that dies; process/ is another room"
    )]
    fn a_death_is_a_row_and_not_the_end() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let target = MonitorTarget::pid(child.id());
        let monitor = Monitor::start(target, MIN_PERIOD, io::sink()).unwrap();
        until(&monitor, "it lives", |sample| sample.pid == Some(child.id()));
        child.kill().unwrap();
        // Dead before its parent has noticed, too.
        let gone = until(&monitor, "it is gone", |sample| sample.pid.is_none());
        assert_eq!((gone.get(Column::RssMb), gone.get(Column::OpenFds)), (None, None));
        child.wait().unwrap();
        until(&monitor, "rows go on", |sample| sample.at > gone.at);
        let summary = monitor.stop();
        assert!(summary.gone_samples >= 2 && summary.samples > summary.gone_samples);
        assert_eq!(summary.pids, [child.id()]);
    }

    #[test]
    #[expect(
        clippy::disallowed_types,
        reason = "a test needs a process that dies; process/ is another room"
    )]
    fn a_server_that_is_restarted_is_found_again_by_its_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let target = MonitorTarget::pid(child.id()).listening_at(listener.local_addr().unwrap());
        let monitor = Monitor::start(target, MIN_PERIOD, io::sink()).unwrap();
        until(&monitor, "the first process", |sample| sample.pid == Some(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        until(&monitor, "the next process", |sample| sample.pid == Some(std::process::id()));
        assert_eq!(monitor.stop().pids, [child.id(), std::process::id()]);
    }

    #[test]
    fn a_bad_place_for_the_rows_is_an_error_before_the_run() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = Monitor::start(ourselves(), MIN_PERIOD, full).unwrap_err();
        assert!(error.to_string().contains("No space left on device"), "{error}");
        let error = Monitor::start(ourselves(), Duration::ZERO, io::sink()).unwrap_err();
        assert!(matches!(error, MonitorError::Period { .. }), "{error}");
    }

    /// A disk that fills after some writes.
    struct Filling {
        room: usize,
        full: File,
    }

    impl io::Write for Filling {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.room.checked_sub(1) {
                None => self.full.write(bytes),
                Some(room) => {
                    self.room = room;
                    Ok(bytes.len())
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_disk_that_fills_is_reported_and_sampling_goes_on() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let monitor = Monitor::start(ourselves(), MIN_PERIOD, Filling { room: 2, full }).unwrap();
        let first = until(&monitor, "a first row", |_| true);
        let second = until(&monitor, "a second row", |sample| sample.at > first.at);
        until(&monitor, "a third row", |sample| sample.at > second.at);
        let summary = monitor.stop();
        assert!(summary.write_error.unwrap().contains("No space left on device"));
        assert!(summary.samples >= 3);
    }

    /// A disk that hangs once, at its third write.
    struct Hanging {
        writes: u32,
        time: Duration,
    }

    impl io::Write for Hanging {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes += 1;
            if self.writes == 3 {
                let (_never, hang) = sync_channel::<()>(0);
                let _ = hang.recv_timeout(self.time);
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn missed_samples_are_counted_and_the_schedule_is_kept() {
        let disk = Hanging { writes: 0, time: MIN_PERIOD * 10 };
        let began = Instant::now();
        let monitor = Monitor::start(ourselves(), MIN_PERIOD, disk).unwrap();
        let first = until(&monitor, "a first row", |_| true);
        until(&monitor, "rows after the hang", |sample| {
            sample.at.duration_since(first.at) > (MIN_PERIOD * 15).try_into().unwrap()
        });
        let summary = monitor.stop();
        let slots = u64::from(slot_at(began.elapsed(), MIN_PERIOD));
        assert!(summary.missed_samples >= 8, "{summary:?}");
        assert!(summary.gaps.iter().any(|gap| gap.missed >= 8), "{summary:?}");
        // One row for slot 0, one at the stop; none are made up for later.
        assert!(summary.samples + summary.missed_samples <= slots + 2, "{slots} {summary:?}");
    }

    #[test]
    fn without_a_process_the_machine_is_still_measured() {
        let target = MonitorTarget::name("no program has this name");
        let monitor = Monitor::start(target, Duration::from_millis(60), io::sink()).unwrap();
        until(&monitor, "two rows", |sample| sample.get(Column::HostCpuPercent).is_some());
        let summary = monitor.stop();
        let names: Vec<&str> = summary.columns.iter().map(|c: &ColumnSummary| &*c.name).collect();
        assert!(names.iter().all(|n| n.starts_with("host_") || ["own_cpu_percent", "steal_percent"].contains(n)));
        assert!(names.contains(&"host_cpu_percent") && names.contains(&"host_listen_drops"));
        assert_eq!((summary.gone_samples, summary.pids.len()), (summary.samples, 0));
    }
}

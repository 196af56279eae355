//! The CPU of each thread of the server: one that is busy all the time limits it, however idle the others are.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs,
    time::{Duration, Instant},
};

use crate::{kernel::ProcFile, record::ThreadSummary};

/// Threads of a server that has more are not told apart: reading them would be felt.
const THREADS_MAX: usize = 256;
/// So many threads are told in the summary.
const THREADS_TOLD: usize = 8;

/// What one look at the threads brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ThreadsReading {
    /// The busiest thread since the last look, and its CPU in percent of one core.
    pub(super) busiest: Option<(String, f64)>,
    /// How often threads of the process were given a core since the meter was made.
    pub(super) context_switches: u64,
}

/// The threads of one process, from one look to the next.
#[derive(Debug, Default)]
pub(super) struct ThreadMeter {
    known: HashMap<u32, Thread>,
    looked: Option<Instant>,
    context_switches: u64,
    ended: Vec<Thread>,
}

#[derive(Debug)]
struct Thread {
    id: u32,
    name: String,
    /// Its times; `None` once it has ended.
    file: Option<ProcFile>,
    last: Usage,
    samples: u64,
    sum_percent: f64,
    max_percent: f64,
    seen: Instant,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Usage {
    cpu: Duration,
    switches: u64,
}

impl ThreadMeter {
    /// Looks at the threads of a process, of which there are so many; `None` where that cannot be done.
    pub(super) fn read(&mut self, pid: u32, threads: u64) -> Option<ThreadsReading> {
        if threads > THREADS_MAX as u64 {
            return None;
        }
        let now = Instant::now();
        let span = self.looked.replace(now).map(|then| now - then);
        let mut busiest: Option<(u32, f64)> = None;
        for entry in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let began = span.is_none();
            let thread = match self.known.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => match Thread::new(pid, id, began, now) {
                    Some(new) => place.insert(new),
                    None => continue,
                },
            };
            let Some(usage) = thread.usage() else { continue };
            let spent = usage.cpu.saturating_sub(thread.last.cpu);
            self.context_switches += usage.switches.saturating_sub(thread.last.switches);
            (thread.last, thread.seen) = (usage, now);
            let Some(span) = span.filter(|span| !span.is_zero()) else { continue };
            let percent = spent.as_secs_f64() / span.as_secs_f64() * 100.0;
            thread.add(percent);
            if busiest.is_none_or(|(_, most)| percent > most) {
                busiest = Some((id, percent));
            }
        }
        self.forget(now);
        let busiest = busiest.and_then(|(id, percent)| {
            let thread = self.known.get_mut(&id)?;
            // Threads name themselves a little after their birth.
            thread.name = name_of(pid, id);
            Some((thread.name.clone(), percent))
        });
        Some(ThreadsReading { busiest, context_switches: self.context_switches })
    }

    /// Another process: its threads are others, whatever their numbers.
    pub(super) fn restart(&mut self) {
        self.forget(Instant::now());
        self.looked = None;
    }

    /// The busiest threads.
    pub(super) fn summaries(&self) -> Vec<ThreadSummary> {
        let mut threads: Vec<&Thread> = self
            .ended
            .iter()
            .chain(self.known.values())
            .filter(|thread| thread.samples > 0)
            .collect();
        threads.sort_by(|a, b| b.sum_percent.total_cmp(&a.sum_percent).then(a.id.cmp(&b.id)));
        threads.into_iter().take(THREADS_TOLD).map(Thread::summary).collect()
    }

    /// Sets those aside that were not seen now, of which the busiest are kept.
    fn forget(&mut self, now: Instant) {
        let gone = self
            .known
            .extract_if(|_, thread| thread.seen != now)
            .map(|(_, thread)| Thread { file: None, ..thread });
        self.ended.extend(gone);
        if self.ended.len() > THREADS_MAX {
            self.ended.sort_by(|a, b| b.sum_percent.total_cmp(&a.sum_percent));
            self.ended.truncate(THREADS_TOLD);
        }
    }
}

impl Thread {
    /// One that was there before the first look has done what it did before; one that came later began at nothing.
    fn new(pid: u32, id: u32, began: bool, now: Instant) -> Option<Self> {
        let mut thread = Self {
            id,
            name: name_of(pid, id),
            file: Some(ProcFile::open(format!("/proc/{pid}/task/{id}/schedstat")).ok()?),
            last: Usage::default(),
            samples: 0,
            sum_percent: 0.0,
            max_percent: 0.0,
            seen: now,
        };
        if began {
            thread.last = thread.usage()?;
        }
        Some(thread)
    }

    /// `cpu waited timeslices`, in nanoseconds: finer than the ticks of `stat`.
    fn usage(&mut self) -> Option<Usage> {
        let mut numbers = self.file.as_mut()?.text()?.split_whitespace().map(str::parse);
        let (cpu, _waited, switches) =
            (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
        Some(Usage { cpu: Duration::from_nanos(cpu), switches })
    }

    fn add(&mut self, percent: f64) {
        self.samples += 1;
        self.sum_percent += percent;
        self.max_percent = self.max_percent.max(percent);
    }

    fn summary(&self) -> ThreadSummary {
        let rounded = |value: f64| (value * 1e3).round() / 1e3;
        ThreadSummary {
            tid: self.id,
            name: self.name.clone(),
            samples: self.samples,
            mean_cpu_percent: rounded(self.sum_percent / self.samples as f64),
            max_cpu_percent: rounded(self.max_percent),
        }
    }
}

fn name_of(pid: u32, id: u32) -> String {
    let file = ProcFile::open(format!("/proc/{pid}/task/{id}/comm"));
    let name = file.ok().and_then(|mut file| file.text().map(|name| name.trim_end().to_owned()));
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Ends the busy thread, also when the test fails.
    struct Over<'a>(&'a AtomicBool);

    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_busy_thread_is_named() {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let _over = Over(&over);
            let busy = || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            };
            std::thread::Builder::new().name("busy-one".into()).spawn_scoped(scope, busy).unwrap();
            let mut meter = ThreadMeter::default();
            let deadline = Instant::now() + Duration::from_secs(20);
            loop {
                // The kernel counts a running thread at its ticks.
                let look = Instant::now() + Duration::from_millis(20);
                while Instant::now() < look {
                    std::thread::yield_now();
                }
                let busiest = meter.read(std::process::id(), 4).unwrap().busiest;
                if busiest.is_some_and(|(name, percent)| name == "busy-one" && percent > 5.0) {
                    break;
                }
                assert!(Instant::now() < deadline, "{:?}", meter.known);
            }
            assert!(meter.summaries().iter().any(|thread| thread.name == "busy-one"));
            assert!(meter.context_switches > 0);
        });
    }

    #[test]
    fn a_crowd_of_threads_and_a_process_that_is_gone_are_not_told_apart() {
        let mut meter = ThreadMeter::default();
        assert_eq!(meter.read(std::process::id(), 257), None);
        assert_eq!(meter.read(u32::MAX, 1), None);
        assert!(meter.summaries().is_empty());
    }
}

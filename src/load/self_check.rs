//! Whether the generator kept up with its own schedule: what it cannot vouch for is INVALID, not FAIL.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::starvation::{Snapshot, Starvation};
use crate::{record, stats::Histogram};

/// Below this lateness nothing is INVALID, however fast the server is.
const LATENESS_LEAST: Duration = Duration::from_millis(5);
/// Above it, lateness may be this share of the p99 of the response, or of the service where nothing was scheduled.
const LATENESS_SHARE: f64 = 0.10;
/// The generator may wait for a core for this share of the time, in percent.
const STARVED_MOST_PERCENT: f64 = 20.0;
/// The hypervisor may take this share of the machine, in percent.
const STEAL_MOST_PERCENT: f64 = 20.0;
/// Of an absence no more ticks than these are entered one by one.
const ABSENCE_TICKS_MAX: u64 = 60_000;

/// The generator's view of itself. The rules and why they are what they are: docs/self-check.md.
#[derive(Debug)]
pub(super) struct SelfCheck {
    /// From a slot to the generator's coming to it: what delays the write after that is the server's doing.
    send_lateness: Histogram,
    /// From the wake-up that reported bytes to the end of the read that took them.
    read_lateness: Histogram,
    /// For every tick of the sending, how long after it the loop came round: what arrived then waited so long, and no
    /// other figure knows, because a loop that is away does not know what arrives.
    absence: Histogram,
    worst_stall_ns: u64,
    started_cpu_ns: u64,
    entered_cpu_ns: Option<u64>,
    began: Option<Usage>,
    ended: Option<Usage>,
    /// CPU time at the beginning of the leaving and at its end: no part of sending, hearing and accounting.
    leaving_cpu_ns: (u64, u64),
    closed_cpu_ns: Option<u64>,
    at_begin: Snapshot,
    starvation: Starvation,
    /// What the suite plants to see that it is found.
    #[cfg(test)]
    pub(super) planted_read_delay: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Usage {
    at_ns: u64,
    cpu_ns: u64,
}

impl SelfCheck {
    /// A check that begins on the generator's own thread.
    pub(super) fn new() -> Self {
        Self {
            send_lateness: Histogram::new(),
            read_lateness: Histogram::new(),
            absence: Histogram::new(),
            worst_stall_ns: 0,
            started_cpu_ns: thread_cpu_ns(),
            entered_cpu_ns: None,
            began: None,
            ended: None,
            leaving_cpu_ns: (0, 0),
            closed_cpu_ns: None,
            at_begin: Snapshot::default(),
            starvation: Starvation::default(),
            #[cfg(test)]
            planted_read_delay: Duration::ZERO,
        }
    }

    /// Everybody is in session, or will not be.
    pub(super) fn entered(&mut self) {
        self.entered_cpu_ns = Some(thread_cpu_ns());
    }

    /// Sending is about to begin; takes some milliseconds, in which nothing is due.
    pub(super) fn prepare(&mut self) {
        self.at_begin = Snapshot::take();
    }

    /// Sending begins: CPU and stalls count from here.
    pub(super) fn begin(&mut self, now_ns: u64) {
        self.began = Some(Usage { at_ns: now_ns, cpu_ns: thread_cpu_ns() });
        self.worst_stall_ns = 0;
    }

    /// Sending has ended.
    pub(super) fn end(&mut self, now_ns: u64) {
        self.ended = Some(Usage { at_ns: now_ns, cpu_ns: thread_cpu_ns() });
        if let Some(began) = self.began.filter(|began| now_ns > began.at_ns) {
            self.starvation = Snapshot::take().since(&self.at_begin, now_ns - began.at_ns);
        }
    }

    /// Everybody begins to leave.
    pub(super) fn leaving(&mut self) {
        self.leaving_cpu_ns.0 = thread_cpu_ns();
    }

    /// Everybody has left.
    pub(super) fn left(&mut self) {
        self.leaving_cpu_ns.1 = thread_cpu_ns();
    }

    /// The ledger is closed: what comes after is writing.
    pub(super) fn closed(&mut self) {
        self.closed_cpu_ns = Some(thread_cpu_ns());
    }

    #[inline]
    pub(super) fn came_to(&mut self, late_ns: u64) {
        self.send_lateness.record(late_ns);
    }

    #[inline]
    pub(super) fn read(&mut self, late_ns: u64) {
        if self.began.is_some() && self.ended.is_none() {
            self.read_lateness.record(late_ns);
        }
    }

    /// The timer reported ticks; several at once: the generator was away.
    #[inline]
    pub(super) fn ticked(&mut self, ticks: u64, tick: Duration) {
        if self.began.is_none() || self.ended.is_some() {
            return;
        }
        let tick_ns = tick.as_nanos() as u64;
        self.worst_stall_ns = self.worst_stall_ns.max((ticks - 1) * tick_ns);
        for missed in 0..ticks.min(ABSENCE_TICKS_MAX) {
            self.absence.record(missed * tick_ns);
        }
    }

    /// The generator is as slow as the suite wants it to be.
    #[cfg(test)]
    #[expect(clippy::disallowed_methods, reason = "the fault that is planted")]
    pub(super) fn take_planted_delay(&self) {
        std::thread::sleep(self.planted_read_delay);
    }

    /// Adds the view of another part's thread: lateness of both, the worse of two troubles, the CPU of both.
    pub(super) fn merge(&mut self, other: &Self) {
        self.send_lateness.merge(&other.send_lateness);
        self.read_lateness.merge(&other.read_lateness);
        self.absence.merge(&other.absence);
        self.worst_stall_ns = self.worst_stall_ns.max(other.worst_stall_ns);
        self.started_cpu_ns += other.started_cpu_ns;
        self.leaving_cpu_ns.0 += other.leaving_cpu_ns.0;
        self.leaving_cpu_ns.1 += other.leaving_cpu_ns.1;
        let sum = |one: Option<u64>, other: Option<u64>| one.zip(other).map(|(a, b)| a + b);
        self.entered_cpu_ns = sum(self.entered_cpu_ns, other.entered_cpu_ns);
        self.closed_cpu_ns = sum(self.closed_cpu_ns, other.closed_cpu_ns);
        let both = |one: Option<Usage>, other: Option<Usage>, at: fn(u64, u64) -> u64| {
            one.zip(other).map(|(one, other)| Usage {
                at_ns: at(one.at_ns, other.at_ns),
                cpu_ns: one.cpu_ns + other.cpu_ns,
            })
        };
        self.began = both(self.began, other.began, u64::min);
        self.ended = both(self.ended, other.ended, u64::max);
        self.starvation.merge(&other.starvation);
    }

    /// The record, with the reasons why times and rates are INVALID.
    pub(super) fn record(&self, response: &Histogram, unsent_own: u64) -> record::SelfCheck {
        let cpu = self.began.zip(self.ended).filter(|(began, ended)| ended.at_ns > began.at_ns);
        let since_begin = self.began.zip(self.closed_cpu_ns);
        let leaving_ns = self.leaving_cpu_ns.1.saturating_sub(self.leaving_cpu_ns.0);
        record::SelfCheck {
            send_lateness: self.send_lateness.summary(0),
            read_lateness: self.read_lateness.summary(0),
            worst_stall_ms: self.began.map(|_| self.worst_stall_ns as f64 / 1e6),
            own_cpu_percent: cpu.map(|(began, ended)| {
                let (cpu, wall) = (ended.cpu_ns - began.cpu_ns, ended.at_ns - began.at_ns);
                cpu as f64 * 100.0 / wall as f64
            }),
            enter_cpu_ms: self.entered_cpu_ns.map(|entered| millis(entered - self.started_cpu_ns)),
            own_cpu_ms: since_begin
                .map(|(began, closed)| millis(closed - began.cpu_ns - leaving_ns)),
            starved_percent: self.starvation.starved_percent,
            steal_percent: self.starvation.steal_percent,
            reasons: self.reasons(response, unsent_own),
        }
    }

    fn reasons(&self, response: &Histogram, unsent_own: u64) -> Vec<String> {
        let p99 = |histogram: &Histogram| histogram.quantile_nanos(0.99).unwrap_or(0);
        let share_ns = (p99(response) as f64 * LATENESS_SHARE) as u64;
        let allowed_ns = share_ns.max(LATENESS_LEAST.as_nanos() as u64);
        let mut reasons = Vec::new();
        for (what, histogram) in [("written", &self.send_lateness), ("read", &self.read_lateness)] {
            let late_ns = p99(histogram);
            if late_ns > allowed_ns {
                reasons.push(format!(
                    "messages were {what} late by the generator itself: p99 {:.1} ms, allowed {:.1} ms; give it a \
                     core of its own or ask for less",
                    millis(late_ns),
                    millis(allowed_ns),
                ));
            }
        }
        let away_ns = p99(&self.absence);
        if away_ns > allowed_ns {
            reasons.push(format!(
                "the generator stood still: at one tick in a hundred it was {:.1} ms away or more, allowed {:.1} ms, \
                 at most {:.1} ms; what arrived then was seen that much later",
                millis(away_ns),
                millis(allowed_ns),
                millis(self.worst_stall_ns),
            ));
        }
        if unsent_own > 0 {
            reasons.push(format!(
                "{unsent_own} messages were never sent because the generator was too slow; ask for a lower rate"
            ));
        }
        let Starvation { starved_percent, steal_percent, busiest } = &self.starvation;
        if let Some(percent) = starved_percent.filter(|percent| *percent > STARVED_MOST_PERCENT) {
            reasons.push(format!(
                "the generator was ready to run and had no core for {percent:.0} % of the time, allowed \
                 {STARVED_MOST_PERCENT} %"
            ));
        }
        if let Some(percent) = steal_percent.filter(|percent| *percent > STEAL_MOST_PERCENT) {
            reasons.push(format!(
                "the hypervisor gave {percent:.0} % of the machine to others, allowed {STEAL_MOST_PERCENT} %"
            ));
        }
        if let (Some(reason), false) = (reasons.last_mut(), busiest.is_empty()) {
            let named =
                busiest.iter().map(|(name, percent)| format!("{name} {percent:.0} % of a core"));
            let named: Vec<String> = named.collect();
            *reason = format!("{reason}; the CPU was used by {}", named.join(", "));
        }
        reasons
    }
}

fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(nanos: u64) -> Histogram {
        let mut histogram = Histogram::new();
        (0..100).for_each(|_| histogram.record(nanos));
        histogram
    }

    fn reasons(late_ms: u64, response_ms: u64, unsent: u64) -> Vec<String> {
        let mut check = SelfCheck::new();
        check.send_lateness = histogram(late_ms * 1_000_000);
        check.reasons(&histogram(response_ms * 1_000_000), unsent)
    }

    #[test]
    fn lateness_is_invalid_above_5_ms_and_above_a_tenth_of_the_response() {
        assert!(reasons(4, 1, 0).is_empty());
        assert_eq!(reasons(6, 1, 0).len(), 1);
        assert!(reasons(6, 100, 0).is_empty());
        assert_eq!(reasons(20, 100, 0).len(), 1);
    }

    #[test]
    fn what_the_generator_did_not_send_is_invalid() {
        assert_eq!(reasons(0, 1, 3).len(), 1);
    }

    #[test]
    fn missed_ticks_are_a_stall() {
        let mut check = SelfCheck::new();
        check.begin(0);
        check.ticked(1, Duration::from_millis(1));
        check.ticked(40, Duration::from_millis(1));
        let record = check.record(&Histogram::new(), 0);
        assert_eq!(record.worst_stall_ms, Some(39.0));
    }

    #[test]
    fn a_loop_that_is_away_for_two_of_ten_seconds_is_invalid_even_if_nothing_was_scheduled() {
        let tick = Duration::from_millis(1);
        let mut check = SelfCheck::new();
        check.begin(0);
        (0..8000).for_each(|_| check.ticked(1, tick));
        assert!(check.reasons(&histogram(1_000_000), 0).is_empty());
        check.ticked(2000, tick);
        assert!(check.reasons(&histogram(1_000_000), 0)[0].contains("stood still"));
        assert_eq!(check.absence.count(), 10_000);
        let p99 = check.absence.quantile_nanos(0.99).unwrap();
        assert!((1_880_000_000..1_920_000_000).contains(&p99), "{p99}");
    }

    #[test]
    fn a_generator_without_a_core_is_invalid_and_whoever_had_it_is_named() {
        let mut check = SelfCheck::new();
        check.starvation.starved_percent = Some(19.0);
        check.starvation.steal_percent = Some(19.0);
        check.starvation.busiest = vec![("burner (7)".to_owned(), 98.2)];
        assert!(check.reasons(&histogram(1), 0).is_empty());
        check.starvation.starved_percent = Some(45.0);
        assert!(check.reasons(&histogram(1), 0)[0].ends_with("used by burner (7) 98 % of a core"));
        check.starvation.steal_percent = Some(21.0);
        assert!(check.reasons(&histogram(1), 0)[1].contains("hypervisor gave 21 %"));
    }
}

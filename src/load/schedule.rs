//! When each client's messages are due: an open loop that knows nothing of the server.

use std::time::Duration;

use super::plan::{Arrivals, Plan, Spread};

/// The slots of all clients.
#[derive(Debug, Clone)]
pub(super) struct Timetable {
    start_ns: u64,
    end_ns: u64,
    course: Course,
}

#[derive(Debug, Clone)]
enum Course {
    Rounds(Rounds),
    Process(Process),
}

/// Constant interval, seeded random phases.
///
/// All clients have the same interval, so the order of their phases is the order of every round: finding the next slot
/// costs an index, however many clients there are.
#[derive(Debug, Clone)]
struct Rounds {
    interval_ns: u64,
    /// Clients with their phases, in the order of the phases.
    round: Vec<(u64, u32)>,
    /// The next slot: which round, and where in it.
    number: u64,
    at: usize,
}

/// Slots of a rate that may rise, evenly or as a Poisson process.
///
/// A slot's time is that at which the expected number of slots reaches its place: k + ½, or the sum of k exponential gaps
/// (time change of a unit Poisson process; Çinlar, Introduction to Stochastic Processes, 1975). The client of a Poisson slot
/// is drawn: the sum of independent processes is one whose points belong to each with equal chance.
#[derive(Debug, Clone)]
struct Process {
    random: fastrand::Rng,
    poisson: bool,
    per_ns: f64,
    ramp_ns: f64,
    /// Clients in the order in which they take their turns.
    turns: Vec<u32>,
    made: usize,
    /// The place of the next slot, and the slot itself from the start.
    place: f64,
    next: (u64, u32),
}

/// One client is to send one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) client: u32,
    pub(super) due_ns: u64,
}

impl Process {
    fn new(clients: usize, interval: Duration, poisson: bool, ramp: Duration, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut turns: Vec<u32> = (0..clients as u32).collect();
        random.shuffle(&mut turns);
        let per_ns = clients as f64 / (interval.as_nanos() as f64).max(1.0);
        let ramp_ns = ramp.as_nanos() as f64;
        let mut process =
            Self { random, poisson, per_ns, ramp_ns, turns, made: 0, place: 0.0, next: (0, 0) };
        process.advance();
        process
    }

    fn advance(&mut self) {
        let at = if self.poisson {
            // 1 - x is never 0: x is below 1.
            self.place -= (1.0 - self.random.f64()).ln();
            self.random.usize(0..self.turns.len())
        } else {
            self.place = self.made as f64 + 0.5;
            self.made % self.turns.len()
        };
        self.made += 1;
        let full = self.per_ns * self.ramp_ns / 2.0;
        let ns = if self.place < full {
            (2.0 * self.place * self.ramp_ns / self.per_ns).sqrt()
        } else {
            self.ramp_ns / 2.0 + self.place / self.per_ns
        };
        self.next = (ns as u64, self.turns[at]);
    }
}

impl Timetable {
    /// Slots from `start_ns` until before `start_ns + duration`, evenly.
    pub(super) fn new(
        clients: usize,
        interval: Duration,
        start_ns: u64,
        duration: Duration,
        seed: u64,
    ) -> Self {
        let interval_ns = (interval.as_nanos() as u64).max(1);
        let mut random = fastrand::Rng::with_seed(seed);
        let mut round: Vec<(u64, u32)> =
            (0..clients as u32).map(|client| (random.u64(0..interval_ns), client)).collect();
        round.sort_unstable();
        let end_ns = start_ns + duration.as_nanos() as u64;
        let course = Course::Rounds(Rounds { interval_ns, round, number: 0, at: 0 });
        Self { start_ns, end_ns, course }
    }

    /// The same with another spread, or with a rate that rises for a time.
    pub(super) fn spread(
        plan: &Plan,
        interval: Duration,
        start_ns: u64,
        duration: Duration,
    ) -> Self {
        let poisson = plan.spread == Spread::Poisson;
        if !poisson && plan.ramp.is_zero() {
            return Self::new(plan.clients, interval, start_ns, duration, plan.seed);
        }
        let process = Process::new(plan.clients, interval, poisson, plan.ramp, plan.seed);
        let end_ns = start_ns + duration.as_nanos() as u64;
        Self { start_ns, end_ns, course: Course::Process(process) }
    }

    /// The next slot that is due at `now_ns`.
    #[inline]
    pub(super) fn due(&mut self, now_ns: u64) -> Option<Slot> {
        let slot = self.next()?;
        if slot.due_ns > now_ns {
            return None;
        }
        match &mut self.course {
            Course::Rounds(course) => {
                course.at += 1;
                if course.at == course.round.len() {
                    (course.at, course.number) = (0, course.number + 1);
                }
            }
            Course::Process(process) => process.advance(),
        }
        Some(slot)
    }

    /// How many slots are left that are due before `until_ns`; they are given up.
    pub(super) fn abandon(&mut self, until_ns: u64) -> u64 {
        let mut given_up = 0;
        while self.due(until_ns).is_some() {
            given_up += 1;
        }
        given_up
    }

    /// When the last slot may be due.
    pub(super) fn end_ns(&self) -> u64 {
        self.end_ns
    }

    #[inline]
    fn next(&self) -> Option<Slot> {
        let (from_start, client) = match &self.course {
            Course::Rounds(course) => {
                let &(phase, client) = course.round.get(course.at)?;
                (course.number * course.interval_ns + phase, client)
            }
            Course::Process(process) => process.next,
        };
        let due_ns = self.start_ns + from_start;
        (due_ns < self.end_ns).then_some(Slot { client, due_ns })
    }
}

/// Releases users one by one at a rate: the first at once.
#[derive(Debug, Clone)]
pub(super) struct Stagger {
    arrivals: Arrivals,
    next_ns: u64,
    released: usize,
    count: usize,
    random: fastrand::Rng,
}

impl Stagger {
    /// `count` users from `start_ns` on; where chance has a part, `seed` decides it.
    pub(super) fn new(arrivals: Arrivals, count: usize, start_ns: u64, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self { arrivals, next_ns: start_ns, released: 0, count, random }
    }

    /// The next user whose time has come.
    pub(super) fn due(&mut self, now_ns: u64) -> Option<usize> {
        let next = self.released;
        if next == self.count || self.next_ns > now_ns {
            return None;
        }
        self.released += 1;
        let gap_ns = self.arrivals.gap_ns();
        self.next_ns += match self.arrivals {
            // The gaps of a Poisson process are exponentially distributed.
            Arrivals::Poisson { .. } => (-(1.0 - self.random.f64()).ln() * gap_ns as f64) as u64,
            Arrivals::Staggered { .. } | Arrivals::Storm => gap_ns,
        };
        Some(next)
    }

    /// Whether all have been released.
    pub(super) fn is_over(&self) -> bool {
        self.released == self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn timetable(clients: usize, interval_ms: u64, duration_ms: u64) -> Timetable {
        let millis = Duration::from_millis;
        Timetable::new(clients, millis(interval_ms), SECOND, millis(duration_ms), 7)
    }

    fn all(mut timetable: Timetable) -> Vec<Slot> {
        std::iter::from_fn(|| timetable.due(u64::MAX)).collect()
    }

    #[test]
    fn every_client_has_one_slot_in_each_interval() {
        let slots = all(timetable(30, 100, 1000));
        assert_eq!(slots.len(), 300);
        assert!(slots.is_sorted_by_key(|slot| slot.due_ns));
        for client in 0..30 {
            let own: Vec<u64> =
                slots.iter().filter(|s| s.client == client).map(|s| s.due_ns).collect();
            assert_eq!(own.len(), 10);
            assert!(own.windows(2).all(|pair| pair[1] - pair[0] == 100_000_000));
            assert!(own[0] >= SECOND && own[9] < 2 * SECOND);
        }
    }

    #[test]
    fn phases_are_spread_and_come_from_the_seed() {
        let (one, other) = (all(timetable(100, 100, 100)), all(timetable(100, 100, 100)));
        assert_eq!(one, other);
        let early = one.iter().filter(|slot| slot.due_ns < SECOND + 50_000_000).count();
        assert!((30..70).contains(&early), "{early} of 100 in the first half");
    }

    #[test]
    fn nothing_is_due_before_its_time_and_nothing_is_skipped_after_a_stall() {
        let mut timetable = timetable(10, 100, 1000);
        assert_eq!(timetable.due(SECOND - 1), None);
        // The generator was away for half a second: every slot is still there, with its own time.
        let late: Vec<Slot> = std::iter::from_fn(|| timetable.due(SECOND + 499_999_999)).collect();
        assert_eq!(late.len(), 50);
        assert_eq!(timetable.abandon(timetable.end_ns()), 50);
        assert_eq!(timetable.due(u64::MAX), None);
    }

    fn process(spread: Spread, ramp_ms: u64) -> Vec<Slot> {
        let millis = Duration::from_millis;
        // 10 000 a second, for 4 seconds.
        let plan =
            Plan { spread, ramp: millis(ramp_ms), ..Plan::steady(100, millis(10), millis(4_000)) };
        all(Timetable::spread(&plan, millis(10), SECOND, millis(4_000)))
    }

    #[test]
    fn a_poisson_process_has_its_rate_and_its_gaps_are_exponential() {
        let slots = process(Spread::Poisson, 0);
        assert!(slots.is_sorted_by_key(|slot| slot.due_ns));
        // 40 000 expected, standard deviation 200: five of them are allowed.
        assert!(slots.len().abs_diff(40_000) < 1_000, "{}", slots.len());
        let gaps = || slots.windows(2).map(|pair| (pair[1].due_ns - pair[0].due_ns) as f64);
        // Of exponential gaps with mean m the share above m is 1/e, and the standard deviation is m.
        let mean = gaps().sum::<f64>() / gaps().count() as f64;
        let above = gaps().filter(|gap| *gap > mean).count() as f64 / gaps().count() as f64;
        assert!((above - (-1.0_f64).exp()).abs() < 0.015, "{above}");
        let variance = gaps().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps().count() as f64;
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.05, "{}", variance.sqrt() / mean);
        // Every client has its share: 400 expected, standard deviation 20.
        for client in 0..100 {
            let own = slots.iter().filter(|slot| slot.client == client).count();
            assert!((280..520).contains(&own), "client {client}: {own}");
        }
        assert_eq!(process(Spread::Poisson, 0), slots, "the seed decides");
    }

    #[test]
    fn a_rate_rises_evenly_and_then_stays() {
        for (spread, exact) in [(Spread::Even, true), (Spread::Poisson, false)] {
            let slots = process(spread, 2_000);
            let between = |from_ms: u64, to_ms: u64| {
                let range = SECOND + from_ms * 1_000_000..SECOND + to_ms * 1_000_000;
                slots.iter().filter(|slot| range.contains(&slot.due_ns)).count()
            };
            // The area under the ramp: a quarter of it in its first half.
            for (seen, expected) in [
                (between(0, 1_000), 2_500),
                (between(1_000, 2_000), 7_500),
                (between(2_000, 3_000), 10_000),
                (between(3_000, 4_000), 10_000),
            ] {
                let allowed = if exact { 1 } else { 500 };
                assert!(seen.abs_diff(expected) <= allowed, "{spread:?}: {seen}, not {expected}");
            }
        }
    }

    #[test]
    fn a_stagger_releases_at_its_rate_and_a_storm_at_once() {
        let evenly = Arrivals::Staggered { per_second: 200.0 };
        let mut stagger = Stagger::new(evenly, 10, SECOND, 1);
        let released = |stagger: &mut Stagger, at| std::iter::from_fn(|| stagger.due(at)).count();
        assert_eq!(released(&mut stagger, SECOND), 1);
        assert_eq!(released(&mut stagger, SECOND + 20_000_000), 4);
        assert_eq!((released(&mut stagger, u64::MAX), stagger.is_over()), (5, true));
        assert_eq!(released(&mut Stagger::new(Arrivals::Storm, 10, SECOND, 1), SECOND), 10);
    }

    #[test]
    fn people_who_know_nothing_of_each_other_come_at_their_rate_and_not_evenly() {
        let poisson = |seed| {
            let arrivals = Arrivals::Poisson { per_second: 100.0 };
            let mut stagger = Stagger::new(arrivals, 20_000, 0, seed);
            // How many came in each second: of a Poisson process the variance is the mean.
            let mut counts = Vec::new();
            for second in 1.. {
                counts.push(std::iter::from_fn(|| stagger.due(second * SECOND)).count() as f64);
                if stagger.is_over() {
                    break;
                }
            }
            counts.pop();
            counts
        };
        let counts = poisson(7);
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        let squares: f64 = counts.iter().map(|count| (count - mean).powi(2)).sum();
        let variance = squares / (counts.len() - 1) as f64;
        assert!((95.0..105.0).contains(&mean), "{mean}");
        assert!((60.0..140.0).contains(&variance), "{variance}");
        assert_eq!(poisson(7), counts, "the seed decides");
        assert_ne!(poisson(8), counts);
    }
}

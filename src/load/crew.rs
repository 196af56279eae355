//! Several generator threads: each drives a part of the users, who write to each other, and keeps the ledger of that part.
//!
//! The parts go through the phases together, begin to send together, and nobody leaves before all have drained. Their
//! ledgers, counts and histograms are added up without loss. A message that arrives in another part than its own is
//! misdelivered there, and lost here.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use tokio::sync::watch;

use super::{
    Arrivals, Churn, Plan, PlanError, Progress, StageError, StageInput, Workload, account::Account,
    engine::Engine,
};
use crate::{ledger::Sighting, process::confine, record::StageRecord};

/// Where parts wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    Send,
    Leave,
}

/// What the parts of a stage share.
#[derive(Debug)]
struct Crew {
    started: Instant,
    /// For each meeting the parts that have come to it.
    come: [AtomicUsize; 2],
    /// A threshold that ends the run was broken in one of them.
    broken: AtomicBool,
    latest: Mutex<Vec<Progress>>,
    progress: Option<watch::Sender<Progress>>,
}

/// One part's place in its stage.
#[derive(Debug)]
pub(super) struct Seat {
    crew: Arc<Crew>,
    index: usize,
    of: usize,
    /// Users in the parts before this one.
    pub(super) first_user: usize,
    /// Meetings that it has come to.
    come: usize,
}

impl Seat {
    /// The seats of a stage whose parts have so many users.
    fn of_parts(sizes: &[usize], progress: Option<watch::Sender<Progress>>) -> Vec<Self> {
        let crew = Arc::new(Crew {
            started: Instant::now(),
            come: [AtomicUsize::new(0), AtomicUsize::new(0)],
            broken: AtomicBool::new(false),
            latest: Mutex::new(vec![Progress::default(); sizes.len()]),
            progress,
        });
        let mut first_user = 0;
        let seats = sizes.iter().enumerate().map(|(index, size)| {
            let crew = Arc::clone(&crew);
            let seat = Self { crew, index, of: sizes.len(), first_user, come: 0 };
            first_user += size;
            seat
        });
        seats.collect()
    }

    /// The only one of a stage.
    pub(super) fn alone(progress: Option<watch::Sender<Progress>>) -> Self {
        let mut all = Self::of_parts(&[0], progress);
        all.remove(0)
    }

    /// Parts of the stage.
    pub(super) fn parts(&self) -> usize {
        self.of
    }

    /// The place of this one among them.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// When the stage began.
    pub(super) fn started(&self) -> Instant {
        self.crew.started
    }

    /// Whether a mark of that run is one of this stage, from another part.
    fn is_neighbour(&self, own: u16, run: u16) -> bool {
        let first = own.wrapping_sub(self.index as u16);
        usize::from(run.wrapping_sub(first)) < self.of
    }

    /// What is seen of a mark, where those of other parts are known.
    #[inline]
    pub(super) fn look(&self, sighting: Sighting, own: u16) -> Sighting {
        match sighting {
            Sighting::Foreign { run } if self.of > 1 && self.is_neighbour(own, run) => {
                Sighting::Strayed
            }
            other => other,
        }
    }

    /// A threshold was broken here: the others need not go on.
    pub(super) fn call_off(&self) {
        self.crew.broken.store(true, Ordering::Relaxed);
    }

    /// Whether one was broken in any part.
    pub(super) fn is_called_off(&self) -> bool {
        self.crew.broken.load(Ordering::Relaxed)
    }

    /// Comes to a meeting, and to those before it that were left out.
    pub(super) fn come_to(&mut self, meeting: Meeting) {
        while self.come <= meeting as usize {
            self.crew.come[self.come].fetch_add(1, Ordering::Release);
            self.come += 1;
        }
    }

    /// Whether all have come to it.
    pub(super) fn all_at(&self, meeting: Meeting) -> bool {
        self.crew.come[meeting as usize].load(Ordering::Acquire) >= self.of
    }

    /// Tells how far this part is; told is how far all of them are.
    pub(super) fn tell(&self, own: Progress) {
        let Some(progress) = &self.crew.progress else { return };
        let mut latest = self.crew.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest[self.index] = own;
        let together = latest.iter().skip(1).fold(latest[0], Progress::and);
        progress.send_replace(together);
    }
}

impl Drop for Seat {
    /// Nobody waits for a part that has ended, however it did.
    fn drop(&mut self) {
        self.come_to(Meeting::Leave);
    }
}

impl Plan {
    /// How many users each thread drives.
    ///
    /// # Errors
    /// They cannot be divided so that nobody writes to another part.
    pub(super) fn parts(&self) -> Result<Vec<usize>, PlanError> {
        let threads = self.threads;
        if threads == 1 {
            return Ok(vec![self.clients]);
        }
        if self.workload == Workload::HotReceiver {
            return Err(PlanError::OneForAll { threads });
        }
        if matches!(self.accounts, super::Accounts::Pool(_)) {
            return Err(PlanError::SharedPool { threads });
        }
        // Whole groups, or whole pairs.
        let unit = self.groups().unwrap_or(2);
        let units = self.clients / unit;
        if threads == 0 || units < threads {
            return Err(PlanError::TooManyThreads { threads, clients: self.clients, unit });
        }
        let mut sizes: Vec<usize> = (0..threads)
            .map(|part| unit * (units / threads + usize::from(part < units % threads)))
            .collect();
        // The last group may be smaller, and one may be left over of a pair.
        sizes[threads - 1] += self.clients % unit;
        Ok(sizes)
    }

    /// The plan of one part: its share of what is a matter of the whole stage.
    fn part(&self, seat: &Seat, clients: usize) -> Self {
        let share = seat.of as f64;
        let divided = |arrivals| match arrivals {
            Arrivals::Staggered { per_second } => {
                Arrivals::Staggered { per_second: per_second / share }
            }
            Arrivals::Poisson { per_second } => {
                Arrivals::Poisson { per_second: per_second / share }
            }
            Arrivals::Storm => Arrivals::Storm,
        };
        Self {
            clients,
            arrivals: divided(self.arrivals),
            departures: self.departures.map(divided),
            churn: self.churn.map(|churn| Churn { per_second: churn.per_second / share, ..churn }),
            // Each part has chances of its own.
            seed: self.seed.wrapping_add((seat.index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            ..self.clone()
        }
    }
}

/// Runs a stage: on the calling thread, or on as many of their own as its plan says.
pub(super) fn run(mut input: StageInput) -> Result<StageRecord, StageError> {
    let sizes = input.plan.parts()?;
    let progress = input.progress.take();
    if let [_] = sizes[..] {
        let engine = Engine::new(input, Seat::alone(progress))?;
        return engine.run().map(Account::into_record);
    }
    let facts = input.facts();
    let seats = Seat::of_parts(&sizes, progress);
    let engines = seats.into_iter().zip(sizes).map(|(seat, clients)| {
        let plan = input.plan.part(&seat, clients);
        let run = input.run.wrapping_add(seat.index as u16);
        let part = StageInput { plan, run, ..input.part() };
        (part, seat)
    });
    let cores = input.cores.clone();
    let accounts = thread::scope(|scope| {
        let running: Vec<_> = engines
            .map(|(part, seat)| {
                let core = cores.get(seat.index).copied().filter(|_| cores.len() >= seat.of);
                scope.spawn(move || {
                    if let Some(core) = core
                        && let Err(error) = confine(&[core])
                    {
                        tracing::warn!(%error, core, "a generator's thread runs on any core");
                    }
                    Engine::new(part, seat)?.run()
                })
            })
            .collect();
        let ended =
            running.into_iter().map(|part| part.join().unwrap_or(Err(StageError::Vanished)));
        ended.collect::<Result<Vec<Account>, StageError>>()
    })?;
    let together = accounts.into_iter().reduce(Account::and);
    let account = together.ok_or(StageError::Vanished)?;
    Ok(account.of_plan(facts).into_record())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn plan(clients: usize, threads: usize) -> Plan {
        let second = Duration::from_secs(1);
        Plan { threads, ..Plan::steady(clients, second, second) }
    }

    #[test]
    fn users_are_divided_in_whole_pairs_and_groups() {
        assert_eq!(plan(11, 1).parts(), Ok(vec![11]));
        assert_eq!(plan(11, 2).parts(), Ok(vec![6, 5]));
        assert_eq!(plan(12, 4).parts(), Ok(vec![4, 4, 2, 2]));
        let groups = Plan { workload: Workload::Groups { size: 4 }, ..plan(19, 2) };
        assert_eq!(groups.parts(), Ok(vec![8, 11]));
    }

    #[test]
    fn who_cannot_be_divided_is_told_why() {
        for (plan, says) in [
            (plan(3, 2), "at most 1"),
            (Plan { workload: Workload::Groups { size: 4 }, ..plan(19, 5) }, "at most 4"),
            (Plan { workload: Workload::HotReceiver, ..plan(9, 2) }, "one receiver"),
            (plan(9, 0), "0 threads"),
        ] {
            let error = plan.parts().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn marks_of_other_parts_are_known() {
        let seats = Seat::of_parts(&[2, 2, 2], None);
        // The numbers of runs go round.
        let first = u16::MAX;
        for (index, seat) in seats.iter().enumerate() {
            let own = first.wrapping_add(index as u16);
            for run in [u16::MAX, 0, 1] {
                assert_eq!(seat.look(Sighting::Foreign { run }, own), Sighting::Strayed);
            }
            let other = Sighting::Foreign { run: 2 };
            assert_eq!(seat.look(other, own), other);
        }
    }

    #[test]
    fn nobody_waits_for_a_part_that_has_ended() {
        let mut seats = Seat::of_parts(&[2, 2], None);
        let mut mine = seats.remove(0);
        mine.come_to(Meeting::Send);
        assert!(!mine.all_at(Meeting::Send));
        drop(seats);
        assert!(mine.all_at(Meeting::Send) && !mine.all_at(Meeting::Leave));
        mine.come_to(Meeting::Leave);
        assert!(mine.all_at(Meeting::Leave));
    }
}

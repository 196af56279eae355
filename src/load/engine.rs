//! One stage from its first connect to its closed ledger: the phases, and the loop that turns beneath them.

use std::{
    collections::VecDeque,
    io, mem,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    Pace, Phase, StageError, StageInput,
    account::Account,
    churn::Departures,
    crew::{Meeting, Seat},
    early::Early,
    errands::PASSWORD,
    groups::ChatGroup,
    mix::Deck,
    placement::node_of,
    poller::{Batch, Poller},
    schedule::{Stagger, Timetable},
    self_check::SelfCheck,
    spacing::Spacer,
    tally::{Tally, Unsent},
    text::Text,
    users::{Errand, VirtualUser},
};
use crate::{ledger::Ledger, wire::Scanner};

/// How often the engine wakes without being asked to.
pub(super) const TICK: Duration = Duration::from_millis(1);
/// Ticks between two looks at the deadlines of errands.
const DEADLINE_TICKS: u64 = 20;
/// Ticks between two reports of progress.
const PROGRESS_TICKS: u64 = 100;
/// Messages that are due are sent in portions of so many, so that arrivals are not kept waiting.
const SLOTS_AT_ONCE: usize = 128;
/// What was due at the end and held up may still go out for so long.
pub(super) const CATCH_UP: Duration = Duration::from_secs(1);
/// What one read takes at most.
const READ_BYTES: usize = 256 * 1024;

/// The state of a running stage. The phases stand here; what users do, hear and send stands in the files beside.
pub(super) struct Engine {
    pub(super) input: StageInput,
    /// Its place among the parts of the stage.
    pub(super) seat: Seat,
    pub(super) started: Timestamp,
    clock: Instant,
    pub(super) scanner: Scanner,
    /// One of each length.
    pub(super) texts: Vec<Text>,
    pub(super) random: fastrand::Rng,
    /// The next framed message.
    pub(super) frame: Vec<u8>,
    pub(super) read_buffer: Vec<u8>,
    pub(super) poller: Poller,
    batch: Batch,
    pub(super) ticks: u64,
    pub(super) phase: Phase,
    pub(super) users: Vec<VirtualUser>,
    /// What slots are for.
    pub(super) deck: Deck,
    pub(super) groups: Vec<ChatGroup>,
    /// Groups that were asked for while sending.
    pub(super) groups_asked_for: u32,
    /// Whose stream it is, by the stream's number.
    pub(super) senders: Vec<u32>,
    pub(super) ledger: Ledger,
    pub(super) tally: Tally,
    pub(super) check: SelfCheck,
    pub(super) spacer: Spacer,
    /// Users with something to write that may not be written yet.
    pub(super) waiting: VecDeque<u32>,
    /// Users who have been sent on errands and are not back.
    pub(super) errands_open: usize,
    /// Who leaves and comes back while the others send.
    pub(super) departures: Option<Departures>,
    pub(super) in_session: u64,
    /// When sending began and ended.
    pub(super) window: Option<(u64, u64)>,
    /// Whether messages may still be sent, and until when new ones become due.
    pub(super) sending: bool,
    pub(super) send_until_ns: u64,
    /// Messages that are due and held up.
    pub(super) backlogged: usize,
    /// The plan as it was given; leaving changes it.
    pub(super) facts: crate::record::StagePlan,
    pub(super) early: Option<Early>,
    /// The threshold that ended it.
    pub(super) ended_by: Option<String>,
}

impl Engine {
    /// An engine at rest.
    ///
    /// # Errors
    /// The dialect cannot say what the workload needs, or the kernel gives no poller.
    pub(super) fn new(input: StageInput, seat: Seat) -> Result<Self, StageError> {
        let plan = &input.plan;
        if let Some(missing) = plan.unspoken(&input.dialect)? {
            let dialect = input.dialect.name.clone();
            return Err(StageError::NotSpoken { request: missing.table(), dialect });
        }
        let deck = Deck::new(plan, &input.dialect)?;
        let texts = Text::all(&plan.texts)?;
        let known = plan.accounts.known()?;
        let mut ledger = Ledger::new();
        let nodes = input.nodes.len();
        let users = (0..plan.clients)
            .map(|index| {
                let index = seat.first_user + index;
                let node = node_of(index, nodes) as u32;
                ledger.add_user_on(node);
                VirtualUser { node, ..VirtualUser::new(&known, &input.names, index) }
            })
            .collect();
        Ok(Self {
            started: Timestamp::now(),
            clock: seat.started(),
            seat,
            scanner: Scanner::new(&input.dialect),
            random: fastrand::Rng::with_seed(plan.seed),
            texts,
            frame: Vec::new(),
            read_buffer: vec![0; READ_BYTES],
            poller: Poller::new(TICK)?,
            batch: Batch::default(),
            ticks: 0,
            phase: Phase::Connecting,
            users,
            deck,
            groups_asked_for: 0,
            groups: Vec::new(),
            senders: Vec::new(),
            ledger,
            tally: Tally::of(nodes),
            check: SelfCheck::new(),
            spacer: Spacer::new(
                &input.dialect,
                input.nodes.clone(),
                plan.allow_coalescing,
                matches!(plan.pace, Pace::Read { .. }),
                input.relayed,
            )
            .before(input.behind.clone()),
            waiting: VecDeque::new(),
            errands_open: 0,
            departures: None,
            in_session: 0,
            window: None,
            sending: false,
            send_until_ns: 0,
            backlogged: 0,
            facts: input.facts(),
            early: None,
            ended_by: None,
            input,
        })
    }

    /// Runs the stage.
    ///
    /// # Errors
    /// The poller fails; whatever the server does is in the record.
    pub(super) fn run(mut self) -> Result<Account, StageError> {
        self.tally.users.asked = self.users.len() as u64;
        if self.enter()? && self.meet(Meeting::Send)? {
            self.send()?;
        }
        self.drain()?;
        self.meet(Meeting::Leave)?;
        self.check.leaving();
        self.leave()?;
        self.check.left();
        self.phase = Phase::Done;
        self.report_progress();
        let took = self.now();
        Ok(Account::of(self, took))
    }

    /// Waits until the other parts have come as far; false when the stage ended meanwhile.
    fn meet(&mut self, meeting: Meeting) -> io::Result<bool> {
        self.seat.come_to(meeting);
        while !self.seat.all_at(meeting) && self.early.is_none() {
            self.turn(false)?;
        }
        Ok(self.early.is_none())
    }

    /// Nanoseconds since the stage began.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        self.clock.elapsed().as_nanos() as u64
    }

    /// Everybody connects, registers, logs in, and finds their group; false when the stage ended meanwhile.
    fn enter(&mut self) -> io::Result<bool> {
        let everybody = self.users_where(|_, _| true);
        self.errand_phase(Phase::Connecting, &everybody, &[Errand::Connect])?;
        let new = self.users_where(|_, user| user.connection.is_some() && user.id.is_none());
        self.errand_phase(Phase::Registering, &new, &[Errand::Register])?;
        let registered = self.users_where(|_, user| user.connection.is_some() && user.id.is_some());
        self.errand_phase(Phase::LoggingIn, &registered, &[Errand::Login])?;
        self.keep_pool(PASSWORD)?;
        if let Some(size) = self.input.plan.groups() {
            self.form_groups(size)?;
        }
        self.find_partners();
        if self.input.dialect.chat_requires_friend {
            let chatting = self.users_where(|_, user| user.chat_partner().is_some());
            self.errand_phase(Phase::Befriending, &chatting, &[Errand::AddFriend])?;
        }
        if self.early.is_some() {
            return Ok(false);
        }
        self.check.entered();
        self.phase = Phase::Settling;
        let until = self.now() + self.input.plan.settle.as_nanos() as u64;
        while self.now() < until && self.early.is_none() {
            self.turn(false)?;
        }
        Ok(self.early.is_none())
    }

    /// Everybody sends on schedule.
    fn send(&mut self) -> io::Result<()> {
        self.phase = Phase::Sending;
        self.open_lanes();
        self.check.prepare();
        self.sending = true;
        let plan = &self.input.plan;
        let (duration, seed, clients) = (plan.duration, plan.seed, plan.clients);
        let begin = self.now();
        self.check.begin(begin);
        let end = begin + duration.as_nanos() as u64;
        self.send_until_ns = end;
        self.departures = plan.churn.map(|churn| Departures::new(churn, begin, seed));
        let mut timetable = if let Some(interval) = plan.pace.interval() {
            Timetable::spread(plan, interval, begin, duration)
        } else {
            // One slot each; what follows is sent on arrival, or when it has been read.
            let brief = duration.min(TICK * 10);
            Timetable::new(clients, brief, begin, brief, seed)
        };
        let last_slot = timetable.end_ns();
        while self.early.is_none() && (self.in_session > 0 || self.errands_open > 0) {
            let busy = self.send_due(&mut timetable);
            let now = self.now();
            if now >= end && (!busy || now >= end + CATCH_UP.as_nanos() as u64) {
                break;
            }
            self.turn(busy)?;
        }
        self.withdraw_unscheduled();
        self.departures = None;
        let now = self.now();
        self.check.end(now);
        self.window = Some((begin, now.min(end)));
        let cut = self.early.is_some();
        // Slots that nobody came to: while somebody was in session that is the generator's fault.
        let left = timetable.abandon(if cut { now.min(last_slot) } else { last_slot });
        let why = if cut {
            Unsent::Cut
        } else if self.in_session == 0 {
            Unsent::NoSession
        } else {
            Unsent::Generator
        };
        for _ in 0..left {
            let action = self.deck.draw(&mut self.random);
            self.tally.due(action);
            let receivers = self.receivers_each(action);
            self.tally.unsent(why, action, receivers);
        }
        Ok(())
    }

    /// Sends what is due, a portion at a time; true when there is more.
    fn send_due(&mut self, timetable: &mut Timetable) -> bool {
        for _ in 0..SLOTS_AT_ONCE {
            let now = self.now();
            let Some(slot) = timetable.due(now) else { return false };
            // Nothing but the generator itself can be late for a slot; what comes after may be the server's doing.
            self.check.came_to(now - slot.due_ns);
            self.slot(slot);
        }
        true
    }

    /// The users of whom something holds.
    pub(super) fn users_where(&self, holds: impl Fn(u32, &VirtualUser) -> bool) -> Vec<u32> {
        let all = (0..).zip(&self.users);
        all.filter(|(index, user)| holds(*index, user)).map(|(index, _)| index).collect()
    }

    /// Sends users on errands, at the rate of the plan, and waits until all are back.
    pub(super) fn errand_phase(
        &mut self,
        phase: Phase,
        chosen: &[u32],
        errands: &'static [Errand],
    ) -> io::Result<()> {
        if self.early.is_some() {
            return Ok(());
        }
        self.phase = phase;
        let plan = &self.input.plan;
        let leaving = plan.departures.filter(|_| phase == Phase::Leaving);
        let arrivals = leaving.unwrap_or(plan.arrivals);
        // Each phase has chances of its own.
        let seed = plan.seed.wrapping_add(phase as u64);
        let mut stagger = Stagger::new(arrivals, chosen.len(), self.now(), seed);
        loop {
            let now = self.now();
            while let Some(next) = stagger.due(now) {
                self.send_off(chosen[next], errands);
            }
            if stagger.is_over() && self.errands_open == 0 {
                return Ok(());
            }
            self.turn(false)?;
            // Whoever ends the stage early does not wait for the leaving either, which has its own bound.
            if self.early.is_some() && phase != Phase::Leaving {
                self.forget_errands();
                return Ok(());
            }
        }
    }

    /// One turn of the loop: waits, reads all that is ready, then does what the tick brings.
    pub(super) fn turn(&mut self, busy: bool) -> io::Result<()> {
        let mut batch = mem::take(&mut self.batch);
        self.poller.wait(&mut batch, busy)?;
        let woke_ns = self.now();
        for ready in &batch.ready {
            if ready.writable {
                self.writable(ready.token, ready.broken);
            }
            if ready.readable {
                self.readable(ready.token, woke_ns);
            }
        }
        if batch.ticks > 0 {
            self.check.ticked(batch.ticks, TICK);
            self.tick();
        }
        self.batch = batch;
        Ok(())
    }

    fn tick(&mut self) {
        self.ticks += 1;
        self.look_after_waiting();
        if self.errands_open > 0 && self.ticks.is_multiple_of(DEADLINE_TICKS) {
            self.look_after_errands();
        }
        if self.sending && self.ticks.is_multiple_of(DEADLINE_TICKS) {
            self.look_after_undelivered();
        }
        if self.ticks.is_multiple_of(DEADLINE_TICKS) {
            self.look_after_heartbeats();
        }
        if self.sending {
            self.let_go();
        }
        if self.ticks.is_multiple_of(PROGRESS_TICKS) {
            self.report_progress();
        }
        self.look_for_an_end();
    }
}

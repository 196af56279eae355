//! What goes out: slots to messages, each at its time or as soon as the server lets it.

use super::{
    Pace,
    connection::Written,
    engine::Engine,
    mix::Action,
    schedule::Slot,
    tally::Unsent,
    users::{Asked, Due, Hold, Reach, Step, Unanswered},
};
use crate::{
    ledger::{Ending, Mark},
    wire::dialect::Kind,
};

/// Messages of one user that may wait to be written.
const BACKLOG_MAX: usize = 10_000;
/// Messages of one user that may wait for an answer or for their last receiver.
const FOLLOWED_MAX: usize = 10_000;
/// Users looked after at one tick: each may cost a question to the kernel.
const LOOKED_AFTER: usize = 64;

/// What became of an attempt to write what was due.
pub(super) enum Attempt {
    Sent,
    Held(Hold),
    /// There is nobody to write to, or nothing to ask for.
    Void,
    Gone,
}

impl Engine {
    /// How many users a message of a slot must reach when all is well.
    pub(super) fn receivers_each(&self, action: Action) -> u32 {
        match (action, self.input.plan.groups()) {
            (Action::Chat, _) => 1,
            (Action::GroupChat, Some(size)) => size as u32 - 1,
            _ => 0,
        }
    }

    /// One user's slot is due.
    pub(super) fn slot(&mut self, slot: Slot) {
        if self.users[slot.client as usize].step != Step::Idle {
            // It left, and comes back: nothing is due from it.
            return;
        }
        let action = self.deck.draw(&mut self.random);
        let due = Due { at_ns: slot.due_ns, action };
        self.tally.due(action);
        let user = &self.users[slot.client as usize];
        let Some(lane) = user.lane.as_ref().filter(|_| user.in_session) else {
            let receivers = self.receivers_each(action);
            return self.tally.unsent(Unsent::NoSession, action, receivers);
        };
        if !lane.backlog.is_empty() {
            return self.hold(slot.client, due, None);
        }
        match self.attempt(slot.client, due) {
            Attempt::Sent => self.follow_up(slot.client, action),
            Attempt::Held(hold) => self.hold(slot.client, due, Some(hold)),
            Attempt::Void => self.void(slot.client, action),
            Attempt::Gone => {
                let receivers = self.receivers_each(action);
                self.tally.unsent(Unsent::NoSession, action, receivers);
            }
        }
    }

    /// A slot had nobody to write to, or nothing to ask for.
    fn void(&mut self, index: u32, action: Action) {
        let receivers = self.receivers_each(action);
        self.tally.unsent(Unsent::NoReceiver, action, receivers);
        let lane = self.users[index as usize].lane.as_ref();
        if lane.is_some_and(|lane| !lane.talks.is_empty()) {
            self.follow_up(index, action);
        }
    }

    /// A message that is due must wait.
    fn hold(&mut self, index: u32, due: Due, hold: Option<Hold>) {
        let Some(lane) = &mut self.users[index as usize].lane else { return };
        lane.hold = hold.unwrap_or(lane.hold);
        if lane.backlog.len() >= BACKLOG_MAX {
            let receivers = lane.receivers(due.action);
            return self.tally.unsent(lane.hold.into(), due.action, receivers);
        }
        lane.backlog.push_back(due);
        self.backlogged += 1;
        self.tally.held_up += u64::from(due.action.message().is_some());
        self.queue(index);
    }

    /// A user that waits for something only a look can tell is looked after at each tick.
    fn queue(&mut self, index: u32) {
        if let Some(lane) = &mut self.users[index as usize].lane
            && lane.hold != Hold::Full
            && !lane.queued
        {
            lane.queued = true;
            self.waiting.push_back(index);
        }
    }

    /// Writes what is due and held up, as far as it may be written now.
    pub(super) fn flush(&mut self, index: u32) {
        loop {
            let Some(lane) = &self.users[index as usize].lane else { return };
            let Some(&due) = lane.backlog.front() else { return };
            let attempt = self.attempt(index, due);
            let Some(lane) = &mut self.users[index as usize].lane else { return };
            match attempt {
                Attempt::Sent | Attempt::Void => {
                    lane.backlog.pop_front();
                    self.backlogged -= 1;
                    if matches!(attempt, Attempt::Void) {
                        self.void(index, due.action);
                    } else {
                        self.follow_up(index, due.action);
                    }
                    if self.input.plan.pace.interval().is_none() {
                        // One at a time, or one quick reader would keep the others waiting.
                        return;
                    }
                }
                Attempt::Held(hold) => {
                    lane.hold = hold;
                    return self.queue(index);
                }
                Attempt::Gone => return self.drop_backlog(index, Some(Unsent::NoSession)),
            }
        }
    }

    /// What a user still had to write is not sent: for this reason, or for that for which it was held up.
    pub(super) fn drop_backlog(&mut self, index: u32, why: Option<Unsent>) {
        let Some(lane) = &mut self.users[index as usize].lane else { return };
        let dropped = std::mem::take(&mut lane.backlog);
        self.backlogged -= dropped.len();
        let why = why.unwrap_or(lane.hold.into());
        for due in dropped {
            self.tally.unsent(why, due.action, lane.receivers(due.action));
        }
    }

    /// What waits to be written only because nothing else sets its time was never due.
    pub(super) fn withdraw(&mut self, index: u32) {
        let Some(lane) = &mut self.users[index as usize].lane else { return };
        let withdrawn = std::mem::take(&mut lane.backlog);
        self.backlogged -= withdrawn.len();
        for due in withdrawn {
            self.tally.never_due(due.action);
        }
    }

    #[inline]
    fn attempt(&mut self, index: u32, due: Due) -> Attempt {
        let now = self.now();
        let awaits_delivery = self.input.plan.pace.awaits_delivery();
        let user = &mut self.users[index as usize];
        let (Some(lane), Some(connection)) = (&mut user.lane, &mut user.connection) else {
            return Attempt::Gone;
        };
        if connection.is_blocked() {
            return Attempt::Held(Hold::Full);
        }
        if lane.missing > 0 && awaits_delivery {
            return Attempt::Held(Hold::Undelivered);
        }
        if !self.spacer.is_clear(&mut connection.gap, now) {
            return Attempt::Held(Hold::Unread);
        }
        match due.action {
            Action::Chat => self.say(index, Kind::Chat, due.at_ns, now),
            Action::GroupChat => self.say(index, Kind::GroupChat, due.at_ns, now),
            Action::Ask(operation) => self.ask(index, operation, now),
        }
    }

    /// Writes a message.
    #[inline]
    fn say(&mut self, index: u32, kind: Kind, due_ns: u64, now: u64) -> Attempt {
        let user = &mut self.users[index as usize];
        let (Some(lane), Some(connection)) = (&mut user.lane, &mut user.connection) else {
            return Attempt::Gone;
        };
        let Some(talk) = lane.talks.iter_mut().find(|talk| talk.kind == kind) else {
            return Attempt::Void;
        };
        let sequence = self.ledger.next_sequence(talk.stream);
        let mark = Mark {
            run: self.input.run,
            stream: talk.stream.0,
            sequence,
            scheduled_ns: due_ns,
            late_ns: Some(now.saturating_sub(due_ns)),
        };
        self.frame.clear();
        let text = match &mut self.texts[..] {
            [text] => text,
            texts => &mut texts[self.random.usize(0..texts.len())],
        };
        talk.template.write(talk.target, text.of(&mark), &mut self.frame);
        match connection.write(&self.frame) {
            Ok(Written::Whole) => {}
            Ok(written) => {
                // Only a failing poller could refuse; then the backlog is reported as held up.
                let _ = self.poller.watch_writable(&*connection, index, true);
                if written == Written::Nothing {
                    return Attempt::Held(Hold::Full);
                }
            }
            Err(_) => {
                self.lost_connection(index, Ending::Reset);
                return Attempt::Gone;
            }
        }
        connection.gap.wrote(false, self.frame.len(), now);
        self.ledger.sent(talk.stream, due_ns);
        self.tally.series.sent(due_ns);
        if kind == Kind::GroupChat {
            if talk.reached.len() >= FOLLOWED_MAX {
                talk.reached.pop_front();
                talk.reached_from += 1;
            }
            talk.reached.push_back(Reach { count: 0, of: talk.receivers, first_ns: None });
        }
        (lane.missing, lane.written_ns) = (talk.receivers, now);
        lane.writes += 1;
        lane.last = Some((talk.stream, lane.writes));
        if self.input.dialect.ack(kind).is_some() {
            let what = Asked::Message { kind, stream: talk.stream, sequence };
            lane.awaits(what, now);
        }
        Attempt::Sent
    }

    /// A message has reached a receiver: one of those whom it must reach, if it `counts`.
    #[inline]
    pub(super) fn effect_seen(&mut self, mark: Mark, response_ns: Option<u64>, counts: bool) {
        let Some(&sender) = self.senders.get(mark.stream as usize) else { return };
        let user = &mut self.users[sender as usize];
        let Some(lane) = &mut user.lane else { return };
        let talk = lane.talks.iter_mut().find(|talk| talk.stream.0 == mark.stream);
        let Some(talk) = talk else { return };
        if counts
            && !talk.reached.is_empty()
            && let Some(reach) = talk.reached_by_one_more(mark.sequence, response_ns)
            && let Some(response_ns) = response_ns
        {
            self.tally.reached(reach, response_ns);
        }
        let Some((_, write)) = lane.last.filter(|(stream, _)| *stream == talk.stream) else {
            return;
        };
        if mark.sequence + 1 != self.ledger.next_sequence(talk.stream) {
            return;
        }
        if let Some(connection) = user.connection.as_mut().filter(|_| write == lane.writes) {
            connection.gap.effect_seen();
        }
        lane.missing = lane.missing.saturating_sub(u32::from(counts));
        if lane.missing == 0 || !lane.backlog.is_empty() {
            self.go_on(sender);
        }
    }

    /// Without an interval the next message is due when the last has arrived.
    pub(super) fn send_at_once(&mut self, index: u32) {
        let due_ns = self.now();
        if self.sending && due_ns < self.send_until_ns {
            self.slot(Slot { client: index, due_ns });
        }
    }

    /// Without an interval, what follows the arrival of a message needs no waiting here; what follows its reading, or what
    /// nobody will hear, waits from now on.
    fn follow_up(&mut self, index: u32, action: Action) {
        let due_ns = self.now();
        let waits = match self.input.plan.pace {
            Pace::Read { interval: None } => true,
            Pace::Delivery { interval: None } => {
                let lane = self.users[index as usize].lane.as_ref();
                action.message().is_none() || lane.is_some_and(|lane| lane.missing == 0)
            }
            _ => false,
        };
        if !waits || !self.sending || due_ns >= self.send_until_ns {
            return;
        }
        let action = self.deck.draw(&mut self.random);
        let Some(lane) = &mut self.users[index as usize].lane else { return };
        if lane.backlog.is_empty() {
            lane.hold = Hold::Unread;
            lane.backlog.push_back(Due { at_ns: due_ns, action });
            self.backlogged += 1;
            self.tally.due(action);
            self.queue(index);
        }
    }

    /// At the end of sending, what waits only because nothing else set its time was never due.
    pub(super) fn withdraw_unscheduled(&mut self) {
        if self.input.plan.pace.interval().is_some() {
            return;
        }
        for index in 0..self.users.len() as u32 {
            self.withdraw(index);
        }
    }

    /// Looks after those who wait for the server to read, a few at a time.
    pub(super) fn look_after_waiting(&mut self) {
        for _ in 0..self.waiting.len().min(LOOKED_AFTER) {
            let Some(index) = self.waiting.pop_front() else { return };
            if matches!(self.users[index as usize].step, Step::Pausing { .. })
                && !self.try_request(index)
            {
                self.waiting.push_back(index);
            }
            if let Some(lane) = &mut self.users[index as usize].lane
                && std::mem::take(&mut lane.queued)
            {
                self.flush(index);
            }
        }
    }

    /// Paced by delivery, a message that never arrives must not silence its sender for ever.
    pub(super) fn look_after_undelivered(&mut self) {
        if !self.input.plan.pace.awaits_delivery() {
            return;
        }
        let now = self.now();
        let patience_ns = self.input.plan.drain.quiet.as_nanos() as u64;
        let given_up = self.users_where(|_, user| {
            user.lane
                .as_ref()
                .is_some_and(|lane| lane.missing > 0 && lane.written_ns + patience_ns < now)
        });
        for index in given_up {
            if let Some(lane) = &mut self.users[index as usize].lane {
                lane.missing = 0;
            }
            self.go_on(index);
        }
    }

    /// A user paced by delivery may send its next message.
    fn go_on(&mut self, index: u32) {
        let waits = self.users[index as usize].lane.as_ref().is_some_and(|l| !l.backlog.is_empty());
        if waits {
            self.flush(index);
        } else if self.input.plan.pace == (Pace::Delivery { interval: None }) {
            self.send_at_once(index);
        }
    }

    /// A socket takes bytes again, or a connection is decided.
    pub(super) fn writable(&mut self, index: u32, broken: bool) {
        let user = &mut self.users[index as usize];
        if let Step::Connecting { since_ns } = user.step {
            return self.connected(index, since_ns, broken);
        }
        let Some(connection) = &mut user.connection else { return };
        match connection.write_rest() {
            Ok(true) => {
                let _ = self.poller.watch_writable(&*connection, index, false);
                self.flush(index);
            }
            Ok(false) => {}
            Err(_) => self.lost_connection(index, Ending::Reset),
        }
    }

    /// What is still held up will not be sent.
    pub(super) fn give_up_backlogs(&mut self) {
        self.sending = false;
        if self.backlogged == 0 {
            return;
        }
        let why = self.early.is_some().then_some(Unsent::Cut);
        for index in 0..self.users.len() as u32 {
            self.drop_backlog(index, why);
        }
    }
}

impl super::users::Lane {
    /// What was written now will be answered. The oldest is forgotten where there are too many.
    pub(super) fn awaits(&mut self, what: Asked, now: u64) {
        if self.unanswered.len() >= FOLLOWED_MAX {
            self.unanswered.pop_front();
        }
        self.unanswered.push_back(Unanswered { what, written_ns: now, write: self.writes });
    }
}

//! What goes out: slots to messages, each at its time or as soon as the server lets it.

use std::collections::VecDeque;

use super::{
    Pace, Workload,
    connection::Written,
    engine::Engine,
    schedule::Slot,
    tally::Unsent,
    users::{Hold, Step},
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

/// What became of an attempt to write a message.
enum Attempt {
    Sent,
    Held(Hold),
    Gone,
}

impl Engine {
    /// The kind of request that this stage's messages are.
    pub(super) fn chat_kind(&self) -> Kind {
        if self.input.plan.workload.is_group() { Kind::GroupChat } else { Kind::Chat }
    }

    /// How many users a message must reach when all is well.
    pub(super) fn receivers_each(&self) -> u32 {
        match self.input.plan.workload {
            Workload::Groups { size } => size as u32 - 1,
            _ => 1,
        }
    }

    /// One user's message is due.
    pub(super) fn slot(&mut self, slot: Slot) {
        let user = &mut self.users[slot.client as usize];
        if user.step != Step::Idle {
            // It left, and comes back: nothing is due from it.
            return;
        }
        self.tally.scheduled += 1;
        let receivers = user.lane.as_ref().map_or(1, |lane| lane.receivers);
        let why = if user.in_session { Unsent::NoReceiver } else { Unsent::NoSession };
        let Some(lane) = user.lane.as_mut().filter(|_| user.in_session) else {
            let receivers = receivers.max(self.receivers_each());
            return self.tally.unsent(why, 1, receivers);
        };
        if !lane.backlog.is_empty() {
            return self.hold(slot.client, slot.due_ns, None);
        }
        match self.try_chat(slot.client, slot.due_ns) {
            Attempt::Sent => self.follow_up(slot.client),
            Attempt::Held(hold) => self.hold(slot.client, slot.due_ns, Some(hold)),
            Attempt::Gone => self.tally.unsent(Unsent::NoSession, 1, receivers),
        }
    }

    /// A message that is due must wait.
    fn hold(&mut self, index: u32, due_ns: u64, hold: Option<Hold>) {
        let Some(lane) = &mut self.users[index as usize].lane else { return };
        lane.hold = hold.unwrap_or(lane.hold);
        if lane.backlog.len() >= BACKLOG_MAX {
            return self.tally.unsent(lane.hold.into(), 1, lane.receivers);
        }
        lane.backlog.push_back(due_ns);
        self.backlogged += 1;
        self.tally.held_up += 1;
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
            let Some(&due_ns) = lane.backlog.front() else { return };
            let attempt = self.try_chat(index, due_ns);
            let Some(lane) = &mut self.users[index as usize].lane else { return };
            match attempt {
                Attempt::Sent => {
                    lane.backlog.pop_front();
                    self.backlogged -= 1;
                    if self.reads_set_the_pace() {
                        // One at a time, or one quick reader would keep the others waiting.
                        return self.follow_up(index);
                    }
                }
                Attempt::Held(hold) => {
                    lane.hold = hold;
                    return self.queue(index);
                }
                Attempt::Gone => {
                    let slots = std::mem::take(&mut lane.backlog).len();
                    let receivers = lane.receivers;
                    self.backlogged -= slots;
                    return self.tally.unsent(Unsent::NoSession, slots as u64, receivers);
                }
            }
        }
    }

    #[inline]
    fn try_chat(&mut self, index: u32, due_ns: u64) -> Attempt {
        let kind = self.chat_kind();
        let now = self.now();
        let user = &mut self.users[index as usize];
        let (Some(lane), Some(connection)) = (&mut user.lane, &mut user.connection) else {
            return Attempt::Gone;
        };
        if connection.is_blocked() {
            return Attempt::Held(Hold::Full);
        }
        if lane.missing > 0 && self.input.plan.pace.awaits_delivery() {
            return Attempt::Held(Hold::Undelivered);
        }
        if !self.spacer.is_clear(&mut connection.gap, now) {
            return Attempt::Held(Hold::Unread);
        }
        let late_ns = now.saturating_sub(due_ns);
        let sequence = self.ledger.next_sequence(lane.stream);
        let mark = Mark {
            run: self.input.run,
            stream: lane.stream.0,
            sequence,
            scheduled_ns: due_ns,
            late_ns: Some(late_ns),
        };
        self.frame.clear();
        let text = match &mut self.texts[..] {
            [text] => text,
            texts => &mut texts[self.random.usize(0..texts.len())],
        };
        lane.template.write(lane.target, text.of(&mark), &mut self.frame);
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
        connection.gap.wrote(kind, self.frame.len(), now);
        self.ledger.sent(lane.stream, due_ns);
        self.tally.series.sent(due_ns);
        lane.missing = lane.receivers;
        lane.written_ns = now;
        if self.input.dialect.ack(kind).is_some() {
            followed(&mut lane.unanswered, (sequence, now));
        }
        if kind == Kind::GroupChat {
            if lane.reached.len() >= FOLLOWED_MAX {
                lane.reached.pop_front();
                lane.reached_from += 1;
            }
            lane.reached.push_back(0);
        }
        Attempt::Sent
    }

    /// A message has reached a receiver.
    #[inline]
    pub(super) fn effect_seen(&mut self, mark: Mark, response_ns: Option<u64>) {
        let Some(&sender) = self.senders.get(mark.stream as usize) else { return };
        let user = &mut self.users[sender as usize];
        let Some(lane) = user.lane.as_mut().filter(|lane| lane.stream.0 == mark.stream) else {
            return;
        };
        if !lane.reached.is_empty() {
            let rank = lane.reached_by_one_more(mark.sequence);
            let (middle, last) = (lane.receivers.div_ceil(2), lane.receivers);
            for (wanted, histogram) in [
                (1, &mut self.tally.group_first),
                (middle, &mut self.tally.group_median),
                (last, &mut self.tally.group_last),
            ] {
                if let Some(response_ns) = response_ns.filter(|_| rank == wanted) {
                    histogram.record(response_ns);
                }
            }
        }
        if mark.sequence + 1 != self.ledger.next_sequence(lane.stream) {
            return;
        }
        if let Some(connection) = &mut user.connection {
            connection.gap.effect_seen();
        }
        lane.missing = lane.missing.saturating_sub(1);
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

    /// Whether a message goes out as soon as the last one has been read.
    pub(super) fn reads_set_the_pace(&self) -> bool {
        self.input.plan.pace == (Pace::Read { interval: None })
    }

    /// Paced by read without an interval, the next message waits from now on.
    fn follow_up(&mut self, index: u32) {
        let due_ns = self.now();
        if !self.reads_set_the_pace() || !self.sending || due_ns >= self.send_until_ns {
            return;
        }
        if let Some(lane) = &mut self.users[index as usize].lane {
            lane.hold = Hold::Unread;
            lane.backlog.push_back(due_ns);
            self.backlogged += 1;
            self.tally.scheduled += 1;
            self.queue(index);
        }
    }

    /// At the end of sending, what waits to be written only because nothing else set its time was never due.
    pub(super) fn withdraw_unscheduled(&mut self) {
        if !self.reads_set_the_pace() {
            return;
        }
        for lane in self.users.iter_mut().filter_map(|user| user.lane.as_mut()) {
            let slots = std::mem::take(&mut lane.backlog).len();
            self.backlogged -= slots;
            self.tally.scheduled -= slots as u64;
        }
    }

    /// The server answered a chat; answers come in the order of the chats.
    pub(super) fn chat_answered(&mut self, index: u32, succeeded: bool, at_ns: u64, frame: &[u8]) {
        let user = &mut self.users[index as usize];
        let Some(lane) = &mut user.lane else { return };
        let Some((sequence, written_ns)) = lane.unanswered.pop_front() else { return };
        // The answer to an earlier chat says nothing about the last one.
        if let Some(connection) = user.connection.as_mut().filter(|_| lane.unanswered.is_empty()) {
            connection.gap.effect_seen();
        }
        self.tally.ack.record(at_ns.saturating_sub(written_ns));
        if !succeeded {
            self.ledger.refused(lane.stream, sequence, at_ns, frame);
        }
        if !lane.backlog.is_empty() {
            self.flush(index);
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
        for user in &mut self.users {
            let Some(lane) = &mut user.lane else { continue };
            let slots = std::mem::take(&mut lane.backlog).len() as u64;
            let why = if self.early.is_some() { Unsent::Cut } else { lane.hold.into() };
            self.tally.unsent(why, slots, lane.receivers);
        }
        self.backlogged = 0;
    }
}

/// Appends, and forgets the oldest when there are too many.
fn followed<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() >= FOLLOWED_MAX {
        queue.pop_front();
    }
    queue.push_back(item);
}

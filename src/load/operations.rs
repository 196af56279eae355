//! What users ask for between their messages, and the answers to all that was asked while sending.

use super::{
    connection::Written,
    engine::Engine,
    mix::{Action, Operation},
    sending::Attempt,
    users::{Asked, Membership},
};
use crate::{
    ledger::{Ending, Standing, User},
    wire::{GroupId, Request, UserId, dialect::Kind, encode, encode_custom},
};

impl Engine {
    /// Writes a request for a user, or says that there is nothing left to ask for.
    pub(super) fn ask(&mut self, index: u32, operation: Operation, now: u64) -> Attempt {
        let group = match operation {
            Operation::JoinGroup => match self.next_to_join(index) {
                Some(group) => Some(group),
                None => return Attempt::Void,
            },
            _ => None,
        };
        let Some(document) = self.request_of(index, operation, group) else { return Attempt::Void };
        self.frame.clear();
        self.input.dialect.to_server.encode(&document, &mut self.frame);
        let user = &mut self.users[index as usize];
        let (Some(lane), Some(connection)) = (&mut user.lane, &mut user.connection) else {
            return Attempt::Gone;
        };
        match connection.write(&self.frame) {
            Ok(Written::Whole) => {}
            Ok(written) => {
                // Only a failing poller could refuse; then the backlog is reported as held up.
                let _ = self.poller.watch_writable(&*connection, index, true);
                if written == Written::Nothing {
                    return Attempt::Held(super::users::Hold::Full);
                }
            }
            Err(_) => {
                self.lost_connection(index, Ending::Reset);
                return Attempt::Gone;
            }
        }
        connection.gap.wrote(true, self.frame.len(), now);
        lane.writes += 1;
        if operation.ack_number(&self.input.dialect).is_some() {
            lane.awaits(Asked::Operation { operation, group }, now);
        }
        let counts = self.tally.operation(operation);
        counts.sent += 1;
        match operation {
            Operation::AddFriend => user.befriended += 1,
            Operation::CreateGroup => self.groups_asked_for += 1,
            Operation::JoinGroup | Operation::Custom(_) => {}
        }
        if let Some(group) = group {
            self.users[index as usize].joined.push((group, Membership::Asked));
            self.ledger.asked_to_join(self.groups[group].ledger, User(index));
        }
        Attempt::Sent
    }

    /// The request in the words of the dialect; nothing when there is nothing left to ask for.
    fn request_of(
        &self,
        index: u32,
        operation: Operation,
        group: Option<usize>,
    ) -> Option<Vec<u8>> {
        let user = &self.users[index as usize];
        let id = UserId(user.id?);
        let name;
        let request = match operation {
            Operation::AddFriend => {
                Request::AddFriend { user: id, friend: self.next_friend(index)? }
            }
            Operation::CreateGroup => {
                // No other group of the run has this name, in whatever part of it.
                let number = self.groups_asked_for as usize * self.seat.parts() + self.seat.index();
                name = self.input.names.name(number).replacen('_', "h", 1);
                Request::CreateGroup { user: id, name: &name, description: "load" }
            }
            Operation::JoinGroup => {
                Request::JoinGroup { user: id, group: GroupId(self.groups[group?].id?) }
            }
            Operation::Custom(at) => {
                let custom = &self.input.dialect.custom[usize::from(at)];
                let number = user.lane.as_ref().map_or(0, |lane| lane.writes);
                return encode_custom(custom, id, &user.name, number, &user.carried);
            }
        };
        encode(&self.input.dialect, &request, &user.carried)
    }

    /// Whom a user asks next: each pair of users only once, for a second friendship may be refused with good reason.
    fn next_friend(&self, index: u32) -> Option<UserId> {
        let (user, all) = (&self.users[index as usize], self.users.len() as u32);
        // The others lie at distances 1 to all - 1 around a ring, and a pair at two of them: one from either side.
        let distance = user.befriended + 1;
        if 2 * distance >= all {
            return None;
        }
        self.users[((index + distance) % all) as usize].id.map(UserId)
    }

    /// The next group that a user is not in.
    fn next_to_join(&self, index: u32) -> Option<usize> {
        let user = &self.users[index as usize];
        let (own, all) = (user.group?, self.groups.len());
        let next = (own + 1 + user.joined.len()) % all;
        (user.joined.len() + 1 < all && self.groups[next].id.is_some()).then_some(next)
    }

    /// Whether an answer under the number of `kind` may be one to something that is asked while sending.
    pub(super) fn is_asked_for(&self, kind: Kind) -> bool {
        let dialect = &self.input.dialect;
        let number = |kind| dialect.ack(kind).map(|ack| ack.number);
        self.deck.kinds().any(|asked| asked == kind || number(asked) == number(kind))
    }

    /// The kind of request that has waited longest for its answer.
    pub(super) fn awaited_longest(&self, index: u32) -> Option<Kind> {
        let lane = self.users[index as usize].lane.as_ref()?;
        match lane.unanswered.front()?.what {
            Asked::Message { kind, .. } => Some(kind),
            Asked::Operation { operation, .. } => operation.kind(),
        }
    }

    /// The server answered something that was asked while sending. Answers under one number come in the order of the
    /// requests; `number` is none where every refusal bears the same.
    pub(super) fn answered_meanwhile(
        &mut self,
        index: u32,
        number: Option<i64>,
        succeeded: bool,
        at_ns: u64,
        frame: &[u8],
    ) {
        let dialect = &self.input.dialect;
        let user = &mut self.users[index as usize];
        let Some(lane) = &mut user.lane else { return };
        let of = |what: &Asked| match what {
            Asked::Message { kind, .. } => dialect.ack(*kind).map(|ack| ack.number),
            Asked::Operation { operation, .. } => operation.ack_number(dialect),
        };
        let answers =
            |number: i64| lane.unanswered.iter().position(|one| of(&one.what) == Some(number));
        let at = number.map_or(Some(0), answers);
        let Some(answered) = at.and_then(|at| lane.unanswered.remove(at)) else { return };
        // The answer to an earlier request says nothing about the last one.
        if let Some(connection) = user.connection.as_mut().filter(|_| answered.write == lane.writes)
        {
            connection.gap.effect_seen();
        }
        let waits = !lane.backlog.is_empty();
        let took_ns = at_ns.saturating_sub(answered.written_ns);
        match answered.what {
            Asked::Message { stream, sequence, .. } => {
                self.tally.ack.record(took_ns);
                if !succeeded {
                    self.ledger.refused(stream, sequence, at_ns, frame);
                }
            }
            Asked::Operation { operation, group } => {
                self.operation_answered(index, operation, group, succeeded, took_ns, at_ns, frame);
            }
        }
        if waits {
            self.flush(index);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what one answer tells, from one place")]
    fn operation_answered(
        &mut self,
        index: u32,
        operation: Operation,
        group: Option<usize>,
        succeeded: bool,
        took_ns: u64,
        at_ns: u64,
        frame: &[u8],
    ) {
        let counts = self.tally.operation(operation);
        counts.latency.record(took_ns);
        if succeeded {
            counts.succeeded += 1;
        } else {
            counts.refused += 1;
            let what = operation.name(&self.input.dialect);
            self.found_refused(index, &what, at_ns, frame);
        }
        if let Some(group) = group {
            let membership = if succeeded { Membership::Proven } else { Membership::None };
            self.stands_in(index, group, membership);
        }
    }

    /// Where a user stands in a group that it asked to join while others wrote there.
    pub(super) fn stands_in(&mut self, index: u32, group: usize, membership: Membership) {
        let mut joined = self.users[index as usize].joined.iter_mut();
        let Some((_, known)) = joined.find(|(joined, _)| *joined == group) else { return };
        if std::mem::replace(known, membership) == membership {
            return;
        }
        let standing = match membership {
            Membership::None => Standing::MustNot,
            Membership::Asked => Standing::May,
            Membership::Proven => Standing::Must,
        };
        self.ledger.set_standing(self.groups[group].ledger, User(index), standing);
        if membership == Membership::Proven {
            self.one_more_hears(group, index);
        }
    }

    /// Requests of users who left in good order, and that were never answered.
    pub(super) fn never_answered(&mut self, index: u32) {
        let Some(lane) = &self.users[index as usize].lane else { return };
        for one in &lane.unanswered {
            match one.what {
                Asked::Message { .. } => self.tally.unanswered_chats += 1,
                Asked::Operation { operation, .. } => {
                    self.tally.operation(operation).unanswered += 1;
                }
            }
        }
    }

    /// The operations that this stage's users ask for.
    pub(super) fn operations(&self) -> impl Iterator<Item = Operation> {
        self.deck.actions().filter_map(|action| match action {
            Action::Ask(operation) => Some(operation),
            _ => None,
        })
    }
}

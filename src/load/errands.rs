//! What users are sent to do before and after they chat: connect, register, log in, create, join, leave.

use std::{io, mem};

use rustix::io::Errno;

use super::{
    Phase,
    connection::{Connection, Written},
    engine::Engine,
    users::{Errand, Membership, Step},
};
use crate::{
    ledger::{Arrival, Claim, Ending, Mark, Seen, Sighting, Standing, User, Way},
    record::{Example, FindingKind},
    wire::{
        Acknowledgement, Carried, Entry, GroupId, LoginReply, Request, UserId,
        dialect::{Kind, LoginBy},
        encode,
    },
};

/// All users that the harness makes have the same password: short, ASCII, nothing to escape.
pub(super) const PASSWORD: &str = "harness1";
/// For how long a login is tried again while the server still counts the user as online.
const STILL_ONLINE_PATIENCE_NS: u64 = 3_000_000_000;
/// The pause between two such attempts.
const LOGIN_AGAIN_NS: u64 = 100_000_000;

impl Engine {
    /// Sends a user on errands.
    pub(super) fn send_off(&mut self, index: u32, errands: &'static [Errand]) {
        self.users[index as usize].errands = errands;
        self.errands_open += 1;
        self.next_errand(index);
    }

    /// A user's step is done: on to the next.
    pub(super) fn next_errand(&mut self, index: u32) {
        let user = &mut self.users[index as usize];
        let Some((errand, rest)) = user.errands.split_first() else {
            user.step = Step::Idle;
            self.errands_open = self.errands_open.saturating_sub(1);
            return self.resume(index);
        };
        user.errands = rest;
        match errand {
            Errand::Connect => self.connect(index),
            Errand::Leave => self.finish(index),
            Errand::Reset => self.reset(index),
            Errand::StayAway => self.stay_away(index),
            Errand::Logout => self.request(index, Kind::Logout),
            Errand::Register => self.request(index, Kind::Register),
            Errand::Login => {
                let user = &mut self.users[index as usize];
                (user.login_since_ns, user.login_retried) = (None, false);
                self.request(index, Kind::Login);
            }
            Errand::CreateGroup => self.request(index, Kind::CreateGroup),
            Errand::JoinGroup => self.request(index, Kind::JoinGroup),
            Errand::AddFriend => self.request(index, Kind::AddFriend),
        }
    }

    /// A user cannot go on; false when it was not on an errand.
    pub(super) fn give_up_errands(&mut self, index: u32) -> bool {
        let user = &mut self.users[index as usize];
        user.errands = &[];
        user.request.clear();
        if mem::take(&mut user.step) == Step::Idle {
            return false;
        }
        self.errands_open = self.errands_open.saturating_sub(1);
        true
    }

    fn connect(&mut self, index: u32) {
        let since_ns = self.now();
        self.users[index as usize].step = Step::Connecting { since_ns };
        let splitting = self.input.dialect.splitting();
        let node = self.users[index as usize].node;
        let begun = Connection::connect(self.input.nodes[node as usize], node, splitting)
            .and_then(|connection| self.poller.add(&connection, index, true).map(|()| connection));
        match begun {
            Ok(connection) => self.users[index as usize].connection = Some(connection),
            Err(error) => self.connect_failed(index, &error),
        }
    }

    fn connect_failed(&mut self, index: u32, error: &io::Error) {
        self.users[index as usize].connection = None;
        self.tally.users.connect_failed += 1;
        let what = match Errno::from_io_error(error) {
            // Rust has no kind for these.
            Some(Errno::MFILE | Errno::NFILE) => "too many open files".to_owned(),
            Some(Errno::NOMEM | Errno::NOBUFS) => "cannot allocate memory".to_owned(),
            _ => error.kind().to_string(),
        };
        *self.tally.connect_errors.entry(what).or_default() += 1;
        self.give_up_errands(index);
    }

    /// The socket of a user who connects is decided.
    pub(super) fn connected(&mut self, index: u32, since_ns: u64, broken: bool) {
        let now = self.now();
        let user = &mut self.users[index as usize];
        let Some(connection) = &mut user.connection else { return };
        let standing = connection
            .established(broken, self.spacer.needs_address())
            .and_then(|()| self.poller.watch_writable(&*connection, index, false));
        match standing {
            Ok(()) => {
                if !user.was_in_session {
                    self.tally.users.connected += 1;
                    self.tally.connect.record(now - since_ns);
                }
                self.next_errand(index);
            }
            Err(error) => self.connect_failed(index, &error),
        }
    }

    fn finish(&mut self, index: u32) {
        let since_ns = self.now();
        let user = &mut self.users[index as usize];
        user.step = Step::Leaving { since_ns };
        if user.connection.as_ref().is_none_or(|connection| connection.finish().is_err()) {
            self.disconnect(index, Ending::Reset);
            self.next_errand(index);
        }
    }

    fn reset(&mut self, index: u32) {
        if let Some(connection) = &self.users[index as usize].connection {
            // Where the kernel refuses, what is unread there makes it a reset all the same, or the server sees an end.
            let _ = connection.reset_on_drop();
        }
        self.disconnect(index, Ending::Reset);
        self.next_errand(index);
    }

    /// Prepares a request and writes it as soon as it may be.
    fn request(&mut self, index: u32, kind: Kind) {
        let user = &self.users[index as usize];
        let (id, name) = (UserId(user.id.unwrap_or_default()), user.name.as_str());
        let password = user.password.as_deref().unwrap_or(PASSWORD);
        let group = user.group.map(|group| &self.groups[group]);
        let request = match kind {
            Kind::Register => Request::Register { name, password },
            Kind::CreateGroup => Request::CreateGroup {
                user: id,
                name: group.map_or("", |group| group.name.as_str()),
                description: "load",
            },
            Kind::JoinGroup => Request::JoinGroup {
                user: id,
                group: GroupId(group.and_then(|group| group.id).unwrap_or_default()),
            },
            Kind::AddFriend => Request::AddFriend {
                user: id,
                friend: UserId(user.chat_partner().unwrap_or_default()),
            },
            Kind::Logout => Request::Logout { user: id, name },
            _ => Request::Login { user: id, name, password },
        };
        let document = encode(&self.input.dialect, &request, &user.carried).unwrap_or_default();
        let mut framed = Vec::with_capacity(document.len() + 4);
        self.input.dialect.to_server.encode(&document, &mut framed);
        let since_ns = self.now();
        let user = &mut self.users[index as usize];
        user.request = framed;
        user.step = Step::Pausing { kind, since_ns };
        if kind == Kind::Login {
            user.login_since_ns.get_or_insert(since_ns);
        }
        if !self.try_request(index) {
            self.waiting.push_back(index);
        }
    }

    /// Writes a prepared request if it may be written now; false when it must wait.
    pub(super) fn try_request(&mut self, index: u32) -> bool {
        let now = self.now();
        let user = &mut self.users[index as usize];
        let Step::Pausing { kind, .. } = user.step else { return true };
        let Some(connection) = &mut user.connection else {
            self.give_up_errands(index);
            return true;
        };
        if connection.is_blocked() || !self.spacer.is_clear(&mut connection.gap, now) {
            return false;
        }
        match connection.write(&user.request) {
            Ok(Written::Nothing) => return false,
            Ok(written) => {
                connection.gap.wrote(!kind.is_delivered(), user.request.len(), now);
                if written == Written::Part {
                    // Only a failing poller could refuse; the deadline would tell.
                    let _ = self.poller.watch_writable(&*connection, index, true);
                }
            }
            Err(_) => {
                self.lost_connection(index, Ending::Reset);
                return true;
            }
        }
        user.request = Vec::new();
        user.step = Step::Awaiting { kind, since_ns: now };
        if self.input.dialect.ack(kind).is_none() {
            self.unanswered_by_design(index, kind);
        }
        true
    }

    /// A request that this dialect never answers was written.
    fn unanswered_by_design(&mut self, index: u32, kind: Kind) {
        if kind == Kind::JoinGroup {
            self.set_membership(index, Membership::Asked);
        }
        self.next_errand(index);
    }

    /// An acknowledgement of what the user was sent to do.
    pub(super) fn answered(
        &mut self,
        index: u32,
        ack: &Acknowledgement,
        since_ns: u64,
        at_ns: u64,
        frame: &[u8],
    ) {
        let dialect = self.input.dialect.clone();
        let user = &mut self.users[index as usize];
        if let Some(connection) = &mut user.connection {
            connection.gap.effect_seen();
        }
        let took_ns = at_ns.saturating_sub(since_ns);
        let succeeded = ack.succeeded(&dialect);
        match ack.kind {
            Kind::Register => {
                self.tally.register.record(took_ns);
                user.id = ack.user(&dialect).map(|user| user.0);
                // Where users log in by name, the id may come with the login.
                if user.id.is_none() && dialect.login.by == LoginBy::Name {
                    user.id = Some(0);
                }
                if succeeded && user.id.is_some() {
                    self.tally.users.registered += 1;
                } else {
                    user.id = None;
                    self.tally.users.register_refused += 1;
                    return self.refused(index, ack, at_ns, frame);
                }
            }
            Kind::Login if succeeded => self.logged_in(index, ack, took_ns, at_ns, frame),
            Kind::Login => return self.login_refused(index, ack, at_ns, frame),
            Kind::CreateGroup => {
                if !succeeded {
                    return self.refused(index, ack, at_ns, frame);
                }
                let id = ack.group(&dialect).map(|group| group.0);
                self.group_created(index, id);
            }
            // Friends already, most likely: if not, the chats will tell.
            Kind::Logout | Kind::AddFriend => {}
            _ if succeeded => self.set_membership(index, Membership::Proven),
            _ => return self.refused(index, ack, at_ns, frame),
        }
        self.next_errand(index);
    }

    fn login_refused(&mut self, index: u32, ack: &Acknowledgement, at_ns: u64, frame: &[u8]) {
        let still_online =
            ack.code.is_some_and(|code| self.input.dialect.errors.already_online.contains(&code));
        let user = &mut self.users[index as usize];
        let since_ns = user.login_since_ns.unwrap_or(at_ns);
        if still_online && at_ns < since_ns + STILL_ONLINE_PATIENCE_NS {
            user.step = Step::Retrying { at_ns: at_ns + LOGIN_AGAIN_NS };
            user.login_retried = true;
            return;
        }
        if !user.was_in_session {
            self.tally.users.login_refused += 1;
        }
        self.refused(index, ack, at_ns, frame);
    }

    fn refused(&mut self, index: u32, ack: &Acknowledgement, at_ns: u64, frame: &[u8]) {
        self.found_refused(index, ack.kind.table(), at_ns, frame);
        self.give_up_errands(index);
    }

    /// The server refused a request that it should have granted.
    pub(super) fn found_refused(&mut self, index: u32, what: &str, at_ns: u64, frame: &[u8]) {
        let name = self.users[index as usize].name.clone();
        let meaning = "the server refused to register a new name, to log a user in, to form or enter a group, or to add a friend; a \
                       taken name and an unreachable database often look the same: see the server's log";
        tracing::debug!(user = name, what, "refused");
        self.tally.found(FindingKind::Refused, meaning, || {
            Example { from: Some(name), at_ms: at_ns / 1_000_000, ..Example::default() }
                .with_frame(frame)
        });
    }

    fn logged_in(
        &mut self,
        index: u32,
        ack: &Acknowledgement,
        took_ns: u64,
        at_ns: u64,
        frame: &[u8],
    ) {
        let reply = LoginReply::read(&self.input.dialect, ack);
        let carried = Carried::read(&self.input.dialect, ack).unwrap_or_default();
        let user = &mut self.users[index as usize];
        user.carried = carried;
        user.in_session = true;
        self.in_session += 1;
        user.session_since_ns = at_ns;
        if let Some(heartbeat) = &self.input.dialect.heartbeat {
            user.heartbeat_due_ns = at_ns + heartbeat.every.as_nanos() as u64;
        }
        let came_back = user.was_in_session;
        let older = user.password.is_some() && !came_back;
        if let Some(id) = reply.user {
            user.id = Some(id.0);
        }
        if !mem::replace(&mut user.was_in_session, true) {
            self.tally.login.record(took_ns);
            if user.login_retried {
                self.tally.users.logged_in_after_retry += 1;
            } else {
                self.tally.users.logged_in_first_attempt += 1;
            }
        }
        self.ledger.session_began(User(index));
        self.listed_groups(index, &reply);
        if came_back && matches!(self.phase, Phase::Sending | Phase::Draining) {
            self.tally.users.came_back += 1;
        }
        for entry in &reply.offline {
            let (sighting, claim) = match entry {
                Entry::Read(delivery) => {
                    let text = delivery.text.as_deref().unwrap_or_default();
                    let from = delivery.from.map(|from| from.0);
                    let target = delivery.to.map(|to| to.0).or(delivery.group.map(|g| g.0));
                    let sighting = Mark::find(text.as_bytes(), self.input.run);
                    (sighting, self.claim(sighting, from, target))
                }
                // No JSON: it was changed, whatever its mark says.
                Entry::Broken(text) => {
                    (Mark::find(text.as_bytes(), self.input.run), Claim::Contradicts)
                }
            };
            let sighting = self.seat.look(sighting, self.input.run);
            // What an account that is older than this run had waiting for it.
            let sighting = match sighting {
                Sighting::Unmarked | Sighting::Mangled if older => Sighting::Foreign { run: 0 },
                sighting => sighting,
            };
            let receiver = User(index);
            let seen = Seen { receiver, sighting, claim, way: Way::Offline, at_ns, frame };
            let arrival = self.ledger.arrived(&seen);
            if let (
                Arrival::Delivered | Arrival::Recovered | Arrival::MayHeard,
                Sighting::Intact(mark),
            ) = (arrival, sighting)
            {
                // It was waited for; how long says nothing of the server.
                self.effect_seen(mark, None, arrival != Arrival::MayHeard);
            }
        }
    }

    /// Looks after deadlines and retries.
    pub(super) fn look_after_errands(&mut self) {
        let now = self.now();
        let patience_ns = self.input.plan.patience.as_nanos() as u64;
        for index in 0..self.users.len() as u32 {
            match self.users[index as usize].step {
                Step::Retrying { at_ns } if at_ns <= now => self.request(index, Kind::Login),
                Step::Connecting { since_ns } if since_ns + patience_ns < now => {
                    self.connect_failed(index, &io::ErrorKind::TimedOut.into());
                }
                Step::Away { until_ns } if until_ns <= now || self.departures.is_none() => {
                    self.next_errand(index);
                }
                Step::Leaving { since_ns } if since_ns + patience_ns < now => {
                    self.disconnect(index, Ending::Reset);
                    self.next_errand(index);
                }
                Step::Pausing { kind, since_ns } | Step::Awaiting { kind, since_ns }
                    if since_ns + patience_ns < now =>
                {
                    self.unanswered(index, kind, now);
                }
                _ => {}
            }
        }
    }

    fn unanswered(&mut self, index: u32, kind: Kind, now: u64) {
        let user = &self.users[index as usize];
        if kind == Kind::Login && !user.was_in_session {
            self.tally.users.login_unanswered += 1;
        }
        let name = user.name.clone();
        let meaning = "the server did not answer a request that this dialect acknowledges: a thread that hangs, a \
                       reply that was lost, or the wrong dialect";
        self.tally.found(FindingKind::Unanswered, meaning, || Example {
            from: Some(name),
            at_ms: now / 1_000_000,
            frame: kind.table().to_owned(),
            ..Example::default()
        });
        self.give_up_errands(index);
    }

    /// A user's standing in its group, in the ledger's words.
    pub(super) fn set_membership(&mut self, index: u32, membership: Membership) {
        let user = &mut self.users[index as usize];
        user.membership = membership;
        let Some(group) = user.group else { return };
        let standing = match membership {
            Membership::None => Standing::MustNot,
            Membership::Asked => Standing::May,
            Membership::Proven => Standing::Must,
        };
        self.ledger.set_standing(self.groups[group].ledger, User(index), standing);
    }
}

//! What arrives: bytes to documents, chats to the ledger, acknowledgements to those who wait for them.

use std::mem;

use memchr::memchr;

use super::{connection::Read, engine::Engine, tally::Unsent, users::Step};
use crate::{
    ledger::{Arrival, Claim, Ending, Mark, Seen, Sighting, Stream, Target, User, Way},
    record::{Example, FindingKind},
    wire::{
        Incoming, Scanned, decode,
        dialect::{Kind, OfflinePlace},
        framing::FrameError,
    },
};

/// Reads of one connection in a row; the others wait meanwhile.
const READS_AT_ONCE: usize = 4;

/// A chat, as the scanner or the decoder saw it.
#[derive(Debug, Clone, Copy)]
struct Chat<'a> {
    from: Option<i64>,
    target: Option<i64>,
    text: &'a [u8],
}

impl Engine {
    /// A socket has something to read.
    pub(super) fn readable(&mut self, index: u32, woke_ns: u64) {
        if matches!(self.users[index as usize].step, Step::Connecting { .. }) {
            // Left over from the connection before.
            return;
        }
        let mut buffer = mem::take(&mut self.read_buffer);
        for _ in 0..READS_AT_ONCE {
            let Some(connection) = &self.users[index as usize].connection else { break };
            match connection.read(&mut buffer) {
                Ok(Read::Bytes(count)) => {
                    #[cfg(test)]
                    self.check.take_planted_delay();
                    let at_ns = self.now();
                    self.check.read(at_ns - woke_ns);
                    self.hear(index, &buffer[..count], at_ns);
                    if count < buffer.len() {
                        break;
                    }
                }
                Ok(Read::Nothing) => break,
                Ok(Read::End) => {
                    self.ended(index, Ending::Finished);
                    break;
                }
                Err(_) => {
                    self.ended(index, Ending::Reset);
                    break;
                }
            }
        }
        self.read_buffer = buffer;
    }

    /// The server's side of a connection is over.
    fn ended(&mut self, index: u32, ending: Ending) {
        let step = self.users[index as usize].step;
        // A server may answer a logout by closing the connection.
        if matches!(
            step,
            Step::Leaving { .. }
                | Step::Pausing { kind: Kind::Logout, .. }
                | Step::Awaiting { kind: Kind::Logout, .. }
        ) {
            self.disconnect(index, ending);
            self.next_errand(index);
        } else {
            // What we had written may or may not have been read: in doubt, whichever way it was closed.
            self.lost_connection(index, Ending::Reset);
        }
    }

    /// The server closed a connection that nobody had asked it to close.
    pub(super) fn lost_connection(&mut self, index: u32, ending: Ending) {
        let now = self.now();
        self.tally.users.closed_by_server += 1;
        let user = &self.users[index as usize];
        let doing = if user.in_session { "in session" } else { "before its login" };
        let name = user.name.clone();
        let meaning = "the server closed connections of well-behaved users, or died: look at its log at that time";
        self.tally.found(FindingKind::ClosedByServer, meaning, || Example {
            to: Some(name),
            at_ms: now / 1_000_000,
            frame: doing.to_owned(),
            ..Example::default()
        });
        self.disconnect(index, ending);
        self.give_up_errands(index);
    }

    /// Drops a user's connection, whatever it was doing.
    pub(super) fn disconnect(&mut self, index: u32, ending: Ending) {
        let user = &mut self.users[index as usize];
        user.connection = None;
        user.request.clear();
        self.drop_backlog(index, Some(Unsent::NoSession));
        if ending == Ending::Finished {
            self.never_answered(index);
        }
        let user = &mut self.users[index as usize];
        user.lane = None;
        if mem::take(&mut user.in_session) {
            self.in_session -= 1;
            self.ledger.session_ended(User(index), ending);
        }
    }

    fn hear(&mut self, index: u32, bytes: &[u8], at_ns: u64) {
        let deframer = self.users[index as usize]
            .connection
            .as_mut()
            .and_then(|connection| connection.deframer.take());
        let Some(mut deframer) = deframer else { return };
        let mut documents = deframer.feed(bytes);
        let mut broken = None;
        while let Some(document) = documents.next() {
            match document {
                Ok(document) => self.document(index, document, at_ns),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        if let Some(error) = broken {
            return self.unsplittable(index, &error, bytes, at_ns);
        }
        if let Some(connection) = &mut self.users[index as usize].connection {
            connection.deframer = Some(deframer);
        }
    }

    fn unsplittable(&mut self, index: u32, error: &FrameError, bytes: &[u8], at_ns: u64) {
        tracing::debug!(user = self.users[index as usize].name, %error, "cannot split the stream");
        self.undecodable(index, bytes, at_ns);
        self.disconnect(index, Ending::Reset);
        self.give_up_errands(index);
    }

    fn undecodable(&mut self, index: u32, bytes: &[u8], at_ns: u64) {
        let name = self.users[index as usize].name.clone();
        let meaning = "the server sent bytes that are no message of this dialect: documents written into each other \
                       by two threads, text that was not escaped, or the wrong framing in the dialect";
        self.tally.found(FindingKind::Undecodable, meaning, || {
            Example { to: Some(name), at_ms: at_ns / 1_000_000, ..Example::default() }
                .with_frame(bytes)
        });
    }

    #[inline]
    fn document(&mut self, index: u32, document: &[u8], at_ns: u64) {
        match self.scanner.scan(document) {
            Scanned::Message { from, target, text: Some(text), .. } => {
                if memchr(b'\\', text).is_none() {
                    self.chat(index, Chat { from, target, text }, at_ns, document);
                } else {
                    self.decoded(index, document, at_ns);
                }
            }
            Scanned::Ack { kind, succeeded, .. } => {
                let awaited = self.awaits_answer(index, kind);
                if awaited.is_none() && self.is_asked_for(kind) {
                    let number = self.input.dialect.ack(kind).map(|ack| ack.number);
                    self.answered_meanwhile(index, number, succeeded, at_ns, document);
                } else {
                    self.decoded(index, document, at_ns);
                }
            }
            Scanned::Message { .. } | Scanned::Other => self.decoded(index, document, at_ns),
        }
    }

    /// The slow way: what the scanner leaves, and all that is rare.
    fn decoded(&mut self, index: u32, document: &[u8], at_ns: u64) {
        let step = self.users[index as usize].step;
        let pending = match step {
            Step::Awaiting { kind, .. } => Some(kind),
            _ => self.awaited_longest(index),
        };
        match decode(&self.input.dialect, document, pending.as_slice()) {
            Ok(Incoming::Ack(ack)) => match step {
                Step::Awaiting { kind, since_ns } if kind == ack.kind => {
                    self.answered(index, &ack, since_ns, at_ns, document);
                }
                _ if self.is_asked_for(ack.kind) => {
                    let succeeded = ack.succeeded(&self.input.dialect);
                    let number = self.input.dialect.number_answered(&ack);
                    self.answered_meanwhile(index, number, succeeded, at_ns, document);
                }
                _ => self.unexplained(index, at_ns, document),
            },
            Ok(Incoming::Message(message)) => {
                let text = message.text.unwrap_or_default();
                let (from, target) = (message.from, message.to.map(|to| to.0));
                let chat = Chat {
                    from: from.map(|from| from.0),
                    target: target.or(message.group.map(|group| group.0)),
                    text: text.as_bytes(),
                };
                self.chat(index, chat, at_ns, document);
            }
            Ok(Incoming::Unknown(fields)) => match self.input.dialect.custom_answered(&fields) {
                Some((number, succeeded)) => {
                    self.answered_meanwhile(index, Some(number), succeeded, at_ns, document);
                }
                None => self.unexplained(index, at_ns, document),
            },
            Err(_) => self.undecodable(index, document, at_ns),
        }
    }

    /// A frame that is neither an awaited answer nor a chat.
    fn unexplained(&mut self, index: u32, at_ns: u64, frame: &[u8]) {
        let receiver = User(index);
        let (sighting, claim, way) = (Sighting::Unmarked, Claim::Agrees, Way::Live);
        self.ledger.arrived(&Seen { receiver, sighting, claim, way, at_ns, frame });
    }

    /// The kind of request that the user waits to see answered, when an answer to `kind` bears the same number.
    fn awaits_answer(&self, index: u32, kind: Kind) -> Option<Kind> {
        let Step::Awaiting { kind: awaited, .. } = self.users[index as usize].step else {
            return None;
        };
        let number = |kind| self.input.dialect.ack(kind).map(|ack| ack.number);
        (number(awaited) == number(kind)).then_some(awaited)
    }

    /// Whether the rest of a frame agrees with the mark in its text.
    pub(super) fn claim(
        &self,
        sighting: Sighting,
        from: Option<i64>,
        target: Option<i64>,
    ) -> Claim {
        let (Sighting::Intact(mark) | Sighting::Damaged(mark)) = sighting else {
            return Claim::Agrees;
        };
        let Some((sender, addressed)) = self.ledger.stream(Stream(mark.stream)) else {
            return Claim::Agrees;
        };
        let expected = match addressed {
            Target::User(user) => self.users[user.0 as usize].id,
            Target::Group(group) => self.groups[group.0 as usize].id,
        };
        let agrees = (from.is_none() || from == self.users[sender.0 as usize].id)
            && (target.is_none() || target == expected);
        if agrees { Claim::Agrees } else { Claim::Contradicts }
    }

    fn chat(&mut self, index: u32, chat: Chat<'_>, at_ns: u64, frame: &[u8]) {
        let own = self.input.run;
        let sighting = self.seat.look(Mark::find(chat.text, own), own);
        let claim = self.claim(sighting, chat.from, chat.target);
        let way = self.way(index, sighting);
        let seen = Seen { receiver: User(index), sighting, claim, way, at_ns, frame };
        let arrival = self.ledger.arrived(&seen);
        let Sighting::Intact(mark) = sighting else { return };
        match arrival {
            Arrival::Delivered if way == Way::Live => {
                let response_ns = at_ns.saturating_sub(mark.scheduled_ns);
                self.tally.response.record(response_ns);
                self.tally.series.delivered(mark.scheduled_ns, response_ns);
                let service_ns = mark.late_ns.map(|late_ns| response_ns.saturating_sub(late_ns));
                if let Some(service_ns) = service_ns {
                    self.tally.service.record(service_ns);
                }
                if self.tally.by_path.is_some() {
                    self.on_its_path(index, mark, response_ns, service_ns);
                }
                self.effect_seen(mark, Some(response_ns), true);
            }
            Arrival::Delivered | Arrival::Recovered | Arrival::MayHeard => {
                let response_ns = at_ns.saturating_sub(mark.scheduled_ns);
                let live = (way == Way::Live).then_some(response_ns);
                self.effect_seen(mark, live, arrival != Arrival::MayHeard);
            }
            _ => {}
        }
    }

    /// How long a message took, apart for those on one node and between two.
    fn on_its_path(&mut self, index: u32, mark: Mark, response_ns: u64, service_ns: Option<u64>) {
        let sender = self.ledger.stream(Stream(mark.stream)).map(|(sender, _)| sender);
        let (Some(by_path), Some(sender)) = (&mut self.tally.by_path, sender) else { return };
        let crosses = self.ledger.crosses(sender, User(index));
        let path = if crosses { &mut by_path.across } else { &mut by_path.same };
        path.response.record(response_ns);
        if let Some(service_ns) = service_ns {
            path.service.record(service_ns);
        }
    }

    /// Where offline messages follow the login as documents, only their age tells them from live ones.
    #[inline]
    fn way(&self, index: u32, sighting: Sighting) -> Way {
        match sighting {
            Sighting::Intact(mark) | Sighting::Damaged(mark)
                if self.input.dialect.login.offline == OfflinePlace::Documents =>
            {
                let written_ns = mark.scheduled_ns + mark.late_ns.unwrap_or_default();
                if written_ns < self.users[index as usize].session_since_ns {
                    Way::Offline
                } else {
                    Way::Live
                }
            }
            _ => Way::Live,
        }
    }
}

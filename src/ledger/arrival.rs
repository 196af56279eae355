//! What an arrival means: the one word that explains it.

use super::{
    Example, Kind, Ledger, Mark, Sighting, Standing, Stream, Target, User, parties::Windows,
    window::Order,
};

/// How a message reached its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// While the receiver was online.
    Live,
    /// Stored, and handed over at the receiver's login.
    Offline,
}

/// Whether what surrounds the text agrees with the mark in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// The frame names the sender and the target of the mark, or does not name them at all.
    Agrees,
    /// It names others.
    Contradicts,
}

/// A chat that arrived somewhere.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// At whom.
    pub receiver: User,
    /// What was found in its text.
    pub sighting: Sighting,
    /// Whether the rest of the frame agrees.
    pub claim: Claim,
    /// How it came.
    pub way: Way,
    /// When the read that completed it returned, in nanoseconds since the run began.
    pub at_ns: u64,
    /// The frame, for examples.
    pub frame: &'a [u8],
}

/// The word that explains an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arrival {
    /// The first copy, unchanged, at somebody entitled.
    Delivered,
    /// The same, after it had been in doubt.
    Recovered,
    /// The first copy, unchanged, at somebody who may hear it.
    MayHeard,
    /// A further copy.
    Duplicated,
    /// A copy at somebody who must not hear it.
    Misdelivered,
    /// The first copy, changed.
    Corrupted,
    /// It was a message once; which one cannot be told.
    Mangled,
    /// Nothing sent so far explains it.
    Unexpected,
    /// A message of another run.
    Foreign,
}

impl Ledger {
    /// Enters an arrival, and says what it was.
    #[inline]
    pub fn arrived(&mut self, seen: &Seen<'_>) -> Arrival {
        match (seen.sighting, seen.claim) {
            (Sighting::Intact(mark), Claim::Agrees) => self.arrived_marked(seen, mark, true),
            (Sighting::Intact(mark) | Sighting::Damaged(mark), _) => {
                self.arrived_marked(seen, mark, false)
            }
            (other, _) => self.arrived_unmarked(seen, other),
        }
    }

    #[cold]
    fn arrived_unmarked(&mut self, seen: &Seen<'_>, sighting: Sighting) -> Arrival {
        match sighting {
            Sighting::Foreign { .. } => {
                self.balance.foreign += 1;
                self.found(Kind::Foreign, seen, None);
                Arrival::Foreign
            }
            Sighting::Strayed => {
                self.balance.misdelivered += 1;
                self.found(Kind::Misdelivered, seen, None);
                Arrival::Misdelivered
            }
            Sighting::Mangled => {
                self.balance.mangled += 1;
                self.found(Kind::Corrupted, seen, None);
                Arrival::Mangled
            }
            _ => {
                self.balance.unexpected += 1;
                self.found(Kind::Unexpected, seen, None);
                Arrival::Unexpected
            }
        }
    }

    #[inline]
    fn arrived_marked(&mut self, seen: &Seen<'_>, mark: Mark, unchanged: bool) -> Arrival {
        let sequence = mark.sequence;
        let Some(stream) = self.streams.get_mut(mark.stream as usize) else {
            return self.arrived_unmarked(seen, Sighting::Unmarked);
        };
        let sender = stream.sender;
        if sequence >= stream.sent {
            return self.arrived_unmarked(seen, Sighting::Unmarked);
        }
        let window = match (&mut stream.windows, stream.target) {
            (Windows::One(window), Target::User(receiver)) if receiver == seen.receiver => window,
            (Windows::Many(_), Target::Group(group)) => {
                let position = self.position(seen.receiver, group);
                // Borrowed again: the position is looked up in the users' book.
                match (&mut self.streams[mark.stream as usize].windows, position) {
                    (Windows::Many(windows), Some(position)) => &mut windows[position],
                    _ => return self.arrived_elsewhere(seen, mark),
                }
            }
            _ => return self.arrived_elsewhere(seen, mark),
        };
        let standing = window.standing(sequence);
        if standing == Standing::MustNot {
            return self.arrived_elsewhere(seen, mark);
        }
        if !window.settle(sequence) {
            let refused = window.is_refused(sequence);
            let crosses = self.crosses(sender, seen.receiver);
            return self.arrived_again(seen, mark, refused, crosses);
        }
        let in_doubt = window.in_doubt(sequence);
        let order = window.note_order(sequence, seen.way == Way::Live);
        #[cfg(test)]
        let order = match self.bug {
            Some(super::bug::Bug::IgnoresOrder) => Order::Kept,
            _ => order,
        };
        if order == Order::Broken {
            self.balance.out_of_order += 1;
            self.found(Kind::OutOfOrder, seen, Some(mark));
        }
        let crosses = self.crosses(sender, seen.receiver);
        if !unchanged {
            return self.arrived_changed(seen, mark, standing, crosses);
        }
        match (standing, in_doubt, seen.way) {
            (Standing::May, ..) => {
                self.balance.may_heard += 1;
                return Arrival::MayHeard;
            }
            (_, true, _) => {
                self.count(crosses, |balance| &mut balance.recovered);
                return Arrival::Recovered;
            }
            (_, false, Way::Live) => self.count(crosses, |balance| &mut balance.delivered_live),
            (_, false, Way::Offline) => {
                self.count(crosses, |balance| &mut balance.delivered_offline);
            }
        }
        Arrival::Delivered
    }

    #[cold]
    fn arrived_elsewhere(&mut self, seen: &Seen<'_>, mark: Mark) -> Arrival {
        #[cfg(test)]
        if self.bug == Some(super::bug::Bug::TrustsStrangers) {
            return Arrival::Misdelivered;
        }
        if let Windows::One(window) = &mut self.streams[mark.stream as usize].windows {
            window.went_astray(mark.sequence);
        }
        self.balance.misdelivered += 1;
        self.found(Kind::Misdelivered, seen, Some(mark));
        Arrival::Misdelivered
    }

    #[cold]
    fn arrived_again(
        &mut self,
        seen: &Seen<'_>,
        mark: Mark,
        refused: bool,
        crosses: bool,
    ) -> Arrival {
        if refused {
            self.balance.unexpected += 1;
            self.found(Kind::Unexpected, seen, Some(mark));
            return Arrival::Unexpected;
        }
        #[cfg(test)]
        if self.bug == Some(super::bug::Bug::MissesCopies) {
            return Arrival::Duplicated;
        }
        self.count(crosses, |balance| &mut balance.duplicated);
        self.found(Kind::Duplicated, seen, Some(mark));
        Arrival::Duplicated
    }

    #[cold]
    fn arrived_changed(
        &mut self,
        seen: &Seen<'_>,
        mark: Mark,
        standing: Standing,
        crosses: bool,
    ) -> Arrival {
        self.found(Kind::Corrupted, seen, Some(mark));
        if standing == Standing::Must {
            self.count(crosses, |balance| &mut balance.corrupted);
            return Arrival::Corrupted;
        }
        self.balance.mangled += 1;
        Arrival::Mangled
    }

    #[cold]
    fn found(&mut self, kind: Kind, seen: &Seen<'_>, mark: Option<Mark>) {
        let from = mark.and_then(|mark| self.stream(Stream(mark.stream))).map(|(sender, _)| sender);
        self.findings.add(kind, || Example {
            from,
            to: Some(seen.receiver),
            sequence: mark.map(|mark| mark.sequence),
            at_ns: seen.at_ns,
            frame: seen.frame.to_vec(),
        });
    }
}

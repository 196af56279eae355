//! One receiver's view of one stream: which of its messages have been settled, in memory for what is outstanding.

use std::ops::Range;

use super::ranges::Ranges;

/// What a receiver is entitled to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The message must reach them, once.
    #[default]
    Must,
    /// It may: they have asked to join, and nothing proves yet that they did.
    May,
    /// It must not.
    MustNot,
}

/// Messages of a stream towards one receiver, settled or not.
///
/// In order, an arrival costs an increment; 64 messages around the oldest unsettled one are bits; what lies further
/// apart, and all that is rare, stands in a box of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    /// All below are settled, or among the missing of `rare`.
    next: u32,
    /// One above the highest that arrived, ever.
    top: u32,
    /// One above the highest that arrived live in the receiver's present session.
    live: u32,
    /// The same for the offline messages of its login.
    offline: u32,
    /// Bit i: `next + i` is settled. Bit 0 is clear.
    settled: u64,
    standing: Standing,
    rare: Option<Box<Rare>>,
}

/// What most windows never have.
#[derive(Debug, Clone, Default)]
struct Rare {
    missing: Ranges,
    in_doubt: Ranges,
    /// From here on everything is in doubt, until the receiver's next session.
    doubt_since: Option<u32>,
    astray: Ranges,
    refused: Ranges,
    standings: Vec<(u32, Standing)>,
}

/// Whether an arrival came later than one that was sent after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Kept,
    Broken,
}

impl Window {
    /// A window of a receiver with this standing, who is there from the stream's first message on.
    pub(super) fn new(standing: Standing) -> Self {
        Self { standing, ..Self::default() }
    }

    /// A window of a receiver who has this standing from message `from` on, and is entitled to nothing before.
    pub(super) fn joined(from: u32, standing: Standing) -> Self {
        let mut window = Self { next: from, standing: Standing::MustNot, ..Self::default() };
        window.stand(from, standing);
        window
    }

    /// One above the highest message that has arrived.
    pub(super) fn top(&self) -> u32 {
        self.top
    }

    /// The receiver's standing towards one message.
    #[inline]
    pub(super) fn standing(&self, sequence: u32) -> Standing {
        match &self.rare {
            None => self.standing,
            Some(rare) => {
                let since = rare.standings.iter().rev().find(|(from, _)| *from <= sequence);
                since.map_or(self.standing, |&(_, standing)| standing)
            }
        }
    }

    /// The standing changes with message `from`.
    pub(super) fn stand(&mut self, from: u32, standing: Standing) {
        self.rare().standings.push((from, standing));
    }

    /// Settles a message; false when it was settled before.
    #[inline]
    pub(super) fn settle(&mut self, sequence: u32) -> bool {
        if sequence == self.next {
            self.advance();
            return true;
        }
        self.settle_out_of_turn(sequence)
    }

    fn settle_out_of_turn(&mut self, sequence: u32) -> bool {
        if sequence < self.next {
            return self.rare.as_mut().is_some_and(|rare| rare.missing.remove(sequence));
        }
        if sequence - self.next >= u64::BITS {
            self.slide(sequence - (u64::BITS - 1));
        }
        if sequence == self.next {
            self.advance();
            return true;
        }
        let bit = 1 << (sequence - self.next);
        let first = self.settled & bit == 0;
        self.settled |= bit;
        first
    }

    /// The oldest unsettled message is settled: on to the next one.
    #[inline]
    fn advance(&mut self) {
        self.settled |= 1;
        let run = self.settled.trailing_ones();
        self.settled = self.settled.checked_shr(run).unwrap_or(0);
        self.next += run;
    }

    /// Gives up the bits below `to`; what is unsettled there goes to the missing.
    fn slide(&mut self, to: u32) {
        let (next, settled) = (self.next, self.settled);
        let missing = &mut self.rare().missing;
        for sequence in next..to.min(next + u64::BITS) {
            if settled >> (sequence - next) & 1 == 0 {
                missing.insert(sequence..sequence + 1);
            }
        }
        missing.insert((next + u64::BITS).min(to)..to);
        self.settled = settled.checked_shr(to - next).unwrap_or(0);
        self.next = to;
        if self.settled & 1 == 1 {
            self.advance();
        }
    }

    /// Notes that a message arrived for the first time, and whether that broke the order.
    #[inline]
    pub(super) fn note_order(&mut self, sequence: u32, live: bool) -> Order {
        self.top = self.top.max(sequence + 1);
        let highest = if live { &mut self.live } else { &mut self.offline };
        if sequence < *highest {
            return Order::Broken;
        }
        *highest = sequence + 1;
        Order::Kept
    }

    /// The receiver has begun a session after the stream sent `sent` messages.
    pub(super) fn session_began(&mut self, sent: u32) {
        (self.live, self.offline) = (0, 0);
        if let Some(rare) = &mut self.rare
            && let Some(since) = rare.doubt_since.take()
        {
            self.doubt(since..sent);
        }
    }

    /// The receiver has left by reset: what it had not seen yet, and what is sent from now on, is in doubt.
    pub(super) fn receiver_reset(&mut self) {
        let top = self.top;
        self.rare().doubt_since.get_or_insert(top);
    }

    /// The sender has left by reset after `sent` messages: those whose effect nobody has seen are in doubt.
    pub(super) fn sender_reset(&mut self, sent: u32) {
        if self.top < sent {
            self.doubt(self.top..sent);
        }
    }

    fn doubt(&mut self, range: Range<u32>) {
        let next = self.next;
        let rare = self.rare();
        if rare.missing.is_empty() {
            // Old doubts about what has been settled since.
            rare.in_doubt.forget_below(next);
        }
        rare.in_doubt.insert(range);
    }

    /// Whether a message is in doubt.
    #[inline]
    pub(super) fn in_doubt(&self, sequence: u32) -> bool {
        self.rare.as_ref().is_some_and(|rare| {
            rare.in_doubt.contains(sequence) || rare.doubt_since.is_some_and(|s| sequence >= s)
        })
    }

    /// Settles a message that the server refused to deliver; false when it was settled before.
    pub(super) fn refuse(&mut self, sequence: u32) -> bool {
        let first = self.settle(sequence);
        if first {
            self.rare().refused.insert(sequence..sequence + 1);
        }
        first
    }

    /// Whether the server refused to deliver a message.
    pub(super) fn is_refused(&self, sequence: u32) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.refused.contains(sequence))
    }

    /// A message for this receiver was seen at somebody else's.
    pub(super) fn went_astray(&mut self, sequence: u32) {
        self.rare().astray.insert(sequence..sequence + 1);
    }

    /// Whether a message was seen at somebody else's.
    pub(super) fn is_astray(&self, sequence: u32) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.astray.contains(sequence))
    }

    /// Whether a message that was sent after this one arrived.
    pub(super) fn is_overtaken(&self, sequence: u32) -> bool {
        sequence < self.top
    }

    /// The messages below `sent` that were never settled.
    pub(super) fn unsettled(&self, sent: u32) -> impl Iterator<Item = u32> {
        let missing = self.rare.iter().flat_map(|rare| rare.missing.iter().flatten());
        let (next, settled) = (self.next, self.settled);
        let open = (next..sent)
            .filter(move |sequence| settled.checked_shr(sequence - next).unwrap_or(0) & 1 == 0);
        missing.chain(open)
    }

    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_stays_small() {
        assert!(size_of::<Window>() <= 40, "{} bytes", size_of::<Window>());
    }

    #[test]
    fn in_order_nothing_is_kept() {
        let mut window = Window::new(Standing::Must);
        assert!((0..10_000).all(|sequence| window.settle(sequence)));
        assert!(window.rare.is_none());
        assert!((0..10_000).all(|sequence| !window.settle(sequence)));
        assert_eq!(window.unsettled(10_003).collect::<Vec<_>>(), [10_000, 10_001, 10_002]);
    }

    #[test]
    fn a_late_joiner_is_entitled_from_its_first_message_on() {
        let window = Window::joined(7, Standing::May);
        assert_eq!(window.standing(6), Standing::MustNot);
        assert_eq!(window.standing(7), Standing::May);
    }

    #[test]
    fn what_was_outstanding_at_a_reset_is_in_doubt_until_the_next_session() {
        let mut window = Window::new(Standing::Must);
        window.settle(0);
        window.note_order(0, true);
        window.receiver_reset();
        assert!(!window.in_doubt(0) && window.in_doubt(1) && window.in_doubt(99));
        window.session_began(5);
        assert!(window.in_doubt(1) && window.in_doubt(4) && !window.in_doubt(5));
    }

    proptest! {
        #[test]
        fn it_knows_what_is_settled(
            jumps in proptest::collection::vec((0u32..100, -70i64..200), 0..60)
        ) {
            let (mut window, mut model, mut at) = (Window::new(Standing::Must), BTreeSet::new(), 0u32);
            for (near, jump) in jumps {
                at = (i64::from(at) + jump).max(0) as u32;
                for sequence in [at, at + near, at] {
                    prop_assert_eq!(window.settle(sequence), model.insert(sequence));
                }
            }
            let sent = model.last().map_or(0, |last| last + 3);
            let expected: Vec<u32> = (0..sent).filter(|s| !model.contains(s)).collect();
            prop_assert_eq!(window.unsettled(sent).collect::<Vec<_>>(), expected);
        }
    }
}

//! The recorder that runs beside all connections: the last frames of each, in a bounded memory, to be sent again.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use crate::record::{Bytes, Deed, ReplayStep};

/// How many steps of a connection are kept besides its beginning.
const STEPS: usize = 512;
/// How many connections are kept.
const CONNECTIONS: usize = 4096;
/// How many bytes are kept in all.
const BYTES: usize = 32 << 20;
/// How much is kept of what the server said: it is shown, and not sent again.
const HEARD_BYTES: usize = 256;

/// Remembers what passes on the connections that are given it. Its clones are the same tape.
#[derive(Debug, Clone)]
pub struct Tape(Arc<Mutex<Reel>>);

#[derive(Debug)]
struct Reel {
    begun: Instant,
    /// Counts steps, so that those of all connections have one order.
    next_step: u64,
    next_connection: u32,
    /// By connection; the oldest are forgotten first.
    kept: BTreeMap<u32, VecDeque<(u64, ReplayStep)>>,
    bytes: usize,
    forgotten_steps: u64,
}

/// The place of one connection on a tape.
#[derive(Debug)]
pub(super) struct Track {
    tape: Tape,
    connection: u32,
    reset: bool,
}

impl Default for Tape {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Reel {
            begun: Instant::now(),
            next_step: 0,
            next_connection: 1,
            kept: BTreeMap::new(),
            bytes: 0,
            forgotten_steps: 0,
        })))
    }
}

impl Tape {
    /// Forgets everything. Connections that are open go on unrecorded: their beginning is gone.
    pub fn rewind(&self) {
        let mut reel = self.reel();
        reel.begun = Instant::now();
        reel.kept.clear();
        reel.bytes = 0;
        reel.forgotten_steps = 0;
    }

    /// What is remembered, in its order, connections numbered from 1; and how many steps were forgotten.
    pub fn steps(&self) -> (Vec<ReplayStep>, u64) {
        let reel = self.reel();
        let first = reel.kept.keys().next().copied().unwrap_or(1);
        let mut steps: Vec<_> = reel.kept.values().flatten().cloned().collect();
        steps.sort_by_key(|(number, _)| *number);
        let renumbered = steps
            .into_iter()
            .map(|(_, step)| ReplayStep { connection: step.connection - first + 1, ..step });
        (renumbered.collect(), reel.forgotten_steps)
    }

    /// Begins a connection.
    pub(super) fn connected(&self, narrow: bool) -> Track {
        let mut reel = self.reel();
        let connection = reel.next_connection;
        reel.next_connection += 1;
        reel.kept.insert(connection, VecDeque::new());
        if reel.kept.len() > CONNECTIONS {
            reel.forget_a_connection();
        }
        reel.note(connection, Deed::Connect { narrow });
        Track { tape: self.clone(), connection, reset: false }
    }

    fn reel(&self) -> MutexGuard<'_, Reel> {
        // What is remembered stays readable whoever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reel {
    fn note(&mut self, connection: u32, deed: Deed) {
        let at_us = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let Some(steps) = self.kept.get_mut(&connection) else { return };
        self.bytes += held(&deed);
        steps.push_back((self.next_step, ReplayStep { at_us, connection, deed }));
        self.next_step += 1;
        // The first step is the connection itself, without which nothing can be sent again.
        if steps.len() > STEPS + 1
            && let Some((_, old)) = steps.remove(1)
        {
            self.bytes -= held(&old.deed);
            self.forgotten_steps += 1;
        }
        while self.bytes > BYTES && self.kept.len() > 1 {
            self.forget_a_connection();
        }
        // One connection alone may be more than there is room for: then its oldest steps go.
        while self.bytes > BYTES && self.forget_a_step(connection) {}
    }

    /// Forgets the oldest step of a connection but its beginning and its newest; tells whether there was one.
    fn forget_a_step(&mut self, connection: u32) -> bool {
        let steps = self.kept.get_mut(&connection).filter(|steps| steps.len() > 2);
        let Some((_, old)) = steps.and_then(|steps| steps.remove(1)) else { return false };
        self.bytes -= held(&old.deed);
        self.forgotten_steps += 1;
        true
    }

    fn forget_a_connection(&mut self) {
        if let Some((_, steps)) = self.kept.pop_first() {
            self.bytes -= steps.iter().map(|(_, step)| held(&step.deed)).sum::<usize>();
            self.forgotten_steps += steps.len() as u64;
        }
    }
}

fn held(deed: &Deed) -> usize {
    match deed {
        Deed::Send { bytes } | Deed::Hear { head: bytes, .. } => bytes.0.len(),
        _ => 0,
    }
}

impl Track {
    fn note(&self, deed: Deed) {
        self.tape.reel().note(self.connection, deed);
    }

    pub(super) fn sent(&self, bytes: &[u8]) {
        self.note(Deed::Send { bytes: Bytes(bytes.to_vec()) });
    }

    pub(super) fn heard(&self, bytes: &[u8]) {
        let head = Bytes(bytes[..bytes.len().min(HEARD_BYTES)].to_vec());
        self.note(Deed::Hear { head, length_bytes: bytes.len() as u64 });
    }

    pub(super) fn finished(&self) {
        self.note(Deed::Finish);
    }

    /// The connection will end with RST.
    pub(super) fn will_reset(&mut self) {
        self.reset = true;
    }
}

impl Drop for Track {
    fn drop(&mut self) {
        self.note(if self.reset { Deed::Reset } else { Deed::Close });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_all_connections_come_in_one_order() {
        let tape = Tape::default();
        drop(tape.connected(false));
        tape.rewind();
        let (one, mut two) = (tape.connected(false), tape.connected(true));
        one.sent(b"a");
        two.heard(&[b'x'; 1000]);
        one.finished();
        two.will_reset();
        drop(two);
        drop(one);
        let (steps, forgotten) = tape.steps();
        let told: Vec<_> = steps.iter().map(|step| (step.connection, &step.deed)).collect();
        assert_eq!(told[0], (1, &Deed::Connect { narrow: false }));
        assert_eq!(told[1], (2, &Deed::Connect { narrow: true }));
        assert_eq!(told[2], (1, &Deed::Send { bytes: Bytes(b"a".to_vec()) }));
        let head = Bytes(vec![b'x'; HEARD_BYTES]);
        assert_eq!(told[3], (2, &Deed::Hear { head, length_bytes: 1000 }));
        assert_eq!(told[4..], [(1, &Deed::Finish), (2, &Deed::Reset), (1, &Deed::Close)]);
        assert_eq!(forgotten, 0);
    }

    #[test]
    fn the_memory_is_bounded_and_says_what_it_forgot() {
        let tape = Tape::default();
        let one = tape.connected(false);
        for number in 0..STEPS + 10 {
            one.sent(format!("{number}").as_bytes());
        }
        let (steps, forgotten) = tape.steps();
        assert_eq!((steps.len(), forgotten), (STEPS + 1, 10));
        assert_eq!(steps[0].deed, Deed::Connect { narrow: false });
        let two = tape.connected(false);
        for _ in 0..40 {
            two.sent(&vec![0; 1 << 20]);
        }
        assert!(tape.reel().bytes <= BYTES + (1 << 20));
        assert!(tape.steps().0.iter().all(|step| step.connection == 1), "the older is forgotten");
        for _ in 0..CONNECTIONS + 5 {
            drop(tape.connected(false));
        }
        assert!(tape.reel().kept.len() <= CONNECTIONS);
    }

    #[test]
    fn a_connection_from_before_the_rewind_is_not_recorded() {
        let tape = Tape::default();
        let old = tape.connected(false);
        tape.rewind();
        old.sent(b"late");
        drop(old);
        assert_eq!(tape.steps().0, []);
    }
}

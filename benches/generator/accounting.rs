//! What the accounting alone costs: marks written and read, and the ledger's two entries, without a socket.

use std::hint::black_box;

use chatserver_harness::ledger::{
    Arrival, Claim, Ledger, Mark, Payload, Seen, Sighting, Standing, Target, User, Way,
};

use crate::bare::thread_cpu_ns;

const RUN: u16 = 7;
const USERS: u32 = 100;

/// CPU time of the accounting for one delivery, in nanoseconds: of a ring of chats, or of groups of all users.
pub(crate) fn cost_ns(groups: bool, deliveries: u64) -> f64 {
    let mut ledger = Ledger::new();
    let users: Vec<User> = (0..USERS).map(|_| ledger.add_user()).collect();
    let group = ledger.add_group();
    for &user in &users {
        ledger.session_began(user);
        ledger.set_standing(group, user, Standing::Must);
    }
    let target = |at: usize| {
        if groups { Target::Group(group) } else { Target::User(users[(at + 1) % users.len()]) }
    };
    let streams: Vec<_> =
        users.iter().enumerate().map(|(at, &user)| ledger.open(user, target(at))).collect();
    let payload = Payload::ascii(0).unwrap();
    let mut text =
        Mark { run: RUN, stream: 0, sequence: 0, scheduled_ns: 0, late_ns: None }.text(&payload);
    let mut done = 0;
    let began = thread_cpu_ns();
    while done < deliveries {
        for (at, &stream) in streams.iter().enumerate() {
            let sequence = ledger.next_sequence(stream);
            let scheduled_ns = done;
            let mark =
                Mark { run: RUN, stream: stream.0, sequence, scheduled_ns, late_ns: Some(16) };
            mark.encode_into(&payload, black_box(&mut text));
            ledger.sent(stream, scheduled_ns);
            let receivers = if groups { 0..users.len() } else { at + 1..at + 2 };
            for receiver in receivers.filter(|receiver| *receiver != at || !groups) {
                let sighting = Mark::find(black_box(&text), RUN);
                let receiver = users[receiver % users.len()];
                let (claim, way) = (Claim::Agrees, Way::Live);
                let seen = Seen { receiver, sighting, claim, way, at_ns: done, frame: &text };
                assert_eq!(ledger.arrived(&seen), Arrival::Delivered);
                assert!(matches!(sighting, Sighting::Intact(_)));
                done += 1;
            }
        }
    }
    let cost = (thread_cpu_ns() - began) as f64 / done as f64;
    let balance = ledger.close().balance;
    assert_eq!((balance.delivered_live, balance.entitled), (done, done));
    cost
}

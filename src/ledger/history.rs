//! Random histories of a few users and groups, for the ledger and its model.

use proptest::prelude::*;

pub(super) const USERS: u32 = 5;
pub(super) const GROUPS: u32 = 2;

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Begin(u32),
    End(u32, bool),
    Open(u32, u32),
    Send(usize, u32),
    Arrive { stream: usize, sequence: u32, receiver: u32, strayed: bool, offline: bool, kind: u8 },
    Flood { stream: usize, receiver: u32, drop_every: u32 },
    Refuse(usize, u32),
    Stand(u32, u32, u8),
    Join(u32, u32),
}

fn event() -> impl Strategy<Value = Event> {
    let arrive = (0..40usize, 0..400u32, 0..USERS, 0..12u8, any::<bool>(), 0..14u8).prop_map(
        |(stream, sequence, receiver, strayed, offline, kind)| Event::Arrive {
            stream,
            sequence,
            receiver,
            strayed: strayed == 0,
            offline,
            kind,
        },
    );
    prop_oneof![
        2 => (0..USERS).prop_map(Event::Begin),
        1 => (0..USERS, any::<bool>()).prop_map(|(user, reset)| Event::End(user, reset)),
        2 => (0..USERS, 0..USERS + GROUPS).prop_map(|(user, target)| Event::Open(user, target)),
        5 => (0..40usize, 1..90u32).prop_map(|(stream, count)| Event::Send(stream, count)),
        9 => arrive,
        4 => (0..40usize, 0..USERS, 2..40u32).prop_map(|(stream, receiver, drop_every)| {
            Event::Flood { stream, receiver, drop_every }
        }),
        1 => (0..40usize, 0..400u32).prop_map(|(stream, sequence)| Event::Refuse(stream, sequence)),
        2 => (0..GROUPS, 0..USERS).prop_map(|(group, user)| Event::Join(group, user)),
        1 => (0..GROUPS, 0..USERS, 0..3u8).prop_map(|(group, user, standing)| {
            Event::Stand(group, user, standing)
        }),
    ]
}

/// Random histories.
pub(super) fn history() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(), 0..120)
}

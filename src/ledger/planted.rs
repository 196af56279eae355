//! Each outcome planted once by hand, and found under its name.

use super::{
    Arrival, Balance, Claim, Closed, Ending, Findings, Group, Kind, Ledger, Mark, Payload, Seen,
    Sighting, Standing, Stream, Target, User, Way,
};

const ALICE: User = User(0);
const BOB: User = User(1);
const CARL: User = User(2);

/// Three users online; Alice has sent Bob `count` messages, 1 ms apart.
fn sent_to_bob(count: u32) -> (Ledger, Stream) {
    let mut ledger = Ledger::new();
    for user in [ALICE, BOB, CARL] {
        assert_eq!(ledger.add_user(), user);
        ledger.session_began(user);
    }
    let stream = ledger.open(ALICE, Target::User(BOB));
    send(&mut ledger, stream, count);
    (ledger, stream)
}

fn send(ledger: &mut Ledger, stream: Stream, count: u32) {
    for _ in 0..count {
        let sequence = ledger.next_sequence(stream);
        ledger.sent(stream, u64::from(sequence) * 1_000_000);
    }
}

fn mark(stream: Stream, sequence: u32) -> Mark {
    Mark { run: 7, stream: stream.0, sequence, scheduled_ns: 0, late_ns: Some(0) }
}

fn seen(stream: Stream, sequence: u32, receiver: User) -> Seen<'static> {
    let sighting = Sighting::Intact(mark(stream, sequence));
    let (claim, way) = (Claim::Agrees, Way::Live);
    Seen { receiver, sighting, claim, way, at_ns: 5, frame: b"{}" }
}

fn arrive(ledger: &mut Ledger, stream: Stream, sequences: impl IntoIterator<Item = u32>) {
    for sequence in sequences {
        ledger.arrived(&seen(stream, sequence, BOB));
    }
}

fn close(ledger: Ledger) -> (Balance, Findings) {
    let Closed { balance, findings, .. } = ledger.close();
    assert_eq!(balance.entitled, balance.entitled_sum(), "{balance:?}");
    (balance, findings)
}

#[test]
fn all_delivered_leaves_no_finding() {
    let (mut ledger, stream) = sent_to_bob(1000);
    arrive(&mut ledger, stream, 0..1000);
    assert_eq!(ledger.balance().outstanding(), 0);
    let (balance, findings) = close(ledger);
    assert_eq!((balance.delivered_live, findings.iter().count()), (1000, 0));
}

#[test]
fn a_lost_message_is_named_with_its_sender_receiver_number_and_time() {
    let (mut ledger, stream) = sent_to_bob(1000);
    arrive(&mut ledger, stream, (0..1000).filter(|s| ![17, 500, 999].contains(s)));
    let (balance, findings) = close(ledger);
    assert_eq!((balance.lost, balance.delivered_live), (3, 997));
    let examples = &findings.of(Kind::Lost).examples;
    let numbers: Vec<_> = examples.iter().map(|e| (e.from, e.to, e.sequence, e.at_ns)).collect();
    let expected =
        [17, 500, 999].map(|s: u32| (Some(ALICE), Some(BOB), Some(s), u64::from(s) * 1_000_000));
    assert_eq!(numbers, expected);
}

#[test]
fn a_duplicate_of_a_message_long_settled_is_still_a_duplicate() {
    let (mut ledger, stream) = sent_to_bob(1000);
    arrive(&mut ledger, stream, 0..1000);
    assert_eq!(ledger.arrived(&seen(stream, 3, BOB)), Arrival::Duplicated);
    let (balance, findings) = close(ledger);
    assert_eq!((balance.duplicated, balance.delivered_live), (1, 1000));
    assert_eq!(findings.of(Kind::Duplicated).examples[0].sequence, Some(3));
}

#[test]
fn what_another_user_got_instead_is_misdelivered_and_not_lost() {
    let (mut ledger, stream) = sent_to_bob(3);
    arrive(&mut ledger, stream, [0, 2]);
    assert_eq!(ledger.arrived(&seen(stream, 1, CARL)), Arrival::Misdelivered);
    let (balance, findings) = close(ledger);
    assert_eq!((balance.misdelivered, balance.astray, balance.lost), (1, 1, 0));
    assert_eq!(findings.of(Kind::Misdelivered).examples[0].to, Some(CARL));
}

#[test]
fn a_stray_copy_beside_the_right_one_takes_nothing_from_the_receiver() {
    let (mut ledger, stream) = sent_to_bob(1);
    ledger.arrived(&seen(stream, 0, CARL));
    arrive(&mut ledger, stream, [0]);
    let (balance, _) = close(ledger);
    assert_eq!((balance.misdelivered, balance.astray, balance.delivered_live), (1, 0, 1));
}

#[test]
fn a_changed_text_and_a_wrong_sender_are_corrupted() {
    let (mut ledger, stream) = sent_to_bob(2);
    let damaged = Seen { sighting: Sighting::Damaged(mark(stream, 0)), ..seen(stream, 0, BOB) };
    assert_eq!(ledger.arrived(&damaged), Arrival::Corrupted);
    let renamed = Seen { claim: Claim::Contradicts, ..seen(stream, 1, BOB) };
    assert_eq!(ledger.arrived(&renamed), Arrival::Corrupted);
    let (balance, findings) = close(ledger);
    assert_eq!((balance.corrupted, findings.of(Kind::Corrupted).count), (2, 2));
}

#[test]
fn a_mark_beyond_recognition_leaves_its_message_lost() {
    let (mut ledger, stream) = sent_to_bob(1);
    let text = mark(stream, 0).text(&Payload::ascii(0).unwrap());
    let cut = Mark::find(&text[..40], 7);
    assert_eq!(ledger.arrived(&Seen { sighting: cut, ..seen(stream, 0, BOB) }), Arrival::Mangled);
    let (balance, _) = close(ledger);
    assert_eq!((balance.mangled, balance.lost), (1, 1));
}

#[test]
fn messages_that_were_never_sent_are_unexpected() {
    let (mut ledger, stream) = sent_to_bob(1);
    assert_eq!(ledger.arrived(&seen(stream, 1, BOB)), Arrival::Unexpected);
    assert_eq!(ledger.arrived(&seen(Stream(77), 0, BOB)), Arrival::Unexpected);
    let plain = Seen { sighting: Sighting::Unmarked, ..seen(stream, 0, BOB) };
    assert_eq!(ledger.arrived(&plain), Arrival::Unexpected);
    assert_eq!(close(ledger).0.unexpected, 3);
}

#[test]
fn a_message_of_another_run_is_foreign() {
    let (mut ledger, stream) = sent_to_bob(0);
    let foreign = Seen { sighting: Sighting::Foreign { run: 8 }, ..seen(stream, 0, BOB) };
    assert_eq!(ledger.arrived(&foreign), Arrival::Foreign);
    assert_eq!(close(ledger).0.foreign, 1);
}

#[test]
fn an_overtaken_message_is_out_of_order_and_delivered() {
    let (mut ledger, stream) = sent_to_bob(4);
    arrive(&mut ledger, stream, [0, 2, 1, 3]);
    let (balance, _) = close(ledger);
    assert_eq!((balance.out_of_order, balance.delivered_live), (1, 4));
}

#[test]
fn a_new_session_begins_a_new_order() {
    let (mut ledger, stream) = sent_to_bob(4);
    arrive(&mut ledger, stream, [0, 3]);
    ledger.session_ended(BOB, Ending::Finished);
    ledger.session_began(BOB);
    for sequence in [1, 2] {
        ledger.arrived(&Seen { way: Way::Offline, ..seen(stream, sequence, BOB) });
    }
    let (balance, _) = close(ledger);
    assert_eq!((balance.out_of_order, balance.delivered_offline), (0, 2));
}

#[test]
fn an_absent_receiver_leaves_messages_uncollected_unless_later_ones_arrived() {
    let (mut ledger, stream) = sent_to_bob(3);
    arrive(&mut ledger, stream, [0, 2]);
    ledger.session_ended(BOB, Ending::Finished);
    send(&mut ledger, stream, 2);
    let (balance, _) = close(ledger);
    assert_eq!((balance.lost, balance.uncollected), (1, 2));
}

#[test]
fn after_the_drain_leaving_changes_nothing() {
    let (mut ledger, _) = sent_to_bob(2);
    ledger.drained();
    for user in [ALICE, BOB] {
        ledger.session_ended(user, Ending::Reset);
    }
    assert_eq!(close(ledger).0.lost, 2);
}

#[test]
fn a_receiver_that_resets_leaves_doubt_and_a_later_arrival_recovers() {
    let (mut ledger, stream) = sent_to_bob(3);
    arrive(&mut ledger, stream, [0]);
    ledger.session_ended(BOB, Ending::Reset);
    send(&mut ledger, stream, 2);
    ledger.session_began(BOB);
    send(&mut ledger, stream, 1);
    let late = Seen { way: Way::Offline, ..seen(stream, 3, BOB) };
    assert_eq!(ledger.arrived(&late), Arrival::Recovered);
    let (balance, _) = close(ledger);
    // 1, 2: on their way at the reset, and overtaken by 3 since; 4: sent to nobody; 5: sent to the new session.
    assert_eq!((balance.recovered, balance.indeterminate, balance.lost), (1, 3, 1));
}

#[test]
fn a_sender_that_resets_leaves_doubt_about_its_last_messages() {
    let (mut ledger, stream) = sent_to_bob(5);
    arrive(&mut ledger, stream, [0, 2]);
    ledger.session_ended(ALICE, Ending::Reset);
    arrive(&mut ledger, stream, [3]);
    let (balance, _) = close(ledger);
    assert_eq!((balance.lost, balance.recovered, balance.indeterminate), (1, 1, 1));
}

#[test]
fn a_refused_message_is_nobodys_and_its_delivery_unexpected() {
    let (mut ledger, stream) = sent_to_bob(2);
    ledger.refused(stream, 0, 9, b"{\"errno\":1}");
    arrive(&mut ledger, stream, [1]);
    assert_eq!(ledger.arrived(&seen(stream, 0, BOB)), Arrival::Unexpected);
    let (balance, findings) = close(ledger);
    assert_eq!((balance.refused, balance.entitled, balance.delivered_live), (1, 1, 1));
    assert_eq!(findings.of(Kind::Refused).examples[0].frame, b"{\"errno\":1}");
}

#[test]
fn a_group_message_is_owed_to_every_other_member() {
    let (mut ledger, _) = sent_to_bob(0);
    let group = ledger.add_group();
    for user in [ALICE, BOB] {
        ledger.set_standing(group, user, Standing::Must);
    }
    let stream = ledger.open(ALICE, Target::Group(group));
    send(&mut ledger, stream, 1);
    assert_eq!(ledger.arrived(&seen(stream, 0, ALICE)), Arrival::Misdelivered, "an echo");
    assert_eq!(ledger.arrived(&seen(stream, 0, CARL)), Arrival::Misdelivered, "an outsider");
    ledger.set_standing(group, CARL, Standing::May);
    send(&mut ledger, stream, 1);
    assert_eq!(ledger.arrived(&seen(stream, 1, CARL)), Arrival::MayHeard);
    ledger.set_standing(group, CARL, Standing::Must);
    send(&mut ledger, stream, 1);
    arrive(&mut ledger, stream, 0..3);
    let (balance, _) = close(ledger);
    assert_eq!((balance.sent, balance.entitled, balance.may), (3, 4, 1));
    assert_eq!((balance.delivered_live, balance.may_heard, balance.lost), (3, 1, 1));
    assert_eq!(balance.astray, 0, "who missed a stray group message cannot be told");
}

#[test]
fn groups_are_numbered_in_the_order_they_came() {
    let mut ledger = Ledger::new();
    assert_eq!((ledger.add_group(), ledger.add_group()), (Group(0), Group(1)));
}

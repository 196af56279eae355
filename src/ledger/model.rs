//! The ledger against a naive one that keeps every pair for ever, on random histories.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    Arrival, Balance, Claim, Closed, Ending, Group, Kind, Ledger, Mark, Seen, Sighting, Standing,
    Stream, Target, User, Way,
    bug::Bug,
    history::{Event, GROUPS, USERS, history},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Arrived,
    Refused,
}

#[derive(Debug, Clone)]
struct Pair {
    standing: Standing,
    state: State,
    in_doubt: bool,
    astray: bool,
    /// What its first copy was.
    word: Option<(Arrival, Way)>,
    copies: u64,
}

#[derive(Debug)]
struct ModelStream {
    sender: u32,
    target: Target,
    sent: u32,
    open: bool,
}

/// Every pair there ever was, in one map; every question answered by looking through all of it.
#[derive(Debug, Default)]
struct Model {
    session: BTreeMap<u32, u32>,
    present: BTreeSet<u32>,
    doubtful: BTreeSet<u32>,
    members: BTreeMap<(u32, u32), Standing>,
    streams: Vec<ModelStream>,
    pairs: BTreeMap<(usize, u32, u32), Pair>,
    /// (stream, receiver) → highest arrival; with session and way for the order.
    top: BTreeMap<(usize, u32), u32>,
    order: BTreeMap<(usize, u32, u32, bool), u32>,
    balance: Balance,
}

impl Model {
    fn is_overtaken(&self, stream: usize, sequence: u32, receiver: u32) -> bool {
        self.top.get(&(stream, receiver)).is_some_and(|&top| sequence <= top)
    }

    fn doubt(&mut self, concerned: impl Fn(usize, u32) -> bool) {
        let keys: Vec<_> = self.pairs.keys().copied().collect();
        for (stream, sequence, receiver) in keys {
            if concerned(stream, receiver) && !self.is_overtaken(stream, sequence, receiver) {
                self.pairs.get_mut(&(stream, sequence, receiver)).unwrap().in_doubt = true;
            }
        }
    }

    fn begin(&mut self, user: u32) {
        *self.session.entry(user).or_default() += 1;
        self.present.insert(user);
        self.doubtful.remove(&user);
    }

    fn end(&mut self, user: u32, reset: bool) {
        self.present.remove(&user);
        let own: Vec<usize> = (0..self.streams.len())
            .filter(|&s| self.streams[s].sender == user && self.streams[s].open)
            .collect();
        for &stream in &own {
            self.streams[stream].open = false;
        }
        if reset {
            self.doubt(|stream, receiver| own.contains(&stream) || receiver == user);
            self.doubtful.insert(user);
        }
    }

    fn send(&mut self, stream: usize) {
        let ModelStream { sender, target, sent, .. } = self.streams[stream];
        self.streams[stream].sent += 1;
        self.balance.sent += 1;
        let receivers: Vec<(u32, Standing)> = match target {
            Target::User(user) => vec![(user.0, Standing::Must)],
            Target::Group(group) => (0..USERS)
                .filter(|&user| user != sender)
                .filter_map(|user| Some((user, *self.members.get(&(group.0, user))?)))
                .collect(),
        };
        for (receiver, standing) in receivers {
            match standing {
                Standing::Must => self.balance.entitled += 1,
                Standing::May => self.balance.may += 1,
                Standing::MustNot => continue,
            }
            let in_doubt = self.doubtful.contains(&receiver);
            let (state, astray, word, copies) = (State::Open, false, None, 0);
            let pair = Pair { standing, state, in_doubt, astray, word, copies };
            self.pairs.insert((stream, sent, receiver), pair);
        }
    }

    /// Whoever asks to join may hear what nobody is known to have got.
    fn join(&mut self, group: u32, user: u32) {
        if self.members.insert((group, user), Standing::May).is_some() {
            return;
        }
        for (index, stream) in self.streams.iter().enumerate() {
            if stream.target != Target::Group(Group(group)) || stream.sender == user {
                continue;
            }
            let tops = self.top.iter().filter(|((of, _), _)| *of == index);
            let heard = tops.map(|(_, &top)| top + 1).max().unwrap_or_default();
            for sequence in heard..stream.sent {
                let in_doubt = self.doubtful.contains(&user);
                let (standing, state) = (Standing::May, State::Open);
                let (astray, word, copies) = (false, None, 0);
                let pair = Pair { standing, state, in_doubt, astray, word, copies };
                self.pairs.insert((index, sequence, user), pair);
                self.balance.may += 1;
            }
        }
    }

    fn arrive(&mut self, seen: &Seen<'_>) -> Arrival {
        let balance = &mut self.balance;
        let (mark, intact) = match seen.sighting {
            Sighting::Intact(mark) => (mark, seen.claim == Claim::Agrees),
            Sighting::Damaged(mark) => (mark, false),
            unmarked => {
                let (count, word) = match unmarked {
                    Sighting::Mangled => (&mut balance.mangled, Arrival::Mangled),
                    Sighting::Strayed => (&mut balance.misdelivered, Arrival::Misdelivered),
                    Sighting::Foreign { .. } => (&mut balance.foreign, Arrival::Foreign),
                    _ => (&mut balance.unexpected, Arrival::Unexpected),
                };
                *count += 1;
                return word;
            }
        };
        let (stream, sequence, receiver) = (mark.stream as usize, mark.sequence, seen.receiver.0);
        if self.streams.get(stream).is_none_or(|s| sequence >= s.sent) {
            balance.unexpected += 1;
            return Arrival::Unexpected;
        }
        let Some(pair) = self.pairs.get_mut(&(stream, sequence, receiver)) else {
            balance.misdelivered += 1;
            for ((s, q, _), pair) in &mut self.pairs {
                if (*s, *q) == (stream, sequence)
                    && matches!(self.streams[stream].target, Target::User(_))
                {
                    pair.astray = true;
                }
            }
            return Arrival::Misdelivered;
        };
        match pair.state {
            State::Arrived => {
                pair.copies += 1;
                balance.duplicated += 1;
                return Arrival::Duplicated;
            }
            State::Refused => {
                balance.unexpected += 1;
                return Arrival::Unexpected;
            }
            State::Open => pair.state = State::Arrived,
        }
        let session = self.session.get(&receiver).copied().unwrap_or_default();
        let highest = self
            .order
            .entry((stream, receiver, session, seen.way == Way::Live))
            .or_insert(sequence);
        if sequence < *highest {
            balance.out_of_order += 1;
        }
        *highest = sequence.max(*highest);
        let top = self.top.entry((stream, receiver)).or_insert(sequence);
        *top = sequence.max(*top);
        let word = match (pair.standing, intact, pair.in_doubt, seen.way) {
            (Standing::Must, false, ..) => {
                balance.corrupted += 1;
                Arrival::Corrupted
            }
            (_, false, ..) => {
                balance.mangled += 1;
                Arrival::Mangled
            }
            (Standing::May, ..) => {
                balance.may_heard += 1;
                Arrival::MayHeard
            }
            (_, _, true, _) => {
                balance.recovered += 1;
                Arrival::Recovered
            }
            (_, _, _, Way::Live) => {
                balance.delivered_live += 1;
                Arrival::Delivered
            }
            (_, _, _, Way::Offline) => {
                balance.delivered_offline += 1;
                Arrival::Delivered
            }
        };
        pair.word = Some((word, seen.way));
        word
    }

    fn refuse(&mut self, stream: usize, sequence: u32) {
        self.balance.refused += 1;
        for ((s, q, _), pair) in &mut self.pairs {
            if (*s, *q) != (stream, sequence) || pair.state != State::Open {
                continue;
            }
            pair.state = State::Refused;
            match pair.standing {
                Standing::Must => self.balance.entitled -= 1,
                _ => self.balance.may -= 1,
            }
        }
    }

    /// The whole, and what is between nodes, which is found by looking at each pair.
    fn close(mut self) -> (Balance, Balance) {
        let mut across = Balance::default();
        for (&(stream, sequence, receiver), pair) in &self.pairs {
            let crosses = node(self.streams[stream].sender) != node(receiver);
            if crosses {
                across.duplicated += pair.copies;
            }
            if pair.standing != Standing::Must || pair.state == State::Refused {
                continue;
            }
            across.entitled += u64::from(crosses);
            let overtaken = self.is_overtaken(stream, sequence, receiver);
            let absent = !self.present.contains(&receiver);
            let fate = |balance: &mut Balance| match (pair.word, pair.astray, pair.in_doubt) {
                (Some((Arrival::Recovered, _)), ..) => balance.recovered += 1,
                (Some((Arrival::Corrupted, _)), ..) => balance.corrupted += 1,
                (Some((_, Way::Live)), ..) => balance.delivered_live += 1,
                (Some((_, Way::Offline)), ..) => balance.delivered_offline += 1,
                (None, true, _) => balance.astray += 1,
                (None, _, true) => balance.indeterminate += 1,
                (None, ..) if absent && !overtaken => balance.uncollected += 1,
                (None, ..) => balance.lost += 1,
            };
            if crosses {
                fate(&mut across);
            }
            if pair.word.is_none() {
                fate(&mut self.balance);
            }
        }
        (self.balance, across)
    }
}

/// The node on which a user is.
fn node(user: u32) -> u32 {
    user % 2
}

/// Both ledgers, fed with the same history.
struct Twins {
    ledger: Ledger,
    model: Model,
    arrivals: u64,
}

impl Twins {
    fn new() -> Self {
        let mut ledger = Ledger::new();
        for user in 0..USERS {
            ledger.add_user_on(node(user));
        }
        for _ in 0..GROUPS {
            ledger.add_group();
        }
        let mut twins = Self { ledger, model: Model::default(), arrivals: 0 };
        for user in 0..USERS - 1 {
            twins.stand(0, user, Standing::Must);
        }
        twins
    }

    fn stand(&mut self, group: u32, user: u32, standing: Standing) {
        self.ledger.set_standing(Group(group), User(user), standing);
        self.model.members.insert((group, user), standing);
    }

    fn arrive(&mut self, seen: &Seen<'_>) -> Result<(), TestCaseError> {
        if self.model.present.contains(&seen.receiver.0) {
            self.arrivals += 1;
            prop_assert_eq!(self.ledger.arrived(seen), self.model.arrive(seen), "{:?}", seen);
        }
        Ok(())
    }

    fn happens(&mut self, event: &Event) -> Result<(), TestCaseError> {
        let streams = self.model.streams.len();
        let nothing = streams == 0;
        match *event {
            Event::Begin(user) if !self.model.present.contains(&user) => {
                self.ledger.session_began(User(user));
                self.model.begin(user);
            }
            Event::End(user, reset) if self.model.present.contains(&user) => {
                let ending = if reset { Ending::Reset } else { Ending::Finished };
                self.ledger.session_ended(User(user), ending);
                self.model.end(user, reset);
            }
            Event::Open(user, target) if self.model.present.contains(&user) => {
                let target = match target.checked_sub(USERS) {
                    None => Target::User(User(target)),
                    Some(group) => Target::Group(Group(group)),
                };
                prop_assert_eq!(self.ledger.open(User(user), target), Stream(streams as u32));
                self.model.streams.push(ModelStream { sender: user, target, sent: 0, open: true });
            }
            Event::Send(stream, count) if !nothing && self.model.streams[stream % streams].open => {
                let stream = stream % streams;
                for _ in 0..count {
                    self.ledger.sent(Stream(stream as u32), 0);
                    self.model.send(stream);
                }
            }
            Event::Arrive { stream, sequence, receiver, strayed, offline, kind } if !nothing => {
                let stream = stream % streams;
                let sequence = sequence % (self.model.streams[stream].sent + 2);
                let mark = mark(stream as u32, sequence);
                let sighting = match kind {
                    0 => Sighting::Mangled,
                    1 => Sighting::Foreign { run: 9 },
                    2 => Sighting::Unmarked,
                    3 => Sighting::Damaged(mark),
                    _ => Sighting::Intact(mark),
                };
                let claim = if kind == 4 { Claim::Contradicts } else { Claim::Agrees };
                let receiver = match self.model.streams[stream].target {
                    Target::User(user) if !strayed => user,
                    _ => User(receiver),
                };
                let way = if offline { Way::Offline } else { Way::Live };
                self.arrive(&Seen { receiver, sighting, claim, way, at_ns: 0, frame: b"" })?;
            }
            Event::Flood { stream, receiver, drop_every } if !nothing => {
                let stream = stream % streams;
                for sequence in (0..self.model.streams[stream].sent).filter(|s| s % drop_every != 0)
                {
                    let sighting = Sighting::Intact(mark(stream as u32, sequence));
                    let (claim, way) = (Claim::Agrees, Way::Live);
                    let receiver = match self.model.streams[stream].target {
                        Target::User(user) => user,
                        Target::Group(_) => User(receiver),
                    };
                    self.arrive(&Seen { receiver, sighting, claim, way, at_ns: 0, frame: b"" })?;
                }
            }
            Event::Refuse(stream, sequence) if !nothing => {
                let stream = stream % streams;
                let sent = self.model.streams[stream].sent;
                if sent > 0 {
                    self.ledger.refused(Stream(stream as u32), sequence % sent, 0, b"");
                    self.model.refuse(stream, sequence % sent);
                }
            }
            Event::Join(group, user) => {
                self.ledger.asked_to_join(Group(group), User(user));
                self.model.join(group, user);
            }
            Event::Stand(group, user, standing) => {
                let all = [Standing::Must, Standing::May, Standing::MustNot];
                self.stand(group, user, all[usize::from(standing)]);
            }
            _ => {}
        }
        Ok(())
    }
}

fn mark(stream: u32, sequence: u32) -> Mark {
    Mark { run: 1, stream, sequence, scheduled_ns: 0, late_ns: None }
}

/// Whether a ledger, with a mistake planted in it or none, agrees with the model about a history.
pub(super) fn agree(history: &[Event], bug: Option<Bug>) -> Result<(), TestCaseError> {
    let mut twins = Twins::new();
    twins.ledger.bug = bug;
    for user in 0..USERS {
        twins.happens(&Event::Begin(user))?;
    }
    for event in history {
        twins.happens(event)?;
        prop_assert_eq!(twins.ledger.balance(), &twins.model.balance, "after {:?}", event);
    }
    let Closed { balance, across, findings } = twins.ledger.close();
    prop_assert_eq!((balance, across), twins.model.close());
    prop_assert_eq!(across.entitled, across.entitled_sum());
    prop_assert_eq!(balance.entitled, balance.entitled_sum());
    prop_assert_eq!(balance.arrivals(), twins.arrivals);
    prop_assert_eq!(findings.of(Kind::Lost).count, balance.lost);
    prop_assert_eq!(findings.of(Kind::Corrupted).count, balance.corrupted + balance.mangled);
    prop_assert!(findings.iter().all(|(_, found)| found.examples.len() <= 5));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_agrees_with_one_that_forgets_nothing(history in history()) {
        agree(&history, None)?;
    }
}

//! Lanes: whom each user writes to, on which connection.

use super::{
    Workload,
    engine::Engine,
    mix::Action,
    users::{Aim, Lane, Membership, Reach, Talk},
};
use crate::{
    ledger::{Stream, Target, User},
    wire::{ChatTemplate, UserId, dialect::Kind},
};

impl Engine {
    /// Finds somebody to write to for everybody in session.
    pub(super) fn find_partners(&mut self) {
        let mut present = self.users_where(|_, user| user.in_session);
        if self.input.plan.workload == Workload::ChatPairs {
            self.random.shuffle(&mut present);
        }
        let (chats, group_chats) = (self.deck.has(Action::Chat), self.deck.has(Action::GroupChat));
        for (at, &index) in present.iter().enumerate() {
            let chat = chats.then(|| self.chat_partner(&present, at)).flatten();
            let group_chat = group_chats.then(|| self.own_group(&present, index)).flatten();
            self.users[index as usize].aims = chat.into_iter().chain(group_chat).collect();
        }
    }

    /// A lane for everybody in session.
    pub(super) fn open_lanes(&mut self) {
        for index in self.users_where(|_, user| user.in_session) {
            self.open_lane(index);
        }
    }

    /// Whom the user at this place among those present chats with.
    fn chat_partner(&self, present: &[u32], at: usize) -> Option<Aim> {
        let next = match self.input.plan.workload {
            Workload::ChatPairs => present.get(at ^ 1).unwrap_or(&present[0]),
            // The one whom all write to writes to the next.
            Workload::HotReceiver if at > 0 => &present[0],
            _ => &present[(at + 1) % present.len()],
        };
        let id = self.users[*next as usize].id.filter(|_| *next != present[at])?;
        Some(Aim { kind: Kind::Chat, target: Target::User(User(*next)), id, receivers: 1 })
    }

    /// The group that a user writes to.
    fn own_group(&self, present: &[u32], index: u32) -> Option<Aim> {
        let user = &self.users[index as usize];
        let proven = |other: &&u32| {
            let other = &self.users[**other as usize];
            other.group == user.group && other.membership == Membership::Proven
        };
        let others = present.iter().filter(|other| **other != index).filter(proven);
        let receivers = others.count() as u32;
        let group =
            self.group_of(user).filter(|_| user.membership != Membership::None && receivers > 0)?;
        let target = Target::Group(group.ledger);
        Some(Aim { kind: Kind::GroupChat, target, id: group.id?, receivers })
    }

    /// A lane on the user's present connection.
    fn open_lane(&mut self, index: u32) {
        let user = &self.users[index as usize];
        let time = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
        let id = UserId(user.id.unwrap_or_default());
        let dialect = &self.input.dialect;
        let mut lane = Lane::default();
        for aim in user.aims.clone() {
            let user = &self.users[index as usize];
            let template =
                ChatTemplate::new(dialect, aim.kind, id, &user.name, &time, &user.carried);
            if let Some(template) = template {
                let stream = self.ledger.open(User(index), aim.target);
                self.senders.push(index);
                lane.talks.push(Talk::new(stream, template, aim));
            }
        }
        // Who has nobody to write to may still ask for something.
        self.users[index as usize].lane = Some(lane);
    }

    /// A user who came back goes on sending.
    pub(super) fn resume(&mut self, index: u32) {
        let user = &self.users[index as usize];
        if !self.sending || !user.in_session || user.lane.is_some() {
            return;
        }
        self.open_lane(index);
        if self.input.plan.pace.interval().is_none() {
            self.send_at_once(index);
        }
    }

    /// A group has one more member, whom each of the others' messages must reach from now on.
    pub(super) fn one_more_hears(&mut self, group: usize, newcomer: u32) {
        let target = Target::Group(self.groups[group].ledger);
        for (index, user) in self.users.iter_mut().enumerate() {
            if user.group != Some(group) || index == newcomer as usize {
                continue;
            }
            for aim in user.aims.iter_mut().filter(|aim| aim.target == target) {
                aim.receivers += 1;
            }
            let talks = user.lane.iter_mut().flat_map(|lane| lane.talks.iter_mut());
            for talk in talks.filter(|talk| talk.kind == Kind::GroupChat) {
                talk.receivers += 1;
            }
        }
    }
}

impl Talk {
    pub(super) fn new(stream: Stream, template: ChatTemplate, aim: Aim) -> Self {
        Self {
            kind: aim.kind,
            stream,
            template,
            target: aim.id,
            receivers: aim.receivers,
            reached: std::collections::VecDeque::new(),
            reached_from: 0,
        }
    }

    /// A group message has reached one more of its receivers; nothing when that is no longer followed.
    pub(super) fn reached_by_one_more(
        &mut self,
        sequence: u32,
        response_ns: Option<u64>,
    ) -> Option<Reach> {
        let at = sequence.checked_sub(self.reached_from)? as usize;
        let reach = self.reached.get_mut(at)?;
        reach.count += 1;
        if reach.count == 1 {
            reach.first_ns = response_ns;
        }
        let reach = *reach;
        while self.reached.front().is_some_and(|oldest| oldest.count >= oldest.of) {
            self.reached.pop_front();
            self.reached_from += 1;
        }
        Some(reach)
    }
}

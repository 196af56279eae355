//! Lanes: whom each user writes to, on which connection.

use std::collections::VecDeque;

use super::{
    Workload,
    engine::Engine,
    users::{Aim, Hold, Lane, Membership},
};
use crate::{
    ledger::{Target, User},
    wire::{ChatTemplate, UserId},
};

impl Engine {
    /// Gives everybody in session somebody to write to.
    pub(super) fn open_lanes(&mut self) {
        let mut present = self.users_where(|_, user| user.in_session);
        if self.input.plan.workload == Workload::ChatPairs {
            self.random.shuffle(&mut present);
        }
        for (at, &index) in present.iter().enumerate() {
            let user = &self.users[index as usize];
            let aim = match self.input.plan.workload {
                Workload::ChatRing | Workload::ChatPairs | Workload::HotReceiver => {
                    let next = match self.input.plan.workload {
                        Workload::ChatPairs => present.get(at ^ 1).unwrap_or(&present[0]),
                        // The one whom all write to writes to the next.
                        Workload::HotReceiver if at > 0 => &present[0],
                        _ => &present[(at + 1) % present.len()],
                    };
                    let next = *next;
                    let id = self.users[next as usize].id.filter(|_| next != index);
                    let target = Target::User(User(next));
                    id.map(|id| Aim { target, id, receivers: 1 })
                }
                Workload::Groups { .. } => {
                    let mine = user.group;
                    let proven = |other: &&u32| {
                        let other = &self.users[**other as usize];
                        other.group == mine && other.membership == Membership::Proven
                    };
                    let others = present.iter().filter(|other| **other != index).filter(proven);
                    let receivers = others.count() as u32;
                    self.group_of(user)
                        .filter(|_| user.membership != Membership::None && receivers > 0)
                        .and_then(|group| {
                            let target = Target::Group(group.ledger);
                            Some(Aim { target, id: group.id?, receivers })
                        })
                }
            };
            self.users[index as usize].aim = aim;
            self.open_lane(index);
        }
    }

    /// A lane on the user's present connection.
    fn open_lane(&mut self, index: u32) {
        let user = &self.users[index as usize];
        let time = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
        let id = UserId(user.id.unwrap_or_default());
        let dialect = &self.input.dialect;
        let (kind, carried) = (self.chat_kind(), &user.carried);
        let template = ChatTemplate::new(dialect, kind, id, &user.name, &time, carried);
        if let (Some(aim), Some(template)) = (user.aim, template) {
            let stream = self.ledger.open(User(index), aim.target);
            self.senders.push(index);
            self.users[index as usize].lane =
                Some(Lane::new(stream, template, aim.id, aim.receivers));
        }
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
}

impl Lane {
    pub(super) fn new(
        stream: crate::ledger::Stream,
        template: ChatTemplate,
        target: i64,
        receivers: u32,
    ) -> Self {
        Self {
            stream,
            template,
            target,
            receivers,
            backlog: VecDeque::new(),
            hold: Hold::Unread,
            queued: false,
            missing: 0,
            written_ns: 0,
            unanswered: VecDeque::new(),
            reached: VecDeque::new(),
            reached_from: 0,
        }
    }

    /// How many receivers a group message has reached now; 0 when that is no longer followed.
    pub(super) fn reached_by_one_more(&mut self, sequence: u32) -> u32 {
        let at = sequence.checked_sub(self.reached_from).map(|at| at as usize);
        let Some(count) = at.and_then(|at| self.reached.get_mut(at)) else { return 0 };
        *count += 1;
        let rank = *count;
        while self.reached.front() == Some(&self.receivers) {
            self.reached.pop_front();
            self.reached_from += 1;
        }
        rank
    }
}

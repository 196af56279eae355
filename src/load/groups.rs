//! Forming groups: created by their first member, joined by the others, proven by an acknowledgement or a login list.

use std::io;

use super::{
    Phase,
    engine::Engine,
    users::{Errand, Membership, VirtualUser},
};
use crate::{
    ledger::Group,
    wire::{LoginReply, dialect::Kind},
};

/// A group that users of this stage form.
#[derive(Debug, Clone)]
pub(super) struct ChatGroup {
    pub(super) ledger: Group,
    pub(super) name: String,
    /// The server's id, once it is known.
    pub(super) id: Option<i64>,
    /// The user who makes it.
    creator: u32,
}

/// A login list shows what the server did not say: leave, come back, and look.
const COME_BACK: &[Errand] = &[Errand::Leave, Errand::Connect, Errand::Login];

impl Engine {
    /// Forms groups of `size`. The last may be smaller, or larger by one: nobody is left alone.
    pub(super) fn form_groups(&mut self, size: usize) -> io::Result<()> {
        let count = self.users.len() / size + usize::from(self.users.len() % size > 1);
        for index in 0..count {
            let ledger = self.ledger.add_group();
            let number = self.seat.first_user + index;
            let name = self.input.names.name(number).replacen('_', "g", 1);
            self.groups.push(ChatGroup { ledger, name, id: None, creator: (index * size) as u32 });
        }
        for (index, user) in self.users.iter_mut().enumerate() {
            user.group = Some((index / size).min(count - 1));
        }
        let creators = self.users_where(|index, user| user.in_session && self.is_creator(index));
        self.errand_phase(Phase::Grouping, &creators, &[Errand::CreateGroup])?;
        if !self.input.dialect.tells_group_id() {
            self.errand_phase(Phase::Grouping, &creators, COME_BACK)?;
        }
        let joiners = self.users_where(|index, user| {
            user.in_session
                && !self.is_creator(index)
                && self.group_of(user).is_some_and(|g| g.id.is_some())
        });
        self.errand_phase(Phase::Grouping, &joiners, &[Errand::JoinGroup])?;
        if self.input.dialect.ack(Kind::JoinGroup).is_none() && self.input.dialect.lists_groups() {
            self.errand_phase(Phase::Grouping, &joiners, COME_BACK)?;
        }
        Ok(())
    }

    /// The group a user belongs to.
    pub(super) fn group_of(&self, user: &VirtualUser) -> Option<&ChatGroup> {
        self.groups.get(user.group?)
    }

    fn is_creator(&self, index: u32) -> bool {
        self.group_of(&self.users[index as usize]).is_some_and(|group| group.creator == index)
    }

    /// The server granted a group, and perhaps told its id; its maker is a member.
    pub(super) fn group_created(&mut self, index: u32, id: Option<i64>) {
        if let Some(group) = self.users[index as usize].group
            && id.is_some()
        {
            self.groups[group].id = id;
            self.set_membership(index, Membership::Proven);
        }
    }

    /// What a login list proves about the user's own group, and about those that it asked to join.
    pub(super) fn listed_groups(&mut self, index: u32, reply: &LoginReply) {
        let Some(group) = self.users[index as usize].group else { return };
        if let Some(listed) = reply.group_named(&self.groups[group].name) {
            self.groups[group].id = Some(listed.group.0);
            self.set_membership(index, Membership::Proven);
        }
        for (group, _) in self.users[index as usize].joined.clone() {
            if reply.group_named(&self.groups[group].name).is_some() {
                self.stands_in(index, group, Membership::Proven);
            }
        }
    }
}

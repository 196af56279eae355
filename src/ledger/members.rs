//! Who is in which group, and who asks to be.

use super::{
    Group, Ledger, User,
    parties::Windows,
    window::{Standing, Window},
};

impl Ledger {
    /// A user's standing in a group, from the next message on.
    pub fn set_standing(&mut self, group: Group, user: User, standing: Standing) {
        let book = &mut self.groups[group.0 as usize];
        let known = self.users[user.0 as usize].groups.iter().find(|(of, _)| *of == group);
        let position = if let Some(&(_, position)) = known {
            book.members[position as usize].1 = standing;
            position
        } else {
            let position = book.members.len() as u32;
            book.members.push((user, standing));
            self.users[user.0 as usize].groups.push((group, position));
            position
        };
        let node = self.users[user.0 as usize].node;
        for stream in &book.streams {
            let stream = &mut self.streams[stream.0 as usize];
            let Windows::Many(windows) = &mut stream.windows else { continue };
            if stream.sender == user {
                if windows.len() == position as usize {
                    windows.push(Window::new(Standing::MustNot));
                }
                continue;
            }
            let before = if let Some(window) = windows.get_mut(position as usize) {
                let before = window.standing(stream.sent);
                window.stand(stream.sent, standing);
                before
            } else {
                let presence = self.users[user.0 as usize].presence;
                windows.push(presence.meets(Window::joined(stream.sent, standing)));
                Standing::MustNot
            };
            let (was, is) = (before == Standing::Must, standing == Standing::Must);
            stream.must = stream.must - u32::from(was) + u32::from(is);
            if self.users[stream.sender.0 as usize].node != node {
                stream.must_across = stream.must_across - u32::from(was) + u32::from(is);
            }
            stream.may = stream.may - u32::from(before == Standing::May)
                + u32::from(standing == Standing::May);
        }
    }

    /// An outsider has asked to join a group, and nothing tells yet when the server comes to it: from now on they may hear
    /// what is said there. So they may of what is on its way: whatever comes after the last message that somebody is known
    /// to have got, for a server handles what one member says in the order in which it was said.
    pub fn asked_to_join(&mut self, group: Group, user: User) {
        let book = &mut self.groups[group.0 as usize];
        if self.users[user.0 as usize].groups.iter().any(|(of, _)| *of == group) {
            return self.set_standing(group, user, Standing::May);
        }
        book.members.push((user, Standing::May));
        self.users[user.0 as usize].groups.push((group, book.members.len() as u32 - 1));
        let presence = self.users[user.0 as usize].presence;
        for stream in &book.streams {
            let stream = &mut self.streams[stream.0 as usize];
            let Windows::Many(windows) = &mut stream.windows else { continue };
            if stream.sender == user {
                windows.push(Window::new(Standing::MustNot));
                continue;
            }
            let heard = windows.iter().map(Window::top).max().unwrap_or_default();
            #[cfg(test)]
            let heard =
                if self.bug == Some(super::bug::Bug::JoinsLate) { stream.sent } else { heard };
            windows.push(presence.meets(Window::joined(heard, Standing::May)));
            self.balance.may += u64::from(stream.sent - heard);
            stream.may += 1;
        }
    }
}

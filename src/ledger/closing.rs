//! The end of a ledger: what never arrived is told apart.

use super::{
    Balance, Example, Findings, Group, Kind, Ledger, Standing, Target, User,
    parties::{Presence, Windows},
    window::Window,
};

impl Ledger {
    /// Closes the books: every pair that was never settled gets its word.
    pub fn close(mut self) -> (Balance, Findings) {
        for stream in &self.streams {
            let mut settle = |receiver: User, window: &Window| {
                let absent = self.users[receiver.0 as usize].presence != Presence::Present;
                for sequence in window.unsettled(stream.sent) {
                    if window.standing(sequence) != Standing::Must {
                        continue;
                    }
                    #[cfg(test)]
                    if self.bug == Some(super::bug::Bug::ForgetsTheLast)
                        && sequence + 1 == stream.sent
                    {
                        self.balance.delivered_live += 1;
                        continue;
                    }
                    let kind = fate(window, sequence, absent);
                    let count = match kind {
                        None => &mut self.balance.astray,
                        Some(Kind::Indeterminate) => &mut self.balance.indeterminate,
                        Some(Kind::Uncollected) => &mut self.balance.uncollected,
                        Some(_) => &mut self.balance.lost,
                    };
                    *count += 1;
                    let Some(kind) = kind else { continue };
                    self.findings.add(kind, || Example {
                        from: Some(stream.sender),
                        to: Some(receiver),
                        sequence: Some(sequence),
                        at_ns: stream.about_ns(sequence),
                        frame: Vec::new(),
                    });
                }
            };
            match (&stream.windows, stream.target) {
                (Windows::One(window), Target::User(receiver)) => settle(receiver, window),
                (Windows::Many(windows), Target::Group(Group(group))) => {
                    let members = &self.groups[group as usize].members;
                    for (window, &(receiver, _)) in windows.iter().zip(members) {
                        settle(receiver, window);
                    }
                }
                _ => {}
            }
        }
        debug_assert_eq!(self.balance.entitled, self.balance.entitled_sum(), "{:?}", self.balance);
        (self.balance, self.findings)
    }
}

/// What became of a message that never arrived; `None` when it went astray, which was found when it did.
fn fate(window: &Window, sequence: u32, absent: bool) -> Option<Kind> {
    if window.is_astray(sequence) {
        None
    } else if window.in_doubt(sequence) {
        Some(Kind::Indeterminate)
    } else if absent && !window.is_overtaken(sequence) {
        Some(Kind::Uncollected)
    } else {
        Some(Kind::Lost)
    }
}

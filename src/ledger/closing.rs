//! The end of a ledger: what never arrived is told apart.

use super::{
    Balance, Example, Findings, Group, Kind, Ledger, Standing, Target, User,
    parties::{Presence, Windows},
    window::Window,
};

/// What a closed ledger says.
#[derive(Debug)]
pub struct Closed {
    /// All numbers.
    pub balance: Balance,
    /// Of them those of pairs whose sender and receiver are on different nodes: entitled pairs with their fates, and their
    /// second copies. What is no pair's (`sent`, `misdelivered`, …), or only allowed, is in the whole alone.
    pub across: Balance,
    /// What was wrong.
    pub findings: Findings,
}

impl Ledger {
    /// Closes the books: every pair that was never settled gets its word.
    pub fn close(mut self) -> Closed {
        let (mut balance, mut across) = (self.balance, self.across);
        let mut findings = std::mem::take(&mut self.findings);
        for stream in &self.streams {
            let mut settle = |receiver: User, window: &Window| {
                let crosses = self.crosses(stream.sender, receiver);
                let absent = self.users[receiver.0 as usize].presence != Presence::Present;
                for sequence in window.unsettled(stream.sent) {
                    if window.standing(sequence) != Standing::Must {
                        continue;
                    }
                    #[cfg(test)]
                    if self.bug == Some(super::bug::Bug::ForgetsTheLast)
                        && sequence + 1 == stream.sent
                    {
                        balance.delivered_live += 1;
                        across.delivered_live += u64::from(crosses);
                        continue;
                    }
                    let kind = fate(window, sequence, absent);
                    *count_of(kind, &mut balance) += 1;
                    *count_of(kind, &mut across) += u64::from(crosses);
                    let Some(kind) = kind else { continue };
                    findings.add(kind, || Example {
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
        for closed in [&balance, &across] {
            debug_assert_eq!(closed.entitled, closed.entitled_sum(), "{closed:?}");
        }
        Closed { balance, across, findings }
    }
}

/// Where a fate is counted.
fn count_of(kind: Option<Kind>, balance: &mut Balance) -> &mut u64 {
    match kind {
        None => &mut balance.astray,
        Some(Kind::Indeterminate) => &mut balance.indeterminate,
        Some(Kind::Uncollected) => &mut balance.uncollected,
        Some(_) => &mut balance.lost,
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

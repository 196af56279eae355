//! The end of a stage: what is outstanding is waited for, then everybody leaves.

use std::{io, time::Duration};

use super::{
    Arrivals, Phase,
    early::Early,
    engine::{CATCH_UP, Engine},
    users::{Errand, Step, VirtualUser},
};
use crate::ledger::Ending;

/// After the server's death, what is still in the sockets is read for so long at most.
const AFTER_DEATH: Duration = Duration::from_millis(500);
/// A turn that takes longer was not awake.
const AWAY: Duration = Duration::from_millis(100);
/// The longest that leaving takes.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);

impl Engine {
    /// Waits for what is outstanding.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        let drain = self.input.plan.drain;
        let begin = self.now();
        let catch_up = begin + CATCH_UP.as_nanos() as u64;
        self.phase = Phase::Draining;
        if self.early.is_none() {
            // Whoever left on purpose comes back.
            self.errand_phase(Phase::Draining, &[], &[])?;
            // Whoever lost the connection logs in once more and collects.
            let absent = self.users_where(|_, user| user.was_in_session && !user.in_session);
            self.errand_phase(Phase::Draining, &absent, &[Errand::Connect, Errand::Login])?;
        }
        if self.early.is_some() {
            self.forget_errands();
        }
        let (mut seen, mut progressed, mut looked) = (u64::MAX, begin, begin);
        loop {
            let (least, quiet) = match self.early {
                None => (drain.least, drain.quiet),
                Some(Early::Death(_)) => (AFTER_DEATH, Duration::ZERO),
                Some(Early::Cancelled | Early::Broken) => {
                    (Duration::ZERO, drain.quiet.min(AFTER_DEATH))
                }
            };
            let now = self.now();
            if now >= catch_up || self.early.is_some() {
                self.give_up_backlogs();
            }
            let done = self.ledger.balance().arrivals() + self.ledger.balance().sent;
            // While the generator itself was away it heard nothing: that is no silence of the server.
            if done != seen || now - looked > AWAY.as_nanos() as u64 {
                (seen, progressed) = (done, now);
            }
            looked = now;
            let dead = matches!(self.early, Some(Early::Death(_)));
            if dead && self.users.iter().all(VirtualUser::is_gone) {
                break;
            }
            let waited = Duration::from_nanos(now - begin);
            let silent = Duration::from_nanos(now - progressed);
            let all_here = self.ledger.balance().outstanding() == 0 && self.backlogged == 0;
            if waited >= least && (all_here || silent >= quiet) {
                break;
            }
            self.turn(false)?;
        }
        self.give_up_backlogs();
        Ok(())
    }

    /// Everybody leaves; what still arrives is entered.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        self.ledger.drained();
        if matches!(self.early, Some(Early::Death(_))) {
            for index in 0..self.users.len() {
                self.disconnect(index as u32, Ending::Reset);
            }
            return Ok(());
        }
        self.input.plan.patience = self.input.plan.patience.min(LEAVE_PATIENCE);
        // A stage that was ended early is in a hurry.
        if self.early.take().is_some() {
            self.input.plan.departures = Some(Arrivals::Storm);
            self.input.plan.patience = AFTER_DEATH;
        }
        let connected =
            self.users_where(|_, user| user.connection.is_some() && user.step == Step::Idle);
        self.errand_phase(Phase::Leaving, &connected, self.input.plan.leave.errands())
    }
}

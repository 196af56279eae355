//! Churn: users who leave while the others send, stay away, come back, and collect what they missed.

use std::{fmt, time::Duration};

use super::{
    Arrivals, PlanError,
    engine::Engine,
    schedule::Stagger,
    users::{Errand, Step},
};
use crate::units::format_duration;

/// Users who leave and come back while the others send. At most half of them are away at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Churn {
    /// Departures of all users together, each second.
    pub per_second: f64,
    /// From having left to coming back.
    pub away: Duration,
    /// How they leave.
    pub leave: Leave,
}

/// How a user leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Leave {
    /// It says that it has finished (FIN) and reads to the end: what was sent and received is known.
    #[default]
    Finish,
    /// It logs out first, then as [`Leave::Finish`].
    Logout,
    /// It resets the connection (RST), as a client does that is killed: what was on its way is in doubt.
    Reset,
}

impl Churn {
    pub(super) fn check(self, duration: Duration) -> Result<(), PlanError> {
        let Self { per_second, away, .. } = self;
        if !(per_second > 0.0 && per_second.is_finite()) {
            return Err(PlanError::NoChurn { per_second });
        }
        if away >= duration {
            return Err(PlanError::AwayTooLong { away, duration });
        }
        Ok(())
    }
}

impl Leave {
    /// What a user does who leaves for good.
    pub(super) fn errands(self) -> &'static [Errand] {
        match self {
            Self::Finish => &[Errand::Leave],
            Self::Logout => &[Errand::Logout, Errand::Leave],
            Self::Reset => &[Errand::Reset],
        }
    }

    /// What a user does who comes back.
    fn excursion(self) -> &'static [Errand] {
        use Errand::{Connect, Leave, Login, Logout, Reset, StayAway};
        match self {
            Self::Finish => &[Leave, StayAway, Connect, Login],
            Self::Logout => &[Logout, Leave, StayAway, Connect, Login],
            Self::Reset => &[Reset, StayAway, Connect, Login],
        }
    }
}

impl fmt::Display for Churn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, away, leave } = self;
        write!(f, "{per_second}/s leave by {leave} for {}", format_duration(*away))
    }
}

impl fmt::Display for Leave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Finish => "FIN",
            Self::Logout => "logout",
            Self::Reset => "RST",
        })
    }
}

/// Who leaves when.
#[derive(Debug)]
pub(super) struct Departures {
    times: Stagger,
    random: fastrand::Rng,
    churn: Churn,
}

/// Users looked at for one departure; when all of them are busy nobody leaves.
const LOOKED_AT: usize = 16;

impl Departures {
    /// Departures from `start_ns` on.
    pub(super) fn new(churn: Churn, start_ns: u64, seed: u64) -> Self {
        let gap_ns = (1e9 / churn.per_second) as u64;
        let evenly = Arrivals::Staggered { per_second: churn.per_second };
        let times = Stagger::new(evenly, usize::MAX, start_ns + gap_ns, seed);
        // Not the phases again.
        Self { times, random: fastrand::Rng::with_seed(!seed), churn }
    }
}

impl Engine {
    /// Lets users go whose time has come.
    pub(super) fn let_go(&mut self) {
        let now = self.now();
        let everybody = self.users.len();
        while let Some(departures) = &mut self.departures
            && departures.times.due(now).is_some()
        {
            let leave = departures.churn.leave;
            let chosen =
                (0..LOOKED_AT).map(|_| departures.random.usize(0..everybody)).find(|&at| {
                    let user = &self.users[at];
                    let free = user.connection.as_ref().is_some_and(|held| !held.is_blocked());
                    user.in_session && user.step == Step::Idle && free
                });
            if let Some(chosen) = chosen
                && 2 * self.errands_open < everybody
            {
                self.depart(chosen as u32, leave);
            }
        }
    }

    fn depart(&mut self, index: u32, leave: Leave) {
        self.tally.users.left += 1;
        // What it was kept from writing it will not write any more.
        if self.input.plan.pace.interval().is_none() {
            self.withdraw(index);
        } else {
            self.drop_backlog(index, None);
        }
        self.send_off(index, leave.excursion());
    }

    /// A user has left, and comes back in a while.
    pub(super) fn stay_away(&mut self, index: u32) {
        let away = self.departures.as_ref().map_or(Duration::ZERO, |some| some.churn.away);
        let until_ns = self.now() + away.as_nanos() as u64;
        self.users[index as usize].step = Step::Away { until_ns };
    }

    /// Sending is over, or ended early: nobody leaves any more. Who is on the way out still gets there.
    pub(super) fn forget_errands(&mut self) {
        self.departures = None;
        self.errands_open = 0;
        for user in &mut self.users {
            user.errands = &[];
            if matches!(user.step, Step::Leaving { .. }) {
                self.errands_open += 1;
            } else {
                user.step = Step::Idle;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn churn_that_cannot_be_meant_is_refused() {
        let churn =
            Churn { per_second: 5.0, away: Duration::from_millis(500), leave: Leave::Finish };
        let second = Duration::from_secs(1);
        assert_eq!(churn.check(second), Ok(()));
        for (wrong, says) in [
            (Churn { per_second: 0.0, ..churn }, "0 departures per second"),
            (Churn { per_second: f64::NAN, ..churn }, "NaN"),
            (Churn { away: second, ..churn }, "nobody would come back"),
        ] {
            let error = wrong.check(second).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}

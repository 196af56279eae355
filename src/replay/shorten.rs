//! The fewest steps of a recording that still end a server the same way.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::{
    ddmin::{Trial, ddmin},
    player::{Played, play},
};
use crate::{
    fixture::Fixture,
    record::{Deed, Replay},
    server::ServerError,
};

/// What is left of a recording.
#[derive(Debug)]
pub struct Shortened {
    /// The rest, which ended the server in its last trial.
    pub replay: Replay,
    /// How many fresh servers were tried.
    pub trials: u32,
    /// Whether every single connection and step is needed; if not, time ran out.
    pub is_minimal: bool,
}

/// The search, and what it has spent.
struct Search<'a> {
    server: &'a Fixture,
    /// Whether it is a hang that is looked for, and not a death.
    hang: bool,
    until: Instant,
    trials: u32,
    failed: Option<ServerError>,
}

/// Leaves out connections, then single steps, as long as the server still dies (or, with `hang`, still hangs), each trial
/// on a freshly started server, for `budget` at most.
///
/// # Errors
/// The server cannot be started again.
pub async fn shorten(
    server: &Fixture,
    replay: &Replay,
    hang: bool,
    budget: Duration,
) -> Result<Shortened, ServerError> {
    let until = Instant::now() + budget;
    let mut search = Search { server, hang, until, trials: 0, failed: None };
    let (replay, _) = search.without_connections(replay.clone()).await;
    let (replay, steps_done) = search.without_steps(replay).await;
    // Of a connection whose steps have gone, the connection itself may go.
    let (replay, connections_done) = search.without_connections(replay).await;
    match search.failed {
        Some(error) => Err(error),
        None => Ok(Shortened {
            replay,
            trials: search.trials,
            is_minimal: steps_done && connections_done,
        }),
    }
}

impl Search<'_> {
    async fn without_connections(&mut self, replay: Replay) -> (Replay, bool) {
        let all: BTreeSet<u32> = replay.steps.iter().map(|step| step.connection).collect();
        let only = |kept: &[u32]| Replay {
            steps: replay
                .steps
                .iter()
                .filter(|step| kept.contains(&step.connection))
                .cloned()
                .collect(),
            ..replay.clone()
        };
        let all: Vec<u32> = all.into_iter().collect();
        let (kept, done) = ddmin(all, async |kept: &[u32]| self.trial(&only(kept)).await).await;
        (only(&kept), done)
    }

    async fn without_steps(&mut self, replay: Replay) -> (Replay, bool) {
        let units = units(&replay);
        let count = units.iter().flatten().max().map_or(0, |last| last + 1);
        let only = |kept: &[usize]| Replay {
            steps: replay
                .steps
                .iter()
                .zip(&units)
                .filter(|(_, unit)| unit.is_none_or(|unit| kept.contains(&unit)))
                .map(|(step, _)| step.clone())
                .collect(),
            ..replay.clone()
        };
        let all: Vec<usize> = (0..count).collect();
        let (kept, done) = ddmin(all, async |kept: &[usize]| self.trial(&only(kept)).await).await;
        (only(&kept), done)
    }

    async fn trial(&mut self, replay: &Replay) -> Trial {
        if self.failed.is_some() || Instant::now() >= self.until {
            return Trial::OutOfTime;
        }
        if let Err(error) = self.server.restart().await {
            self.failed = Some(error);
            return Trial::OutOfTime;
        }
        self.trials += 1;
        match play(self.server, replay).await {
            Played::Died(_) if !self.hang => Trial::Fails,
            Played::Hangs(_) if self.hang => Trial::Fails,
            _ => Trial::Passes,
        }
    }
}

/// The unit that each step belongs to: a deed and what was heard after it on its connection are left out together. A
/// connection's beginning belongs to none.
fn units(replay: &Replay) -> Vec<Option<usize>> {
    let mut last = std::collections::BTreeMap::new();
    let mut count = 0;
    let unit_of = |step: &crate::record::ReplayStep| match step.deed {
        Deed::Connect { .. } => None,
        Deed::Hear { .. } => last.get(&step.connection).copied(),
        _ => {
            last.insert(step.connection, count);
            count += 1;
            Some(count - 1)
        }
    };
    replay.steps.iter().map(unit_of).collect()
}

//! The server between two stages: read when everybody has left, and held against what it was before.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::stage::{monitor_targets, name_of};
use crate::{
    fixture::Fixture,
    monitor::{MonitorTarget, RestReading},
    record::{GrowthRecord, StageRecord},
};

/// From one look to the next.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// So many looks in a row must find the same.
const LOOKS_ALIKE: u32 = 3;
/// How long a server may take to deal with those who left.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is known of the server at rest.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Of each node.
    last: Vec<Option<RestReading>>,
    /// The most users it has served before that.
    crowd: u64,
}

impl Rest {
    /// Reads the server after a stage, whose record then says whether it grew. After a warm-up that is the reading to
    /// compare with; after the server's death there is none.
    pub(super) async fn judge(&mut self, fixture: &Fixture, record: &mut StageRecord) {
        let now = match &record.death {
            Some(_) => Vec::new(),
            None => settled(fixture).await,
        };
        let crowd = record.users.connected;
        for (node, now) in now.iter().enumerate().filter(|_| !record.warm_up) {
            let Some(now) = now else { continue };
            let before = self.last.get(node).and_then(Option::as_ref);
            let mut growth = now.growth_since(before, crowd, self.crowd);
            for growth in &mut growth {
                growth.metric = name_of(&growth.metric, node);
            }
            record.lines.extend(growth.iter().map(GrowthRecord::line));
            record.growth.extend(growth);
        }
        self.crowd = if now.iter().any(Option::is_some) { self.crowd.max(crowd) } else { 0 };
        self.last = now;
    }
}

/// Each node once everybody has left.
async fn settled(fixture: &Fixture) -> Vec<Option<RestReading>> {
    let server = fixture.server();
    let targets = if server.is_local() { monitor_targets(server) } else { Vec::new() };
    let mut nodes = Vec::new();
    for target in targets {
        nodes.push(settled_node(&target).await);
    }
    nodes
}

/// A node once everybody has left; what it is at the end of our patience, if somebody stays.
async fn settled_node(target: &MonitorTarget) -> Option<RestReading> {
    let deadline = Instant::now() + PATIENCE;
    let mut last = RestReading::take(target).ok()??;
    let mut alike = 1;
    while alike < LOOKS_ALIKE && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
        let now = RestReading::take(target).ok()??;
        alike = if now.is_settled_since(&last) { alike + 1 } else { 1 };
        last = now;
    }
    Some(last.with_kinds())
}

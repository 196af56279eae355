//! The server between two stages: read when everybody has left, and held against what it was before.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::stage::monitor_target;
use crate::{
    fixture::Fixture,
    monitor::RestReading,
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
    last: Option<RestReading>,
    /// The most users it has served before that.
    crowd: u64,
}

impl Rest {
    /// Reads the server after a stage, whose record then says whether it grew. After a warm-up that is the reading to
    /// compare with; after the server's death there is none.
    pub(super) async fn judge(&mut self, fixture: &Fixture, record: &mut StageRecord) {
        let now = match &record.death {
            Some(_) => None,
            None => settled(fixture).await,
        };
        let crowd = record.users.connected;
        if let Some(now) = &now
            && !record.warm_up
        {
            let growth = now.growth_since(self.last.as_ref(), crowd, self.crowd);
            record.lines.extend(growth.iter().map(GrowthRecord::line));
            record.growth.extend(growth);
        }
        self.crowd = if now.is_some() { self.crowd.max(crowd) } else { 0 };
        self.last = now;
    }
}

/// The server once everybody has left; what it is at the end of our patience, if somebody stays.
async fn settled(fixture: &Fixture) -> Option<RestReading> {
    let server = fixture.server();
    let target = server.is_local().then(|| monitor_target(server))?;
    let deadline = Instant::now() + PATIENCE;
    let mut last = RestReading::take(&target).ok()??;
    let mut alike = 1;
    while alike < LOOKS_ALIKE && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
        let now = RestReading::take(&target).ok()??;
        alike = if now.is_settled_since(&last) { alike + 1 } else { 1 };
        last = now;
    }
    Some(last.with_kinds())
}

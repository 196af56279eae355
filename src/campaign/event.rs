//! What can be known of a campaign while it runs, and how to end it early.

use std::{path::Path, time::Duration};

use tokio::sync::watch;

use super::PlannedStage;
use crate::{
    load::Progress,
    record::{CaseRecord, Death, StageRecord, Target},
};

/// Something that happened.
#[derive(Debug)]
pub enum CampaignEvent<'a> {
    /// The server is ready, and the directory for the results is made.
    Begins {
        /// The server.
        target: &'a Target,
        /// The directory.
        directory: &'a Path,
    },
    /// The numbered cases begin.
    CasesBegin {
        /// How many there are.
        count: usize,
    },
    /// A case has ended.
    CaseEnds(&'a CaseRecord),
    /// All cases have ended.
    CasesEnd(&'a [CaseRecord]),
    /// A stage begins.
    StageBegins {
        /// What is to be done.
        stage: &'a PlannedStage,
        /// Its place, from 1.
        number: usize,
        /// How many stages there are.
        count: usize,
        /// How it goes on.
        progress: watch::Receiver<Progress>,
        /// The server's CPU in percent of one core, about once a second, where it is monitored.
        server_cpu: watch::Receiver<Option<f64>>,
    },
    /// A stage has ended.
    StageEnds(&'a StageRecord),
    /// The server died and is started again.
    Restarts(&'a Death),
    /// A rest before the next stage.
    Rests(Duration),
}

/// The wish to end a campaign early, with a report of what was seen; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(watch::Sender<Option<&'static str>>);

impl Interrupt {
    /// Nobody wishes it yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the end; `signal` names what asked, such as `SIGINT`. True the first time.
    pub fn raise(&self, signal: &'static str) -> bool {
        self.0.send_if_modified(|raised| {
            let first = raised.is_none();
            raised.get_or_insert(signal);
            first
        })
    }

    /// Waits until somebody wishes it.
    pub async fn raised(&self) -> &'static str {
        let mut wish = self.0.subscribe();
        // The sender is held by `self`.
        let raised = wish.wait_for(Option::is_some).await;
        match raised.as_deref() {
            Ok(Some(signal)) => signal,
            _ => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wish_is_heard_by_all_and_kept() {
        let wish = Interrupt::new();
        let other = wish.clone();
        let waiting = async { (wish.raised().await, wish.raised().await) };
        let raising = async { (other.raise("SIGINT"), other.raise("SIGTERM")) };
        let (heard, raised) = tokio::join!(waiting, raising);
        assert_eq!((heard, raised), (("SIGINT", "SIGINT"), (true, false)));
    }
}

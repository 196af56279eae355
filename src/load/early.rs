//! Why a stage ends before its time, and the look for it at each tick.

use std::sync::Arc;

use super::{Phase, account::delivery, engine::Engine};
use crate::{
    record::{Death, StageRecord},
    threshold::broken_already,
};

/// Ticks between two looks at the thresholds that end a run.
const THRESHOLD_TICKS: u64 = 100;

/// Why a stage ended before its time.
#[derive(Debug, Clone)]
pub(super) enum Early {
    /// The server died.
    Death(Arc<Death>),
    /// The caller wished it.
    Cancelled,
    /// A threshold that ends the run cannot hold any more.
    Broken,
}

impl Engine {
    /// Looks whether the stage must end.
    pub(super) fn look_for_an_end(&mut self) {
        if self.early.is_some() || self.phase >= Phase::Leaving {
            return;
        }
        let death = self.input.death.as_ref().and_then(|death| death.borrow().clone());
        if let Some(death) = death {
            self.early = Some(Early::Death(death));
        } else if self.input.cancel.is_cancelled() {
            self.early = Some(Early::Cancelled);
        } else if self.seat.is_called_off() {
            self.early = Some(Early::Broken);
        } else if self.ticks.is_multiple_of(THRESHOLD_TICKS)
            && self.input.rules.iter().any(|rule| rule.abort)
        {
            self.look_at_thresholds();
        }
    }

    fn look_at_thresholds(&mut self) {
        let so_far = StageRecord {
            users: self.tally.users.clone(),
            delivery: delivery(self.ledger.balance(), &self.tally),
            ..StageRecord::new(self.input.name.clone(), self.facts.clone(), self.started)
        };
        // Of what all users together must reach, one part of them says nothing.
        let entered = self.phase >= Phase::Settling && self.seat.parts() == 1;
        if let Some(rule) = broken_already(&self.input.rules, &so_far, entered) {
            self.ended_by = Some(rule.threshold.to_string());
            self.early = Some(Early::Broken);
            self.seat.call_off();
        }
    }
}

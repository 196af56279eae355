//! Which thresholds a stage is held to, and what a breach means.

use super::limit::{Threshold, ThresholdError};
use crate::record::Rigour;

/// A threshold with what a breach of it means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The requirement.
    pub threshold: Threshold,
    /// Whether a breach makes the stage red.
    pub rigour: Rigour,
    /// Whether a breach ends the campaign: at once where nothing that comes can mend it, else after its stage.
    pub abort: bool,
}

/// The rules for a stage, each metric once.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules(Vec<Rule>);

/// What every stage is held to unless a plan says otherwise: the guidance of the scripts that came before this harness,
/// and what fools a mean.
pub const DEFAULTS: &[(&str, Rigour)] = &[
    ("connects >= 99%", Rigour::Fail),
    ("logins >= 95%", Rigour::Fail),
    ("logins.unanswered == 0", Rigour::Fail),
    ("sent >= 99%", Rigour::Fail),
    // Whatever the server did not lose because it was never given anything is no success.
    ("delivered >= 1", Rigour::Fail),
    ("lost == 0", Rigour::Fail),
    ("duplicated == 0", Rigour::Fail),
    ("misdelivered == 0", Rigour::Fail),
    ("corrupted == 0", Rigour::Fail),
    ("out_of_order == 0", Rigour::Fail),
    ("unexpected == 0", Rigour::Fail),
    ("undecodable == 0", Rigour::Fail),
    ("refused == 0", Rigour::Fail),
    ("closed_by_server == 0", Rigour::Fail),
    ("delivery.mean < 50ms", Rigour::Fail),
    ("delivery.p99 < 200ms", Rigour::Fail),
    ("uncollected == 0", Rigour::Warn),
    ("indeterminate == 0", Rigour::Warn),
    ("foreign == 0", Rigour::Warn),
    ("server.cpu.mean < 80%", Rigour::Warn),
];

impl Default for Rules {
    fn default() -> Self {
        let rule = |(text, rigour): &(&str, Rigour)| {
            // A test reads every one of them.
            let threshold = text.parse().ok()?;
            Some(Rule { threshold, rigour: *rigour, abort: false })
        };
        Self(DEFAULTS.iter().filter_map(rule).collect())
    }
}

impl Rules {
    /// No rules at all.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a rule, in place of the one for the same metric if there is one.
    pub fn set(&mut self, rule: Rule) {
        match self.0.iter_mut().find(|known| known.threshold.metric == rule.threshold.metric) {
            Some(known) => *known = rule,
            None => self.0.push(rule),
        }
    }

    /// As [`Rules::set`], from its text.
    ///
    /// # Errors
    /// The text is no threshold.
    pub fn add(&mut self, text: &str, rigour: Rigour, abort: bool) -> Result<(), ThresholdError> {
        self.set(Rule { threshold: text.parse()?, rigour, abort });
        Ok(())
    }

    /// The rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_threshold_of_its_own() {
        assert_eq!(Rules::default().iter().count(), DEFAULTS.len());
        let mut again = Rules::default();
        for (text, rigour) in DEFAULTS {
            again.add(text, *rigour, false).unwrap();
        }
        assert_eq!(again, Rules::default(), "a rule of the same metric takes its place");
    }

    #[test]
    fn a_plan_can_be_stricter_and_can_add() {
        let mut rules = Rules::default();
        rules.add("delivery.p99 < 10ms", Rigour::Warn, true).unwrap();
        rules.add("delivery.p50 < 5ms", Rigour::Fail, false).unwrap();
        assert_eq!(rules.iter().count(), DEFAULTS.len() + 1);
        let abort: Vec<_> = rules.iter().filter(|rule| rule.abort).collect();
        assert_eq!(abort[0].threshold.to_string(), "delivery.p99 < 10 ms");
    }
}

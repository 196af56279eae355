//! Mistakes planted in the ledger itself: the model must catch each of them.

use proptest::test_runner::{Config, TestError, TestRunner};

use super::{history::history, model::agree};

/// A mistake that the ledger makes on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// Second copies are passed over.
    MissesCopies,
    /// The last message of a stream counts as delivered, whatever became of it.
    ForgetsTheLast,
    /// A reset leaves no doubt.
    DoubtsNothing,
    /// The order is not looked at.
    IgnoresOrder,
    /// Whoever asks to join may hear only what is sent afterwards.
    JoinsLate,
    /// What reached a stranger is not held against anybody.
    TrustsStrangers,
    /// Who is on which node is forgotten.
    ForgetsNodes,
}

#[test]
fn every_planted_mistake_is_caught() {
    for bug in [
        Bug::MissesCopies,
        Bug::ForgetsTheLast,
        Bug::DoubtsNothing,
        Bug::IgnoresOrder,
        Bug::JoinsLate,
        Bug::TrustsStrangers,
        Bug::ForgetsNodes,
    ] {
        let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(
            config.clone(),
            proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm),
        );
        let outcome = runner.run(&history(), |events| agree(&events, Some(bug)));
        assert!(matches!(outcome, Err(TestError::Fail(..))), "{bug:?}: {outcome:?}");
    }
}

//! A whole run: what was tested, where, how, what came of it, and the verdict with its reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CaseRecord, Ground, Judged, Machine, Provenance, StageRecord, Target};
use crate::verdict::Verdict;

/// The version of [`RunRecord`] as JSON; it grows when a field changes its meaning or vanishes.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that is known about one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`SCHEMA_VERSION`] of the harness that wrote it.
    pub schema_version: u32,
    /// The version of the harness.
    pub harness_version: String,
    /// The name of the run: that of its directory.
    pub run_id: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub ending: Ending,
    /// The command line.
    pub command: Vec<String>,
    /// The server under test.
    pub target: Target,
    /// The machine.
    pub machine: Machine,
    /// Where the server's program came from, how it was built, and the plan.
    #[serde(default)]
    pub provenance: Provenance,
    /// The numbered cases, in the order they ran.
    pub cases: Vec<CaseRecord>,
    /// The stages of load, in the order they ran.
    pub stages: Vec<StageRecord>,
    /// What the reader should know besides.
    pub remarks: Vec<String>,
    /// The verdict on all of it; see [`RunRecord::judge`].
    pub verdict: Verdict,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Ending {
    /// It has not: the record was written on the way.
    Running,
    /// Everything that was asked for was done.
    Complete,
    /// A signal ended it early.
    Interrupted {
        /// The signal's name.
        signal: String,
    },
    /// It could not go on.
    Aborted {
        /// Why.
        reason: String,
    },
}

impl RunRecord {
    /// An empty record of a run that begins now.
    pub fn new(
        run_id: impl Into<String>,
        started: Timestamp,
        command: Vec<String>,
        target: Target,
        machine: Machine,
    ) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            harness_version: env!("CARGO_PKG_VERSION").into(),
            run_id: run_id.into(),
            started,
            ended: None,
            ending: Ending::Running,
            command,
            target,
            machine,
            provenance: Provenance::default(),
            cases: Vec::new(),
            stages: Vec::new(),
            remarks: Vec::new(),
            verdict: Verdict::Pass,
        }
    }

    /// The worst verdict of the cases, the stages and the ending: a run that is not complete is at best INVALID,
    /// because PASS says that everything that was asked for was measured.
    pub fn judge(&self) -> Verdict {
        let ending = match self.ending {
            Ending::Complete => Verdict::Pass,
            Ending::Running | Ending::Interrupted { .. } | Ending::Aborted { .. } => {
                Verdict::Invalid
            }
        };
        let nothing_done = self.cases.is_empty() && self.stages.is_empty();
        let measured = if nothing_done { Verdict::Invalid } else { Verdict::Pass };
        let cases = self.cases.iter().map(CaseRecord::verdict);
        let stages = self.stages.iter().map(StageRecord::judge);
        cases.chain(stages).fold(ending.and(measured), Verdict::and)
    }

    /// Closes the record: how and when it ended, and the verdict that follows.
    pub fn close(&mut self, ending: Ending, ended: Timestamp) {
        self.ending = ending;
        self.ended = Some(ended);
        self.verdict = self.judge();
    }

    /// The verdict's reason in one line: the first of what made it so, and how much more there is. Text from the
    /// server may be in it, unescaped.
    pub fn reason(&self) -> String {
        let mut grounds = self.grounds();
        grounds.retain(|judged| judged.verdict == self.verdict);
        let more = grounds.len().saturating_sub(1);
        match grounds.first() {
            Some(first) if more > 0 => format!("{first} (and {more} more)"),
            Some(first) => first.to_string(),
            None => self.what_held(),
        }
    }

    /// Every ground on which this run is not a PASS: its ending, then the stages, then the cases.
    pub fn grounds(&self) -> Vec<Judged<'_>> {
        let mut grounds = Vec::new();
        // Of a FAIL the server's deeds come first (they alone have that verdict), of an INVALID the ending explains
        // the rest.
        let whole = |ground| Judged { verdict: Verdict::Invalid, stage: None, ground };
        if self.ending != Ending::Complete {
            grounds.push(whole(Ground::Ending(&self.ending)));
        } else if self.cases.is_empty() && self.stages.is_empty() {
            grounds.push(whole(Ground::NothingRun));
        }
        for stage in &self.stages {
            let of_stage = stage.grounds().into_iter();
            let judged = |(verdict, ground)| Judged { verdict, stage: Some(stage), ground };
            grounds.extend(of_stage.map(judged));
        }
        let cases = self.cases.iter().map(|case| (case.verdict(), case));
        let red = cases.filter(|(verdict, _)| *verdict != Verdict::Pass);
        grounds.extend(red.map(|(verdict, case)| Judged {
            verdict,
            stage: None,
            ground: Ground::Case(case),
        }));
        grounds
    }

    /// How many requirements did not hold that only warn: a SHOULD among the cases, a warning line of a stage.
    pub fn warnings(&self) -> usize {
        self.cases.iter().filter(|case| case.warns()).count()
            + self.stages.iter().map(|stage| stage.warnings().count()).sum::<usize>()
    }

    fn what_held(&self) -> String {
        let passed = self.cases.iter().filter(|case| case.result.passed()).count();
        let mut parts = Vec::new();
        if !self.cases.is_empty() {
            parts.push(format!("{passed} of {} cases passed", self.cases.len()));
        }
        if !self.stages.is_empty() {
            parts.push(format!("{} stages held", self.stages.len()));
        }
        parts.push(match self.warnings() {
            0 => "no warnings".into(),
            1 => "1 warning".into(),
            n => format!("{n} warnings"),
        });
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        record::{CaseResult, example},
        verdict::Level,
    };

    fn record(results: &[(&str, Level, CaseResult)]) -> RunRecord {
        let target = example::target();
        let mut run =
            RunRecord::new("run", Timestamp::UNIX_EPOCH, vec![], target, Machine::default());
        for (id, level, result) in results {
            run.cases.push(CaseRecord {
                id: (*id).into(),
                title: String::new(),
                level: *level,
                result: result.clone(),
                took_ms: 1,
                log: None,
                evidence: None,
            });
        }
        run.close(Ending::Complete, Timestamp::UNIX_EPOCH);
        run
    }

    #[test]
    fn a_failed_must_is_red_and_a_failed_should_is_not() {
        let failed = CaseResult::Failed { reason: "no ack".into() };
        let run = record(&[
            ("A-1", Level::Must, CaseResult::Passed),
            ("A-2", Level::Should, failed.clone()),
        ]);
        assert_eq!(run.verdict, Verdict::Pass);
        assert_eq!(run.reason(), "1 of 2 cases passed, 1 warning");
        let run = record(&[
            ("A-1", Level::Must, failed),
            ("A-2", Level::Must, CaseResult::UnexpectedPass),
        ]);
        assert_eq!(run.verdict, Verdict::Fail);
        assert_eq!(run.reason(), "A-1: no ack (and 1 more)");
    }

    #[test]
    fn a_run_without_a_measurement_never_passes() {
        let run = record(&[]);
        assert_eq!((run.verdict, run.reason().as_str()), (Verdict::Invalid, "nothing was run"));
        let mut run = record(&[("A-1", Level::Must, CaseResult::Passed)]);
        run.close(Ending::Interrupted { signal: "SIGINT".into() }, Timestamp::UNIX_EPOCH);
        assert_eq!(run.verdict, Verdict::Invalid);
        assert_eq!(run.reason(), "the run was ended early by SIGINT");
    }

    #[test]
    fn a_failure_outweighs_an_interruption_in_verdict_and_reason() {
        let failed = CaseResult::Failed { reason: "lost".into() };
        let mut run = record(&[("A-1", Level::Must, failed)]);
        run.close(Ending::Interrupted { signal: "SIGINT".into() }, Timestamp::UNIX_EPOCH);
        assert_eq!((run.verdict, run.reason().as_str()), (Verdict::Fail, "A-1: lost"));
    }
}

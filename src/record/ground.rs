//! The grounds of a verdict: each deed or fault that made a run or a stage what it is judged to be.

use std::fmt;

use super::{CaseRecord, Death, Ending, StageRecord, VerdictLine};
use crate::verdict::Verdict;

/// One ground of a verdict, pointing at the facts; its `Display` is one line of English. Text from the server may be
/// in it, unescaped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ground<'a> {
    /// The server died in a stage.
    Died(&'a Death),
    /// A requirement did not hold, or could not be judged.
    Line(&'a VerdictLine),
    /// The harness did not keep up with its own schedule.
    Late(&'a str),
    /// The stage was judged by something that left no line.
    NoLine(Verdict),
    /// A numbered case.
    Case(&'a CaseRecord),
    /// How the run ended.
    Ending(&'a Ending),
    /// Neither a case nor a stage was run.
    NothingRun,
}

impl fmt::Display for Ground<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Died(death) => write!(f, "the server died: {}", death.how),
            Self::Line(line) => line.fmt(f),
            Self::Late(reason) => f.write_str(reason),
            Self::NoLine(verdict) => write!(f, "judged {verdict} by no line"),
            Self::Case(case) => write!(f, "{}: {}", case.id, case.result.reason()),
            Self::Ending(Ending::Complete) => f.write_str("the run is complete"),
            Self::Ending(Ending::Running) => f.write_str("the run is not finished"),
            Self::Ending(Ending::Interrupted { signal }) => {
                write!(f, "the run was ended early by {signal}")
            }
            Self::Ending(Ending::Aborted { reason }) => {
                write!(f, "the run could not go on: {reason}")
            }
            Self::NothingRun => f.write_str("nothing was run"),
        }
    }
}

/// A ground with the verdict that it alone would bring, and the stage it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// The stage; `None` for a case or the run as a whole.
    pub stage: Option<&'a StageRecord>,
    /// The ground.
    pub ground: Ground<'a>,
}

impl fmt::Display for Judged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stage) = self.stage {
            write!(f, "stage {}: ", stage.name)?;
        }
        self.ground.fmt(f)
    }
}

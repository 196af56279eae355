//! The facts of a run, serialisable, and the run directory that keeps them.
//!
//! Those who measure write here, those who report read here; neither knows the other.

mod case;
mod death;
mod evidence;
#[cfg(test)]
pub(crate) mod example;
mod finding;
mod ground;
mod growth;
mod machine;
mod monitor;
#[cfg(any(feature = "monitor", feature = "report"))]
mod monitor_rows;
mod operations;
mod provenance;
mod replay;
mod run;
mod run_dir;
mod stage;
mod target;
mod users;

pub use case::{CaseRecord, CaseResult};
pub use death::{Death, DeathCause};
pub use evidence::{Backtrace, Evidence, ThreadState};
pub use finding::{Example, Finding, FindingKind, MAX_EXAMPLES, MAX_FRAME_BYTES};
pub use ground::{Ground, Judged};
pub use growth::{GrowthRecord, GrowthVerdict};
pub use machine::{CoreSplit, Machine};
pub use monitor::{ColumnSummary, MonitorGap, MonitorSummary, ThreadSummary};
#[cfg(any(feature = "monitor", feature = "report"))]
pub use monitor_rows::{MonitorRow, MonitorRows, MonitorRowsError};
pub use operations::OperationCounts;
pub use provenance::Provenance;
pub use replay::{Bytes, Deed, REPLAY_VERSION, Replay, ReplayError, ReplayStep};
pub use run::{Ending, RunRecord, SCHEMA_VERSION};
pub use run_dir::{RowFile, RunDirectory, RunDirectoryError};
pub use stage::{
    Delivery, Latencies, PathRecord, Paths, Rates, Rigour, SelfCheck, StagePlan, StageRecord,
    VerdictLine,
};
pub use target::{DialectFacts, Target, TargetKind, TargetNode};
pub use users::UserCounts;

pub use crate::stats::{JudgedPercentiles, LatencySummary, Second, Statistic};

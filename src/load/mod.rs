//! Virtual users on a schedule: users, workload, engine, and the engine's view of itself.
//!
//! [`run_stage`] runs one stage: connect → register → log in → send → drain → leave, staggered, and returns what was
//! seen. The engine has a thread of its own and no runtime; producers and consumers meet in the [`crate::record`].

mod account;
mod accounts;
mod churn;
mod connection;
mod crew;
mod drain;
mod early;
mod engine;
mod errands;
mod groups;
mod hearing;
mod heartbeat;
mod lanes;
mod mix;
#[cfg(all(test, feature = "refserver"))]
mod on_trial;
mod operations;
mod placement;
mod plan;
mod plan_error;
mod poller;
mod progress;
mod schedule;
mod self_check;
mod sending;
mod spacing;
mod stage;
mod starvation;
mod tally;
mod text;
mod users;
mod verdict;

pub use accounts::{Account, Accounts, AccountsError};
pub use churn::{Churn, Leave};
pub use mix::Mix;
pub use plan::{Arrivals, Drain, Pace, Plan, Script, Spread, Texts, Workload};
pub use plan_error::PlanError;
pub use progress::{Cancel, Phase, Progress};
pub use stage::{StageError, StageInput, run_stage, run_stage_blocking};

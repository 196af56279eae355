//! A staged campaign: plan → server → cases → warm-up → levels → verdict, with a report whatever happens.
//!
//! [`Campaign::run`] tells what happens as [`CampaignEvent`]s and prints nothing.

mod book;
mod error;
mod event;
mod event_json;
mod file;
mod ground;
mod load_table;
mod overrides;
mod plan;
mod progress_rows;
mod provenance;
mod rest;
mod run;
mod stage;
mod survive;

pub use error::CampaignError;
pub use event::{CampaignEvent, Interrupt};
pub use event_json::progress_json;
pub use file::{PlanFileError, builtin_plans};
pub use ground::{Campaign, ReferenceProgram};
pub use overrides::Overrides;
pub use plan::{CampaignPlan, CampaignPlanError, Level, Levels, PlannedStage};
pub use run::CampaignOutcome;

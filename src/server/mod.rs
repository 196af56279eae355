//! The server under test: locate, launch, readiness, output, death and its evidence.

mod assignment;
mod autopsy;
mod core_file;
mod deaths;
mod error;
mod launch;
mod locate;
mod lock;
mod nodes;
mod ready;
#[cfg(feature = "refserver")]
mod reference;
mod running;
mod steps;

pub use assignment::{Assignment, Choice, NodeRecipe, ReadyRule, Recipe};
pub use error::ServerError;
#[cfg(all(feature = "monitor", feature = "report"))]
pub(crate) use locate::find_program;
pub use locate::{is_local, needs_permission, scratch_dir};
#[cfg(all(feature = "monitor", feature = "report"))]
pub(crate) use ready::reach;
pub use running::Server;
pub use steps::Step;

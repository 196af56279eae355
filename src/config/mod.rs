//! Where settings come from: the environment and chatserver.toml.

mod address;
mod choose;
mod draft;
mod environment;
mod error;
mod file;
mod load;
mod nearby;
mod node;
mod probe;
mod settings;

pub use address::parse_addrs;
pub use draft::{Database, Draft, DraftError};
pub use environment::{in_pipeline, language, step_summary};
pub use error::ConfigError;
pub use file::{ConfigFile, REFERENCE_TEXT};
pub use load::LoadSettings;
pub use nearby::{header_near, services_here};
pub use probe::ProbeSettings;
pub use settings::{DialectChoice, Settings};

//! Why a campaign did not begin. Once it has begun, whatever happens is in its record.

use std::io;

use thiserror::Error;

use super::CampaignPlanError;
use crate::{
    config::ConfigError, error::Classified, fixture::FixtureError, load::StageError,
    record::RunDirectoryError, server::ServerError, verdict::Exit,
};

/// Why a campaign did not begin.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CampaignError {
    /// The plan cannot be run.
    #[error(transparent)]
    Plan(#[from] CampaignPlanError),
    /// A stage cannot be run.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The dialect is wrong.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// The server was not found, not started or not reached.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The results could not be kept.
    #[error(transparent)]
    Directory(#[from] RunDirectoryError),
    /// The dialect cannot say what the load needs.
    #[error(
        "the load needs {request}, which the dialect `{dialect}` does not have: add it to the dialect, or run only the \
         cases (`cargo xtask check`)"
    )]
    NotSpoken {
        /// The missing request.
        request: &'static str,
        /// The dialect.
        dialect: String,
    },
    /// Something that only the reference server can do was asked of another.
    #[error(
        "{option} is for the reference server, and this run tests another one ({found_by}): leave it out"
    )]
    OnlyReference {
        /// The option.
        option: String,
        /// What named the other server.
        found_by: String,
    },
    /// The users were to connect through a balancer that nobody named.
    #[error(
        "--through-balancer: no balancer is named: write where it answers into chatserver.toml (balancer = \
         \"127.0.0.1:8000\"), or leave the flag out: then the users are divided among the nodes"
    )]
    NoBalancer,
    /// A file of ours could not be made.
    #[error("{what}: {source}")]
    File {
        /// What was attempted.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The wish to end came before the server was ready.
    #[error("ended by {signal} before the server was ready: nothing was measured")]
    Interrupted {
        /// The signal.
        signal: String,
    },
}

impl Classified for CampaignError {
    fn exit(&self) -> Exit {
        match self {
            Self::Plan(error) => error.exit(),
            Self::Stage(error) => error.exit(),
            Self::Config(error) => error.exit(),
            Self::Fixture(error) => error.exit(),
            Self::Server(error) => error.exit(),
            Self::Directory(error) => error.exit(),
            Self::NotSpoken { .. }
            | Self::OnlyReference { .. }
            | Self::NoBalancer
            | Self::File { .. } => Exit::Usage,
            Self::Interrupted { .. } => Exit::Invalid,
        }
    }
}

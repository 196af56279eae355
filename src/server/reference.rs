//! The reference server inside this process.

use std::net::SocketAddr;

use chatserver_refserver::{Counters, Options, RefServer};

use super::ServerError;

/// A running reference server; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct InProcess {
    server: RefServer,
}

impl InProcess {
    /// Starts one that speaks the dialect of this TOML text, in memory, on a free port of the loopback.
    pub(super) fn start(dialect_text: &str) -> Result<Self, ServerError> {
        RefServer::start(Options::new(dialect_text))
            .map(|server| Self { server })
            .map_err(|error| ServerError::Reference { why: error.to_string() })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    pub(super) fn counters(&self) -> Counters {
        self.server.counters()
    }
}

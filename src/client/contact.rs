//! What a peer must know to talk to the server.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::watch;

use super::tape::Tape;
use crate::{record::Death, wire::dialect::Dialect};

/// Everything a peer needs: where the server is, how it speaks, and how news of its death arrives.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Where the server listens.
    pub addr: SocketAddr,
    /// How it speaks.
    pub dialect: Arc<Dialect>,
    /// Tells when the server died; a waiting call fails at once then.
    pub death: Option<watch::Receiver<Option<Arc<Death>>>>,
    /// The server's output, named in messages that send somebody to look there.
    pub log: Option<PathBuf>,
    /// How long any one call may wait.
    pub patience: Duration,
    /// How long a login is tried again that is refused as "already online" right after its user left.
    pub stale_session_patience: Duration,
    /// Whether a balancer stands between, whose reading is not the server's: the dialect's gaps are kept.
    pub relayed: bool,
    /// Whether two requests on an unframed connection may share a read of the server.
    pub allow_coalescing: bool,
    /// Remembers what passes, so that it can be sent again.
    pub tape: Tape,
}

impl Contact {
    /// A contact with the default patience: 5 s for a call, 3 s for a stale session to end.
    pub fn new(addr: SocketAddr, dialect: Arc<Dialect>) -> Self {
        Self {
            addr,
            dialect,
            death: None,
            log: None,
            patience: Duration::from_secs(5),
            stale_session_patience: Duration::from_secs(3),
            relayed: false,
            allow_coalescing: false,
            tape: Tape::default(),
        }
    }

    /// The death of the server, once it is known.
    pub(super) fn known_death(&self) -> Option<Arc<Death>> {
        self.death.as_ref().and_then(|death| death.borrow().clone())
    }
}

/// Ends when the server has died; never, when nobody would tell.
pub(super) async fn death(watch: Option<&mut watch::Receiver<Option<Arc<Death>>>>) -> Arc<Death> {
    if let Some(watch) = watch
        && let Ok(found) = watch.wait_for(Option::is_some).await
        && let Some(death) = found.as_ref()
    {
        return Arc::clone(death);
    }
    std::future::pending().await
}

//! How a server ends whose end was not asked for: signals to it, and the news of its death.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{
    Server,
    nodes::{Nodes, all_dead},
    running::What,
};
use crate::{process::StopSignal, record::Death};

impl Server {
    /// Sends a signal to a launched server, on a cluster to each node, as somebody else might; its end is announced as a
    /// death. Tells whether there was a process to send it to.
    pub fn signal(&self, signal: StopSignal) -> bool {
        match &self.running().what {
            What::Launched(nodes) => nodes.signal(signal),
            _ => false,
        }
    }

    /// As [`Server::signal`], to the node that answers at `addr` alone.
    pub fn signal_node(&self, addr: SocketAddr, signal: StopSignal) -> bool {
        match &self.running().what {
            What::Launched(nodes) => nodes.at(addr).is_some_and(|node| node.child.signal(signal)),
            _ => false,
        }
    }

    /// Announces the death of this life of the server, on a cluster the first of any node's; stays `None` for one that was
    /// attached to. After a restart, ask again: the old receiver keeps the old death. When the server is dropped the
    /// channel closes.
    pub fn death(&self) -> watch::Receiver<Option<Arc<Death>>> {
        self.running().death.subscribe()
    }

    /// As [`Server::death`], of what answers at `addr` alone: that node. Before several nodes a balancer outlives each of
    /// them, and nothing is announced there.
    pub fn death_at(&self, addr: SocketAddr) -> watch::Receiver<Option<Arc<Death>>> {
        let running = self.running();
        let Some(nodes) = running.nodes() else { return running.death.subscribe() };
        match nodes.at(addr) {
            Some(node) => node.death.subscribe(),
            None if running.addrs.len() > 1 => watch::Sender::new(None).subscribe(),
            None => running.death.subscribe(),
        }
    }

    /// Waits for the end of all its processes; of several the death that was the least in order. `None` when one still
    /// lives, or there is none.
    pub async fn ended(&self, within: Duration) -> Option<Arc<Death>> {
        let deaths = self.running().nodes().map(Nodes::deaths)?;
        all_dead(deaths, within).await
    }
}

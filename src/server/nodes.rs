//! The processes of a launched server: one, or each node of a cluster.

use std::{fs::File, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

use super::{
    Assignment, Recipe, ServerError,
    launch::{Launched, News, launch},
};
use crate::{
    process::{Epilogue, StopSignal},
    record::{Death, DeathCause, TargetNode},
};

/// All processes of one life of a launched server, which are ready. Never empty.
#[derive(Debug)]
pub(super) struct Nodes {
    each: Vec<Launched>,
    /// The first death of any of them.
    death: watch::Sender<Option<Arc<Death>>>,
}

impl Nodes {
    /// Launches them, one after the other. If one does not start, those before it are stopped again.
    pub(super) async fn launch(
        recipe: &Recipe,
        assignment: &Assignment,
        lock: Option<&File>,
    ) -> Result<Self, ServerError> {
        let processes = recipe.processes();
        let news = News { any: watch::Sender::new(None), of_several: processes.len() > 1 };
        let mut each = Vec::new();
        for process in &processes {
            each.push(launch(process, assignment, lock, &news).await?);
        }
        Ok(Self { each, death: news.any })
    }

    /// Where they answer, in the order of the recipe.
    pub(super) fn addrs(&self) -> Arc<[SocketAddr]> {
        self.each.iter().flat_map(|node| node.addrs.iter().copied()).collect()
    }

    /// Where the first death is announced.
    pub(super) fn death(&self) -> &watch::Sender<Option<Arc<Death>>> {
        &self.death
    }

    /// The one that died first, else the first: whose log and last words matter.
    pub(super) fn concerned(&self) -> &Launched {
        let dead = self.death.borrow().as_ref().and_then(|death| death.node);
        dead.and_then(|addr| self.at(addr)).unwrap_or_else(|| self.first())
    }

    /// The first of them.
    ///
    /// # Panics
    /// Never: a recipe has at least one process.
    pub(super) fn first(&self) -> &Launched {
        &self.each[0]
    }

    /// The one that answers at this address.
    pub(super) fn at(&self, addr: SocketAddr) -> Option<&Launched> {
        self.each.iter().find(|node| node.addrs.contains(&addr))
    }

    /// Those beyond the first, as a report names them.
    pub(super) fn further(&self) -> Vec<TargetNode> {
        let further = self.each[1..].iter();
        further
            .map(|node| TargetNode {
                pid: node.pid,
                command_line: node.command_line.clone(),
                log: node.log.clone(),
            })
            .collect()
    }

    /// Sends a signal to all; tells whether anybody was there.
    pub(super) fn signal(&self, signal: StopSignal) -> bool {
        let sent: Vec<bool> = self.each.iter().map(|node| node.child.signal(signal)).collect();
        sent.contains(&true)
    }

    /// Makes an epilogue wait for all of them.
    pub(super) fn before(&self, epilogue: &mut Epilogue) {
        for node in &self.each {
            epilogue.after(&node.child);
        }
    }

    /// What is to be awaited for the end of all, apart from them.
    pub(super) fn deaths(&self) -> Vec<watch::Receiver<Option<Arc<Death>>>> {
        self.each.iter().map(|node| node.death.subscribe()).collect()
    }

    /// The children, apart from the nodes.
    pub(super) fn children(&self) -> Vec<Arc<crate::process::Child>> {
        self.each.iter().map(|node| Arc::clone(&node.child)).collect()
    }

    /// Where a kept server runs, and how to end it.
    pub(super) fn kept_text(&self) -> String {
        let addrs: Vec<String> = self.addrs().iter().map(ToString::to_string).collect();
        let groups: Vec<String> =
            self.each.iter().map(|node| format!("-{}", node.child.pid())).collect();
        format!(
            "CHATSERVER_KEEP: it is left running at the end; test it again with CHATSERVER_ADDR={}, end it with \
             `kill -INT {}`",
            addrs.join(","),
            groups.join(" ")
        )
    }
}

/// Waits until all have died; of their deaths the one that is the least in order. `None` when one still lives.
pub(super) async fn all_dead(
    deaths: Vec<watch::Receiver<Option<Arc<Death>>>>,
    within: Duration,
) -> Option<Arc<Death>> {
    let wait = async {
        let mut worst: Option<Arc<Death>> = None;
        for mut death in deaths {
            let died = death.wait_for(Option::is_some).await.ok()?.clone()?;
            let in_order = |death: &Death| death.how == DeathCause::Exited { code: 0 };
            if worst.as_ref().is_none_or(|worst| in_order(worst)) {
                worst = Some(died);
            }
        }
        worst
    };
    timeout(within, wait).await.ok().flatten()
}

//! `[[node]]` in `chatserver.toml`: one process of a cluster that the harness launches.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{
    ConfigError,
    file::{OneOrMany, Reader, Written},
};
use crate::server::NodeRecipe;

/// A node as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenNode {
    addr: Option<Spanned<OneOrMany>>,
    command: Option<Spanned<OneOrMany>>,
    dir: Option<PathBuf>,
    env: BTreeMap<String, String>,
}

impl Reader<'_> {
    /// The nodes of the file, which may or may not have a command for all of them.
    pub(super) fn nodes(
        &self,
        written: &Written,
        has_command: bool,
    ) -> Result<Vec<NodeRecipe>, ConfigError> {
        let Some(first) = written.node.first() else { return Ok(Vec::new()) };
        if !has_command {
            let cure =
                "write `command` above the nodes: each [[node]] says only what it does otherwise";
            return Err(self.wrong(first, "a node without a command", cure));
        }
        if let Some(addr) = &written.addr {
            let cure = "keep the [[node]]s, each with its own `addr`";
            return Err(self.wrong(addr, "`addr` and [[node]] say the same twice", cure));
        }
        let mut nodes: Vec<NodeRecipe> = Vec::new();
        for spanned in &written.node {
            let node = spanned.get_ref();
            let addr = match node.addr.as_ref().map(|addr| self.addrs(addr)).transpose()?.as_deref()
            {
                None => None,
                Some([addr]) => Some(*addr),
                Some(_) => {
                    let cure = "write one [[node]] for each";
                    return Err(self.wrong(spanned, "several addresses of one node", cure));
                }
            };
            if addr.is_some() && nodes.iter().any(|before| before.addr == addr) {
                let cure = "each node needs an address of its own";
                return Err(self.wrong(spanned, "another node answers there", cure));
            }
            if addr.is_none() && written.balancer.is_some() {
                let cure = "write the `addr` at which the balancer looks for it";
                return Err(self.wrong(spanned, "a node that the balancer cannot know", cure));
            }
            nodes.push(NodeRecipe {
                addr,
                command: node.command.as_ref().map(|command| self.command(command)).transpose()?,
                dir: node.dir.as_ref().map(|dir| self.path(dir)),
                env: node.env.clone().into_iter().collect(),
            });
        }
        Ok(nodes)
    }
}

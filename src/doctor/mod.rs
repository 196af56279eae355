//! What stands in the way of a run: the limits of this machine, its tools, and what the server's recipe needs.

mod limits;
mod recipe;
mod text;

use std::path::PathBuf;

use crate::{config::Settings, verdict::Exit};

use limits::Limits;

/// How a thing that was looked at stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Good,
    /// A run can do without it; its numbers may say less, or a storm may be turned away by the kernel.
    Advice,
    /// A run would end at once, with this exit code.
    Missing(Exit),
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub topic: Topic,
    /// What was seen.
    pub seen: String,
    /// What is wanted.
    pub wanted: String,
    /// How it stands.
    pub health: Health,
    /// The line to type, where it is not as it should be.
    pub cure: Option<String>,
}

/// What can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// The limit on open files of this process.
    OpenFiles,
    /// Ports for outgoing connections.
    Ports,
    /// The longest accept queue (`net.core.somaxconn`).
    AcceptQueue,
    /// Connections that may be half open (`net.ipv4.tcp_max_syn_backlog`).
    HalfOpen,
    /// Memory that is free for use.
    Memory,
    /// Cores this process may run on.
    Cores,
    /// The debugger, which tells where a server died.
    Debugger,
    /// The server's program.
    Program(PathBuf),
    /// The directory it runs in.
    Directory(PathBuf),
    /// An address that must answer.
    Address(String),
    /// A program that a shell line of the recipe begins with.
    Tool {
        /// The key in `chatserver.toml`.
        step: &'static str,
        /// The program.
        program: String,
    },
}

/// All that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// Thing by thing: the machine, then the server.
    pub items: Vec<Item>,
}

impl Checkup {
    /// Looks at everything that a run with so many clients, on the server of these settings, stands on. Nothing is
    /// started and nothing changed; addresses are connected to once.
    pub async fn examine(settings: &Settings, clients: u64) -> Self {
        let mut items = limits::items(&Limits::read(), clients);
        items.extend(recipe::items(settings).await);
        Self { items }
    }

    /// The exit code of the run that would follow, as far as it can be foreseen: 0 when nothing is missing.
    pub fn exit(&self) -> Exit {
        let missing = self.items.iter().find_map(|item| match item.health {
            Health::Missing(exit) => Some(exit),
            Health::Good | Health::Advice => None,
        });
        missing.unwrap_or(Exit::Pass)
    }
}

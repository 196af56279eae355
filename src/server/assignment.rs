//! Which server to test and under what terms: decided by the settings, carried out by [`Server::start`].
//!
//! [`Server::start`]: super::Server::start

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{process::StopRule, record::DialectFacts};

/// When a launched server counts as ready: its addresses take connections, and it wrote `line` if one is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyRule {
    /// A text that its output must contain.
    pub line: Option<String>,
    /// How long it may take.
    pub deadline: Duration,
}

impl Default for ReadyRule {
    fn default() -> Self {
        Self { line: None, deadline: Duration::from_secs(10) }
    }
}

/// How to launch a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The program: a path (relative to `dir`), or a bare name on PATH.
    pub program: PathBuf,
    /// Its arguments; `{ip}` and `{port}` are filled in.
    pub args: Vec<String>,
    /// The directory it runs in.
    pub dir: PathBuf,
    /// Variables set for it and for its commands; `{ip}` and `{port}` are filled in.
    pub env: Vec<(String, String)>,
    /// Where it answers, if that is fixed. Else `{port}` must appear, and a free port is chosen at each start.
    pub addrs: Vec<SocketAddr>,
    /// The nodes of a cluster, each a process of its own; empty: one process, as this says.
    pub nodes: Vec<NodeRecipe>,
    /// Addresses (`host:port`) that must answer before it is started: its database, its Redis.
    pub needs: Vec<String>,
    /// A shell line run once, before the first start.
    pub setup: Option<String>,
    /// A shell line run before each start.
    pub reset: Option<String>,
    /// A shell line run at the end.
    pub cleanup: Option<String>,
    /// How long each of the three may take.
    pub command_deadline: Duration,
    /// When it counts as ready.
    pub ready: ReadyRule,
    /// How it is stopped.
    pub stop: StopRule,
    /// Whether only one may run at a time, across processes: two servers on one Redis become a cluster.
    pub exclusive: bool,
}

impl Recipe {
    /// `program {ip} {port}`, run in the program's own folder: how the servers of the family are started.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        let dir = match program.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Self {
            program,
            args: vec!["{ip}".to_owned(), "{port}".to_owned()],
            dir,
            env: Vec::new(),
            addrs: Vec::new(),
            nodes: Vec::new(),
            needs: Vec::new(),
            setup: None,
            reset: None,
            cleanup: None,
            command_deadline: Duration::from_mins(1),
            ready: ReadyRule::default(),
            stop: StopRule::default(),
            exclusive: true,
        }
    }

    /// The reference server as a process of its own: `program`, called with `leading` arguments (a subcommand, perhaps)
    /// and then those of the `refserver` program. `dialect` is a built-in name or a TOML file.
    pub fn reference(program: impl Into<PathBuf>, leading: &[&str], dialect: &str) -> Self {
        let own = ["--listen", "{ip}:{port}", "--dialect", dialect];
        let mut recipe = Self::new(program)
            .with_args(leading.iter().chain(&own).copied())
            // A relative dialect file is meant as seen from here.
            .in_dir(".")
            .shared();
        recipe.ready.line = Some("listening on ".to_owned());
        recipe
    }

    /// With other arguments.
    #[must_use]
    pub fn with_args<T: Into<String>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// In another directory.
    #[must_use]
    pub fn in_dir(mut self, dir: impl AsRef<Path>) -> Self {
        dir.as_ref().clone_into(&mut self.dir);
        self
    }

    /// One that shares nothing with others of its kind, so any number may run.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.exclusive = false;
        self
    }

    /// What is launched: one recipe for each process. Setup and cleanup are no matter of a node's, and what must answer
    /// before the start and the reset are the first one's.
    pub(super) fn processes(&self) -> Vec<Self> {
        if self.nodes.is_empty() {
            return vec![self.clone()];
        }
        let mut each: Vec<Self> = self.nodes.iter().map(|node| node.on(self)).collect();
        for later in &mut each[1..] {
            (later.needs, later.reset) = (Vec::new(), None);
        }
        each
    }

    /// Whether `{port}` appears in it.
    pub fn takes_port(&self) -> bool {
        let values = self.env.iter().map(|(_, value)| value);
        self.args.iter().chain(values).any(|text| text.contains("{port}"))
    }
}

/// What one node of a launched cluster does otherwise than its [`Recipe`] says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeRecipe {
    /// Its program with the arguments.
    pub command: Option<(PathBuf, Vec<String>)>,
    /// Its directory.
    pub dir: Option<PathBuf>,
    /// Variables on top of those of the recipe.
    pub env: Vec<(String, String)>,
    /// Where it answers; `None`: a free port, chosen at each start.
    pub addr: Option<SocketAddr>,
}

impl NodeRecipe {
    /// The whole recipe of this node.
    fn on(&self, recipe: &Recipe) -> Recipe {
        let (program, args) =
            self.command.clone().unwrap_or_else(|| (recipe.program.clone(), recipe.args.clone()));
        let own = |name: &String| self.env.iter().any(|(other, _)| other == name);
        let shared = recipe.env.iter().filter(|(name, _)| !own(name));
        Recipe {
            program,
            args,
            dir: self.dir.clone().unwrap_or_else(|| recipe.dir.clone()),
            env: shared.chain(&self.env).cloned().collect(),
            addrs: self.addr.into_iter().collect(),
            nodes: Vec::new(),
            ..recipe.clone()
        }
    }
}

/// Which server to test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// One that runs already; several addresses are the nodes of one cluster.
    Attach {
        /// Where it answers.
        addrs: Vec<SocketAddr>,
    },
    /// One to launch.
    Launch(Box<Recipe>),
    /// The reference server as a process of its own, launched by this recipe.
    LaunchReference(Box<Recipe>),
    /// The reference server, inside this process.
    Reference,
}

/// Which server to test, and under what terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Which server.
    pub choice: Choice,
    /// The rule that chose it, as a reader knows it: `CHATSERVER_BIN`, `chatserver.toml`.
    pub found_by: String,
    /// The dialect it is spoken to in.
    pub dialect: DialectFacts,
    /// The dialect's text, which the reference server reads by itself.
    pub dialect_text: String,
    /// The `chatserver.toml` that was read.
    pub config_file: Option<PathBuf>,
    /// The directory for logs; made when needed.
    pub log_dir: PathBuf,
    /// A TCP balancer before the nodes, where there is one.
    pub balancer: Option<SocketAddr>,
    /// The cores for a launched server; empty: wherever the kernel likes.
    pub cores: Vec<usize>,
    /// Leave a launched server running at the end.
    pub keep: bool,
    /// Permit addresses that are neither of this machine nor private.
    pub allow_remote: bool,
    /// How long to wait for another run on the same server to end.
    pub lock_wait: Duration,
    /// What the reader should know besides.
    pub advice: Vec<String>,
}

impl Assignment {
    /// The terms by default: a guarded server, logs in the temporary directory, a minute's wait for another run.
    pub fn new(choice: Choice, dialect: DialectFacts, dialect_text: impl Into<String>) -> Self {
        Self {
            choice,
            found_by: "the caller".to_owned(),
            dialect,
            dialect_text: dialect_text.into(),
            config_file: None,
            log_dir: super::locate::scratch_dir(),
            balancer: None,
            cores: Vec::new(),
            keep: false,
            allow_remote: false,
            lock_wait: Duration::from_mins(1),
            advice: Vec::new(),
        }
    }
}

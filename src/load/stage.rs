//! The way in: what a stage needs, what can keep it from starting, and the thread it runs on.

use std::{io, net::SocketAddr, sync::Arc, thread};

use tokio::sync::{oneshot, watch};

use super::{AccountsError, Cancel, Plan, PlanError, Progress, crew};
use crate::{
    client::NamePrefix,
    error::Classified,
    kernel::raise_file_limit,
    process::confine,
    record::{Death, StagePlan, StageRecord},
    threshold::Rules,
    verdict::Exit,
    wire::dialect::Dialect,
};

/// Files that this process needs besides the connections.
const FILES_RESERVED: u64 = 128;

/// What a stage needs.
#[derive(Debug)]
pub struct StageInput {
    /// Its name; unique in the run.
    pub name: String,
    /// Whether it only warms the server up.
    pub warm_up: bool,
    /// How the server speaks.
    pub dialect: Arc<Dialect>,
    /// Where it listens: each node, among whom the users are divided, or one address.
    pub nodes: Arc<[SocketAddr]>,
    /// Whether a balancer answers there, whose reading is not the server's.
    pub relayed: bool,
    /// The nodes behind it, where they are known.
    pub behind: Arc<[SocketAddr]>,
    /// What is to be done.
    pub plan: Plan,
    /// What it is held to.
    pub rules: Rules,
    /// What the marks of this stage bear: marks with another number are those of other runs. Different for each stage. Each
    /// further thread of the generator takes the next number.
    pub run: u16,
    /// The names of this stage's users. Different for each stage.
    pub names: NamePrefix,
    /// Where the server's death is announced, when the server was launched by us.
    pub death: Option<watch::Receiver<Option<Arc<Death>>>>,
    /// Ends the stage early.
    pub cancel: Cancel,
    /// The cores of the generator's thread; empty: wherever the kernel likes.
    pub cores: Vec<usize>,
    /// Where progress is told.
    pub progress: Option<watch::Sender<Progress>>,
}

impl StageInput {
    /// The same for one part of it, which tells nobody of its progress.
    pub(super) fn part(&self) -> Self {
        Self {
            name: self.name.clone(),
            warm_up: self.warm_up,
            dialect: self.dialect.clone(),
            nodes: self.nodes.clone(),
            relayed: self.relayed,
            behind: self.behind.clone(),
            plan: self.plan.clone(),
            rules: self.rules.clone(),
            run: self.run,
            names: self.names.clone(),
            death: self.death.clone(),
            cancel: self.cancel.clone(),
            cores: self.cores.clone(),
            progress: None,
        }
    }

    /// What is to be done, for the record.
    pub(super) fn facts(&self) -> StagePlan {
        StagePlan { nodes: self.nodes.len() as u64, ..self.plan.facts() }
    }

    /// A stage with fresh names and a fresh number for its marks.
    pub fn new(name: &str, dialect: Arc<Dialect>, addr: SocketAddr, plan: Plan) -> Self {
        Self {
            name: name.to_owned(),
            warm_up: false,
            dialect,
            nodes: Arc::new([addr]),
            relayed: false,
            behind: Arc::default(),
            plan,
            rules: Rules::default(),
            run: fastrand::u16(..),
            names: NamePrefix::fresh(),
            death: None,
            cancel: Cancel::new(),
            cores: Vec::new(),
            progress: None,
        }
    }
}

/// Why a stage did not start, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The plan cannot be run.
    #[error("the stage cannot be run: {0}")]
    Plan(#[from] PlanError),
    /// The accounts cannot be used.
    #[error("the stage cannot be run: {0}")]
    Accounts(#[from] AccountsError),
    /// The dialect has no such request.
    #[error("the workload needs {request}, which the dialect `{dialect}` does not have")]
    NotSpoken {
        /// The missing request.
        request: &'static str,
        /// The dialect.
        dialect: String,
    },
    /// More connections than this process may open files.
    #[error(
        "{clients} clients need {needed} open files, and this process may open {limit}: raise the limit (`ulimit -n \
         {needed}`, `ulimit -Hn` shows how far) or ask for at most {} clients",
        limit.saturating_sub(FILES_RESERVED)
    )]
    TooManyFiles {
        /// As planned.
        clients: u64,
        /// Connections and what the harness itself keeps open.
        needed: u64,
        /// The hard limit.
        limit: u64,
    },
    /// The kernel refused the generator something that it cannot do without.
    #[error("the load generator cannot go on: {0}")]
    Kernel(#[from] io::Error),
    /// The generator's thread ended without a word.
    #[error("the load generator ended without a result; the log tells why")]
    Vanished,
}

impl Classified for StageError {
    fn exit(&self) -> Exit {
        match self {
            Self::Plan(_)
            | Self::Accounts(_)
            | Self::NotSpoken { .. }
            | Self::TooManyFiles { .. } => Exit::Usage,
            Self::Kernel(_) | Self::Vanished => Exit::Invalid,
        }
    }
}

/// Runs a stage on a thread of its own and gives what was seen. A server that refuses everything, or dies, gives a
/// record too.
///
/// Dropping the future cancels the stage.
///
/// # Errors
/// The stage could not be started, or the generator itself failed.
pub async fn run_stage(input: StageInput) -> Result<StageRecord, StageError> {
    struct CancelOnDrop(Cancel);
    impl Drop for CancelOnDrop {
        fn drop(&mut self) {
            self.0.cancel();
        }
    }
    // A private switch that follows the caller's: dropping this future must not cancel other stages.
    let private = input.cancel.child();
    let _guard = CancelOnDrop(private.clone());
    let input = StageInput { cancel: private, ..input };
    let (sender, result) = oneshot::channel();
    thread::Builder::new().name("generator".to_owned()).spawn(move || {
        if !input.cores.is_empty()
            && let Err(error) = confine(&input.cores)
        {
            tracing::warn!(%error, cores = ?input.cores, "the generator runs on any core");
        }
        // The caller may be gone; then nobody wants the result.
        let _ = sender.send(run_stage_blocking(input));
    })?;
    result.await.unwrap_or(Err(StageError::Vanished))
}

/// As [`run_stage`], on the calling thread.
///
/// # Errors
/// As [`run_stage`].
pub fn run_stage_blocking(input: StageInput) -> Result<StageRecord, StageError> {
    input.plan.check()?;
    let clients = input.plan.clients as u64;
    let limit = raise_file_limit()?.soft;
    let needed = clients + FILES_RESERVED;
    if needed > limit {
        return Err(StageError::TooManyFiles { clients, needed, limit });
    }
    crew::run(input)
}

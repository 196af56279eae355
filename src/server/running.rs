//! The server under test while it is being tested.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{oneshot, watch};

#[cfg(feature = "refserver")]
use super::reference::InProcess;
use super::{
    Assignment, Choice, Recipe, ServerError,
    launch::{Launched, run_step, shell},
    locate::{find_program, is_local, needs_permission},
    lock::Lock,
    nodes::Nodes,
    ready::{check_needs, connect, plain},
};
use crate::{
    kernel::{holder_of, program_of},
    process::{Epilogue, ProcessError, StopRule, Tails, is_ending},
    record::{Death, Target, TargetKind},
};

/// The server under test. It belongs to no runtime: tests on different runtimes may share it.
///
/// Dropping it stops what it launched, waits until that is gone and runs the recipe's `cleanup`. A server in a static,
/// which Rust never drops, ends with the process: a guard sees to both.
#[derive(Debug)]
pub struct Server {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    assignment: Assignment,
    lock: Option<Lock>,
    running: Mutex<Running>,
    /// Held while the server is restarted or stopped; never while it is used.
    changing: tokio::sync::Mutex<()>,
    /// Runs `cleanup` when the server is dropped, or this process ends, without [`Server::stop`]. Dropped after `running`.
    epilogue: Mutex<Option<Epilogue>>,
}

/// One life of the server: each start begins another.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) addrs: Arc<[SocketAddr]>,
    /// Kept, so that a receiver can always tell "no death" from "no news any more".
    pub(super) death: watch::Sender<Option<Arc<Death>>>,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Attached {
        pid: Option<u32>,
    },
    Launched(Nodes),
    #[cfg(feature = "refserver")]
    Reference(InProcess),
    Stopped {
        last: Option<Nodes>,
    },
}

impl Server {
    /// Attaches to or launches the server of `assignment`, and returns when it answers. Any runtime will do; the caller's
    /// is not blocked.
    pub async fn start(assignment: Assignment) -> Result<Self, ServerError> {
        apart(async move {
            let recipe = recipe_of(&assignment.choice);
            if let Some(recipe) = recipe {
                // Before another run is waited for, and before anything is changed.
                for process in recipe.processes() {
                    find_program(&process.program, &process.dir, &assignment.found_by)?;
                }
            }
            let lock = take_lock(&assignment).await?;
            let mut epilogue = None;
            if let Some(recipe) = recipe {
                check_needs(&recipe.needs).await?;
                if let Some(line) = recipe.cleanup.as_deref().filter(|_| !assignment.keep) {
                    let held = lock.as_ref().map(Lock::file);
                    let command = shell(line, recipe);
                    epilogue = Some(Epilogue::prepare(&command, recipe.command_deadline, held)?);
                }
                run_step("setup", recipe.setup.as_deref(), recipe).await?;
            }
            let running = begin(&assignment, lock.as_ref()).await?;
            if let (Some(epilogue), What::Launched(nodes)) = (&mut epilogue, &running.what) {
                nodes.before(epilogue);
            }
            let inner = Inner {
                assignment,
                lock,
                running: Mutex::new(running),
                changing: tokio::sync::Mutex::new(()),
                epilogue: Mutex::new(epilogue),
            };
            Ok(Self { inner: Arc::new(inner) })
        })
        .await?
    }

    /// Where it answers now; several for the nodes of a cluster. A restart may change it.
    pub fn addrs(&self) -> Arc<[SocketAddr]> {
        Arc::clone(&self.running().addrs)
    }

    /// The first of its addresses.
    ///
    /// # Panics
    /// Never: a server without an address is not started.
    pub fn addr(&self) -> SocketAddr {
        self.addrs()[0]
    }

    /// The balancer before its nodes, where there is one.
    pub fn balancer(&self) -> Option<SocketAddr> {
        self.inner.assignment.balancer
    }

    /// The process that listens, where it is of this machine and visible to this user; of a cluster that of the first
    /// node.
    pub fn pid(&self) -> Option<u32> {
        match &self.running().what {
            What::Attached { pid } => *pid,
            What::Launched(nodes) => Some(nodes.first().pid),
            #[cfg(feature = "refserver")]
            What::Reference(_) => Some(std::process::id()),
            What::Stopped { .. } => None,
        }
    }

    /// Each of its nodes: where it answers, and its process where that is known.
    pub fn processes(&self) -> Vec<(SocketAddr, Option<u32>)> {
        let addrs = self.addrs();
        let first = self.pid();
        let running = self.running();
        let pid = |(index, addr): (usize, &SocketAddr)| match running.nodes() {
            Some(nodes) => nodes.at(*addr).map(|node| node.pid),
            None => first.filter(|_| index == 0),
        };
        let pids: Vec<_> = addrs.iter().enumerate().map(pid).collect();
        addrs.iter().copied().zip(pids).collect()
    }

    /// Whether any process of it is on its way out, where that can be seen. The news of its death come a little later.
    pub fn is_ending(&self) -> bool {
        self.processes().into_iter().filter_map(|(_, pid)| pid).any(is_ending)
    }

    /// Whether it runs on this machine, so that the kernel can be asked about its sockets.
    pub fn is_local(&self) -> bool {
        self.addrs().iter().all(|addr| is_local(*addr))
    }

    /// Whether the harness started it, and so may restart it.
    pub fn is_ours(&self) -> bool {
        !matches!(self.inner.assignment.choice, Choice::Attach { .. })
    }

    /// Whether the harness launched it as a process, so that signals reach it and nothing else.
    pub fn is_process(&self) -> bool {
        recipe_of(&self.inner.assignment.choice).is_some()
    }

    /// How it is stopped, where it was launched.
    pub fn stop_rule(&self) -> Option<StopRule> {
        recipe_of(&self.inner.assignment.choice).map(|recipe| recipe.stop)
    }

    /// The file with its output, where it was launched; on a cluster that of the node that died, else of the first.
    pub fn log_path(&self) -> Option<PathBuf> {
        self.with_launched(|launched| launched.log.clone())
    }

    /// The file with the output of the node that answers at `addr`; at any other address [`Server::log_path`].
    pub fn log_at(&self, addr: SocketAddr) -> Option<PathBuf> {
        let running = self.running();
        let nodes = running.nodes()?;
        Some(nodes.at(addr).unwrap_or_else(|| nodes.concerned()).log.clone())
    }

    /// The directory for its logs and for what is found out about it.
    pub fn log_dir(&self) -> &Path {
        &self.inner.assignment.log_dir
    }

    /// Looks at what was launched, while it lives and after; of a cluster at the node that died, else at the first.
    pub(super) fn with_launched<T>(&self, look: impl FnOnce(&Launched) -> T) -> Option<T> {
        self.running().nodes().map(|nodes| look(nodes.concerned()))
    }

    /// The last lines it wrote, where it was launched.
    pub fn output_tail(&self) -> Tails {
        self.with_launched(|launched| launched.child.output().tails()).unwrap_or_default()
    }

    /// What the reference server in this process has counted, independently of the harness; `None` for any other server.
    #[cfg(feature = "refserver")]
    pub fn reference_counters(&self) -> Option<chatserver_refserver::Counters> {
        match &self.running().what {
            What::Reference(server) => Some(server.counters()),
            _ => None,
        }
    }

    /// Stops it if it runs, runs `reset`, and starts it again: a new life with a new death, log and perhaps address.
    pub async fn restart(&self) -> Result<(), ServerError> {
        self.begin_again(self.inner.assignment.clone()).await
    }

    /// As [`Server::restart`], but without `reset`: whatever the last life left behind is still there.
    pub async fn resume(&self) -> Result<(), ServerError> {
        let mut assignment = self.inner.assignment.clone();
        if let Choice::Launch(recipe) | Choice::LaunchReference(recipe) = &mut assignment.choice {
            recipe.reset = None;
        }
        self.begin_again(assignment).await
    }

    async fn begin_again(&self, assignment: Assignment) -> Result<(), ServerError> {
        if !self.is_ours() {
            return Err(ServerError::NotOurs { addr: self.addr(), action: "restarted" });
        }
        let inner = Arc::clone(&self.inner);
        apart(async move {
            let _changing = inner.changing.lock().await;
            inner.end().await;
            let running = begin(&assignment, inner.lock.as_ref()).await?;
            if let (Some(epilogue), What::Launched(nodes)) = (&mut *inner.epilogue(), &running.what)
            {
                nodes.before(epilogue);
            }
            *inner.running() = running;
            Ok(())
        })
        .await?
    }

    /// Stops what was launched and runs the recipe's `cleanup`. A server that was attached to, or is to be kept, runs
    /// on. Stopping twice is no error.
    pub async fn stop(&self) -> Result<(), ServerError> {
        if self.inner.assignment.keep {
            return Ok(());
        }
        let inner = Arc::clone(&self.inner);
        apart(async move {
            let _changing = inner.changing.lock().await;
            inner.end().await;
            let called_off = inner.epilogue().take();
            match (called_off, recipe_of(&inner.assignment.choice)) {
                (Some(epilogue), Some(recipe)) => {
                    // The same command, but with its outcome.
                    epilogue.call_off();
                    run_step("cleanup", recipe.cleanup.as_deref(), recipe).await
                }
                _ => Ok(()),
            }
        })
        .await?
    }

    /// The facts for a report.
    pub fn target(&self) -> Target {
        let assignment = &self.inner.assignment;
        let pid = self.pid();
        let running = self.running();
        let nodes = running.nodes();
        let launched = nodes.map(Nodes::first);
        let recipe = recipe_of(&assignment.choice);
        let mut advice = assignment.advice.clone();
        if let (true, Some(nodes)) = (assignment.keep, nodes) {
            advice.push(nodes.kept_text());
        }
        Target {
            how: match assignment.choice {
                Choice::Attach { .. } => TargetKind::Attached,
                Choice::Launch(_) => TargetKind::Launched,
                Choice::LaunchReference(_) => TargetKind::Reference { in_process: false },
                Choice::Reference => TargetKind::Reference { in_process: true },
            },
            found_by: assignment.found_by.clone(),
            addrs: running.addrs.to_vec(),
            program: launched
                .map(|launched| launched.program.clone())
                .or_else(|| pid.and_then(program_of).map(PathBuf::from)),
            command_line: launched.map(|launched| launched.command_line.clone()),
            dir: recipe.map(|recipe| recipe.dir.clone()),
            pid,
            dialect: assignment.dialect.clone(),
            config_file: assignment.config_file.clone(),
            log: launched.map(|launched| launched.log.clone()),
            further_nodes: nodes.map(Nodes::further).unwrap_or_default(),
            advice,
        }
    }
}

impl Server {
    pub(super) fn running(&self) -> MutexGuard<'_, Running> {
        self.inner.running()
    }
}

impl Running {
    pub(super) fn nodes(&self) -> Option<&Nodes> {
        match &self.what {
            What::Launched(nodes) | What::Stopped { last: Some(nodes) } => Some(nodes),
            _ => None,
        }
    }
}

impl Inner {
    fn running(&self) -> MutexGuard<'_, Running> {
        // Every change is one assignment, so a panic elsewhere leaves it whole.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn epilogue(&self) -> MutexGuard<'_, Option<Epilogue>> {
        self.epilogue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends this life of the server, if it was ours.
    async fn end(&self) {
        let children = match &self.running().what {
            What::Launched(nodes) => nodes.children(),
            _ => Vec::new(),
        };
        // All are asked before the first is waited for.
        for child in &children {
            child.ask_to_stop();
        }
        for child in children {
            let _ = child.stop().await;
        }
        let mut running = self.running();
        if !matches!(running.what, What::Attached { .. }) {
            let ended = std::mem::replace(&mut running.what, What::Stopped { last: None });
            if let What::Launched(nodes) | What::Stopped { last: Some(nodes) } = ended {
                running.what = What::Stopped { last: Some(nodes) };
            }
        }
    }
}

fn recipe_of(choice: &Choice) -> Option<&Recipe> {
    match choice {
        Choice::Launch(recipe) | Choice::LaunchReference(recipe) => Some(recipe),
        Choice::Attach { .. } | Choice::Reference => None,
    }
}

async fn take_lock(assignment: &Assignment) -> Result<Option<Lock>, ServerError> {
    let (what, key) = match &assignment.choice {
        Choice::Attach { addrs } => {
            let Some(addr) = addrs.first() else { return Ok(None) };
            (format!("the server at {addr}"), format!("address {addr}"))
        }
        Choice::Launch(recipe) | Choice::LaunchReference(recipe) if recipe.exclusive => {
            let shared = match &assignment.config_file {
                Some(file) => file.display().to_string(),
                None => shared_name(recipe, assignment),
            };
            (format!("the same server ({shared})"), format!("recipe {shared}"))
        }
        _ => return Ok(None),
    };
    Lock::take(&what, &key, assignment.lock_wait).await.map(Some)
}

/// The program by its real path, however it was written.
fn shared_name(recipe: &Recipe, assignment: &Assignment) -> String {
    let found = find_program(&recipe.program, &recipe.dir, &assignment.found_by).ok();
    let real = found.and_then(|path| path.canonicalize().ok());
    real.as_ref().unwrap_or(&recipe.program).display().to_string()
}

/// Begins a life of the server.
async fn begin(assignment: &Assignment, lock: Option<&Lock>) -> Result<Running, ServerError> {
    match &assignment.choice {
        Choice::Attach { addrs } => attach(addrs, assignment).await,
        Choice::Launch(recipe) | Choice::LaunchReference(recipe) => {
            let nodes = Nodes::launch(recipe, assignment, lock.map(Lock::file)).await?;
            let (addrs, death) = (nodes.addrs(), nodes.death().clone());
            Ok(Running { addrs, death, what: What::Launched(nodes) })
        }
        #[cfg(feature = "refserver")]
        Choice::Reference => {
            let server = InProcess::start(&assignment.dialect_text)?;
            let addrs = Arc::new([server.addr()]);
            Ok(Running { addrs, death: watch::Sender::new(None), what: What::Reference(server) })
        }
        #[cfg(not(feature = "refserver"))]
        Choice::Reference => Err(ServerError::Reference {
            why: "this build has no reference server (feature `refserver`); name your server with CHATSERVER_BIN or \
                  CHATSERVER_ADDR"
                .to_owned(),
        }),
    }
}

async fn attach(addrs: &[SocketAddr], assignment: &Assignment) -> Result<Running, ServerError> {
    let found_by = &assignment.found_by;
    for addr in addrs.iter().chain(&assignment.balancer) {
        if !assignment.allow_remote && needs_permission(*addr) {
            return Err(ServerError::Remote { addr: *addr });
        }
        connect(*addr).await.map_err(|error| ServerError::Unreachable {
            addr: *addr,
            why: plain(&error),
            found_by: found_by.clone(),
        })?;
    }
    let first = addrs.first().filter(|addr| is_local(**addr));
    let pid = first.and_then(|addr| holder_of(*addr).ok().flatten()).map(|holder| holder.pid);
    Ok(Running {
        addrs: addrs.into(),
        death: watch::Sender::new(None),
        what: What::Attached { pid },
    })
}

/// Runs `work` on a thread and runtime of its own, so that neither the caller's runtime nor its timers matter, and
/// nothing here blocks it.
async fn apart<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, ServerError> {
    let failed = |source| ServerError::Process(ProcessError::Thread { source });
    let (done, result) = oneshot::channel();
    std::thread::Builder::new()
        .name("chatserver-server".to_owned())
        .spawn(move || {
            let outcome = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map(|runtime| runtime.block_on(work));
            // A caller that no longer waits drops the result, and with it what was started.
            let _ = done.send(outcome);
        })
        .map_err(failed)?;
    result.await.unwrap_or_else(|_| Err(io::Error::other("it panicked"))).map_err(failed)
}

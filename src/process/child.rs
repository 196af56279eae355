//! A running child, kept by a thread of its own: drained, watched, stopped, reaped.

use std::{
    fs::File,
    io,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    Invocation, LogLimits, Output, ProcessError, Status, StopRule, StopSignal, Tails,
    cores::confine,
    group::{living_in, signal_members},
    guard::Guard,
    log_file::LogFile,
    tender::{Tended, tend},
};

/// What to start, and how to keep it.
#[derive(Debug)]
pub struct Launch {
    /// The program.
    pub invocation: Invocation,
    /// The file for its output; `None`: only the last lines are kept.
    pub log: Option<PathBuf>,
    /// How much of the output the file keeps.
    pub log_limits: LogLimits,
    /// How it is stopped.
    pub stop: StopRule,
    /// A text in its output that is waited for (see [`Output::announced`]).
    pub awaited: Option<String>,
    /// A lock file that stays open until the whole group is gone, also if this process is gone earlier.
    pub holds: Option<File>,
    /// Run it, and all that it starts, on these cores; empty: wherever the kernel likes.
    pub cores: Vec<usize>,
    /// Leave it running when this process ends or drops the [`Child`]: no guard, and its output goes straight into
    /// `log`, without bound. Only an explicit [`Child::stop`] ends it.
    pub keep: bool,
}

impl Launch {
    /// With the defaults: no log file, SIGINT and 5 s, nothing awaited, guarded.
    pub fn new(invocation: Invocation) -> Self {
        Self {
            invocation,
            log: None,
            log_limits: LogLimits::default(),
            stop: StopRule::default(),
            awaited: None,
            holds: None,
            cores: Vec::new(),
            keep: false,
        }
    }
}

/// The end of a child.
#[derive(Debug, Clone)]
pub struct Ending {
    /// How its process ended.
    pub status: Status,
    /// When that was noticed.
    pub at: Timestamp,
    /// How long it had lived.
    pub uptime: Duration,
    /// Whether it had been asked to stop.
    pub asked: bool,
    /// Its last lines.
    pub tails: Tails,
}

/// What the owner wants of the thread that keeps the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Keep,
    Stop,
    /// Leave it running and forget it.
    Abandon,
}

/// A running child. Dropping it stops it (unless it was launched to be kept) and waits until it is gone.
#[derive(Debug)]
pub struct Child {
    pid: u32,
    group: u32,
    keep: bool,
    output: Arc<Output>,
    orders: watch::Sender<Order>,
    ending: watch::Receiver<Option<Arc<Ending>>>,
    thread: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts a child on a thread of its own, so it depends on no caller's runtime. Returns once it runs, which takes
    /// some milliseconds; whether it is *ready* is another question.
    ///
    /// `on_end` is called on that thread when the child has ended and its output is read, asked for or not.
    pub fn start(
        launch: Launch,
        on_end: impl FnOnce(&Ending) + Send + 'static,
    ) -> Result<Self, ProcessError> {
        let (orders, taken_orders) = watch::channel(Order::Keep);
        let (end, ending) = watch::channel(None);
        let (started, start) = mpsc::sync_channel(1);
        let keep = launch.keep;
        let body = move || {
            // Inherited by whatever this thread starts.
            if !launch.cores.is_empty()
                && let Err(error) = confine(&launch.cores)
            {
                tracing::warn!(%error, cores = ?launch.cores, "the child runs on any core");
            }
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(source) => {
                    let _ = started.send(Err(ProcessError::Thread { source }));
                    return;
                }
            };
            runtime.block_on(async move {
                let tended = match set_up(launch).await {
                    Ok(tended) => tended,
                    Err(error) => {
                        let _ = started.send(Err(error));
                        return;
                    }
                };
                let _ = started.send(Ok((tended.pid, tended.group, Arc::clone(&tended.output))));
                if let Some(ending) = tend(tended, taken_orders).await {
                    on_end(&ending);
                    end.send_replace(Some(Arc::new(ending)));
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("chatserver-child".to_owned())
            .spawn(body)
            .map_err(|source| ProcessError::Thread { source })?;
        let gone = || ProcessError::Thread { source: io::Error::other("it ended early") };
        let (pid, group, output) = start.recv().map_err(|_| gone())??;
        Ok(Self { pid, group, keep, output, orders, ending, thread: Some(thread) })
    }

    /// The process id of the program that was started.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The number of its process group.
    pub(super) fn group(&self) -> u32 {
        self.group
    }

    /// Whether `pid` is a living process of this child's group: the child, or one that it started.
    pub fn owns(&self, pid: u32) -> bool {
        living_in(pid) == Some(self.group)
    }

    /// What it has written so far.
    pub fn output(&self) -> &Arc<Output> {
        &self.output
    }

    /// Its end, if it has ended.
    pub fn ended(&self) -> Option<Arc<Ending>> {
        self.ending.borrow().clone()
    }

    /// Waits for its end, on any runtime. `None` only if the thread that kept it was lost.
    pub async fn wait(&self) -> Option<Arc<Ending>> {
        let mut ending = self.ending.clone();
        ending.wait_for(Option::is_some).await.ok().and_then(|ended| ended.clone())
    }

    /// Sends a signal to it and to all that it started, and does no more: an end that follows counts as its own. Tells
    /// whether anybody was there.
    pub fn signal(&self, signal: StopSignal) -> bool {
        // The guard leads the group, except where the child itself does.
        signal_members(self.group, if self.keep { 0 } else { self.group }, signal)
    }

    /// Asks it to stop, and has what is left of its group killed after the grace period.
    pub fn ask_to_stop(&self) {
        self.orders.send_replace(Order::Stop);
    }

    /// As [`Child::ask_to_stop`], and waits for its end.
    pub async fn stop(&self) -> Option<Arc<Ending>> {
        self.ask_to_stop();
        self.wait().await
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let order = if self.keep { Order::Abandon } else { Order::Stop };
        // An order to stop that was given already stands.
        self.orders.send_if_modified(|given| {
            let open = *given == Order::Keep;
            if open {
                *given = order;
            }
            open
        });
        // Bounded: grace, SIGKILL, and the bounds on reading the rest. Not on the thread itself (a panic in `on_end`).
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::warn!(pid = self.pid, "the thread that kept a child panicked");
        }
    }
}

/// Opens the log, starts the guard, then the program in the guard's group.
async fn set_up(launch: Launch) -> Result<Tended, ProcessError> {
    let Launch { invocation, log, log_limits, stop, awaited, holds, keep, cores: _ } = launch;
    let log_error = |path: &PathBuf, source| ProcessError::Log { path: path.clone(), source };
    let start_error = |source| ProcessError::Start {
        command: invocation.to_string(),
        dir: invocation.dir.clone(),
        source,
    };

    super::inheritance::handle_what_is_ignored().map_err(start_error)?;
    let guard = if keep {
        None
    } else {
        let guard = Guard::start(stop.signal, holds.as_ref()).await;
        Some(guard.map_err(|source| ProcessError::Guard { source })?)
    };
    let mut command = invocation.command(guard.as_ref().map_or(0, |guard| guard.pid.cast_signed()));

    // A kept child outlives this process, so nobody would read its pipe: it writes into the file itself.
    let (file, followed) = match (&log, keep) {
        (Some(path), false) => {
            let file = LogFile::create(path, log_limits).map_err(|e| log_error(path, e))?;
            (Some(file), None)
        }
        (Some(path), true) => {
            let open = || -> io::Result<(Stdio, Stdio, File)> {
                File::create(path)?;
                let file = File::options().append(true).open(path)?;
                Ok((file.try_clone()?.into(), file.into(), File::open(path)?))
            };
            let (out, err, followed) = open().map_err(|e| log_error(path, e))?;
            command.stdout(out).stderr(err);
            (None, Some(followed))
        }
        (None, true) => {
            command.stdout(Stdio::null()).stderr(Stdio::null());
            (None, None)
        }
        (None, false) => (None, None),
    };

    let started = Instant::now();
    let process = command.spawn().map_err(start_error)?;
    let pid = process.id().ok_or_else(|| start_error(io::Error::other("it has no pid")))?;
    let mut tended = Tended {
        pid,
        group: guard.as_ref().map_or(pid, |guard| guard.pid),
        process,
        guard,
        stop,
        started,
        output: Arc::new(Output::new(log, file, awaited.as_deref())),
        followed,
    };
    if let Some(guard) = &mut tended.guard {
        guard.watch(pid).await.map_err(|source| ProcessError::Guard { source })?;
    }
    Ok(tended)
}

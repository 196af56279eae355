//! One start of a recipe: address, reset, child, readiness.

use std::{
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::sync::watch;

use super::{
    Assignment, Recipe, ServerError,
    core_file::CoreFile,
    locate::{find_program, scratch_dir},
    ready::{NotReady, check_needs, wait_ready},
};
use crate::{
    kernel::{Holder, free_port, holder_of, listener_at},
    process::{Child, Ending, Invocation, Launch, run_once},
    record::Death,
};

/// How often a start is repeated with another port when somebody else took the chosen one first.
const PORT_RACES_MAX: u32 = 5;

/// How many logs stay in the temporary directory.
const LOGS_KEPT: usize = 200;

/// A launched server that is ready.
#[derive(Debug)]
pub(super) struct Launched {
    pub(super) child: Arc<Child>,
    pub(super) addrs: Arc<[SocketAddr]>,
    /// The process that listens: the child, or one that it started.
    pub(super) pid: u32,
    pub(super) program: PathBuf,
    pub(super) command_line: String,
    pub(super) log: PathBuf,
    /// Its own death.
    pub(super) death: watch::Sender<Option<Arc<Death>>>,
    /// Dropped with this life of the server, after `child`.
    pub(super) core: CoreFile,
}

/// Where the deaths of a server's processes are announced, and how each of them is called in the news.
#[derive(Debug, Clone)]
pub(super) struct News {
    /// The first death of any of them.
    pub(super) any: watch::Sender<Option<Arc<Death>>>,
    /// Whether it is one of several.
    pub(super) of_several: bool,
}

/// Runs `needs` and `reset`, starts the program and waits until it is ready.
pub(super) async fn launch(
    recipe: &Recipe,
    assignment: &Assignment,
    lock: Option<&File>,
    news: &News,
) -> Result<Launched, ServerError> {
    let program = find_program(&recipe.program, &recipe.dir, &assignment.found_by)?;
    if !recipe.dir.is_dir() {
        let found_by = assignment.found_by.clone();
        return Err(ServerError::NoDirectory { dir: recipe.dir.clone(), found_by });
    }
    if recipe.addrs.is_empty() && !recipe.takes_port() {
        let command = Invocation::new(program).with_args(recipe.args.clone()).to_string();
        return Err(ServerError::NoAddress { command });
    }
    check_needs(&recipe.needs).await?;

    let mut races = 0;
    loop {
        let attempt = Attempt::prepare(recipe, assignment, &program)?;
        match attempt.run(recipe, assignment, lock, news).await {
            // The port was free a moment ago; who took it may have let it go again, as another search for a port does.
            Err(ServerError::Busy { .. }) if recipe.addrs.is_empty() && races < PORT_RACES_MAX => {
                races += 1;
            }
            // Somebody else listens on the port that was free a moment ago.
            Err(ServerError::ExitedEarly { .. })
                if recipe.addrs.is_empty()
                    && races < PORT_RACES_MAX
                    && attempt
                        .addrs
                        .iter()
                        .any(|addr| matches!(listener_at(*addr), Ok(Some(_)))) =>
            {
                races += 1;
                tracing::info!(?attempt.addrs, "the chosen port was taken meanwhile");
            }
            outcome => return outcome,
        }
    }
}

/// Runs one of the recipe's shell lines.
pub(super) async fn run_step(
    step: &'static str,
    line: Option<&str>,
    recipe: &Recipe,
) -> Result<(), ServerError> {
    let Some(line) = line else { return Ok(()) };
    let ended = run_once(shell(line, recipe), recipe.command_deadline).await?;
    if ended.status.is_success() {
        return Ok(());
    }
    Err(ServerError::Step {
        step,
        command: line.to_owned(),
        how: ended.status.to_string(),
        tail: ended.tails.joined(),
    })
}

/// A shell line of the recipe, in its directory and with its variables.
pub(super) fn shell(line: &str, recipe: &Recipe) -> Invocation {
    let plain = recipe.env.iter().filter(|(_, value)| !value.contains("{port}")).cloned();
    Invocation { env: plain.collect(), ..Invocation::shell(line).in_dir(&recipe.dir) }
}

/// One start with one address.
struct Attempt {
    addrs: Arc<[SocketAddr]>,
    invocation: Invocation,
    log: PathBuf,
}

impl Attempt {
    fn prepare(
        recipe: &Recipe,
        assignment: &Assignment,
        program: &Path,
    ) -> Result<Self, ServerError> {
        let addrs: Arc<[SocketAddr]> = if recipe.addrs.is_empty() {
            let port = free_port().map_err(|source| ServerError::File {
                what: "found no free port; see",
                path: "/proc/sys/net/ipv4/ip_local_port_range".into(),
                source,
            })?;
            Arc::new([SocketAddr::from((Ipv4Addr::LOCALHOST, port))])
        } else {
            recipe.addrs.iter().map(|addr| reachable(*addr)).collect()
        };
        let filled = |text: &str| {
            let first = recipe.addrs.first().or(addrs.first());
            first.map_or_else(
                || text.to_owned(),
                |addr| {
                    text.replace("{ip}", &addr.ip().to_string())
                        .replace("{port}", &addr.port().to_string())
                },
            )
        };
        let mut invocation =
            Invocation::new(program).with_args(recipe.args.iter().map(|arg| filled(arg)));
        invocation.dir = Some(recipe.dir.clone());
        invocation.env =
            recipe.env.iter().map(|(name, value)| (name.clone(), filled(value))).collect();
        Ok(Self { addrs, invocation, log: new_log(&assignment.log_dir)? })
    }

    async fn run(
        &self,
        recipe: &Recipe,
        assignment: &Assignment,
        lock: Option<&File>,
        news: &News,
    ) -> Result<Launched, ServerError> {
        for addr in self.addrs.iter() {
            // Where the kernel cannot be asked, the start itself will tell.
            if matches!(listener_at(*addr), Ok(Some(_))) {
                return Err(ServerError::Busy {
                    addr: *addr,
                    who: holder_of(*addr).ok().flatten(),
                });
            }
        }
        run_step("reset", recipe.reset.as_deref(), recipe).await?;

        let mut launch = Launch::new(self.invocation.clone());
        launch.log = Some(self.log.clone());
        launch.stop = recipe.stop;
        launch.awaited.clone_from(&recipe.ready.line);
        launch.keep = assignment.keep;
        launch.cores.clone_from(&assignment.cores);
        launch.holds = lock.and_then(|file| file.try_clone().ok());
        let death = watch::Sender::new(None);
        let (announce, any) = (death.clone(), news.any.clone());
        let log = self.log.clone();
        let node = self.addrs.first().copied().filter(|_| news.of_several);
        let child = Child::start(launch, move |ending| {
            if !ending.asked {
                let death = Arc::new(evidence(ending, log, node));
                announce.send_replace(Some(Arc::clone(&death)));
                // The first is the news; others may follow from it.
                any.send_if_modified(|known| known.is_none() && known.replace(death).is_none());
            }
        })?;

        let core = CoreFile::permit(child.pid(), &recipe.dir);
        match wait_ready(&child, &self.addrs, &recipe.ready).await {
            Ok(()) => {
                let listening = self.addrs.first().and_then(|addr| holder_of(*addr).ok().flatten());
                if let Some(other) = listening.clone().filter(|it| self.is_anothers(it, &child)) {
                    let _ = child.stop().await;
                    return Err(ServerError::Busy { addr: self.addrs[0], who: Some(other) });
                }
                let pid = listening.map(|holder| holder.pid).filter(|pid| child.owns(*pid));
                Ok(Launched {
                    pid: pid.unwrap_or_else(|| child.pid()),
                    child: Arc::new(child),
                    addrs: Arc::clone(&self.addrs),
                    program: self.invocation.program.clone(),
                    command_line: self.invocation.to_string(),
                    log: self.log.clone(),
                    death,
                    core,
                })
            }
            Err(NotReady::Ended(ending)) => Err(ServerError::ExitedEarly {
                command: self.invocation.to_string(),
                how: ending.status.to_string(),
                uptime: ending.uptime,
                tail: ending.tails.joined(),
                log: self.log.clone(),
            }),
            Err(NotReady::Late(missing)) => {
                let _ = child.stop().await;
                Err(ServerError::NeverReady {
                    command: self.invocation.to_string(),
                    missing,
                    waited: recipe.ready.deadline,
                    tail: child.output().tails().joined(),
                    log: self.log.clone(),
                })
            }
        }
    }

    /// Whether what listens is another life of the same program, which took the port before this one came to it. Of any other
    /// program it cannot be told: some servers are started by something else.
    fn is_anothers(&self, listening: &Holder, child: &Child) -> bool {
        let name = self.invocation.program.file_name().unwrap_or_default().to_string_lossy();
        !child.owns(listening.pid)
            && !listening.program.is_empty()
            && name.starts_with(&listening.program)
    }
}

/// The record of an end that nobody asked for.
fn evidence(ending: &Ending, log: PathBuf, node: Option<SocketAddr>) -> Death {
    Death {
        node,
        how: ending.status.clone().into(),
        at: ending.at,
        uptime_ms: u64::try_from(ending.uptime.as_millis()).unwrap_or(u64::MAX),
        stdout_tail: ending.tails.stdout.clone(),
        stderr_tail: ending.tails.stderr.clone(),
        log: Some(log),
    }
}

/// Where a server that listens on all addresses is reached.
fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, addr.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, addr.port()).into(),
        _ => addr,
    }
}

/// Of the logs in the directory that nobody chose, only the newest are kept.
fn drop_old_logs(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut logs: Vec<_> = entries
        .flatten()
        .filter(|entry| {
            // Logs, evidence, replays.
            let path = entry.path();
            path.extension().is_some_and(|is| is == "log" || is == "txt" || is == "json")
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    logs.sort();
    for (_, path) in logs.iter().take(logs.len().saturating_sub(LOGS_KEPT)) {
        // Another run may have been faster.
        let _ = fs::remove_file(path);
    }
}

/// A log of its own for each start: `server-PID-N.log`.
fn new_log(dir: &Path) -> Result<PathBuf, ServerError> {
    static STARTS: AtomicU32 = AtomicU32::new(1);
    fs::create_dir_all(dir).map_err(|source| ServerError::File {
        what: "cannot make the log directory",
        path: dir.to_owned(),
        source,
    })?;
    let number = STARTS.fetch_add(1, Ordering::Relaxed);
    if number == 1 && dir == scratch_dir() {
        drop_old_logs(dir);
    }
    Ok(dir.join(format!("server-{}-{number}.log", std::process::id())))
}

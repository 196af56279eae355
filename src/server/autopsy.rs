//! What can be found out about a server that died or hangs: its backtrace, and its threads as the kernel sees them.

use std::{fs, path::Path, time::Duration};

use tokio::time::timeout;

use super::Server;
use crate::{
    process::{Child, Invocation, Launch},
    record::{Backtrace, ThreadState},
};

/// How long a debugger may take: it reads the symbols of every library.
const DEBUGGER: Duration = Duration::from_secs(30);
/// How much of what it says is kept.
const LINES: usize = 400;
/// How much of a line: names of C++ templates are long.
const LINE_CHARACTERS: usize = 300;
/// How many threads are looked at.
const THREADS: usize = 64;
/// How many functions of a thread's stack inside the kernel are kept.
const KERNEL_FRAMES: usize = 12;
/// Nothing of the user's settings, of the network or of the program's own scripts.
const QUIET: [&str; 8] = [
    "-batch",
    "-nx",
    "-q",
    "-iex",
    "set auto-load no",
    "-iex",
    "set debuginfod enabled off",
    "-iex=set print frame-arguments none",
];
/// Lines of the debugger's that are about itself.
const CHATTER: [&str; 5] = ["[New LWP", "[Thread debugging", "Using host", "warning:", "[Inferior"];

impl Server {
    /// Where a launched server was in its own code when a signal ended it: read from its core file by gdb. Asked before
    /// the next start; a restart takes the core file away.
    pub async fn backtrace_of_death(&self) -> Backtrace {
        let death = self.death().borrow().clone();
        let found =
            self.with_launched(|launched| (launched.core.place.clone(), launched.program.clone()));
        let Some((place, program)) = found else {
            return missing("the harness did not launch this server as a process");
        };
        let core = match place {
            Ok(core) => core,
            Err(reason) => return missing(reason),
        };
        if !core.is_file() {
            let how =
                death.map_or_else(|| "it did not die".to_owned(), |death| death.how.to_string());
            return missing(format!("it left no core file ({how})"));
        }
        let (program, core) = (program.display().to_string(), core.display().to_string());
        debugger("its core file", [program, core], &["bt 40", "thread apply all bt 24"]).await
    }

    /// Where a server that still runs is in its own code: gdb looks at it for a moment; of a cluster at each node.
    pub async fn backtrace_of_life(&self) -> Backtrace {
        let pids = self.visible_pids();
        let (mut lines, mut first_missing) = (Vec::new(), None);
        for pid in &pids {
            let process = ["-p".to_owned(), pid.to_string()];
            match debugger("the living process", process, &["thread apply all bt 24"]).await {
                Backtrace::Taken { lines: taken, .. } => {
                    if pids.len() > 1 {
                        lines.push(format!("process {pid}"));
                    }
                    lines.extend(taken);
                }
                unseen @ Backtrace::Missing { .. } => {
                    first_missing = first_missing.or(Some(unseen));
                }
            }
        }
        match first_missing {
            _ if !lines.is_empty() => Backtrace::Taken { from: "the living process", lines },
            Some(unseen) => unseen,
            None => missing("it is no process of its own on this machine that can be seen"),
        }
    }

    /// The threads of a server of this machine.
    pub fn threads(&self) -> Vec<ThreadState> {
        self.visible_pids().into_iter().flat_map(threads_of).collect()
    }

    /// Memory, files and threads of a server of this machine, in the kernel's own words.
    pub fn process_facts(&self) -> Vec<String> {
        let pids = self.visible_pids();
        let wanted = ["Pid", "State", "VmRSS", "VmHWM", "Threads", "SigBlk", "SigIgn"];
        // One process needs no number.
        let wanted = if pids.len() > 1 { &wanted[..] } else { &wanted[1..] };
        let mut facts = Vec::new();
        for pid in pids {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let told = |line: &&str| wanted.iter().any(|key| line.starts_with(key));
            facts.extend(status.lines().filter(told).map(|line| line.replace('\t', " ")));
            if let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) {
                facts.push(format!("open files: {}", files.count()));
            }
        }
        facts
    }

    /// Its processes on this machine that are not this one.
    fn visible_pids(&self) -> Vec<u32> {
        let pids = self.processes().into_iter().filter_map(|(_, pid)| pid);
        pids.filter(|pid| *pid != std::process::id()).collect()
    }
}

fn missing(reason: impl Into<String>) -> Backtrace {
    Backtrace::Missing { reason: reason.into() }
}

/// Has gdb say these things about its target.
async fn debugger(from: &'static str, target: [String; 2], commands: &[&str]) -> Backtrace {
    let Ok(gdb) = which::which("gdb") else {
        return missing("gdb is not installed");
    };
    let Ok(scratch) = tempfile::tempdir() else {
        return missing("there is no temporary directory");
    };
    let log = scratch.path().join("gdb.log");
    let mut args: Vec<String> = QUIET.map(str::to_owned).to_vec();
    for command in commands {
        args.extend(["-ex".to_owned(), (*command).to_owned()]);
    }
    args.extend(target);
    let mut launch = Launch::new(Invocation::new(gdb).with_args(args));
    launch.log = Some(log.clone());
    let child = match Child::start(launch, |_| ()) {
        Ok(child) => child,
        Err(error) => return missing(format!("gdb was not started: {error}")),
    };
    let late = timeout(DEBUGGER, child.wait()).await.is_err();
    if late {
        let _ = child.stop().await;
    }
    let lines = lines_of(&log);
    if lines.iter().any(|line| line.starts_with('#')) {
        return Backtrace::Taken { from, lines };
    }
    let said = child.output().tails().joined().join(" | ");
    let late = if late { " within 30 s" } else { "" };
    missing(format!("gdb found no frames{late}; it said: {said}"))
}

/// What a debugger wrote: escaped, bounded, without what is about itself.
fn lines_of(log: &Path) -> Vec<String> {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let chatter = |line: &str| CHATTER.iter().any(|start| line.starts_with(start));
    // A source that is not installed.
    let absent = |line: &str| line.ends_with("No such file or directory.");
    let lines = text.lines().filter(|line| !line.is_empty() && !chatter(line) && !absent(line));
    lines.take(LINES).map(harmless).collect()
}

fn harmless(line: &str) -> String {
    let mut text = String::new();
    for character in line.chars().take(LINE_CHARACTERS) {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

/// The threads of a process, with what the kernel tells of each.
fn threads_of(pid: u32) -> Vec<ThreadState> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut threads: Vec<ThreadState> =
        tasks.flatten().take(THREADS).filter_map(|task| thread_at(&task.path())).collect();
    threads.sort_by_key(|thread| thread.tid);
    threads
}

fn thread_at(task: &Path) -> Option<ThreadState> {
    let read = |name: &str| fs::read_to_string(task.join(name)).ok();
    let stat = read("stat")?;
    let state = stat.rsplit_once(") ")?.1.chars().next()?;
    let waits_in = read("wchan").filter(|function| !matches!(function.as_str(), "" | "0"));
    let stack = read("stack").unwrap_or_default();
    Some(ThreadState {
        tid: task.file_name()?.to_str()?.parse().ok()?,
        name: harmless(read("comm").unwrap_or_default().trim_end()),
        state,
        waits_in: waits_in.map(|function| harmless(&function)),
        kernel_stack: stack.lines().take(KERNEL_FRAMES).map(harmless).collect(),
    })
}

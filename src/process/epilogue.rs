//! A command that runs after the children of this process are gone, also when this process ends by SIGKILL.

use std::{
    fs::File,
    io::{self, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use super::{
    Child, Invocation, ProcessError,
    group::{StopSignal, signal_group},
};

/// Reads the groups of the children that were started, until the pipe closes; waits until each of them is gone, ten
/// seconds at most; then becomes the command. A group is gone when the guard that leads it is.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM USR1 USR2 PIPE ALRM
lives() {
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    case "${stat##*)}" in ' Z'* | ' X'*) return 1 ;; esac
}
groups=
while read -r line; do groups="$groups $line"; done
tries=0
for group in $groups; do
    while [ "$tries" -lt 500 ] && lives "$group"; do
        sleep 0.02
        tries=$((tries + 1))
    done
done
trap - HUP INT QUIT TERM USR1 USR2 PIPE ALRM
exec "$@" </dev/null >/dev/null 2>&1
"#;

/// How often it is asked whether the command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A command that waits for the end of this process, or for being dropped, which runs it and waits until it has ended.
#[derive(Debug)]
pub struct Epilogue {
    process: std::process::Child,
    deadline: Duration,
    called_off: bool,
}

impl Epilogue {
    /// Prepares the command. What it `holds` (a lock) stays open until it has run. Dropped, it is given `deadline`.
    #[expect(clippy::disallowed_types, reason = "this room makes the children")]
    pub fn prepare(
        invocation: &Invocation,
        deadline: Duration,
        holds: Option<&File>,
    ) -> Result<Self, ProcessError> {
        use std::os::unix::process::CommandExt;

        let start = || -> io::Result<std::process::Child> {
            let held = match holds {
                Some(file) => Stdio::from(file.try_clone()?),
                None => Stdio::null(),
            };
            let mut command = std::process::Command::new("/bin/sh");
            command
                .args(["-c", SCRIPT, "chatserver-epilogue"])
                .arg(&invocation.program)
                .args(&invocation.args)
                .envs(invocation.env.iter().map(|(name, value)| (name, value)))
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(held)
                .process_group(0);
            if let Some(dir) = &invocation.dir {
                command.current_dir(dir);
            }
            command.spawn()
        };
        start().map(|process| Self { process, deadline, called_off: false }).map_err(|source| {
            ProcessError::Start {
                command: invocation.to_string(),
                dir: invocation.dir.clone(),
                source,
            }
        })
    }

    /// Tells which child must be gone before the command runs.
    pub fn after(&mut self, child: &Child) {
        if let Some(pipe) = &mut self.process.stdin
            && let Err(error) = writeln!(pipe, "{}", child.group())
        {
            tracing::warn!(%error, "the cleanup command is lost");
        }
    }

    /// Ends it without running the command.
    pub fn call_off(mut self) {
        self.called_off = true;
    }
}

impl Drop for Epilogue {
    fn drop(&mut self) {
        if !self.called_off {
            // The closed pipe tells it to go on.
            drop(self.process.stdin.take());
            let start = Instant::now();
            while start.elapsed() < self.deadline && matches!(self.process.try_wait(), Ok(None)) {
                std::thread::park_timeout(LOOK_EVERY);
            }
        }
        // Not reaped yet: its number is still ours.
        if matches!(self.process.try_wait(), Ok(None)) {
            signal_group(self.process.id(), StopSignal::Kill);
            if let Err(error) = self.process.wait() {
                tracing::debug!(%error, "reaping an epilogue");
            }
        }
    }
}

//! The guard: a small process that leads a child's group and ends the group when this process is gone.

use std::{fs::File, io, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin},
    time::timeout,
};

use super::group::{StopSignal, signal_group};

/// The guard ignores what may be sent to the group, says so, learns the child's pid, then waits for the pipe to close.
/// After the stop signal it waits for the child, two seconds at most, and then kills the group, itself included.
///
/// As the leader it also keeps the group's number from being given to another group while it lives.
///
/// A zombie is not waited for: in a container without an init process it stays for ever.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM USR1 USR2 PIPE ALRM
lives() {
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    case "${stat##*)}" in ' Z'* | ' X'*) return 1 ;; esac
}
echo ready
read -r child
read -r nothing
kill -s "$1" 0
tries=0
while [ -n "$child" ] && [ "$tries" -lt 100 ] && lives "$child"; do
    sleep 0.02
    tries=$((tries + 1))
done
kill -s KILL 0
"#;

/// How long a shell may take to say that it is ready, on a busy machine.
const READY_DEADLINE: Duration = Duration::from_secs(20);

/// A running guard; its group is empty but for itself until a child is started in it.
#[derive(Debug)]
pub(super) struct Guard {
    process: Child,
    pub(super) pid: u32,
    /// Closes when this process ends, and with it the group.
    pipe: ChildStdin,
    reaped: bool,
}

impl Guard {
    /// Starts a guard and waits until signals to the group no longer reach it. What it `holds` (a lock) stays open
    /// until the group is gone, also when this process is gone earlier.
    #[expect(clippy::disallowed_types, reason = "the guard is a child like any other")]
    pub(super) async fn start(stop: StopSignal, holds: Option<&File>) -> io::Result<Self> {
        let held = match holds {
            Some(file) => Stdio::from(file.try_clone()?),
            None => Stdio::null(),
        };
        let mut process = tokio::process::Command::new("/bin/sh")
            .args(["-c", SCRIPT, "chatserver-guard", stop.short_name()])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(held)
            .process_group(0)
            .spawn()?;
        let (Some(pid), Some(pipe), Some(mut said)) =
            (process.id(), process.stdin.take(), process.stdout.take())
        else {
            return Err(io::Error::other("it ended at once"));
        };
        // From here on an early return ends it.
        let guard = Self { process, pid, pipe, reaped: false };
        let mut ready = [0; 6];
        timeout(READY_DEADLINE, said.read_exact(&mut ready))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        Ok(guard)
    }

    /// Tells the guard which process to wait for at the end.
    pub(super) async fn watch(&mut self, child: u32) -> io::Result<()> {
        self.pipe.write_all(format!("{child}\n").as_bytes()).await
    }

    /// Kills all that is left of the group, the guard included, and reaps the guard.
    pub(super) async fn end(mut self) {
        signal_group(self.pid, StopSignal::Kill);
        if let Err(error) = self.process.wait().await {
            tracing::debug!(%error, "reaping a guard");
        }
        self.reaped = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Once it is reaped, its number may belong to another group.
        if !self.reaped {
            signal_group(self.pid, StopSignal::Kill);
        }
    }
}

//! Processes of their own that a test stops, continues and kills: the reference server and this binary as a generator.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

/// A child process, killed with this value.
pub(crate) struct Stoppable {
    child: Child,
}

impl Stoppable {
    #[expect(clippy::disallowed_types, reason = "a test that signals a process needs its pid")]
    pub(crate) fn start(command: &mut std::process::Command) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        Self { child }
    }

    /// The reference server, with these faults; and where it listens.
    #[expect(clippy::disallowed_types, reason = "a test that signals a process needs its pid")]
    pub(crate) fn refserver(dialect: &str, faults: &[&str]) -> (Self, SocketAddr) {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_refserver"));
        command.args(["--dialect", dialect]);
        for fault in faults {
            command.args(["--fault", fault]);
        }
        let mut server = Self::start(&mut command);
        let first = server.line();
        (server, first.strip_prefix("listening on ").unwrap().parse().unwrap())
    }

    /// This binary again, which runs the ignored test of this name.
    #[expect(clippy::disallowed_types, reason = "a test that signals a process needs its pid")]
    pub(crate) fn itself(test: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", test, "--nocapture", "--test-threads=1"]);
        Self::start(command.envs(variables.iter().copied()))
    }

    /// Its next line of output.
    pub(crate) fn line(&mut self) -> String {
        // One byte at a time is enough for what is said here, and takes nothing away from the next line.
        let mut line = String::new();
        let stdout = self.child.stdout.as_mut().unwrap();
        let count = BufReader::with_capacity(1, stdout).read_line(&mut line).unwrap();
        assert!(count > 0, "it ended without another word");
        line.trim_end().to_owned()
    }

    /// It will be told nothing more.
    pub(crate) fn end_input(&mut self) {
        self.child.stdin = None;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Stoppable {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

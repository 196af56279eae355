//! A directory of its own to run the commands in, and what came of them.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) const XTASK: &str = env!("CARGO_BIN_EXE_xtask");
/// More than any command here takes on a busy machine.
const DEADLINE: Duration = Duration::from_mins(2);

/// A directory with a clean environment.
pub(crate) struct Shell {
    dir: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Shell {
    pub(crate) fn new() -> Self {
        // Many campaigns run at once here: on one core for all generators each would be in the other's way.
        let variables = vec![("CHATSERVER_SHARE_CORES", "1".to_owned())];
        Self { dir: tempfile::tempdir().unwrap(), variables }
    }

    /// For what runs alone: generator and server have cores of their own, as they have at a user's.
    pub(crate) fn on_its_own_core(mut self) -> Self {
        self.variables.clear();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(crate) fn with_file(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    /// A shell script that may be run.
    pub(crate) fn with_script(self, name: &str, text: &str) -> Self {
        let this = self.with_file(name, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(this.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        this
    }

    /// A `chatserver.toml` that launches the reference server as anybody's server would be; `more` stands above.
    pub(crate) fn with_recipe(self, more: &str) -> Self {
        let dialect = self.dialect();
        let text = format!(
            "{more}\ncommand = ['{XTASK}', 'serve', '--listen', '{{ip}}:{{port}}', '--dialect-file', '{}']\n",
            dialect.display()
        );
        self.with_file("chatserver.toml", &text)
    }

    /// The file of the course dialect.
    pub(crate) fn dialect(&self) -> PathBuf {
        let path = self.path("course.toml");
        fs::write(&path, include_str!("../../../fixtures/dialects/course.toml")).unwrap();
        path
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, args: &str) -> Outcome {
        self.run_with(&args.split_whitespace().collect::<Vec<_>>(), "")
    }

    /// Runs a script of this directory to its end.
    pub(crate) fn run_program(&self, program: &str) -> Outcome {
        self.outcome(assert_cmd::Command::new(self.path(program)))
    }

    /// Runs a command to its end, with arguments that hold spaces, or with answers to its questions.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Outcome {
        let mut command = assert_cmd::Command::new(XTASK);
        command.args(args).write_stdin(stdin);
        self.outcome(command)
    }

    pub(crate) fn outcome(&self, mut command: assert_cmd::Command) -> Outcome {
        let began = Instant::now();
        let output = command
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(self.variables.clone())
            .timeout(DEADLINE)
            .output()
            .unwrap();
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            took: began.elapsed(),
        }
    }

    /// Starts a command; its progress can be followed.
    #[expect(clippy::disallowed_types, reason = "a test that signals the command needs its pid")]
    pub(crate) fn start(&self, args: &str) -> Running {
        let mut child = std::process::Command::new(XTASK)
            .args(args.split_whitespace())
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs(self.variables.clone())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let progress = BufReader::new(child.stderr.take().unwrap());
        Running { child, progress, seen: String::new() }
    }

    /// The record of the last run.
    pub(crate) fn record(&self) -> Value {
        serde_json::from_str(&self.file("runs/latest/run.json")).unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Outcome {
    /// The one message of a command that could not do its work.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.stderr.matches("error: ").count(), 1, "one message: {self:#?}");
        assert!(self.stderr.starts_with("error: ") && self.stdout.is_empty(), "{self:#?}");
        for words in says {
            assert!(self.stderr.contains(words), "{words}: {self:#?}");
        }
    }

    /// Every word stands in the report.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.stdout.contains(word), "{word}: {self:#?}");
        }
    }
}

/// A command on its way.
pub(crate) struct Running {
    child: Child,
    progress: BufReader<std::process::ChildStderr>,
    seen: String,
}

impl Running {
    /// Reads the progress until a line contains the words.
    #[track_caller]
    pub(crate) fn until(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.progress.read_line(&mut line).unwrap();
            assert!(read > 0, "{words} was never told: {}", self.seen);
            self.seen.push_str(&line);
            if line.contains(words) {
                return line;
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The port that a server says it listens on.
    pub(crate) fn port(&mut self) -> u16 {
        let mut stdout = BufReader::new(self.child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        self.child.stdout = Some(stdout.into_inner());
        let (_, port) = line.trim_end().rsplit_once(':').unwrap_or_else(|| panic!("{line}"));
        port.parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Outcome {
        let began = Instant::now();
        let mut stderr = std::mem::take(&mut self.seen);
        self.progress.read_to_string(&mut stderr).unwrap();
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let code = self.child.wait().unwrap().code();
        Outcome { code, stdout, stderr, took: began.elapsed() }
    }
}

/// A test that failed leaves nothing behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a condition holds.
#[track_caller]
pub(crate) fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        #[expect(clippy::disallowed_methods, reason = "a pause between two looks")]
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs; zombies do not.
pub(crate) fn runs(pid: u64) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// Whether a file is there and has something in it.
pub(crate) fn is_filled(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.len() > 0)
}

//! Fake servers: this test binary started again, told by a variable what to do; and shell scripts.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use chatserver_harness::{
    process::{Child, Invocation, Launch},
    record::DialectFacts,
    server::{Assignment, Choice, Recipe},
};

/// The deadline for what happens at once, on a machine that is busy with other things.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// What this binary does when a test starts it again.
#[test]
#[ignore = "a fake server for other tests: returns at once by itself"]
fn act() {
    let Some(part) = variable("FAKE_ACT") else { return };
    let file = || PathBuf::from(variable("FAKE_FILE").expect("the act has a file"));
    match part.as_str() {
        "listen" => listen(),
        // A test process that holds a server and is then killed.
        "hold" => {
            let script = format!(
                "trap '' INT TERM; sleep 600 & echo $$ $! > {0}.new; mv {0}.new {0}; wait",
                file().display()
            );
            let _child = Child::start(Launch::new(Invocation::shell(script)), |_| ()).unwrap();
            std::thread::park();
        }
        // The same with a whole server, whose recipe has a cleanup.
        "hold-server" => {
            let mut recipe = listening();
            recipe.cleanup = Some(format!("touch {}.clean", file().display()));
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let server = runtime.block_on(chatserver_harness::server::Server::start(assigned(
                Choice::Launch(Box::new(recipe)),
            )));
            let server = server.unwrap();
            let text = format!("{} {}", std::process::id(), server.pid().unwrap());
            publish(&file(), &text);
            std::thread::park();
        }
        other => panic!("no act is called {other}"),
    }
}

/// Listens at `FAKE_LISTEN` and accepts for ever.
#[expect(clippy::print_stdout, reason = "a server says something when it has started")]
fn listen() {
    let listener = TcpListener::bind(variable("FAKE_LISTEN").unwrap()).expect("bind");
    println!("fake server started");
    let mut accepted: Vec<TcpStream> = Vec::new();
    for stream in listener.incoming().flatten() {
        accepted.push(stream);
    }
}

#[expect(clippy::disallowed_methods, reason = "how a test tells its copy what to do")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn publish(path: &Path, text: &str) {
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(&new, path).unwrap();
}

/// This binary, told to play `part`.
pub(crate) fn acting(part: &str) -> Invocation {
    Invocation::new(std::env::current_exe().unwrap())
        .with_args(["--ignored", "--exact", "fake::act", "--nocapture", "--test-threads=1"])
        .with_env("FAKE_ACT", part)
}

/// A recipe for a server that listens where it is told.
pub(crate) fn listening() -> Recipe {
    let Invocation { program, args, mut env, .. } = acting("listen");
    env.push(("FAKE_LISTEN".to_owned(), "{ip}:{port}".to_owned()));
    let mut recipe = Recipe::new(program).with_args(args).shared();
    recipe.env = env;
    recipe
}

/// A recipe for a server that is a shell script with `$1` = ip and `$2` = port.
pub(crate) fn script(line: &str) -> Recipe {
    Recipe::new("/bin/sh").with_args(["-c", line, "fake", "{ip}", "{port}"]).shared()
}

/// The terms that tests use.
pub(crate) fn assigned(choice: Choice) -> Assignment {
    let dialect = DialectFacts { name: "course".into(), origin: "built-in".into() };
    Assignment::new(choice, dialect, include_str!("../../fixtures/dialects/course.toml"))
}

/// Waits until `condition` gives something.
pub(crate) async fn soon<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(start.elapsed() < SOON, "{what}: not within {SOON:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process runs; zombies do not.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// The numbers that a script wrote into a file, once it has.
pub(crate) async fn pids_in(path: &Path) -> Vec<u32> {
    soon("the pids are written", || {
        let text = fs::read_to_string(path).ok()?;
        text.split_whitespace().map(|pid| pid.parse().ok()).collect::<Option<Vec<u32>>>()
    })
    .await
}

/// Kills one process that a test started.
pub(crate) fn kill(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

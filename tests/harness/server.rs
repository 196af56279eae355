//! The server under test: found, launched, watched, restarted, and every way in which that fails.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use chatserver_harness::{
    error::Classified,
    record::{DeathCause, TargetKind},
    server::{Choice, Recipe, Server, ServerError},
    verdict::Exit,
};
use rustix::process::Signal;
use tokio::net::TcpStream;

use crate::fake::{acting, assigned, kill, listening, pids_in, runs, script, soon};

async fn launch(recipe: Recipe) -> Result<Server, ServerError> {
    Server::start(assigned(Choice::Launch(Box::new(recipe)))).await
}

async fn refusal(recipe: Recipe) -> (String, Exit) {
    let error = launch(recipe).await.unwrap_err();
    (error.to_string(), error.exit())
}

#[tokio::test]
async fn a_launched_server_answers_and_is_gone_after_stop() {
    let server = launch(listening()).await.unwrap();
    let (addr, pid) = (server.addr(), server.pid().unwrap());
    TcpStream::connect(addr).await.unwrap();
    assert!(server.is_local() && server.is_ours() && runs(pid));
    assert!(server.death().borrow().is_none());

    let target = server.target();
    assert_eq!(
        (target.how, target.pid, &target.addrs[..]),
        (TargetKind::Launched, Some(pid), &[addr][..])
    );
    assert!(target.headline().contains(&format!("at {addr}, pid {pid}, dialect course")));
    soon("its output is logged", || {
        let log = fs::read_to_string(server.log_path().unwrap()).unwrap();
        log.contains("fake server started").then_some(())
    })
    .await;

    server.stop().await.unwrap();
    assert!(!runs(pid) && server.pid().is_none());
    assert!(TcpStream::connect(addr).await.is_err());
    assert!(server.death().borrow().is_none(), "it was asked to stop");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn another_life_of_the_program_that_took_the_port_meanwhile_is_not_taken_for_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let (flag, go) = (folder.path().join("flag"), folder.path().join("go"));
    let reference = || {
        let mut recipe = Recipe::reference(env!("CARGO_BIN_EXE_refserver"), &[], "course");
        recipe.ready.line = None;
        recipe
    };
    let addr = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap()
    };
    let mut late = reference();
    late.args.extend(["--fault", "slow-start=10000"].map(str::to_owned));
    late.addrs = vec![addr];
    // It has been looked whether the port is free, and nothing was started yet.
    late.reset = Some(format!(
        "touch {}; while [ ! -e {} ]; do sleep 0.02; done",
        flag.display(),
        go.display()
    ));
    let late = tokio::spawn(launch(late));
    soon("the port has been found free", || flag.exists().then_some(())).await;
    let mut first = reference();
    first.addrs = vec![addr];
    let first = launch(first).await.unwrap();
    fs::write(&go, "").unwrap();
    let refused = late.await.unwrap().unwrap_err();
    assert!(
        matches!(&refused, ServerError::Busy { addr: at, who: Some(who) }
            if *at == addr && Some(who.pid) == first.pid()),
        "{refused}"
    );
}

#[tokio::test]
async fn a_server_belongs_to_no_runtime() {
    let started = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(launch(listening())).unwrap()
    });
    let server = tokio::task::spawn_blocking(|| started.join().unwrap()).await.unwrap();
    TcpStream::connect(server.addr()).await.unwrap();
    assert!(runs(server.pid().unwrap()));
}

#[tokio::test]
async fn a_death_is_announced_with_evidence_and_the_server_can_be_restarted() {
    let mut recipe = listening();
    // Else it may be killed before it has said anything.
    recipe.ready.line = Some("server started".to_owned());
    let server = launch(recipe).await.unwrap();
    let (first, mut death) = (server.addr(), server.death());
    kill(server.pid().unwrap(), Signal::ABORT);
    let announced = death.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    assert!(
        matches!(&announced.how, DeathCause::Signaled { signal: 6, name, .. } if name == "SIGABRT"),
        "{announced}"
    );
    assert!(announced.stdout_tail.iter().any(|line| line.ends_with("fake server started")));
    assert!(announced.log.as_ref().unwrap().is_file());
    assert!(announced.to_string().starts_with("the server died after "));

    server.restart().await.unwrap();
    assert!(server.death().borrow().is_none(), "a new life");
    assert!(death.borrow().is_some(), "the old receiver keeps the old death");
    TcpStream::connect(server.addr()).await.unwrap();
    assert_ne!(server.addr(), first);
}

#[tokio::test]
async fn a_server_that_exits_at_once_is_told_with_its_last_words() {
    let (text, exit) = refusal(script("echo cannot open config >&2; exit 3")).await;
    assert!(text.contains("ended before it was ready") && text.contains("exit code 3"), "{text}");
    assert!(text.contains("cannot open config"), "{text}");
    assert_eq!(exit, Exit::Unreachable);

    let (text, _) = refusal(script("exit 0")).await;
    assert!(text.contains("start it in the foreground"), "{text}");
}

#[tokio::test]
async fn a_server_that_never_gets_ready_is_told_with_how_long_and_what_was_missing() {
    let mut recipe = script("echo loading; exec sleep 600");
    recipe.ready.deadline = Duration::from_millis(500);
    let (text, exit) = refusal(recipe).await;
    assert!(text.contains("not ready within 500 ms: nothing listens on 127.0.0.1:"), "{text}");
    assert!(text.contains("loading"), "{text}");
    assert_eq!(exit, Exit::Unreachable);

    let mut recipe = listening();
    recipe.ready.deadline = Duration::from_secs(2);
    recipe.ready.line = Some("no such line".to_owned());
    let (text, _) = refusal(recipe).await;
    assert!(text.contains("`no such line` did not appear in its output"), "{text}");
}

#[tokio::test]
async fn readiness_can_be_a_line() {
    let mut recipe = listening();
    recipe.ready.line = Some("server started".to_owned());
    launch(recipe).await.unwrap();
}

#[tokio::test]
async fn a_busy_port_is_told_with_the_process_that_holds_it() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = holder.local_addr().unwrap();
    let mut recipe = listening();
    recipe.addrs = vec![addr];
    let (text, exit) = refusal(recipe).await;
    assert!(text.contains(&format!("{addr} is in use by")), "{text}");
    assert!(text.contains(&format!("(pid {})", std::process::id())), "{text}");
    assert_eq!(exit, Exit::Unreachable);
}

#[tokio::test]
async fn a_program_that_is_not_there_or_cannot_run_is_told_before_anything_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("ChatServer");
    fs::write(&plain, "not a program").unwrap();
    let touched = dir.path().join("touched");
    let with_setup = |program: &Path| {
        let mut recipe = Recipe::new(program).shared();
        recipe.setup = Some(format!("touch {}", touched.display()));
        recipe
    };
    let (text, exit) = refusal(with_setup(&plain)).await;
    assert!(text.contains("no execute permission") && exit == Exit::Unreachable, "{text}");
    let (text, exit) = refusal(with_setup(&dir.path().join("absent"))).await;
    assert!(text.contains("was not found") && exit == Exit::Unreachable, "{text}");
    let (text, _) = refusal(with_setup(dir.path())).await;
    assert!(text.contains("is a directory"), "{text}");
    assert!(!touched.exists());

    // Executable, and yet no program the kernel knows.
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(&plain, b"\x7fELF?").unwrap();
    let (text, _) = refusal(Recipe::new(&plain).shared()).await;
    assert!(text.contains("was not started"), "{text}");
}

#[tokio::test]
async fn a_recipe_without_an_address_is_a_mistake_of_configuration() {
    let (text, exit) = refusal(Recipe::new("/bin/sh").with_args(["-c", "exit"]).shared()).await;
    assert!(text.contains("nothing says where") && text.contains("{port}"), "{text}");
    assert_eq!(exit, Exit::Usage);
}

#[tokio::test]
async fn setup_runs_once_reset_before_each_start_and_cleanup_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let steps = dir.path().join("steps");
    let mut recipe = listening().in_dir(dir.path());
    let line = |word: &str| Some(format!("echo {word} >> steps"));
    (recipe.setup, recipe.reset, recipe.cleanup) = (line("setup"), line("reset"), line("cleanup"));
    let server = launch(recipe).await.unwrap();
    server.restart().await.unwrap();
    server.stop().await.unwrap();
    drop(server);
    assert_eq!(fs::read_to_string(&steps).unwrap(), "setup\nreset\nreset\ncleanup\n");
}

#[tokio::test]
async fn cleanup_runs_too_when_the_server_is_dropped_or_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let clean = dir.path().join("clean");
    let with_cleanup = |mut recipe: Recipe| {
        recipe.cleanup = Some(format!("touch {}", clean.display()));
        recipe
    };
    let server = launch(with_cleanup(listening())).await.unwrap();
    let pid = server.pid().unwrap();
    drop(server);
    assert!(clean.exists() && !runs(pid));
    fs::remove_file(&clean).unwrap();
    launch(with_cleanup(script("exit 1"))).await.unwrap_err();
    assert!(clean.exists());
}

#[tokio::test]
async fn a_step_that_fails_is_told_with_its_last_words() {
    let mut recipe = listening();
    recipe.reset = Some("echo access denied for user chat >&2; exit 1".to_owned());
    let (text, exit) = refusal(recipe).await;
    assert!(text.contains("the `reset` command of the recipe failed (exit code 1)"), "{text}");
    assert!(text.contains("access denied"), "{text}");
    assert_eq!(exit, Exit::Unreachable);
}

#[tokio::test]
async fn a_need_that_does_not_answer_is_told_before_the_server_is_started() {
    let mut recipe = listening();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    recipe.needs = vec![free.clone()];
    let (text, exit) = refusal(recipe).await;
    assert!(text.contains(&format!("{free} does not answer")) && text.contains("needs"), "{text}");
    assert_eq!(exit, Exit::Unreachable);
}

#[tokio::test]
async fn a_second_run_on_the_same_recipe_waits_and_then_says_who_is_first() {
    let dir = tempfile::tempdir().unwrap();
    let assignment = |wait| {
        let mut recipe = listening();
        recipe.exclusive = true;
        let mut assignment = assigned(Choice::Launch(Box::new(recipe)));
        // The lock is on the configuration file, so other tests with this program are not met.
        assignment.config_file = Some(dir.path().join("chatserver.toml"));
        assignment.lock_wait = wait;
        assignment
    };
    let first = Server::start(assignment(Duration::ZERO)).await.unwrap();
    let error = Server::start(assignment(Duration::from_millis(50))).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&format!("(pid {})", std::process::id())), "{text}");
    assert!(text.contains("chatserver.toml") && text.contains("waited 50.0 ms"), "{text}");
    assert_eq!(error.exit(), Exit::Unreachable);

    let second = tokio::spawn(Server::start(assignment(Duration::from_secs(20))));
    drop(first);
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_running_server_is_attached_to_and_left_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = Server::start(assigned(Choice::Attach { addrs: vec![addr] })).await.unwrap();
    assert_eq!(server.pid(), Some(std::process::id()));
    assert!(!server.is_ours() && server.log_path().is_none());
    assert!(matches!(server.restart().await, Err(ServerError::NotOurs { .. })));
    server.stop().await.unwrap();
    TcpStream::connect(addr).await.unwrap();
}

#[tokio::test]
async fn an_address_where_nobody_listens_or_that_is_not_ours_to_test_is_refused() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let attach = |addr| Server::start(assigned(Choice::Attach { addrs: vec![addr] }));
    let error = attach(free).await.unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("nobody answers at {free} (connection refused)")),
        "{error}"
    );
    assert_eq!(error.exit(), Exit::Unreachable);
    let error = attach("192.0.2.1:6000".parse().unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("CHATSERVER_ALLOW_REMOTE=1"), "{error}");
    assert_eq!(error.exit(), Exit::Usage);
}

#[tokio::test]
async fn sigkill_of_the_test_process_ends_the_server_and_still_cleans_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pids");
    let holder = acting("hold-server").with_env("FAKE_FILE", file.to_str().unwrap());
    let launch = chatserver_harness::process::Launch::new(holder);
    let holder = chatserver_harness::process::Child::start(launch, |_| ()).unwrap();
    let pids = pids_in(&file).await;
    assert_eq!(pids[0], holder.pid());
    kill(holder.pid(), Signal::KILL);
    soon("the server is gone", || (!runs(pids[1])).then_some(())).await;
    let clean = dir.path().join("pids.clean");
    soon("the cleanup has run", || clean.exists().then_some(())).await;
}

#[tokio::test]
async fn a_kept_server_is_left_running_and_says_where() {
    let mut assignment = assigned(Choice::Launch(Box::new(listening())));
    assignment.keep = true;
    let server = Server::start(assignment).await.unwrap();
    let (addr, pid) = (server.addr(), server.pid().unwrap());
    let said = server.target().to_string();
    assert!(
        said.contains(&format!("CHATSERVER_ADDR={addr}"))
            && said.contains(&format!("kill -INT -{pid}")),
        "{said}"
    );
    server.stop().await.unwrap();
    drop(server);
    TcpStream::connect(addr).await.unwrap();
    kill(pid, Signal::KILL);
}

#[cfg(feature = "refserver")]
#[tokio::test]
async fn the_reference_server_runs_in_this_process() {
    let server = Server::start(assigned(Choice::Reference)).await.unwrap();
    TcpStream::connect(server.addr()).await.unwrap();
    assert_eq!(server.target().how, TargetKind::Reference { in_process: true });
    assert_eq!(server.reference_counters().unwrap().received_login, 0);
    let first = server.addr();
    server.restart().await.unwrap();
    TcpStream::connect(server.addr()).await.unwrap();
    server.stop().await.unwrap();
    assert!(TcpStream::connect(first).await.is_err());
    assert!(server.reference_counters().is_none());
}

#[cfg(feature = "refserver")]
#[tokio::test]
async fn the_reference_server_runs_as_a_process_and_stops_when_asked() {
    let recipe = Recipe::reference(env!("CARGO_BIN_EXE_refserver"), &[], "course");
    let server = Server::start(assigned(Choice::LaunchReference(Box::new(recipe)))).await.unwrap();
    TcpStream::connect(server.addr()).await.unwrap();
    assert_eq!(server.target().how, TargetKind::Reference { in_process: false });
    let pid = server.pid().unwrap();
    server.stop().await.unwrap();
    assert!(!runs(pid));
}

#[cfg(not(feature = "refserver"))]
#[tokio::test]
async fn a_build_without_the_reference_server_says_so() {
    let error = Server::start(assigned(Choice::Reference)).await.unwrap_err();
    assert!(error.to_string().contains("CHATSERVER_BIN"), "{error}");
}

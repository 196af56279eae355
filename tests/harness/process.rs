//! Process care: whatever happens, nothing is left behind, and the evidence is kept.

use std::{fs, time::Duration};

use chatserver_harness::process::{
    Child, Invocation, Launch, LogLimits, ProcessError, Status, StopRule, StopSignal, run_once,
    usable_cores,
};
use rustix::process::Signal;

use crate::fake::{acting, kill, pids_in, runs, soon};

fn start(script: &str) -> Child {
    Child::start(Launch::new(Invocation::shell(script)), |_| ()).unwrap()
}

#[tokio::test]
async fn an_end_is_told_with_status_and_last_words() {
    let child = start("echo hello; echo trouble >&2; exit 3");
    let ending = child.wait().await.unwrap();
    assert_eq!(ending.status, Status::Exited { code: 3 });
    assert!(!ending.asked);
    assert_eq!(ending.tails.stdout, ["hello"]);
    assert_eq!(ending.tails.stderr, ["trouble"]);

    let aborted = start("kill -ABRT $$").wait().await.unwrap();
    assert!(aborted.status.to_string().starts_with("signal 6 (SIGABRT"), "{}", aborted.status);
}

#[tokio::test]
async fn a_child_and_what_it_starts_stay_on_the_cores_they_were_given() {
    let usable = usable_cores().unwrap();
    let last = *usable.last().unwrap();
    let mut launch =
        Launch::new(Invocation::shell("sh -c 'grep Cpus_allowed_list: /proc/self/status'"));
    launch.cores = vec![last];
    let ending = Child::start(launch, |_| ()).unwrap().wait().await.unwrap();
    assert_eq!(ending.tails.stdout, [format!("Cpus_allowed_list:\t{last}")]);
    assert_eq!(usable_cores().unwrap(), usable, "the harness itself is where it was");
}

#[tokio::test]
async fn a_polite_child_is_stopped_by_the_signal_and_heard_to_its_end() {
    let child = start("trap 'echo bye; exit 0' INT; echo up; while :; do sleep 0.05; done");
    soon("it is up", || (!child.output().tails().stdout.is_empty()).then_some(())).await;
    let ending = child.stop().await.unwrap();
    assert_eq!(ending.status, Status::Exited { code: 0 });
    assert!(ending.asked);
    assert_eq!(ending.tails.stdout, ["up", "bye"]);
}

#[tokio::test]
async fn a_child_of_a_background_job_is_stopped_by_the_signal_too() {
    // Such a job ignores SIGINT, and whatever it starts inherits that: the tests above, once more, inside one.
    let program = std::env::current_exe().unwrap().display().to_string();
    let script = "trap '' INT QUIT; \"$0\" --exact \
                  process::a_polite_child_is_stopped_by_the_signal_and_heard_to_its_end";
    let job = Invocation::new("sh").with_args(["-c", script, &program]);
    let ending = Child::start(Launch::new(job), |_| ()).unwrap().wait().await.unwrap();
    assert_eq!(ending.status, Status::Exited { code: 0 }, "{:?}", ending.tails);
    assert!(ending.tails.stdout.iter().any(|line| line.contains("1 passed")), "{:?}", ending.tails);
}

#[tokio::test]
async fn a_stubborn_child_is_killed_after_the_grace_period() {
    let mut launch =
        Launch::new(Invocation::shell("trap '' INT; echo up; while :; do sleep 0.05; done"));
    launch.stop = StopRule { signal: StopSignal::Int, grace: Duration::from_millis(300) };
    let child = Child::start(launch, |_| ()).unwrap();
    soon("it is up", || (!child.output().tails().stdout.is_empty()).then_some(())).await;
    let started = std::time::Instant::now();
    let ending = child.stop().await.unwrap();
    assert_eq!(ending.status, Status::Signaled { signal: 9, core_dumped: false });
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn what_a_child_started_goes_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pids");
    // One ends by itself, one is stopped: the grandchild, deaf to the signal, goes with both.
    for (end, stop) in [("exit 0", false), ("wait", true)] {
        let script = format!(
            "trap 'exit 0' INT; sh -c \"trap '' INT; echo \\$\\$ > {0}.new; mv {0}.new {0}; exec sleep 600\" & \
             while [ ! -e {0} ]; do sleep 0.01; done; {end}",
            file.display()
        );
        let mut launch = Launch::new(Invocation::shell(script));
        launch.stop.grace = Duration::from_millis(200);
        let child = Child::start(launch, |_| ()).unwrap();
        let pids = pids_in(&file).await;
        if stop {
            child.stop().await.unwrap();
        } else {
            child.wait().await.unwrap();
        }
        soon("the grandchild is gone", || (!pids.iter().any(|pid| runs(*pid))).then_some(())).await;
        fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn dropping_a_child_ends_it() {
    let child = start("sleep 600");
    let pid = child.pid();
    assert!(child.owns(pid) && runs(pid));
    drop(child);
    assert!(!runs(pid));
}

#[tokio::test]
async fn sigkill_of_the_test_process_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pids");
    let holder = acting("hold").with_env("FAKE_FILE", file.to_str().unwrap());
    let holder = Child::start(Launch::new(holder), |_| ()).unwrap();
    let pids = pids_in(&file).await;
    assert!(pids.len() == 2 && pids.iter().all(|pid| runs(*pid)));

    // The holder alone dies: its child is in another group, under a guard of its own.
    kill(holder.pid(), Signal::KILL);
    holder.wait().await.unwrap();
    // Child and grandchild ignore the stop signal, so the guard has to use SIGKILL.
    soon("child and grandchild are gone", || (!pids.iter().any(|pid| runs(*pid))).then_some(()))
        .await;
}

#[tokio::test]
async fn a_flood_of_output_is_bounded_and_does_not_block() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("server.log");
    let flood = "echo first; head -c 30000000 /dev/zero | tr '\\0' 'x'; echo; echo last";
    let mut launch = Launch::new(Invocation::shell(flood));
    launch.log = Some(log.clone());
    launch.log_limits = LogLimits { head_bytes: 1 << 16, tail_bytes: 1 << 16 };
    let child = Child::start(launch, |_| ()).unwrap();
    let ending = child.wait().await.unwrap();
    assert!(ending.status.is_success());
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.len() <= 4 << 16, "{} bytes", text.len());
    assert!(text.starts_with("first\n") && text.ends_with("\nlast\n"));
    assert!(text.contains("bytes left out"));
    assert_eq!(ending.tails.stdout.last().unwrap(), "last");
    assert!(ending.tails.stdout.iter().all(|line| line.chars().count() <= 402));
}

#[tokio::test]
async fn a_kept_child_survives_its_owner_and_writes_into_its_log() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("server.log");
    let mut launch = Launch::new(Invocation::shell("echo up; sleep 1; echo later; exec sleep 600"));
    launch.log = Some(log.clone());
    launch.keep = true;
    launch.awaited = Some("up".to_owned());
    let child = Child::start(launch, |_| ()).unwrap();
    child.output().announced().wait_for(|seen| *seen).await.unwrap();
    let pid = child.pid();
    drop(child);
    let later = || fs::read_to_string(&log).unwrap().contains("later").then_some(());
    soon("it still writes", later).await;
    assert!(runs(pid));
    kill(pid, Signal::KILL);
}

#[tokio::test]
async fn a_kept_child_can_still_be_stopped() {
    let mut launch = Launch::new(Invocation::shell("exec sleep 600"));
    launch.keep = true;
    let child = Child::start(launch, |_| ()).unwrap();
    let ending = child.stop().await.unwrap();
    assert_eq!(ending.status, Status::Signaled { signal: 2, core_dumped: false });
}

#[tokio::test]
async fn a_command_that_does_not_end_is_killed_and_quoted() {
    let ended = run_once(Invocation::shell("exit 4"), Duration::from_secs(20)).await.unwrap();
    assert_eq!(ended.status, Status::Exited { code: 4 });

    let endless = Invocation::shell("echo waiting for a lock; exec sleep 600");
    let error = run_once(endless, Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(error, ProcessError::Deadline { .. }));
    let text = error.to_string();
    assert!(text.contains("did not end within 1.00 s"), "{text}");
    assert!(text.contains("waiting for a lock"), "{text}");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_named_and_leaves_no_guard() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("absent");
    let error = Child::start(Launch::new(Invocation::new(&program)), |_| ()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("absent") && text.contains("No such file"), "{text}");
}

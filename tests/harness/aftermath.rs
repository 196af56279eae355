//! What a suite makes of a server that was killed, hangs, or is gone; and the cases that send signals.

use std::{collections::BTreeMap, fs, path::Path};

use chatserver_harness::{
    check::{self, Suite},
    config::Settings,
    fixture::Fixture,
    record::{CaseRecord, CaseResult},
    server::Server,
    verdict::Verdict,
};
use rustix::process::Signal;

use crate::{
    dialects::all_hold,
    fake::{kill, soon},
};

/// A suite on the reference server as a process of its own, which keeps its data in a file of this folder.
async fn process(folder: &Path) -> Suite {
    let recipe = format!(
        "command = ['{}', '--listen', '{{ip}}:{{port}}', '--data', 'data.db']\n\
         [ready]\nline = 'listening on '\n[stop]\ngrace = '1s'\n",
        env!("CARGO_BIN_EXE_refserver")
    );
    fs::write(folder.join("chatserver.toml"), recipe).unwrap();
    let settings = Settings::from_variables(|_| None, folder).unwrap();
    Suite::new(Fixture::start(&settings).await.unwrap(), BTreeMap::new())
}

/// A suite on a server that somebody else has started, and permits to be killed.
async fn attached_to(server: &Server) -> Suite {
    let settings = Settings { allow_crash: true, ..Settings::default() }.with_addr(server.addr());
    Suite::new(Fixture::start(&settings).await.unwrap(), BTreeMap::new())
}

async fn run(suite: &Suite, id: &str) -> CaseRecord {
    suite.run(check::find(id).unwrap()).await
}

fn failure(record: &CaseRecord) -> &str {
    assert_eq!(record.verdict(), Verdict::Fail, "{record:?}");
    match &record.result {
        CaseResult::Failed { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn signals_and_new_starts_harm_no_user_of_the_reference_server() {
    let folder = tempfile::tempdir().unwrap();
    let suite = process(folder.path()).await;
    let signals = check::robustness().filter(|case| case.signals && !case.cluster);
    assert_eq!(all_hold(&suite, signals).await, [""; 0]);
}

#[tokio::test]
async fn a_death_is_a_failed_must_and_the_next_case_has_a_new_server() {
    let folder = tempfile::tempdir().unwrap();
    let suite = process(folder.path()).await;
    assert_eq!(run(&suite, "CHAT-1").await.result, CaseResult::Passed);
    kill(suite.fixture().server().pid().unwrap(), Signal::ABORT);
    // A SHOULD: that the server lives is a MUST all the same.
    let record = run(&suite, "FRAME-17").await;
    assert!(failure(&record).contains("SIGABRT"), "{record:?}");
    assert_eq!(run(&suite, "FRAME-1").await.result, CaseResult::Passed);
}

/// It dies once it has written what the last request of the case asked for, while the case's users take their leave.
#[tokio::test]
async fn a_death_is_told_of_the_case_that_brought_it_not_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = format!(
        "command = ['{}', '--listen', '{{ip}}:{{port}}', '--fault', 'die-after=1']\n\
         [ready]\nline = 'listening on '\n[stop]\ngrace = '1s'\n",
        env!("CARGO_BIN_EXE_refserver")
    );
    fs::write(folder.path().join("chatserver.toml"), recipe).unwrap();
    let settings = Settings::from_variables(|_| None, folder.path()).unwrap();
    let suite = Suite::new(Fixture::start(&settings).await.unwrap(), BTreeMap::new());
    let record = run(&suite, "CHAT-1").await;
    let reason = failure(&record);
    assert!(reason.contains("the server died"), "{reason}");
    assert!(reason.contains("it died again at a second attempt"), "{reason}");
    assert_eq!(run(&suite, "LOGIN-1").await.result, CaseResult::Passed);
}

/// Stops the server in its tracks; gives its pid.
async fn freeze(suite: &Suite) -> u32 {
    let pid = suite.fixture().server().pid().unwrap();
    kill(pid, Signal::STOP);
    soon("every thread of it is stopped", || {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        let mut states = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("stat")));
        states.all(|stat| stat.unwrap().contains(") T ")).then_some(())
    })
    .await;
    pid
}

/// Among users who behave, where every case after it would be red for the same silence.
async fn a_hang_in_a_gentle_case() {
    let folder = tempfile::tempdir().unwrap();
    let suite = process(folder.path()).await;
    assert_eq!(run(&suite, "CHAT-1").await.result, CaseResult::Passed);
    let pid = freeze(&suite).await;
    let record = run(&suite, "CHAT-4").await;
    let reason = failure(&record);
    assert!(reason.contains("none of 8 fresh connections is served"), "{reason}");
    assert!(reason.contains("no register acknowledgement"), "what the case saw: {reason}");
    assert!(record.evidence.is_some());
    assert_ne!(suite.fixture().server().pid(), Some(pid));
    assert_eq!(run(&suite, "CHAT-5").await.result, CaseResult::Passed);
}

async fn a_hang_in_a_hostile_case() {
    let folder = tempfile::tempdir().unwrap();
    let suite = process(folder.path()).await;
    assert_eq!(run(&suite, "FRAME-1").await.result, CaseResult::Passed);
    let pid = freeze(&suite).await;
    let record = run(&suite, "FRAME-18").await;
    let reason = failure(&record);
    assert!(reason.contains("a hang: none of 8 fresh connections is served"), "{reason}");
    let text = fs::read_to_string(record.evidence.as_ref().unwrap()).unwrap();
    let threads = text.split_once("\nits threads:\n").unwrap().1;
    assert!(threads.lines().next().unwrap().contains(" T "), "the stopped thread: {text}");
    assert!(text.contains("open files: ") && text.contains("backtrace"), "{text}");
    assert!(text.contains("connection 1, the last "), "{text}");
    assert_ne!(suite.fixture().server().pid(), Some(pid));
    assert_eq!(run(&suite, "FRAME-4").await.result, CaseResult::Passed);
}

/// Both at once: most of it is waiting for answers that do not come.
#[tokio::test]
async fn a_hang_is_a_failed_must_told_once_and_the_next_case_has_a_new_server() {
    tokio::join!(a_hang_in_a_gentle_case(), a_hang_in_a_hostile_case());
}

#[tokio::test]
async fn a_server_that_somebody_else_started_and_that_is_gone_has_failed_and_blocks_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let owner = process(folder.path()).await;
    let suite = attached_to(owner.fixture().server()).await;
    assert_eq!(run(&suite, "FRAME-1").await.result, CaseResult::Passed);
    kill(owner.fixture().server().pid().unwrap(), Signal::KILL);
    let record = run(&suite, "FRAME-4").await;
    assert!(failure(&record).contains("the server is gone"), "{record:?}");
    let next = run(&suite, "BAD-1").await.result;
    assert_eq!(next, CaseResult::Blocked { by: "FRAME-4".to_owned() });
}

#[tokio::test]
async fn cases_that_may_kill_are_run_on_somebody_elses_server_only_if_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let owner = process(folder.path()).await;
    let settings = Settings::default().with_addr(owner.fixture().server().addr());
    let suite = Suite::new(Fixture::start(&settings).await.unwrap(), BTreeMap::new());
    for id in ["FRAME-1", "PROC-1"] {
        let result = run(&suite, id).await.result;
        assert!(matches!(result, CaseResult::Skipped { .. }), "{id}: {result:?}");
    }
    assert_eq!(run(&suite, "SESS-5").await.result, CaseResult::Passed);
}

//! What is found out about a server that died or hangs, and what was sent to it, sent again.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use chatserver_harness::{
    check::{self, Suite},
    config::Settings,
    fixture::Fixture,
    record::Replay,
    replay::{Played, play, shorten},
};

/// The reference server as a process of its own, with this fault, and its logs in this folder.
async fn faulty(folder: &Path, fault: &str) -> Fixture {
    let recipe = format!(
        "command = ['{}', '--listen', '{{ip}}:{{port}}', '--threads', '2' {fault}]\n\
         [ready]\nline = 'listening on '\n[stop]\ngrace = '1s'\n",
        env!("CARGO_BIN_EXE_refserver")
    );
    fs::write(folder.join("chatserver.toml"), recipe).unwrap();
    let settings = Settings::from_variables(|_| None, folder).unwrap();
    Fixture::start(&settings.with_log_dir(folder.join("logs"))).await.unwrap()
}

/// The text of the evidence, and the replay beside it.
async fn evidence(server: Fixture, id: &str) -> (String, Replay) {
    let suite = Suite::new(server, BTreeMap::new());
    let record = suite.run(check::find(id).unwrap()).await;
    let file = record.evidence.unwrap_or_else(|| panic!("{:?}", record.result));
    let replay = file.to_str().unwrap().replace(".evidence.txt", ".replay.json");
    (fs::read_to_string(&file).unwrap(), Replay::load(Path::new(&replay)).unwrap())
}

#[tokio::test]
async fn a_death_comes_with_its_evidence_and_can_be_repeated_with_the_least_that_kills() {
    let folder = tempfile::tempdir().unwrap();
    let fault = ", '--fault', 'die-on-coalesced'";
    let (text, replay) = evidence(faulty(folder.path(), fault).await, "FRAME-1").await;
    for part in ["during FRAME-1", "end: signal 6 (SIGABRT", "standard error:", "replay "] {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
    let [taken, missing] = ["backtrace, from its core file", "no backtrace: "];
    assert!(text.contains(taken) != text.contains(missing), "{text}");
    assert!(!folder.path().join("core").exists(), "the core file is taken away");
    assert_eq!(replay.during, "FRAME-1");

    let server = faulty(folder.path(), fault).await;
    assert!(matches!(play(&server, &replay).await, Played::Died(_)));
    let short = shorten(&server, &replay, false, Duration::from_mins(1)).await.unwrap();
    assert!(short.is_minimal);
    assert_eq!((short.replay.connections(), short.replay.sends()), (1, 1), "{:?}", short.replay);

    drop(server);
    let healthy = faulty(folder.path(), "").await;
    assert!(matches!(play(&healthy, &replay).await, Played::Survived));
}

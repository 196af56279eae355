//! The cases that look at what a server still holds after users have left, against servers that keep something.

use std::{collections::BTreeMap, fs};

use chatserver_harness::{
    check::{self, Suite},
    config::Settings,
    fixture::Fixture,
    record::CaseRecord,
};

/// What becomes of a case on the reference server as a process of its own, with this fault.
async fn with_fault(fault: &str, id: &str) -> CaseRecord {
    let folder = tempfile::tempdir().unwrap();
    let recipe = format!(
        "command = ['{}', '--listen', '{{ip}}:{{port}}', '--fault', '{fault}']\n\
         [ready]\nline = 'listening on '\n[stop]\ngrace = '1s'\n",
        env!("CARGO_BIN_EXE_refserver")
    );
    fs::write(folder.path().join("chatserver.toml"), recipe).unwrap();
    let settings = Settings::from_variables(|_| None, folder.path()).unwrap();
    let server = Fixture::start(&settings.with_log_dir(folder.path().join("logs"))).await.unwrap();
    Suite::new(server, BTreeMap::new()).run(check::find(id).unwrap()).await
}

#[tokio::test]
async fn a_server_that_keeps_the_files_of_those_who_left_is_told_which_way_they_went() {
    let told = with_fault("leak-fds", "CHURN-2").await.result.reason();
    assert!(told.contains("does not close its files") && told.contains("with RST"), "{told}");
    let told = with_fault("leak-fds", "CHURN-5").await.result.reason();
    assert!(told.contains("does not close its files") && told.contains("before they"), "{told}");
}

#[tokio::test]
async fn a_server_that_keeps_the_threads_of_those_who_left_is_told() {
    let told = with_fault("leak-threads", "CHURN-1").await.result.reason();
    assert!(told.contains("does not end its threads"), "{told}");
}

#[tokio::test]
async fn a_server_whose_memory_grows_is_warned() {
    let record = with_fault("leak-memory=2000000", "CHURN-1").await;
    let told = record.result.reason();
    assert!(told.contains("its memory grows") && record.warns(), "{told}");
}

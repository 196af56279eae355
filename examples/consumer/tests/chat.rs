//! This server under the harness: two users talk, and the numbered cases are run.

use std::collections::BTreeMap;

use chatserver_harness::{
    check::{Suite, functional},
    fixture::{Fixture, FixtureError},
    record::CaseResult,
    server::Recipe,
};

/// The server of this crate on a free port; it is stopped when the fixture is dropped.
async fn server() -> Result<Fixture, FixtureError> {
    let recipe = Recipe::new(env!("CARGO_BIN_EXE_consumer")).with_args(["{ip}:{port}"]);
    let dialect = concat!(env!("CARGO_MANIFEST_DIR"), "/chat.toml");
    Fixture::builder().launch(recipe.shared()).dialect(dialect).start().await
}

#[tokio::test]
async fn two_users_talk() {
    let server = server().await.unwrap();
    let [mut alice, mut bob] = server.users().await.unwrap();
    alice.chat(bob.id(), "你好, Bob").await.unwrap();
    let heard = bob.next_message().await.unwrap();
    assert_eq!((heard.from, heard.text.as_deref()), (Some(alice.id()), Some("你好, Bob")));
}

#[tokio::test]
async fn every_numbered_case_passes_that_this_server_is_meant_for() {
    let not_yet = |id: &str| (id.to_owned(), "messages are not stored yet".to_owned());
    let expected = BTreeMap::from(["OFF-1", "OFF-3", "OFF-4"].map(not_yet));
    let suite = Suite::new(server().await.unwrap(), expected);
    for record in suite.run_these(functional(), |_| {}).await {
        let said = format!("{} {}: {}", record.id, record.result.word(), record.result.reason());
        println!("{said}");
        let is_bad =
            matches!(record.result, CaseResult::Failed { .. } | CaseResult::UnexpectedPass);
        assert!(!is_bad, "{said}");
    }
}

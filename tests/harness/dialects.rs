//! Every case in every built-in dialect, against the reference server.

use std::collections::BTreeMap;

use chatserver_harness::{
    check::{self, Case, Suite},
    config::{DialectChoice, Settings},
    fixture::Fixture,
    record::CaseResult,
};
use rstest::rstest;

/// A suite on a reference server of this dialect, whatever the environment says.
async fn reference(dialect: &str) -> Suite {
    let settings = Settings { reference: true, ..Settings::default() }
        .with_dialect(DialectChoice::BuiltIn(dialect.to_owned()));
    Suite::new(Fixture::start(&settings).await.unwrap(), BTreeMap::new())
}

/// Runs these cases; none may fail. Gives the ids of those that were skipped.
pub(crate) async fn all_hold(
    suite: &Suite,
    cases: impl IntoIterator<Item = &'static Case>,
) -> Vec<String> {
    let mut skipped = Vec::new();
    for record in suite.run_these(cases, |_| {}).await {
        match &record.result {
            CaseResult::Passed | CaseResult::Observed { .. } => {}
            CaseResult::Skipped { .. } => skipped.push(record.id.clone()),
            other => panic!("{} {}: {} {}", record.id, record.title, other.word(), other.reason()),
        }
    }
    skipped
}

/// `cannot_say`: the cases that the dialect cannot express. They are skipped, and nothing else is.
#[rstest]
#[case::course("course", &[])]
#[case::course_pwd("course-pwd", &[])]
#[case::second("second", &[])]
#[case::tara("tara", &[])]
#[case::bing("bing", &["GROUP-1", "GROUP-2"])]
#[case::echo_ack("echo-ack", &["GROUP-1", "GROUP-2"])]
#[case::len4("len4", &[])]
#[case::mixed("mixed", &[])]
#[case::token("token", &["LOGIN-10"])]
#[case::jsoncpp("jsoncpp", &[])]
#[tokio::test]
async fn every_functional_case_holds_on_the_reference_server(
    #[case] dialect: &str,
    #[case] cannot_say: &[&str],
) {
    // What needs several nodes: see `cluster`.
    let cases = check::functional().filter(|case| !case.cluster);
    let skipped = all_hold(&reference(dialect).await, cases).await;
    assert_eq!(skipped, cannot_say);
}

/// The reference server runs in this process, so no signal can be sent to it: see `signals`.
#[rstest]
#[case::none("course")]
#[case::objects("bing")]
#[case::newline("echo-ack")]
#[case::length("len4")]
#[case::mixed("mixed")]
#[case::jsoncpp("jsoncpp")]
#[tokio::test]
async fn every_hostile_case_holds_on_the_reference_server(#[case] dialect: &str) {
    let suite = reference(dialect).await;
    let skipped = all_hold(&suite, check::robustness()).await;
    for id in skipped {
        let case = check::find(&id).unwrap();
        let inexpressible = case.inexpressible(suite.fixture().dialect()).is_some();
        assert!(inexpressible || case.signals, "{id} was skipped");
    }
}

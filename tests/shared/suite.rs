//! The one suite of this test binary, and how the record of a case becomes the result of a test.

use chatserver_harness::{
    check::{Suite, find},
    config::Settings,
    fixture::Fixture,
    record::CaseResult,
    report::{errors::in_lang, titles},
    verdict::Level,
};
use tokio::sync::OnceCell;

use super::ending;

pub(crate) static SUITE: OnceCell<Result<Suite, String>> = OnceCell::const_new();

/// The suite on the configured server, started by whichever test comes first.
///
/// # Panics
/// There is no server: the message says what was tried and what to do.
pub(crate) async fn configured_suite() -> &'static Suite {
    let suite = SUITE.get_or_init(|| async {
        ending::announce();
        let settings = Settings::from_env().map_err(|error| error.to_string())?;
        let fixture = Fixture::start(&settings).await.map_err(|error| error.to_string())?;
        Ok(Suite::new(fixture, settings.expected_failures()))
    });
    match suite.await {
        Ok(suite) => suite,
        Err(error) => {
            panic!("{}", in_lang(&format!("no server to test: {error}"), ending::lang()))
        }
    }
}

/// Runs a case. A MUST that failed is a failed test; what was skipped, known or only a SHOULD is said in words.
#[expect(clippy::print_stdout, reason = "what a test that passed has to say")]
pub(crate) async fn settle(suite: &Suite, id: &str) {
    let case = find(id).unwrap_or_else(|| panic!("no case {id} in the registry"));
    let record = suite.run(case).await;
    let lang = ending::lang();
    let title = titles::title(id, &record.title, lang);
    let reason = record.result.reason();
    let said = format!("{id} {title}: {} {}", record.result.word(), in_lang(&reason, lang));
    match &record.result {
        CaseResult::Failed { .. } if record.level == Level::Must => panic!("{said}"),
        CaseResult::Blocked { .. } | CaseResult::UnexpectedPass | CaseResult::Trouble { .. } => {
            panic!("{said}")
        }
        _ => println!("{said}"),
    }
}

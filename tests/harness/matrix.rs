//! Each fault of the reference server against the cases that must catch it, and a few that must not mind it.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chatserver_harness::{
    check::{self, Suite},
    fixture::Fixture,
    record::CaseResult,
    server::Recipe,
};
use chatserver_refserver::{By, Expectation, Fault, FaultKind, expectations};
use tokio::{sync::Semaphore, task::JoinSet};

/// Cases from most sections that are over at once: only the faults that say so may touch them.
const BYSTANDERS: [&str; 10] = [
    "CONN-1", "REG-2", "LOGIN-2", "LOGIN-3", "LOGIN-7", "CHAT-1", "CHAT-10", "OFF-1", "BAD-1",
    "REQ-1",
];
/// Servers at once: nearly all of the time is spent waiting for what a faulty server does not send.
const AT_ONCE: usize = 16;

/// A suite on a reference server with this fault, a process of its own: a death is a death, and it is started again.
async fn suite(fault: Option<&str>, folder: &Path) -> Suite {
    let mut recipe = Recipe::reference(env!("CARGO_BIN_EXE_refserver"), &[], "course");
    recipe.args.extend(["--data".to_owned(), folder.join("data.db").display().to_string()]);
    recipe.args.extend(fault.map(|fault| format!("--fault={fault}")));
    let fixture = Fixture::builder().launch(recipe).log_dir(folder).start().await.unwrap();
    Suite::new(fixture, BTreeMap::new())
}

/// What the table says of this row that does not hold.
async fn complaints(row: &'static Expectation) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    // Each catcher on a server of its own: what strikes every n-th time strikes it as it would alone.
    for id in row.catchers() {
        let folder = tempfile::tempdir().unwrap();
        let record =
            suite(Some(row.fault), folder.path()).await.run(check::find(id).unwrap()).await;
        if !matches!(record.result, CaseResult::Failed { .. }) {
            let (word, reason) = (record.result.word(), record.result.reason());
            wrong.push(format!("{}: {id} does not catch it: {word} {reason}", row.fault));
        }
    }
    let suite = suite(Some(row.fault), folder.path()).await;
    for id in BYSTANDERS.into_iter().filter(|id| !row.may_strike(id)) {
        let record = suite.run(check::find(id).unwrap()).await;
        if matches!(record.result, CaseResult::Failed { .. } | CaseResult::Trouble { .. }) {
            wrong.push(format!("{}: {id} is red: {}", row.fault, record.result.reason()));
        }
    }
    wrong
}

#[tokio::test]
async fn every_fault_is_caught_by_the_cases_that_the_table_names_and_no_bystander_is_red() {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running: JoinSet<Vec<String>> = expectations()
        .iter()
        .map(|row| {
            let places = Arc::clone(&places);
            async move {
                let _place = places.acquire_owned().await.unwrap();
                complaints(row).await
            }
        })
        .collect();
    let mut wrong = Vec::new();
    while let Some(ended) = running.join_next().await {
        wrong.extend(ended.unwrap());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn without_a_fault_no_catcher_is_red() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(None, folder.path()).await;
    let named = |id: &&str| expectations().iter().any(|row| row.catchers().contains(id));
    for case in check::registry().filter(|case| named(&case.id)) {
        let record = suite.run(case).await;
        assert_eq!(record.result, CaseResult::Passed, "{}", case.id);
    }
}

#[test]
fn the_table_has_each_fault_once_and_names_only_cases_and_tests_that_there_are() {
    let in_table: Vec<FaultKind> =
        expectations().iter().map(|row| row.fault.parse::<Fault>().unwrap().kind).collect();
    assert_eq!(in_table, FaultKind::all().collect::<Vec<_>>());
    for row in expectations() {
        let known = |word: &&str| {
            *word == "*" || check::find(word).is_some() || check::sections().any(|s| s.key == *word)
        };
        let unknown: Vec<_> = row.also.iter().filter(|word| !known(word)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", row.fault);
        match row.by {
            By::Cases(catchers) => {
                assert!(!catchers.is_empty(), "{}", row.fault);
                for id in catchers {
                    assert!(check::find(id).is_some(), "{}: {id}", row.fault);
                }
            }
            By::Test { path, .. } => {
                let text = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path));
                let name = row.fault.split('=').next().unwrap();
                assert!(text.unwrap().contains(name), "{path} does not speak of {name}");
            }
            By::Nobody(_) => {}
        }
    }
}

/// The table for `docs/checks.md`.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    for row in expectations() {
        let by = match row.by {
            By::Cases(catchers) => catchers.join(", "),
            By::Test { finding, path } => format!("{finding} (`{path}`)"),
            By::Nobody(why) => format!("nobody: {why}"),
        };
        let also = if row.strikes_anywhere() { "any".to_owned() } else { row.also.join(", ") };
        let does = row.fault.parse::<Fault>().unwrap().kind.summary();
        let _ = writeln!(page, "| `{}` | {does} | {by} | {also} |", row.fault);
    }
    page
}

const HEAD: &str = "
## That the checks can fail

Each fault of the reference server, and who catches it. `cargo test` runs every fault against the cases named here, each on
a server of its own in the dialect `course`, and then against ten cases from most sections, of which none may be red but
those that the row names: in the last column stand cases and sections that meet, or may meet, the same fault. What no case
catches is caught by a stage of load, in the test that is named; what nobody catches says so. `cargo xtask matrix` runs
every fault against every case in every dialect; [matrix.md](matrix.md) is what came of it.

| fault | what it does | caught by | also touches |
|---|---|---|---|
";

//! The JUnit report against the schema that its readers have in common, by an XML validator that is not ours.

use std::{fs, path::Path, time::Duration};

use chatserver_harness::{
    process::{Invocation, run_once},
    record::CaseResult,
    report::junit,
};

use crate::html::sample_run::{self, Story};

const VALIDATOR: &str = "/usr/bin/xmllint";
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/harness/junit/common.xsd");

/// What the validator finds wrong; nothing for a valid text.
async fn complaints(xml: &str) -> Option<String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("junit.xml");
    fs::write(&file, xml).unwrap();
    let args =
        ["--noout", "--nonet", "--schema", SCHEMA, &file.display().to_string()].map(str::to_owned);
    let validator = Invocation::new(VALIDATOR).with_args(args);
    let ended = run_once(validator, Duration::from_mins(1)).await.unwrap();
    (!ended.status.is_success()).then(|| ended.tails.joined().join("\n"))
}

#[tokio::test]
async fn the_common_schema_holds_whatever_a_server_said() {
    if !Path::new(VALIDATOR).exists() {
        println!("skipped: no {VALIDATOR} here (Debian: apt-get install libxml2-utils)");
        return;
    }
    for story in [Story::Held, Story::Broke] {
        let (mut record, _) = sample_run::run(story);
        assert_eq!(complaints(&junit::render(&record).unwrap()).await, None, "{story:?}");
        let hostile = "]]></failure><testcase name=\"x\"/>&\x1b[2J\0\u{fffe}\u{202e}";
        record.stages[0].name = hostile.into();
        record.cases[0].result = CaseResult::Failed { reason: hostile.into() };
        assert_eq!(complaints(&junit::render(&record).unwrap()).await, None, "{story:?}");
    }
    // The schema itself refuses what readers would stumble over.
    let (record, _) = sample_run::run(Story::Broke);
    let sound = junit::render(&record).unwrap();
    for (written, wrong) in [
        (" type=", " kind="),
        (" classname=", " class="),
        (" tests=\"", " tests=\"many"),
        (" errors=", " wrongs="),
    ] {
        let broken = sound.replace(written, wrong);
        assert_ne!(broken, sound, "{written}");
        assert!(complaints(&broken).await.is_some(), "{wrong} is let pass");
    }
}

//! Dialects of public servers that no built-in speaks, each with the conversation its server was seen or read to hold.

use std::{collections::BTreeSet, fs};

use chatserver_harness::wire::dialect::{Dialect, Kind};
use rstest::rstest;

use super::{play, read, transcript::Transcript};

fn dialect(name: &str) -> Dialect {
    let path = format!("{}/fixtures/dialects/community/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    Dialect::load(&path, &text).unwrap_or_else(|error| panic!("{error}"))
}

fn transcript(name: &str) -> Transcript {
    Transcript::parse(&read(&format!("community/{name}")))
}

/// The names of the files in a folder of the fixtures, without their ends.
fn names(folder: &str) -> BTreeSet<String> {
    let folder = format!("{}/fixtures/{folder}/community", env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let stem = |path: std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files.map(|file| stem(file.unwrap().path())).collect()
}

#[rstest]
#[tokio::test]
async fn what_is_sent_and_understood_is_as_written(
    #[values("0nian", "11gan", "darricklzh", "din-1121", "edithnuaa")] name: &str,
    #[values(false, true)] in_single_bytes: bool,
) {
    let mut transcript = transcript(name);
    if in_single_bytes {
        transcript = transcript.in_single_bytes();
    }
    play(dialect(name), transcript)
        .await
        .unwrap_or_else(|difference| panic!("{name}: {difference}"));
}

#[test]
fn every_one_of_them_has_a_conversation_with_every_request() {
    let known = BTreeSet::from(["0nian", "11gan", "darricklzh", "din-1121", "edithnuaa"]);
    assert_eq!(names("dialects"), known.iter().map(ToString::to_string).collect());
    assert_eq!(names("frames"), names("dialects"));
    for name in known {
        assert_eq!(dialect(name).name, name, "the file and the name in it");
        let transcript = transcript(name);
        for kind in Kind::ALL.map(Kind::table) {
            let is_called = transcript.exchanges.iter().any(|exchange| exchange.call == kind);
            assert!(is_called, "{name} never calls {kind}");
        }
    }
}

/// A file that the nearest built-in dialect makes superfluous would only be a second name for it. (11gan needs no such
/// proof: no built-in has its numbers from 1000, and four digits for one would leave both sides waiting for the rest.)
#[rstest]
// What `second` takes for already online; another number; another number of the first request; another field.
#[case::code("0nian", "{\"already_online\":2}")]
#[case::number("darricklzh", "\"msgid\":8")]
#[case::register("din-1121", "\"msgid\":2")]
#[case::field("edithnuaa", "\"to\":2")]
#[tokio::test]
async fn the_nearest_built_in_dialect_does_not_hold_the_same_conversation(
    #[case] name: &str,
    #[case] says: &str,
) {
    let second = Dialect::builtin("second").unwrap().unwrap();
    let difference = play(second, transcript(name)).await.unwrap_err();
    assert!(difference.contains(&says.escape_debug().to_string()), "{name}: {difference}");
}

//! Dialects of public servers that no built-in speaks, each with the conversation its server was seen or read to hold.

use std::{collections::BTreeSet, fs};

use chatserver_harness::wire::dialect::{Dialect, Kind};
use rstest::rstest;

use super::{play, read, transcript::Transcript};

const SERVERS: [&str; 16] = [
    "0nian",
    "11gan",
    "564637929",
    "bamdowcoco",
    "chenghaozhou",
    "darricklzh",
    "din-1121",
    "edithnuaa",
    "keang-gh",
    "makise0721",
    "sauron7i",
    "xqt1234",
    "xw6666",
    "yijuni",
    "zctcz",
    "zhaodizdd",
];

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
async fn what_is_sent_and_understood_is_as_written(#[values(false, true)] in_single_bytes: bool) {
    for name in SERVERS {
        let mut transcript = transcript(name);
        if in_single_bytes {
            transcript = transcript.in_single_bytes();
        }
        play(dialect(name), transcript)
            .await
            .unwrap_or_else(|difference| panic!("{name}: {difference}"));
    }
}

#[test]
fn every_one_of_them_has_a_conversation_with_every_request() {
    assert_eq!(names("dialects"), SERVERS.map(str::to_owned).into());
    assert_eq!(names("frames"), names("dialects"));
    for name in SERVERS {
        let (dialect, transcript) = (dialect(name), transcript(name));
        assert_eq!(dialect.name, name, "the file and the name in it");
        for kind in Kind::ALL {
            let is_called = |call: &str| call == kind.table();
            let is_called = transcript.exchanges.iter().any(|exchange| is_called(&exchange.call));
            assert_eq!(is_called, dialect.request(kind).is_some(), "{name}: {}", kind.table());
        }
    }
}

/// How little of each was changed by hand: fewer than five lines, but for the one whose header says least.
#[test]
fn the_lines_that_were_changed_by_hand_are_few_and_marked() {
    let changed = |name: &str| {
        let text = dialect(name).text;
        let keys = text.lines().filter(|line| !line.starts_with('#'));
        keys.filter(|line| line.contains("by hand")).count()
    };
    for name in SERVERS {
        let most = if name == "zhaodizdd" { 7 } else { 4 };
        assert!(changed(name) <= most, "{name}: {}", changed(name));
    }
}

/// Of these the built-in name is enough.
#[rstest]
#[case("keang-gh", "course")]
#[case("makise0721", "echo-ack")]
#[case("bamdowcoco", "mixed")]
#[case("zctcz", "len4")]
#[tokio::test]
async fn a_built_in_dialect_holds_the_same_conversation(
    #[case] name: &str,
    #[case] built_in: &str,
) {
    let built_in = Dialect::builtin(built_in).unwrap().unwrap();
    play(built_in, transcript(name))
        .await
        .unwrap_or_else(|difference| panic!("{name}: {difference}"));
}

/// A file that the nearest built-in dialect makes superfluous would only be a second name for it. (11gan, 564637929, xqt1234, xw6666 and zhaodizdd
/// need no such proof: no built-in has such numbers, such keys or such a header, and both sides would wait for the rest.)
#[rstest]
// What `second` takes for already online; another number; another number of the first request; another field.
#[case::code("0nian", "second", "{\"already_online\":2}")]
#[case::number("darricklzh", "second", "\"msgid\":8")]
#[case::register("din-1121", "second", "\"msgid\":2")]
#[case::field("edithnuaa", "second", "\"to\":2")]
#[case::field("sauron7i", "second", "\"to\":2")]
// Why a login was refused; the id of the new user.
#[case::text("chenghaozhou", "second", "\"refused\":1")]
#[case::id("yijuni", "course", "\"user\":1")]
#[tokio::test]
async fn the_nearest_built_in_dialect_does_not_hold_the_same_conversation(
    #[case] name: &str,
    #[case] built_in: &str,
    #[case] says: &str,
) {
    let built_in = Dialect::builtin(built_in).unwrap().unwrap();
    let difference = play(built_in, transcript(name)).await.unwrap_err();
    assert!(difference.contains(&says.escape_debug().to_string()), "{name}: {difference}");
}

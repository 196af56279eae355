//! The tidy test, shown to find what it looks for, and only that.

use super::{Source, cases, findings, mark_test_files};

/// The findings in one file, as `line: what`, after a first line that is in order.
fn found_in(path: &str, text: &str) -> Vec<String> {
    let source = Source::new(path, &format!("//! A file.\n{text}"));
    findings(&[source]).iter().map(|found| format!("{}: {}", found.line, found.what)).collect()
}

/// Every text breaks one rule once, at the line given.
#[test]
fn each_broken_rule_is_found() {
    let allow = concat!("#[al", "low(dead_code)]");
    let expect = concat!("#[ex", "pect(dead_code)]");
    let later = concat!("// TO", "DO: later");
    let broken = [
        ("src/wire/a.rs", "use crate::client::User;", "2: `wire` (floor 1) uses `client`"),
        ("src/wire/a.rs", "\nfn f() { crate::fixture::f() }", "3: `wire` (floor 1) uses `fixture`"),
        ("src/wire/mod.rs", "use super::client::User;", "2: `wire` (floor 1) uses `client`"),
        ("src/wire/b/c.rs", "use super::super::super::load;", "2: `wire` (floor 1) uses `load`"),
        (
            "src/server/a.rs",
            "use crate::{\n    record::{Death, x},\n    client::User, wire::A,\n};",
            "2: `server` (floor 3) uses `client`",
        ),
        ("src/client/a.rs", "use crate::server::Server;", "2: `client` (floor 3) uses `server`"),
        ("src/report/a.rs", "use crate::wire::UserId;", "2: `report` uses `wire`"),
        ("src/attic/a.rs", "", "1: the room `attic` stands on no floor"),
        ("src/wire/util.rs", "", "1: `util` does not say"),
        ("tests/common/mod.rs", "", "1: `common` does not say"),
        ("src/wire/a.rs", "\n\nfn f() { std::env::var(\"A\") }", "4: `env::var` reads"),
        ("src/load/a.rs", "use std::process::{Child, Command};", "2: `Command` makes"),
        ("src/load/a.rs", "fn f() { eprintln!(\"a\") }", "2: `eprintln!` prints"),
        ("src/client/a.rs", "const A: &str = \"msgid\";", "2: the message key msgid"),
        ("src/client/a.rs", "fn f() { g(br#\"{\"errno\":0}\"#) }", "2: the message key errno"),
        ("src/client/a.rs", "fn f() { g(\"{\\\"toid\\\":0}\") }", "2: the message key toid"),
        ("src/wire/a.rs", allow, "2: `allow(…)` without a reason"),
        ("xtask/src/a.rs", expect, "2: `expect(…)` without a reason"),
        ("tests/load/a.rs", later, concat!("2: TO", "DO")),
        ("src/wire/a.rs", "fn f() { unimplemented!() }", "2: `unimplemented!`"),
        ("fixtures/refserver/src/a.rs", "use chatserver_harness::wire;", "2: the reference server"),
    ];
    for (path, text, expected) in broken {
        let found = found_in(path, text);
        assert_eq!(found.len(), 1, "{path}: {text:?} gave {found:?}, expected {expected}");
        assert!(found[0].starts_with(expected), "{path}: {text:?} gave {found:?}");
    }
}

#[test]
fn what_only_looks_like_a_broken_rule_is_passed_over() {
    let fine = [
        ("src/client/a.rs", "use crate::wire::UserId; // not crate::server::Server"),
        ("src/client/a.rs", "/* crate::server /* crate::load */ crate::check */ fn f<'a>() {}"),
        ("src/client/a.rs", "const A: &str = r#\"\"crate::server\" println!\"#;"),
        ("src/client/a.rs", "fn f() -> [char; 3] { ['\"', '\\'', '{'] }\n// crate::server"),
        ("src/client/a.rs", "use super::{server_of, load};"),
        ("src/client/a.rs", "use crate::units::{self, server::X};"),
        ("src/client/a.rs", "#[cfg(test)]\nmod tests {\n    use crate::server::Server;\n}"),
        ("src/client/a.rs", "#[cfg(test)]\nfn f() { println!(\"{}\", \"msgid\") }"),
        ("src/client/a.rs", "const A: &str = \"errno 2 means: already online\";"),
        ("src/config/a.rs", "fn f() { std::env::var_os(\"A\") }"),
        ("src/process/a.rs", "use tokio::process::Command;"),
        ("src/load/a.rs", "struct CommandLine; fn f() { pretty_print!() }"),
        ("src/bin/a.rs", "fn main() { println!(\"{}\", 1) }"),
        ("tests/load/a.rs", "fn f() { println!(\"{}\", \"msgid\") }"),
        ("src/wire/a.rs", "#[expect(dead_code, reason = \"a; b\")]\nfn f() { x.expect(\"b\") }"),
        ("src/error/a.rs", "use crate::verdict::Exit;"),
        ("src/report/a.rs", "use crate::{record::Death, units::f, verdict::Verdict};"),
    ];
    for (path, text) in fine {
        assert_eq!(found_in(path, text), Vec::<String>::new(), "{path}: {text:?}");
    }
}

#[test]
fn the_first_line_is_one_sentence() {
    let problems = |text: &str| findings(&[Source::new("src/wire/a.rs", text)]).len();
    assert_eq!(problems("//! A whole sentence.\n\nfn f() {}\n"), 0);
    assert_eq!(problems("//! A whole sentence.\n//!\n//! And more.\n"), 0);
    assert_eq!(problems("//! A sentence that goes on.\n//! Here.\n"), 1);
    assert_eq!(problems("//! no end\n"), 1);
    assert_eq!(problems("// A comment.\n"), 1);
    assert_eq!(problems(""), 1);
}

#[test]
fn a_file_of_more_than_450_lines_is_found() {
    assert_eq!(found_in("src/wire/a.rs", &"\n".repeat(449)).len(), 0);
    assert!(found_in("src/wire/a.rs", &"\n".repeat(450))[0].starts_with("451: 451 lines"));
}

#[test]
fn a_file_that_is_a_test_module_is_a_test() {
    let parent = "//! A room.\n#[cfg(test)]\nmod tests;\nmod other;";
    let child = "//! A file.\nuse crate::server::Server;";
    let files = |child_path: &str| {
        let mut sources =
            [Source::new("src/client/mod.rs", parent), Source::new(child_path, child)];
        mark_test_files(&mut sources);
        findings(&sources).len()
    };
    assert_eq!(files("src/client/tests.rs"), 0);
    assert_eq!(files("src/client/other.rs"), 1);
}

#[test]
fn cases_without_a_test_and_tests_without_a_case_are_found() {
    let suite = Source::new(
        "tests/functional/main.rs",
        "cases! {\n    a_1_works = \"A-1\",\n    a_3_works = \"A-3\",\n    wrong = \"A-4\",\n}",
    );
    let found: Vec<String> = cases::check(&["A-1", "A-2", "A-4", "A-1"], &suite)
        .iter()
        .map(ToString::to_string)
        .collect();
    let path = "tests/functional/main.rs";
    assert_eq!(
        found,
        [
            format!("{path}:1: the case A-2 has not exactly one test"),
            format!("{path}:1: the case A-1 is listed twice"),
            format!("{path}:3: no case is called A-3"),
            format!("{path}:4: the test of A-4 is called wrong: its name begins with the id"),
        ]
    );
}

#[test]
fn a_reference_server_that_depends_on_the_harness_is_found() {
    let fine = "[package]\ndescription = \"not chatserver-harness\"\n[dependencies]\nserde = \"1\"";
    assert_eq!(cases::independence(fine), []);
    for leaning in [
        "[dev-dependencies]\nchatserver-harness = \"0.1\"",
        "[dependencies.other]\npackage = \"chatserver-harness\"\npath = \"../..\"",
        "[target.'cfg(unix)'.build-dependencies]\nchatserver-harness.path = \"../..\"",
    ] {
        assert_eq!(cases::independence(leaning).len(), 1, "{leaning}");
    }
}

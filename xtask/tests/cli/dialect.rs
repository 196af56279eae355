//! The commands around dialect files.

use crate::shell::Shell;

const COURSE: &str = include_str!("../../../fixtures/dialects/course.toml");
const HEADER: &str = include_str!("../../../fixtures/headers/course.hpp");

#[test]
fn a_dialect_is_shown_checked_and_compared() {
    let shell = Shell::new().with_file("my.toml", &COURSE.replace("\"toid\"", "\"to\""));
    let shown = shell.run("dialect show course");
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(0), COURSE));
    let checked = shell.run("dialect check my.toml");
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    for says in ["login        1, acknowledged by 2", "logout       3, never acknowledged"] {
        assert!(checked.stdout.contains(says), "{checked:#?}");
    }
    let compared = shell.run("dialect diff course my.toml");
    assert_eq!(compared.stdout, "chat.send.to: \"toid\" -> \"to\"\n");
    assert_eq!(shell.run("dialect diff course course").stdout, "they say the same\n");
}

#[test]
fn a_dialect_that_is_wrong_is_refused_with_its_line() {
    let shell = Shell::new().with_file("my.toml", &COURSE.replace("to = \"toid\", ", ""));
    shell.run("dialect check my.toml").refused(2, &["my.toml:", "[chat] lacks the part `to`"]);
    shell.run("dialect show curse").refused(2, &["curse", "course, "]);
}

#[test]
fn a_header_becomes_a_dialect_that_passes_the_check() {
    let shell = Shell::new().with_file("public.hpp", HEADER);
    let made = shell.run("dialect from-header public.hpp");
    assert_eq!(made.code, Some(0), "{made:#?}");
    let shell = shell.with_file("my.toml", &made.stdout);
    assert_eq!(shell.run("dialect check my.toml").code, Some(0), "{made:#?}");
    shell.run("dialect from-header absent.hpp").refused(2, &["absent.hpp"]);
}

#[test]
fn keys_that_a_server_calls_otherwise_are_renamed_everywhere() {
    let shell = Shell::new().with_file("public.hpp", HEADER);
    let made = shell.run("dialect from-header public.hpp --rename id=userid --rename toid=to --rename msgid=type --rename errno=code");
    assert_eq!(made.code, Some(0), "{made:#?}");
    for says in [
        "reply = { user = \"userid\" }",
        "friend = { name = \"name\", state = \"state\", user = \"userid\" }",
        "to = \"to\", user = \"userid\" }",
        "group = \"userid\"",
        "by = \"id\"",
        "key = \"type\"",
        "code = \"code\"",
    ] {
        assert!(made.stdout.contains(says), "{says}: {}", made.stdout);
    }
    assert!(!made.stdout.contains("toid"), "{}", made.stdout);
    let shell = shell.with_file("my.toml", &made.stdout);
    assert_eq!(shell.run("dialect check my.toml").code, Some(0), "{made:#?}");
    let absent = shell.run("dialect from-header public.hpp --rename uid=userid");
    absent.refused(2, &["--rename", "calls nothing `uid`"]);
    shell.run("dialect from-header public.hpp --rename uid").refused(2, &["OLD=NEW"]);
}

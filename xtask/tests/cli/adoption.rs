//! A server that has no chatserver.toml yet gets one: by flags, by answers; and its shell lines can be run alone.

use crate::shell::{Shell, XTASK};

/// Arguments with which our own program is anybody's server.
const SERVE: &str = "serve --listen {ip}:{port} --dialect-file course.toml";

fn shell() -> Shell {
    let shell = Shell::new();
    shell.dialect();
    shell
}

#[test]
fn flags_make_a_file_that_is_tried_at_once() {
    let shell = shell();
    let args = ["init", "--program", XTASK, "--args", SERVE, "--dir", ".", "--needs", ""];
    let more = ["--reset", "echo \"nobody's online\" > reset.txt", "--dialect", "course"];
    let outcome = shell.run_with(&[&args[..], &more[..]].concat(), "");
    // An empty --needs names an address that is none.
    outcome.refused(2, &["chatserver.toml", "not an address"]);
    let args = ["init", "--program", XTASK, "--args", SERVE, "--dir", "."];
    let outcome = shell.run_with(&[&args[..], &more[..]].concat(), "");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["wrote", "LOGIN-1", "verdict: PASS", "next: `cargo test"]);
    assert_eq!(shell.file("reset.txt"), "nobody's online\n", "the line is run before each start");
    let text = shell.file("chatserver.toml");
    assert!(
        text.contains("\ndir = \".\"\n") && text.contains("\ndialect = \"course\"\n"),
        "{text}"
    );
    assert!(text.contains("# How the server is stopped"), "the comments are there: {text}");

    let again = shell.run_with(&[&args[..], &more[..]].concat(), "");
    again.refused(2, &["is there already", "--force"]);
    assert_eq!(shell.file("chatserver.toml"), text);
    // What was written is what every other command uses.
    let outcome = shell.run("check --only CONN-1");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
}

#[test]
fn answers_make_a_file_too_and_a_wrong_one_is_asked_again() {
    let shell = shell();
    let answers =
        format!("absent/ChatServer\n{XTASK}\n{SERVE}\n-\nnonsense\nchat:1@chat\ncurse\n\n");
    let outcome = shell.run_with(&["init", "--dir", ".", "--no-run"], &answers);
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&[
        "absent/ChatServer is not a file: build the server first",
        "`nonsense` is not an account",
        "`curse` is neither a built-in dialect",
        "wrote",
    ]);
    let text = shell.file("chatserver.toml");
    for line in [
        r#"reset = "mysql -h 127.0.0.1 -u chat --password='1' chat -e \"update user set state='offline'\"""#,
        r#"dialect = "course""#,
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.contains("\n#needs = "), "nothing is needed: {text}");
}

#[test]
fn a_header_near_the_program_is_found() {
    let shell = shell().with_script("ChatServer", "exit 1");
    let header = include_str!("../../../fixtures/headers/course.hpp");
    let shell = shell.with_file("public.hpp", header);
    let outcome = shell.run("init --program ChatServer --no-run");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    let text = shell.file("chatserver.toml");
    assert!(text.contains("\nheader = \"public.hpp\"\n"), "{text}");
    assert!(text.contains("\ncommand = [\"./ChatServer\", \"{ip}\", \"{port}\"]\n"), "{text}");
}

#[test]
fn a_server_with_a_port_of_its_own_is_told_that_port() {
    let shell = shell().with_script("ChatServer", "exit 1");
    let outcome = shell.run("init --program ChatServer --addr 127.0.0.1:8080 --no-run");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    let text = shell.file("chatserver.toml");
    assert!(text.contains("\ncommand = [\"./ChatServer\", \"127.0.0.1\", \"8080\"]\n"), "{text}");
    assert!(text.contains("\naddr = \"127.0.0.1:8080\"\n"), "{text}");
}

#[test]
fn what_cannot_be_meant_is_refused_and_nothing_is_written() {
    let shell = shell().with_script("ChatServer", "exit 1");
    for (args, says) in [
        (&["init"][..], ["--program", "no answer"]),
        (&["init", "--program", "absent"], ["--program", "build the server first"]),
        (&["init", "--program", "ChatServer", "--args", "6000"], ["--args", "--addr"]),
        (
            &[
                "init",
                "--program",
                "ChatServer",
                "--args",
                "{ip} {port}",
                "--addr",
                "127.0.0.1:6000",
            ],
            ["--addr", "no fixed address"],
        ),
        (&["init", "--addr", "6000"], ["--addr", "lacks the host"]),
        (
            &["init", "--program", "ChatServer", "--mysql", "chat"],
            ["--mysql", "user:password@database"],
        ),
        (
            &["init", "--program", "ChatServer", "--dialect", "curse"],
            ["no such dialect", "course, "],
        ),
    ] {
        let outcome = shell.run_with(args, "");
        assert_eq!(outcome.code, Some(2), "{outcome:#?}");
        for words in says {
            assert!(outcome.stderr.contains(words), "{words}: {outcome:#?}");
        }
        assert!(!shell.path("chatserver.toml").exists(), "{args:?}");
    }
}

#[test]
fn a_server_that_does_not_start_is_named_and_the_file_stays_for_the_next_try() {
    let shell = shell().with_script("ChatServer", "echo no database; exit 3");
    let outcome = shell.run("init --program ChatServer --dialect course");
    assert_eq!(outcome.code, Some(4), "{outcome:#?}");
    assert!(outcome.stderr.contains("no database"), "{outcome:#?}");
    assert!(shell.path("chatserver.toml").exists());
}

#[test]
fn the_shell_lines_can_be_run_alone() {
    let shell = Shell::new();
    shell.run("reset").refused(2, &["no chatserver.toml", "cargo xtask init"]);
    let shell = shell.with_file("chatserver.toml", "reset = \"echo done > reset.txt\"\n");
    let outcome = shell.run("reset");
    assert_eq!(
        (outcome.code, shell.file("reset.txt").as_str()),
        (Some(0), "done\n"),
        "{outcome:#?}"
    );
    outcome.says(&["reset: echo done > reset.txt"]);
    shell.run("cleanup").refused(2, &["no `cleanup` line"]);

    let shell = shell.with_file("other.toml", "cleanup = \"echo access denied; exit 1\"\n");
    let outcome = shell.run("cleanup --config other.toml");
    assert_eq!(outcome.code, Some(4), "{outcome:#?}");
    assert!(outcome.stderr.contains("access denied"), "{outcome:#?}");
}

#[test]
fn what_fails_can_be_made_known_and_what_passes_is_known_no_longer() {
    let shell = Shell::new().with_recipe("# My server.");
    let path = shell.path("chatserver.toml");
    let right = shell.file("chatserver.toml");
    let faulty = right.replace("'serve',", "'serve', '--fault', 'any-password',");
    std::fs::write(&path, &faulty).unwrap();

    let outcome = shell.run("check --only LOGIN-3,REG-2 --bless");
    assert_eq!(outcome.code, Some(1), "this run is as red as ever: {outcome:#?}");
    assert!(outcome.stderr.contains("known failures written; new: LOGIN-3;"), "{outcome:#?}");
    let text = shell.file("chatserver.toml");
    assert!(text.starts_with("# My server.") && text.contains("[expect]\nLOGIN-3 = "), "{text}");
    let outcome = shell.run("check --only LOGIN-3,REG-2 --bless");
    assert_eq!(outcome.code, Some(0), "known, and no more than that: {outcome:#?}");
    assert!(outcome.stderr.contains("knows all of this already"), "{outcome:#?}");
    assert_eq!(shell.file("chatserver.toml"), text);

    std::fs::write(&path, text.replace(" '--fault', 'any-password',", "")).unwrap();
    let outcome = shell.run("check --only LOGIN-3 --bless");
    assert_eq!(outcome.code, Some(1), "it passes, and was said to fail: {outcome:#?}");
    assert!(outcome.stderr.contains("passes now, taken out: LOGIN-3"), "{outcome:#?}");
    assert_eq!(shell.file("chatserver.toml").trim_end(), right.trim_end());
    assert_eq!(shell.run("check --only LOGIN-3").code, Some(0));
}

//! A server whose dialect nobody has written down is asked, and what comes of it is a dialect with which its cases pass.

use std::fs;

use chatserver_harness::wire::dialect::{builtin_names, builtin_text};

use crate::shell::{Outcome, Shell};

/// Asks a server that speaks `spoken`, beginning with the built-in dialect `base`.
fn asked(
    spoken: &str,
    base: &str,
    faults: &str,
) -> (Shell, crate::shell::Running, String, Outcome) {
    let shell = Shell::new().with_file("spoken.toml", spoken);
    let mut server = shell.start(&format!("serve --dialect-file spoken.toml {faults}"));
    let at = format!("--server 127.0.0.1 --port {}", server.port());
    let outcome = shell.run(&format!("dialect try {at} --dialect {base} --file found.toml"));
    (shell, server, at, outcome)
}

/// The built-in dialect with these lines said otherwise.
fn said_otherwise(base: &str, changes: &[(&str, &str)]) -> String {
    let mut text = builtin_text(base).unwrap().to_owned();
    for (line, instead) in changes {
        assert_eq!(text.matches(line).count(), 1, "{line}");
        text = text.replace(line, instead);
    }
    text
}

#[test]
fn what_is_found_is_a_dialect_with_which_the_functional_cases_pass() {
    for (base, changes) in [
        (
            "course",
            vec![
                ("[register]\nnumber = 4\nack = 5", "[register]\nnumber = 4\nack = 50"),
                ("code = \"errno\"", "code = \"ret\""),
                ("reply = { user = \"id\" }", "reply = { user = \"uid\" }"),
            ],
        ),
        ("len4", vec![("friends = \"friends\"", "friends = \"buddies\"")]),
    ] {
        let spoken = said_otherwise(base, &changes);
        let (shell, _server, at, outcome) = asked(&spoken, base, "");
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        outcome.says(&[
            "register alice",
            " -> ",
            " <- ",
            "wrote found.toml; next: CHATSERVER_DIALECT=found.toml",
        ]);
        let check = shell.run(&format!("check --only FUNCTIONAL {at} --dialect found.toml"));
        assert_eq!(check.code, Some(0), "{outcome:#?}\n{check:#?}");
        // With the dialect that it began with they do not.
        let before = shell.run(&format!("check --only FUNCTIONAL {at} --dialect {base}"));
        assert_eq!(before.code, Some(1), "{before:#?}");
        let again = shell.run(&format!("dialect try {at} --dialect found.toml --file again.toml"));
        again.says(&["the server speaks it as it is"]);
        let over = shell.run(&format!("dialect try {at} --file found.toml"));
        over.refused(2, &["found.toml is there already", "--force"]);
    }
}

#[test]
fn acknowledgements_and_numbers_that_the_dialect_does_not_know_are_seen() {
    let spoken = said_otherwise(
        "course",
        &[("[chat]\nnumber = 6", "[chat]\nnumber = 6\nack = 61\ndelivery = 60")],
    );
    let (shell, _server, _, outcome) = asked(&spoken, "course", "");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["chat.ack = 61", "chat.delivery = 60"]);
    let found = fs::read_to_string(shell.path("found.toml")).unwrap();
    assert!(found.contains("ack = 61") && found.contains("delivery = 60"), "{found}");
    assert!(found.contains("# "), "the comments are kept: {found}");
}

/// Of whom nothing is known but that they went, unless the server is started again.
#[test]
fn who_is_left_online_comes_back_after_a_new_start() {
    let asked = |data: &str| {
        let shell = Shell::new().with_recipe("");
        let recipe = shell.file("chatserver.toml");
        let launched = format!("'serve', '--fault', 'ghost-online', {data}");
        let shell = shell.with_file("chatserver.toml", &recipe.replace("'serve',", &launched));
        let outcome = shell.run("dialect try --dialect course --file found.toml");
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        outcome
            .says(&["the server leaves users online (LOGIN-7 is red)", "start the server again"]);
        assert!(shell.path("found.toml").exists());
        outcome
    };
    let both = "both are answered: requests may share a read";
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let outcome = asked("'--data', 'data.db',");
            let group = "the group is 1, listed under `groups`";
            outcome.says(&[group, "friends are listed", both, "speaks it as it is"]);
        });
        // In memory it has forgotten them; what was found until then is kept, and what needs none of them is asked.
        scope.spawn(|| {
            let outcome = asked("");
            outcome.says(&["not let in then either", both]);
            assert!(!outcome.stdout.contains("the group is "), "{outcome:#?}");
        });
    });
}

/// And what was found before the server died of something else is kept.
#[test]
fn numbers_of_acknowledgements_under_a_key_of_their_own_are_seen() {
    let spoken =
        said_otherwise("course", &[("key = \"msgid\"", "key = \"msgid\"\nack_key = \"响应信号\"")]);
    let (shell, _server, at, outcome) = asked(&spoken, "course", "");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["wire.ack_key = \"响应信号\"", "acknowledged by 响应信号 5"]);
    let check = shell.run(&format!("check --only FUNCTIONAL {at} --dialect found.toml"));
    assert_eq!(check.code, Some(0), "{check:#?}");

    let shell = Shell::new().with_recipe("").with_file("course.toml", &spoken);
    let recipe = shell.file("chatserver.toml");
    let shell = shell.with_file(
        "chatserver.toml",
        &recipe.replace("'serve',", "'serve', '--fault', 'die-after=1',"),
    );
    let outcome = shell.run("dialect try --dialect course --file found.toml");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    outcome.says(&["the server died", "wrote found.toml, with what was found until then"]);
    assert!(shell.file("found.toml").contains("ack_key = \"响应信号\""));
}

#[test]
fn one_code_for_every_refused_login_is_seen() {
    let spoken = said_otherwise(
        "course",
        &[("already_online = [2]", "already_online = [2]\nwrong_login = [2]")],
    );
    let (shell, _server, at, outcome) = asked(&spoken, "course", "");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["errors.wrong_login = [2]"]);
    let cases = "check --only LOGIN-3,LOGIN-4,LOGIN-7,LOGIN-8";
    let check = shell.run(&format!("{cases} {at} --dialect found.toml"));
    assert_eq!(check.code, Some(0), "{check:#?}");
    // To a dialect that has a code for already online alone it is a lie.
    let check = shell.run(&format!("{cases} {at} --dialect course"));
    assert_eq!(check.code, Some(1), "{check:#?}");
    check.says(&["although nobody is", "wrong_login = [2]"]);
}

#[test]
fn silence_or_death_at_the_first_register_has_two_explanations() {
    let course = builtin_text("course").unwrap();
    let (shell, _server, _, outcome) = asked(course, "course", "--fault never-answer");
    assert_eq!(outcome.code, Some(2), "{outcome:#?}");
    outcome.says(&["dialect or server?", "said nothing for 3 s", "from-header", "database"]);
    assert!(!shell.path("found.toml").exists());

    // It has another key for the message number, so that a server of the dialect `course` finds none.
    let shell = Shell::new().with_recipe("");
    let text = shell
        .file("chatserver.toml")
        .replace("'serve',", "'serve', '--fault', 'die-on-missing-number',");
    let shell = shell.with_file("chatserver.toml", &text);
    let outcome = shell.run("dialect try --dialect bing --file found.toml");
    assert_eq!(outcome.code, Some(2), "{outcome:#?}");
    outcome.says(&["dialect or server?", "the server died", "signal 6 (SIGABRT"]);
}

#[test]
fn a_server_of_an_unknown_dialect_is_asked_in_each_until_it_understands_one() {
    let spoken = said_otherwise("second", &[("friends = \"friends\"", "friends = \"buddies\"")]);
    let shell = Shell::new().with_recipe("");
    let recipe = shell.file("chatserver.toml").replace("course.toml", "spoken.toml");
    let shell = shell.with_file("chatserver.toml", &recipe).with_file("spoken.toml", &spoken);
    let outcome = shell.run("dialect try --search --quiet --file found.toml");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["it is not course\n", "it is not course-pwd", "wrote found.toml"]);
    assert!(!outcome.stdout.contains("it is not second"), "{outcome:#?}");
    let check = shell.run("check --only FUNCTIONAL --dialect found.toml");
    assert_eq!(check.code, Some(0), "{check:#?}");
}

#[test]
fn a_header_that_no_other_server_has_is_understood() {
    let spoken = said_otherwise("header", &[("ack = 1022", "ack = 1023")]);
    let (_shell, _server, _, outcome) = asked(&spoken, "header", "");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["add_friend.ack = 1023"]);

    // As a public server has it: an int and sixteen bytes that are reserved.
    let reserved = "{ header = [\"length:4\", \"zero:16\"], order = \"little\" }";
    let spoken = ["to_server", "acks", "deliveries"].map(|key| format!("{key} = \"none\""));
    let spoken = spoken.iter().fold(builtin_text("course").unwrap().to_owned(), |text, line| {
        assert_eq!(text.matches(line).count(), 1, "{line}");
        text.replace(line, &line.replace("\"none\"", reserved))
    });
    let shell = Shell::new().with_file("spoken.toml", &spoken);
    let mut server = shell.start("serve --dialect-file spoken.toml");
    let at = format!("--server 127.0.0.1 --port {}", server.port());
    let check = shell.run(&format!("check --only FUNCTIONAL {at} --dialect spoken.toml"));
    assert_eq!(check.code, Some(0), "{check:#?}");
}

#[test]
fn users_who_talk_to_friends_alone_are_made_friends_first() {
    let spoken = builtin_text("heartbeat").unwrap();
    let (_shell, _server, _, outcome) = asked(spoken, "heartbeat", "");
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&["the server speaks it as it is"]);
    let at = |step: &str| outcome.stdout.find(step).unwrap();
    assert!(at("make friends\n") < at("say something to the second user\n"), "{outcome:#?}");
}

/// All at once: most of it is waiting for what is not answered.
#[test]
fn a_server_of_a_built_in_dialect_speaks_it_as_it_is() {
    std::thread::scope(|scope| {
        for name in builtin_names() {
            scope.spawn(move || {
                let (_shell, _server, _, outcome) = asked(builtin_text(name).unwrap(), name, "");
                assert_eq!(outcome.code, Some(0), "{name}: {outcome:#?}");
                assert!(
                    outcome.stdout.contains("the server speaks it as it is"),
                    "{name}: {outcome:#?}"
                );
            });
        }
    });
}

#[test]
fn what_only_friends_get_refusals_of_one_number_and_the_keys_of_entries_are_found() {
    let spoken = said_otherwise(
        "heartbeat",
        &[
            ("[errors]\ncode = \"errno\"", "[errors]\nnumber = 99\ncode = \"errno\""),
            ("friend = { user = \"id\", name", "friend = { user = \"fid\", name"),
            ("name = \"groupname\", desc", "name = \"called\", desc"),
        ],
    );
    let base = said_otherwise(
        "heartbeat",
        &[("requires_friend = true\n", ""), ("mutual = true", "mutual = false")],
    );
    let shell = Shell::new().with_file("spoken.toml", &spoken).with_file("base.toml", &base);
    let mut server = shell.start("serve --dialect-file spoken.toml");
    let at = format!("--server 127.0.0.1 --port {}", server.port());
    let outcome = shell.run(&format!("dialect try {at} --dialect base.toml --file found.toml"));
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    outcome.says(&[
        "chat.requires_friend = true ",
        "errors.number = 99 ",
        "login.friend.user = \"fid\" ",
        "login.group.name = \"called\" ",
        "add_friend.mutual = true ",
    ]);
    let again = shell.run(&format!("dialect try {at} --dialect found.toml --file again.toml"));
    again.says(&["the server speaks it as it is"]);
}

#[test]
fn a_running_server_is_not_asked_in_dialects_that_may_kill_it_without_leave() {
    let shell = Shell::new();
    let mut server = shell.start(&format!("serve --dialect-file {}", shell.dialect().display()));
    let at = format!("--server 127.0.0.1 --port {}", server.port());
    shell.run(&format!("dialect try --search {at}")).refused(2, &["--search", "--allow-crash"]);
}

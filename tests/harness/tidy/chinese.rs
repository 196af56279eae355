//! What people are told in the first hour has its Chinese beside it: no sentence of these files is missing from the tables.

use std::path::Path;

use chatserver_harness::{
    check::{functional, robustness},
    report::{Lang, errors},
};

use super::{Finding, Source, project};

/// The files whose texts are errors, reasons of cases, questions and results.
const FILES: &[&str] = &[
    "src/campaign/error.rs",
    "src/campaign/file.rs",
    "src/campaign/load_table.rs",
    "src/campaign/plan.rs",
    "src/campaign/run.rs",
    "src/check/",
    "src/client/error.rs",
    "src/client/mail.rs",
    "src/config/",
    "src/doctor/limits.rs",
    "src/doctor/recipe.rs",
    "src/fixture/mod.rs",
    "src/fixture/relay.rs",
    "src/load/accounts.rs",
    "src/load/mix.rs",
    "src/load/plan_error.rs",
    "src/load/stage.rs",
    "src/monitor/error.rs",
    "src/process/mod.rs",
    "src/record/replay.rs",
    "src/record/run_dir.rs",
    "src/scout/",
    "src/server/error.rs",
    "src/server/launch.rs",
    "src/server/locate.rs",
    "src/server/lock.rs",
    "src/server/nodes.rs",
    "src/server/ready.rs",
    "src/server/running.rs",
    "src/server/steps.rs",
    "src/threshold/limit.rs",
    "src/units.rs",
    "src/wire/dialect/load.rs",
    "src/wire/dialect/load_custom.rs",
    "src/wire/framing/",
    "src/wire/header/mod.rs",
    "src/wire/header/refusal.rs",
    "src/wire/message.rs",
    "xtask/src/",
];

/// Among them, and not told in the reader's language: what the sections of cases are about, the grammar of the commands, which clap tells, the table of the matrix,
/// and the plan that is made of flags.
const NOT_TOLD: &[&str] = &[
    "src/check/functional/mod.rs",
    "src/check/robustness/mod.rs",
    "xtask/src/load.rs",
    "xtask/src/load_flags.rs",
    "xtask/src/main.rs",
    "xtask/src/matrix/",
];

/// Parts of sentences that stand in the tables as wholes.
const PARTS: &[&str] = &[
    "although each had been acknowledged",
    "hear besides",
    "hear again",
    "hear as a bystander",
    "must not",
    "register of a new name",
    "no unit",
    "are framed otherwise",
];

/// Texts that are no sentences of ours: what users of the cases say and are called, statements, steps of a tape, help texts,
/// and what is said in both languages where it is said.
const NO_SENTENCES: &[&str] = &[
    "ss -tlnp 'sport",
    "sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535",
    "sudo sysctl -w",
    "sudo apt-get install gdb",
    "delete from",
    "where name like 'hx%",
    "of unknown value",
    "a message every",
    "connects, and will not read",
    "closes with RST",
    "bytes in all",
    "cargo xtask replay",
    "to send the same bytes again",
    "she said \"it's\" \\ C:\\new\\table",
    "to myself",
    "it's \"secret\" \\ 100%",
    "it's \"ours\" \\",
    "after the logout",
    "among us",
    "only once",
    "serve --listen",
    "none`, `nul`, `newline`, `length`, or",
    "anybody there?",
    "still here",
    "for bob alone",
    "to every node",
    "collect me at",
    "heard already",
    "still there?",
    "to the other node",
    "once more",
    "# Found by `cargo xtask dialect try`, which began with the built-in dialect",
    "# What differs from it",
    "are you there?",
    "we are",
    "so we are",
    "I am new",
    "welcome back",
    "while it was dead",
    "who is in?",
    "to you",
    "made by a test",
    "for later",
    "there again?",
    "she said \"hi\" \\ and",
    "it's later than you think",
    "while you were away",
    "\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03random bytes follow",
    "hello, is anybody there?",
    "{\"a\":\"no end",
    "/* no comment */}",
    "x'), ('y', 'z'); delete from",
    "set password='hx",
    "delete from user",
    "x' or id>0 #",
    "are we served?",
    "before the end 1",
    "before the end 2",
    "on its way",
    "round the ring",
    "not from me",
    "I have left",
    "a wrong one",
    "results in",
    "dialect or --header",
    "login] lacks the part",
    "Exit codes: 0 understood, with or without changes; 1 the server died on the way; 2 dialect or server: it could not go on; 4 no server",
    "a node stands beside itself",
];

/// The pieces of a literal between its holes and line ends in which two words follow each other.
fn pieces(literal: &str) -> Vec<String> {
    let text = unescaped(literal);
    let mut pieces = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '{' | '}' if characters.peek() == Some(&character) => {
                characters.next();
                pieces.last_mut().expect("begins with one").push(character);
            }
            '{' => {
                characters.by_ref().take_while(|inside| *inside != '}').for_each(drop);
                pieces.push(String::new());
            }
            '\n' => pieces.push(String::new()),
            other => pieces.last_mut().expect("begins with one").push(other),
        }
    }
    let trimmed = pieces.iter().map(|piece| {
        piece.trim_matches(|c: char| c.is_whitespace() || ",;:.()`\"'[]=-*".contains(c)).to_owned()
    });
    trimmed.filter(|piece| has_two_words(piece)).collect()
}

fn has_two_words(text: &str) -> bool {
    let is_word =
        |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '\'');
    let words: Vec<bool> = text
        .split(' ')
        .map(|word| is_word(word.trim_matches(|c: char| c.is_ascii_punctuation() && c != '\'')))
        .collect();
    words.windows(2).any(|pair| pair == [true, true])
}

/// Whether the piece stands in the sentence as a whole: no word of the sentence follows it or goes before.
fn has_piece(sentence: &str, piece: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric();
    sentence.match_indices(piece).any(|(at, _)| {
        let (before, after) = (&sentence[..at], &sentence[at + piece.len()..]);
        !before.trim_end().ends_with(is_word) && !after.trim_start().starts_with(is_word)
    })
}

/// The literal as a program has it.
fn unescaped(literal: &str) -> String {
    let inside = literal.trim_start_matches(['r', 'b', 'c', '#']).trim_end_matches('#');
    let inside = inside.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or("");
    let mut text = String::new();
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        rest = &after[after.chars().next().map_or(0, char::len_utf8)..];
        match after.chars().next() {
            Some('\n') => rest = rest.trim_start(),
            Some('n') => text.push('\n'),
            Some(quoted @ ('"' | '\'' | '\\')) => text.push(quoted),
            Some(other) => text.extend(['\\', other]),
            None => {}
        }
    }
    text + rest
}

/// The literal with something in its holes, as one sees it.
fn filled(literal: &str) -> String {
    let mut text = String::new();
    let unescaped = unescaped(literal).replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut rest = unescaped.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        text.extend([before, "7"]);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    (text + rest).replace('\u{1}', "{").replace('\u{2}', "}")
}

fn is_told(path: &str) -> bool {
    FILES.iter().any(|file| path.starts_with(file))
        && !NOT_TOLD.iter().any(|file| path.starts_with(file))
}

/// Sentences without their Chinese.
fn untranslated(source: &Source) -> Vec<Finding> {
    let known: Vec<&str> = errors::sentences().map(|(english, _)| english).collect();
    let titles: Vec<&str> = functional().chain(robustness()).map(|case| case.requirement).collect();
    let mut found = Vec::new();
    for (line, literal) in &source.literals {
        let whole = source.text.lines().nth(*line - 1).unwrap_or_default();
        // Reasons of lints, promises to the compiler and lines of the log are for us.
        let ours = ["reason = \"", "expect(\"", "unreachable!(\"", "warn!(", "debug!(", "error!("];
        let is_title = titles.contains(&unescaped(literal).as_str());
        if source.is_test(*line) || is_title || ours.iter().any(|mark| whole.contains(mark)) {
            continue;
        }
        let text = filled(literal);
        if !literal.is_ascii() || errors::in_lang(&text, Lang::Zh) != text {
            continue;
        }
        for piece in pieces(literal) {
            let is_known = known.iter().any(|english| has_piece(english, &piece));
            let is_excused = PARTS.iter().chain(NO_SENTENCES).any(|excused| *excused == piece);
            if !is_known && !is_excused {
                found.push(Finding::new(
                    source,
                    *line,
                    format!("no Chinese in src/report/phrases for \"{piece}\""),
                ));
            }
        }
    }
    found
}

#[test]
fn every_sentence_that_people_are_told_has_its_chinese() {
    let sources = project(Path::new(env!("CARGO_MANIFEST_DIR")));
    // A package from the registry has no commands.
    for file in FILES.iter().filter(|file| file.starts_with("src/")) {
        assert!(sources.iter().any(|source| source.path.starts_with(*file)), "{file} is gone");
    }
    let sources = sources.iter().filter(|source| is_told(&source.path));
    let found: Vec<String> = sources.flat_map(untranslated).map(|it| it.to_string()).collect();
    assert!(found.is_empty(), "{} sentences:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_sentence_without_its_chinese_is_found() {
    let found = |text: &str| {
        let source = Source::new("src/config/error.rs", text);
        untranslated(&source).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let broken = "#[error(\"the moon {phase} is not {{full}}\\n  wait for \\\n  it: {}\", 1)]";
    let found_there = found(broken);
    assert_eq!(found_there.len(), 3, "{found_there:#?}");
    for (line, piece) in found_there.iter().zip(["the moon", "is not {full}", "wait for it"]) {
        assert!(line.starts_with("src/config/error.rs:1: ") && line.contains(piece), "{line}");
    }
    for fine in [
        "#[error(\"cannot read {} ({found_by}): {source}\", path.display())]",
        "\"{} is named twice\"",
        "#[expect(clippy::a, reason = \"for no reason at all\")]",
        "#[cfg(test)]\nmod tests { const A: &str = \"the moon is not full\"; }",
        "\"{a} {b}\"",
        "// the moon is not full\n\"word\"",
    ] {
        assert_eq!(found(fine), [""; 0], "{fine}");
    }
}

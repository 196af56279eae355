//! The rules that hold for a file by itself.

use super::{
    Finding,
    source::{Source, bracketed},
};

/// No file is longer.
const LINES_MAX: usize = 450;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] =
    ["util", "utils", "helper", "helpers", "common", "imp", "misc", "stuff"];
/// Words that only the codec may know, as servers of the family write them.
const MESSAGE_KEYS: [&str; 21] = [
    "msgid",
    "msg_id",
    "msgId",
    "errno",
    "errmsg",
    "toid",
    "to_id",
    "friendid",
    "friend_id",
    "friendId",
    "groupid",
    "group_id",
    "groupId",
    "grouid",
    "groupname",
    "groupName",
    "groupdesc",
    "groupDesc",
    "offlinemsg",
    "offline_msgs",
    "offlineMessage",
];

/// The first line is one sentence that says what the file is for.
pub(super) fn headline(source: &Source) -> Vec<Finding> {
    let mut lines = source.text.lines();
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let problem = match first.strip_prefix("//! ") {
        None => "the file does not begin with a `//!` line",
        Some(sentence) if !sentence.trim_end().ends_with(['.', '?', '!', ':']) => {
            "the first line is no whole sentence"
        }
        Some(_) if second.starts_with("//! ") => {
            "the first line stands alone: an empty `//!` line comes before more"
        }
        Some(_) => return Vec::new(),
    };
    vec![Finding::new(source, 1, problem.to_owned())]
}

pub(super) fn length(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    let what = || format!("{lines} lines: {LINES_MAX} are the most; what are its two subjects?");
    (lines > LINES_MAX).then(|| Finding::new(source, lines, what())).into_iter().collect()
}

pub(super) fn name(source: &Source) -> Vec<Finding> {
    let parts = source.path.trim_end_matches(".rs").split('/');
    parts
        .filter(|part| EMPTY_NAMES.contains(part))
        .map(|part| Finding::new(source, 1, format!("`{part}` does not say what is inside")))
        .collect()
}

/// Work that was left for later.
pub(super) fn leftovers(source: &Source) -> Vec<Finding> {
    // In pieces, or this file would find itself.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut findings = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        for word in words.iter().filter(|word| line.contains(**word)) {
            findings.push(Finding::new(
                source,
                number + 1,
                format!("{word}: finish it, or file it"),
            ));
        }
    }
    for call in ["todo!", "unimplemented!"] {
        findings.extend(source.places(call).map(|offset| {
            Finding::new(source, source.line(offset), format!("`{call}`: finish it"))
        }));
    }
    findings
}

/// A lint is switched off only with a reason.
pub(super) fn reasons(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for lint in ["allow(", "expect("] {
        for offset in source.places(lint) {
            let before = source.code[..offset].trim_end();
            let is_attribute = before.ends_with("#[")
                || before.ends_with("#![")
                || (before.ends_with(',') && before.rfind("cfg_attr(") > before.rfind(';'));
            let arguments = bracketed(&source.code, offset + lint.len() - 1);
            if is_attribute && !arguments.contains("reason =") {
                let what = format!("`{lint}…)` without a reason");
                findings.push(Finding::new(source, source.line(offset), what));
            }
        }
    }
    findings
}

/// Only `config` reads the environment, only `process` makes children, and the library does not print.
pub(super) fn doors(source: &Source) -> Vec<Finding> {
    let path = source.path.as_str();
    let printing = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];
    let doors: [(&[&str], &str, &str); 3] = [
        (
            &["env::var", "env::var_os", "env::vars", "env::vars_os"],
            "src/config/",
            "reads the environment",
        ),
        (&["Command"], "src/process/", "makes a child process"),
        (&printing, "src/bin/", "prints"),
    ];
    let mut findings = Vec::new();
    for (words, keeper, does) in doors {
        if !path.starts_with("src/") || path.starts_with("src/bin/") || path.starts_with(keeper) {
            continue;
        }
        for (word, offset) in
            words.iter().flat_map(|word| source.places(word).map(move |offset| (word, offset)))
        {
            let line = source.line(offset);
            if !source.is_test(line) {
                let what = format!("`{word}` {does}: only {keeper} may");
                findings.push(Finding::new(source, line, what));
            }
        }
    }
    findings
}

/// Only `wire` knows message keys.
pub(super) fn keys(source: &Source) -> Vec<Finding> {
    if !source.path.starts_with("src/") || source.path.starts_with("src/wire/") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, literal) in source.literals.iter().filter(|(line, _)| !source.is_test(*line)) {
        let text = literal.replace("\\\"", "\"");
        for key in MESSAGE_KEYS.iter().filter(|key| text.contains(&format!("\"{key}\""))) {
            let what = format!("the message key {key}: only src/wire/ knows how a server spells");
            findings.push(Finding::new(source, *line, what));
        }
    }
    findings
}

/// The reference server shares no code with the harness, or it could not contradict it.
pub(super) fn independence(source: &Source) -> Vec<Finding> {
    if !source.path.starts_with("fixtures/refserver/") {
        return Vec::new();
    }
    let uses = source.places("chatserver_harness").map(|offset| {
        let what = "the reference server uses the harness that it is to check".to_owned();
        Finding::new(source, source.line(offset), what)
    });
    uses.collect()
}

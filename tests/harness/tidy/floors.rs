//! Which room may use which: only rooms of lower floors.

use super::{
    Finding,
    source::{Source, bracketed, is_name},
};

/// The rooms of `src/`, from the ground up.
const FLOORS: [&[&str]; 7] = [
    &["verdict", "units", "error"],
    &["wire", "stats", "process", "kernel"],
    &["ledger", "record"],
    &["client", "server", "monitor", "threshold", "trouble", "report"],
    &["load", "config"],
    &["fixture"],
    &["check", "replay", "scout", "campaign", "doctor"],
];

/// Neighbours on one floor of which the first may use the second.
const NEIGHBOURS: [(&str, &str); 3] = [
    // An error of a user's says with which exit code the program ends.
    ("error", "verdict"),
    // A report explains the troubles of a run.
    ("report", "trouble"),
    // A campaign begins with the functional cases.
    ("campaign", "check"),
];

/// What the reports are made from, and nothing else.
const REPORT_USES: [&str; 6] = ["record", "trouble", "verdict", "units", "error", "stats"];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let Some(modules) = modules(&source.path) else { return Vec::new() };
    let room = modules[0];
    let Some(own) = floor(room) else {
        let what = format!("the room `{room}` stands on no floor: give it one in ARCHITECTURE.md");
        return vec![Finding::new(source, 1, what)];
    };
    let mut findings = Vec::new();
    for (line, used) in rooms_used(source, &modules) {
        if used == room || source.is_test(line) {
            continue;
        }
        let is_neighbour = NEIGHBOURS.contains(&(room, used.as_str()));
        match floor(&used) {
            // An item of the crate's root, not a room.
            None => {}
            Some(_) if room == "report" && !REPORT_USES.contains(&used.as_str()) => {
                let what = format!("`report` uses `{used}`: it knows only the record of a run");
                findings.push(Finding::new(source, line, what));
            }
            Some(other) if other < own || is_neighbour => {}
            Some(other) => {
                let what = format!(
                    "`{room}` (floor {own}) uses `{used}` (floor {other}): only lower floors are used"
                );
                findings.push(Finding::new(source, line, what));
            }
        }
    }
    findings
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The modules that a file of a room is in, outermost first; `None` outside the rooms.
fn modules(path: &str) -> Option<Vec<&str>> {
    let inside = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let mut modules: Vec<&str> = inside.split('/').collect();
    if modules.last() == Some(&"mod") {
        modules.pop();
    }
    (!matches!(modules[0], "lib" | "bin")).then_some(modules)
}

/// The rooms that are named in the code, each with its line: after `crate::`, and after enough `super::`.
fn rooms_used(source: &Source, modules: &[&str]) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    let mut note = |offset: usize, after: usize| {
        let line = source.line(offset);
        used.extend(first_names(&source.code, after).into_iter().map(|name| (line, name)));
    };
    for offset in source.places("crate::") {
        note(offset, offset + "crate::".len());
    }
    for offset in source.places("super::") {
        let chain = source.code[offset..].split("super::").take_while(|gap| gap.is_empty()).count();
        let inside_a_chain = source.code[..offset].ends_with("super::");
        if !inside_a_chain && chain >= modules.len() {
            note(offset, offset + chain * "super::".len());
        }
    }
    used
}

/// The name at `offset`, or the first names of all paths in the braces there.
fn first_names(code: &str, offset: usize) -> Vec<String> {
    let rest = &code[offset..];
    let name =
        |path: &str| path.trim_start().chars().take_while(|c| is_name(*c)).collect::<String>();
    if !rest.starts_with('{') {
        return vec![name(rest)];
    }
    let group = bracketed(code, offset);
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, 1);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && character == ',') {
            names.push(name(&group[start..at]));
            start = at + 1;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

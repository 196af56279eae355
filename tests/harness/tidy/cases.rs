//! The rules between files: every case is listed and has a test; the reference server stands alone.

use toml::{Table, Value};

use super::{Finding, source::Source};

/// Each case is listed once and has one test, whose name begins with its id.
pub(super) fn check(registered: &[&str], suite: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let tests: Vec<(usize, &str, &str)> = suite
        .text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let (name, id) = line.trim().strip_suffix("\",")?.split_once(" = \"")?;
            Some((index + 1, name, id))
        })
        .collect();
    for (index, id) in registered.iter().enumerate() {
        if registered[..index].contains(id) {
            findings.push(Finding::new(suite, 1, format!("the case {id} is listed twice")));
        } else if tests.iter().filter(|(_, _, tested)| tested == id).count() != 1 {
            findings.push(Finding::new(
                suite,
                1,
                format!("the case {id} has not exactly one test"),
            ));
        }
    }
    for (line, name, id) in tests {
        if !registered.contains(&id) {
            findings.push(Finding::new(suite, line, format!("no case is called {id}")));
        }
        if !name.starts_with(&format!("{}_", id.to_lowercase().replace('-', "_"))) {
            let what = format!("the test of {id} is called {name}: its name begins with the id");
            findings.push(Finding::new(suite, line, what));
        }
    }
    findings
}

/// The reference server depends on nothing of the harness, not even for its tests.
pub(super) fn independence(manifest: &str) -> Vec<Finding> {
    let manifest: Table = manifest.parse().expect("cargo has read the manifest before");
    let what = "the reference server depends on the harness that it is to check";
    names_harness(&manifest)
        .then(|| Finding {
            path: "fixtures/refserver/Cargo.toml".to_owned(),
            line: 1,
            what: what.to_owned(),
        })
        .into_iter()
        .collect()
}

/// Whether a dependency table, at any depth, has the harness for an entry.
fn names_harness(table: &Table) -> bool {
    table.iter().any(|(key, value)| match value {
        Value::Table(inner) => {
            let is_list = key.ends_with("dependencies");
            let is_harness = |(name, entry): (&String, &Value)| {
                let renamed = entry.get("package").and_then(Value::as_str);
                renamed.unwrap_or(name) == "chatserver-harness"
            };
            (is_list && inner.iter().any(is_harness)) || names_harness(inner)
        }
        _ => false,
    })
}

//! `cargo xtask check --bless`: the known failures of a server, written into its `chatserver.toml`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chatserver_harness::{
    config::Settings,
    record::{CaseRecord, CaseResult},
    verdict::Exit,
};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::failure::Failure;

/// The file that is made where there is none.
const FILE_NAME: &str = "chatserver.toml";
/// The table.
const EXPECT: &str = "expect";
/// The longest reason that is written down.
const REASON_CHARS: usize = 160;

/// A `chatserver.toml` whose known failures are to be written; everything else in it stays as it is, comments too.
#[derive(Debug)]
pub(crate) struct Book {
    path: PathBuf,
    document: DocumentMut,
}

/// What was written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    added: Vec<String>,
    removed: Vec<String>,
}

impl Book {
    /// The file of these settings, or a new one here.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Failure> {
        let path =
            settings.file.as_ref().map_or_else(|| FILE_NAME.into(), |file| file.path.clone());
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unusable(&path, &error)),
        };
        let document = text.parse().map_err(|error| unusable(&path, &error))?;
        Ok(Self { path, document })
    }

    /// Writes down what became of the cases, and tells what has changed.
    pub(crate) fn bless(mut self, cases: &[CaseRecord]) -> Result<String, Failure> {
        let Changes { added, removed } =
            note(&mut self.document, cases).map_err(|error| unusable(&self.path, &error))?;
        let path = self.path.display();
        if added.is_empty() && removed.is_empty() {
            return Ok(format!("{path} knows all of this already"));
        }
        // Whole or not at all: a recipe that took an afternoon must survive a full disk.
        let new = self.path.with_extension("toml.new");
        fs::write(&new, self.document.to_string())
            .and_then(|()| fs::rename(&new, &self.path))
            .map_err(|error| unusable(&self.path, &error))?;
        let told = |what: &str, ids: &[String]| {
            if ids.is_empty() { String::new() } else { format!("; {what}: {}", ids.join(", ")) }
        };
        Ok(format!(
            "{path}: known failures written{}{}; write down why, the reasons are what was seen",
            told("new", &added),
            told("passes now, taken out", &removed)
        ))
    }
}

/// Puts what failed into the table and takes out of it what passes. What was not run stays as it is, and a reason that
/// somebody wrote does too.
fn note(document: &mut DocumentMut, cases: &[CaseRecord]) -> Result<Changes, &'static str> {
    let mut changes = Changes::default();
    let mut table = match document.get(EXPECT) {
        None => Table::new(),
        Some(item) => item.as_table().cloned().ok_or("[expect] is no table")?,
    };
    for case in cases {
        match &case.result {
            CaseResult::Failed { reason } => {
                table.insert(&case.id, value(first_line(reason)));
                changes.added.push(case.id.clone());
            }
            CaseResult::UnexpectedPass => {
                table.remove(&case.id);
                changes.removed.push(case.id.clone());
            }
            _ => {}
        }
    }
    if table.is_empty() {
        document.remove(EXPECT);
    } else {
        document.insert(EXPECT, Item::Table(table));
    }
    Ok(changes)
}

fn first_line(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default();
    match line.char_indices().nth(REASON_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure {
        message: format!(
            "{}: {error}: the known failures cannot be written there; --config names another file",
            path.display()
        ),
        exit: Exit::Usage,
    }
}

#[cfg(test)]
mod tests {
    use chatserver_harness::verdict::Level;

    use super::*;

    fn case(id: &str, result: CaseResult) -> CaseRecord {
        CaseRecord {
            id: id.to_owned(),
            title: "something".to_owned(),
            level: Level::Must,
            result,
            took_ms: 1,
            log: None,
            evidence: None,
        }
    }

    const TEXT: &str = "\
# How my server is started.
command = \"./ChatServer\" # the debug build

[expect]
OFF-3 = \"set names gbk\"
# Mended on Tuesday.
OFF-5 = \"the apostrophe\"

[ready]
deadline = \"10s\"
";

    #[test]
    fn what_failed_is_added_what_passes_is_taken_out_and_the_rest_stays() {
        let mut document: DocumentMut = TEXT.parse().unwrap();
        let long = format!("a \"quoted\" {}\nsecond line", "长".repeat(300));
        let cases = [
            case("OFF-3", CaseResult::Known { reason: "set names gbk (nothing came)".into() }),
            case("OFF-5", CaseResult::UnexpectedPass),
            case("FRAME-1", CaseResult::Failed { reason: long }),
            case("CHAT-1", CaseResult::Passed),
            case("GROUP-1", CaseResult::Blocked { by: "CHAT-1".into() }),
        ];
        let changes = note(&mut document, &cases).unwrap();
        assert_eq!(changes.added, ["FRAME-1"]);
        assert_eq!(changes.removed, ["OFF-5"]);
        let text = document.to_string();
        assert!(text.starts_with(
            "# How my server is started.\ncommand = \"./ChatServer\" # the debug build\n"
        ));
        assert!(text.contains("OFF-3 = \"set names gbk\"") && !text.contains("OFF-5"), "{text}");
        assert!(text.contains("[ready]\ndeadline = \"10s\""), "{text}");
        let again: DocumentMut = text.parse().unwrap();
        let written = again[EXPECT]["FRAME-1"].as_str().unwrap();
        assert!(written.starts_with("a \"quoted\" 长") && written.ends_with('…'), "{written}");
    }

    #[test]
    fn the_last_known_failure_takes_its_table_with_it() {
        let mut document: DocumentMut = "[expect]\nOFF-5 = \"x\"\n".parse().unwrap();
        note(&mut document, &[case("OFF-5", CaseResult::UnexpectedPass)]).unwrap();
        assert_eq!(document.to_string(), "");
    }
}

//! The house rules that no compiler holds: read in the sources, all findings at once.

mod cases;
#[cfg(feature = "report")]
mod chinese;
mod demonstration;
mod floors;
mod rules;
mod source;

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

use chatserver_harness::check::{functional, robustness};
use source::Source;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(source: &Source, line: usize, what: String) -> Self {
        Self { path: source.path.clone(), line, what }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Everything that is wrong with these files.
fn findings(sources: &[Source]) -> Vec<Finding> {
    let rules = [
        floors::check,
        rules::headline,
        rules::length,
        rules::name,
        rules::leftovers,
        rules::reasons,
        rules::doors,
        rules::keys,
        rules::independence,
    ];
    let mut findings: Vec<Finding> =
        sources.iter().flat_map(|source| rules.iter().flat_map(|rule| rule(source))).collect();
    findings.sort();
    findings
}

/// Files whose module is declared for tests only.
fn mark_test_files(sources: &mut [Source]) {
    let mut files = BTreeSet::new();
    for source in sources.iter() {
        let path = Path::new(&source.path);
        let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod" | "lib" | "main") => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        for module in &source.test_modules {
            files.insert(folder.join(format!("{module}.rs")));
        }
    }
    for source in sources {
        if files.contains(Path::new(&source.path)) {
            source.is_all_test();
        }
    }
}

/// Every Rust file of the project.
fn project(root: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    let tops = ["src", "tests", "xtask", "fixtures", "examples", "benches"];
    let mut folders: Vec<PathBuf> = tops.iter().map(|top| root.join(top)).collect();
    while let Some(folder) = folders.pop() {
        // A package from the registry has not all of them.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                sources.push(Source::new(name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    mark_test_files(&mut sources);
    sources
}

#[test]
fn the_house_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = project(root);
    assert!(sources.len() > 50, "only {} files were found in {}", sources.len(), root.display());
    let mut found = findings(&sources);
    for (path, cases) in [
        ("tests/functional/main.rs", functional().map(|case| case.id).collect::<Vec<_>>()),
        ("tests/robustness/main.rs", robustness().map(|case| case.id).collect()),
    ] {
        let suite = sources.iter().find(|source| source.path == path).unwrap();
        found.extend(cases::check(&cases, suite));
    }
    if let Ok(manifest) = fs::read_to_string(root.join("fixtures/refserver/Cargo.toml")) {
        found.extend(cases::independence(&manifest));
    }
    let list: Vec<String> = found.iter().map(ToString::to_string).collect();
    let count = list.len();
    assert!(
        found.is_empty(),
        "{count} places break a rule of CONTRIBUTING.md:\n{}",
        list.join("\n")
    );
}

//! Writes the reports of two made-up runs, in both languages, into a directory: `cargo run --example sample_report DIR`.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use chatserver_harness::report::{self, Lang};

#[path = "../tests/harness/html/sample_run.rs"]
#[expect(clippy::expect_used, reason = "constants of a sample")]
mod sample_run;

use sample_run::Story;

fn main() -> anyhow::Result<()> {
    let directory = std::env::args_os().nth(1).context("name a directory for the reports")?;
    for (story, name) in [(Story::Held, "held"), (Story::Broke, "broke")] {
        let (record, rows) = sample_run::run(story);
        for lang in [Lang::En, Lang::Zh] {
            let into = PathBuf::from(&directory).join(format!("{name}-{lang}"));
            fs::create_dir_all(&into)?;
            for file in report::all(&record, &rows, lang) {
                fs::write(into.join(file.name), file.content?)?;
            }
        }
    }
    Ok(())
}

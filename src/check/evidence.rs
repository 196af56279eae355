//! What is found out about a server that a case killed or hung, written down beside its log.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{
    fixture::Fixture,
    record::{Backtrace, Evidence, REPLAY_VERSION, Replay},
};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The text with all of it.
    pub(super) file: Option<PathBuf>,
    /// Where in its own code the server was.
    pub(super) place: Option<String>,
}

/// Asks the kernel and a debugger about a server that died or hangs, before it is started again, and writes down what they
/// say and what was sent.
pub(super) async fn find_out(server: &Fixture, during: &str, seen: &str) -> Found {
    let replay = recorded(server, during, seen);
    let death = server.death();
    let under_test = server.server();
    let mut evidence = Evidence {
        during: during.to_owned(),
        seen: seen.to_owned(),
        backtrace: Backtrace::Missing { reason: String::new() },
        process: Vec::new(),
        threads: Vec::new(),
        death,
        replay,
    };
    if evidence.death.is_some() {
        evidence.backtrace = under_test.backtrace_of_death().await;
    } else {
        // The threads first: a debugger stops them all.
        evidence.process = under_test.process_facts();
        evidence.threads = under_test.threads();
        evidence.backtrace = under_test.backtrace_of_life().await;
    }
    let place = evidence.death.as_ref().and_then(|_| evidence.backtrace.place());
    let file = match keep(&evidence, under_test.log_dir()) {
        Ok(file) => Some(file),
        Err(error) => {
            tracing::warn!(%error, during, "the evidence is not kept");
            None
        }
    };
    Found { file, place }
}

/// What its peers have done since the case began.
fn recorded(server: &Fixture, during: &str, seen: &str) -> Replay {
    let (steps, forgotten_steps) = server.tape().steps();
    Replay {
        version: REPLAY_VERSION,
        during: during.to_owned(),
        outcome: seen.lines().next().unwrap_or_default().to_owned(),
        dialect: server.dialect().name.clone(),
        forgotten_steps,
        steps,
    }
}

/// Writes the text and the replay.
fn keep(evidence: &Evidence, dir: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    static FILES: AtomicU32 = AtomicU32::new(1);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let stem = format!("{}-{}-{number}", evidence.during, std::process::id());
    std::fs::create_dir_all(dir)?;
    let (text, replay) =
        (dir.join(format!("{stem}.evidence.txt")), dir.join(format!("{stem}.replay.json")));
    evidence.replay.save(&replay)?;
    let again = format!("cargo xtask replay {}", replay.display());
    std::fs::write(&text, format!("{evidence}\nto send the same bytes again: {again}\n"))?;
    Ok(text)
}

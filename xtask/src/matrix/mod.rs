//! `cargo xtask matrix`: every fault of the reference server against every case, in every dialect.
//!
//! Of each fault is asked what the table of expectations says: each catcher, on a server of its own, is red; and of the
//! whole catalogue, on one server, nothing is red but the catchers and what the table lets the fault touch; it is not run where
//! that is all of it. Without a fault nothing is red at all.

mod page;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chatserver_harness::{
    check::{self, Suite},
    fixture::Fixture,
    record::{CaseRecord, CaseResult},
    server::Recipe,
    verdict::Exit,
    wire::dialect::{Dialect, builtin_names},
};
use chatserver_refserver::{Expectation, Fault, expectations};
use clap::Args;
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{console, failure::Failure};

#[derive(Debug, Args)]
pub(crate) struct MatrixFlags {
    /// Built-in dialects; without: all.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    dialect: Vec<String>,
    /// Faults by their names, or `none` for the server without one; without: all, and none.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    fault: Vec<String>,
    /// How often the server without a fault is run in each dialect.
    #[arg(long, value_name = "N", default_value_t = 1)]
    faultless: u32,
    /// Servers at once: most of the time is spent waiting for what a faulty server does not send.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=256))]
    at_once: u16,
    /// Write the page of results here.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// What is run on one server after the other.
#[derive(Debug, Clone, Copy)]
struct Job {
    dialect: &'static str,
    /// `None`: the server without a fault.
    row: Option<&'static Expectation>,
}

/// What came of it.
#[derive(Debug)]
struct Cell {
    job: Job,
    /// Catchers that the dialect can express.
    caught_by: Vec<&'static str>,
    /// All that was red in the run of the whole catalogue.
    red: BTreeSet<String>,
    /// How many cases were run there.
    ran: usize,
    /// What does not hold.
    complaints: Vec<String>,
}

/// Runs the matrix; red where anything does not hold.
pub(crate) fn run(flags: &MatrixFlags) -> Result<Exit, Failure> {
    let jobs = jobs(flags)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own("cannot start a runtime", error))?;
    let count = jobs.len();
    console::tell(&format!("{count} servers with {} cases each", check::registry().count()));
    let mut cells = runtime.block_on(all(jobs, usize::from(flags.at_once)))?;
    cells.sort_by_key(|cell| (place(cell.job.row), cell.job.dialect));
    let page = page::render(&cells);
    console::print(&page);
    if let Some(path) = &flags.write {
        fs::write(path, &page)
            .map_err(|error| Failure::own(&format!("cannot write {}", path.display()), error))?;
    }
    let complaints: usize = cells.iter().map(|cell| cell.complaints.len()).sum();
    console::tell(&format!("{complaints} of the expectations do not hold"));
    Ok(if complaints == 0 { Exit::Pass } else { Exit::Fail })
}

/// Where a fault stands in the table; the server without one comes first.
fn place(row: Option<&'static Expectation>) -> usize {
    row.and_then(|row| expectations().iter().position(|other| other.fault == row.fault))
        .map_or(0, |index| index + 1)
}

/// The name of a fault without its number.
fn name(row: &Expectation) -> &'static str {
    row.fault.split('=').next().unwrap_or(row.fault)
}

fn jobs(flags: &MatrixFlags) -> Result<Vec<Job>, Failure> {
    let usage = |message: String| Failure { message, exit: Exit::Usage };
    for fault in flags.fault.iter().filter(|fault| *fault != "none") {
        fault.parse::<Fault>().map_err(|error| usage(format!("--fault: {error}")))?;
    }
    let known: Vec<&'static str> = builtin_names().collect();
    if let Some(unknown) = flags.dialect.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.join(", ");
        return Err(usage(format!("--dialect: `{unknown}` is none of the built-in: {known}")));
    }
    let wanted = |what: &str| flags.fault.is_empty() || flags.fault.iter().any(|name| name == what);
    let mut jobs = Vec::new();
    for dialect in known {
        if !flags.dialect.is_empty() && !flags.dialect.iter().any(|name| name == dialect) {
            continue;
        }
        if wanted("none") {
            jobs.extend((0..flags.faultless).map(|_| Job { dialect, row: None }));
        }
        let rows = expectations().iter().filter(|row| wanted(name(row)));
        jobs.extend(rows.map(|row| Job { dialect, row: Some(row) }));
    }
    Ok(jobs)
}

async fn all(jobs: Vec<Job>, at_once: usize) -> Result<Vec<Cell>, Failure> {
    let program = env::current_exe()
        .map_err(|error| Failure::own("cannot tell where this program is", error))?;
    let places = Arc::new(Semaphore::new(at_once));
    let mut running: JoinSet<Result<Cell, Failure>> = JoinSet::new();
    for job in jobs {
        let (places, program) = (Arc::clone(&places), program.clone());
        running.spawn(async move {
            let _place = places.acquire_owned().await;
            cell(job, &program).await
        });
    }
    let mut cells = Vec::new();
    while let Some(ended) = running.join_next().await {
        let cell = ended.map_err(|error| Failure::own("a run of the matrix", error))??;
        for complaint in &cell.complaints {
            console::tell(complaint);
        }
        cells.push(cell);
    }
    Ok(cells)
}

/// A suite on a server with this fault, a process of its own: a death is a death, and it is started again.
async fn suite(job: Job, program: &Path, folder: &Path) -> Result<Suite, Failure> {
    let dialect_file = folder.join("dialect.toml");
    let text = chatserver_harness::wire::dialect::builtin_text(job.dialect).unwrap_or_default();
    fs::write(&dialect_file, text)
        .map_err(|error| Failure::own("cannot write a dialect file", error))?;
    let mut args = vec![
        "serve".to_owned(),
        "--listen".to_owned(),
        "{ip}:{port}".to_owned(),
        format!("--dialect-file={}", dialect_file.display()),
        format!("--data={}", folder.join("data.db").display()),
    ];
    args.extend(job.row.map(|row| format!("--fault={}", row.fault)));
    let recipe = Recipe::new(program).with_args(args).shared();
    let fixture =
        Fixture::builder().launch(recipe).dialect(job.dialect).log_dir(folder).start().await?;
    Ok(Suite::new(fixture, BTreeMap::new()))
}

async fn cell(job: Job, program: &Path) -> Result<Cell, Failure> {
    let folder =
        || tempfile::tempdir().map_err(|error| Failure::own("cannot make a directory", error));
    let at = format!("{} in {}", job.row.map_or("no fault", |row| row.fault), job.dialect);
    let mut cell =
        Cell { job, caught_by: Vec::new(), red: BTreeSet::new(), ran: 0, complaints: Vec::new() };
    let catchers = job.row.map_or(&[][..], Expectation::catchers);
    for id in catchers {
        let Some(case) = check::find(id) else { continue };
        if Dialect::builtin(job.dialect).is_some_and(|dialect| {
            dialect.is_ok_and(|dialect| case.inexpressible(&dialect).is_some())
        }) {
            continue;
        }
        // On a server of its own: what strikes every n-th time strikes it as it would alone.
        let folder = folder()?;
        let record = suite(job, program, folder.path()).await?.run(case).await;
        if red(&record) {
            cell.caught_by.push(case.id);
        } else {
            let (word, reason) = (record.result.word(), record.result.reason());
            cell.complaints.push(format!("{at}: {id} does not catch it: {word} {reason}"));
        }
    }
    if job.row.is_some_and(Expectation::strikes_anywhere) {
        // Whatever is red then, the table lets it be.
        return Ok(cell);
    }
    let folder = folder()?;
    let records = suite(job, program, folder.path()).await?.run_all(|_| ()).await;
    for record in &records {
        cell.ran += usize::from(!matches!(
            record.result,
            CaseResult::Skipped { .. } | CaseResult::Blocked { .. }
        ));
        if red(record) {
            cell.red.insert(record.id.clone());
            if !job.row.is_some_and(|row| row.may_strike(&record.id)) {
                let reason = record.result.reason();
                let line = reason.lines().next().unwrap_or_default();
                cell.complaints.push(format!("{at}: {} is red: {line}", record.id));
            }
        }
    }
    Ok(cell)
}

fn red(record: &CaseRecord) -> bool {
    matches!(record.result, CaseResult::Failed { .. } | CaseResult::Trouble { .. })
}

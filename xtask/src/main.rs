//! The commands of the harness: the whole grammar here, one file per subcommand, no logic of its own.
#![expect(clippy::doc_markdown, reason = "doc comments here are help texts, shown as they are")]

mod bless;
mod campaign;
mod check;
mod console;
mod dialect;
mod dialect_try;
mod doctor;
mod failure;
mod init;
mod load;
mod load_flags;
mod matrix;
mod monitor;
mod replay;
mod report;
mod serve;
mod signals;
mod step;
mod stress;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use chatserver_harness::{
    config::{Database, language},
    report::Lang,
    server::Step,
    units::parse_duration,
    verdict::Level,
};
use chatserver_refserver::{ClusterOptions, Fault};
use clap::{Args, Parser, Subcommand};
use tracing_subscriber::filter::LevelFilter;

/// Tests and loads a chat server that speaks JSON over TCP.
///
/// The server under test is the first of: --server and --port; CHATSERVER_ADDR; CHATSERVER_BIN; chatserver.toml here or
/// above; `chatserver` or `ChatServer` on PATH; else the reference server, as a process of its own.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXIT_CODES)]
struct Xtask {
    /// The language of reports, errors and questions: en or zh; else what LC_ALL, LC_MESSAGES or LANG ask for.
    #[arg(long, value_name = "LANG", global = true)]
    lang: Option<Lang>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 PASS, 1 FAIL (also a server that died), 2 wrong options, settings or dialect, \
                          3 INVALID (the harness was too slow, or the run was ended early), 4 no server, 130 ended at \
                          once by a second Ctrl-C";

#[derive(Debug, Subcommand)]
enum Command {
    /// The staged campaign: cases, warm-up, then one level of load after the other, with a report.
    Stress(load_flags::StressFlags),
    /// Cases, then 50 users for a minute: --plan quick.
    Quick(load_flags::QuickFlags),
    /// One stage of load: so many users for so long.
    Load(Box<load_flags::LoadFlags>),
    /// Watches a server without loading it: live, with rows in a file and a summary.
    Monitor(monitor::MonitorFlags),
    /// Looks for what stands in the way of a run: limits, tools, what the server needs; and the lines to type.
    Doctor(doctor::DoctorFlags),
    /// Renders the reports of a run again, from its run.json.
    Report(ReportFlags),
    /// The numbered cases alone, one at a time.
    Check(CheckFlags),
    /// Sends again what was sent to a server before it died or hung.
    Replay(ReplayFlags),
    /// Writes a first chatserver.toml, from flags or by asking, and tries it.
    Init(Box<InitFlags>),
    /// Runs the `reset` line of chatserver.toml: afterwards nobody is marked online.
    Reset(StepFlags),
    /// Runs the `cleanup` line of chatserver.toml: takes away what the harness has left in the database.
    Cleanup(StepFlags),
    /// Shows, checks and compares dialect files, and makes one from a header.
    #[command(subcommand)]
    Dialect(dialect::DialectCommand),
    /// Shows that the checks can fail: every fault of the reference server against every case, in every dialect. Takes half
    /// an hour.
    Matrix(matrix::MatrixFlags),
    /// The reference server as this process.
    #[command(hide = true)]
    Serve(ServeFlags),
}

#[derive(Debug, Args)]
struct ReportFlags {
    /// The directory of the run.
    #[arg(value_name = "DIR", default_value = "runs/latest")]
    dir: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
struct CheckFlags {
    /// Cases or sections, such as CHAT-1,FRAME; FUNCTIONAL for the users who behave. Without: all.
    #[arg(long, value_name = "ID,SECTION,...", value_delimiter = ',')]
    only: Vec<String>,
    /// The least binding level to run: info, should or must.
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = level)]
    level: Level,
    /// List the cases instead of running them.
    #[arg(long)]
    list: bool,
    /// Write what fails into `[expect]` of chatserver.toml, so that the next run is red only for what is new; take out of it
    /// what passes. The exit code is still this run's.
    #[arg(long, conflicts_with = "list")]
    bless: bool,
    #[command(flatten)]
    server: ServerFlags,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
struct ReplayFlags {
    /// The .replay.json that `cargo xtask check` or `cargo test` wrote beside the evidence of a death or a hang.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Play it so often at most, each time on a fresh server, until the server dies: a race does not strike every time.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    /// Leave out connections and writes as long as the server still dies; the rest goes into FILE.short.json.
    #[arg(long)]
    shorten: bool,
    /// How long --shorten may take.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration, allow_negative_numbers = true)]
    budget: Duration,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
struct InitFlags {
    /// The server's program; without it and without --addr you are asked.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Its arguments; {ip} and {port} are filled in at each start. Without {port} name its address with --addr. Not given:
    /// `{ip} {port}`, or the parts of --addr.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    args: Option<String>,
    /// The address it always uses; without --program the address where it runs already.
    #[arg(long, value_name = "HOST:PORT")]
    addr: Option<String>,
    /// The directory it runs in; else its program's folder.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// What must answer before it is started; else those of MariaDB and Redis that answer here.
    #[arg(long, value_name = "HOST:PORT,...", value_delimiter = ',')]
    needs: Option<Vec<String>>,
    /// Its database account: makes the lines that set everybody offline and take the harness's users away.
    #[arg(long, value_name = "USER:PASSWORD@DATABASE[/TABLE]")]
    mysql: Option<Database>,
    /// A shell line that is run once, before the first start.
    #[arg(long, value_name = "LINE")]
    setup: Option<String>,
    /// A shell line that is run before each start; else made from --mysql.
    #[arg(long, value_name = "LINE")]
    reset: Option<String>,
    /// A shell line that is run at the end; else made from --mysql.
    #[arg(long, value_name = "LINE")]
    cleanup: Option<String>,
    /// How it speaks: a built-in dialect or a .toml file.
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "header")]
    dialect: Option<String>,
    /// Its own public.hpp; else one that is found near the program.
    #[arg(long, value_name = "FILE")]
    header: Option<PathBuf>,
    /// A text that its output contains when it is ready.
    #[arg(long, value_name = "TEXT")]
    ready_line: Option<String>,
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "chatserver.toml")]
    file: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    /// Only write the file, do not try it.
    #[arg(long)]
    no_run: bool,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
struct StepFlags {
    /// The configuration; else CHATSERVER_CONFIG, or chatserver.toml here or above.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How long to wait for another run on the same server to end.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration, allow_negative_numbers = true)]
    wait: Duration,
}

#[derive(Debug, Clone, Args)]
struct ServerFlags {
    /// The host of a running server to attach to.
    #[arg(long, value_name = "HOST")]
    server: Option<String>,
    /// Its port; 6000 if only --server is given.
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// How it speaks: a built-in dialect, or a .toml file; else CHATSERVER_DIALECT, CHATSERVER_HEADER, `course`.
    #[arg(long, value_name = "NAME|FILE")]
    dialect: Option<String>,
    /// The configuration; else CHATSERVER_CONFIG, or chatserver.toml here or above.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Permit addresses that are neither of this machine nor private.
    #[arg(long)]
    allow_remote: bool,
    /// Run cases that are known to kill servers also where the harness did not launch the server.
    #[arg(long)]
    allow_crash: bool,
    /// Let the kernel place generator and server. Else the generator has one core and a launched server the others, where
    /// there are several.
    #[arg(long)]
    share_cores: bool,
    /// How long to wait for another run on the same server to end.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration, allow_negative_numbers = true)]
    wait: Duration,
    /// Make the reference server wrong at every n-th chance (drop, duplicate, misdeliver) or let it die after n
    /// (die-after): shows what a red run looks like. May be given several times.
    #[arg(long, value_name = "NAME=N")]
    fault: Vec<Fault>,
}

#[derive(Debug, Clone, Args)]
struct OutputFlags {
    /// The directory in which each run makes a directory of its own; `latest` in it points to the last.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs_dir: PathBuf,
    /// What the harness says about itself on stderr: off, error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", default_value = "warn", value_parser = log_level)]
    log_level: LevelFilter,
    /// No progress, only the report.
    #[arg(long, short)]
    quiet: bool,
    /// For machines: one JSON object for each event on stdout, the verdict last, and no report there.
    #[arg(long, conflicts_with = "quiet")]
    json: bool,
}

#[derive(Debug, Args)]
struct ServeFlags {
    /// Where to listen.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The TOML file of the dialect.
    #[arg(long, value_name = "FILE")]
    dialect_file: PathBuf,
    /// The file for accounts and messages; else they are kept in memory.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// The cluster of which this is a node.
    #[arg(long, value_name = "IP:PORT/NAME", conflicts_with = "data")]
    cluster: Option<ClusterOptions>,
    /// Threads that serve connections.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// Where to hand out the counters.
    #[arg(long, value_name = "IP:PORT")]
    counters: Option<SocketAddr>,
    /// A fault to switch on.
    #[arg(long, value_name = "NAME=N")]
    fault: Vec<Fault>,
}

/// The levels by their names, and by those that the old scripts took.
fn log_level(text: &str) -> Result<LevelFilter, String> {
    match text.to_lowercase().as_str() {
        "warning" => Ok(LevelFilter::WARN),
        "critical" => Ok(LevelFilter::ERROR),
        name => name.parse().map_err(|_| "write off, error, warn, info, debug or trace".to_owned()),
    }
}

/// A level of requirement by its name.
fn level(name: &str) -> Result<Level, String> {
    [Level::Info, Level::Should, Level::Must]
        .into_iter()
        .find(|level| level.to_string().eq_ignore_ascii_case(name))
        .ok_or_else(|| format!("`{name}` is no level: write info, should or must"))
}

fn main() -> ExitCode {
    let Xtask { lang, command } = Xtask::parse();
    console::speak(lang.unwrap_or_else(|| Lang::of(language().as_deref())));
    let done = match command {
        Command::Stress(flags) => stress::run(flags),
        Command::Quick(flags) => stress::quick(flags),
        Command::Load(flags) => load::run(&flags),
        Command::Report(flags) => report::run(&flags),
        Command::Check(flags) => check::run(flags),
        Command::Replay(flags) => replay::run(&flags),
        Command::Init(flags) => init::run(*flags),
        Command::Reset(flags) => step::run(Step::Reset, &flags),
        Command::Cleanup(flags) => step::run(Step::Cleanup, &flags),
        Command::Dialect(command) => dialect::run(&command),
        Command::Monitor(flags) => monitor::run(&flags),
        Command::Doctor(flags) => doctor::run(&flags),
        Command::Matrix(flags) => matrix::run(&flags),
        Command::Serve(flags) => serve::run(flags),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report().into(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Xtask::command().debug_assert();
    }

    #[test]
    fn levels_of_logging_are_read_as_the_old_scripts_wrote_them() {
        assert_eq!(log_level("DEBUG"), Ok(LevelFilter::DEBUG));
        assert_eq!(log_level("WARNING"), Ok(LevelFilter::WARN));
        assert!(log_level("loud").is_err());
    }
}

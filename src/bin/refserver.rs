//! Runs the reference server as a process, until SIGINT or SIGTERM ends it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program prints")]

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chatserver_harness::kernel::raise_file_limit;
use chatserver_harness::verdict::Exit;
use chatserver_harness::wire::dialect::{builtin_names, builtin_text};
use chatserver_refserver::{
    ClusterOptions, Data, Fault, FaultKind, Options, RefServer, RunError, StartError,
};
use clap::Parser;

/// The reference chat server: correct in every built-in dialect, wrong only where a fault is switched on.
#[derive(Debug, Parser)]
#[command(
    name = "refserver",
    version,
    after_help = "refserver --list-faults names the faults that can be switched on."
)]
struct Flags {
    /// Where to listen; port 0 lets the kernel choose. The address is printed as `listening on ADDR`.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A built-in dialect, or the path of a .toml file.
    #[arg(long, value_name = "NAME|FILE", default_value = "course")]
    dialect: String,
    /// Where accounts and stored messages are kept: `memory`, or a file that is created if it is missing.
    #[arg(long, value_name = "memory|FILE", default_value = "memory")]
    data: PathBuf,
    /// The cluster of which this is a node: the address of its Redis and its name. The nodes of one name share accounts,
    /// groups and messages, which are kept in Redis.
    #[arg(long, value_name = "IP:PORT/NAME", conflicts_with = "data")]
    cluster: Option<ClusterOptions>,
    /// Threads that serve connections.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// Where to hand out the counters: whoever connects gets one JSON document and the end.
    #[arg(long, value_name = "IP:PORT")]
    counters: Option<SocketAddr>,
    /// A fault to switch on, with a number or its default; may be given several times.
    #[arg(long, value_name = "NAME[=N]")]
    fault: Vec<Fault>,
    /// Moves the chances at which faults strike; with 0 it is each n-th one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Lists the faults, the number that each takes and what it does, and ends.
    #[arg(long)]
    list_faults: bool,
}

/// The catalogue of faults as a table: section, what to give to `--fault`, what it does.
fn fault_table() -> String {
    let row = |kind: FaultKind| {
        let name = format!("{}{}", kind.name(), kind.value());
        format!("{:10} {name:26} {}", kind.section().name(), kind.summary())
    };
    FaultKind::all().map(row).collect::<Vec<_>>().join("\n")
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    if flags.list_faults {
        println!("{}", fault_table());
        return Exit::Pass.into();
    }
    match run(flags) {
        Ok(()) => Exit::Pass.into(),
        Err((exit, message)) => {
            eprintln!("refserver: {message}");
            exit.into()
        }
    }
}

/// Runs the server to its end, or says why it does not run.
fn run(flags: Flags) -> Result<(), (Exit, String)> {
    let dialect = dialect(&flags.dialect).map_err(|message| (Exit::Usage, message))?;
    // Each connection takes a descriptor; what the limit allows is enough to start.
    let _ = raise_file_limit();
    let options = Options {
        listen: flags.listen,
        data: match flags.cluster {
            Some(cluster) => Data::Cluster(cluster),
            None if flags.data == Path::new("memory") => Data::Memory,
            None => Data::File(flags.data),
        },
        threads: flags.threads.into(),
        counters: flags.counters,
        faults: flags.fault,
        seed: flags.seed,
        ..Options::new(dialect)
    };
    RefServer::run_until_signal(options, &mut io::stdout()).map_err(|error| match error {
        RunError::Start(StartError::Dialect(_)) => {
            (Exit::Usage, format!("dialect `{}`: {error}", flags.dialect))
        }
        _ => (Exit::Unreachable, error.to_string()),
    })
}

/// The text of a built-in dialect, or of a file.
fn dialect(name: &str) -> Result<String, String> {
    if let Some(text) = builtin_text(name) {
        return Ok(text.to_owned());
    }
    let known = || builtin_names().collect::<Vec<_>>().join(", ");
    if !name.contains('/')
        && Path::new(name).extension().is_none_or(|extension| extension != "toml")
    {
        return Err(format!(
            "no dialect `{name}`; built in are {}; a file's name ends in .toml",
            known()
        ));
    }
    std::fs::read_to_string(name).map_err(|error| {
        format!("cannot read the dialect file {name}: {error}; built-in dialects are {}", known())
    })
}

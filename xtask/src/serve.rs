//! `serve`, hidden: the reference server as this process, so that it has a pid to watch and to kill.

use std::{fs, io};

use chatserver_harness::{kernel::raise_file_limit, verdict::Exit};
use chatserver_refserver::{Data, Options, RefServer};

use crate::{ServeFlags, failure::Failure};

/// Serves until a signal.
pub(crate) fn run(flags: ServeFlags) -> Result<Exit, Failure> {
    let file = flags.dialect_file;
    let dialect = fs::read_to_string(&file).map_err(|error| Failure {
        message: format!("cannot read the dialect file {}: {error}", file.display()),
        exit: Exit::Usage,
    })?;
    // Each connection takes a descriptor; what the limit allows is enough to start.
    let _ = raise_file_limit();
    let options = Options {
        listen: flags.listen,
        data: match (flags.cluster, flags.data) {
            (Some(cluster), _) => Data::Cluster(cluster),
            (None, Some(file)) => Data::File(file),
            (None, None) => Data::Memory,
        },
        threads: flags.threads.into(),
        counters: flags.counters,
        faults: flags.fault,
        ..Options::new(dialect)
    };
    RefServer::run_until_signal(options, &mut io::stdout())
        .map_err(|error| Failure { message: error.to_string(), exit: Exit::Unreachable })?;
    Ok(Exit::Pass)
}

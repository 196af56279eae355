//! `cargo xtask doctor`: what stands in the way of a run, and the lines to type.

use chatserver_harness::{doctor::Checkup, verdict::Exit};
use clap::Args;

use crate::{EXIT_CODES, ServerFlags, campaign, console, failure::Failure};

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DoctorFlags {
    /// How many clients the machine should carry.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    clients: u64,
    #[command(flatten)]
    server: ServerFlags,
}

/// Looks, tells, and ends as the run would that cannot begin.
pub(crate) fn run(flags: &DoctorFlags) -> Result<Exit, Failure> {
    let lang = console::lang();
    let settings = campaign::settings(&flags.server)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own("cannot start a runtime", error))?;
    let checkup = runtime.block_on(Checkup::examine(&settings, flags.clients));
    console::print(&checkup.render(lang));
    Ok(checkup.exit())
}

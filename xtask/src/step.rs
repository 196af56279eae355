//! `cargo xtask reset` and `cargo xtask cleanup`: a shell line of chatserver.toml alone.

use chatserver_harness::{
    config::{ConfigFile, Settings},
    server::Step,
    verdict::Exit,
};

use crate::{StepFlags, console, failure::Failure};

/// Says which line, and runs it.
pub(crate) fn run(step: Step, flags: &StepFlags) -> Result<Exit, Failure> {
    let file = match &flags.config {
        Some(path) => Some(ConfigFile::read(path, "--config")?),
        None => Settings::from_env()?.file,
    };
    let key = step.key();
    let usage = |message| Failure { message, exit: Exit::Usage };
    let file = file.ok_or_else(|| {
        usage(format!(
            "there is no chatserver.toml here or above, so nothing says how to {key}: `cargo xtask init` writes one"
        ))
    })?;
    let line = step.of(&file.recipe).ok_or_else(|| {
        usage(format!(
            "{} has no `{key}` line, so there is nothing to run; its comments show the usual one",
            file.path.display()
        ))
    })?;
    console::print(&format!("{key}: {line}\n"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own("cannot start a runtime", error))?;
    runtime.block_on(step.run(&file.recipe, &file.path, flags.wait))?;
    console::print(&console::said("done\n"));
    Ok(Exit::Pass)
}

//! `cargo xtask replay`: sends again what was sent to a server before it died.

use std::{env, path::Path, sync::Arc};

use chatserver_harness::{
    fixture::{Fixture, load_dialect},
    record::{DialectFacts, Replay},
    replay::{Played, play, shorten},
    server::{Choice, Recipe, Server},
    verdict::Exit,
};

use crate::{ReplayFlags, campaign::settings, console, failure::Failure};

/// Plays the file on the server that the flags describe until it dies, and shortens it where that is asked for.
pub(crate) fn run(flags: &ReplayFlags) -> Result<Exit, Failure> {
    let replay = Replay::load(&flags.file)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own("cannot start a runtime", error))?;
    runtime.block_on(async {
        let scratch = tempfile::tempdir()
            .map_err(|error| Failure::own("cannot make a temporary directory", error))?;
        let server = server(flags, scratch.path()).await?;
        let exit = again(flags, &replay, &server).await;
        let stopped = server.server().stop().await;
        let exit = exit?;
        stopped?;
        Ok(exit)
    })
}

/// The server under test; where none is configured the reference server, as a process that can die.
async fn server(flags: &ReplayFlags, scratch: &Path) -> Result<Fixture, Failure> {
    let settings = settings(&flags.server)?;
    let (dialect, _) = load_dialect(&settings.dialect())?;
    let facts = DialectFacts { name: dialect.name.clone(), origin: dialect.origin.clone() };
    let mut assignment = settings.assignment(facts, &dialect.text)?;
    if let (Some(fault), true) =
        (flags.server.fault.first(), assignment.choice != Choice::Reference)
    {
        return Err(Failure {
            message: format!(
                "--fault {fault} is for the reference server, and this is another one"
            ),
            exit: Exit::Usage,
        });
    }
    if assignment.choice == Choice::Reference {
        let file = scratch.join("dialect.toml");
        let program = std::fs::write(&file, &dialect.text).and_then(|()| env::current_exe());
        let program =
            program.map_err(|error| Failure::own("cannot start the reference server", error))?;
        let mut args =
            ["serve", "--listen", "{ip}:{port}", "--dialect-file"].map(str::to_owned).to_vec();
        args.push(file.display().to_string());
        for fault in &flags.server.fault {
            args.extend(["--fault".to_owned(), fault.to_string()]);
        }
        let recipe = Recipe::new(program).with_args(args).in_dir(scratch).shared();
        assignment.choice = Choice::LaunchReference(Box::new(recipe));
    }
    let server = Server::start(assignment).await?;
    let server = Fixture::new(server, Arc::new(dialect), settings.allow_crash);
    if server.may_crash() {
        return Ok(server);
    }
    Err(Failure {
        message: "a replay is meant to kill, and this server was not launched by the harness: permit it with \
                  --allow-crash, or name its program with CHATSERVER_BIN"
            .to_owned(),
        exit: Exit::Usage,
    })
}

async fn again(flags: &ReplayFlags, replay: &Replay, server: &Fixture) -> Result<Exit, Failure> {
    console::print(&console::said(&format!(
        "{}: {} writes on {} connections, recorded during {}: {}\n",
        flags.file.display(),
        replay.sends(),
        replay.connections(),
        replay.during.escape_debug(),
        replay.outcome.escape_debug(),
    )));
    if replay.forgotten_steps > 0 {
        let forgotten = replay.forgotten_steps;
        console::print(&console::said(&format!(
            "  {forgotten} older steps were no longer held when it was recorded\n"
        )));
    }
    let times = if server.server().is_ours() { flags.times } else { 1 };
    for time in 1..=times {
        if time > 1 {
            server.restart().await?;
        }
        let hang = match play(server, replay).await {
            Played::Survived => {
                console::print(&console::said(&format!(
                    "time {time} of {times}: it lived, and serves\n"
                )));
                continue;
            }
            Played::Died(death) => {
                console::print(&console::said(&format!(
                    "time {time} of {times}: it died again: {death}\n"
                )));
                if let Some(place) = server.server().backtrace_of_death().await.place() {
                    console::print(&console::said(&format!("  {place}\n")));
                }
                false
            }
            Played::Hangs(why) => {
                let why = why.escape_debug();
                console::print(&console::said(&format!(
                    "time {time} of {times}: it hangs again: {why}\n"
                )));
                true
            }
        };
        if flags.shorten {
            shortened(flags, replay, server, hang).await?;
        }
        return Ok(Exit::Fail);
    }
    Ok(Exit::Pass)
}

async fn shortened(
    flags: &ReplayFlags,
    replay: &Replay,
    server: &Fixture,
    hang: bool,
) -> Result<(), Failure> {
    if !server.server().is_ours() {
        return Err(Failure {
            message: "--shorten starts the server anew for each trial, and this one was not launched by the harness: name \
                      its program with CHATSERVER_BIN"
                .to_owned(),
            exit: Exit::Usage,
        });
    }
    let short = shorten(server, replay, hang, flags.budget).await?;
    let path = flags.file.with_extension("short.json");
    short.replay.save(&path)?;
    let minimal = if short.is_minimal {
        "none of them can be left out"
    } else {
        "time ran out (--budget): there may be fewer"
    };
    console::print(&console::said(&format!(
        "shortened to {} writes on {} connections in {} trials; {minimal}\n",
        short.replay.sends(),
        short.replay.connections(),
        short.trials,
    )));
    for step in &short.replay.steps {
        console::print(&console::said(&format!("  {step}\n")));
    }
    console::print(&console::said(&format!("results: {}\n", path.display())));
    Ok(())
}

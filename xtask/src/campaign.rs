//! From flags to a campaign, and from its outcome to what the terminal and the pipeline are told.

use std::{env, fs::OpenOptions, io::Write as _, path::PathBuf};

use chatserver_harness::{
    campaign::{Campaign, CampaignOutcome, CampaignPlan, Interrupt, ReferenceProgram},
    config::{ConfigFile, DialectChoice, Settings, parse_addrs, step_summary},
    record::RunRecord,
    report::{self, Lang},
    verdict::Exit,
};

use crate::{
    OutputFlags, ServerFlags, console,
    console::{Audience, Console},
    failure::Failure,
    signals,
};

/// Where the servers of the family usually listen.
const USUAL_PORT: u16 = 6000;

/// Where the users of a stage connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// Each to a node.
    Nodes,
    /// Through the balancer.
    Balancer,
}

impl Entrance {
    /// As a flag says it.
    pub(crate) fn of(through_balancer: bool) -> Self {
        if through_balancer { Self::Balancer } else { Self::Nodes }
    }
}

/// Runs a campaign with this plan; its verdict is the exit code.
pub(crate) fn run(
    plan: CampaignPlan,
    server: &ServerFlags,
    output: OutputFlags,
    entrance: Entrance,
) -> Result<Exit, Failure> {
    recorded(plan, server, output, entrance).map(|record| record.verdict.into())
}

/// As [`run`]; gives what was recorded.
pub(crate) fn recorded(
    plan: CampaignPlan,
    server: &ServerFlags,
    output: OutputFlags,
    entrance: Entrance,
) -> Result<RunRecord, Failure> {
    tracing_subscriber::fmt().with_max_level(output.log_level).with_writer(std::io::stderr).init();
    let lang = console::lang();
    let campaign = Campaign {
        lang,
        plan,
        runs_dir: output.runs_dir,
        command: command_line(),
        reference: Some(reference(server)?),
        through_balancer: entrance == Entrance::Balancer,
        only_reference: server.fault.first().map(|fault| format!("--fault {fault}")),
        settings: settings(server)?,
    };
    let interrupt = Interrupt::new();
    signals::listen(interrupt.clone())
        .map_err(|error| Failure::own("cannot wait for signals", error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::own("cannot start a runtime", error))?;
    let audience = Audience::of(output.quiet, output.json, output.log_level);
    let mut console = Console::new(audience);
    let outcome = runtime.block_on(campaign.run(&interrupt, |event| console.hear(&event)))?;
    console.clear();
    summarise(&outcome, lang);
    if audience == Audience::Machine {
        console::print(&format!("{}\n", outcome.json()));
    } else {
        tell(&outcome, lang);
    }
    Ok(outcome.record)
}

/// The report, and where its files are.
fn tell(outcome: &CampaignOutcome, lang: Lang) {
    let CampaignOutcome { record, directory, unsaved, rescued } = outcome;
    console::print(&report::text::render(record, lang));
    console::print(&console::said(&format!("results: {}\n", directory.path().display())));
    if let Some(error) = unsaved {
        let told = format!("error: the files there are not complete: {error}");
        console::tell(&console::said(&told));
        match rescued {
            Some(path) => {
                let told = format!("all of them were written to {}", path.display());
                console::tell(&console::said(&told));
            }
            None => console::tell(&console::said(
                "nor could they be written elsewhere: what was printed is all there is",
            )),
        }
    }
}

/// Appends the summary to the file of the pipeline, where there is one; without it the run is what it was.
fn summarise(outcome: &CampaignOutcome, lang: Lang) {
    let Some(path) = step_summary() else { return };
    let text = report::markdown::render(&outcome.record, lang);
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    if let Err(error) = opened.and_then(|mut file| file.write_all(text.as_bytes())) {
        let told = format!("cannot append the summary to {}: {error}", path.display());
        console::tell(&console::said(&told));
    }
}

/// The environment's settings, with the flags on top.
pub(crate) fn settings(flags: &ServerFlags) -> Result<Settings, Failure> {
    let mut settings = Settings::from_env()?;
    let usage = |option: &str, why: String| Failure {
        message: format!("{option}: {why}"),
        exit: Exit::Usage,
    };
    if flags.server.is_some() || flags.port.is_some() {
        let host = flags.server.as_deref().unwrap_or("127.0.0.1");
        let port = flags.port.unwrap_or(USUAL_PORT);
        settings.addrs = parse_addrs(&address(host, port)).map_err(|why| usage("--server", why))?;
        settings.addrs_from = "--server and --port";
    }
    if let Some(path) = &flags.config {
        settings.file = Some(ConfigFile::read(path, "--config")?);
    }
    if let Some(dialect) = &flags.dialect {
        let here = env::current_dir()
            .map_err(|error| usage("--dialect", format!("no current directory: {error}")))?;
        let choice = DialectChoice::parse(dialect, &here)
            .map_err(|why| usage("--dialect", format!("`{dialect}` is {why}")))?;
        settings.dialect = Some(choice);
    }
    settings.allow_remote |= flags.allow_remote;
    settings.allow_crash |= flags.allow_crash;
    settings.share_cores |= flags.share_cores;
    settings.lock_wait = flags.wait;
    Ok(settings)
}

/// Host and port as one address; an IPv6 address gets its brackets.
fn address(host: &str, port: u16) -> String {
    let bare_v6 = host.contains(':') && !host.starts_with('[');
    if bare_v6 { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// This very program, serving.
fn reference(flags: &ServerFlags) -> Result<ReferenceProgram, Failure> {
    let program: PathBuf = env::current_exe()
        .map_err(|error| Failure::own("cannot tell where this program is", error))?;
    let fixed = "serve --listen {ip}:{port} --dialect-file {dialect} --data {data}";
    let mut args: Vec<String> = fixed.split(' ').map(str::to_owned).collect();
    for fault in &flags.fault {
        args.extend(["--fault".to_owned(), fault.to_string()]);
    }
    Ok(ReferenceProgram { program, args })
}

/// The command line as somebody would type it again.
fn command_line() -> Vec<String> {
    let typed = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    ["cargo", "xtask"].map(str::to_owned).into_iter().chain(typed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_make_an_address() {
        assert_eq!(address("127.0.0.1", 6000), "127.0.0.1:6000");
        assert_eq!(address("::1", 6000), "[::1]:6000");
        assert_eq!(address("[::1]", 6000), "[::1]:6000");
    }
}

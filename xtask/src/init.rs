//! `cargo xtask init`: a first chatserver.toml, from flags or by asking, and a first try.

use std::{
    env,
    io::{self, BufRead},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chatserver_harness::{
    campaign::CampaignPlan,
    config::{Database, DialectChoice, Draft, header_near, parse_addrs, services_here},
    server::Step,
    verdict::Exit,
    wire::dialect::builtin_names,
};

use crate::{InitFlags, ServerFlags, campaign, console, failure::Failure};

/// Where the servers of the family usually listen.
const USUAL_ADDR: &str = "127.0.0.1:6000";
/// What they usually take.
const USUAL_ARGS: &str = "{ip} {port}";
/// The cases of the first try: it answers, registers and lets in.
const FIRST_CASES: [&str; 3] = ["CONN-1", "REG-1", "LOGIN-1"];
/// How often a question is asked again.
const TRIES: usize = 3;

/// Writes the file and tries it.
pub(crate) fn run(flags: InitFlags) -> Result<Exit, Failure> {
    let draft = if flags.program.is_none() && flags.addr.is_none() {
        interview(&flags)?
    } else {
        from_flags(&flags)?
    };
    let file = draft.write(&flags.file, flags.force)?;
    console::print(&console::said(&format!("wrote {}\n", file.path.display())));
    for step in [Step::Setup, Step::Reset, Step::Cleanup] {
        if let Some(line) = step.of(&file.recipe) {
            console::print(&console::said(&format!("  {} will run: {line}\n", step.key())));
        }
    }
    if flags.no_run {
        console::print(&console::said(NEXT));
        return Ok(Exit::Pass);
    }
    let plan = CampaignPlan::cases_only(FIRST_CASES.to_vec());
    let server = ServerFlags {
        share_cores: true,
        server: None,
        port: None,
        dialect: None,
        config: Some(file.path),
        allow_remote: false,
        allow_crash: false,
        wait: Duration::from_mins(1),
        fault: Vec::new(),
    };
    let exit = campaign::run(plan, &server, flags.output, campaign::Entrance::Nodes)?;
    console::print(&console::said(if exit == Exit::Pass { NEXT } else { STUCK }));
    Ok(exit)
}

const NEXT: &str = "next: `cargo test --no-fail-fast --test functional` (what it does and does not do), then `cargo xtask \
                    stress` (how much it takes)\n";
const STUCK: &str = "it does not get in yet: the report above says at what; edit the file (every key is explained in it) \
                     and try `cargo xtask check --only CONN,REG,LOGIN` again\n";

/// What the flags say; what they leave out is looked for near the program.
fn from_flags(flags: &InitFlags) -> Result<Draft, Failure> {
    let addr = flags.addr.as_deref().map(|addr| address(addr).map_err(|why| usage("--addr", &why)));
    let mut draft = Draft { addr: addr.transpose()?, ..Draft::default() };
    if let Some(program) = &flags.program {
        // A server with a port of its own takes no arguments or looks at none: those of the family would be right.
        let usual = draft
            .addr
            .map_or(USUAL_ARGS.to_owned(), |addr| format!("{} {}", addr.ip(), addr.port()));
        let args = flags.args.as_ref().unwrap_or(&usual);
        draft = launched(draft, flags, program, args).map_err(|why| usage("--program", &why))?;
        let takes_port = args.contains("{port}");
        if !takes_port && draft.addr.is_none() {
            let why = "without {port} nothing says where the server will answer: name its address with --addr";
            return Err(usage("--args", why));
        }
        if takes_port && draft.addr.is_some() {
            let why = "the server is told a free port, so it has no fixed address: leave {port} out of --args, or --addr";
            return Err(usage("--addr", why));
        }
    }
    accounted(&mut draft, flags, flags.mysql.as_ref());
    draft.dialect.clone_from(&flags.dialect);
    draft.header = flags.header.as_deref().map(|path| seen_from(flags, path)).or_else(|| {
        let found = flags.program.as_deref().filter(|_| flags.dialect.is_none())?;
        header_near(&std::path::absolute(found).ok()?).map(|path| seen_from(flags, &path))
    });
    Ok(draft)
}

/// Asks what the flags do not say.
fn interview(flags: &InitFlags) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    let mut program = None;
    ask("the server's program (empty: it runs already)", "", "--program", |answer| {
        if answer.is_empty() {
            return Ok(());
        }
        draft = launched(Draft::default(), flags, Path::new(answer), USUAL_ARGS)?;
        program = Some(PathBuf::from(answer));
        Ok(())
    })?;
    let mut fixed = program.is_none();
    if program.is_some() {
        let question =
            "its arguments; {ip} and {port} are filled in, without {port} it has a fixed port";
        ask(question, flags.args.as_deref().unwrap_or(USUAL_ARGS), "--args", |answer| {
            fixed = !answer.contains("{port}");
            if let Some(command) = &mut draft.command {
                command.truncate(1);
                command.extend(answer.split_whitespace().map(str::to_owned));
            }
            Ok(())
        })?;
        let question = "what must answer before it is started, with commas (`-`: nothing)";
        let here = services_here().join(",");
        ask(question, if here.is_empty() { "-" } else { &here }, "--needs", |answer| {
            let all = answer.split(',').map(str::trim).filter(|need| *need != "-");
            draft.needs = all
                .map(|need| address(need).map(|addr| addr.to_string()))
                .collect::<Result<_, _>>()?;
            Ok(())
        })?;
        let question = "its database account, user:password@database, so that nobody stays marked online (empty: none)";
        ask(question, "", "--mysql", |answer| {
            let database = (!answer.is_empty()).then(|| answer.parse()).transpose()?;
            accounted(&mut draft, flags, database.as_ref());
            Ok(())
        })?;
    }
    if fixed {
        ask("its address", USUAL_ADDR, "--addr", |answer| {
            draft.addr = Some(address(answer)?);
            Ok(())
        })?;
    }
    let absolute = program.and_then(|program| std::path::absolute(program).ok());
    let found = absolute.and_then(|program| header_near(&program));
    let usual = found.map_or_else(|| "course".to_owned(), |path| path.display().to_string());
    let names: Vec<&str> = builtin_names().collect();
    let question = format!("how it speaks: {}, a .toml file, or its public.hpp", names.join(", "));
    ask(&question, &usual, "--dialect or --header", |answer| {
        if Path::new(answer).extension().is_some_and(|end| end != "toml") {
            if !Path::new(answer).is_file() {
                return Err(format!("`{answer}` is not a file"));
            }
            draft.header = Some(seen_from(flags, Path::new(answer)));
        } else {
            let here = env::current_dir().map_err(|error| error.to_string())?;
            DialectChoice::parse(answer, &here).map_err(|why| format!("`{answer}` is {why}"))?;
            let is_file = Path::new(answer).extension().is_some();
            draft.dialect = Some(if is_file {
                seen_from(flags, Path::new(answer)).display().to_string()
            } else {
                answer.to_owned()
            });
        }
        Ok(())
    })?;
    Ok(draft)
}

/// One question, with its usual answer; asked again while the answer cannot be taken.
fn ask(
    question: &str,
    usual: &str,
    flag: &str,
    mut take: impl FnMut(&str) -> Result<(), String>,
) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let offer = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
        console::print(&format!("{}{offer}: ", console::said(question)));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        if !read.is_ok_and(|length| length > 0) {
            console::print("\n");
            return Err(usage(
                flag,
                "there was no answer; where nobody can be asked, give the flags",
            ));
        }
        let answer = line.trim();
        match take(if answer.is_empty() { usual } else { answer }) {
            Ok(()) => return Ok(()),
            Err(why) => console::print(&console::said(&format!("  {why}\n"))),
        }
    }
    Err(usage(flag, "none of the answers could be taken"))
}

/// A server that is launched: the program as seen from its directory.
fn launched(draft: Draft, flags: &InitFlags, program: &Path, args: &str) -> Result<Draft, String> {
    if !program.is_file() {
        return Err(format!("{} is not a file: build the server first", program.display()));
    }
    let program = program.canonicalize().map_err(|error| error.to_string())?;
    let folder = program.parent().unwrap_or(Path::new("/"));
    let dir = match &flags.dir {
        Some(dir) => dir.canonicalize().map_err(|error| format!("{}: {error}", dir.display()))?,
        None => folder.to_owned(),
    };
    // As a shell would after `cd dir`.
    let word = match program.strip_prefix(&dir) {
        Ok(inside) => format!("./{}", inside.display()),
        Err(_) => program.display().to_string(),
    };
    let command = [word].into_iter().chain(args.split_whitespace().map(str::to_owned)).collect();
    let needs = flags.needs.clone().unwrap_or_else(services_here);
    let ready_line = flags.ready_line.clone();
    let dir = Some(seen_from(flags, &dir));
    Ok(Draft { command: Some(command), dir, needs, ready_line, ..draft })
}

/// The shell lines: as the flags have them, else made for the account.
fn accounted(draft: &mut Draft, flags: &InitFlags, database: Option<&Database>) {
    let made = |line: fn(&Database) -> String| database.map(line);
    draft.setup.clone_from(&flags.setup);
    draft.reset = flags.reset.clone().or_else(|| made(Database::reset_line));
    draft.cleanup = flags.cleanup.clone().or_else(|| made(Database::cleanup_line));
}

/// A path as it is written in the file: relative where it lies beside or below, else absolute.
fn seen_from(flags: &InitFlags, path: &Path) -> PathBuf {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    let folder = match flags.file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let (Some(path), Some(folder)) = (whole(path), whole(folder)) else { return path.to_owned() };
    match path.strip_prefix(folder) {
        Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
        Ok(inside) => inside.to_owned(),
        Err(_) => path,
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let addrs = parse_addrs(text)?;
    addrs.first().copied().ok_or_else(|| format!("`{text}` is not an address"))
}

fn usage(option: &str, why: &str) -> Failure {
    Failure { message: format!("{option}: {why}"), exit: Exit::Usage }
}

//! `cargo xtask dialect`: shows, checks and compares dialect files, and makes one from a header.

use std::path::{Path, PathBuf};

use chatserver_harness::{
    config::DialectChoice,
    fixture::{FixtureError, load_dialect},
    verdict::Exit,
    wire::dialect::{Dialect, Kind},
};
use clap::{Args, Subcommand};
use toml_edit::{DocumentMut, InlineTable, Table, Value};

use crate::{ServerFlags, console, dialect_try, failure::Failure};

/// The grammar of the command.
#[derive(Debug, Subcommand)]
pub(crate) enum DialectCommand {
    /// Prints the text of a dialect, to copy and change.
    Show {
        /// A built-in dialect or a .toml file.
        #[arg(value_name = "NAME|FILE")]
        dialect: String,
    },
    /// Reads a dialect and says what it speaks; the first error with its line.
    Check {
        /// A built-in dialect or a .toml file.
        #[arg(value_name = "NAME|FILE")]
        dialect: String,
    },
    /// Prints the dialect that a server's header declares; what the header leaves open goes to stderr.
    FromHeader {
        /// The header with the message numbers, such as include/public.hpp.
        #[arg(value_name = "FILE")]
        header: PathBuf,
        /// What the server calls otherwise than the dialect would, such as `id=userid`: everywhere. May be given several
        /// times.
        #[arg(long, value_name = "OLD=NEW", value_parser = renaming)]
        rename: Vec<(String, String)>,
    },
    /// Asks a server step by step (register, login, chat, group, absence, logout), shows what passes, and writes the dialect
    /// that it was found to speak.
    Try(Box<TryFlags>),
    /// Prints what two dialects say differently, key by key.
    Diff {
        /// A built-in dialect or a .toml file.
        #[arg(value_name = "NAME|FILE")]
        first: String,
        /// Another.
        #[arg(value_name = "NAME|FILE")]
        second: String,
    },
}

/// How `dialect try` is asked.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 understood, with or without changes; 1 the server died on the way; 2 dialect or server: \
                        it could not go on; 4 no server"
)]
pub(crate) struct TryFlags {
    /// Where the dialect is written.
    #[arg(long, value_name = "FILE", default_value = "dialect.toml")]
    pub(crate) file: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// Begins with each built-in dialect in turn until the server understands one. Servers die of what they do not expect: one
    /// that the harness launches is started again each time, a running one needs --allow-crash.
    #[arg(long, conflicts_with = "dialect")]
    pub(crate) search: bool,
    /// Only what was found, not the bytes.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) server: ServerFlags,
}

/// Does what the flags say.
pub(crate) fn run(command: &DialectCommand) -> Result<Exit, Failure> {
    match command {
        DialectCommand::Try(flags) => return dialect_try::run(flags),
        DialectCommand::Show { dialect } => console::print(&named(dialect)?.text),
        DialectCommand::Check { dialect } => {
            console::print(&console::said(&summary(&named(dialect)?)));
        }
        DialectCommand::FromHeader { header, rename } => from_header(header, rename)?,
        DialectCommand::Diff { first, second } => {
            let differences = named(first)?.differences(&named(second)?);
            if differences.is_empty() {
                console::print(&console::said("they say the same\n"));
            }
            let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
            console::print(
                &lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>(),
            );
        }
    }
    Ok(Exit::Pass)
}

fn named(name: &str) -> Result<Dialect, Failure> {
    let choice = DialectChoice::parse(name, Path::new("."))
        .map_err(|message| Failure { message, exit: Exit::Usage })?;
    Ok(load_dialect(&choice)?.0)
}

/// What the header says goes to stdout, to be kept; what it leaves open to stderr.
fn from_header(header: &Path, renames: &[(String, String)]) -> Result<(), Failure> {
    let loaded = load_dialect(&DialectChoice::Header(header.to_owned()));
    let (dialect, remarks) = loaded.map_err(|error: FixtureError| Failure::from(error))?;
    let text = renamed(&dialect.text, renames).map_err(|message| Failure {
        message: format!("--rename: {message}"),
        exit: Exit::Usage,
    })?;
    console::print(&text);
    for remark in remarks {
        console::tell(&console::said(&remark));
    }
    Ok(())
}

fn renaming(text: &str) -> Result<(String, String), String> {
    let (old, new) = text.split_once('=').ok_or("write OLD=NEW")?;
    Ok((old.to_owned(), new.to_owned()))
}

/// The text of a dialect in which the server's keys are called otherwise, wherever they stand.
fn renamed(text: &str, renames: &[(String, String)]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error| format!("{error}"))?;
    let new_name = |old: &str| renames.iter().find(|(from, _)| from == old).map(|(_, to)| to);
    for (from, _) in renames {
        if !text.contains(&format!("\"{from}\"")) {
            return Err(format!("the dialect calls nothing `{from}`"));
        }
    }
    let tables = document.iter_mut().filter_map(|(_, table)| table.as_table_mut());
    for (entry, item) in tables.flat_map(Table::iter_mut) {
        let Some(value) = item.as_value_mut() else { continue };
        let names: Vec<&mut Value> = match entry.get() {
            "key" | "code" | "text" => vec![value],
            "send" | "reply" | "friend" | "group" | "member" => {
                let parts = value.as_inline_table_mut().into_iter();
                parts.flat_map(InlineTable::iter_mut).map(|(_, name)| name).collect()
            }
            _ => continue,
        };
        for name in names {
            if let Some(new) = name.as_str().and_then(new_name) {
                let decor = name.decor().clone();
                *name = new.into();
                *name.decor_mut() = decor;
            }
        }
    }
    let text = document.to_string();
    Dialect::load("--rename", &text).map_err(|error| error.to_string())?;
    Ok(text)
}

fn summary(dialect: &Dialect) -> String {
    let line = |kind: Kind| {
        let spoken = match (dialect.request(kind), dialect.ack(kind)) {
            (None, _) => "not spoken: its cases are skipped".to_owned(),
            (Some(spec), None) => format!("{}, never acknowledged", spec.number),
            (Some(spec), Some(ack)) => format!("{}, acknowledged by {}", spec.number, ack.number),
        };
        format!("  {:12} {spoken}", kind.table())
    };
    let head = format!("{}: {}", dialect.name, dialect.summary);
    let lines: Vec<String> = std::iter::once(head).chain(Kind::ALL.map(line)).collect();
    lines.join("\n") + "\n"
}

//! `cargo xtask report`: the reports of a run made again, from its record and the monitor's rows.

use std::{fs, fs::File};

use chatserver_harness::{
    record::MonitorRows,
    report::{self, escape},
    verdict::Exit,
};

use crate::{ReportFlags, console, failure::Failure};

/// Renders every file of the directory but the record itself, and prints the text.
pub(crate) fn run(flags: &ReportFlags) -> Result<Exit, Failure> {
    let lang = console::lang();
    let path = flags.dir.join("run.json");
    let usage = |message| Failure { message, exit: Exit::Usage };
    let text = fs::read_to_string(&path).map_err(|error| {
        usage(format!("cannot read {}: {error}; name the directory of a run", path.display()))
    })?;
    let record = report::json::read(&text).map_err(|error| {
        usage(format!("{}: {}", path.display(), escape::text(&error.to_string())))
    })?;
    let rows: Vec<MonitorRows> = record
        .stages
        .iter()
        .filter_map(|stage| stage.monitor.as_ref()?.file.as_ref()?.file_name())
        .filter_map(|name| File::open(flags.dir.join(name)).ok())
        .filter_map(|file| MonitorRows::read(file).ok())
        .collect();
    for file in report::all(&record, &rows, lang).into_iter().filter(|file| file.name != "run.json")
    {
        let content = file
            .content
            .map_err(|error| Failure::own(&format!("cannot make {}", file.name), error))?;
        let path = flags.dir.join(file.name);
        fs::write(&path, content)
            .map_err(|error| usage(format!("cannot write {}: {error}", path.display())))?;
    }
    console::print(&report::text::render(&record, lang));
    console::print(&console::said(&format!("results: {}\n", flags.dir.display())));
    Ok(Exit::Pass)
}

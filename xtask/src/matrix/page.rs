//! The page of the matrix.

use std::{collections::BTreeSet, fmt::Write};

use chatserver_harness::check;

use super::{Cell, place};

const HEAD: &str = "\
# The matrix

Every fault of the reference server against every case, in every built-in dialect, as `cargo xtask matrix` ran it. A cell
says which cases caught the fault, each on a server of its own, and how many of the whole catalogue were red on one server
with it. Nothing else may be red than what the table of expectations lets the fault touch
(`fixtures/refserver/src/faults/expectations.rs`, shown in [checks.md](checks.md)); `!` marks a cell where that does not hold.
A fault without a case is caught by a test or a stage of load, which checks.md names; a `-` stands where the dialect cannot
express the cases, and `any` where the fault may strike every case, so that the catalogue was not run.
";

/// The results as Markdown: a row for each fault, a column for each dialect.
pub(super) fn render(cells: &[Cell]) -> String {
    let mut dialects: Vec<&str> = cells.iter().map(|cell| cell.job.dialect).collect();
    dialects.sort_unstable();
    dialects.dedup();
    let mut page = HEAD.to_owned();
    let none: Vec<_> = cells.iter().filter(|cell| cell.job.row.is_none()).collect();
    let green = none.iter().filter(|cell| cell.red.is_empty()).count();
    let _ = writeln!(
        page,
        "\n{} cases. Without a fault: {green} of {} runs of the whole catalogue were green.\n",
        check::registry().count(),
        none.len()
    );
    let _ = writeln!(page, "| fault | {} |", dialects.join(" | "));
    let _ = writeln!(page, "|---|{}", "---|".repeat(dialects.len()));
    let rows: BTreeSet<usize> = cells.iter().map(|cell| place(cell.job.row)).collect();
    for row in rows {
        let of_row = |dialect: &str| {
            let mut cells = cells
                .iter()
                .filter(|cell| place(cell.job.row) == row && cell.job.dialect == dialect);
            cells.next().map_or_else(String::new, words)
        };
        let fault = cells
            .iter()
            .find(|cell| place(cell.job.row) == row)
            .and_then(|cell| cell.job.row)
            .map_or("none".to_owned(), |row| format!("`{}`", row.fault));
        let columns: Vec<String> = dialects.iter().map(|dialect| of_row(dialect)).collect();
        let _ = writeln!(page, "| {fault} | {} |", columns.join(" | "));
    }
    page
}

fn words(cell: &Cell) -> String {
    let mark = if cell.complaints.is_empty() { "" } else { "! " };
    let has_cases = cell.job.row.is_some_and(|row| !row.catchers().is_empty());
    let caught = match (cell.caught_by.is_empty(), has_cases) {
        (false, _) => cell.caught_by.join(", ") + "; ",
        (true, true) => "-; ".to_owned(),
        (true, false) => String::new(),
    };
    let red = match cell.job.row {
        Some(row) if row.strikes_anywhere() => "any".to_owned(),
        _ => format!("{} of {}", cell.red.len(), cell.ran),
    };
    format!("{mark}{caught}{red}")
}

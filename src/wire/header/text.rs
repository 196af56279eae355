//! A header as the commented text of a dialect file.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::{Header, Mapped, choice::needs_answer};
use crate::wire::dialect::{Kind, builtin_text};

/// The dialect of the course with the header's numbers and field names. Never fails; may be incomplete.
pub(super) fn dialect_text(header: &Header) -> String {
    let course = builtin_text("course").and_then(|text| text.parse::<Table>().ok());
    let course =
        course.expect("the built-in course dialect is TOML: every test of dialects reads it");
    let mut out = String::new();
    // To write into a string never fails.
    let _ = write_head(header, &mut out);
    let _ = write_heartbeat(header, &course, &mut out);
    for table in ["wire", "errors"] {
        let _ = write!(out, "\n[{table}]\n");
        write_entries(header, table, &course, &mut out);
    }
    for kind in Kind::ALL {
        let _ = write_numbers(header, kind, &mut out);
        if header.request(kind).is_some() {
            write_entries(header, kind.table(), &course, &mut out);
        }
    }
    out
}

fn write_head(header: &Header, out: &mut String) -> std::fmt::Result {
    let origin = header.origin.escape_debug().to_string();
    let file = header.origin.rsplit('/').next().unwrap_or_default();
    let blocks: Vec<String> =
        header.blocks.iter().map(|(title, line)| format!("{title} (line {line})")).collect();
    let blocks = blocks.join(", ");
    writeln!(out, "# Read from {origin}: the message numbers of {blocks}.")?;
    writeln!(
        out,
        "# A header does not say which requests are acknowledged, how a document ends, and what fields"
    )?;
    writeln!(
        out,
        "# are called: where nothing else is noted this is the course's way. Correct what differs."
    )?;
    let renamed: Vec<_> =
        header.constants.iter().filter(|constant| constant.field.is_some()).collect();
    if !renamed.is_empty() {
        writeln!(out, "#\n# Field names taken from its constants:")?;
    }
    for constant in renamed {
        writeln!(
            out,
            "#   line {}: {} = {}",
            constant.line,
            constant.name,
            quoted(&constant.value)
        )?;
    }
    if !header.doubts.is_empty() {
        writeln!(out, "#\n# In doubt:")?;
    }
    for doubt in &header.doubts {
        writeln!(out, "#   {doubt}")?;
    }
    if !header.unmapped.is_empty() {
        writeln!(out, "#\n# Not mapped:")?;
    }
    for unmapped in &header.unmapped {
        writeln!(out, "#   {unmapped}")?;
    }
    writeln!(out, "\nname = {}", quoted(file))?;
    writeln!(out, "summary = {}", quoted(&format!("message numbers of {blocks} in {file}")))
}

/// What would have to be said where users in session must be heard now and then, as a comment: not every server that has
/// a number for it takes it from its users.
fn write_heartbeat(header: &Header, course: &Table, out: &mut String) -> std::fmt::Result {
    let Some(Mapped { number, name, line }) = &header.heartbeat else { return Ok(()) };
    let key = course.get("wire").and_then(|wire| wire.get("key"));
    let key = key.map(|key| renamed(header, key)).unwrap_or_default();
    writeln!(out, "# If users in session must send {name} (line {line}), and how often:")?;
    writeln!(out, "# heartbeat = {{ every = \"10s\", send = '{{{key}: {number}}}' }}")
}

/// The head of the table of a request: its numbers, with the names that they come from.
fn write_numbers(header: &Header, kind: Kind, out: &mut String) -> std::fmt::Result {
    let table = kind.table();
    let Some(request) = header.request(kind) else {
        return write!(out, "\n# No [{table}]: the header has no number for it.\n");
    };
    write!(
        out,
        "\n[{table}]\nnumber = {}  # {}, line {}\n",
        request.number, request.name, request.line
    )?;
    match (header.declared_ack(kind), needs_answer(kind)) {
        (Some(ack), true) => {
            writeln!(out, "ack = {}  # {}, line {}", ack.number, ack.name, ack.line)
        }
        (Some(ack), false) => writeln!(
            out,
            "# ack = {}  # {}, line {}: declared, not known to be sent",
            ack.number, ack.name, ack.line
        ),
        (None, true) => writeln!(
            out,
            "# ack = NUMBER  # not declared, and needed: write the number of the answer"
        ),
        (None, false) => Ok(()),
    }
}

/// All entries of a table of the course but the numbers, under the header's field names.
fn write_entries(header: &Header, table: &str, course: &Table, out: &mut String) {
    let Some(Value::Table(entries)) = course.get(table) else { return };
    let mut entries: Vec<(&String, &Value)> = entries.iter().collect();
    // As in the dialect files: what is sent, what is answered, then the rest.
    let place =
        |key: &str| ["key", "code", "text", "send", "reply"].iter().position(|first| *first == key);
    entries.sort_by_key(|(key, _)| place(key).unwrap_or(usize::MAX));
    for (key, value) in entries {
        let written = match (value, key.as_str()) {
            (_, "number" | "ack") => continue,
            (Value::Table(parts), _) => {
                let parts =
                    parts.iter().map(|(part, name)| format!("{part} = {}", renamed(header, name)));
                format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
            }
            (_, "key" | "code" | "text") => renamed(header, value),
            _ => value.to_string(),
        };
        let _ = writeln!(out, "{key} = {written}");
    }
}

/// The course's name of a field, or the one that the header has a constant for.
fn renamed(header: &Header, name: &Value) -> String {
    let constant = header
        .constants
        .iter()
        .find(|constant| constant.field == name.as_str() && constant.field.is_some());
    constant.map_or_else(|| name.to_string(), |constant| quoted(&constant.value))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

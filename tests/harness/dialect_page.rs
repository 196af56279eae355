//! `docs/dialects.md` lists the keys of a dialect file, and the loader knows exactly these.

use std::{collections::BTreeSet, fmt::Write, fs, path::PathBuf};

use chatserver_harness::wire::dialect::{Dialect, KEYS, Key, Kind, builtin_names, builtin_text};

const HEAD: &str = "\
# The dialect file

What a server calls things, as TOML. `fixtures/dialects/course.toml` is a whole one with comments; the commands around it:

    cargo xtask dialect try                           # asks a running or launched server, and writes what it speaks
    cargo xtask dialect show len4                     # the text of a built-in dialect, to copy
    cargo xtask dialect from-header include/public.hpp > my.toml
    cargo xtask dialect check my.toml                 # is it right? the first error with its line
    cargo xtask dialect diff course my.toml           # what it says differently, key by key

A server's key may lead into nested objects: `data.toid` is `toid` in the object under `data`. Keys may be in any script.
Durations are written `5ms`, `1s`.

This page is made from the loader: `cargo test --test harness -- --ignored write_the_page_of_dialects`.
";

const HEADERS: &str = "
## Headers

`length` is the short word for `{ header = [\"length:4\"] }`. A header is a list of its parts in their order:

- `length:N`, the length in N bytes (1, 2, 4 or 8); it must be there;
- `number:N`, the message number, which then stands in no document: `[wire] key` is left out;
- `zero:N`, N bytes that are 0 when they are written, and passed over when they are read.

`order = \"little\"` holds for all of them (default `\"big\"`). `counts` says what the length counts: `\"document\"` (default),
`\"rest\"` (all that stands behind the length itself) or `\"all\"` (the whole header too). So an int of the host's order that counts
itself, and then a short with the message number: `{ header = [\"length:4\", \"number:2\"], order = \"little\", counts = \"all\" }`.
It is at most 64 bytes long.

What stays out: protobuf and other bodies that are no JSON, WebSocket, TLS. The seam is `src/wire/framing/`, where bytes become
documents, and `src/wire/message.rs`, where documents become messages.
";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/dialects.md")
}

fn row(key: &Key) -> String {
    let default = key.default.unwrap_or("required");
    format!("| `{}` | {} | {default} | {} |\n", key.key, key.kind, key.meaning)
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (table, title) in [
        ("", "At the top"),
        ("wire", "`[wire]`"),
        ("errors", "`[errors]`"),
        ("request", "Every request"),
        ("login", "`[login]` besides"),
        ("chat", "`[chat]` and `[group_chat]` besides"),
        ("chat_alone", "`[chat]` besides"),
        ("add_friend", "`[add_friend]` besides"),
        ("heartbeat", "`[heartbeat]`: for servers that take a silent user for dead"),
        ("custom", "`[custom.NAME]`: messages of the server's own"),
    ] {
        let _ =
            write!(page, "\n## {title}\n\n| key | type | default | meaning |\n|---|---|---|---|\n");
        page.extend(KEYS.iter().filter(|key| key.table == table).map(row));
    }
    page.push_str(HEADERS);
    page.push_str("\n## The parts of each request\n\n| table | `send` (**required**) | `reply` |\n|---|---|---|\n");
    for kind in Kind::ALL {
        let [may, must, reply] = kind.part_names();
        let send = may.iter().map(|part| {
            if must.contains(part) { format!("**{part}**") } else { (*part).to_owned() }
        });
        let send = send.collect::<Vec<_>>().join(", ");
        let _ = writeln!(page, "| `[{}]` | {send} | {} |", kind.table(), reply.join(", "));
    }
    page.push_str("\nOf `[login]`'s `user` and `name` those are required that `by` names. ");
    page.push_str("`[register]`, `[login]` and `[chat]` must be there.\n\n## Built in\n\n");
    for name in builtin_names() {
        let dialect = Dialect::builtin(name).unwrap().unwrap();
        let _ = writeln!(page, "- `{name}`: {}", dialect.summary);
    }
    page
}

#[test]
fn the_page_of_dialects_is_up_to_date() {
    let kept = fs::read_to_string(path()).unwrap_or_default();
    assert!(
        kept == page(),
        "docs/dialects.md is not what the loader says; make it anew with\n  \
         cargo test --test harness -- --ignored write_the_page_of_dialects"
    );
}

#[test]
#[ignore = "writes docs/dialects.md"]
fn write_the_page_of_dialects() {
    fs::write(path(), page()).unwrap();
}

/// The keys that the loader names when it meets one that it does not know.
fn known_to_the_loader(table: &str) -> BTreeSet<String> {
    let text = builtin_text("course").unwrap();
    let text = text.replace(&format!("[{table}]\n"), &format!("[{table}]\nnonsense = 1\n"));
    let error = Dialect::load("my.toml", &text).unwrap_err().to_string();
    let (_, expected) = error.split_once("expected one of ").unwrap();
    let line = expected.lines().next().unwrap();
    line.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_names_every_key_that_the_loader_takes_and_no_other() {
    let named = |tables: &[&str]| -> BTreeSet<String> {
        let keys = KEYS.iter().filter(|key| tables.contains(&key.table));
        keys.map(|key| key.key.to_owned()).collect()
    };
    assert_eq!(known_to_the_loader("wire"), named(&["wire"]));
    assert_eq!(known_to_the_loader("errors"), named(&["errors"]));
    // The tables of all requests are read alike; what belongs to one kind only is refused afterwards.
    assert_eq!(
        known_to_the_loader("chat"),
        named(&["request", "login", "chat", "chat_alone", "add_friend"])
    );
}

#[test]
fn the_reference_text_says_a_word_about_every_key() {
    let text = builtin_text("course").unwrap();
    for key in KEYS {
        assert!(
            text.contains(key.key),
            "fixtures/dialects/course.toml is silent about {}",
            key.key
        );
    }
}

//! Servers that mean harm: whatever they send, a command ends in time, within its memory, with a finding about the server.
//!
//! A binary of its own: what floods a command would starve the tests beside it.
#![expect(
    clippy::unwrap_used,
    reason = "the assertion style of tests, also in what several tests share"
)]

#[path = "../cli/shell.rs"]
#[expect(
    dead_code,
    clippy::panic,
    reason = "shared with the other commands' tests, which use the rest of it"
)]
mod shell;

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use shell::{Outcome, Shell, XTASK};

/// Address space of a command: much more than it needs, much less than a hostile server could make it fill.
const MEMORY_KIB: u64 = 2 << 20;
/// A case has a deadline of 20 s, a stage the patience of its plan for each phase.
const IN_TIME: Duration = Duration::from_secs(50);
/// A stage of few users who do not wait for long.
const PLAN: &str = "pause = 0
[load]
patience = '2s'
[[stage]]
clients = 4
duration = '1s'
";

/// What a server does with a connection, until the peer is gone.
struct Malice {
    name: &'static str,
    dialect: &'static str,
    does: fn(&mut TcpStream) -> io::Result<()>,
    /// One of these is told about it.
    told: &'static [&'static str],
}

const fn malice(
    name: &'static str,
    dialect: &'static str,
    does: fn(&mut TcpStream) -> io::Result<()>,
    told: &'static [&'static str],
) -> Malice {
    Malice { name, dialect, does, told }
}

const ALL: &[Malice] = &[
    malice("random bytes", "course", random_bytes, &["neither JSON nor a known framing"]),
    malice("random bytes after a length", "len4", random_bytes, &["neither JSON", "more than"]),
    malice("a document without end", "course", endless_document, &["more than 4194304 bytes"]),
    malice("a huge length", "len4", huge_length, &["length of", "more than", "neither JSON"]),
    malice("deep nesting", "course", deep_nesting, &["nested deeper than 128"]),
    malice("a byte now and then", "course", drip, &["no register acknowledgement"]),
    malice("a document now and then", "course", drip_documents, &["no register acknowledgement"]),
    malice("a flood", "course", flood, &["no register acknowledgement"]),
    malice("a flood of white space", "course", flood_of_space, &["no register acknowledgement"]),
    malice("a flood of messages", "course", flood_of_messages, &["sent a message"]),
    malice("the end at once", "course", |_| Ok(()), &["closed the connection", "connection broke"]),
    malice("no answer", "course", listen_only, &["no register acknowledgement"]),
    malice("half a connection", "course", half_closed, &["closed the connection"]),
    malice("a web page", "course", web_page, &["neither JSON nor a known framing"]),
    malice(
        "an array",
        "course",
        |peer| answer(peer, b"[1,2]"),
        &["neither JSON nor a known framing"],
    ),
    malice(
        "no UTF-8",
        "course",
        |peer| answer(peer, b"{\"msgid\":4,\"errno\":0,\"id\":\"\xff\"}"),
        &["no JSON object"],
    ),
    malice("an ack of odd types", "course", odd_types, &["register", "names no"]),
    malice("a number too long", "course", long_number, &["register", "number", "names no"]),
];

fn random_bytes(peer: &mut TcpStream) -> io::Result<()> {
    let mut random = fastrand::Rng::with_seed(5);
    loop {
        let noise: Vec<u8> = (0..4096).map(|_| random.u8(..)).collect();
        peer.write_all(&noise)?;
    }
}

fn endless_document(peer: &mut TcpStream) -> io::Result<()> {
    peer.write_all(br#"{"msgid":4,"errmsg":""#)?;
    loop {
        peer.write_all(&[b'x'; 8 << 10])?;
    }
}

fn huge_length(peer: &mut TcpStream) -> io::Result<()> {
    peer.write_all(&[0xff, 0xff, 0xff, 0xf0])?;
    peer.write_all(br#"{"msgid":4,"errmsg":""#)?;
    loop {
        peer.write_all(&[b'x'; 8 << 10])?;
    }
}

fn deep_nesting(peer: &mut TcpStream) -> io::Result<()> {
    peer.write_all(br#"{"msgid":4,"errmsg":"#)?;
    loop {
        peer.write_all(&[b'['; 4096])?;
    }
}

#[expect(clippy::disallowed_methods, reason = "what this server is: slow")]
fn drip(peer: &mut TcpStream) -> io::Result<()> {
    for byte in br#"{"msgid":4,"errmsg":""#.iter().chain(std::iter::repeat(&b'x')) {
        peer.write_all(std::slice::from_ref(byte))?;
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "what this server is: slow")]
fn drip_documents(peer: &mut TcpStream) -> io::Result<()> {
    loop {
        peer.write_all(br#"{"msgid":777}"#)?;
        thread::sleep(Duration::from_millis(50));
    }
}

fn flood(peer: &mut TcpStream) -> io::Result<()> {
    let many = br#"{"msgid":777,"what":"nobody knows"}"#.repeat(1000);
    loop {
        peer.write_all(&many)?;
    }
}

fn flood_of_space(peer: &mut TcpStream) -> io::Result<()> {
    loop {
        peer.write_all(&[b' '; 8 << 10])?;
    }
}

fn flood_of_messages(peer: &mut TcpStream) -> io::Result<()> {
    let text = "x".repeat(1 << 20);
    let message = format!(r#"{{"msgid":6,"id":1,"name":"a","toid":2,"msg":"{text}","time":"t"}}"#);
    loop {
        peer.write_all(message.as_bytes())?;
    }
}

fn listen_only(peer: &mut TcpStream) -> io::Result<()> {
    io::copy(peer, &mut io::sink()).map(|_| ())
}

fn half_closed(peer: &mut TcpStream) -> io::Result<()> {
    peer.shutdown(Shutdown::Write)?;
    listen_only(peer)
}

/// Says this to whatever is asked.
fn answer(peer: &mut TcpStream, answer: &[u8]) -> io::Result<()> {
    let mut question = [0; 4096];
    while peer.read(&mut question)? > 0 {
        peer.write_all(answer)?;
    }
    Ok(())
}

fn web_page(peer: &mut TcpStream) -> io::Result<()> {
    answer(peer, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
}

fn odd_types(peer: &mut TcpStream) -> io::Result<()> {
    answer(peer, br#"{"msgid":4,"errno":[0],"id":{"a":[]},"errmsg":7}"#)
}

fn long_number(peer: &mut TcpStream) -> io::Result<()> {
    let digits = "9".repeat(400);
    answer(peer, format!(r#"{{"msgid":4,"errno":0,"id":{digits}}}"#).as_bytes())
}

/// Does this to everybody who connects, for as long as the test runs.
fn serve(does: fn(&mut TcpStream) -> io::Result<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut peer in listener.incoming().flatten() {
            // The peer leaves when it likes: that ends this one.
            thread::spawn(move || drop(does(&mut peer)));
        }
    });
    addr
}

/// What does not hold of a command that met this server.
fn complaint(malice: &Malice, what: &str, outcome: &Outcome) -> Option<String> {
    let told = malice.told.iter().any(|words| outcome.stdout.contains(words));
    let wrong = if outcome.code != Some(1) {
        format!("exit code {:?}", outcome.code)
    } else if outcome.stderr.contains("panicked") {
        "it panicked".to_owned()
    } else if outcome.took > IN_TIME {
        format!("it took {:?}", outcome.took)
    } else if what == "check" && !told {
        format!("none of {:?} is told", malice.told)
    } else {
        return None;
    };
    Some(format!("{what}, {}: {wrong}\n{}\n{}", malice.name, outcome.stdout, outcome.stderr))
}

/// Runs a command in a bounded address space.
fn run(shell: &Shell, args: &str) -> Outcome {
    let mut command = assert_cmd::Command::new("/bin/sh");
    command.args(["-c", &format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\""), XTASK]);
    command.args(args.split_whitespace());
    shell.outcome(command)
}

/// The cases and the load engine face the same server at once.
fn meet(malice: &Malice) -> Vec<String> {
    let addr = serve(malice.does);
    let at = format!("--server {} --port {} --dialect {}", addr.ip(), addr.port(), malice.dialect);
    let stress = format!("stress --plan plan.toml {at}");
    let load = thread::spawn(move || run(&Shell::new().with_file("plan.toml", PLAN), &stress));
    let check = run(&Shell::new(), &format!("check --only LOGIN-1 {at}"));
    let load = load.join().unwrap();
    [complaint(malice, "check", &check), complaint(malice, "load", &load)]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
#[ignore = "twenty seconds of floods"]
fn a_hostile_server_is_found_out_in_time_and_within_bounds() {
    let meetings: Vec<_> = ALL.iter().map(|malice| thread::spawn(|| meet(malice))).collect();
    let wrong: Vec<String> =
        meetings.into_iter().flat_map(|meeting| meeting.join().unwrap()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

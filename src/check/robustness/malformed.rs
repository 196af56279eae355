//! BAD: bytes that are no request.
//!
//! The server must survive them, and should answer, or close the connection, or pass over them and go on: a connection
//! that stays open and answers nothing more leaves its client waiting for ever.

use super::{
    case::Case,
    expect::{Failure, Outcome},
    must,
    stranger::{Reaction, Stranger, framed, named_register, register},
};
use crate::{client::fresh_name, fixture::Fixture, wire::framing::Framing};

/// What a browser or a port scanner sends.
const HTTP: &[u8] = b"GET / HTTP/1.1\r\nHost: chat\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n\r\n";

/// The beginning of a TLS 1.2 handshake: record type 22, version 3.1, length 512; client hello, length 508, version 3.3.
const TLS: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03random bytes follow\n";

pub(super) const CASES: &[Case] = &[
    bad("BAD-1", "words that are no JSON harm nobody", |f| {
        Box::pin(harmless(f, b"hello, is anybody there?"))
    }),
    bad("BAD-2", "every byte from 0 to 255 harms nobody", |f| Box::pin(every_byte(f))),
    bad("BAD-3", "an HTTP request harms nobody", |f| Box::pin(harmless_raw(f, HTTP))),
    bad("BAD-4", "a TLS handshake harms nobody", |f| Box::pin(harmless_raw(f, TLS))),
    bad("BAD-5", "a truncated document harms nobody", |f| Box::pin(truncated(f))),
    bad("BAD-6", "a string without an end harms nobody", |f| {
        Box::pin(unfinished(f, b"{\"a\":\"no end"))
    }),
    bad("BAD-7", "invalid UTF-8 in a name harms nobody", |f| {
        // FF never occurs in UTF-8; C0 80 is an overlong NUL; ED A0 80 is a surrogate; F4 90 80 80 is above U+10FFFF.
        Box::pin(names(
            f,
            &[b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xbd"],
        ))
    }),
    bad("BAD-8", "a NUL byte inside a name harms nobody", |f| Box::pin(names(f, &[b"a\0b"]))),
    bad("BAD-9", "an escaped NUL in a name harms nobody", |f| Box::pin(names(f, &[b"a\\u0000b"]))),
    bad("BAD-10", "raw control characters in a name harm nobody", |f| {
        Box::pin(names(f, &[b"a\nb", b"a\tb", b"a\x01b", b"a\x1b[31mb"]))
    }),
    bad("BAD-11", "half of a surrogate pair in a name harms nobody", |f| {
        Box::pin(names(f, &[b"\\ud83d", b"\\ude00", b"\\ud83dx", b"\\ud83d\\ud83d"]))
    }),
    bad("BAD-12", "escapes that JSON does not have harm nobody", |f| {
        Box::pin(names(f, &[b"\\q", b"\\x41", b"\\u12", b"\\uzzzz"]))
    }),
    bad("BAD-13", "a document with every key twice harms nobody", |f| Box::pin(doubled(f))),
    bad("BAD-14", "ten thousand nested arrays harm nobody", |f| {
        Box::pin(besides(f, vec!["[".repeat(10_000) + &"]".repeat(10_000)]))
    }),
    bad("BAD-15", "ten thousand nested objects harm nobody", |f| {
        Box::pin(besides(f, vec!["{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000)]))
    }),
    bad("BAD-16", "numbers that fit no machine type harm nobody", |f| {
        Box::pin(besides(
            f,
            vec!["9".repeat(400), "1e400".into(), "-1e400".into(), "1e-400".into()],
        ))
    }),
    bad("BAD-17", "almost JSON harms nobody", |f| Box::pin(almost_json(f))),
    bad("BAD-18", "a bare value in place of an object harms nobody", |f| {
        Box::pin(each_harmless(f, &[b"null", b"true", b"42 ", b"-0.5e3 ", b"\"text\""]))
    }),
    bad("BAD-19", "an array of requests harms nobody", |f| Box::pin(array_of_requests(f))),
    bad("BAD-20", "an empty object harms nobody", |f| Box::pin(harmless(f, b"{}"))),
    bad("BAD-21", "an empty array harms nobody", |f| Box::pin(harmless(f, b"[]"))),
    bad("BAD-22", "an object of four thousand unknown keys harms nobody", |f| {
        Box::pin(many_keys(f))
    }),
    bad("BAD-23", "a key of 50 kB harms nobody", |f| Box::pin(long_key(f))),
    bad("BAD-24", "a closing bracket too many harms nobody", |f| Box::pin(bracket_too_many(f))),
];

const fn bad(id: &'static str, requirement: &'static str, body: super::Body) -> Case {
    must(id, requirement, body).may_kill()
}

/// One document in its frame, and what became of the connection.
async fn harmless(server: &Fixture, document: &[u8]) -> Outcome {
    harmless_raw(server, &framed(server, document)).await
}

/// The same for bytes as they are.
async fn harmless_raw(server: &Fixture, bytes: &[u8]) -> Outcome {
    let mut stranger = Stranger::connect(server).await?;
    stranger.write(bytes).await?;
    match stranger.reaction(None).await {
        Ok(Reaction::Answered | Reaction::Ignored | Reaction::Closed) => Ok(()),
        Ok(Reaction::Limbo) => Err(Failure::shortcoming(format!(
            "the connection stays open and answers nothing more; it was sent {}",
            shown(bytes)
        ))),
        Err(Failure::Client(error)) if error.is_death() => {
            Err(Failure::violation(format!("it was sent {}", shown(bytes))))
        }
        Err(failure) => Err(failure),
    }
}

async fn each_harmless(server: &Fixture, documents: &[&[u8]]) -> Outcome {
    for document in documents {
        harmless(server, document).await?;
    }
    Ok(())
}

/// The beginning of some bytes, for a message.
fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 160;
    let head = &bytes[..bytes.len().min(SHOWN)];
    let more =
        if bytes.len() > SHOWN { format!(" … ({} bytes)", bytes.len()) } else { String::new() };
    format!("\"{}\"{more}", head.escape_ascii())
}

/// A document that never ends: on a stream without framing nobody can tell that from a slow one, so only the server's
/// survival is judged, also of the end of the connection.
async fn unfinished(server: &Fixture, beginning: &[u8]) -> Outcome {
    if server.dialect().to_server.separates() {
        return harmless(server, beginning).await;
    }
    let mut stranger = Stranger::connect(server).await?;
    stranger.write_apart(&[beginning]).await?;
    // A connection that the server has closed already needs no FIN.
    let _ = stranger.peer().finish().await;
    stranger.is_closed().await?;
    Ok(())
}

async fn truncated(server: &Fixture) -> Outcome {
    let document = register(server)?;
    unfinished(server, &document[..document.len() - 4]).await
}

async fn every_byte(server: &Fixture) -> Outcome {
    let bytes: Vec<u8> = (0..=255).collect();
    match server.dialect().to_server {
        // What follows the last newline would be half a line.
        Framing::Newline => harmless(server, &bytes).await,
        _ => harmless(server, &bytes[1..]).await,
    }
}

/// Registrations of names that hold these bytes between their quotes.
async fn names(server: &Fixture, written: &[&[u8]]) -> Outcome {
    for bytes in written {
        let name = fresh_name();
        let document = named_register(server, &name)?;
        let at = position(&document, name.as_bytes()) + name.len();
        let spoilt = [&document[..at], bytes, &document[at..]].concat();
        harmless(server, &spoilt).await?;
    }
    Ok(())
}

/// Where `part` begins in `whole`, in which it stands.
fn position(whole: &[u8], part: &[u8]) -> usize {
    whole.windows(part.len()).position(|window| window == part).unwrap_or_default()
}

/// What stands between the braces of a registration.
fn inside(server: &Fixture) -> Result<String, Failure> {
    let document = String::from_utf8_lossy(&register(server)?).into_owned();
    Ok(document[1..document.len() - 1].to_owned())
}

async fn doubled(server: &Fixture) -> Outcome {
    let fields = inside(server)?;
    harmless(server, format!("{{{fields},{fields}}}").as_bytes()).await
}

/// Registrations that hold one of these values besides, under a key that nobody knows.
async fn besides(server: &Fixture, values: Vec<String>) -> Outcome {
    for value in values {
        let document = format!("{{{},\"hx\":{value}}}", inside(server)?);
        harmless(server, document.as_bytes()).await?;
    }
    Ok(())
}

async fn almost_json(server: &Fixture) -> Outcome {
    let fields = inside(server)?;
    for document in [
        format!("{{{fields},}}"),
        format!("{{{}}}", fields.replace('"', "'")),
        format!("{{{fields}/* no comment */}}"),
        format!("{{{fields},\"hx\":NaN}}"),
        format!("{{{fields},\"hx\":01}}"),
        format!("{{{fields},\"hx\":+1}}"),
        format!("{{{fields},hx:1}}"),
        format!("{{{}}}", fields.replacen(':', "=", 1)),
    ] {
        harmless(server, document.as_bytes()).await?;
    }
    Ok(())
}

async fn array_of_requests(server: &Fixture) -> Outcome {
    let document = format!("[{{{}}},{{{}}}]", inside(server)?, inside(server)?);
    harmless(server, document.as_bytes()).await
}

async fn many_keys(server: &Fixture) -> Outcome {
    // 40 kB: less than the servers of the family read at once.
    let keys: Vec<String> = (0..4_000).map(|number| format!("\"{number:04}\":0")).collect();
    harmless(server, format!("{{{},{}}}", inside(server)?, keys.join(",")).as_bytes()).await
}

async fn long_key(server: &Fixture) -> Outcome {
    let key = "k".repeat(50_000);
    harmless(server, format!("{{{},\"{key}\":0}}", inside(server)?).as_bytes()).await
}

async fn bracket_too_many(server: &Fixture) -> Outcome {
    harmless(server, format!("{{{}}}}}", inside(server)?).as_bytes()).await
}

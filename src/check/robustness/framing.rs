//! FRAME: how documents are cut into writes, and what stands between them.
//!
//! Where the dialect frames its requests the server must find each document however it was cut. Where it does not, the
//! server should, and must survive: TCP cuts as it likes.

use super::{
    case::{Case, Needs},
    expect::{Failure, Outcome, ensure},
    info, must, should, still_serves,
    stranger::{Stranger, framed, named_register, register},
};
use crate::{
    client::fresh_name,
    fixture::Fixture,
    wire::{dialect::Kind, framing::Framing},
};

const BY_LENGTH: &[Needs] = &[Needs::Length];
const BY_LINE: &[Needs] = &[Needs::Lines];

pub(super) const CASES: &[Case] = &[
    must("FRAME-1", "two documents in one write are both answered", |f| {
        Box::pin(in_one_write(f, 2))
    })
    .may_kill(),
    must("FRAME-2", "fifty documents in one write are all answered", |f| {
        Box::pin(in_one_write(f, 50))
    })
    .after(&["FRAME-1"])
    .may_kill(),
    must(
        "FRAME-3",
        "three and a half documents in one write, and the other half, are answered",
        |f| Box::pin(three_and_a_half(f)),
    )
    .may_kill(),
    must("FRAME-4", "a document in two writes is answered", |f| Box::pin(in_two_writes(f)))
        .may_kill(),
    must("FRAME-5", "a document that comes byte by byte is answered", |f| {
        Box::pin(byte_by_byte(f))
    })
    .after(&["FRAME-4"])
    .may_kill(),
    must("FRAME-6", "a document cut inside a UTF-8 character is answered", |f| {
        Box::pin(cut_inside_a_character(f))
    })
    .may_kill(),
    must("FRAME-7", "a document cut inside an escape is answered", |f| {
        Box::pin(cut_inside_an_escape(f))
    })
    .may_kill(),
    must("FRAME-8", "a document whose frame is completed by a later write is answered", |f| {
        Box::pin(frame_completed_later(f))
    })
    .needs(&[Needs::Framed])
    .may_kill(),
    must("FRAME-9", "a document that ends with NUL is answered", |f| Box::pin(ended_by(f, b"\0")))
        .needs(&[Needs::Unframed])
        .may_kill(),
    must("FRAME-10", "two documents that end with NUL, in one write, are both answered", |f| {
        Box::pin(two_ended_by(f, b"\0"))
    })
    .needs(&[Needs::Unframed])
    .may_kill(),
    must("FRAME-11", "a document that ends with a newline is answered", |f| {
        Box::pin(ended_by(f, b"\n"))
    })
    .may_kill(),
    must("FRAME-12", "a document that ends with CR LF is answered", |f| {
        Box::pin(ended_by(f, b"\r\n"))
    })
    .may_kill(),
    must("FRAME-13", "two lines in one write are both answered", |f| {
        Box::pin(two_ended_by(f, b"\n"))
    })
    .needs(&[Needs::Unframed])
    .may_kill(),
    must("FRAME-14", "the terminator of a document may come in a later write", |f| {
        Box::pin(terminator_later(f))
    })
    .needs(&[Needs::Unframed])
    .may_kill(),
    must("FRAME-15", "whitespace before a document does no harm", |f| {
        Box::pin(after_these(f, b" \t\r\n "))
    })
    .may_kill(),
    info("FRAME-16", "what becomes of a document after a byte order mark", |f| {
        Box::pin(after_a_byte_order_mark(f))
    })
    .may_kill(),
    should("FRAME-17", "FIN in mid-document ends the connection", |f| Box::pin(fin_inside(f)))
        .may_kill(),
    must("FRAME-18", "RST in mid-document harms nobody", |f| Box::pin(rst_inside(f))).may_kill(),
    must("FRAME-19", "a document whose end does not come holds up nobody else", |f| {
        Box::pin(never_ended(f))
    })
    .may_kill(),
    must("FRAME-20", "empty lines between documents do no harm", |f| {
        Box::pin(after_these(f, b"\n\r\n\n"))
    })
    .needs(BY_LINE),
    must("FRAME-21", "a length of zero harms nobody", |f| Box::pin(length_of(f, 0)))
        .needs(BY_LENGTH)
        .may_kill(),
    must("FRAME-22", "a length of 4 GiB harms nobody", |f| Box::pin(length_of(f, u32::MAX)))
        .needs(BY_LENGTH)
        .may_kill(),
    must("FRAME-23", "a length of 2 GiB harms nobody", |f| Box::pin(length_of(f, 1 << 31)))
        .needs(BY_LENGTH)
        .may_kill(),
    must("FRAME-24", "a length that is too short for its document harms nobody", |f| {
        Box::pin(length_too_short(f))
    })
    .needs(BY_LENGTH)
    .may_kill(),
    must("FRAME-25", "a frame that holds two documents harms nobody", |f| {
        Box::pin(two_in_a_frame(f))
    })
    .needs(BY_LENGTH)
    .may_kill(),
];

/// The verdict on a server that answered `answered` of `asked` registrations.
fn all_answered(server: &Fixture, answered: usize, asked: usize) -> Outcome {
    if answered == asked {
        return Ok(());
    }
    let framing = server.dialect().to_server;
    let seen = format!("expected {asked} answer(s), saw {answered}");
    if framing.separates() {
        return Err(Failure::violation(seen));
    }
    Err(Failure::shortcoming(format!("{seen}; the server lives, but loses what TCP joined or cut")))
}

/// Writes these pieces, each a read of its own, and requires `asked` registrations to be answered.
async fn answers(server: &Fixture, pieces: &[&[u8]], asked: usize) -> Outcome {
    let mut stranger = Stranger::connect(server).await?;
    stranger.write_apart(pieces).await?;
    all_answered(server, stranger.successes(Kind::Register, asked).await?, asked)
}

/// `count` framed registrations, one after the other.
fn joined(server: &Fixture, count: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    for _ in 0..count {
        bytes.extend(framed(server, &register(server)?));
    }
    Ok(bytes)
}

async fn in_one_write(server: &Fixture, count: usize) -> Outcome {
    answers(server, &[&joined(server, count)?], count).await
}

async fn three_and_a_half(server: &Fixture) -> Outcome {
    let bytes = joined(server, 4)?;
    let fourth = framed(server, &register(server)?).len();
    let (first, second) = bytes.split_at(bytes.len() - fourth / 2);
    answers(server, &[first, second], 4).await
}

async fn in_two_writes(server: &Fixture) -> Outcome {
    let bytes = joined(server, 1)?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    answers(server, &[first, second], 1).await
}

async fn byte_by_byte(server: &Fixture) -> Outcome {
    let bytes = joined(server, 1)?;
    answers(server, &bytes.chunks(1).collect::<Vec<_>>(), 1).await
}

async fn cut_inside_a_character(server: &Fixture) -> Outcome {
    // 你 is E4 BD A0: the cut is after E4.
    let bytes = framed(server, &named_register(server, &format!("{}你", fresh_name()))?);
    let cut = bytes.iter().position(|byte| *byte == 0xe4).map_or(1, |at| at + 1);
    let (first, second) = bytes.split_at(cut);
    answers(server, &[first, second], 1).await
}

async fn cut_inside_an_escape(server: &Fixture) -> Outcome {
    // The same character as \u4f60: the cut is after \u4.
    let plain = named_register(server, &format!("{}你", fresh_name()))?;
    let document = String::from_utf8_lossy(&plain).replace('你', "\\u4f60");
    let bytes = framed(server, document.as_bytes());
    let cut = bytes.iter().position(|byte| *byte == b'\\').map_or(1, |at| at + 3);
    let (first, second) = bytes.split_at(cut);
    answers(server, &[first, second], 1).await
}

async fn frame_completed_later(server: &Fixture) -> Outcome {
    let bytes = joined(server, 1)?;
    // Before the terminator; or inside the header.
    let cut = match server.dialect().to_server.header_bytes() {
        0 => bytes.len() - 1,
        header_bytes => header_bytes / 2,
    };
    let (first, second) = bytes.split_at(cut);
    answers(server, &[first, second], 1).await
}

/// A document with `end` behind it, inside its frame where there is one.
async fn ended_by(server: &Fixture, end: &[u8]) -> Outcome {
    let document = [&register(server)?, end].concat();
    let bytes = match server.dialect().to_server {
        Framing::Newline | Framing::None => document,
        Framing::Nul | Framing::Length(_) => framed(server, &document),
    };
    answers(server, &[&bytes], 1).await
}

async fn two_ended_by(server: &Fixture, end: &[u8]) -> Outcome {
    let bytes = [&register(server)?, end, &register(server)?, end].concat();
    answers(server, &[&bytes], 2).await
}

async fn terminator_later(server: &Fixture) -> Outcome {
    let (first, second) = (register(server)?, register(server)?);
    answers(server, &[&first, b"\0", &second, b"\n"], 2).await
}

/// A document with `before` before it, inside its frame where there is one.
async fn after_these(server: &Fixture, before: &[u8]) -> Outcome {
    let document = [before, &register(server)?].concat();
    answers(server, &[&framed(server, &document)], 1).await
}

async fn after_a_byte_order_mark(server: &Fixture) -> Outcome {
    let mut stranger = Stranger::connect(server).await?;
    // U+FEFF as UTF-8.
    let document = [b"\xef\xbb\xbf".as_slice(), &register(server)?].concat();
    stranger.write(&framed(server, &document)).await?;
    let seen = match stranger.successes(Kind::Register, 1).await? {
        0 if stranger.is_closed().await? => "the connection was closed",
        0 => "it was not answered",
        _ => "it was answered",
    };
    Err(Failure::Observed(seen.to_owned()))
}

/// A stranger who has sent half a document, which the server has read.
async fn half_said(server: &Fixture) -> Result<Stranger<'_>, Failure> {
    let bytes = joined(server, 1)?;
    let mut stranger = Stranger::connect(server).await?;
    stranger.write_apart(&[&bytes[..bytes.len() / 2]]).await?;
    Ok(stranger)
}

async fn fin_inside(server: &Fixture) -> Outcome {
    let mut stranger = half_said(server).await?;
    // A connection that the server has closed already has no need of it.
    let _ = stranger.peer().finish().await;
    ensure(stranger.is_closed().await?, || {
        "the client said FIN in mid-document 3 s ago, and the connection is still open".to_owned()
    })
}

async fn rst_inside(server: &Fixture) -> Outcome {
    half_said(server).await?.reset();
    Ok(())
}

async fn never_ended(server: &Fixture) -> Outcome {
    let mut waiting = Vec::new();
    // As many as there are connections in the proof: each IO thread gets some.
    for _ in 0..8 {
        waiting.push(half_said(server).await?);
    }
    still_serves(server).await
}

async fn length_of(server: &Fixture, length: u32) -> Outcome {
    let mut stranger = Stranger::connect(server).await?;
    stranger.write_apart(&[announcing(server, length as usize).as_slice()]).await
}

/// A header that announces so many bytes.
fn announcing(server: &Fixture, document_bytes: usize) -> Vec<u8> {
    match server.dialect().to_server {
        Framing::Length(header) => header.announcing(document_bytes),
        _ => Vec::new(),
    }
}

async fn length_too_short(server: &Fixture) -> Outcome {
    let mut bytes = joined(server, 1)?;
    // The document is cut three bytes before its end, and what is left over is taken for the next length.
    let header_bytes = server.dialect().to_server.header_bytes();
    let header = announcing(server, bytes.len() - header_bytes - 3);
    bytes[..header_bytes].copy_from_slice(&header);
    let mut stranger = Stranger::connect(server).await?;
    stranger.write_apart(&[bytes.as_slice()]).await
}

async fn two_in_a_frame(server: &Fixture) -> Outcome {
    let both = [register(server)?, register(server)?].concat();
    let mut stranger = Stranger::connect(server).await?;
    stranger.write_apart(&[framed(server, &both).as_slice()]).await
}

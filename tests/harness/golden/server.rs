//! The server's side of a transcript: reads and writes bytes, and knows no message.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Instant,
};

use chatserver_harness::kernel::{Intake, SockDiag};

use super::transcript::{Frame, Turn};
use crate::fake::SOON;

/// Plays the server on a connection. Gives the line at which the peer did something else, and what.
pub(super) fn play(mut stream: TcpStream, turns: &[Turn]) -> Result<(), String> {
    let broken = |error: std::io::Error| format!("the connection broke: {error}");
    stream.set_read_timeout(Some(SOON)).map_err(broken)?;
    stream.set_nodelay(true).map_err(broken)?;
    let mut written_bytes = 0;
    for turn in turns {
        let (line, outcome) = match turn {
            Turn::Read { line, frame } => (line, read(&mut stream, frame)),
            Turn::Write { line, pieces } => (line, write(&mut stream, pieces, &mut written_bytes)),
        };
        outcome.map_err(|what| format!("line {line}: {what}"))?;
    }
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).map_err(broken)?;
    if rest.is_empty() { Ok(()) } else { Err(format!("then came {}", rest.escape_ascii())) }
}

/// One request, and nothing of the next: on unframed input they must not share a read.
fn read(stream: &mut TcpStream, frame: &Frame) -> Result<(), String> {
    let mut got = Vec::new();
    let mut chunk = [0; 16 * 1024];
    while got.len() < frame.length() {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => got.extend_from_slice(&chunk[..count]),
            Err(error) => {
                return Err(format!("{error}, after {}", String::from_utf8_lossy(&got)));
            }
        }
    }
    frame.compare(&got)
}

fn write(
    stream: &mut TcpStream,
    pieces: &[Vec<u8>],
    written_bytes: &mut u64,
) -> Result<(), String> {
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            wait_until_read(stream, *written_bytes)?;
        }
        stream.write_all(piece).map_err(|error| error.to_string())?;
        *written_bytes += piece.len() as u64;
    }
    Ok(())
}

/// The peer is at the far end here, so it is the one that the kernel is asked about.
fn wait_until_read(stream: &TcpStream, written_bytes: u64) -> Result<(), String> {
    let ask = || {
        let (own, peer) = (stream.local_addr()?, stream.peer_addr()?);
        SockDiag::of_this_thread(|kernel| kernel.intake(peer, own, written_bytes))
    };
    let begun = Instant::now();
    loop {
        match ask() {
            Ok(Some(Intake::Read)) => return Ok(()),
            Ok(Some(_)) if begun.elapsed() < SOON => std::thread::yield_now(),
            Ok(Some(_)) => return Err(format!("the peer did not read within {SOON:?}")),
            Ok(None) => return Err("the peer is gone".to_owned()),
            Err(error) => return Err(format!("the kernel does not tell: {error}")),
        }
    }
}

//! A front before the reference server that reads as the servers of the family do: one read, one document.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// Counts the reads that would have killed a server without framing, and passes everything on.
///
/// Its threads end with the connections they serve; the one that accepts ends with the process.
#[derive(Debug)]
pub(crate) struct StrictFront {
    addr: SocketAddr,
    spoiled: Arc<AtomicU64>,
}

impl StrictFront {
    /// A front before `server` that rests for `pause` before each read, so that what is written too early meets what
    /// was written before.
    pub(crate) fn before(server: SocketAddr, pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let front = Self { addr: listener.local_addr().expect("bound"), spoiled: Arc::default() };
        let spoiled = front.spoiled.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let spoiled = spoiled.clone();
                let Ok(server) = TcpStream::connect(server) else { return };
                let (back_from, back_to) = (server.try_clone(), client.try_clone());
                thread::spawn(move || forward(client, server, pause, &spoiled));
                if let (Ok(from), Ok(to)) = (back_from, back_to) {
                    thread::spawn(move || back(from, to));
                }
            }
        });
        front
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Reads that were not exactly one document.
    pub(crate) fn spoiled_reads(&self) -> u64 {
        self.spoiled.load(Ordering::SeqCst)
    }
}

fn forward(mut client: TcpStream, mut server: TcpStream, pause: Duration, spoiled: &AtomicU64) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        thread::park_timeout(pause);
        let Ok(count @ 1..) = client.read(&mut buffer) else { break };
        let document = buffer[..count].strip_suffix(b"\0").unwrap_or(&buffer[..count]);
        if serde_json::from_slice::<serde_json::Value>(document).is_err() {
            spoiled.fetch_add(1, Ordering::SeqCst);
        }
        if server.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Write);
}

fn back(mut server: TcpStream, mut client: TcpStream) {
    let _ = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Write);
}

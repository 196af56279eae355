//! The server's sockets: how many connections, what waits in them, and the bytes they carried.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    io,
};

use crate::kernel::{Families, SockDiag, TcpSocket, TcpState, Traffic};

/// The sockets of one port at one instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PortReading {
    /// In any state but listening and `TIME_WAIT`.
    pub(super) connections_total: u64,
    pub(super) connections_established: u64,
    /// Asked for, and not yet confirmed by the client.
    pub(super) syn_received: u64,
    /// The client has closed, the server has not.
    pub(super) close_wait: u64,
    /// The server has closed, and the client has not yet, or not yet said so.
    pub(super) closing: u64,
    pub(super) time_wait: u64,
    /// Connections that the server has not accepted yet, and how many may wait.
    pub(super) accept_queue: u64,
    pub(super) accept_queue_max: u64,
    /// Bytes that the server has not read yet.
    pub(super) unread_bytes: u64,
    /// Bytes that the server has written and the clients have not acknowledged.
    pub(super) unacked_bytes: u64,
    /// Sent and acknowledged since the meter was made. `None` when the kernel keeps no counters.
    pub(super) sent_bytes: Option<u64>,
    /// Received since the meter was made.
    pub(super) received_bytes: Option<u64>,
}

/// The traffic of each connection, by the kernel's number of its socket.
type Known = HashMap<u64, Traffic, BuildHasherDefault<CookieHasher>>;

/// The kernel's numbers are no attack on a table, and 15 000 of them are looked up in each row.
#[derive(Debug, Default)]
struct CookieHasher(u64);

impl Hasher for CookieHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        // Fibonacci hashing: the numbers are consecutive, the table looks at the highest bits.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Counts connections and bytes of one port. The kernel's counters end with their connection: what a connection
/// carried between the last reading and its close is not seen, so that over short connections the bytes are a lower
/// bound.
#[derive(Debug)]
pub(super) struct PortMeter {
    port: u16,
    diag: SockDiag,
    known: Known,
    alive: Known,
    total: Traffic,
    began: bool,
}

impl PortMeter {
    /// Fails on kernels that do not answer `sock_diag`.
    pub(super) fn new(port: u16) -> io::Result<Self> {
        let diag = SockDiag::open()?;
        let (known, alive) = (Known::default(), Known::default());
        Ok(Self { port, diag, known, alive, total: Traffic::default(), began: false })
    }

    /// Reads all sockets of the port; `benches/monitor.rs` measures what that costs.
    pub(super) fn read(&mut self) -> io::Result<PortReading> {
        let families = self.families()?;
        let mut reading = PortReading::default();
        let mut counted = true;
        let Self { port, diag, known, alive, total, began } = self;
        alive.clear();
        diag.each_socket_of_port(*port, families, true, |socket| {
            reading.count(&socket);
            if !matches!(socket.state, TcpState::Listen | TcpState::TimeWait) {
                counted &= add_traffic(&socket, known, alive, total, *began);
            }
        })?;
        std::mem::swap(known, alive);
        self.began = true;
        if counted {
            reading.sent_bytes = Some(self.total.acked_bytes);
            reading.received_bytes = Some(self.total.received_bytes);
        }
        Ok(reading)
    }

    /// The families of the port's connections: those of its listeners. Without a listener there may be leftovers of
    /// both.
    fn families(&mut self) -> io::Result<Families> {
        let listeners = self.diag.listeners(Some(self.port))?;
        let v6 = listeners.iter().filter(|listener| listener.is_v6).count();
        Ok(match v6 {
            0 if !listeners.is_empty() => Families::V4,
            all if all == listeners.len() && all > 0 => Families::V6,
            _ => Families::Both,
        })
    }
}

impl PortReading {
    fn count(&mut self, socket: &TcpSocket) {
        match socket.state {
            TcpState::Listen => {
                self.accept_queue += u64::from(socket.receive_queue_bytes);
                self.accept_queue_max += u64::from(socket.send_queue_bytes);
                return;
            }
            TcpState::TimeWait => {
                self.time_wait += 1;
                return;
            }
            TcpState::Established => self.connections_established += 1,
            TcpState::SynReceived => self.syn_received += 1,
            TcpState::CloseWait => self.close_wait += 1,
            TcpState::FinWait1 | TcpState::FinWait2 | TcpState::Closing | TcpState::LastAck => {
                self.closing += 1;
            }
            TcpState::Other(_) => {}
        }
        self.connections_total += 1;
        self.unread_bytes += u64::from(socket.receive_queue_bytes);
        self.unacked_bytes += u64::from(socket.send_queue_bytes);
    }
}

/// Adds what this socket carried since the last reading; false when the kernel does not count.
fn add_traffic(
    socket: &TcpSocket,
    known: &Known,
    alive: &mut Known,
    total: &mut Traffic,
    began: bool,
) -> bool {
    let Some(now) = payload(socket) else {
        // A connection that is just being made has no counters yet, and has carried nothing.
        return !matches!(socket.state, TcpState::Established | TcpState::CloseWait);
    };
    let before = match known.get(&socket.cookie) {
        Some(before) => *before,
        // One that is new began at zero.
        None if began => Traffic::default(),
        // What was carried before the first reading is not ours to count.
        None => now,
    };
    // A FIN that was just acknowledged is taken off a count that had it already.
    total.acked_bytes += now.acked_bytes.saturating_sub(before.acked_bytes);
    total.received_bytes += now.received_bytes.saturating_sub(before.received_bytes);
    alive.insert(socket.cookie, now);
    true
}

/// What a socket carried of its user's bytes: the kernel counts a FIN as one byte, the peer's once it has come, ours
/// once it is acknowledged.
fn payload(socket: &TcpSocket) -> Option<Traffic> {
    let counted = socket.traffic?;
    let peer_closed =
        matches!(socket.state, TcpState::CloseWait | TcpState::LastAck | TcpState::Closing);
    let own_close_acked = socket.state == TcpState::FinWait2;
    Some(Traffic {
        acked_bytes: counted.acked_bytes.saturating_sub(own_close_acked.into()),
        received_bytes: counted.received_bytes.saturating_sub(peer_closed.into()),
    })
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
        time::{Duration, Instant},
    };

    use super::*;

    fn until(
        meter: &mut PortMeter,
        what: &str,
        holds: impl Fn(&PortReading) -> bool,
    ) -> PortReading {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let reading = meter.read().unwrap();
            if holds(&reading) {
                return reading;
            }
            assert!(Instant::now() < deadline, "{what}: {reading:?}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn connections_queues_and_bytes_of_a_port_are_counted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let mut meter = PortMeter::new(addr.port()).unwrap();
        assert_eq!(meter.read().unwrap().connections_total, 0);

        let mut clients: Vec<_> = (0..5).map(|_| TcpStream::connect(addr).unwrap()).collect();
        until(&mut meter, "five wait", |seen| seen.accept_queue == 5);
        let mut served: Vec<_> = clients.iter().map(|_| listener.accept().unwrap().0).collect();
        for client in &mut clients {
            client.write_all(b"0123456789").unwrap();
        }
        let waiting = until(&mut meter, "fifty bytes unread", |seen| seen.unread_bytes == 50);
        assert_eq!((waiting.connections_total, waiting.connections_established), (5, 5));
        assert_eq!(waiting.accept_queue, 0);

        for server in &mut served {
            server.read_exact(&mut [0; 10]).unwrap();
            server.write_all(b"01234567890123456789").unwrap();
        }
        let read = until(&mut meter, "all read", |seen| {
            seen.unread_bytes == 0 && seen.sent_bytes.is_some_and(|sent| sent >= 100)
        });
        assert_eq!((read.sent_bytes, read.received_bytes), (Some(100), Some(50)));

        // A client that leaves with bytes unread resets its connection.
        for client in &mut clients {
            client.read_exact(&mut [0; 20]).unwrap();
        }
        // The clients leave; the server has not closed yet: connections, but not established ones.
        drop(clients);
        until(&mut meter, "closing", |seen| {
            (seen.connections_total, seen.connections_established) == (5, 0)
        });
        drop(served);
        let after = until(&mut meter, "closed", |seen| seen.connections_total == 0);
        assert_eq!((after.sent_bytes, after.received_bytes), (Some(100), Some(50)));
    }

    #[test]
    fn bytes_from_before_the_first_reading_are_not_counted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(b"before").unwrap();
        server.read_exact(&mut [0; 6]).unwrap();
        let mut meter = PortMeter::new(listener.local_addr().unwrap().port()).unwrap();
        assert_eq!(meter.read().unwrap().received_bytes, Some(0));
        client.write_all(b"after").unwrap();
        server.read_exact(&mut [0; 5]).unwrap();
        until(&mut meter, "after", |seen| seen.received_bytes == Some(5));
    }
}

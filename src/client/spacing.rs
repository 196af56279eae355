//! When the next request may be written on a connection whose server cannot tell two requests apart.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    kernel::{Intake, SockDiag},
    wire::dialect::Dialect,
};

/// The spacing of requests on one unframed connection.
///
/// A server without framing takes all that one read returned for one document: two requests in one read kill it or
/// lose the second. So the next request is written only after the server has *read* the last one. The kernel knows:
/// the receive queue of the server's socket is empty. Where that cannot be seen (a server on another machine or in
/// another network namespace) the dialect's gap is kept instead.
#[derive(Debug)]
pub struct Spacing {
    server: SocketAddr,
    client: SocketAddr,
    /// Whether the kernel shows the server's socket.
    visible: bool,
    min_gap: Duration,
    quiet_gap: Duration,
    sent_bytes: u64,
    /// When the last request was written, and whether it was a quiet one.
    last: Option<(Instant, bool)>,
    acknowledged: bool,
}

/// Whether the next request may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clearance {
    /// Now.
    Now,
    /// Ask again after this time.
    Later(Duration),
}

/// How often the kernel is asked while the server has not read yet; tokio's timer does not go below 1 ms.
const ASK_AGAIN: Duration = Duration::from_millis(1);

impl Spacing {
    /// The spacing of the connection between these two addresses; `None` when the server tells requests apart itself.
    pub fn new(dialect: &Dialect, server: SocketAddr, client: SocketAddr) -> Option<Self> {
        if dialect.to_server.separates() {
            return None;
        }
        let seen = SockDiag::of_this_thread(|kernel| kernel.connection(server, client, false));
        Some(Self {
            server,
            client,
            visible: matches!(seen, Ok(Some(_))),
            min_gap: dialect.min_gap,
            quiet_gap: dialect.quiet_gap,
            sent_bytes: 0,
            last: None,
            acknowledged: false,
        })
    }

    /// The same by the dialect's gaps alone: what the kernel shows is not the server's socket.
    #[must_use]
    pub fn blind(self) -> Self {
        Self { visible: false, ..self }
    }

    /// Whether the next request may be written at `now`.
    pub fn clearance(&mut self, now: Instant) -> Clearance {
        let Some((written, quiet)) = self.last else { return Clearance::Now };
        if self.acknowledged {
            return Clearance::Now;
        }
        if self.visible {
            let (server, client) = (self.server, self.client);
            match SockDiag::of_this_thread(|kernel| kernel.intake(server, client, self.sent_bytes))
            {
                Ok(Some(Intake::Unread | Intake::UnderWay)) => {
                    return Clearance::Later(ASK_AGAIN);
                }
                // No such connection any more: the write will say so.
                Ok(Some(Intake::Read) | None) => return Clearance::Now,
                Err(_) => self.visible = false,
            }
        }
        let gap = if quiet { self.quiet_gap } else { self.min_gap };
        match (written + gap).checked_duration_since(now) {
            None | Some(Duration::ZERO) => Clearance::Now,
            Some(rest) => Clearance::Later(rest),
        }
    }

    /// A request was written: a `quiet` one has no effect that anybody sees.
    pub fn wrote(&mut self, quiet: bool, bytes: usize, now: Instant) {
        self.sent_bytes += bytes as u64;
        self.last = Some((now, quiet));
        self.acknowledged = false;
    }

    /// The last request was answered: the server has read it.
    pub fn acknowledged(&mut self) {
        self.acknowledged = true;
    }

    /// How long ago the last request was written.
    pub fn since_last(&self, now: Instant) -> Option<Duration> {
        self.last.map(|(written, _)| now.saturating_duration_since(written))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    fn dialect() -> Dialect {
        Dialect::builtin("course").unwrap().unwrap()
    }

    #[test]
    fn the_next_request_waits_until_the_server_has_read_the_last() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let (near, far) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
        let balancer = Spacing::new(&dialect(), far, near).unwrap().blind();
        assert!(!balancer.visible);
        let mut spacing = Spacing::new(&dialect(), far, near).unwrap();
        let now = Instant::now();
        assert_eq!(spacing.clearance(now), Clearance::Now, "nothing was written yet");
        client.write_all(b"{\"msgid\":1}").unwrap();
        spacing.wrote(false, 11, now);
        // However long it takes: time is no evidence where the kernel is.
        let much_later = now + Duration::from_mins(1);
        assert_eq!(spacing.clearance(much_later), Clearance::Later(ASK_AGAIN));
        server.read_exact(&mut [0; 11]).unwrap();
        assert_eq!(spacing.clearance(now), Clearance::Now);
    }

    #[test]
    fn where_the_server_cannot_be_seen_the_gaps_of_the_dialect_are_kept() {
        let nobody: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let mut spacing = Spacing::new(&dialect(), nobody, nobody).unwrap();
        let now = Instant::now();
        spacing.wrote(false, 10, now);
        assert_eq!(spacing.clearance(now), Clearance::Later(Duration::from_millis(5)));
        assert_eq!(spacing.clearance(now + Duration::from_millis(5)), Clearance::Now);
        spacing.wrote(true, 10, now);
        assert_eq!(spacing.clearance(now), Clearance::Later(Duration::from_millis(20)));
        spacing.acknowledged();
        assert_eq!(spacing.clearance(now), Clearance::Now);
    }

    #[test]
    fn a_framed_connection_needs_no_spacing() {
        let nobody: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let dialect = Dialect::builtin("len4").unwrap().unwrap();
        assert!(Spacing::new(&dialect, nobody, nobody).is_none());
    }
}

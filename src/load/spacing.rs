//! On unframed input, when the next request may follow the last: never two in one read of the server.
//!
//! The rule is that of [`crate::client::Spacing`]; here one channel to the kernel serves all connections of a thread,
//! and a delivery or an acknowledgement that was seen saves the question.

use std::{net::SocketAddr, sync::Arc};

use crate::{kernel::SockDiag, wire::dialect::Dialect};

/// What a connection has written, as far as spacing needs to know.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gap {
    /// Our end, once connected.
    pub(super) local: Option<SocketAddr>,
    /// The node at the other.
    pub(super) node: u32,
    sent_bytes: u64,
    written_ns: u64,
    quiet: bool,
    unread: bool,
}

impl Gap {
    /// A request was written: a `quiet` one has no effect that anybody sees.
    #[inline]
    pub(super) fn wrote(&mut self, quiet: bool, bytes: usize, now_ns: u64) {
        self.sent_bytes += bytes as u64;
        self.written_ns = now_ns;
        self.quiet = quiet;
        self.unread = true;
    }

    /// Its effect was seen: the server has read it.
    #[inline]
    pub(super) fn effect_seen(&mut self) {
        self.unread = false;
    }
}

/// The rule for one server.
#[derive(Debug)]
pub(super) struct Spacer {
    nodes: Arc<[SocketAddr]>,
    framed: bool,
    kernel: Option<SockDiag>,
    /// Whether the server's sockets can be seen; decided by the first question.
    visible: Option<bool>,
    min_gap_ns: u64,
    quiet_gap_ns: u64,
}

impl Spacer {
    /// The rule for the server at `nodes`, which speaks `dialect`: nothing to wait for where requests are told apart, or may share a
    /// read. With `always` the last request must have been read all the same. Behind a balancer (`relayed`) the kernel shows
    /// what that has read, and only the dialect's gaps are kept.
    pub(super) fn new(
        dialect: &Dialect,
        nodes: Arc<[SocketAddr]>,
        may_coalesce: bool,
        always: bool,
        relayed: bool,
    ) -> Self {
        let framed = (dialect.to_server.separates() || may_coalesce) && !always;
        Self {
            nodes,
            framed,
            kernel: if framed || relayed { None } else { SockDiag::open().ok() },
            visible: None,
            min_gap_ns: dialect.min_gap.as_nanos() as u64,
            quiet_gap_ns: dialect.quiet_gap.as_nanos() as u64,
        }
    }

    /// Whether the kernel will be asked about connections, by their addresses.
    pub(super) fn needs_address(&self) -> bool {
        self.kernel.is_some()
    }

    /// Whether the next request may be written now.
    #[inline]
    pub(super) fn is_clear(&mut self, gap: &mut Gap, now_ns: u64) -> bool {
        if self.framed || !gap.unread {
            return true;
        }
        self.ask(gap, now_ns)
    }

    fn ask(&mut self, gap: &mut Gap, now_ns: u64) -> bool {
        if let (Some(kernel), Some(local)) = (&mut self.kernel, gap.local) {
            match kernel.intake(self.nodes[gap.node as usize], local, gap.sent_bytes) {
                Ok(Some(intake)) => {
                    self.visible = Some(true);
                    gap.unread = !intake.is_read();
                    return intake.is_read();
                }
                // Gone, if it could be seen before: the write will say so.
                Ok(None) if self.visible == Some(true) => return true,
                Ok(None) | Err(_) => self.kernel = None,
            }
        }
        let wait_ns = if gap.quiet { self.quiet_gap_ns } else { self.min_gap_ns };
        gap.unread = now_ns < gap.written_ns + wait_ns;
        !gap.unread
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    fn spacer(dialect: &str, server: SocketAddr) -> Spacer {
        let dialect = Dialect::builtin(dialect).unwrap().unwrap();
        Spacer::new(&dialect, Arc::new([server]), false, false, false)
    }

    #[test]
    fn the_next_request_waits_until_the_server_has_read_the_last_or_its_effect_was_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(server).unwrap();
        let (mut accepted, _) = listener.accept().unwrap();
        let mut spacer = spacer("course", server);
        let mut gap = Gap { local: client.local_addr().ok(), ..Gap::default() };
        assert!(spacer.is_clear(&mut gap, 0), "nothing was written");
        client.write_all(b"hello").unwrap();
        gap.wrote(false, 5, 0);
        assert!(!spacer.is_clear(&mut gap, u64::MAX), "time is no evidence where the kernel is");
        let mut other = gap;
        other.effect_seen();
        assert!(spacer.is_clear(&mut other, 0));
        accepted.read_exact(&mut [0; 5]).unwrap();
        assert!(spacer.is_clear(&mut gap, 0));
    }

    #[test]
    fn behind_a_balancer_the_kernel_is_not_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let client = TcpStream::connect(server).unwrap();
        let course = Dialect::builtin("course").unwrap().unwrap();
        let mut spacer = Spacer::new(&course, Arc::new([server]), false, false, true);
        let mut gap = Gap { local: client.local_addr().ok(), ..Gap::default() };
        gap.wrote(false, 5, 100);
        assert!(!spacer.is_clear(&mut gap, 100), "all was read, by whom it does not say");
        assert!(spacer.is_clear(&mut gap, 100 + 5_000_000));
    }

    #[test]
    fn where_the_server_cannot_be_seen_the_gap_is_kept() {
        let nobody: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let mut spacer = spacer("course", nobody);
        let mut gap = Gap { local: Some(nobody), ..Gap::default() };
        gap.wrote(false, 5, 100);
        assert!(!spacer.is_clear(&mut gap, 100));
        assert!(spacer.is_clear(&mut gap, 100 + 5_000_000));
    }

    #[test]
    fn framed_input_needs_no_spacing() {
        let nobody: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let mut gap = Gap::default();
        gap.wrote(false, 5, 100);
        assert!(spacer("len4", nobody).is_clear(&mut gap, 100));
        let dialect = |name| Dialect::builtin(name).unwrap().unwrap();
        // Paced by read the kernel is asked all the same; where coalescing is allowed nobody waits.
        assert!(!Spacer::new(&dialect("len4"), Arc::new([nobody]), false, true, false).framed);
        assert!(
            Spacer::new(&dialect("course"), Arc::new([nobody]), true, false, false)
                .is_clear(&mut gap, 100)
        );
    }
}

//! On unframed input, when the next request may follow the last: never two in one read of the server.
//!
//! The rule is that of [`crate::client::Spacing`]; here one channel to the kernel serves all connections of a thread,
//! and a delivery or an acknowledgement that was seen saves the question.

use std::{net::SocketAddr, sync::Arc};

use crate::{
    kernel::{SockDiag, TcpSocket, TcpState},
    wire::dialect::Dialect,
};

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
    behind: Behind,
}

/// Behind a balancer nothing shows what the server has read but an effect of it. So long one is waited for: a message that
/// is lost has none.
const EFFECT_PATIENCE_NS: u64 = 2_000_000_000;
/// How long one look at all sockets of the nodes is good for.
const LOOK_AGAIN_NS: u64 = 50_000_000;

/// The nodes behind a balancer. Which of their connections is whose is not known; but while one of them holds something
/// unread it may be anybody's.
#[derive(Debug, Default)]
struct Behind {
    nodes: Arc<[SocketAddr]>,
    /// When it was looked, and whether something was unread.
    looked: Option<(u64, bool)>,
}

impl Behind {
    /// Whether a node of this machine holds something that it has not read.
    fn holds_unread(&mut self, now_ns: u64) -> bool {
        match self.looked {
            Some((at_ns, unread)) if now_ns < at_ns + LOOK_AGAIN_NS => unread,
            _ => {
                let unread = self.nodes.iter().any(|node| has_unread(*node));
                self.looked = Some((now_ns, unread));
                unread
            }
        }
    }
}

fn has_unread(node: SocketAddr) -> bool {
    let sockets = SockDiag::of_this_thread(|kernel| kernel.sockets_of_port(node.port(), false));
    let unread = |socket: &TcpSocket| {
        socket.state == TcpState::Established && socket.receive_queue_bytes > 0
    };
    sockets.is_ok_and(|sockets| sockets.iter().any(unread))
}

impl Spacer {
    /// The rule for the server at `nodes`, which speaks `dialect`: nothing to wait for where requests are told apart, or may share a
    /// read. With `always` the last request must have been read all the same. Behind a balancer (`relayed`) the kernel shows
    /// what that has read: there an effect of the last request is waited for, and after one without an effect the dialect's
    /// gap is kept. See [`Spacer::before`].
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
            min_gap_ns: if relayed {
                EFFECT_PATIENCE_NS
            } else {
                dialect.min_gap.as_nanos() as u64
            },
            quiet_gap_ns: dialect.quiet_gap.as_nanos() as u64,
            behind: Behind::default(),
        }
    }

    /// The same for a balancer before these nodes: while they hold something unread, no message goes out that had to wait
    /// for an effect in vain.
    pub(super) fn before(self, nodes: Arc<[SocketAddr]>) -> Self {
        Self { behind: Behind { nodes, looked: None }, ..self }
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
        gap.unread = now_ns < gap.written_ns + wait_ns || self.behind.holds_unread(now_ns);
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
        assert!(!spacer.is_clear(&mut gap, 100 + 1_999_999_999), "a busy server may take its time");
        let mut lost = gap;
        assert!(spacer.is_clear(&mut lost, 100 + 2_000_000_000));
        gap.effect_seen();
        assert!(spacer.is_clear(&mut gap, 101));
        gap.wrote(true, 5, 200);
        assert!(!spacer.is_clear(&mut gap, 200));
        assert!(spacer.is_clear(&mut gap, 200 + 20_000_000), "nobody would see an effect");
    }

    #[test]
    fn behind_a_balancer_nobody_writes_in_vain_while_a_node_holds_something_unread() {
        let node = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = node.local_addr().unwrap();
        let mut upstream = TcpStream::connect(addr).unwrap();
        let (mut accepted, _) = node.accept().unwrap();
        let course = Dialect::builtin("course").unwrap().unwrap();
        let balancer = Arc::new(["127.0.0.1:1".parse().unwrap()]);
        let mut spacer =
            Spacer::new(&course, balancer, false, false, true).before(Arc::new([addr]));
        let mut gap = Gap::default();
        gap.wrote(false, 5, 0);
        upstream.write_all(b"hello").unwrap();
        // The kernel has it once it is there to be looked at.
        accepted.peek(&mut [0; 5]).unwrap();
        assert!(!spacer.is_clear(&mut gap, 3_000_000_000));
        accepted.read_exact(&mut [0; 5]).unwrap();
        assert!(!spacer.is_clear(&mut gap, 3_000_000_001), "it was looked a moment ago");
        assert!(spacer.is_clear(&mut gap, 3_100_000_000));
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

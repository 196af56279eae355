//! TCP sockets as the kernel sees them, asked over a netlink socket that is kept open.

use std::{cell::RefCell, io, net::SocketAddr, os::fd::OwnedFd, time::Duration};

use rustix::{
    io::Errno,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send,
        socket_with,
        sockopt::{Timeout, set_socket_timeout},
    },
};

use super::netlink::{Families, Message, Question, next_message};

/// Large enough for one part of a dump (the kernel fills at most 32 KiB).
const ANSWER_BYTES: usize = 64 * 1024;
/// The kernel answers at once; the bound keeps a lost answer from becoming a hang.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// More parts than any table of sockets has: 2^20 of about 200 sockets each.
const DUMP_PARTS_MAX: usize = 1 << 20;

/// The state of a TCP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TcpState {
    /// Open in both directions.
    Established,
    /// Asked for by the peer, and not yet confirmed by it.
    SynReceived,
    /// This end has closed its direction, which the peer has not acknowledged.
    FinWait1,
    /// This end has closed its direction; the peer has not.
    FinWait2,
    /// Both ends have closed; the peer has not acknowledged it.
    Closing,
    /// The peer closed first, then this end, which the peer has not acknowledged.
    LastAck,
    /// The peer has closed its direction; this end has not.
    CloseWait,
    /// Waiting for stray segments after a close.
    TimeWait,
    /// Listening for connections.
    Listen,
    /// Any other state, by the kernel's number.
    Other(u8),
}

impl TcpState {
    pub(super) fn from_kernel(number: u8) -> Self {
        match number {
            1 => Self::Established,
            3 | 12 => Self::SynReceived,
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            other => Self::Other(other),
        }
    }

    const LISTEN_BIT: u32 = 1 << 10;
}

/// What one end of a connection has moved since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes this end sent and the peer acknowledged.
    pub acked_bytes: u64,
    /// Bytes this end's kernel received.
    pub received_bytes: u64,
}

/// One end of a TCP connection. Addresses of IPv4 inside IPv6 are given as IPv4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpSocket {
    /// This end's address.
    pub local: SocketAddr,
    /// The other end's address.
    pub remote: SocketAddr,
    /// The state.
    pub state: TcpState,
    /// Bytes received that the process has not read; for a listener, connections not yet accepted.
    pub receive_queue_bytes: u32,
    /// Bytes written that the peer has not acknowledged; for a listener, the length of its backlog.
    pub send_queue_bytes: u32,
    /// The inode, by which `/proc/PID/fd` names the socket; 0 when no process holds it any more.
    pub inode: u32,
    /// The kernel's own number of the socket, never given to another.
    pub cookie: u64,
    /// Whether it is an IPv6 socket, whatever its addresses are.
    pub is_v6: bool,
    /// The byte counters, where they were asked for and the kernel gave them.
    pub traffic: Option<Traffic>,
}

/// How far the bytes have come that a client has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// The server's process has read them all.
    Read,
    /// Some wait in the server's receive queue: its process has not read them.
    Unread,
    /// Some have not reached the server's kernel, and its process has read all that did. They are in the client's own
    /// kernel: normally for microseconds, and for long where the client does not read. A full receive queue drops what
    /// comes, the server's acknowledgements with it, and then nothing that the client writes gets out (seen on Linux
    /// 6.18 with messages shorter than a step of the window's scale).
    UnderWay,
}

impl Intake {
    /// Whether the server's process has read it all.
    pub fn is_read(self) -> bool {
        self == Self::Read
    }
}

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The address it listens on; possibly unspecified (`0.0.0.0`, `::`).
    pub addr: SocketAddr,
    /// Connections that wait to be accepted.
    pub backlog: u32,
    /// How many may wait.
    pub backlog_max: u32,
    /// The inode, by which `/proc/PID/fd` names the socket.
    pub inode: u32,
    /// Whether it is an IPv6 socket: then so are its connections, those over IPv4 too.
    pub is_v6: bool,
}

thread_local! {
    static OF_THIS_THREAD: RefCell<Option<SockDiag>> = const { RefCell::new(None) };
}

/// An open channel to the kernel's socket tables. Cheap to ask (a few µs), but it holds a file descriptor: a thread that
/// serves many connections asks through [`SockDiag::of_this_thread`].
#[derive(Debug)]
pub struct SockDiag {
    channel: OwnedFd,
    sequence: u32,
    answer: Vec<u8>,
}

impl SockDiag {
    /// Opens the channel. Needs no privilege; fails on kernels without `CONFIG_INET_DIAG`.
    pub fn open() -> io::Result<Self> {
        let channel = socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC,
            Some(netlink::SOCK_DIAG),
        )?;
        set_socket_timeout(&channel, Timeout::Recv, Some(ANSWER_TIMEOUT))?;
        Ok(Self { channel, sequence: 0, answer: vec![0; ANSWER_BYTES] })
    }

    /// Asks over the one channel of this thread, opened at the first use. `question` must not ask for it again.
    pub fn of_this_thread<T>(question: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        OF_THIS_THREAD.with(|channel| {
            let mut channel = channel.try_borrow_mut().map_err(io::Error::other)?;
            let channel = match &mut *channel {
                Some(channel) => channel,
                closed => closed.insert(Self::open()?),
            };
            question(channel)
        })
    }

    /// The server's end of the connection between `server` and `client`; `None` when there is none (any more).
    ///
    /// Both addresses must be of this machine and this network namespace for the answer to mean anything.
    pub fn connection(
        &mut self,
        server: SocketAddr,
        client: SocketAddr,
        traffic: bool,
    ) -> io::Result<Option<TcpSocket>> {
        let (local, remote) = (canonical(server), canonical(client));
        if local.is_ipv4() != remote.is_ipv4() {
            return Ok(None);
        }
        self.ask(Question::Exact { local, remote }, traffic)?;
        let length = self.receive()?;
        let mut bytes = &self.answer[..length];
        while let Some(message) = next_message(&mut bytes, self.sequence) {
            match message {
                // The kernel falls back to the listener when the connection is gone.
                Message::Socket(found) if found.remote.port() == remote.port() => {
                    return Ok(Some(found));
                }
                Message::Refused(code) if code != Errno::NOENT.raw_os_error() => {
                    return Err(io::Error::from_raw_os_error(code));
                }
                Message::Socket(_) | Message::Done | Message::Refused(_) => return Ok(None),
                Message::Other => {}
            }
        }
        Ok(None)
    }

    /// Bytes that wait in the server's receive queue for this connection; `None` when there is no such connection.
    ///
    /// Zero may also mean that the bytes are still on their way: see [`SockDiag::intake`].
    pub fn receive_queue(
        &mut self,
        server: SocketAddr,
        client: SocketAddr,
    ) -> io::Result<Option<u32>> {
        let found = self.connection(server, client, false)?;
        Ok(found.map(|socket| socket.receive_queue_bytes))
    }

    /// How far the `sent_bytes` have come that the client wrote on this connection so far: read by the server's process
    /// when its kernel received as many and none is waiting. `None` when there is no such connection.
    pub fn intake(
        &mut self,
        server: SocketAddr,
        client: SocketAddr,
        sent_bytes: u64,
    ) -> io::Result<Option<Intake>> {
        // Segments that arrive while the process is inside `recv` are counted only after it, so an empty queue alone
        // proves nothing.
        let Some(first) = self.connection(server, client, true)? else { return Ok(None) };
        if first.receive_queue_bytes > 0 {
            return Ok(Some(Intake::Unread));
        }
        if first.traffic.is_some_and(|traffic| traffic.received_bytes < sent_bytes) {
            return Ok(Some(Intake::UnderWay));
        }
        // The kernel looks at the queue, and then waits for the socket's lock to count the bytes: what arrived in
        // between is in the count and was not yet in the queue. Asked again, the queue is looked at after all has
        // arrived; and its lock is not to be had before a `recv` that is under way has ended.
        let second = self.connection(server, client, true)?;
        Ok(second.map(|socket| match socket.receive_queue_bytes {
            0 => Intake::Read,
            _ => Intake::Unread,
        }))
    }

    /// Every socket with this local port, listeners included; `traffic` asks for the byte counters too.
    pub fn sockets_of_port(&mut self, port: u16, traffic: bool) -> io::Result<Vec<TcpSocket>> {
        let mut sockets = Vec::new();
        self.each_socket_of_port(port, Families::Both, traffic, |socket| sockets.push(socket))?;
        Ok(sockets)
    }

    /// Shows every socket with this local port, listeners included, to `see`. A port with thousands of connections is
    /// asked for the families it has alone: a dump of either walks the table of both.
    pub fn each_socket_of_port(
        &mut self,
        port: u16,
        families: Families,
        traffic: bool,
        see: impl FnMut(TcpSocket),
    ) -> io::Result<()> {
        self.dump(port, u32::MAX, families, traffic, see)
    }

    /// The listeners on `port`, or all of this machine.
    pub fn listeners(&mut self, port: Option<u16>) -> io::Result<Vec<Listener>> {
        let mut listeners = Vec::new();
        let port = port.unwrap_or(0);
        self.dump(port, TcpState::LISTEN_BIT, Families::Both, false, |socket| {
            listeners.push(Listener {
                addr: socket.local,
                backlog: socket.receive_queue_bytes,
                backlog_max: socket.send_queue_bytes,
                inode: socket.inode,
                is_v6: socket.is_v6,
            });
        })?;
        Ok(listeners)
    }

    fn dump(
        &mut self,
        local_port: u16,
        states: u32,
        families: Families,
        traffic: bool,
        mut see: impl FnMut(TcpSocket),
    ) -> io::Result<()> {
        for family in families.each().iter().copied() {
            self.ask(Question::Dump { family, local_port, states }, traffic)?;
            self.collect(&mut see)?;
        }
        Ok(())
    }

    fn collect(&mut self, see: &mut impl FnMut(TcpSocket)) -> io::Result<()> {
        for _ in 0..DUMP_PARTS_MAX {
            let length = self.receive()?;
            let mut bytes = &self.answer[..length];
            while let Some(message) = next_message(&mut bytes, self.sequence) {
                match message {
                    Message::Socket(socket) => see(socket),
                    Message::Done => return Ok(()),
                    Message::Refused(code) => return Err(io::Error::from_raw_os_error(code)),
                    Message::Other => {}
                }
            }
        }
        Err(io::Error::other("the kernel's list of sockets did not end"))
    }

    fn ask(&mut self, question: Question, traffic: bool) -> io::Result<()> {
        // A new number for each question: leftovers of one that failed are told apart.
        self.sequence = self.sequence.wrapping_add(1);
        let request = question.encode(self.sequence, traffic);
        rustix::io::retry_on_intr(|| send(&self.channel, &request, SendFlags::empty()))?;
        Ok(())
    }

    fn receive(&mut self) -> io::Result<usize> {
        let Self { channel, answer, .. } = self;
        let (length, _) = rustix::io::retry_on_intr(|| {
            recv(&*channel, answer.as_mut_slice(), RecvFlags::empty())
        })?;
        Ok(length)
    }
}

/// IPv4 inside IPv6 as IPv4: the kernel finds sockets of either family by it.
fn canonical(addr: SocketAddr) -> SocketAddr {
    match addr.ip().to_canonical() {
        ip if ip == addr.ip() => addr,
        ip => SocketAddr::new(ip, addr.port()),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        time::Instant,
    };

    use super::*;

    fn pair(listen: &str) -> (TcpListener, TcpStream, TcpStream) {
        let listener = TcpListener::bind(listen).unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (server, _) = listener.accept().unwrap();
        (listener, server, client)
    }

    fn until(mut condition: impl FnMut() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(10), "the condition never held");
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_receive_queue_is_seen_full_and_then_empty() {
        for listen in ["127.0.0.1:0", "[::]:0"] {
            let (_listener, mut server, mut client) = pair(listen);
            let (theirs, ours) = (client.peer_addr().unwrap(), client.local_addr().unwrap());
            let mut diag = SockDiag::open().unwrap();

            client.write_all(b"hello").unwrap();
            until(|| diag.receive_queue(theirs, ours).unwrap() == Some(5));
            assert_eq!(diag.intake(theirs, ours, 5).unwrap(), Some(Intake::Unread), "{listen}");

            server.read_exact(&mut [0; 5]).unwrap();
            assert_eq!(diag.receive_queue(theirs, ours).unwrap(), Some(0), "{listen}");
            assert_eq!(diag.intake(theirs, ours, 5).unwrap(), Some(Intake::Read), "{listen}");
            assert_eq!(diag.intake(theirs, ours, 6).unwrap(), Some(Intake::UnderWay), "{listen}");
        }
    }

    #[test]
    fn a_thread_asks_over_one_channel() {
        let (_listener, _server, client) = pair("127.0.0.1:0");
        let (theirs, ours) = (client.peer_addr().unwrap(), client.local_addr().unwrap());
        let channel = || {
            SockDiag::of_this_thread(|diag| {
                assert!(diag.connection(theirs, ours, false)?.is_some());
                Ok(std::os::fd::AsRawFd::as_raw_fd(&diag.channel))
            })
        };
        assert_eq!(channel().unwrap(), channel().unwrap());
    }

    #[test]
    fn a_connection_over_ipv6_is_found() {
        let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (_server, _) = listener.accept().unwrap();
        let mut diag = SockDiag::open().unwrap();
        client.write_all(b"abc").unwrap();
        let (theirs, ours) = (client.peer_addr().unwrap(), client.local_addr().unwrap());
        until(|| diag.receive_queue(theirs, ours).unwrap() == Some(3));
    }

    #[test]
    fn a_connection_that_is_gone_is_none_though_its_listener_lives() {
        let (listener, server, client) = pair("127.0.0.1:0");
        let (theirs, ours) = (client.peer_addr().unwrap(), client.local_addr().unwrap());
        drop(client);
        drop(server);
        let mut diag = SockDiag::open().unwrap();
        until(|| {
            let found = diag.connection(theirs, ours, false).unwrap();
            found.is_none_or(|socket| socket.state != TcpState::Established)
        });
        let nobody = SocketAddr::new(ours.ip(), 1);
        assert_eq!(diag.connection(theirs, nobody, false).unwrap(), None);
        drop(listener);
    }

    #[test]
    fn all_sockets_of_a_port_are_listed_with_their_counters() {
        for listen in ["127.0.0.1:0", "[::]:0"] {
            let (listener, mut server, mut client) = pair(listen);
            let port = listener.local_addr().unwrap().port();
            client.write_all(b"hello").unwrap();
            server.read_exact(&mut [0; 5]).unwrap();
            let sockets = SockDiag::open().unwrap().sockets_of_port(port, true).unwrap();
            let ours = client.local_addr().unwrap();
            let found = sockets.iter().find(|socket| socket.remote == ours).unwrap();
            assert_eq!(found.traffic.unwrap().received_bytes, 5, "{listen}");
            assert!(sockets.iter().all(|socket| socket.local.port() == port));
        }
    }

    #[test]
    fn a_listener_tells_its_backlog() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let _waiting = TcpStream::connect(addr).unwrap();
        let found = SockDiag::open().unwrap().listeners(Some(addr.port())).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].addr, found[0].backlog), (addr, 1));
        assert!(found[0].backlog_max > 1);
    }
}

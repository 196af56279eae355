//! One connection of the generator: no buffer while it is idle.

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd, BorrowedFd},
};

use rustix::net::{RecvFlags, SendFlags, recv, send};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::spacing::Gap;
use crate::wire::framing::{Deframer, Limits, Splitting};

/// The last numbers of further addresses of this machine.
const SOURCES: std::ops::Range<u8> = 2..10;

fn ports_are_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse)
}

/// A non-blocking TCP connection.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Socket,
    /// Taken out while its documents are looked at.
    pub(super) deframer: Option<Deframer>,
    /// What the kernel would not take yet.
    rest: Vec<u8>,
    pub(super) gap: Gap,
}

/// How much of a message the kernel took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// All of it.
    Whole,
    /// A part; the rest is kept and goes first.
    Part,
    /// Nothing: the socket's buffer is full, and nothing is kept.
    Nothing,
}

/// What a read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// So many bytes.
    Bytes(usize),
    /// Nothing has arrived.
    Nothing,
    /// The peer has finished.
    End,
}

impl Connection {
    /// Begins to connect; the socket becomes writable when it is decided.
    ///
    /// One address has some 28 000 ports for its connections to one server, and those that were closed lately are not
    /// free yet: when all are taken, towards this machine others of its own addresses are used (127.0.0.2 and so on).
    pub(super) fn connect(server: SocketAddr, node: u32, splitting: Splitting) -> io::Result<Self> {
        let mut begun = Self::connect_somehow(server, splitting)?;
        begun.gap.node = node;
        Ok(begun)
    }

    fn connect_somehow(server: SocketAddr, splitting: Splitting) -> io::Result<Self> {
        let first = Self::connect_from(None, server, splitting);
        if !first.as_ref().is_err_and(ports_are_taken) || !server.is_ipv4() {
            return first;
        }
        let sources = if server.ip().is_loopback() { SOURCES } else { 0..0 };
        sources
            .map(|last| {
                let source = SocketAddr::from(([127, 0, 0, last], 0));
                Self::connect_from(Some(source), server, splitting)
            })
            .find(|attempt| !attempt.as_ref().is_err_and(ports_are_taken))
            .unwrap_or(first)
    }

    fn connect_from(
        source: Option<SocketAddr>,
        server: SocketAddr,
        splitting: Splitting,
    ) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, Some(Protocol::TCP))?;
        if let Some(source) = source {
            socket.bind(&source.into())?;
        }
        socket.set_nonblocking(true)?;
        // Each message goes out by itself, as a user's would.
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&server.into()) {
            Ok(()) => {}
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {}
            Err(error) => return Err(error),
        }
        let deframer = Some(Deframer::new(splitting, Limits::default()));
        Ok(Self { socket, deframer, rest: Vec::new(), gap: Gap::default() })
    }

    /// Once the socket is writable: whether the connection stands. A socket that is not reported as broken does: the
    /// kernel is not asked what it has said already.
    pub(super) fn established(&mut self, broken: bool, needs_address: bool) -> io::Result<()> {
        if broken && let Some(error) = self.socket.take_error()? {
            return Err(error);
        }
        if needs_address {
            self.gap.local = self.socket.local_addr()?.as_socket();
        }
        Ok(())
    }

    /// Reads once.
    #[inline]
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<Read> {
        match recv(&self.socket, buffer, RecvFlags::empty()) {
            Ok((0, _)) => Ok(Read::End),
            Ok((count, _)) => Ok(Read::Bytes(count)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(Read::Nothing),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a part of a message still waits to be written.
    #[inline]
    pub(super) fn is_blocked(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Writes one framed message; must not be called while the connection is blocked.
    #[inline]
    pub(super) fn write(&mut self, message: &[u8]) -> io::Result<Written> {
        debug_assert!(!self.is_blocked(), "a message would overtake the rest of another");
        match send(&self.socket, message, SendFlags::NOSIGNAL) {
            Ok(count) if count == message.len() => Ok(Written::Whole),
            Ok(0) | Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(Written::Nothing),
            Ok(count) => {
                self.rest.extend_from_slice(&message[count..]);
                Ok(Written::Part)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes more of the rest; true when none is left.
    pub(super) fn write_rest(&mut self) -> io::Result<bool> {
        if self.rest.is_empty() {
            return Ok(true);
        }
        match send(&self.socket, &self.rest, SendFlags::NOSIGNAL) {
            Ok(count) => {
                self.rest.drain(..count);
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if self.rest.is_empty() {
            // An idle connection holds no buffer.
            self.rest = Vec::new();
        }
        Ok(self.rest.is_empty())
    }

    /// The connection ends with a reset (RST) when it is dropped.
    pub(super) fn reset_on_drop(&self) -> io::Result<()> {
        SockRef::from(&self.socket).set_linger(Some(std::time::Duration::ZERO))
    }

    /// Says that nothing more will be written; the server can still send.
    pub(super) fn finish(&self) -> io::Result<()> {
        SockRef::from(&self.socket).shutdown(std::net::Shutdown::Write)
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::wire::dialect::Dialect;

    #[test]
    fn a_connection_can_come_from_another_address_of_this_machine() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let splitting = Dialect::builtin("course").unwrap().unwrap().splitting();
        let source: SocketAddr = "127.0.0.2:0".parse().unwrap();
        let _connection = Connection::connect_from(Some(source), server, splitting).unwrap();
        let (_accepted, peer) = listener.accept().unwrap();
        assert_eq!(peer.ip(), source.ip());
    }

    #[test]
    fn only_a_want_of_ports_is_a_reason_to_go_elsewhere() {
        assert!(ports_are_taken(&rustix::io::Errno::ADDRNOTAVAIL.into()));
        assert!(!ports_are_taken(&rustix::io::Errno::CONNREFUSED.into()));
    }
}

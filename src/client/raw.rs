//! A peer without manners: it writes any bytes, at any time.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{contact::Contact, tape::Track};
use crate::kernel::{Intake, SockDiag};

/// A bare connection. Nothing is framed, spaced or understood.
#[derive(Debug)]
pub struct RawPeer {
    stream: TcpStream,
    track: Track,
    patience: Duration,
    sent_bytes: u64,
    /// Whether the kernel shows the server's end.
    visible: bool,
}

/// What a read brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The end of the connection, proper or not.
    End,
    /// Nothing, in the time it was given.
    Nothing,
}

/// The most that one read takes.
const READ_BYTES: usize = 64 << 10;
/// The receive buffer of a peer without room.
const NARROW_BYTES: u32 = 4 << 10;
/// How often the kernel is asked whether the server has read.
const ASK_AGAIN: Duration = Duration::from_millis(1);

impl RawPeer {
    /// Connects within the contact's patience.
    pub async fn connect(contact: &Contact) -> io::Result<Self> {
        Self::over(socket_to(contact.addr)?, contact, false).await
    }

    /// As [`RawPeer::connect`], with hardly any room for what the server sends.
    pub async fn connect_narrow(contact: &Contact) -> io::Result<Self> {
        // Before the connection: a window that was offered once cannot be taken back.
        let socket = socket_to(contact.addr)?;
        socket.set_recv_buffer_size(NARROW_BYTES)?;
        Self::over(socket, contact, true).await
    }

    async fn over(socket: TcpSocket, contact: &Contact, narrow: bool) -> io::Result<Self> {
        let deadline = Instant::now() + contact.patience;
        let stream = timeout_at(deadline, socket.connect(contact.addr)).await??;
        stream.set_nodelay(true)?;
        let (server, client) = (stream.peer_addr()?, stream.local_addr()?);
        let seen = SockDiag::of_this_thread(|kernel| kernel.connection(server, client, false));
        let visible = matches!(seen, Ok(Some(_))) && !contact.relayed;
        let track = contact.tape.connected(narrow);
        Ok(Self { stream, track, patience: contact.patience, sent_bytes: 0, visible })
    }

    /// The two ends: the server's, and ours.
    pub fn addrs(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.stream.peer_addr()?, self.stream.local_addr()?))
    }

    /// Writes all of `bytes`, in one write where the kernel takes them.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.track.sent(bytes);
        timeout_at(Instant::now() + self.patience, self.stream.write_all(bytes)).await??;
        self.sent_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Waits until the server's process has read all that was written so far; tells how far it has come within
    /// `patience`. A connection that the server has closed counts as read. Where nothing can be seen (a server on another
    /// machine) `gap` is kept instead.
    pub async fn until_read(&self, patience: Duration, gap: Duration) -> Intake {
        let deadline = Instant::now() + patience;
        let Ok((server, client)) = self.addrs() else { return Intake::Read };
        if !self.visible {
            sleep(gap).await;
            return Intake::Read;
        }
        loop {
            let intake =
                SockDiag::of_this_thread(|kernel| kernel.intake(server, client, self.sent_bytes));
            match intake {
                Ok(Some(Intake::Unread | Intake::UnderWay)) if Instant::now() < deadline => {
                    sleep(ASK_AGAIN).await;
                }
                Ok(Some(intake)) => return intake,
                Ok(None) => return Intake::Read,
                Err(_) => {
                    sleep(gap).await;
                    return Intake::Read;
                }
            }
        }
    }

    /// Says FIN; reading goes on.
    pub async fn finish(&mut self) -> io::Result<()> {
        self.track.finished();
        self.stream.shutdown().await
    }

    /// Closes with RST.
    pub fn reset(mut self) -> io::Result<()> {
        self.track.will_reset();
        self.stream.set_zero_linger()
    }

    /// Reads once.
    pub async fn read(&mut self, patience: Duration) -> Came {
        let mut bytes = Vec::with_capacity(READ_BYTES);
        match timeout(patience, self.stream.read_buf(&mut bytes)).await {
            Err(_) => Came::Nothing,
            Ok(Ok(0) | Err(_)) => Came::End,
            Ok(Ok(_)) => {
                self.track.heard(&bytes);
                Came::Bytes(bytes)
            }
        }
    }
}

fn socket_to(addr: SocketAddr) -> io::Result<TcpSocket> {
    if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }
}

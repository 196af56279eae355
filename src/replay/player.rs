//! Plays a recording: the same bytes on as many connections, in the same order, as close or as far apart as they were.

use std::{
    collections::BTreeMap,
    io,
    net::{Shutdown, SocketAddr},
    sync::Arc,
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    client::ClientError,
    fixture::Fixture,
    kernel::{Intake, SockDiag},
    record::{Death, Deed, Replay, ReplayStep},
};

/// Two writes this far apart were two reads of the server's, and must be so again.
const APART: Duration = Duration::from_micros(200);
/// Longer pauses are cut to this.
const PAUSE_MAX: Duration = Duration::from_millis(5);
/// How long the server may take to read what was written, or to answer as it did; then the play goes on.
const PATIENCE: Duration = Duration::from_millis(150);
/// How long a connection or a write may take.
const BLOCKED: Duration = Duration::from_secs(2);
/// How often the kernel is asked whether the server has read.
const ASK_AGAIN: Duration = Duration::from_millis(1);
/// How long the news of a death may take after the last step.
const DEATH_NEWS: Duration = Duration::from_millis(700);
/// So many fresh users must be served afterwards: twice the usual four IO threads.
const PROOF_USERS: usize = 8;
/// A narrow peer's receive buffer, as when it was recorded.
const NARROW_BYTES: u32 = 4 << 10;

/// What became of the server.
#[derive(Debug, Clone)]
pub enum Played {
    /// It died.
    Died(Arc<Death>),
    /// It lives, and no longer serves all fresh users: what one of them met.
    Hangs(String),
    /// It lives and serves.
    Survived,
}

/// Plays it once against the server as it is. Steps that cannot be carried out (a connection that the server has closed)
/// are passed over.
pub async fn play(server: &Fixture, replay: &Replay) -> Played {
    let mut stage = Stage { addr: server.addr(), lines: BTreeMap::new() };
    let mut death = server.server().death();
    let mut before = 0;
    for step in &replay.steps {
        if let Some(death) = death.borrow().clone() {
            return Played::Died(death);
        }
        let gap = Duration::from_micros(step.at_us.saturating_sub(before));
        before = step.at_us;
        if gap > Duration::from_millis(1) {
            sleep(gap.min(PAUSE_MAX)).await;
        }
        stage.carry_out(step).await;
    }
    if let Ok(Ok(found)) = timeout(DEATH_NEWS, death.wait_for(Option::is_some)).await
        && let Some(death) = found.clone()
    {
        return Played::Died(death);
    }
    // With all connections still open, as they were.
    let verdict = proof(server).await;
    drop(stage);
    verdict
}

/// Whether fresh users are served.
async fn proof(server: &Fixture) -> Played {
    match server.crowd(PROOF_USERS).await {
        Ok(_) => Played::Survived,
        Err(ClientError::Died(death)) => Played::Died(death),
        Err(error) => {
            Played::Hangs(error.to_string().lines().next().unwrap_or_default().to_owned())
        }
    }
}

/// The connections while they are played.
struct Stage {
    addr: SocketAddr,
    lines: BTreeMap<u32, Line>,
}

/// One connection.
struct Line {
    stream: Arc<TcpStream>,
    /// Reads all that comes, so that the server never waits for us; not on a narrow connection.
    reader: Option<JoinHandle<()>>,
    heard_bytes: watch::Receiver<u64>,
    /// How much it should have heard by now, going by the recording.
    due_bytes: u64,
    sent_bytes: u64,
    sent_at_us: u64,
}

impl Stage {
    async fn carry_out(&mut self, step: &ReplayStep) {
        if let Deed::Connect { narrow } = step.deed {
            // A connection that is refused has nothing on it.
            if let Ok(Ok(line)) = timeout(BLOCKED, Line::connect(self.addr, narrow)).await {
                self.lines.insert(step.connection, line);
            }
            return;
        }
        let Some(line) = self.lines.get_mut(&step.connection) else { return };
        let since = Duration::from_micros(step.at_us.saturating_sub(line.sent_at_us));
        if line.sent_bytes > 0 && since >= APART && !matches!(step.deed, Deed::Hear { .. }) {
            line.until_read().await;
        }
        match &step.deed {
            Deed::Connect { .. } => {}
            Deed::Send { bytes } => {
                let _ = timeout(BLOCKED, line.write(&bytes.0)).await;
                line.sent_at_us = step.at_us;
            }
            Deed::Hear { length_bytes, .. } => line.hear(*length_bytes).await,
            Deed::Finish => _ = SockRef::from(&*line.stream).shutdown(Shutdown::Write),
            Deed::Close => self.end(step.connection, false).await,
            Deed::Reset => self.end(step.connection, true).await,
        }
    }

    async fn end(&mut self, connection: u32, reset: bool) {
        let Some(line) = self.lines.remove(&connection) else { return };
        if reset {
            let _ = line.stream.set_zero_linger();
        }
        if let Some(reader) = line.reader {
            reader.abort();
            // Until it has let go of the socket.
            let _ = reader.await;
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for reader in self.lines.values().filter_map(|line| line.reader.as_ref()) {
            reader.abort();
        }
    }
}

impl Line {
    async fn connect(addr: SocketAddr, narrow: bool) -> io::Result<Self> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if narrow {
            socket.set_recv_buffer_size(NARROW_BYTES)?;
        }
        let stream = Arc::new(socket.connect(addr).await?);
        stream.set_nodelay(true)?;
        let (heard, heard_bytes) = watch::channel(0);
        let reader = (!narrow).then(|| tokio::spawn(read_all(Arc::clone(&stream), heard)));
        Ok(Self { stream, reader, heard_bytes, due_bytes: 0, sent_bytes: 0, sent_at_us: 0 })
    }

    async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(bytes) {
                Ok(count) => {
                    bytes = &bytes[count..];
                    self.sent_bytes += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until the server has read what was written; where that cannot be seen, a moment.
    async fn until_read(&self) {
        let (Ok(server), Ok(client)) = (self.stream.peer_addr(), self.stream.local_addr()) else {
            return;
        };
        let sent = self.sent_bytes;
        let read = async {
            loop {
                match SockDiag::of_this_thread(|kernel| kernel.intake(server, client, sent)) {
                    Ok(Some(Intake::Unread | Intake::UnderWay)) => sleep(ASK_AGAIN).await,
                    Ok(Some(Intake::Read) | None) => return,
                    Err(_) => return sleep(PAUSE_MAX).await,
                }
            }
        };
        let _ = timeout(PATIENCE, read).await;
    }

    /// Waits until the server has said as much as it did.
    async fn hear(&mut self, length: u64) {
        self.due_bytes += length;
        let due = self.due_bytes;
        let mut heard = self.heard_bytes.clone();
        if timeout(PATIENCE, heard.wait_for(|bytes| *bytes >= due)).await.is_err() {
            // Another answer than then, or none: what comes next is waited for afresh.
            self.due_bytes = *self.heard_bytes.borrow();
        }
    }
}

/// Reads until the end, and counts.
async fn read_all(stream: Arc<TcpStream>, heard: watch::Sender<u64>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        if stream.readable().await.is_err() {
            return;
        }
        match stream.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => heard.send_modify(|bytes| *bytes += count as u64),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

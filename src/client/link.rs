//! One connection: spaced writes, split reads, deadlines, and news of the server's death.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::{
    contact::{Contact, death},
    error::{ClientError, Heard},
    journal::{Direction, Journal},
    spacing::{Clearance, Spacing},
    tape::Track,
};
use crate::wire::{
    dialect::Kind,
    framing::{Deframer, Limits},
};

/// How long a closed connection waits for the news that the server died: the kernel closes before it reports.
const DEATH_NEWS: Duration = Duration::from_millis(500);
/// The most that one read takes.
const READ_BYTES: usize = 64 * 1024;

/// What is still read once the time is up: an answer may lie in the kernel while this process had no core, but a server
/// that never stops talking about other things has not answered.
const LATE_BYTES: usize = 1 << 20;

/// The wait for one thing, which may take several reads.
#[derive(Debug)]
pub(super) struct Wait {
    awaited: String,
    begun: Instant,
    deadline: Instant,
    late_bytes: usize,
}

impl Wait {
    pub(super) fn new(awaited: String, patience: Duration) -> Self {
        let begun = Instant::now();
        Self { awaited, begun, deadline: begun + patience, late_bytes: 0 }
    }

    /// It did not come.
    pub(super) fn in_vain(&self, heard: Heard) -> ClientError {
        ClientError::Silent { awaited: self.awaited.clone(), waited: self.begun.elapsed(), heard }
    }

    fn read(&mut self, bytes: usize) {
        if Instant::now() >= self.deadline {
            self.late_bytes += bytes;
        }
    }

    /// Whether so much was read after its time that it will not come.
    fn is_over(&self) -> bool {
        self.late_bytes > LATE_BYTES
    }
}

/// What must be said again and again.
#[derive(Debug)]
struct Beat {
    document: Vec<u8>,
    every: Duration,
    next: Instant,
}

/// Ends at an instant; never, where there is none.
async fn moment(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// A connection to the server, in documents.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) contact: Contact,
    pub(super) journal: Journal,
    track: Track,
    stream: TcpStream,
    deframer: Deframer,
    spacing: Option<Spacing>,
    /// What must be said now and then while somebody is logged in.
    heartbeat: Option<Beat>,
    /// We said FIN: that the server closes too is no news.
    leaving: bool,
    buffer: Vec<u8>,
}

impl Link {
    pub(super) async fn connect(contact: &Contact) -> Result<Self, ClientError> {
        let addr = contact.addr;
        let refused = |source: io::Error| ClientError::Connect { addr, source: Arc::new(source) };
        let deadline = Instant::now() + contact.patience;
        let stream = match timeout_at(deadline, TcpStream::connect(addr)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(source)) => {
                return Err(contact
                    .known_death()
                    .map_or_else(|| refused(source), ClientError::Died));
            }
            Err(_) => return Err(refused(io::ErrorKind::TimedOut.into())),
        };
        stream.set_nodelay(true).map_err(refused)?;
        let (local, peer) =
            (stream.local_addr().map_err(refused)?, stream.peer_addr().map_err(refused)?);
        let spacing = Spacing::new(&contact.dialect, peer, local)
            .filter(|_| !contact.allow_coalescing)
            .map(|spacing| if contact.relayed { spacing.blind() } else { spacing });
        Ok(Self {
            deframer: Deframer::new(contact.dialect.splitting(), Limits::default()),
            contact: contact.clone(),
            journal: Journal::new(),
            track: contact.tape.connected(false),
            stream,
            spacing,
            heartbeat: None,
            leaving: false,
            buffer: vec![0; READ_BYTES],
        })
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// Writes one request, framed, as soon as it cannot share a read of the server with the last.
    pub(super) async fn write(&mut self, kind: Kind, document: &[u8]) -> Result<(), ClientError> {
        self.write_as(kind.table(), !kind.is_delivered(), document).await
    }

    async fn write_as(
        &mut self,
        what: &str,
        quiet: bool,
        document: &[u8],
    ) -> Result<(), ClientError> {
        let deadline = Instant::now() + self.contact.patience;
        self.wait_for_clearance(deadline).await?;
        let mut framed = Vec::with_capacity(document.len() + 4);
        self.contact.dialect.to_server.encode(document, &mut framed);
        self.journal.note(Direction::Sent, &framed);
        self.track.sent(&framed);
        let awaited = || format!("room for a [{what}] request");
        match timeout_at(deadline, self.stream.write_all(&framed)).await {
            Ok(Ok(())) => {}
            Ok(Err(source)) => return Err(self.broken(awaited(), source).await),
            Err(_) => return Err(ClientError::NotRead { waited: self.contact.patience }),
        }
        if let Some(spacing) = &mut self.spacing {
            spacing.wrote(quiet, framed.len(), std::time::Instant::now());
        }
        Ok(())
    }

    async fn wait_for_clearance(&mut self, deadline: Instant) -> Result<(), ClientError> {
        let Some(spacing) = &mut self.spacing else { return Ok(()) };
        while let Clearance::Later(wait) = spacing.clearance(std::time::Instant::now()) {
            if let Some(death) = self.contact.known_death() {
                return Err(ClientError::Died(death));
            }
            if Instant::now() + wait > deadline {
                return Err(ClientError::NotRead { waited: self.contact.patience });
            }
            sleep(wait).await;
        }
        Ok(())
    }

    /// The last request was answered.
    pub(super) fn acknowledged(&mut self) {
        if let Some(spacing) = &mut self.spacing {
            spacing.acknowledged();
        }
    }

    /// Waits for bytes and hands every document that they complete to `take`.
    pub(super) async fn read(
        &mut self,
        wait: &mut Wait,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), ClientError> {
        if wait.is_over() {
            return Err(wait.in_vain(self.heard()));
        }
        let outcome = loop {
            let next = self.heartbeat.as_ref().map(|beat| beat.next);
            tokio::select! {
                biased;
                outcome = timeout_at(wait.deadline, self.stream.read(&mut self.buffer)) => break outcome,
                death = death(self.contact.death.as_mut()) => return Err(ClientError::Died(death)),
                () = moment(next) => self.beat().await?,
            }
        };
        let count = match outcome {
            Ok(Ok(0)) => return Err(self.closed(wait.awaited.clone()).await),
            Ok(Ok(count)) => count,
            Ok(Err(source)) => return Err(self.broken(wait.awaited.clone(), source).await),
            Err(_) => return Err(wait.in_vain(self.heard())),
        };
        wait.read(count);
        let mut documents = self.deframer.feed(&self.buffer[..count]);
        while let Some(document) = documents.next() {
            match document {
                Ok(document) => {
                    self.journal.note(Direction::Received, document);
                    self.track.heard(document);
                    take(document);
                }
                Err(error) => {
                    self.journal.note(Direction::Received, &self.buffer[..count]);
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }

    /// Says `document` every so often from now on, while something is waited for; nothing ends that.
    pub(super) fn beats(&mut self, document: Option<Vec<u8>>) {
        let every = self.contact.dialect.heartbeat.as_ref().map(|heartbeat| heartbeat.every);
        self.heartbeat = document.zip(every).map(|(document, every)| Beat {
            document,
            every,
            next: Instant::now() + every,
        });
    }

    async fn beat(&mut self) -> Result<(), ClientError> {
        let Some(beat) = &mut self.heartbeat else { return Ok(()) };
        beat.next = Instant::now() + beat.every;
        let document = beat.document.clone();
        self.write_as("heartbeat", true, &document).await
    }

    pub(super) fn heard(&self) -> Heard {
        Heard(self.journal.lines())
    }

    async fn closed(&mut self, awaited: String) -> ClientError {
        match self.death_news().await {
            Some(died) => died,
            None => ClientError::Closed { awaited, heard: self.heard() },
        }
    }

    async fn broken(&mut self, awaited: String, source: io::Error) -> ClientError {
        match self.death_news().await {
            Some(died) => died,
            None if source.kind() == io::ErrorKind::ConnectionReset => {
                ClientError::Closed { awaited, heard: self.heard() }
            }
            None => ClientError::Broken { awaited, source: Arc::new(source) },
        }
    }

    async fn death_news(&mut self) -> Option<ClientError> {
        if self.leaving {
            return self.contact.known_death().map(ClientError::Died);
        }
        let news = death(self.contact.death.as_mut());
        tokio::time::timeout(DEATH_NEWS, news).await.ok().map(ClientError::Died)
    }

    /// Leaves properly: says FIN, reads to the end. Frames that still came are handed to `take`. Tells whether the server
    /// closed its end too, which it does once it has dealt with the user's departure.
    pub(super) async fn finish(mut self, take: impl FnMut(&[u8])) -> Result<bool, ClientError> {
        let mut take = take;
        let mut wait = Wait::new("the end of the connection".to_owned(), self.contact.patience);
        self.leaving = true;
        self.track.finished();
        if self.stream.shutdown().await.is_err() {
            return Ok(true);
        }
        loop {
            match self.read(&mut wait, &mut take).await {
                Ok(()) => {}
                Err(ClientError::Closed { .. } | ClientError::Broken { .. }) => return Ok(true),
                Err(ClientError::Silent { .. }) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// Leaves rudely: RST instead of FIN, as a crashed client or a cut cable with a stateful firewall does.
    pub(super) fn reset(mut self) -> io::Result<()> {
        self.stream.set_zero_linger()?;
        self.track.will_reset();
        drop(self.stream);
        Ok(())
    }
}

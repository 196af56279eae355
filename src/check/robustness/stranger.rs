//! A client that writes any bytes, and judges what the server makes of them.

use std::{io, sync::Arc, time::Duration};

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{
    attempt::gone,
    expect::{Failure, Outcome},
};
use crate::{
    client::{Came, ClientError, RawPeer, fresh_name},
    fixture::Fixture,
    kernel::Intake,
    wire::{
        Acknowledgement, Delivery, Incoming, Request, UserId, decode,
        dialect::Kind,
        fields,
        framing::{Deframer, Limits},
    },
};

/// How long an answer may take that is required.
const ANSWER: Duration = Duration::from_secs(3);
/// How long the server may leave bytes unread.
const UNREAD: Duration = Duration::from_secs(2);
/// An id that no server has given yet, and that fits a 32-bit integer.
pub(super) const NOBODY: UserId = UserId(1_999_999_961);

/// A connection of a client without manners. It may be logged in.
pub(super) struct Stranger<'f> {
    server: &'f Fixture,
    peer: RawPeer,
    deframer: Deframer,
    /// What came and was not taken yet.
    came: Vec<Incoming>,
    /// Frames that came in all.
    frames: usize,
    ended: bool,
}

/// What became of a connection on which something odd was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reaction {
    /// The server answered, and goes on answering.
    Answered,
    /// The server passed over it, and goes on answering.
    Ignored,
    /// The server closed the connection.
    Closed,
    /// The connection is open, and nothing is answered on it any more.
    Limbo,
}

impl<'f> Stranger<'f> {
    pub(super) async fn connect(server: &'f Fixture) -> Result<Self, Failure> {
        Self::over(server, server.raw_peer().await).await
    }

    /// With hardly any room for what the server sends.
    pub(super) async fn connect_narrow(server: &'f Fixture) -> Result<Self, Failure> {
        Self::over(server, RawPeer::connect_narrow(&server.contact()).await).await
    }

    async fn over(server: &'f Fixture, peer: io::Result<RawPeer>) -> Result<Self, Failure> {
        let addr = server.addr();
        match peer {
            Ok(peer) => Ok(Self {
                deframer: Deframer::new(server.dialect().splitting(), Limits::default()),
                server,
                peer,
                came: Vec::new(),
                frames: 0,
                ended: false,
            }),
            Err(error) => {
                let refused = ClientError::Connect { addr, source: Arc::new(error) };
                Err(gone(server).await.unwrap_or(refused.into()))
            }
        }
    }

    /// A stranger with an account, who logs in; gives the id too.
    pub(super) async fn logged_in(server: &'f Fixture) -> Result<(Self, UserId), Failure> {
        let mut stranger = Self::connect(server).await?;
        let (name, password) = (fresh_name(), server.password());
        let register = Request::Register { name: &name, password };
        let made = stranger.ask(&register).await?;
        let user = made.user(server.dialect()).unwrap_or(UserId(0));
        let login = Request::Login { user, name: &name, password };
        let entered = stranger.ask(&login).await?;
        Ok((stranger, entered.user(server.dialect()).unwrap_or(user)))
    }

    /// The bare connection.
    pub(super) fn peer(&mut self) -> &mut RawPeer {
        &mut self.peer
    }

    /// Writes these bytes, in one write and, whatever was written before, in a read of their own. That the server has
    /// closed is no failure: what came of it is asked later.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Outcome {
        self.settle().await?;
        match self.peer.write(bytes).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(Failure::violation(
                "the server has not read what was written for 5 s: is its thread stuck?",
            )),
            Err(_) => {
                self.ended = true;
                Ok(())
            }
        }
    }

    /// Waits until the server has read all of it, so that what is written next is a read of its own.
    pub(super) async fn settle(&mut self) -> Outcome {
        if self.arrives().await? {
            return Ok(());
        }
        Err(Failure::Trouble(format!(
            "what was written has not reached the server's kernel for {} s, which had room for it",
            UNREAD.as_secs()
        )))
    }

    /// As [`Self::settle`]; false when it cannot be read because our own kernel does not get it across, which happens to
    /// those who do not read (see [`Intake::UnderWay`]).
    pub(super) async fn arrives(&mut self) -> Result<bool, Failure> {
        match self.peer.until_read(UNREAD, self.server.dialect().quiet_gap).await {
            Intake::Read => Ok(true),
            Intake::UnderWay => Ok(false),
            Intake::Unread => Err(Failure::violation(format!(
                "the server has left bytes unread for {} s: is its thread stuck?",
                UNREAD.as_secs()
            ))),
        }
    }

    /// Writes each piece in a write of its own, read by the server before the next.
    pub(super) async fn write_apart(&mut self, pieces: &[&[u8]]) -> Outcome {
        for piece in pieces {
            self.write(piece).await?;
            self.settle().await?;
        }
        Ok(())
    }

    /// Says a proper request and waits for its acknowledgement, which the dialect must have.
    pub(super) async fn ask(&mut self, request: &Request<'_>) -> Result<Acknowledgement, Failure> {
        let document = document(self.server, request)?;
        self.write(&framed(self.server, &document)).await?;
        match self.acknowledgement(request.kind()).await? {
            Some(ack) => Ok(ack),
            None => Err(Failure::violation(format!(
                "no {} acknowledgement within {} s",
                request.kind().table(),
                ANSWER.as_secs()
            ))),
        }
    }

    /// The next acknowledgement of this kind; `None` when the connection ends or it does not come in time.
    async fn acknowledgement(&mut self, kind: Kind) -> Result<Option<Acknowledgement>, Failure> {
        let deadline = Instant::now() + ANSWER;
        loop {
            let sought = |came: &Incoming| matches!(came, Incoming::Ack(ack) if ack.kind == kind);
            if let Some(index) = self.came.iter().position(sought)
                && let Incoming::Ack(ack) = self.came.remove(index)
            {
                return Ok(Some(ack));
            }
            if !self.take(kind, deadline).await? {
                return Ok(None);
            }
        }
    }

    /// How many of `count` requests of this kind are acknowledged as successes, in the time that one may take.
    pub(super) async fn successes(&mut self, kind: Kind, count: usize) -> Result<usize, Failure> {
        let mut successes = 0;
        for _ in 0..count {
            match self.acknowledgement(kind).await? {
                Some(ack) => successes += usize::from(ack.succeeded(self.server.dialect())),
                None => break,
            }
        }
        Ok(successes)
    }

    /// The chats that have come so far and those that come until the server has answered one more request.
    pub(super) async fn deliveries(&mut self) -> Result<Vec<Delivery>, Failure> {
        self.fence(Kind::Register).await?;
        let messages = self.came.drain(..).filter_map(|came| match came {
            Incoming::Message(message) => Some(message),
            _ => None,
        });
        Ok(messages.collect())
    }

    /// What became of the connection after something odd was written that looks like a request of `kind`, or like
    /// nothing: one more request tells, a proper one of another kind.
    pub(super) async fn reaction(&mut self, kind: Option<Kind>) -> Result<Reaction, Failure> {
        let fence = if kind == Some(Kind::Login) { Kind::Register } else { Kind::Login };
        let before = self.frames;
        let (answered, own) = if self.server.dialect().errors.number.is_some() {
            (self.two_fences().await?, 2)
        } else {
            (self.fence(fence).await?, 1)
        };
        if self.ended {
            return match gone(self.server).await {
                Some(gone) => Err(gone),
                None => Ok(Reaction::Closed),
            };
        }
        Ok(match (answered, self.frames - before) {
            (true, frames) if frames == own => Reaction::Ignored,
            (true, _) => Reaction::Answered,
            (false, _) => Reaction::Limbo,
        })
    }

    /// Where every refusal bears one number, that of an odd request cannot be told from a fence's. So two are asked for: a
    /// refusal, and after it a success.
    async fn two_fences(&mut self) -> Result<bool, Failure> {
        let from = self.came.len();
        self.ask_for(Kind::Login).await?;
        self.ask_for(Kind::Register).await?;
        let deadline = Instant::now() + ANSWER;
        loop {
            let mut successes = self.came[from..].iter().filter_map(|came| match came {
                Incoming::Ack(ack) => Some(ack.succeeded(self.server.dialect())),
                _ => None,
            });
            if successes.any(|success| !success) && successes.any(|success| success) {
                self.came.retain(|came| !matches!(came, Incoming::Ack(_)));
                return Ok(true);
            }
            if !self.take(Kind::Register, deadline).await? {
                return Ok(false);
            }
        }
    }

    /// Asks for something harmless; tells whether it was answered.
    async fn fence(&mut self, kind: Kind) -> Result<bool, Failure> {
        self.ask_for(kind).await?;
        Ok(self.acknowledgement(kind).await?.is_some())
    }

    /// A login that is refused, or a registration that succeeds.
    async fn ask_for(&mut self, kind: Kind) -> Outcome {
        let name = fresh_name();
        let password = self.server.password();
        let request = match kind {
            Kind::Login => Request::Login { user: NOBODY, name: &name, password },
            _ => Request::Register { name: &name, password },
        };
        let document = document(self.server, &request)?;
        self.write(&framed(self.server, &document)).await
    }

    /// Leaves with RST.
    pub(super) fn reset(self) {
        // A socket that the server has closed already cannot be reset, and need not be.
        let _ = self.peer.reset();
    }

    /// Whether the server closes the connection in the time that an answer may take.
    pub(super) async fn is_closed(&mut self) -> Result<bool, Failure> {
        let deadline = Instant::now() + ANSWER;
        while self.take(Kind::Register, deadline).await? {}
        Ok(self.ended)
    }

    /// Takes what comes; false when nothing more will.
    async fn take(&mut self, pending: Kind, deadline: Instant) -> Result<bool, Failure> {
        if self.ended {
            return Ok(false);
        }
        let rest = deadline.saturating_duration_since(Instant::now());
        match self.peer.read(rest).await {
            Came::Nothing => Ok(false),
            Came::End => {
                self.ended = true;
                Ok(false)
            }
            Came::Bytes(bytes) => {
                let mut documents = self.deframer.feed(&bytes);
                while let Some(document) = documents.next() {
                    let document = document.map_err(ClientError::from)?;
                    let incoming = decode(self.server.dialect(), document, &[pending]);
                    self.came.push(incoming.map_err(ClientError::from)?);
                    self.frames += 1;
                }
                Ok(true)
            }
        }
    }
}

/// A request as a document; a request that the dialect lacks is our own trouble.
pub(super) fn document(server: &Fixture, request: &Request<'_>) -> Result<Vec<u8>, Failure> {
    Ok(Value::Object(object(server, request)?).to_string().into_bytes())
}

/// The fields of a request, to be spoilt.
pub(super) fn object(
    server: &Fixture,
    request: &Request<'_>,
) -> Result<Map<String, Value>, Failure> {
    fields(server.dialect(), request).ok_or_else(|| {
        let (kind, dialect) = (request.kind(), server.dialect().name.clone());
        ClientError::NotSpoken { kind, dialect }.into()
    })
}

/// A document in the frame of the dialect.
pub(super) fn framed(server: &Fixture, document: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(document.len() + 4);
    server.dialect().to_server.encode(document, &mut bytes);
    bytes
}

/// A proper register request of a fresh name, as a document.
pub(super) fn register(server: &Fixture) -> Result<Vec<u8>, Failure> {
    named_register(server, &fresh_name())
}

/// The same of this name.
pub(super) fn named_register(server: &Fixture, name: &str) -> Result<Vec<u8>, Failure> {
    document(server, &Request::Register { name, password: server.password() })
}

//! A conversation with the server: requests, their acknowledgements, and an inbox that loses nothing meanwhile.

use std::{io, net::SocketAddr, time::Duration};

use tokio::time::Instant;

use super::{
    contact::Contact,
    error::{ClientError, Heard},
    link::{Link, Wait},
    mail::Mail,
};
use crate::wire::{
    Acknowledgement, Carried, Delivery, GroupId, LoginReply, Request, UserId,
    dialect::{Dialect, Kind, LoginBy},
    encode, encode_custom,
};

/// A connection that speaks the dialect. Whoever is logged in on it is the caller's business: see [`super::User`].
#[derive(Debug)]
pub struct Session {
    link: Link,
    mail: Mail,
    carried: Carried,
}

impl Session {
    /// Connects.
    pub async fn connect(contact: &Contact) -> Result<Self, ClientError> {
        Ok(Self {
            link: Link::connect(contact).await?,
            mail: Mail::default(),
            carried: Carried::default(),
        })
    }

    /// The dialect spoken.
    pub fn dialect(&self) -> &Dialect {
        &self.link.contact.dialect
    }

    /// What the session was made from.
    pub fn contact(&self) -> &Contact {
        &self.link.contact
    }

    /// The harness's end of the connection.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.link.local_addr()
    }

    /// Sends a request; where the dialect acknowledges it, waits for the acknowledgement, whatever it says.
    pub async fn request(
        &mut self,
        request: &Request<'_>,
    ) -> Result<Option<Acknowledgement>, ClientError> {
        let kind = request.kind();
        let document = encode(self.dialect(), request, &self.carried)
            .ok_or_else(|| ClientError::NotSpoken { kind, dialect: self.dialect().name.clone() })?;
        if kind == Kind::Logout {
            self.link.beats(None);
        }
        self.link.write(kind, &document).await?;
        match self.dialect().ack(kind) {
            None => Ok(None),
            Some(_) => self.acknowledgement(kind).await.map(Some),
        }
    }

    /// Sends a request and fails when it is refused.
    pub async fn demand(
        &mut self,
        request: &Request<'_>,
    ) -> Result<Option<Acknowledgement>, ClientError> {
        let ack = self.request(request).await?;
        match ack {
            Some(ack) if !ack.succeeded(self.dialect()) => Err(self.refused(ack)),
            other => Ok(other),
        }
    }

    fn refused(&self, ack: Acknowledgement) -> ClientError {
        ClientError::Refused {
            kind: ack.kind,
            code: ack.code,
            text: ack.text,
            log: self.link.contact.log.clone(),
        }
    }

    async fn acknowledgement(&mut self, kind: Kind) -> Result<Acknowledgement, ClientError> {
        let number = self.dialect().ack(kind).map_or(0, |ack| ack.number);
        let awaited =
            format!("{} acknowledgement ({} {number})", kind.table(), self.dialect().key_of_acks());
        let mut wait = Wait::new(awaited, self.link.contact.patience);
        let mut found = None;
        while found.is_none() {
            let dialect = self.link.contact.dialect.clone();
            let mail = &mut self.mail;
            self.link
                .read(&mut wait, |document| {
                    let pending: &[Kind] = if found.is_none() { &[kind] } else { &[] };
                    if let Some(ack) = mail.sort(&dialect, document, pending) {
                        found = Some(ack);
                    }
                })
                .await?;
            self.mail.complaint()?;
        }
        self.link.acknowledged();
        found.ok_or_else(|| wait.in_vain(self.link.heard()))
    }

    /// Makes an account; gives its id where the reply names it.
    pub async fn register(
        &mut self,
        name: &str,
        password: &str,
    ) -> Result<Option<UserId>, ClientError> {
        let ack = self.demand(&Request::Register { name, password }).await?;
        Ok(ack.and_then(|ack| ack.user(self.dialect())))
    }

    /// Logs in once.
    pub async fn login(
        &mut self,
        user: UserId,
        name: &str,
        password: &str,
    ) -> Result<LoginReply, ClientError> {
        let ack = self.request(&Request::Login { user, name, password }).await?;
        let ack = ack.ok_or_else(|| ClientError::NotSpoken {
            kind: Kind::Login,
            dialect: self.dialect().name.clone(),
        })?;
        if ack.succeeded(self.dialect()) {
            self.carried = Carried::read(self.dialect(), &ack).map_err(|missing| {
                let heard = self.heard().to_string();
                ClientError::Incomplete { kind: Kind::Login, missing, reply: heard }
            })?;
            let reply = LoginReply::read(self.dialect(), &ack);
            let message = self.dialect().heartbeat.as_ref().map(|heartbeat| &heartbeat.message);
            let user = reply.user.unwrap_or(user);
            let beat = message.and_then(|beat| encode_custom(beat, user, name, 0, &self.carried));
            self.link.beats(beat);
            return Ok(reply);
        }
        match ack.code {
            Some(code) if self.dialect().errors.already_online.contains(&code) => {
                let user = match self.dialect().login.by {
                    LoginBy::Id => user.to_string(),
                    LoginBy::Name => name.to_owned(),
                    LoginBy::Both => format!("{name} ({user})"),
                };
                Err(ClientError::StillOnline { user, code, tried: Duration::ZERO })
            }
            _ => Err(self.refused(ack)),
        }
    }

    /// Logs in; while the server still counts the user as online, tries again for a bounded time. Servers notice the
    /// end of a connection a little after the client does.
    pub async fn login_patiently(
        &mut self,
        user: UserId,
        name: &str,
        password: &str,
    ) -> Result<LoginReply, ClientError> {
        const PAUSE: Duration = Duration::from_millis(50);
        let begun = Instant::now();
        loop {
            match self.login(user, name, password).await {
                Err(ClientError::StillOnline { user, code, .. })
                    if begun.elapsed() >= self.link.contact.stale_session_patience =>
                {
                    return Err(ClientError::StillOnline { user, code, tried: begun.elapsed() });
                }
                Err(ClientError::StillOnline { .. }) => tokio::time::sleep(PAUSE).await,
                other => return other,
            }
        }
    }

    /// As [`Session::login_patiently`], with what must not let anybody in. Where the server has one code for all refusals
    /// (`wrong_login`), that code refuses the password or the user, at once.
    pub async fn login_wrongly(
        &mut self,
        user: UserId,
        name: &str,
        password: &str,
    ) -> Result<LoginReply, ClientError> {
        if self.dialect().errors.wrong_login.is_empty() {
            return self.login_patiently(user, name, password).await;
        }
        match self.login(user, name, password).await {
            Err(ClientError::StillOnline { code, .. })
                if self.dialect().errors.wrong_login.contains(&code) =>
            {
                let log = self.link.contact.log.clone();
                Err(ClientError::Refused { kind: Kind::Login, code: Some(code), text: None, log })
            }
            other => other,
        }
    }

    /// The next message that another user sent, in the order of arrival.
    pub async fn next_message(&mut self, awaited: &str) -> Result<Delivery, ClientError> {
        let patience = self.link.contact.patience;
        self.next_message_within(patience, awaited).await
    }

    /// As [`Session::next_message`], with a deadline of its own.
    pub async fn next_message_within(
        &mut self,
        patience: Duration,
        awaited: &str,
    ) -> Result<Delivery, ClientError> {
        let mut wait = Wait::new(awaited.to_owned(), patience);
        loop {
            if let Some(message) = self.mail.take() {
                return Ok(message);
            }
            let dialect = self.link.contact.dialect.clone();
            let mail = &mut self.mail;
            self.link
                .read(&mut wait, |document| {
                    mail.sort(&dialect, document, &[]);
                })
                .await?;
            self.mail.complaint()?;
        }
    }

    /// The messages that still come, proved complete by a fence on this connection itself, whoever is logged in on it: a
    /// request whose answer comes after whatever was sent before. Then the bound of [`late`]. What is no message is among
    /// [`Session::unexplained`].
    ///
    /// Where the server has closed the connection, or says nothing to the fence for as long as a call may take, nothing
    /// more comes either.
    pub async fn everything_until_answer(
        &mut self,
        fence: &Request<'_>,
    ) -> Result<Vec<Delivery>, ClientError> {
        let begun = Instant::now();
        let mut messages = Vec::new();
        let mut step = self.request(fence).await.map(drop);
        let end = Instant::now() + late(begun.elapsed());
        loop {
            match step {
                Ok(()) => {}
                Err(
                    ClientError::Silent { .. }
                    | ClientError::Closed { .. }
                    | ClientError::Broken { .. },
                ) => break,
                Err(error) => return Err(error),
            }
            let rest = end.saturating_duration_since(Instant::now());
            let next = self.next_message_within(rest, "a late answer").await;
            step = next.map(|message| messages.push(message));
        }
        messages.extend(std::iter::from_fn(|| self.mail.take()));
        Ok(messages)
    }

    /// Frames that neither a request nor another user's message explains.
    pub fn unexplained(&self) -> &[String] {
        self.mail.unexplained()
    }

    /// The last frames both ways.
    pub fn heard(&self) -> Heard {
        self.link.heard()
    }

    /// Leaves properly (FIN) and reads to the end; gives the messages that nobody took.
    pub async fn leave(self) -> Result<Vec<Delivery>, ClientError> {
        self.leave_and_watch().await.map(|(messages, _)| messages)
    }

    /// As [`Session::leave`]; tells too whether the server closed its end of the connection in time.
    pub async fn leave_and_watch(self) -> Result<(Vec<Delivery>, bool), ClientError> {
        let Self { link, mut mail, .. } = self;
        let dialect = link.contact.dialect.clone();
        let closed = link
            .finish(|document| {
                mail.sort(&dialect, document, &[]);
            })
            .await?;
        Ok((mail.into_messages(), closed))
    }

    /// Leaves rudely (RST).
    pub fn reset(self) -> io::Result<()> {
        self.link.reset()
    }
}

/// How long to listen on behind a fence that took this long, for servers that send a second copy on another path.
pub(super) fn late(fence: Duration) -> Duration {
    const SHORTEST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_millis(500);
    (fence * 10).clamp(SHORTEST, LONGEST)
}

/// Reads the group that a creation made, where its reply tells.
pub(super) fn created_group(dialect: &Dialect, ack: Option<&Acknowledgement>) -> Option<GroupId> {
    ack.and_then(|ack| ack.group(dialect))
}

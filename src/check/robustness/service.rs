//! The proof that a server still serves: eight users on eight fresh connections log in and chat in a ring.

use std::time::{Duration, Instant};

use super::expect::{Failure, Outcome};
use crate::{
    client::{Account, ClientError, Contact, Session, User, fresh_name},
    fixture::Fixture,
};

/// Twice as many as the usual four IO threads: a server that hangs one of them leaves some of these unserved.
const CONNECTIONS: usize = 8;
/// How long each answer may take once one connection is known not to be served: the verdict stands, its extent is asked.
const ALREADY_FAILED: Duration = Duration::from_secs(1);
/// How long a proper leave-taking may take; a server that does not close is another case's finding.
const LEAVE: Duration = Duration::from_secs(1);

/// What went wrong on one connection.
struct Unserved {
    /// Counted from 1, in the order of connecting.
    connection: usize,
    why: String,
}

/// The ring while it is formed.
struct Ring<'f> {
    server: &'f Fixture,
    users: Vec<(usize, User)>,
    unserved: Vec<Unserved>,
}

/// Requires that healthy users are served, on every one of eight connections.
pub(in crate::check) async fn still_serves(server: &Fixture) -> Outcome {
    let accounts = server.regulars(CONNECTIONS).await.map_err(|error| {
        Failure::violation(format!("the server serves no new user any more: {error}"))
    })?;
    let mut ring = Ring { server, users: Vec::new(), unserved: Vec::new() };
    for (index, account) in accounts.iter().enumerate() {
        ring.log_in(index + 1, account).await?;
    }
    ring.chat().await?;
    ring.leave().await;
    ring.verdict()
}

/// Requires that a register is answered on each of eight fresh connections to every node, whatever the answer is: the least
/// that tells a hang from a message that does not come.
pub(in crate::check) async fn still_answers(server: &Fixture) -> Outcome {
    for node in server.nodes().iter().copied() {
        let mut silent = 0;
        for _ in 0..CONNECTIONS {
            let mut contact = server.contact_at(node);
            if silent > 0 {
                contact.patience = contact.patience.min(ALREADY_FAILED);
            }
            match registers(&contact, server.password()).await {
                Err(error) if error.is_death() => return Err(error.into()),
                Err(error) if error.is_silence() => silent += 1,
                // A refusal is an answer; who closes the connection does not hang.
                _ => {}
            }
        }
        if silent > 0 {
            let extent = extent(silent);
            let at = if server.nodes().len() > 1 { format!("at {node} ") } else { String::new() };
            return Err(Failure::violation(format!("{at}{extent}: a register is not answered")));
        }
    }
    Ok(())
}

async fn registers(contact: &Contact, password: &str) -> Result<(), ClientError> {
    let mut session = Session::connect(contact).await?;
    session.register(&fresh_name(), password).await?;
    // However it ends: the connection is closed.
    let _ = tokio::time::timeout(ALREADY_FAILED, session.leave()).await;
    Ok(())
}

/// How many of the connections are not served.
fn extent(unserved: usize) -> String {
    match unserved {
        CONNECTIONS => "a hang: none of 8 fresh connections is served any more".to_owned(),
        some => format!("a partial hang: {some} of 8 fresh connections are not served"),
    }
}

impl Ring<'_> {
    fn contact(&self) -> Contact {
        let mut contact = self.server.contact();
        if !self.unserved.is_empty() {
            contact.patience = contact.patience.min(ALREADY_FAILED);
        }
        contact
    }

    async fn log_in(&mut self, connection: usize, account: &Account) -> Outcome {
        let contact = self.contact();
        let mut entered = account.log_in(&contact).await;
        if let Err(ClientError::StillOnline { .. }) = entered {
            // Whether users get stuck is asked elsewhere; here it is whether anybody is served.
            self.server.give_up(account).await;
            entered = Account::enrol(&contact, &fresh_name(), self.server.password()).await;
        }
        match entered {
            Ok(user) => self.users.push((connection, user)),
            Err(error) => self.note(connection, error)?,
        }
        Ok(())
    }

    /// Each says something to the next, who must hear it.
    async fn chat(&mut self) -> Outcome {
        let ids: Vec<_> = self.users.iter().map(|(_, user)| user.id()).collect();
        for speaker in 0..self.users.len() {
            let listener = (speaker + 1) % self.users.len();
            if listener == speaker {
                break;
            }
            let text = format!("round the ring {speaker} {:08x}", fastrand::u32(..));
            let (connection, user) = &mut self.users[speaker];
            let connection = *connection;
            if let Err(error) = user.chat(ids[listener], &text).await {
                self.note(connection, error)?;
                continue;
            }
            let (connection, user) = &mut self.users[listener];
            let (connection, heard) = (*connection, hears(user, &text).await);
            if let Err(error) = heard {
                self.note(connection, error)?;
            }
        }
        Ok(())
    }

    async fn leave(&mut self) {
        let begun = Instant::now();
        for (_, user) in self.users.drain(..) {
            let rest = LEAVE.saturating_sub(begun.elapsed());
            // However it ends: the connection is closed.
            let _ = tokio::time::timeout(rest, user.leave()).await;
        }
    }

    /// Keeps what a connection met; a death ends it all.
    fn note(&mut self, connection: usize, error: ClientError) -> Outcome {
        if error.is_death() {
            return Err(error.into());
        }
        let why = error.to_string().lines().next().unwrap_or_default().to_owned();
        self.unserved.push(Unserved { connection, why });
        Ok(())
    }

    fn verdict(self) -> Outcome {
        let mut connections: Vec<usize> =
            self.unserved.iter().map(|unserved| unserved.connection).collect();
        connections.dedup();
        if connections.is_empty() {
            return Ok(());
        }
        let extent = extent(connections.len());
        let each = self.unserved.iter().map(|u| format!("connection {}: {}", u.connection, u.why));
        Err(Failure::violation(format!(
            "{extent}\n    {}",
            each.collect::<Vec<_>>().join("\n    ")
        )))
    }
}

/// Waits for this text; what else comes (late copies of earlier messages) is passed over.
async fn hears(user: &mut User, text: &str) -> Result<(), ClientError> {
    const OTHERS: usize = 16;
    for _ in 0..OTHERS {
        if user.next_message().await?.text.as_deref() == Some(text) {
            break;
        }
    }
    Ok(())
}

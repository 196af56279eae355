//! PEER: clients that are slow, many, or gone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    case::Case,
    expect::{Failure, Outcome, ensure, expect_eq},
    functional::{all_leave, send},
    must, still_serves,
    stranger::{Stranger, framed, register},
};
use crate::{
    client::{Account, ClientError, RawPeer, User, fresh_name},
    fixture::Fixture,
    kernel::raise_file_limit,
    units::format_duration,
    wire::{Request, UserId, dialect::Kind},
};

pub(super) const CASES: &[Case] = &[
    must("PEER-1", "a client that stops reading harms nobody else", |f| {
        Box::pin(stopped_reader(f))
    })
    .may_kill()
    .within(60),
    must("PEER-2", "clients that send a byte now and then hold up nobody else", |f| {
        Box::pin(slow_writers(f))
    })
    .after(&["FRAME-5"])
    .may_kill(),
    must("PEER-3", "a thousand idle connections harm nobody", |f| Box::pin(idle_connections(f)))
        .may_kill()
        .within(60),
    must("PEER-4", "five hundred connections that are closed at once harm nobody", |f| {
        Box::pin(connect_and_close(f))
    })
    .may_kill(),
    must("PEER-5", "five hundred connections closed at the same time harm nobody", |f| {
        Box::pin(closed_together(f))
    })
    .may_kill()
    .within(60),
    must("PEER-6", "a hundred users whose connections close at the same time can come back", |f| {
        Box::pin(users_gone_together(f))
    })
    .after(&["LOGIN-7"])
    .may_kill()
    .within(90),
    must("PEER-7", "a hundred logins at once succeed, and each user is heard", |f| {
        Box::pin(logins_at_once(f))
    })
    .may_kill()
    .within(90),
    must("PEER-8", "a hundred registrations at once get a hundred ids", |f| {
        Box::pin(registrations_at_once(f))
    })
    .may_kill()
    .within(60),
    must("PEER-9", "a client that asks and reads no answer harms nobody", |f| {
        Box::pin(asks_and_does_not_read(f))
    })
    .may_kill()
    .within(60),
];

/// How long a healthy pair may take for a message while something else goes on.
const UNDISTURBED: Duration = Duration::from_secs(1);

/// A message between two who have nothing to do with it all, which must not take long.
async fn talk(from: &mut User, to: &mut User, text: &str) -> Outcome {
    let begun = Instant::now();
    let heard = match send(from, to.id(), text).await {
        Ok(()) => to.next_message().await?.text,
        Err(Failure::Client(ClientError::Silent { awaited, waited, .. })) => {
            let waited = format_duration(waited);
            return Err(Failure::violation(format!(
                "two bystanders are not served: no {awaited} within {waited}"
            )));
        }
        Err(failure) => return Err(failure),
    };
    expect_eq("what a bystander hears", heard.as_deref(), Some(text))?;
    let took = begun.elapsed();
    ensure(took < UNDISTURBED, || {
        format!("a message between two bystanders took {}", format_duration(took))
    })
}

async fn stopped_reader(server: &Fixture) -> Outcome {
    // More than the socket buffers of both ends hold, and less than a patient server keeps for a client.
    const MESSAGES: usize = 600;
    const BYTES: usize = 10_000;
    let account = server.absent_user().await?;
    let mut reader = Stranger::connect_narrow(server).await?;
    let login =
        Request::Login { user: account.user, name: &account.name, password: &account.password };
    reader.ask(&login).await?;
    // From here on nothing is read.
    let [mut alice, mut carol, mut dave] = server.users().await?;
    let text = "x".repeat(BYTES);
    for index in 0..MESSAGES {
        match alice.chat(account.user, &text).await {
            Ok(_) => {}
            Err(ClientError::Silent { .. } | ClientError::NotRead { .. }) => {
                talk(&mut carol, &mut dave, "are we served?").await?;
                return Err(Failure::violation(format!(
                    "after {index} messages of {BYTES} B to a client that does not read, their sender is served no more"
                )));
            }
            Err(error) => return Err(error.into()),
        }
        if index % 50 == 0 {
            talk(&mut carol, &mut dave, &format!("meanwhile {index}")).await?;
        }
    }
    still_serves(server).await?;
    reader.reset();
    all_leave([alice, carol, dave]).await
}

async fn slow_writers(server: &Fixture) -> Outcome {
    const WRITERS: usize = 50;
    let bytes = framed(server, &register(server)?);
    let mut writers = Vec::with_capacity(WRITERS);
    for _ in 0..WRITERS {
        writers.push(Stranger::connect(server).await?);
    }
    let [mut carol, mut dave] = server.users().await?;
    // A byte of each writer, then a message between healthy users: the writers are never done.
    for byte in bytes.iter().take(10) {
        for writer in &mut writers {
            writer.write(&[*byte]).await?;
        }
        talk(&mut carol, &mut dave, &format!("meanwhile {byte:02x} {:08x}", fastrand::u32(..)))
            .await?;
    }
    still_serves(server).await?;
    all_leave([carol, dave]).await
}

/// So many bare connections, made no faster than a backlog of 128 is emptied.
async fn connections(server: &Fixture, count: usize) -> Result<Vec<RawPeer>, Failure> {
    const AT_ONCE: usize = 32;
    const PAUSE: Duration = Duration::from_millis(2);
    raise_file_limit()
        .map_err(|error| Failure::Trouble(format!("the file limit cannot be read: {error}")))?;
    let mut peers = Vec::with_capacity(count);
    for index in 0..count {
        let peer = server.raw_peer().await.map_err(|source| match source.raw_os_error() {
            // EMFILE, ENFILE: the harness's own limit.
            Some(23 | 24) => Failure::Trouble(format!(
                "the file limit allows no more than {index} connections: {source}"
            )),
            _ => ClientError::Connect { addr: server.addr(), source: Arc::new(source) }.into(),
        })?;
        peers.push(peer);
        if index % AT_ONCE == AT_ONCE - 1 {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(peers)
}

async fn idle_connections(server: &Fixture) -> Outcome {
    let idle = connections(server, 1_000).await?;
    still_serves(server).await?;
    drop(idle);
    Ok(())
}

async fn connect_and_close(server: &Fixture) -> Outcome {
    for _ in 0..500 {
        drop(connections(server, 1).await?);
    }
    Ok(())
}

async fn closed_together(server: &Fixture) -> Outcome {
    drop(connections(server, 500).await?);
    Ok(())
}

/// A hundred accounts whose users are away.
async fn absent_crowd(server: &Fixture, count: usize) -> Result<Vec<Account>, Failure> {
    let mut accounts = Vec::with_capacity(count);
    for _ in 0..count {
        accounts.push(server.absent_user().await?);
    }
    Ok(accounts)
}

async fn users_gone_together(server: &Fixture) -> Outcome {
    let users = server.crowd(100).await?;
    let accounts: Vec<Account> = users.iter().map(|user| user.account.clone()).collect();
    drop(users);
    for account in &accounts {
        server.log_in(account).await?.leave().await?;
    }
    Ok(())
}

/// Runs these at once and gives what each brought; the first failure ends it.
pub(super) async fn at_once<T: Send + 'static>(
    tasks: impl Iterator<Item = impl Future<Output = Result<T, ClientError>> + Send + 'static>,
) -> Result<Vec<T>, Failure> {
    let mut running: JoinSet<_> = tasks.collect();
    let mut brought = Vec::with_capacity(running.len());
    while let Some(ended) = running.join_next().await {
        let result =
            ended.map_err(|error| Failure::Trouble(format!("a task of ours failed: {error}")))?;
        brought.push(result?);
    }
    Ok(brought)
}

async fn logins_at_once(server: &Fixture) -> Outcome {
    let accounts = absent_crowd(server, 100).await?;
    let logins = accounts.into_iter().map(|account| {
        let contact = server.contact();
        async move { account.log_in(&contact).await }
    });
    let mut users = at_once(logins).await?;
    let ids: Vec<UserId> = users.iter().map(User::id).collect();
    for (index, user) in users.iter_mut().enumerate() {
        send(user, ids[(index + 1) % ids.len()], &format!("from {index}")).await?;
    }
    for (index, user) in users.iter_mut().enumerate() {
        let from = (index + ids.len() - 1) % ids.len();
        let heard = user.next_message().await?;
        expect_eq("what a neighbour says", heard.text, Some(format!("from {from}")))?;
    }
    for user in users {
        user.leave().await?;
    }
    Ok(())
}

async fn registrations_at_once(server: &Fixture) -> Outcome {
    let registrations = (0..100).map(|_| {
        let contact = server.contact();
        async move { Account::enrol(&contact, &fresh_name(), "hx-secret-1").await }
    });
    let users = at_once(registrations).await?;
    let mut ids: Vec<UserId> = users.iter().map(User::id).collect();
    ids.sort_unstable();
    ids.dedup();
    expect_eq("how many ids were given", ids.len(), 100)?;
    for user in users {
        user.leave().await?;
    }
    Ok(())
}

async fn asks_and_does_not_read(server: &Fixture) -> Outcome {
    const REQUESTS: usize = 300;
    let mut silent = Stranger::connect_narrow(server).await?;
    let mut asked = 0;
    let mut arrived = true;
    while arrived && asked < REQUESTS {
        silent.write(&framed(server, &register(server)?)).await?;
        arrived = silent.arrives().await?;
        asked += 1;
    }
    still_serves(server).await?;
    // Nothing was lost on the way: all of them are answered once the client reads.
    let answered = silent.successes(Kind::Register, asked).await?;
    expect_eq("how many requests were answered", answered, asked)
}

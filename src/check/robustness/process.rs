//! PROC: signals, and what the next start finds.
//!
//! The server is started again as its owner would: the recipe's `reset`, which repairs what a crash leaves behind, is
//! not run.

use std::time::{Duration, Instant};

use super::{
    Body,
    case::Case,
    expect::{Failure, Outcome, expect_eq},
    functional::{all_leave, came_while_away, send, settled},
    info, must,
    peers::at_once,
    should,
};
use crate::{
    client::{ClientError, User},
    fixture::Fixture,
    process::StopSignal,
    record::{Death, DeathCause},
    units::format_duration,
    wire::{Entry, UserId, dialect::Kind},
};

pub(super) const CASES: &[Case] = &[
    ends("PROC-1", "SIGINT ends it within its grace, with exit code 0", |f| {
        Box::pin(ends_in_order(f, StopSignal::Int))
    }),
    ends("PROC-2", "SIGTERM ends it within its grace, with exit code 0", |f| {
        Box::pin(ends_in_order(f, StopSignal::Term))
    }),
    starts("PROC-3", "after SIGKILL and a new start a user who was online can log in", |f| {
        Box::pin(nobody_is_locked_out(f, StopSignal::Kill))
    }),
    starts("PROC-4", "after SIGTERM and a new start a user who was online can log in", |f| {
        Box::pin(nobody_is_locked_out(f, StopSignal::Term))
    }),
    starts("PROC-5", "after SIGINT and a new start a user who was online can log in", |f| {
        Box::pin(nobody_is_locked_out(f, StopSignal::Int))
    }),
    starts("PROC-6", "messages accepted before a SIGKILL come at the next login", |f| {
        Box::pin(accepted_is_kept(f, StopSignal::Kill))
    })
    .after(&["OFF-1"]),
    starts("PROC-7", "messages accepted before a SIGTERM come at the next login", |f| {
        Box::pin(accepted_is_kept(f, StopSignal::Term))
    })
    .after(&["OFF-1"]),
    starts("PROC-8", "messages accepted before a SIGINT come at the next login", |f| {
        Box::pin(accepted_is_kept(f, StopSignal::Int))
    })
    .after(&["OFF-1"]),
    info("PROC-9", "how a server that was killed among users who chat serves them again", |f| {
        Box::pin(serves_again(f))
    })
    .after(&["PROC-3", "OFF-1"])
    .signals()
    .within(60),
];

const fn ends(id: &'static str, requirement: &'static str, body: Body) -> Case {
    should(id, requirement, body).signals().within(60)
}

const fn starts(id: &'static str, requirement: &'static str, body: Body) -> Case {
    must(id, requirement, body).signals().within(60)
}

/// How long after its grace a server is waited for, to learn that it would have ended by itself.
const LATER: Duration = Duration::from_secs(10);

/// Sends the signal and waits for the end; `None` when there is none. How long it took.
async fn end(
    server: &Fixture,
    signal: StopSignal,
) -> Result<(Option<std::sync::Arc<Death>>, Duration), Failure> {
    let begun = Instant::now();
    if !server.server().signal(signal) {
        return Err(Failure::Trouble(format!("there was no process to send {signal} to")));
    }
    let grace = server.server().stop_rule().unwrap_or_default().grace;
    Ok((server.server().ended(grace + LATER).await, begun.elapsed()))
}

/// Ends the server by a signal and starts it again on what it left behind.
async fn live_again(server: &Fixture, signal: StopSignal) -> Outcome {
    end(server, signal).await?;
    server.resume().await.map_err(|error| {
        Failure::violation(format!("after {signal} it could not be started again: {error}"))
    })
}

async fn ends_in_order(server: &Fixture, signal: StopSignal) -> Outcome {
    let grace = server.server().stop_rule().unwrap_or_default().grace;
    // Somebody is here, as when it matters.
    let users = server.crowd(2).await?;
    let ended = end(server, signal).await?;
    drop(users);
    server.restart().await.map_err(|error| {
        Failure::violation(format!("after {signal} it could not be started again: {error}"))
    })?;
    match ended {
        (None, took) => Err(Failure::violation(format!(
            "it still runs {} after {signal}, with users logged in",
            format_duration(took)
        ))),
        (Some(death), took) if took > grace => Err(Failure::violation(format!(
            "it took {} to end after {signal} with users logged in, its grace is {} ({})",
            format_duration(took),
            format_duration(grace),
            death.how
        ))),
        (Some(death), _) => match death.how {
            DeathCause::Exited { code: 0 } => Ok(()),
            ref how => Err(Failure::violation(format!(
                "{signal} ended it without a chance to put things in order: {how}"
            ))),
        },
    }
}

async fn nobody_is_locked_out(server: &Fixture, signal: StopSignal) -> Outcome {
    let user = server.user().await?;
    let account = user.account.clone();
    live_again(server, signal).await?;
    drop(user);
    match server.log_in(&account).await {
        Ok(user) => all_leave([user]).await,
        Err(ClientError::Refused { .. }) => Err(Failure::violation(
            "the account is not known any more: does the server keep its data in memory?",
        )),
        Err(error) => Err(error.into()),
    }
}

async fn accepted_is_kept(server: &Fixture, signal: StopSignal) -> Outcome {
    let sent = vec!["before the end 1".to_owned(), "before the end 2".to_owned()];
    let [mut alice, mut carol] = server.users().await?;
    let absent = server.absent_user().await?;
    for text in &sent {
        send(&mut alice, absent.user, text).await?;
    }
    settled(&mut alice, &mut carol).await?;
    live_again(server, signal).await?;
    drop((alice, carol));
    let mut bob = match server.log_in(&absent).await {
        Ok(bob) => bob,
        Err(ClientError::Refused { .. }) => {
            return Err(Failure::violation(
                "the account is not known any more: does the server keep its data in memory?",
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let mut other = server.user().await?;
    let came = came_while_away(&mut bob, &mut other).await?;
    expect_eq("the messages accepted before the end", came, sent)?;
    all_leave([bob, other]).await
}

/// Kills the server while everybody's message is on its way, and lets all come back at once.
async fn serves_again(server: &Fixture) -> Outcome {
    const USERS: usize = 30;
    const ROUNDS: usize = 3;
    let mut users = server.crowd(USERS).await?;
    let ids: Vec<_> = users.iter().map(User::id).collect();
    let accounts: Vec<_> = users.iter().map(|user| user.account.clone()).collect();
    for round in 0..ROUNDS {
        speak_in_a_ring(&mut users, &ids, &format!("round {round}")).await?;
        for user in &mut users {
            user.next_message().await?;
        }
    }
    let last = format!("on its way {:08x}", fastrand::u32(..));
    speak_in_a_ring(&mut users, &ids, &last).await?;
    end(server, StopSignal::Kill).await?;
    // What the kernel had taken for a client arrives after the death.
    let mut arrived = 0;
    for mut user in users {
        let heard = user.next_message().await.is_ok_and(|heard| heard.text.as_ref() == Some(&last));
        arrived += usize::from(heard);
    }
    server.resume().await.map_err(|error| {
        Failure::violation(format!("after the SIGKILL it could not be started again: {error}"))
    })?;
    let begun = Instant::now();
    let mut users = at_once(accounts.into_iter().map(|account| {
        let contact = server.contact();
        async move { account.log_in(&contact).await }
    }))
    .await?;
    let back = begun.elapsed();
    // They came back in any order.
    let ids: Vec<_> = users.iter().map(User::id).collect();
    speak_in_a_ring(&mut users, &ids, "again").await?;
    let mut later = 0;
    for user in &mut users {
        let stored = user.reply.offline.iter().filter_map(Entry::read);
        later += stored.filter(|message| message.text.as_ref() == Some(&last)).count();
        while user.next_message().await?.text.as_deref() != Some("again") {
            later += 1;
        }
    }
    let all_heard = begun.elapsed();
    all_leave(users).await?;
    let gone = USERS.saturating_sub(arrived + later);
    let acknowledged = server.dialect().ack(Kind::Chat).is_some() && gone > 0;
    Err(Failure::Observed(format!(
        "{USERS} users were in session again {} after its new start, and heard each other after {}; of {USERS} messages on \
         their way when it was killed {arrived} had arrived, {later} came later, {gone} were lost{}",
        format_duration(back),
        format_duration(all_heard),
        if acknowledged { " although each had been acknowledged" } else { "" }
    )))
}

/// Each says something to the next.
async fn speak_in_a_ring(users: &mut [User], ids: &[UserId], text: &str) -> Outcome {
    for (index, user) in users.iter_mut().enumerate() {
        send(user, ids[(index + 1) % ids.len()], text).await?;
    }
    Ok(())
}

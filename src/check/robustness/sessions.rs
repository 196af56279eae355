//! SESS: who may say what, and who counts as being here.

use std::time::{Duration, Instant};

use super::{
    case::{Case, Needs},
    expect::{Failure, Outcome, ensure, expect_eq},
    functional::{all_leave, came_while_away, hears_nothing_more, send},
    info, must, should,
    stranger::{Stranger, document, framed},
};
use crate::{
    client::{Account, ClientError, Session, User, fresh_name},
    fixture::Fixture,
    units::format_duration,
    wire::{
        Delivery, Request, UserId,
        dialect::{Kind, SecondLogin},
    },
};

pub(super) const CASES: &[Case] = &[
    should("SESS-1", "a chat from a connection that never logged in is not delivered", |f| {
        Box::pin(stranger_is_not_heard(f))
    }),
    should("SESS-2", "a chat with another user's id is not delivered", |f| {
        Box::pin(impostor_is_not_heard(f))
    }),
    should("SESS-3", "a stranger cannot log another user out", |f| {
        Box::pin(stranger_logs_nobody_out(f))
    })
    .needs(LOGOUT),
    must(
        "SESS-4",
        "two users who log in on one connection can log in again when it is closed",
        |f| Box::pin(two_on_one_connection(f)),
    ),
    must("SESS-5", "a second login on the same connection locks nobody out", |f| {
        Box::pin(second_login_on_the_connection(f))
    }),
    must(
        "SESS-6",
        "of two logins of one user at the same time at most one is left in session",
        |f| Box::pin(two_logins_at_once(f)),
    )
    .may_kill(),
    must("SESS-7", "after a logout nothing is delivered to the connection that stayed open", |f| {
        Box::pin(nothing_after_logout(f))
    })
    .after(&["OFF-1", "LOGIN-6"])
    .needs(LOGOUT),
    must("SESS-8", "a message to a user who logged out and stayed connected is kept", |f| {
        Box::pin(kept_after_logout(f))
    })
    .after(&["OFF-1", "LOGIN-6"])
    .needs(LOGOUT),
    should("SESS-9", "after a logout another user can log in on the same connection", |f| {
        Box::pin(another_after_logout(f))
    })
    .after(&["LOGIN-6"])
    .needs(LOGOUT),
    should("SESS-10", "a chat after the logout is not delivered", |f| {
        Box::pin(silent_after_logout(f))
    })
    .needs(LOGOUT),
    must("SESS-11", "a client that closed only its own half can log in again", |f| {
        Box::pin(half_closed(f))
    })
    .after(&["LOGIN-7"]),
    info("SESS-12", "how soon after FIN its user can log in again", |f| {
        Box::pin(how_soon(f, Leaving::Fin))
    })
    .after(&["LOGIN-7"]),
    info("SESS-13", "how soon after RST its user can log in again", |f| {
        Box::pin(how_soon(f, Leaving::Rst))
    })
    .after(&["LOGIN-8"])
    .may_kill(),
    must("SESS-14", "ten rounds of login and RST lock the user out at no time", |f| {
        Box::pin(rounds_of_rst(f))
    })
    .after(&["LOGIN-8"])
    .may_kill(),
    should("SESS-15", "after twenty wrong passwords the right one still logs in", |f| {
        Box::pin(twenty_wrong_passwords(f))
    }),
];

/// What is said to a user who has logged out.
const AFTER_LOGOUT: &str = "after the logout";

const LOGOUT: &[Needs] = &[Needs::Request(Kind::Logout)];

/// What is not to be heard, said with the id and name of `as_whom`.
async fn say_as(
    stranger: &mut Stranger<'_>,
    server: &Fixture,
    as_whom: &User,
    to: UserId,
) -> Outcome {
    let (user, name, time) = (as_whom.id(), as_whom.name(), "2026-01-01 00:00:00");
    let chat = Request::Chat { user, name, to, text: "not from me", time };
    stranger.write_apart(&[&framed(server, &document(server, &chat)?)]).await?;
    // Answered or closed: either way the chat before it has been dealt with.
    stranger.deliveries().await.map(drop)
}

async fn stranger_is_not_heard(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    let mut stranger = Stranger::connect(server).await?;
    alice.needs_friend(bob.id()).await?;
    say_as(&mut stranger, server, &alice, bob.id()).await?;
    hears_nothing_more(&mut bob, &mut alice).await?;
    all_leave([alice, bob]).await
}

async fn impostor_is_not_heard(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    let (mut mallory, _) = Stranger::logged_in(server).await?;
    alice.needs_friend(bob.id()).await?;
    say_as(&mut mallory, server, &alice, bob.id()).await?;
    hears_nothing_more(&mut bob, &mut alice).await?;
    all_leave([alice, bob]).await
}

async fn stranger_logs_nobody_out(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    let mut stranger = Stranger::connect(server).await?;
    let logout = Request::Logout { user: bob.id(), name: bob.name() };
    stranger.write_apart(&[&framed(server, &document(server, &logout)?)]).await?;
    stranger.deliveries().await?;
    send(&mut alice, bob.id(), "still there?").await?;
    match bob.next_message().await {
        Ok(message) => expect_eq("what is heard", message.text.as_deref(), Some("still there?"))?,
        Err(ClientError::Silent { .. }) => {
            return Err(Failure::violation(
                "a connection that never logged in sent a logout with another user's id, and that user hears nothing any more",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    all_leave([alice, bob]).await
}

/// Whether the user can log in, after all that the case did.
async fn not_locked_out(server: &Fixture, account: &Account) -> Outcome {
    server.log_in(account).await?.leave().await?;
    Ok(())
}

/// A login that may be refused: what counts is what comes after it.
async fn try_to_log_in(session: &mut Session, account: &Account) -> Outcome {
    match session.login(account.user, &account.name, &account.password).await {
        Ok(_)
        | Err(
            ClientError::Refused { .. }
            | ClientError::StillOnline { .. }
            | ClientError::Closed { .. },
        ) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn two_on_one_connection(server: &Fixture) -> Outcome {
    let (first, second) = (server.absent_user().await?, server.absent_user().await?);
    let mut session = server.session().await?;
    session.login_patiently(first.user, &first.name, &first.password).await?;
    try_to_log_in(&mut session, &second).await?;
    // However it ends, it is closed.
    let _ = session.leave().await;
    not_locked_out(server, &first).await?;
    not_locked_out(server, &second).await
}

async fn second_login_on_the_connection(server: &Fixture) -> Outcome {
    let User { account, mut session, .. } = server.user().await?;
    try_to_log_in(&mut session, &account).await?;
    // However it ends, it is closed.
    let _ = session.leave().await;
    not_locked_out(server, &account).await
}

async fn two_logins_at_once(server: &Fixture) -> Outcome {
    for _ in 0..5 {
        let account = server.absent_user().await?;
        let (mut one, mut other) = (server.session().await?, server.session().await?);
        let (id, name, password) = (account.user, account.name.as_str(), server.password());
        let (first, second) =
            tokio::join!(one.login(id, name, password), other.login(id, name, password));
        let kicks = server.dialect().login.second_login == SecondLogin::Kick;
        let both =
            first.is_ok() && second.is_ok() && !(kicks && one_is_ended(&mut one, &mut other).await);
        for answer in [first, second] {
            match answer {
                Ok(_) | Err(ClientError::Refused { .. } | ClientError::StillOnline { .. }) => {}
                Err(ClientError::Closed { .. } | ClientError::Broken { .. }) if kicks => {}
                Err(error) => return Err(error.into()),
            }
        }
        one.leave().await?;
        other.leave().await?;
        ensure(!both, || "the same user was logged in twice, by two logins at once".to_owned())?;
        not_locked_out(server, &account).await?;
    }
    Ok(())
}

/// Whether the server ends one of two sessions of one user, as it does where the later login takes over.
async fn one_is_ended(one: &mut Session, other: &mut Session) -> bool {
    const SOON: Duration = Duration::from_secs(3);
    let is_end = |heard: Result<Delivery, ClientError>| {
        matches!(heard, Err(ClientError::Closed { .. } | ClientError::Broken { .. }))
    };
    let awaited = "the end of one of the two sessions";
    tokio::select! {
        heard = one.next_message_within(SOON, awaited) => is_end(heard),
        heard = other.next_message_within(SOON, awaited) => is_end(heard),
    }
}

/// A user who logged out and whose connection stayed open, until somebody had said something to them: the speaker, the
/// account, and what the connection was sent.
async fn addressed_after_logout(
    server: &Fixture,
) -> Result<(User, Account, Vec<Delivery>), Failure> {
    let [mut alice, bob] = server.users().await?;
    let (account, mut session) = bob.log_out().await?;
    // A request that is answered proves that the one before it has been dealt with: here the logout, then the chat.
    session.register(&fresh_name(), server.password()).await?;
    send(&mut alice, account.user, AFTER_LOGOUT).await?;
    alice.session.register(&fresh_name(), server.password()).await?;
    Ok((alice, account, session.leave().await?))
}

async fn nothing_after_logout(server: &Fixture) -> Outcome {
    let (alice, _, heard) = addressed_after_logout(server).await?;
    ensure(heard.is_empty(), || {
        format!(
            "{} message(s) were delivered to a connection whose user had logged out",
            heard.len()
        )
    })?;
    all_leave([alice]).await
}

async fn kept_after_logout(server: &Fixture) -> Outcome {
    let (mut alice, account, heard) = addressed_after_logout(server).await?;
    let mut bob = server.log_in(&account).await?;
    let mut came = came_while_away(&mut bob, &mut alice).await?;
    came.extend(heard.into_iter().filter_map(|message| message.text));
    expect_eq("what comes, live or at the next login", came, vec![AFTER_LOGOUT.to_owned()])?;
    all_leave([alice, bob]).await
}

async fn another_after_logout(server: &Fixture) -> Outcome {
    let (mut alice, carol) = (server.user().await?, server.absent_user().await?);
    let (_, session) = server.user().await?.log_out().await?;
    let mut carol = carol.log_in_on(session).await?;
    send(&mut alice, carol.id(), "welcome").await?;
    let heard = carol.next_message().await?;
    expect_eq("what the next user hears", heard.text.as_deref(), Some("welcome"))?;
    all_leave([alice, carol]).await
}

async fn silent_after_logout(server: &Fixture) -> Outcome {
    let [mut alice, mut bob, carol] = server.users().await?;
    let (account, mut session) = carol.log_out().await?;
    let (user, name) = (account.user, account.name.as_str());
    let time = "2026-01-01 00:00:00";
    let chat = Request::Chat { user, name, to: bob.id(), text: "I have left", time };
    // Refused or not: what counts is whether it is heard.
    session.request(&chat).await?;
    session.register(&fresh_name(), server.password()).await?;
    session.leave().await?;
    hears_nothing_more(&mut bob, &mut alice).await?;
    all_leave([alice, bob]).await
}

async fn half_closed(server: &Fixture) -> Outcome {
    let account = server.absent_user().await?;
    let mut stranger = Stranger::connect(server).await?;
    let login =
        Request::Login { user: account.user, name: &account.name, password: &account.password };
    stranger.ask(&login).await?;
    stranger
        .peer()
        .finish()
        .await
        .map_err(|error| Failure::Trouble(format!("no FIN could be sent: {error}")))?;
    // The other half stays open meanwhile: nothing is read, and nothing closed.
    not_locked_out(server, &account).await
}

/// How a client goes away without a logout.
#[derive(Debug, Clone, Copy)]
enum Leaving {
    Fin,
    Rst,
}

/// Leaves, logs in again as soon as the server lets it, and tells how long that took and how often it was refused.
async fn relogin(
    server: &Fixture,
    user: User,
    leaving: Leaving,
) -> Result<(User, Duration, u32), Failure> {
    const PAUSE: Duration = Duration::from_millis(5);
    let account = user.account.clone();
    match leaving {
        Leaving::Fin => drop(user),
        Leaving::Rst => user
            .session
            .reset()
            .map_err(|error| Failure::Trouble(format!("no RST could be sent: {error}")))?,
    }
    let begun = Instant::now();
    let mut contact = server.contact();
    contact.stale_session_patience = Duration::ZERO;
    let mut refused = 0;
    loop {
        match account.log_in(&contact).await {
            Ok(user) => return Ok((user, begun.elapsed(), refused)),
            Err(ClientError::StillOnline { .. }) if begun.elapsed() < server.contact().patience => {
                refused += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn how_soon(server: &Fixture, leaving: Leaving) -> Outcome {
    const ROUNDS: u32 = 5;
    let mut user = server.user().await?;
    let (mut longest, mut at_once) = (Duration::ZERO, 0);
    for _ in 0..ROUNDS {
        let (back, took, refused) = relogin(server, user, leaving).await?;
        user = back;
        at_once += u32::from(refused == 0);
        longest = longest.max(took);
    }
    user.leave().await?;
    Err(Failure::Observed(format!(
        "at once in {at_once} of {ROUNDS} rounds, at the latest after {}",
        format_duration(longest)
    )))
}

async fn rounds_of_rst(server: &Fixture) -> Outcome {
    let mut user = server.user().await?;
    for _ in 0..10 {
        user = relogin(server, user, Leaving::Rst).await?.0;
    }
    all_leave([user]).await
}

async fn twenty_wrong_passwords(server: &Fixture) -> Outcome {
    let account = server.absent_user().await?;
    let mut session = server.session().await?;
    for _ in 0..20 {
        let answer = session.login_wrongly(account.user, &account.name, "a wrong one").await;
        ensure(answer.is_err(), || "a wrong password was logged in".to_owned())?;
        if let Err(ClientError::Closed { .. }) = answer {
            session = server.session().await?;
        }
    }
    account.log_in_on(session).await?.leave().await?;
    Ok(())
}

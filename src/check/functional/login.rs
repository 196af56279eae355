//! LOGIN: sessions begin and end.

use serde_json::Value;

use super::{
    case::{Case, Needs},
    expect::{Failure, Outcome, ensure, expect_eq},
};
use crate::{
    client::{Account, ClientError, Session, User, fresh_name},
    fixture::Fixture,
    wire::{
        LoginReply, Request, UserId,
        dialect::{Kind, LoginBy, SecondLogin},
    },
};

pub(super) const CASES: &[Case] = &[
    Case::must("LOGIN-1", "the right password logs in", |f| Box::pin(the_right_password(f)))
        .after(&["REG-1"]),
    Case::must("LOGIN-2", "the login reply names the user who logged in", |f| {
        Box::pin(the_reply_names_the_user(f))
    })
    .after(&["LOGIN-1"]),
    Case::must("LOGIN-3", "a wrong password is refused", |f| Box::pin(a_wrong_password(f)))
        .after(&["LOGIN-1"]),
    Case::must("LOGIN-4", "an unknown user is refused", |f| Box::pin(an_unknown_user(f)))
        .after(&["LOGIN-1"]),
    Case::must(
        "LOGIN-5",
        "a second login of an online user is refused, or ends the first where the dialect says so",
        |f| Box::pin(a_second_login(f)),
    )
    .after(&["LOGIN-1", "CHAT-1"]),
    Case::must("LOGIN-6", "after a logout the user can log in again", |f| {
        Box::pin(after_logout(f))
    })
    .after(&["LOGIN-1"])
    .needs(&[Needs::Request(Kind::Logout)]),
    Case::must("LOGIN-7", "after a closed connection (FIN) the user can log in again", |f| {
        Box::pin(after_fin(f))
    })
    .after(&["LOGIN-1"]),
    Case::must("LOGIN-8", "after a broken connection (RST) the user can log in again", |f| {
        Box::pin(after_rst(f))
    })
    .after(&["LOGIN-1"]),
    Case::must("LOGIN-9", "after a failed login the connection can still log in", |f| {
        Box::pin(after_a_failure(f))
    })
    .after(&["LOGIN-1", "LOGIN-3"]),
    Case::must("LOGIN-10", "a refused second login is answered once, and lets nobody in", |f| {
        Box::pin(refused_once(f))
    })
    .after(&["LOGIN-5"])
    .needs(&[Needs::SecondLoginRefused]),
];

/// An id that no server has given yet, and that fits a 32-bit integer.
const NOBODY: UserId = UserId(1_999_999_937);

async fn the_right_password(server: &Fixture) -> Outcome {
    server.user().await?.leave().await?;
    Ok(())
}

async fn the_reply_names_the_user(server: &Fixture) -> Outcome {
    let users: [User; 2] = server.users().await?;
    for user in users {
        if let Some(name) = &user.reply.name {
            expect_eq("the name in the login reply", name.as_str(), user.name())?;
        }
        if let Some(id) = user.reply.user {
            expect_eq("the id in the login reply", id, user.id())?;
        }
        // On a new connection, so that the id comes neither from the registration nor from a login before.
        let account = user.leave().await?;
        let again = server.log_in(&account).await?;
        if let Some(id) = again.reply.user {
            expect_eq("the id in the reply to the next login", id, account.user)?;
        }
        again.leave().await?;
    }
    Ok(())
}

fn refused(what: &str, answer: Result<LoginReply, ClientError>) -> Outcome {
    match answer {
        Err(ClientError::Refused { .. }) => Ok(()),
        Err(ClientError::StillOnline { code, .. }) => Err(Failure::violation(format!(
            "{what} was refused as already online (code {code}), although nobody is; where that code means any refusal: \
             [errors] wrong_login = [{code}]"
        ))),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Failure::violation(format!("{what} was logged in"))),
    }
}

async fn a_wrong_password(server: &Fixture) -> Outcome {
    let account = server.absent_user().await?;
    let mut session = server.session().await?;
    let answer = session.login_wrongly(account.user, &account.name, "not-the-password").await;
    refused("a wrong password", answer)?;
    session.leave().await?;
    Ok(())
}

async fn an_unknown_user(server: &Fixture) -> Outcome {
    let mut session = server.session().await?;
    let answer = session.login_wrongly(NOBODY, &fresh_name(), server.password()).await;
    let who = match server.dialect().login.by {
        LoginBy::Id => format!("the unknown id {NOBODY}"),
        LoginBy::Name => "an unknown name".to_owned(),
        LoginBy::Both => format!("an unknown name with the unknown id {NOBODY}"),
    };
    refused(&who, answer)?;
    session.leave().await?;
    Ok(())
}

async fn a_second_login(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    let mut second = server.session().await?;
    if server.dialect().login.second_login == SecondLogin::Kick {
        return the_second_takes_over(alice, bob, second).await;
    }
    is_refused(server, &mut second, &alice).await?;
    second.leave().await?;
    bob.chat(alice.id(), "still there?").await?;
    let heard = alice.next_message().await?;
    expect_eq("what the first session hears", heard.text.as_deref(), Some("still there?"))?;
    alice.leave().await?;
    bob.leave().await?;
    Ok(())
}

/// Whoever logs in as a user who is in session is told no.
async fn is_refused(server: &Fixture, second: &mut Session, user: &User) -> Outcome {
    match second.login(user.id(), user.name(), server.password()).await {
        Err(ClientError::StillOnline { .. } | ClientError::Refused { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Failure::violation("the same user was logged in twice at once")),
    }
}

/// The second session stands, hears what is said to the user, and the first is over.
async fn the_second_takes_over(mut alice: User, mut bob: User, second: Session) -> Outcome {
    let mut again = alice.account.log_in_on(second).await?;
    match alice.session.next_message("the end of the session that was taken over").await {
        Err(ClientError::Closed { .. } | ClientError::Broken { .. }) => {}
        Err(ClientError::Silent { .. }) => {
            return Err(Failure::violation("the same user was logged in twice at once"));
        }
        Err(error) => return Err(error.into()),
        Ok(message) => {
            let text = message.text.unwrap_or_default();
            return Err(Failure::violation(format!("the first session still heard {text:?}")));
        }
    }
    bob.chat(again.id(), "there again?").await?;
    let heard = again.next_message().await?;
    expect_eq("what the second session hears", heard.text.as_deref(), Some("there again?"))?;
    again.leave().await?;
    bob.leave().await?;
    Ok(())
}

async fn after_logout(server: &Fixture) -> Outcome {
    let (account, session) = server.user().await?.log_out().await?;
    session.leave().await?;
    can_log_in_again(server, &account).await
}

async fn after_fin(server: &Fixture) -> Outcome {
    let account = server.user().await?.leave().await?;
    can_log_in_again(server, &account).await
}

async fn after_rst(server: &Fixture) -> Outcome {
    let user = server.user().await?;
    let account = user.account.clone();
    user.session
        .reset()
        .map_err(|error| Failure::Trouble(format!("no RST could be sent: {error}")))?;
    can_log_in_again(server, &account).await
}

async fn can_log_in_again(server: &Fixture, account: &Account) -> Outcome {
    server.log_in(account).await?.leave().await?;
    Ok(())
}

async fn after_a_failure(server: &Fixture) -> Outcome {
    let account = server.absent_user().await?;
    let mut session = server.session().await?;
    let answer = session.login_wrongly(account.user, &account.name, "not-the-password").await;
    ensure(answer.is_err(), || "a wrong password was logged in".to_owned())?;
    account.log_in_on(session).await?.leave().await?;
    Ok(())
}

async fn refused_once(server: &Fixture) -> Outcome {
    let alice = server.user().await?;
    let mut second = server.session().await?;
    is_refused(server, &mut second, &alice).await?;
    let fence = Request::Register { name: &fresh_name(), password: server.password() };
    let messages = second.everything_until_answer(&fence).await?;
    let messages = messages.into_iter().map(|message| Value::Object(message.fields).to_string());
    let more: Vec<String> = second.unexplained().iter().cloned().chain(messages).collect();
    ensure(more.is_empty(), || {
        format!(
            "the refusal of a second login was followed by {} more frame(s) on that connection; the first: {}",
            more.len(),
            more.first().map_or("", String::as_str)
        )
    })?;
    second.leave().await?;
    alice.leave().await?;
    Ok(())
}

//! CHAT: messages from one user to another, both online.

use super::{
    case::Case,
    expect::{Failure, Outcome, ensure, expect_eq},
};
use crate::{
    client::{ClientError, User},
    fixture::Fixture,
    wire::{Acknowledgement, Delivery, UserId},
};

pub(super) const CASES: &[Case] = &[
    Case::must("CHAT-1", "a message reaches its receiver, unchanged", |f| {
        Box::pin(a_message_reaches_its_receiver(f))
    })
    .after(&["LOGIN-1"]),
    Case::must("CHAT-2", "two users talk in both directions", |f| Box::pin(both_directions(f)))
        .after(&["CHAT-1"]),
    Case::must("CHAT-3", "messages arrive in the order in which they were sent", |f| {
        Box::pin(messages_keep_their_order(f))
    })
    .after(&["CHAT-1"]),
    Case::must("CHAT-4", "Chinese text arrives unchanged", |f| {
        Box::pin(arrives_unchanged(f, "你好，世界！聊天服务器测试"))
    })
    .after(&["CHAT-1"]),
    Case::must("CHAT-5", "quotes, backslashes and newlines arrive unchanged", |f| {
        Box::pin(arrives_unchanged(f, "she said \"it's\" \\ C:\\new\\table\n\tend"))
    })
    .after(&["CHAT-1"]),
    Case::must("CHAT-6", "emoji arrive unchanged", |f| Box::pin(arrives_unchanged(f, "😀👩‍👩‍👧‍👦🇨🇳 ok")))
        .after(&["CHAT-1"]),
    Case::must("CHAT-7", "10 kB arrive unchanged", |f| Box::pin(ten_kilobytes(f)))
        .after(&["CHAT-1"])
        .may_kill(),
    Case::info("CHAT-8", "what becomes of a message to oneself", |f| Box::pin(to_oneself(f)))
        .after(&["CHAT-1"]),
    Case::must("CHAT-9", "a message to an unknown id harms nobody", |f| Box::pin(to_nobody(f)))
        .after(&["CHAT-1"])
        .may_kill(),
    Case::must("CHAT-10", "nobody else hears a message", |f| Box::pin(heard_by_nobody_else(f)))
        .after(&["CHAT-1"]),
    Case::must("CHAT-12", "a message is delivered only once", |f| Box::pin(delivered_only_once(f)))
        .after(&["CHAT-1"]),
    Case::must("CHAT-11", "every frame that arrives is explained by the dialect", |f| {
        Box::pin(every_frame_is_explained(f))
    })
    .after(&["CHAT-1"]),
];

/// Sends, and where the dialect acknowledges chats requires that the server accepted this one.
pub(in crate::check) async fn send(from: &mut User, to: UserId, text: &str) -> Outcome {
    let ack = from.chat(to, text).await?;
    match ack {
        Some(ack) if !ack.succeeded(from.session.dialect()) => Err(Failure::violation(format!(
            "a chat to an existing user was refused ({})",
            said_no(&ack)
        ))),
        _ => Ok(()),
    }
}

/// What a refusal says: its code and its text, as far as it has them.
pub(in crate::check) fn said_no(ack: &Acknowledgement) -> String {
    let code = ack.code.map_or_else(|| "no code".to_owned(), |code| format!("code {code}"));
    ack.text.as_ref().map_or_else(|| code.clone(), |text| format!("{code}, {text:?}"))
}

/// Everything that `user` still hears until a fence from `other` must be nothing.
pub(in crate::check) async fn hears_nothing_more(user: &mut User, other: &mut User) -> Outcome {
    let heard = user.everything_until_fence_from(other).await?.news;
    is_nothing(user, "hear", &heard)
}

/// What `user` heard besides must be nothing.
pub(super) fn is_nothing(user: &User, what: &str, heard: &[Delivery]) -> Outcome {
    let Some(first) = heard.first() else { return Ok(()) };
    Err(Failure::violation(format!(
        "{} ({}) must not {what} {} message(s); the first: {}",
        user.name(),
        user.id(),
        heard.len(),
        serde_json::Value::Object(first.fields.clone())
    )))
}

async fn delivered_only_once(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    send(&mut alice, bob.id(), "once").await?;
    let heard = bob.everything_until_fence_from(&mut alice).await?;
    is_nothing(&bob, "hear again", &heard.repeats)?;
    expect_eq("what arrives", heard.news.len(), 1)?;
    all_leave([alice, bob]).await
}

pub(in crate::check) async fn all_leave(
    users: impl IntoIterator<Item = User, IntoIter: Send>,
) -> Outcome {
    for user in users {
        user.leave().await?;
    }
    Ok(())
}

async fn a_message_reaches_its_receiver(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    send(&mut alice, bob.id(), "hello").await?;
    let message = bob.next_message().await?;
    expect_eq("the text", message.text.as_deref(), Some("hello"))?;
    expect_eq("the sender", message.from, Some(alice.id()))?;
    // Who hears it is bob: some servers do not repeat that.
    if message.to.is_some() {
        expect_eq("the receiver", message.to, Some(bob.id()))?;
    }
    all_leave([alice, bob]).await
}

async fn both_directions(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    for round in 0..3 {
        let (question, answer) = (format!("question {round}"), format!("answer {round}"));
        send(&mut alice, bob.id(), &question).await?;
        hears_next(&mut bob, &question).await?;
        send(&mut bob, alice.id(), &answer).await?;
        hears_next(&mut alice, &answer).await?;
    }
    all_leave([alice, bob]).await
}

/// The next message that `user` hears says this. A second copy of an earlier one is CHAT-12's finding, not this case's.
async fn hears_next(user: &mut User, text: &str) -> Outcome {
    let message = user.next_message().await?;
    expect_eq("the next message", message.text.as_deref(), Some(text))
}

async fn messages_keep_their_order(server: &Fixture) -> Outcome {
    const COUNT: usize = 20;
    let [mut alice, mut bob] = server.users().await?;
    let texts: Vec<String> = (0..COUNT).map(|number| format!("message {number:02}")).collect();
    for text in &texts {
        send(&mut alice, bob.id(), text).await?;
    }
    let mut heard = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        heard.push(bob.next_message().await?.text.unwrap_or_default());
    }
    expect_eq("the order of arrival", heard, texts)?;
    all_leave([alice, bob]).await
}

async fn arrives_unchanged(server: &Fixture, text: &str) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    send(&mut alice, bob.id(), text).await?;
    let message = bob.next_message().await?;
    ensure(message.text.as_deref() == Some(text), || {
        let seen = message.text.unwrap_or_default();
        let same = text.chars().zip(seen.chars()).take_while(|(sent, came)| sent == came).count();
        format!(
            "sent {} characters, {} came, the same up to character {same}: {:?}",
            text.chars().count(),
            seen.chars().count(),
            seen.chars().skip(same).take(40).collect::<String>()
        )
    })?;
    all_leave([alice, bob]).await
}

async fn ten_kilobytes(server: &Fixture) -> Outcome {
    let text: String = (0..)
        .flat_map(|line| format!("line {line:05}. ").into_bytes())
        .map(char::from)
        .take(10_000)
        .collect();
    arrives_unchanged(server, &text).await
}

async fn to_oneself(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    let id = alice.id();
    let ack = alice.chat(id, "to myself").await?;
    let accepted = ack.as_ref().is_none_or(|ack| ack.succeeded(alice.session.dialect()));
    let heard = alice.everything_until_fence_from(&mut bob).await?;
    let copies = |messages: &[Delivery]| {
        messages.iter().filter(|message| message.text.as_deref() == Some("to myself")).count()
    };
    let seen = match (accepted, copies(&heard.news) + copies(&heard.repeats)) {
        (false, 0) => "refused".to_owned(),
        (true, 0) => "accepted and not delivered".to_owned(),
        (true, 1) => "delivered once".to_owned(),
        (accepted, copies) => format!("accepted: {accepted}, delivered {copies} times"),
    };
    all_leave([alice, bob]).await?;
    Err(Failure::Observed(seen))
}

async fn to_nobody(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    match alice.chat(UserId(1_999_999_943), "anybody there?").await {
        Ok(_) | Err(ClientError::Silent { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    send(&mut alice, bob.id(), "still here").await?;
    let message = bob.next_message().await?;
    expect_eq("what the next receiver hears", message.text.as_deref(), Some("still here"))?;
    all_leave([alice, bob]).await
}

async fn heard_by_nobody_else(server: &Fixture) -> Outcome {
    let [mut alice, mut bob, mut carol] = server.users().await?;
    send(&mut alice, bob.id(), "for bob alone").await?;
    let message = bob.next_message().await?;
    expect_eq("what bob hears", message.text.as_deref(), Some("for bob alone"))?;
    hears_nothing_more(&mut carol, &mut alice).await?;
    hears_nothing_more(&mut alice, &mut carol).await?;
    all_leave([alice, bob, carol]).await
}

async fn every_frame_is_explained(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    for text in ["one", "two", "three"] {
        send(&mut alice, bob.id(), text).await?;
        bob.next_message().await?;
    }
    bob.everything_until_fence_from(&mut alice).await?;
    alice.everything_until_fence_from(&mut bob).await?;
    for user in [&alice, &bob] {
        let odd = user.session.unexplained();
        ensure(odd.is_empty(), || {
            format!(
                "{} unexplained frame(s); the first: {}",
                odd.len(),
                odd.first().map_or("", String::as_str)
            )
        })?;
    }
    all_leave([alice, bob]).await
}

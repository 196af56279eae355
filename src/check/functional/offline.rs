//! OFF: messages to a user who is away.

use super::{
    case::Case,
    chat::{all_leave, hears_nothing_more, is_nothing, send},
    expect::{Failure, Outcome, expect_eq},
};
use crate::{
    client::{UntilFence, User},
    fixture::Fixture,
    wire::{Delivery, Entry, dialect::OfflinePlace},
};

pub(super) const CASES: &[Case] = &[
    Case::must(
        "OFF-1",
        "twenty messages to an absent user come at the next login, once, in order",
        |f| Box::pin(twenty_come_in_order(f)),
    )
    .after(&["CHAT-1", "LOGIN-7"]),
    Case::must("OFF-2", "offline messages do not come again at the login after that", |f| {
        Box::pin(they_come_only_once(f))
    })
    .after(&["OFF-1"]),
    Case::must("OFF-3", "Chinese text comes unchanged to an absent user", |f| {
        Box::pin(comes_unchanged(f, "你不在的时候"))
    })
    .after(&["OFF-1"]),
    Case::must("OFF-4", "quotes, backslashes and newlines come unchanged to an absent user", |f| {
        Box::pin(comes_unchanged(f, "she said \"hi\" \\ and\nleft"))
    })
    .after(&["OFF-1"]),
    Case::must("OFF-5", "an apostrophe comes unchanged to an absent user", |f| {
        Box::pin(comes_unchanged(f, "it's later than you think"))
    })
    .after(&["OFF-1"]),
    Case::must(
        "OFF-6",
        "what a user in session heard does not come again at the next login",
        |f| Box::pin(what_was_heard_stays_away(f)),
    )
    .after(&["CHAT-1", "LOGIN-7"]),
];

/// The texts of offline messages; one that is no JSON is the server's finding.
pub(super) fn texts(messages: &[Entry<Delivery>]) -> Result<Vec<String>, Failure> {
    messages
        .iter()
        .map(|entry| match entry {
            Entry::Read(message) => Ok(message.text.clone().unwrap_or_default()),
            Entry::Broken(written) => Err(Failure::violation(format!(
                "an offline message came back as broken JSON: {written:?}"
            ))),
        })
        .collect()
}

/// The texts that came while `user` was away, from wherever the dialect puts them; where they come as documents of their
/// own, `other` says something by which their end is known.
pub(in crate::check) async fn came_while_away(
    user: &mut User,
    other: &mut User,
) -> Result<Vec<String>, Failure> {
    if user.session.dialect().login.offline == OfflinePlace::Reply {
        return texts(&user.reply.offline);
    }
    let news = user.everything_until_fence_from(other).await?.news;
    Ok(news.into_iter().map(|message| message.text.unwrap_or_default()).collect())
}

/// A fence for servers that store what they are sent without acknowledging it: `sender`'s connection is served in order,
/// so when a later chat has been heard the earlier ones have been handled.
pub(in crate::check) async fn settled(sender: &mut User, witness: &mut User) -> Outcome {
    let heard = witness.everything_until_fence_from(sender).await?.news;
    is_nothing(witness, "hear as a bystander", &heard)
}

async fn come_back_to(server: &Fixture, sent: &[String]) -> Result<[User; 3], Failure> {
    let [mut alice, mut carol] = server.users().await?;
    let bob = server.absent_user().await?;
    for text in sent {
        send(&mut alice, bob.user, text).await?;
    }
    settled(&mut alice, &mut carol).await?;
    let mut bob = server.log_in(&bob).await?;
    let came = bob.offline_messages(sent.len()).await?;
    let came = texts(&came)?;
    expect_eq("the offline messages", came, sent.to_vec())?;
    Ok([alice, bob, carol])
}

async fn twenty_come_in_order(server: &Fixture) -> Outcome {
    let sent: Vec<String> =
        (0..20).map(|number| format!("while you were away {number:02}")).collect();
    let [mut alice, mut bob, carol] = come_back_to(server, &sent).await?;
    let UntilFence { news, repeats } = bob.everything_until_fence_from(&mut alice).await?;
    is_nothing(&bob, "hear", &news)?;
    // Where they come as documents, second copies do too; those of the fence are CHAT-12's finding.
    let stored = |message: &Delivery| message.text.as_ref().is_some_and(|text| sent.contains(text));
    let again: Vec<Delivery> = repeats.into_iter().filter(stored).collect();
    is_nothing(&bob, "hear again", &again)?;
    all_leave([alice, bob, carol]).await
}

async fn they_come_only_once(server: &Fixture) -> Outcome {
    let [mut alice, bob, carol] = come_back_to(server, &["only once".to_owned()]).await?;
    let mut bob = bob.come_back().await?;
    let again = texts(&bob.reply.offline)?;
    expect_eq("the offline messages of the second login", again, Vec::new())?;
    hears_nothing_more(&mut bob, &mut alice).await?;
    all_leave([alice, bob, carol]).await
}

/// A server that stores before it looks who is in session hands everything over twice.
async fn what_was_heard_stays_away(server: &Fixture) -> Outcome {
    let [mut alice, mut bob, mut carol] = server.users().await?;
    send(&mut alice, bob.id(), "heard already").await?;
    let heard = bob.next_message().await?;
    expect_eq("what is heard in session", heard.text.as_deref(), Some("heard already"))?;
    settled(&mut alice, &mut carol).await?;
    let mut bob = bob.come_back().await?;
    let came = came_while_away(&mut bob, &mut alice).await?;
    expect_eq("the offline messages", came, Vec::new())?;
    all_leave([alice, bob, carol]).await
}

async fn comes_unchanged(server: &Fixture, text: &str) -> Outcome {
    all_leave(come_back_to(server, &[text.to_owned()]).await?).await
}

//! SIZE: long messages, live and to a user who is away, and the characters that servers trip over.
//!
//! What arrives is what was sent, or the send was refused: never accepted and lost.

use super::{
    Body,
    case::Case,
    expect::{Failure, Outcome},
    functional::{came_while_away, settled},
    must,
};
use crate::{
    client::{ClientError, UntilFence, User},
    fixture::Fixture,
    wire::{Delivery, UserId},
};

pub(super) const CASES: &[Case] = &[
    sized("SIZE-1", "1 kB arrives unchanged or is refused", |f| Box::pin(live(f, 1_000))),
    sized("SIZE-2", "10 kB arrive unchanged or are refused", |f| Box::pin(live(f, 10_000))),
    sized("SIZE-3", "64 kB arrive unchanged or are refused", |f| Box::pin(live(f, 64_000))),
    sized("SIZE-4", "100 kB arrive unchanged or are refused", |f| Box::pin(live(f, 100_000))),
    sized("SIZE-5", "1 MB arrives unchanged or is refused", |f| Box::pin(live(f, 1_000_000))),
    sized("SIZE-6", "3 MB arrive unchanged or are refused", |f| Box::pin(live(f, 3_000_000))),
    away("SIZE-11", "350 B come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, plain(350)))
    }),
    away("SIZE-12", "500 B come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, plain(500)))
    }),
    away("SIZE-13", "600 B come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, plain(600)))
    }),
    away("SIZE-14", "940 B come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, plain(940)))
    }),
    away("SIZE-15", "1100 B come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, plain(1_100)))
    }),
    away("SIZE-16", "10 kB come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, plain(10_000)))
    }),
    away("SIZE-21", "50 quotes come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, "\"q".repeat(50)))
    }),
    away("SIZE-22", "50 apostrophes come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, "it's ".repeat(50)))
    }),
    away("SIZE-23", "50 backslashes come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, "\\b".repeat(50)))
    }),
    away("SIZE-24", "50 newlines come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, "n\n".repeat(50)))
    }),
    away(
        "SIZE-25",
        "50 Chinese characters come unchanged to an absent user, or are refused",
        |f| Box::pin(stored(f, "你不在的时候".repeat(8) + "你好")),
    ),
    away("SIZE-26", "25 emoji come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, "😀👩‍👩‍👧‍👦🇨🇳".repeat(8)))
    }),
    away("SIZE-27", "percent signs come unchanged to an absent user, or are refused", |f| {
        Box::pin(stored(f, "100% %s%n%d%p".repeat(5)))
    }),
];

const fn sized(id: &'static str, requirement: &'static str, body: Body) -> Case {
    must(id, requirement, body).may_kill()
}

const fn away(id: &'static str, requirement: &'static str, body: Body) -> Case {
    sized(id, requirement, body).after(&["OFF-1"])
}

/// What the sender learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Accepted,
    /// The dialect acknowledges no chats.
    Nothing,
    Refused,
}

/// Text of this length in which a missing or doubled piece shows.
fn plain(bytes: usize) -> String {
    (0..).flat_map(|word| format!("w{word:05} ").into_bytes()).map(char::from).take(bytes).collect()
}

/// Says something; gives what the sender is told of it. A connection that the server closes is a refusal.
async fn say(user: &mut User, to: UserId, text: &str) -> Result<Told, Failure> {
    match user.chat(to, text).await {
        Ok(None) => Ok(Told::Nothing),
        Ok(Some(ack)) if ack.succeeded(user.session.dialect()) => Ok(Told::Accepted),
        Ok(Some(_)) => Ok(Told::Refused),
        Err(error) => refusal(error),
    }
}

fn refusal(error: ClientError) -> Result<Told, Failure> {
    match error {
        ClientError::Closed { .. } | ClientError::Broken { .. } => Ok(Told::Refused),
        error => Err(error.into()),
    }
}

/// The verdict on one text.
fn unchanged(sent: &str, told: Told, came: &[String]) -> Outcome {
    let seen = match (came, told) {
        ([one], _) if one == sent => return Ok(()),
        ([], Told::Refused) => return Ok(()),
        ([], Told::Accepted) => "it was accepted, and lost".to_owned(),
        ([], Told::Nothing) => "it was lost without a word".to_owned(),
        ([one, ..], _) => {
            let same =
                sent.chars().zip(one.chars()).take_while(|(sent, came)| sent == came).count();
            format!(
                "it came changed: {} B, the same up to character {same}, then {:?} (and {} more message(s))",
                one.len(),
                one.chars().skip(same).take(30).collect::<String>(),
                came.len() - 1
            )
        }
    };
    Err(Failure::violation(format!("{} B were sent: {seen}", sent.len())))
}

async fn live(server: &Fixture, bytes: usize) -> Outcome {
    let text = plain(bytes);
    let [mut alice, mut bob] = server.users().await?;
    let mut told = say(&mut alice, bob.id(), &text).await?;
    let heard = if told == Told::Refused {
        UntilFence::default()
    } else {
        match bob.everything_until_fence_from(&mut alice).await {
            Ok(heard) => heard,
            // Bob's connection is as it was: it is the sender's that ended.
            Err(error) => {
                told = refusal(error)?;
                UntilFence::default()
            }
        }
    };
    unchanged(&text, told, &said(heard.news))
}

fn said(messages: Vec<Delivery>) -> Vec<String> {
    messages.into_iter().map(|message| message.text.unwrap_or_default()).collect()
}

async fn stored(server: &Fixture, text: String) -> Outcome {
    let [mut alice, mut carol] = server.users().await?;
    let account = server.absent_user().await?;
    let told = say(&mut alice, account.user, &text).await?;
    if told != Told::Refused {
        settled(&mut alice, &mut carol).await?;
    }
    let mut bob = server.log_in(&account).await?;
    let came = came_while_away(&mut bob, &mut carol).await?;
    unchanged(&text, told, &came)
}

//! CROWD: more than a handful of users at once.

use super::{
    case::Case,
    chat::send,
    expect::{Outcome, expect_eq},
};
use crate::fixture::Fixture;

pub(super) const CASES: &[Case] =
    &[Case::must("CROWD-1", "fifty users are online at once and each hears a neighbour", |f| {
        Box::pin(fifty_users(f))
    })
    .after(&["CHAT-1"])];

async fn fifty_users(server: &Fixture) -> Outcome {
    const COUNT: usize = 50;
    let mut users = server.crowd(COUNT).await?;
    let ids: Vec<_> = users.iter().map(crate::client::User::id).collect();
    for (index, user) in users.iter_mut().enumerate() {
        send(user, ids[(index + 1) % COUNT], &format!("from {index}")).await?;
    }
    for (index, user) in users.iter_mut().enumerate() {
        let from = (index + COUNT - 1) % COUNT;
        let heard = user.next_message().await?;
        expect_eq("what a neighbour says", heard.text, Some(format!("from {from}")))?;
        expect_eq("who says it", heard.from, Some(ids[from]))?;
    }
    for user in users {
        user.leave().await?;
    }
    Ok(())
}

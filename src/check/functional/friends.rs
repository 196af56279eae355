//! FRIEND: friends and whether they are there.

use super::{
    case::{Case, Needs},
    chat::all_leave,
    expect::{Failure, Outcome, ensure, plain},
    offline::settled,
};
use crate::{
    client::User,
    fixture::Fixture,
    wire::{Entry, Friend, UserId, dialect::Kind},
};

const NEEDS: &[Needs] = &[Needs::Request(Kind::AddFriend), Needs::FriendList];

pub(super) const CASES: &[Case] = &[
    Case::must("FRIEND-1", "a friend who was added is listed at the next login", |f| {
        Box::pin(a_friend_is_listed(f))
    })
    .after(&["CHAT-1", "LOGIN-7"])
    .needs(NEEDS),
    Case::must("FRIEND-2", "the friend list says who is online and who is not", |f| {
        Box::pin(presence_is_told(f))
    })
    .after(&["FRIEND-1"])
    .needs(NEEDS),
    Case::must("FRIEND-3", "a user without friends has an empty list", |f| {
        Box::pin(nobody_is_listed(f))
    })
    .after(&["LOGIN-1"])
    .needs(NEEDS),
];

fn listed(user: &User, friend: UserId) -> Result<&Friend, Failure> {
    let friends = &user.reply.friends;
    friends.iter().filter_map(Entry::read).find(|candidate| candidate.user == friend).ok_or_else(
        || Failure::violation(format!("the friend {friend} is not in the list: {friends:?}")),
    )
}

async fn a_friend_is_listed(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    alice.befriend(bob.id()).await?;
    settled(&mut alice, &mut bob).await?;
    let alice = alice.come_back().await?;
    let friend = listed(&alice, bob.id())?;
    ensure(friend.name.as_deref().is_none_or(|name| name == bob.name()), || {
        let listed = plain(&friend.name);
        format!("the friend {} is listed as {listed}, not as {:?}", bob.id(), bob.name())
    })?;
    all_leave([alice, bob]).await
}

async fn presence_is_told(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    alice.befriend(bob.id()).await?;
    settled(&mut alice, &mut bob).await?;
    let alice = alice.come_back().await?;
    let while_online = listed(&alice, bob.id())?.state.clone();
    let bob = leave_for_good(server, bob).await?;
    let alice = alice.come_back().await?;
    let while_away = listed(&alice, bob)?.state.clone();
    ensure(while_online != while_away, || {
        let (online, away) = (plain(&while_online), plain(&while_away));
        format!("the friend is listed as {online} while online and as {away} while away")
    })?;
    all_leave([alice]).await
}

/// Leaves by logout where there is one: how soon a server notices a closed connection is LOGIN-7's business.
async fn leave_for_good(server: &Fixture, user: User) -> Result<UserId, Failure> {
    let id = user.id();
    if server.dialect().request(Kind::Logout).is_none() {
        user.leave().await?;
        return Ok(id);
    }
    let (_, mut session) = user.log_out().await?;
    // A refused login on the same connection proves that the logout before it has been handled.
    let answer = session.login(UserId(1_999_999_951), "hx-nobody", "no-password").await;
    ensure(answer.is_err(), || "an unknown user was logged in".to_owned())?;
    session.leave().await?;
    Ok(id)
}

async fn nobody_is_listed(server: &Fixture) -> Outcome {
    let alice = server.user().await?;
    let friends = &alice.reply.friends;
    ensure(friends.is_empty(), || format!("a new user has friends already: {friends:?}"))?;
    all_leave([alice]).await
}

//! GROUP: groups and what is said in them.

use super::{
    case::{Case, Needs},
    chat::{all_leave, hears_nothing_more, is_nothing, said_no},
    expect::{Failure, Outcome, ensure, expect_eq},
    offline::{settled, texts},
};
use crate::{
    client::{User, fresh_name},
    fixture::Fixture,
    wire::{Delivery, Entry, GroupId, Member, dialect::Kind},
};

const MAKE: &[Needs] = &[Needs::Request(Kind::CreateGroup), Needs::GroupList];
const JOIN: &[Needs] =
    &[Needs::Request(Kind::CreateGroup), Needs::Request(Kind::JoinGroup), Needs::GroupList];
const TALK: &[Needs] = &[
    Needs::Request(Kind::CreateGroup),
    Needs::Request(Kind::JoinGroup),
    Needs::Request(Kind::GroupChat),
    Needs::GroupId,
];

pub(super) const CASES: &[Case] = &[
    Case::must("GROUP-1", "a group is listed for its maker at the next login", |f| {
        Box::pin(a_group_is_listed(f))
    })
    .after(&["CHAT-1", "LOGIN-7"])
    .needs(MAKE),
    Case::must("GROUP-2", "a group that was joined is listed, with all its members", |f| {
        Box::pin(members_are_listed(f))
    })
    .after(&["GROUP-1"])
    .needs(JOIN),
    Case::must(
        "GROUP-3",
        "every other member hears a group message once, the sender does not",
        |f| Box::pin(every_other_member_hears_it_once(f)),
    )
    .after(&["CHAT-1", "LOGIN-7"])
    .needs(TALK),
    Case::must("GROUP-4", "outsiders do not hear a group message", |f| {
        Box::pin(outsiders_hear_nothing(f))
    })
    .after(&["GROUP-3"])
    .needs(TALK),
    Case::must("GROUP-5", "a member who was away gets the group message at the next login", |f| {
        Box::pin(absent_members_get_it_later(f))
    })
    .after(&["GROUP-3", "OFF-1"])
    .needs(TALK),
];

/// Makes a group; where its id is told only in the next login's list, its maker logs in again.
pub(super) async fn a_group_of(
    mut maker: User,
    witness: &mut User,
) -> Result<(User, GroupId), Failure> {
    let name = fresh_name();
    let told = maker.create_group(&name, "made by a test").await?;
    if let Some(group) = told {
        return Ok((maker, group));
    }
    settled(&mut maker, witness).await?;
    let maker = maker.come_back().await?;
    let group = maker.reply.group_named(&name).map(|group| group.group);
    let listed = format!("{:?}", maker.reply.groups);
    let group = group.ok_or_else(|| {
        Failure::violation(format!("the new group {name} is not in its maker's list: {listed}"))
    })?;
    Ok((maker, group))
}

/// A group of three, everybody in session.
pub(in crate::check) async fn three_in_a_group(
    server: &Fixture,
) -> Result<([User; 3], GroupId), Failure> {
    let [alice, mut bob, mut carol] = server.users().await?;
    let (mut alice, group) = a_group_of(alice, &mut bob).await?;
    bob.join(group).await?;
    settled(&mut bob, &mut alice).await?;
    carol.join(group).await?;
    settled(&mut carol, &mut alice).await?;
    Ok(([alice, bob, carol], group))
}

pub(in crate::check) async fn say(user: &mut User, group: GroupId, text: &str) -> Outcome {
    match user.say(group, text).await? {
        Some(ack) if !ack.succeeded(user.session.dialect()) => Err(Failure::violation(format!(
            "a group chat of a member was refused ({})",
            said_no(&ack)
        ))),
        _ => Ok(()),
    }
}

async fn a_group_is_listed(server: &Fixture) -> Outcome {
    let [mut alice, mut bob] = server.users().await?;
    let name = fresh_name();
    alice.create_group(&name, "说明").await?;
    settled(&mut alice, &mut bob).await?;
    let alice = alice.come_back().await?;
    let groups = &alice.reply.groups;
    let group = alice.reply.group_named(&name).ok_or_else(|| {
        Failure::violation(format!("the group {name} is not in its maker's list: {groups:?}"))
    })?;
    if let Some(description) = &group.description {
        expect_eq("the group's description", description.as_str(), "说明")?;
    }
    all_leave([alice, bob]).await
}

async fn members_are_listed(server: &Fixture) -> Outcome {
    let ([alice, bob, carol], group) = three_in_a_group(server).await?;
    let ids = [alice.id(), bob.id(), carol.id()];
    let bob = bob.come_back().await?;
    let listed = bob.reply.groups.iter().filter_map(Entry::read).find(|entry| entry.group == group);
    let listed = listed.ok_or_else(|| {
        Failure::violation(format!(
            "the group {group} is not in a member's list: {:?}",
            bob.reply.groups
        ))
    })?;
    let members: Vec<&Member> = listed.members.iter().filter_map(Entry::read).collect();
    for id in ids.into_iter().filter(|id| *id != bob.id()) {
        ensure(members.iter().any(|member| member.user == id), || {
            format!("the member {id} is not listed in the group: {members:?}")
        })?;
    }
    all_leave([alice, bob, carol]).await
}

async fn every_other_member_hears_it_once(server: &Fixture) -> Outcome {
    let ([mut alice, mut bob, mut carol], group) = three_in_a_group(server).await?;
    say(&mut alice, group, "大家好").await?;
    for member in [&mut bob, &mut carol] {
        let heard = member.next_message().await?;
        expect_eq("the text", heard.text.as_deref(), Some("大家好"))?;
        expect_eq("the group", heard.group, Some(group))?;
        expect_eq("the sender", heard.from, Some(alice.id()))?;
    }
    for member in [&mut bob, &mut carol] {
        let heard = member.everything_until_fence_from(&mut alice).await?;
        is_nothing(member, "hear besides", &heard.news)?;
        // Second copies of one-to-one chats, the fence among them, are CHAT-12's finding.
        let again: Vec<Delivery> =
            heard.repeats.into_iter().filter(|message| message.kind == Kind::GroupChat).collect();
        is_nothing(member, "hear again", &again)?;
    }
    hears_nothing_more(&mut alice, &mut bob).await?;
    all_leave([alice, bob, carol]).await
}

async fn outsiders_hear_nothing(server: &Fixture) -> Outcome {
    let ([mut alice, mut bob, carol], group) = three_in_a_group(server).await?;
    let mut outsider = server.user().await?;
    say(&mut alice, group, "among us").await?;
    let heard = bob.next_message().await?;
    expect_eq("what a member hears", heard.text.as_deref(), Some("among us"))?;
    hears_nothing_more(&mut outsider, &mut alice).await?;
    all_leave([alice, bob, carol, outsider]).await
}

async fn absent_members_get_it_later(server: &Fixture) -> Outcome {
    let ([mut alice, bob, mut carol], group) = three_in_a_group(server).await?;
    let away = if server.dialect().request(Kind::Logout).is_some() {
        let (account, session) = bob.log_out().await?;
        session.leave().await?;
        account
    } else {
        bob.leave().await?
    };
    say(&mut alice, group, "for later").await?;
    expect_eq(
        "what a present member hears",
        carol.next_message().await?.text.as_deref(),
        Some("for later"),
    )?;
    settled(&mut alice, &mut carol).await?;
    let mut bob = server.log_in(&away).await?;
    let came = bob.offline_messages(1).await?;
    expect_eq("the offline messages", texts(&came)?, vec!["for later".to_owned()])?;
    hears_nothing_more(&mut bob, &mut alice).await?;
    all_leave([alice, bob, carol]).await
}

//! CLUSTER: several nodes that are one server.

use std::time::Duration;

use super::{
    case::{Case, Needs},
    chat::{all_leave, hears_nothing_more, send},
    expect::{Failure, Outcome, expect_eq},
    groups::{a_group_of, say},
    offline::{came_while_away, settled},
};
use crate::{
    client::{ClientError, Contact, Session, User},
    fixture::{Fixture, Placement},
    wire::dialect::Kind,
};

pub(super) const CASES: &[Case] = &[
    Case::must("CLUSTER-1", "users on any two nodes hear each other, once and in order", |f| {
        Box::pin(any_two_nodes(f))
    })
    .after(&["CHAT-1"])
    .cluster(),
    Case::must("CLUSTER-2", "a group's members on every node hear a message once", |f| {
        Box::pin(a_group_of_all_nodes(f))
    })
    .after(&["GROUP-3"])
    .needs(&[
        Needs::Request(Kind::CreateGroup),
        Needs::Request(Kind::JoinGroup),
        Needs::Request(Kind::GroupChat),
        Needs::GroupId,
    ])
    .cluster(),
    Case::must("CLUSTER-3", "a user who is logged in on one node is refused on another", |f| {
        Box::pin(single_login(f))
    })
    .after(&["LOGIN-5"])
    .cluster(),
    Case::must("CLUSTER-4", "what was sent to an absent user on one node comes on another", |f| {
        Box::pin(stored_for_all_nodes(f))
    })
    .after(&["OFF-1"])
    .cluster(),
    Case::should("CLUSTER-5", "a connection that was silent for six seconds still works", |f| {
        Box::pin(after_a_silence(f))
    })
    .after(&["CHAT-1"])
    .within(40)
    .cluster(),
];

/// Longer than the `proxy_timeout 3s` that a README of the family prints, with time to notice.
const SILENCE: Duration = Duration::from_secs(6);

/// A fresh user on this node.
pub(in crate::check) async fn user_at(
    server: &Fixture,
    node: &Contact,
) -> Result<User, ClientError> {
    let account = server.absent_user().await?;
    account.log_in(node).await
}

fn contacts(server: &Fixture) -> Vec<Contact> {
    server.nodes().iter().map(|addr| server.contact_at(*addr)).collect()
}

async fn any_two_nodes(server: &Fixture) -> Outcome {
    let mut users = Vec::new();
    for node in contacts(server) {
        users.push((node.addr, user_at(server, &node).await?));
    }
    for from in 0..users.len() {
        for to in (0..users.len()).filter(|to| *to != from) {
            let pair = format!("from node {} to node {}", users[from].0, users[to].0);
            let receiver = users[to].1.id();
            for number in 1..=3 {
                send(&mut users[from].1, receiver, &format!("{pair}, {number}")).await?;
            }
            for number in 1..=3 {
                let heard = users[to].1.next_message().await.map_err(|error| {
                    Failure::violation(format!("message {number} of 3 {pair}: {error}"))
                })?;
                expect_eq(&pair, heard.text, Some(format!("{pair}, {number}")))?;
            }
            let [(_, sender), (_, receiver)] = users
                .get_disjoint_mut([from, to])
                .map_err(|_| Failure::Trouble("a node stands beside itself".to_owned()))?;
            hears_nothing_more(receiver, sender).await?;
        }
    }
    all_leave(users.into_iter().map(|(_, user)| user)).await
}

async fn a_group_of_all_nodes(server: &Fixture) -> Outcome {
    let nodes = contacts(server);
    let mut witness = user_at(server, &nodes[0]).await?;
    let maker = user_at(server, &nodes[0]).await?;
    let (mut maker, group) = a_group_of(maker, &mut witness).await?;
    let mut members = Vec::new();
    for node in nodes.iter().chain(&nodes) {
        let mut member = user_at(server, node).await?;
        member.join(group).await?;
        settled(&mut member, &mut witness).await?;
        members.push((node.addr, member));
    }
    say(&mut maker, group, "to every node").await?;
    for (node, member) in &mut members {
        let heard = member.next_message().await.map_err(|error| {
            Failure::violation(format!("the group's message at node {node}: {error}"))
        })?;
        expect_eq("the group's message", heard.text.as_deref(), Some("to every node"))?;
        hears_nothing_more(member, &mut maker).await?;
    }
    all_leave([maker, witness].into_iter().chain(members.into_iter().map(|(_, user)| user))).await
}

async fn single_login(server: &Fixture) -> Outcome {
    let nodes = contacts(server);
    let alice = user_at(server, &nodes[0]).await?;
    for node in &nodes[1..] {
        let mut second = Session::connect(node).await?;
        match second.login(alice.id(), alice.name(), server.password()).await {
            Err(ClientError::StillOnline { .. } | ClientError::Refused { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => {
                return Err(Failure::violation(format!(
                    "a user was logged in at {} and at {} at once",
                    nodes[0].addr, node.addr
                )));
            }
        }
        second.leave().await?;
    }
    // After leaving one node the next lets her in.
    let account = alice.leave().await?;
    let mut last = Vec::new();
    for node in nodes.iter().rev() {
        let alice = account.log_in(node).await?;
        last.push(alice.leave().await?);
    }
    Ok(())
}

async fn stored_for_all_nodes(server: &Fixture) -> Outcome {
    let nodes = contacts(server);
    let mut sender = user_at(server, &nodes[0]).await?;
    let mut witness = user_at(server, &nodes[0]).await?;
    for node in &nodes {
        let bob = server.absent_user().await?;
        let text = format!("collect me at {}", node.addr);
        send(&mut sender, bob.user, &text).await?;
        settled(&mut sender, &mut witness).await?;
        let mut bob = bob.log_in(node).await?;
        let came = came_while_away(&mut bob, &mut sender).await?;
        expect_eq("what waited for the user", came, vec![text])?;
        bob.leave().await?;
    }
    all_leave([sender, witness]).await
}

async fn after_a_silence(server: &Fixture) -> Outcome {
    let balanced = server.server().balancer().is_some();
    server.place(if balanced { Placement::Balanced } else { Placement::Across });
    let users = server.users().await;
    server.place(Placement::Together);
    let [mut alice, mut bob] = users?;
    tokio::time::sleep(SILENCE).await;
    let silent = |error: ClientError| {
        Failure::violation(format!(
            "after {} s of silence: {error}{}",
            SILENCE.as_secs(),
            if balanced { "; the balancer's `proxy_timeout` may be shorter" } else { "" }
        ))
    };
    alice.chat(bob.id(), "still there?").await.map_err(silent)?;
    let heard = bob.next_message().await.map_err(silent)?;
    expect_eq("what came after the silence", heard.text.as_deref(), Some("still there?"))?;
    all_leave([alice, bob]).await
}

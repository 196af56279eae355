//! NODE: one node of a cluster is killed.
//!
//! Afterwards the whole cluster is started again, with the recipe's `reset`: what a killed node leaves behind is looked at
//! before that.

use std::{
    future::Future,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::time::{sleep, timeout};

use super::{
    Body,
    case::Case,
    expect::{Failure, Outcome, expect_eq},
    functional::{all_leave, came_while_away, send, settled, user_at},
};
use crate::{
    client::{Account, ClientError, Contact, User, fresh_name},
    fixture::{Fixture, Placement},
    process::StopSignal,
    units::format_duration,
};

pub(super) const CASES: &[Case] = &[
    case(
        Case::must("NODE-1", "a node that is killed takes nobody of another node with it", |f| {
            Box::pin(the_others_go_on(f))
        }),
        &["CLUSTER-1"],
    ),
    must("NODE-2", "users of a killed node can log in on another within ten seconds", |f| {
        Box::pin(they_can_log_in_elsewhere(f))
    }),
    must("NODE-3", "what users of a killed node are sent comes at their next login", |f| {
        Box::pin(what_they_were_sent_is_kept(f))
    }),
    case(
        Case::should("NODE-4", "after a node was killed the balancer lets everybody in", |f| {
            Box::pin(the_balancer_lets_all_in(f))
        }),
        &["CHAT-1"],
    )
    .balancer(),
    case(
        Case::info("NODE-5", "what is lost when a node is killed among users who chat", |f| {
            Box::pin(what_is_lost(f))
        }),
        &["CLUSTER-1"],
    ),
];

const fn case(case: Case, after: &'static [&'static str]) -> Case {
    case.after(after).cluster().signals().hostile().within(90)
}

const fn must(id: &'static str, requirement: &'static str, body: Body) -> Case {
    case(Case::must(id, requirement, body), &["CLUSTER-1", "CLUSTER-4"])
}

/// How long a cluster may take to notice that a node is gone.
const TAKEOVER: Duration = Duration::from_secs(10);
/// Between two attempts to log in.
const AGAIN: Duration = Duration::from_millis(250);
/// How often it is looked whether those of another node go on: for longer than it takes most clusters to notice.
const LOOKS: u32 = 16;
/// How long the kernel may take to tell of a process that was killed.
const DEATH_NEWS: Duration = Duration::from_secs(5);

/// The node that stays, and the one that is killed: the first and the last.
fn the_two(server: &Fixture) -> Result<(Contact, Contact), Failure> {
    match *server.nodes() {
        [first, .., last] => Ok((server.contact_at(first), server.contact_at(last))),
        _ => Err(Failure::Trouble("there are not two nodes".to_owned())),
    }
}

/// Kills a node and waits until it is gone.
async fn kill(server: &Fixture, node: SocketAddr) -> Outcome {
    let mut death = server.server().death_at(node);
    if !server.server().signal_node(node, StopSignal::Kill) {
        return Err(Failure::Trouble(format!("there was no process at {node} to kill")));
    }
    match timeout(DEATH_NEWS, death.wait_for(Option::is_some)).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(Failure::Trouble(format!("the node {node} outlived a SIGKILL"))),
    }
}

/// Does what a case does around a killed node, and starts the cluster again whatever came of it.
async fn and_start_again(server: &Fixture, course: impl Future<Output = Outcome>) -> Outcome {
    let outcome = course.await;
    let again = server.restart().await;
    outcome?;
    again.map_err(|error| {
        Failure::violation(format!(
            "after a node was killed it could not be started again: {error}"
        ))
    })
}

/// Logs in as soon as the server lets the user, until the cluster has had time for a takeover.
async fn log_in_soon(
    account: &Account,
    node: &Contact,
    killed: Instant,
) -> Result<User, ClientError> {
    // Each refusal is asked about again here.
    let node = Contact { stale_session_patience: Duration::ZERO, ..node.clone() };
    loop {
        match account.log_in(&node).await {
            Err(error) if is_refusal(&error) && killed.elapsed() < TAKEOVER => sleep(AGAIN).await,
            settled => return settled,
        }
    }
}

/// Whether the server refused a login.
fn is_refusal(error: &ClientError) -> bool {
    matches!(error, ClientError::StillOnline { .. } | ClientError::Refused { .. })
}

async fn the_others_go_on(server: &Fixture) -> Outcome {
    let (here, there) = the_two(server)?;
    let mut alice = user_at(server, &here).await?;
    let mut carol = user_at(server, &here).await?;
    let mut bob = user_at(server, &there).await?;
    for text in ["to the other node", "once more"] {
        send(&mut alice, bob.id(), text).await?;
        expect_eq(
            "what the other node delivers",
            bob.next_message().await?.text,
            Some(text.into()),
        )?;
    }
    let course = async {
        kill(server, there.addr).await?;
        for number in 0..LOOKS {
            // Whatever comes of it: nobody is there to hear it.
            alice.chat(bob.id(), "are you there?").await?;
            let text = format!("we are {number}");
            send(&mut alice, carol.id(), &text).await?;
            expect_eq("what survivors hear", carol.next_message().await?.text, Some(text))?;
            let text = format!("so we are {number}");
            send(&mut carol, alice.id(), &text).await?;
            expect_eq("what survivors hear", alice.next_message().await?.text, Some(text))?;
            sleep(AGAIN).await;
        }
        let mut dave = Account::enrol(&here, &fresh_name(), server.password()).await?;
        send(&mut dave, carol.id(), "I am new").await?;
        let heard = carol.next_message().await?;
        expect_eq("what a new user says", heard.text.as_deref(), Some("I am new"))?;
        all_leave([alice, carol, dave]).await
    };
    and_start_again(server, Box::pin(course)).await
}

async fn they_can_log_in_elsewhere(server: &Fixture) -> Outcome {
    let (here, there) = the_two(server)?;
    let mut carol = user_at(server, &here).await?;
    let bob = user_at(server, &there).await?;
    let account = bob.account.clone();
    let course = async {
        kill(server, there.addr).await?;
        let mut bob = match log_in_soon(&account, &here, Instant::now()).await {
            Ok(bob) => bob,
            Err(error) if is_refusal(&error) => {
                let why = match error {
                    ClientError::StillOnline { code, .. } => {
                        format!("it is still marked online (code {code})")
                    }
                    other => other.to_string(),
                };
                return Err(Failure::violation(format!(
                    "stuck online: {} s after the node {} was killed its user cannot log in at {}: {why}",
                    TAKEOVER.as_secs(),
                    there.addr,
                    here.addr
                )));
            }
            Err(error) => return Err(error.into()),
        };
        send(&mut carol, bob.id(), "welcome back").await?;
        let heard = bob.next_message().await?;
        expect_eq("what is heard at the new node", heard.text.as_deref(), Some("welcome back"))?;
        all_leave([bob, carol]).await
    };
    and_start_again(server, Box::pin(course)).await
}

async fn what_they_were_sent_is_kept(server: &Fixture) -> Outcome {
    let sent: Vec<String> = (1..=3).map(|number| format!("while it was dead {number}")).collect();
    let (here, there) = the_two(server)?;
    let mut alice = user_at(server, &here).await?;
    let mut carol = user_at(server, &here).await?;
    let bob = user_at(server, &there).await?;
    let account = bob.account.clone();
    let course = async {
        kill(server, there.addr).await?;
        for text in &sent {
            send(&mut alice, account.user, text).await?;
        }
        settled(&mut alice, &mut carol).await?;
        let (mut bob, mut other) = match log_in_soon(&account, &here, Instant::now()).await {
            Ok(bob) => (bob, carol),
            // NODE-2 is about that; what was stored is asked for after a new start.
            Err(error) if is_refusal(&error) => {
                server.restart().await.map_err(|error| {
                    Failure::violation(format!("it could not be started again: {error}"))
                })?;
                (server.log_in(&account).await?, server.user().await?)
            }
            Err(error) => return Err(error.into()),
        };
        let came = came_while_away(&mut bob, &mut other).await?;
        expect_eq("what was sent after the node was killed", came, sent)?;
        all_leave([bob, other]).await
    };
    and_start_again(server, Box::pin(course)).await
}

async fn the_balancer_lets_all_in(server: &Fixture) -> Outcome {
    let (_, there) = the_two(server)?;
    let course = async {
        kill(server, there.addr).await?;
        server.place(Placement::Balanced);
        let users = server.crowd(2 * server.nodes().len()).await;
        server.place(Placement::Together);
        let mut users = users.map_err(|error| {
            Failure::Shortcoming(format!("through the balancer, with a node gone: {error}"))
        })?;
        for index in 0..users.len() {
            let next = (index + 1) % users.len();
            let receiver = users[next].id();
            send(&mut users[index], receiver, "who is in?").await?;
            let heard = users[next].next_message().await?;
            expect_eq("what is heard through it", heard.text.as_deref(), Some("who is in?"))?;
        }
        all_leave(users).await
    };
    and_start_again(server, Box::pin(course)).await
}

/// Kills a node while each user's message to the next is on its way, half of them to another node.
async fn what_is_lost(server: &Fixture) -> Outcome {
    const PAIRS: usize = 15;
    let (here, there) = the_two(server)?;
    let (mut stay, mut go) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        stay.push(user_at(server, &here).await?);
        go.push(user_at(server, &there).await?);
    }
    let accounts: Vec<Account> = go.iter().map(|user| user.account.clone()).collect();
    let course = async {
        // Each who stays says something to the next of them, and to one who is about to go.
        for index in 0..PAIRS {
            let (next, gone) = (stay[(index + 1) % PAIRS].id(), accounts[index].user);
            stay[index].chat(gone, "to you").await?;
            stay[index].chat(next, "among us").await?;
        }
        kill(server, there.addr).await?;
        let killed = Instant::now();
        let mut among = 0;
        for user in &mut stay {
            let heard = user.next_message().await;
            among +=
                usize::from(heard.is_ok_and(|heard| heard.text.as_deref() == Some("among us")));
        }
        let mut heard = vec![false; PAIRS];
        for (user, heard) in go.iter_mut().zip(&mut heard) {
            // What the kernel had taken for a client arrives after the death.
            *heard = user.next_message().await.is_ok();
        }
        let arrived = heard.iter().filter(|heard| **heard).count();
        drop(go);
        let (mut back, mut later, mut slowest) = (0, 0, Duration::ZERO);
        for (account, heard) in accounts.iter().zip(heard) {
            match log_in_soon(account, &here, killed).await {
                Ok(mut user) => {
                    (back, slowest) = (back + 1, killed.elapsed());
                    let came = came_while_away(&mut user, &mut stay[0]).await?;
                    later += usize::from(!heard && !came.is_empty());
                    user.leave().await?;
                }
                Err(error) if is_refusal(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if among < PAIRS {
            return Err(Failure::violation(format!(
                "of {PAIRS} messages among users of the node that stayed {} were lost",
                PAIRS - among
            )));
        }
        let took =
            if back > 0 { format!(" within {}", format_duration(slowest)) } else { String::new() };
        Err(Failure::Observed(format!(
            "of {PAIRS} users of the killed node {back} could log in on another{took}; of {PAIRS} messages on their way to \
             them {arrived} had arrived, {later} came with that login, {} had not come; among users of the other node all \
             {PAIRS} arrived",
            PAIRS - arrived - later
        )))
    };
    and_start_again(server, Box::pin(course)).await
}

//! SLOW: users who do not read; what that costs the server, and those in the same group.

use std::time::{Duration, Instant};

use super::{
    case::{Case, Needs},
    expect::{Failure, Outcome, ensure, expect_eq, plain},
    functional::{all_leave, say, three_in_a_group},
    must, should,
    stranger::Stranger,
};
use crate::{
    client::{Account, User},
    fixture::Fixture,
    kernel::holdings_of,
    units::format_duration,
    wire::{Request, dialect::Kind},
};

pub(super) const CASES: &[Case] = &[
    should("SLOW-1", "what waits for a user who does not read takes a bounded memory", |f| {
        Box::pin(memory_is_bounded(f))
    })
    .after(&["CHAT-7", "PEER-1"])
    .may_kill()
    .within(60),
    must("SLOW-2", "a member of a group who does not read does not hold up the others", |f| {
        Box::pin(others_of_the_group_hear(f))
    })
    .after(&["CHAT-7", "GROUP-3"])
    .needs(&[
        Needs::Request(Kind::CreateGroup),
        Needs::Request(Kind::JoinGroup),
        Needs::Request(Kind::GroupChat),
        Needs::GroupId,
    ])
    .may_kill()
    .within(60),
];

/// The length of each message: more than a thousand fill every buffer of the kernel.
const TEXT_BYTES: usize = 10_000;

/// Logs this user in on a connection with hardly any room, which is never read again.
async fn reads_no_more<'f>(
    server: &'f Fixture,
    account: &Account,
) -> Result<Stranger<'f>, Failure> {
    /// How long it may take that the user counts as gone.
    const GONE: Duration = Duration::from_secs(3);
    const ASK_AGAIN: Duration = Duration::from_millis(20);
    let login =
        Request::Login { user: account.user, name: &account.name, password: &account.password };
    let begun = Instant::now();
    loop {
        let mut reader = Stranger::connect_narrow(server).await?;
        let answer = reader.ask(&login).await?;
        if answer.succeeded(server.dialect()) {
            return Ok(reader);
        }
        if begun.elapsed() > GONE {
            let code = plain(&answer.code);
            return Err(Failure::violation(format!(
                "a user who had left could not log in (code {code})"
            )));
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

async fn memory_is_bounded(server: &Fixture) -> Outcome {
    /// Several times what a patient server keeps for a client.
    const MESSAGES: usize = 6_400;
    /// Less than this tells nothing.
    const ENOUGH: usize = MESSAGES / 2;
    /// How long is sent, to a server that reads slowly.
    const SENDING: Duration = Duration::from_secs(30);
    let own = std::process::id();
    let holdings = || server.server().pid().filter(|pid| *pid != own).and_then(holdings_of);
    let Some(before) = holdings() else {
        let unseen = "its process is not seen from here, or is the harness's own";
        return Err(Failure::Observed(unseen.to_owned()));
    };
    let account = server.absent_user().await?;
    let reader = reads_no_more(server, &account).await?;
    let [mut alice] = server.users().await?;
    let text = "x".repeat(TEXT_BYTES);
    let begun = Instant::now();
    let mut sent = 0;
    while sent < MESSAGES && begun.elapsed() < SENDING {
        alice.chat(account.user, &text).await?;
        sent += 1;
    }
    let after = holdings();
    reader.reset();
    all_leave([alice]).await?;
    let Some(after) = after else { return Ok(()) };
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let (grown, waited) =
        (after.rss_bytes.saturating_sub(before.rss_bytes), (sent * TEXT_BYTES) as u64);
    if sent < ENOUGH {
        return Err(Failure::Observed(format!(
            "it took no more than {:.0} MB in {}, which is too little to tell",
            megabytes(waited),
            format_duration(SENDING)
        )));
    }
    ensure(grown < waited / 2, || {
        format!(
            "its memory grew by {:.0} MB while {:.0} MB were sent to one user who does not read: nothing bounds what waits for \
             a slow client, and one of them takes the server down; bound it and close the connection (muduo: \
             setHighWaterMarkCallback)",
            megabytes(grown),
            megabytes(waited)
        )
    })
}

async fn others_of_the_group_hear(server: &Fixture) -> Outcome {
    const MESSAGES: usize = 300;
    /// How long a message may take to a member who reads.
    const UNDISTURBED: Duration = Duration::from_secs(1);
    let ([mut alice, mut bob, carol], group) = three_in_a_group(server).await?;
    let account = carol.account.clone();
    carol.leave().await?;
    let reader = reads_no_more(server, &account).await?;
    let tail = "x".repeat(TEXT_BYTES);
    for index in 0..MESSAGES {
        let text = format!("{index} {tail}");
        let begun = Instant::now();
        say(&mut alice, group, &text).await?;
        let heard = next_text(&mut bob).await?;
        expect_eq("whether a member who reads hears the message", heard == Some(text), true)?;
        let took = begun.elapsed();
        ensure(took < UNDISTURBED, || {
            format!(
                "with a member who does not read, message {index} of {TEXT_BYTES} B took {} to one who does",
                format_duration(took)
            )
        })?;
    }
    reader.reset();
    all_leave([alice, bob]).await
}

async fn next_text(user: &mut User) -> Result<Option<String>, Failure> {
    Ok(user.next_message().await?.text)
}

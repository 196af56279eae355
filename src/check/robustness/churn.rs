//! CHURN: users who come and leave in cycles, by each way of leaving; what the server still holds at rest afterwards.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    case::Case,
    expect::{Failure, Outcome, ensure},
    functional::send,
    must, should,
    stranger::{Stranger, framed, register},
};
use crate::{
    client::{Account, ClientError, User},
    fixture::Fixture,
    kernel::{Holdings, SockDiag, holdings_of},
    wire::Request,
};

pub(super) const CASES: &[Case] = &[
    must("CHURN-1", "users who leave with FIN, again and again, leave nothing behind", |f| {
        Box::pin(churn(f, Way::Fin))
    })
    .may_kill()
    .within(60),
    must("CHURN-2", "users who leave with RST, again and again, leave nothing behind", |f| {
        Box::pin(churn(f, Way::Reset))
    })
    .may_kill()
    .within(60),
    must(
        "CHURN-3",
        "users who leave in mid-document, again and again, leave nothing behind",
        |f| Box::pin(churn(f, Way::MidDocument)),
    )
    .after(&["FRAME-17"])
    .may_kill()
    .within(60),
    must(
        "CHURN-4",
        "users who say FIN and keep their own end open, again and again, leave nothing behind",
        |f| Box::pin(churn(f, Way::HalfClosed)),
    )
    .may_kill()
    .within(60),
    must("CHURN-5", "clients who leave before they log in leave nothing behind", |f| {
        Box::pin(churn(f, Way::BeforeLogin))
    })
    .may_kill()
    .within(60),
    should("CHURN-6", "a server with nothing to do uses no CPU", |f| Box::pin(idle(f))),
];

/// How many come and leave together.
const USERS: usize = 6;
/// How often, after a first time that warms up.
const CYCLES: usize = 4;
/// How long the server may take to give back what those held who have left.
const REST: Duration = Duration::from_secs(3);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What a departed user may cost in memory: allocators keep some, and pages are counted whole.
const BYTES_EACH: u64 = 256 << 10;

/// A way of leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Fin,
    Reset,
    MidDocument,
    HalfClosed,
    BeforeLogin,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Fin => "with FIN",
            Self::Reset => "with RST",
            Self::MidDocument => "in mid-document",
            Self::HalfClosed => "with FIN, their own end kept open",
            Self::BeforeLogin => "before they logged in",
        }
    }
}

async fn churn(server: &Fixture, way: Way) -> Outcome {
    let mut accounts = Vec::with_capacity(USERS);
    for _ in 0..USERS {
        accounts.push(server.absent_user().await?);
    }
    let unseen = cycle(server, &accounts, way).await?;
    taken_leave_of(&unseen).await;
    let before = settled(server).await;
    let mut unseen = Vec::new();
    for _ in 0..CYCLES {
        unseen.extend(cycle(server, &accounts, way).await?);
    }
    if let Some(before) = before {
        taken_leave_of(&unseen).await;
        at_rest(server, before, way).await?;
    }
    for account in &accounts {
        come_back(server, account, way).await?.leave().await?;
    }
    Ok(())
}

/// The two ends of a connection: the server's and the client's.
type Ends = (SocketAddr, SocketAddr);

/// Everybody comes, says something to the next, and leaves. Gives the connections that the server may not have accepted
/// yet: nobody was answered on them.
async fn cycle(server: &Fixture, accounts: &[Account], way: Way) -> Result<Vec<Ends>, Failure> {
    if way == Way::BeforeLogin {
        let mut unseen = Vec::with_capacity(accounts.len());
        for _ in accounts {
            let mut stranger = Stranger::connect(server).await?;
            unseen.extend(stranger.peer().addrs().ok());
        }
        return Ok(unseen);
    }
    let mut users = Vec::with_capacity(accounts.len());
    for account in accounts {
        users.push(come_back(server, account, way).await?);
    }
    for speaker in 0..users.len() {
        let listener = (speaker + 1) % users.len();
        let text = format!("before I leave {:08x}", fastrand::u32(..));
        let to = users[listener].id();
        send(&mut users[speaker], to, &text).await?;
        users[listener].next_message().await?;
    }
    match way {
        Way::Fin => {
            for user in users {
                user.leave().await?;
            }
        }
        Way::Reset => {
            for user in users {
                // A socket that the server has closed already cannot be reset.
                let _ = user.reset();
            }
        }
        _ => {
            // The same accounts once more, on connections without manners.
            for user in users {
                user.leave().await?;
            }
            odd_goodbyes(server, accounts, way).await?;
        }
    }
    Ok(Vec::new())
}

/// Waits until the server has closed its ends of these connections, or has had the time to: one that it has not accepted yet
/// is none of the files that it holds, and would be taken for one that it has given back.
async fn taken_leave_of(left: &[Ends]) {
    let deadline = Instant::now() + REST;
    for (server, client) in left {
        while let Ok(Some(_)) =
            SockDiag::of_this_thread(|kernel| kernel.connection(*server, *client, false))
            && Instant::now() < deadline
        {
            sleep(LOOK_EVERY).await;
        }
    }
}

/// Logs everybody in on bare connections, which end all together.
async fn odd_goodbyes(server: &Fixture, accounts: &[Account], way: Way) -> Outcome {
    let half = framed(server, &register(server)?);
    let mut leaving = Vec::with_capacity(accounts.len());
    for account in accounts {
        let mut stranger = bare_login(server, account, way).await?;
        if way == Way::MidDocument {
            stranger.write_apart(&[&half[..half.len() / 2]]).await?;
        } else {
            // One that the server has closed meanwhile is as good.
            let _ = stranger.peer().finish().await;
        }
        leaving.push(stranger);
    }
    for mut stranger in leaving {
        if way == Way::HalfClosed && !stranger.is_closed().await? {
            return Err(Failure::violation(
                "a user said FIN and kept reading; 3 s later the server had not closed its end: the user stays online, and \
                 a socket is held, for as long as the client likes",
            ));
        }
    }
    Ok(())
}

/// A bare connection with this user logged in; refusals as "already online" are tried again for a while.
async fn bare_login<'f>(
    server: &'f Fixture,
    account: &Account,
    way: Way,
) -> Result<Stranger<'f>, Failure> {
    let login =
        Request::Login { user: account.user, name: &account.name, password: &account.password };
    let deadline = Instant::now() + REST;
    loop {
        let mut stranger = Stranger::connect(server).await?;
        if stranger.ask(&login).await?.succeeded(server.dialect()) {
            return Ok(stranger);
        }
        if Instant::now() >= deadline {
            return Err(locked_out(way));
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn come_back(server: &Fixture, account: &Account, way: Way) -> Result<User, Failure> {
    match server.log_in(account).await {
        Err(ClientError::StillOnline { .. }) => Err(locked_out(way)),
        entered => Ok(entered?),
    }
}

fn locked_out(way: Way) -> Failure {
    Failure::violation(format!(
        "a user who had left {} was still marked online {} s later, and could not log in",
        way.name(),
        REST.as_secs()
    ))
}

/// What the server's process holds; `None` where it is not seen, or is this very process.
fn holdings(server: &Fixture) -> Option<Holdings> {
    server.server().pid().filter(|pid| *pid != std::process::id()).and_then(holdings_of)
}

/// What it holds once that no longer changes.
async fn settled(server: &Fixture) -> Option<Holdings> {
    let deadline = Instant::now() + REST;
    let mut last = holdings(server)?;
    let mut same = 0;
    while same < 3 && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
        let now = holdings(server)?;
        same = if (now.files, now.threads) == (last.files, last.threads) { same + 1 } else { 0 };
        last = now;
    }
    Some(last)
}

/// Looks at what it uses while nobody asks for anything.
async fn idle(server: &Fixture) -> Outcome {
    const SPAN: Duration = Duration::from_secs(1);
    /// A timer of a database's or Redis's client may tick; a loop that waits for nothing does more.
    const SHARE: f64 = 0.1;
    /// On a busy machine such a loop waits for a core most of the time, and a timer's thread does after each tick: what tells
    /// them apart is that the loop takes what it can get.
    const AT_LEAST: f64 = 0.02;
    if settled(server).await.is_none() {
        let unseen = "its process is not seen from here, or is the harness's own";
        return Err(Failure::Observed(unseen.to_owned()));
    }
    let (begun, before) = (Instant::now(), holdings(server));
    sleep(SPAN).await;
    let (Some(before), Some(after)) = (before, holdings(server)) else { return Ok(()) };
    let share = |before: Duration, after: Duration| {
        after.saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64()
    };
    let ran = share(before.cpu, after.cpu);
    let waited = share(before.runnable, after.runnable);
    ensure(ran + waited <= SHARE || ran < AT_LEAST, || {
        format!(
            "for a second nobody asked for anything, and it ran for {:.0} % of it and waited for a core for {:.0} %: a loop \
             that waits for nothing",
            ran * 100.0,
            waited * 100.0
        )
    })
}

/// Requires that it comes to rest with what it held before: less than one file or thread more for each cycle.
async fn at_rest(server: &Fixture, before: Holdings, way: Way) -> Outcome {
    const LEAK: u64 = CYCLES as u64;
    let deadline = Instant::now() + REST;
    let after = loop {
        let Some(now) = holdings(server) else { return Ok(()) };
        let back = now.files < before.files + LEAK && now.threads < before.threads + LEAK;
        if back || Instant::now() >= deadline {
            break now;
        }
        sleep(LOOK_EVERY).await;
    };
    let departures = (CYCLES * USERS) as u64;
    let told = |what: &str, before: String, after: String| {
        format!(
            "{what}: {before} before, {after} after {departures} departures {}, {} s after the last",
            way.name(),
            REST.as_secs()
        )
    };
    if after.files >= before.files + LEAK {
        let [before, after] = [before.files, after.files].map(|count| count.to_string());
        return Err(Failure::Violation(told("it does not close its files", before, after)));
    }
    if after.threads >= before.threads + LEAK {
        let [before, after] = [before.threads, after.threads].map(|count| count.to_string());
        return Err(Failure::Violation(told("it does not end its threads", before, after)));
    }
    if after.rss_bytes > before.rss_bytes + departures * BYTES_EACH {
        let [before, after] = [before.rss_bytes, after.rss_bytes]
            .map(|bytes| format!("{:.1} MB", bytes as f64 / 1e6));
        return Err(Failure::Shortcoming(told("its memory grows", before, after)));
    }
    Ok(())
}

//! One attempt at a case: its body within its deadline, then whether it harmed the server, and a new server if it did.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::TcpStream, time::timeout};

use super::{
    case::Case,
    evidence::{Found, find_out},
    expect::{Failure, Outcome},
    robustness::{still_answers, still_serves},
};
use crate::{client::ClientError, fixture::Fixture};

/// How long the news of a death may take: the kernel closes connections before it reports.
const DEATH_NEWS: Duration = Duration::from_secs(2);
/// How long the core file of a server that is dying may take to be written.
const DUMP: Duration = Duration::from_secs(20);
/// How long a connection to this machine or one nearby may take.
const CONNECT: Duration = Duration::from_secs(2);

/// How an attempt ended.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) outcome: Outcome,
    /// What it did to the server, if anything.
    pub(super) harm: Option<Harm>,
    /// What was found out about that, written down.
    pub(super) evidence: Option<PathBuf>,
}

impl Attempt {
    /// Says at which of several places a failure was seen.
    pub(super) fn say_where(&mut self, place: &str) {
        if let Err(failure) = &mut self.outcome {
            let told = format!("{place}: {failure}");
            *failure = match failure {
                Failure::Violation(_) | Failure::Client(_) => Failure::Violation(told),
                Failure::Shortcoming(_) => Failure::Shortcoming(told),
                Failure::Observed(_) => Failure::Observed(told),
                Failure::Trouble(_) => Failure::Trouble(told),
            };
        }
    }
}

/// What a case did to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// It died, and was started again.
    Died,
    /// It served its users no more, and was started again.
    Hangs,
    /// It died, or serves its users no more, and could not be started again.
    Lasts,
}

/// Runs a case. A server that it harmed is started again, where the harness may; and one that died is tried once more, to
/// tell what kills it from what it dies of now and then. `answered`: it is known to answer a register, so that silence is
/// worth a question.
pub(super) async fn attempt(server: &Fixture, case: &Case, answered: bool) -> Attempt {
    let mut first = once(server, case, answered, true).await;
    let Attempt { outcome: Err(Failure::Violation(told)), harm: Some(Harm::Died), .. } = &first
    else {
        return first;
    };
    let second = once(server, case, answered, false).await;
    let again = match second.harm {
        Some(Harm::Died) => "it died again at a second attempt",
        Some(Harm::Hangs) => "at a second attempt it did not die, but served its users no more",
        Some(Harm::Lasts) => "it died again at a second attempt, and was not started again",
        None => "it lived through a second attempt: a race, perhaps met only in passing",
    };
    Attempt {
        outcome: Err(Failure::Violation(first_line_and(told, again))),
        harm: second.harm.or(first.harm),
        evidence: first.evidence.take(),
    }
}

/// One attempt. If it did harm, `ask` what can be found out about it: that takes a debugger some seconds.
async fn once(server: &Fixture, case: &Case, answered: bool, ask: bool) -> Attempt {
    server.tape().rewind();
    let outcome = match timeout(case.deadline, (case.body)(server)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::violation(format!(
            "the case did not end within {} s: the server answers, but too slowly",
            case.deadline.as_secs()
        ))),
    };
    let Some(harm) = harm_done(server, case, answered, &outcome).await else {
        return Attempt { outcome, harm: None, evidence: None };
    };
    let harm_by_death = matches!(&harm, Failure::Client(error) if error.is_death());
    let mut told = told(&harm, outcome);
    let found = if ask { find_out(server, case.id, &told).await } else { Found::default() };
    if let Some(place) = &found.place {
        told = first_line_and(&told, place);
    }
    let harm = if server.server().is_ours() {
        match server.restart().await {
            Ok(()) if harm_by_death => Harm::Died,
            Ok(()) => Harm::Hangs,
            Err(error) => {
                told = format!("{told}; and it could not be started again: {error}");
                Harm::Lasts
            }
        }
    } else {
        Harm::Lasts
    };
    let outcome = Err(Failure::Violation(told));
    Attempt { outcome, harm: Some(harm), evidence: found.file }
}

/// Adds to the first line: reports cut long reasons.
fn first_line_and(told: &str, more: &str) -> String {
    let (first, rest) = told.split_once('\n').unwrap_or((told, ""));
    format!("{first}; {more}\n{rest}").trim_end().to_owned()
}

/// What happened to the server; a case that saw something of it itself adds that.
fn told(harm: &Failure, outcome: Outcome) -> String {
    match outcome {
        Err(Failure::Violation(seen) | Failure::Shortcoming(seen)) => format!("{harm}\n  {seen}"),
        Err(Failure::Client(error)) if error.is_silence() => format!("{harm}\n  {error}"),
        _ => harm.to_string(),
    }
}

/// Whether the server is dead, gone, hangs, or, after a hostile case, serves its users no more.
async fn harm_done(
    server: &Fixture,
    case: &Case,
    answered: bool,
    outcome: &Outcome,
) -> Option<Failure> {
    if let Some(death) = server.death() {
        return Some(ClientError::Died(death).into());
    }
    let troubled = matches!(outcome, Err(Failure::Client(_) | Failure::Violation(_)));
    // Of the last request of a case that passed the server may be dying: the end of its connections looks like a farewell.
    let ending = server.server().is_ending();
    if ending
        && server.server().is_ours()
        && let Some(death) = death_within(server, DUMP).await
    {
        return Some(death);
    }
    if (troubled || ending)
        && let Some(gone) = gone(server).await
    {
        return Some(gone);
    }
    if !case.hostile {
        // What follows would be red for the same silence, under names that have nothing to do with it.
        let silent = matches!(outcome, Err(Failure::Client(error)) if error.is_silence());
        return if silent && answered { still_answers(server).await.err() } else { None };
    }
    let failure = still_serves(server).await.err()?;
    Some(gone(server).await.unwrap_or(failure))
}

/// Why no connection can be made, to any one of its nodes; `None` when one can to each. Called when a connection was lost:
/// a process that ends closes its listener before its connections.
pub(super) async fn gone(server: &Fixture) -> Option<Failure> {
    let mut found = None;
    for addr in server.nodes().iter().copied() {
        let why = match timeout(CONNECT, TcpStream::connect(addr)).await {
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => error.kind().to_string(),
            Err(_) => "no answer".to_owned(),
        };
        found = Some((addr, why));
        break;
    }
    let (addr, why) = found?;
    if let Some(death) = death_within(server, DEATH_NEWS).await {
        return Some(death);
    }
    Some(Failure::violation(format!(
        "the server is gone: it answered before, and now takes no connection at {addr} ({why})"
    )))
}

/// The news of its death.
async fn death_within(server: &Fixture, limit: Duration) -> Option<Failure> {
    let mut death = server.server().death();
    let news = timeout(limit, death.wait_for(Option::is_some)).await.ok()?.ok()?;
    let death = news.as_ref()?;
    Some(ClientError::Died(Arc::clone(death)).into())
}

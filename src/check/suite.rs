//! Runs cases against one server: one at a time, each after those it stands on; keeps what became of them.

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::PathBuf,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{
    attempt::{Attempt, Harm, attempt},
    case::Case,
    expect::{Failure, Outcome},
    find, registry,
};
use crate::{
    fixture::{Fixture, Placement},
    record::{CaseRecord, CaseResult},
    verdict::Level,
};

/// The longest reason that is kept; sixteen frames of a journal fit in.
const REASON_CHARS: usize = 16_000;

/// A server and what became of each case on it.
///
/// Cases run one at a time, whoever asks: servers of the family die of gentle clients that come in parallel.
#[derive(Debug)]
pub struct Suite {
    fixture: Fixture,
    /// Known failures of this server: the id of a case, and the reason.
    expected: BTreeMap<String, String>,
    turn: tokio::sync::Mutex<()>,
    records: Mutex<BTreeMap<&'static str, CaseRecord>>,
    /// The case after which there was no server any more, and none could be started.
    lost_after: Mutex<Option<&'static str>>,
}

impl Suite {
    /// A suite on this server; `expected` are its known failures.
    pub fn new(fixture: Fixture, expected: BTreeMap<String, String>) -> Self {
        Self {
            fixture,
            expected,
            turn: tokio::sync::Mutex::new(()),
            records: Mutex::default(),
            lost_after: Mutex::default(),
        }
    }

    /// The server.
    pub fn fixture(&self) -> &Fixture {
        &self.fixture
    }

    /// Runs one case, and before it those it stands on, unless they have been run.
    pub async fn run(&self, case: &'static Case) -> CaseRecord {
        let _turn = self.turn.lock().await;
        self.settle(case).await
    }

    /// Runs every case, in the order of the registry; `seen` is told of each as it ends.
    pub async fn run_all(&self, seen: impl FnMut(&CaseRecord)) -> Vec<CaseRecord> {
        self.run_these(registry(), seen).await
    }

    /// Runs these cases, in their order; `seen` is told of each as it ends.
    pub async fn run_these(
        &self,
        cases: impl IntoIterator<Item = &'static Case>,
        mut seen: impl FnMut(&CaseRecord),
    ) -> Vec<CaseRecord> {
        let mut records = Vec::new();
        for case in cases {
            let record = self.run(case).await;
            seen(&record);
            records.push(record);
        }
        records
    }

    /// What has been run so far, in the order of the registry.
    pub fn records(&self) -> Vec<CaseRecord> {
        let records = self.remembered();
        registry().filter_map(|case| records.get(case.id).cloned()).collect()
    }

    fn remembered(&self) -> MutexGuard<'_, BTreeMap<&'static str, CaseRecord>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost_after(&self) -> MutexGuard<'_, Option<&'static str>> {
        self.lost_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record of a case, from memory or from a run now. Recursion ends: a case stands on earlier ones only, as a test
    /// of the registry shows.
    fn settle(&self, case: &'static Case) -> Pin<Box<dyn Future<Output = CaseRecord> + Send + '_>> {
        Box::pin(async move {
            if let Some(record) = self.remembered().get(case.id) {
                return record.clone();
            }
            let obstacle = self.obstacle(case).await;
            let begun = Instant::now();
            let log = self.fixture.server().log_path();
            let (level, result, evidence) = match obstacle {
                Some(obstacle) => (case.level, obstacle, None),
                None => self.try_out(case).await,
            };
            let record = CaseRecord {
                id: case.id.to_owned(),
                title: case.requirement.to_owned(),
                level,
                result,
                took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
                log,
                evidence,
            };
            self.remembered().insert(case.id, record.clone());
            record
        })
    }

    /// Runs a case now. A failure has the level of what did not hold: that the server survives is a MUST in every case.
    async fn try_out(&self, case: &'static Case) -> (Level, CaseResult, Option<PathBuf>) {
        let Attempt { outcome, harm, evidence } = self.in_every_place(case).await;
        if harm == Some(Harm::Lasts) {
            *self.lost_after() = Some(case.id);
        }
        let level = match &outcome {
            _ if harm.is_some() => Level::Must,
            Err(Failure::Shortcoming(_)) => case.level.min(Level::Should),
            _ => case.level,
        };
        (level, self.judge(case, outcome), evidence)
    }

    /// A case of users who behave is also run across the nodes of a cluster and through its balancer, until it fails.
    async fn in_every_place(&self, case: &'static Case) -> Attempt {
        let alike = case.hostile || case.signals || case.cluster;
        let mut last = Attempt { outcome: Ok(()), harm: None, evidence: None };
        for placement in self.fixture.placements().take(if alike { 1 } else { usize::MAX }) {
            self.fixture.place(placement);
            last = attempt(&self.fixture, case, self.answers()).await;
            self.fixture.place(Placement::Together);
            match placement {
                Placement::Together => {}
                Placement::Across => last.say_where("across the nodes"),
                Placement::Balanced => last.say_where("through the balancer"),
            }
            if matches!(last.outcome, Err(ref failure) if !matches!(failure, Failure::Observed(_)))
            {
                break;
            }
        }
        last
    }

    /// Whether the server is known to answer a register.
    fn answers(&self) -> bool {
        self.remembered().get("REG-1").is_some_and(|it| it.result == CaseResult::Passed)
    }

    /// Why a case is not run at all.
    async fn obstacle(&self, case: &'static Case) -> Option<CaseResult> {
        if let Some(reason) = case.inexpressible(self.fixture.dialect()) {
            return Some(CaseResult::Skipped { reason });
        }
        if case.may_kill && !self.fixture.may_crash() {
            return Some(CaseResult::Skipped {
                reason:
                    "servers are known to die of it, and this one was not launched by the harness: \
                         set CHATSERVER_ALLOW_CRASH=1"
                        .to_owned(),
            });
        }
        if case.cluster && self.fixture.nodes().len() < 2 {
            return Some(CaseResult::Skipped {
                reason: "it needs a cluster: name its nodes, as in CHATSERVER_ADDR=127.0.0.1:6000,127.0.0.1:6002"
                    .to_owned(),
            });
        }
        if case.balancer && self.fixture.server().balancer().is_none() {
            return Some(CaseResult::Skipped {
                reason: "it needs a balancer before the nodes: name it in chatserver.toml"
                    .to_owned(),
            });
        }
        if case.signals && !self.fixture.server().is_process() {
            return Some(CaseResult::Skipped {
                reason: "it sends signals, and the harness did not launch this server as a process"
                    .to_owned(),
            });
        }
        for id in case.after {
            let Some(earlier) = find(id) else { continue };
            match self.settle(earlier).await.result {
                CaseResult::Failed { .. } | CaseResult::Known { .. } => {
                    return Some(CaseResult::Blocked { by: (*id).to_owned() });
                }
                CaseResult::Blocked { by } => return Some(CaseResult::Blocked { by }),
                CaseResult::Trouble { reason } => return Some(CaseResult::Trouble { reason }),
                _ => {}
            }
        }
        let lost_after = *self.lost_after();
        match lost_after {
            // Whoever started it may have started it again.
            Some(_) if self.fixture.session().await.is_ok() => {
                *self.lost_after() = None;
                None
            }
            Some(by) => Some(CaseResult::Blocked { by: by.to_owned() }),
            None => None,
        }
    }

    fn judge(&self, case: &'static Case, outcome: Outcome) -> CaseResult {
        let known = self.expected.get(case.id);
        match (outcome, known) {
            (Ok(()), None) => CaseResult::Passed,
            (Ok(()), Some(_)) => CaseResult::UnexpectedPass,
            (Err(Failure::Observed(what)), _) => CaseResult::Observed { what: bounded(what) },
            (Err(Failure::Trouble(reason)), _) => CaseResult::Trouble { reason },
            (Err(failure), Some(known)) => {
                CaseResult::Known { reason: bounded(format!("{known} ({failure})")) }
            }
            (Err(failure), None) => CaseResult::Failed { reason: bounded(failure.to_string()) },
        }
    }
}

/// A reason may quote what a server sent, which may be of any length.
fn bounded(mut reason: String) -> String {
    if let Some((end, _)) = reason.char_indices().nth(REASON_CHARS) {
        let more = reason[end..].chars().count();
        reason.truncate(end);
        let _ = write!(reason, "… ({more} characters more)");
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_and_says_so() {
        assert_eq!(bounded("短".repeat(REASON_CHARS)), "短".repeat(REASON_CHARS));
        let cut = bounded("短".repeat(REASON_CHARS + 7));
        assert_eq!(cut, format!("{}… (7 characters more)", "短".repeat(REASON_CHARS)));
    }
}

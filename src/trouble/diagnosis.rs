//! From the record of a run to the troubles that explain it.

use super::{Trouble, TroubleKind, recognise};
use crate::record::{
    CaseRecord, CaseResult, Death, DeathCause, Ending, Finding, FindingKind, RunRecord, StageRecord,
};

/// So many pieces of evidence are kept of one trouble.
const EVIDENCE_MAX: usize = 3;
/// So many places are named.
const PLACES_MAX: usize = 8;
/// `SIGKILL`, which nobody sends by accident but the kernel.
const KILL: i32 = 9;
/// `SIGABRT`.
const ABORT: i32 = 6;
/// Signals of a processor that was asked for the impossible: `SIGILL`, `SIGBUS`, `SIGFPE`, `SIGSEGV`.
const FAULTS: [i32; 4] = [4, 7, 8, 11];

/// Every trouble of a run, each once, with where it showed and what was seen. A server that is only slow, or only
/// wrong, has none.
pub fn troubles(record: &RunRecord) -> Vec<Trouble> {
    let mut found = Found::default();
    for case in &record.cases {
        found.case(case);
    }
    for stage in &record.stages {
        found.stage(stage);
    }
    if let Ending::Aborted { reason } = &record.ending
        && let Some(kind) = recognise(reason)
    {
        found.add(kind, None, reason.clone());
    }
    for remark in &record.remarks {
        if recognise(remark) == Some(TroubleKind::DiskFull) {
            found.add(TroubleKind::DiskFull, None, remark.clone());
        }
    }
    found.troubles.sort_by_key(|trouble| trouble.kind);
    found.troubles
}

#[derive(Default)]
struct Found {
    troubles: Vec<Trouble>,
}

impl Found {
    fn add(&mut self, kind: TroubleKind, place: Option<&str>, evidence: String) {
        let known = self.troubles.iter().position(|trouble| trouble.kind == kind);
        let index = known.unwrap_or_else(|| {
            self.troubles.push(Trouble { kind, places: Vec::new(), evidence: Vec::new() });
            self.troubles.len() - 1
        });
        let trouble = &mut self.troubles[index];
        if let Some(place) = place
            && trouble.places.len() < PLACES_MAX
            && trouble.places.iter().all(|known| known != place)
        {
            trouble.places.push(place.to_owned());
        }
        if trouble.evidence.len() < EVIDENCE_MAX && !trouble.evidence.contains(&evidence) {
            trouble.evidence.push(evidence);
        }
    }

    fn case(&mut self, case: &CaseRecord) {
        let (CaseResult::Failed { reason } | CaseResult::Trouble { reason }) = &case.result else {
            return;
        };
        if let Some(kind) = recognise(reason) {
            self.add(kind, Some(&case.id), reason.clone());
        }
    }

    fn stage(&mut self, stage: &StageRecord) {
        if let Some(death) = &stage.death {
            let kind = of_death(death);
            let words = death.last_words().join(" | ");
            let quoted = if words.is_empty() { String::new() } else { format!(": {words}") };
            self.add(kind, Some(&stage.name), format!("{}{quoted}", death.how));
        }
        for line in &stage.lines {
            let refused = line.metric.strip_prefix("connect: ");
            if let Some((error, kind)) = refused.and_then(|error| Some((error, recognise(error)?)))
                && line.observed != "0"
            {
                self.add(kind, Some(&stage.name), format!("{error}, {} times", line.observed));
            }
        }
        for finding in &stage.findings {
            if let Some((kind, evidence)) = of_finding(finding, stage) {
                self.add(kind, Some(&stage.name), evidence);
            }
        }
        let retried = stage.users.logged_in_after_retry;
        if retried > 0 {
            let evidence = format!("users let in only after a retry: {retried}");
            self.add(TroubleKind::StuckOnline, Some(&stage.name), evidence);
        }
        let unwritten = stage.monitor.as_ref().and_then(|monitor| monitor.write_error.as_ref());
        if let Some(error) = unwritten
            && recognise(error) == Some(TroubleKind::DiskFull)
        {
            self.add(TroubleKind::DiskFull, Some(&stage.name), error.clone());
        }
        if !stage.warm_up
            && let Some(reason) = stage.self_check.reasons.first()
        {
            self.add(TroubleKind::Starved, Some(&stage.name), reason.clone());
        }
    }
}

/// What a server died of: its last words know more than the signal.
fn of_death(death: &Death) -> TroubleKind {
    let words = death.stderr_tail.iter().rev().chain(death.stdout_tail.iter().rev());
    let said = words.filter_map(|line| recognise(line)).find(|kind| {
        use TroubleKind::{DiskFull, JsonException, MemoryFault, OutOfMemory, TooManyFiles};
        matches!(kind, JsonException | OutOfMemory | TooManyFiles | MemoryFault | DiskFull)
    });
    let by_cause = match &death.how {
        DeathCause::Signaled { signal, .. } if *signal == KILL => TroubleKind::Killed,
        DeathCause::Signaled { signal, .. } if FAULTS.contains(signal) => TroubleKind::MemoryFault,
        DeathCause::Signaled { signal, .. } if *signal == ABORT => TroubleKind::Aborted,
        DeathCause::Signaled { .. } => TroubleKind::Killed,
        DeathCause::Exited { .. } | DeathCause::Unknown { .. } => TroubleKind::Exited,
        DeathCause::ConnectionLost { .. } => TroubleKind::Reset,
    };
    match (said, by_cause) {
        // An old complaint in the log does not explain a wild pointer.
        (_, TroubleKind::MemoryFault) | (None, _) => by_cause,
        (Some(said), _) => said,
    }
}

fn of_finding(finding: &Finding, stage: &StageRecord) -> Option<(TroubleKind, String)> {
    let frames = || finding.examples.iter().map(|example| example.frame.as_str());
    let counted = |what: &str| format!("{} {what}", finding.count);
    Some(match finding.kind {
        FindingKind::Undecodable => (TroubleKind::BrokenJson, broken(finding)),
        // Of a server that died, the closed connections are no trouble of their own.
        FindingKind::ClosedByServer if stage.death.is_none() => {
            (TroubleKind::Reset, counted("connections closed by the server"))
        }
        FindingKind::Unanswered if stage.death.is_none() => {
            let request = frames().next().unwrap_or_default();
            (TroubleKind::NoAnswer, counted(&format!("requests without an answer: {request}")))
        }
        FindingKind::Refused => {
            let kind = frames().find_map(recognise)?;
            (kind, frames().next().unwrap_or_default().to_owned())
        }
        _ => return None,
    })
}

/// Where the first broken document cannot be read further, and its bytes around that place.
fn broken(finding: &Finding) -> String {
    const AROUND: usize = 40;
    let Some(frame) = finding.examples.iter().map(|example| &example.frame).find(|f| !f.is_empty())
    else {
        return format!("{} documents", finding.count);
    };
    let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(frame) else {
        return format!("JSON, but no message of the dialect: {frame}");
    };
    // Frames have no newlines that JSON would count as lines, but where one has: up to its line.
    let before: usize = frame.split_inclusive('\n').take(error.line() - 1).map(str::len).sum();
    let offset = (before + error.column().saturating_sub(1)).min(frame.len());
    let from = frame.floor_char_boundary(offset.saturating_sub(AROUND));
    let to = frame.ceil_char_boundary((offset + AROUND).min(frame.len()));
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default();
    format!("byte {offset}: {what}, in {:?}", &frame[from..to])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Example, example};

    fn kinds(record: &RunRecord) -> Vec<TroubleKind> {
        troubles(record).into_iter().map(|trouble| trouble.kind).collect()
    }

    /// A run that held, but for its second stage.
    fn run(change: impl FnOnce(&mut StageRecord)) -> RunRecord {
        let mut run = example::run();
        run.cases.clear();
        run.stages.truncate(1);
        run.stages[0].users.logged_in_after_retry = 0;
        let mut stage = run.stages[0].clone();
        stage.warm_up = false;
        stage.name = "level".to_owned();
        change(&mut stage);
        run.stages.push(stage);
        run
    }

    fn death(how: DeathCause, said: &str) -> Death {
        let mut death = example::run().stages[1].death.clone().unwrap();
        death.how = how;
        death.stdout_tail.clear();
        death.stderr_tail = vec![said.to_owned()];
        death
    }

    fn signal(signal: i32) -> DeathCause {
        DeathCause::Signaled { signal, name: format!("{signal}"), core_dumped: false }
    }

    #[test]
    fn a_run_that_held_has_no_troubles() {
        assert_eq!(kinds(&run(|_| {})), []);
    }

    #[test]
    fn what_a_server_died_of_is_told_by_its_last_words_else_by_the_signal() {
        let json = "what():  [json.exception.parse_error.101] parse error";
        for (how, said, kind) in [
            (signal(6), json, TroubleKind::JsonException),
            (signal(6), "assertion failed", TroubleKind::Aborted),
            (signal(11), json, TroubleKind::MemoryFault),
            (signal(9), "", TroubleKind::Killed),
            (signal(6), "std::bad_alloc", TroubleKind::OutOfMemory),
            (DeathCause::Exited { code: 1 }, "bye", TroubleKind::Exited),
            (DeathCause::Exited { code: 1 }, "accept: EMFILE", TroubleKind::TooManyFiles),
        ] {
            let died = run(|stage| stage.death = Some(death(how.clone(), said)));
            assert_eq!(kinds(&died), [kind], "{how} {said}");
        }
    }

    #[test]
    fn broken_json_is_shown_with_the_offset_and_the_bytes_there() {
        let told = run(|stage| {
            let mut finding = Finding::new(FindingKind::Undecodable, "");
            finding
                .count_one(|| Example::default().with_frame(br#"{"id":7,"msg":"she said "hi""}"#));
            stage.findings = vec![finding];
        });
        let [trouble] = troubles(&told).try_into().unwrap();
        assert_eq!(
            (trouble.kind, &*trouble.places),
            (TroubleKind::BrokenJson, &["level".into()][..])
        );
        assert!(trouble.evidence[0].starts_with("byte 25: expected"), "{trouble:?}");
        assert!(trouble.evidence[0].contains("she said"), "{trouble:?}");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_too() {
        let mut finding = Finding::new(FindingKind::Undecodable, "");
        finding.count_one(|| Example::default().with_frame("\u{4f60}\n\u{597d}{".as_bytes()));
        assert!(broken(&finding).starts_with("byte 0: expected value"), "{}", broken(&finding));
    }

    #[test]
    fn users_who_are_let_in_late_and_refusals_that_say_so_are_stuck_online() {
        let retried = run(|stage| stage.users.logged_in_after_retry = 3);
        assert_eq!(kinds(&retried), [TroubleKind::StuckOnline]);
        let refused = |frame: &[u8]| {
            run(|stage| {
                let mut finding = Finding::new(FindingKind::Refused, "");
                finding.count_one(|| Example::default().with_frame(frame));
                stage.findings = vec![finding];
            })
        };
        assert_eq!(kinds(&refused(b"this account is using")), [TroubleKind::StuckOnline]);
        assert_eq!(kinds(&refused(b"id or password is wrong")), []);
    }

    #[test]
    fn one_trouble_in_many_places_is_told_once() {
        let mut record = run(|stage| stage.self_check.reasons = vec!["late".into()]);
        let again = record.stages[1].clone();
        record.stages.push(StageRecord { name: "next".into(), ..again });
        let [trouble] = troubles(&record).try_into().unwrap();
        assert_eq!(trouble.kind, TroubleKind::Starved);
        assert_eq!(
            (&*trouble.places, trouble.evidence.len()),
            (&["level".into(), "next".into()][..], 1)
        );
    }

    #[test]
    fn a_full_disk_is_recognised_wherever_it_shows() {
        let mut record = run(|_| {});
        record.remarks.push("cannot write run.json: No space left on device (os error 28)".into());
        assert_eq!(kinds(&record), [TroubleKind::DiskFull]);
        let monitor = run(|stage| {
            let mut monitor = example::run().stages[1].monitor.clone().unwrap();
            monitor.write_error = Some("File too large (os error 27)".into());
            stage.monitor = Some(monitor);
        });
        assert_eq!(kinds(&monitor), [TroubleKind::DiskFull]);
    }
}

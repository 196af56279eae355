//! What happens as JSON, one object an event, for whoever follows a campaign by machine.

use serde_json::{Value, json};

use super::{CampaignEvent, CampaignOutcome};
use crate::{
    load::Progress,
    record::{StageRecord, Statistic},
    verdict::Exit,
};

impl CampaignEvent<'_> {
    /// The event as one JSON object; `event` is its name. Text from a server may be in it, escaped as JSON does.
    pub fn json(&self) -> Value {
        match self {
            Self::Begins { target, directory } => {
                json!({"event": "begins", "target": target, "directory": directory})
            }
            Self::CasesBegin { count } => json!({"event": "cases_begin", "count": count}),
            Self::CaseEnds(case) => json!({"event": "case_ends", "case": case}),
            Self::CasesEnd(cases) => {
                let passed = cases.iter().filter(|case| case.result.passed()).count();
                json!({"event": "cases_end", "count": cases.len(), "passed": passed})
            }
            Self::StageBegins { stage, number, count, .. } => json!({
                "event": "stage_begins",
                "stage": stage.name,
                "number": number,
                "count": count,
                "plan": stage.plan.facts(),
            }),
            Self::StageEnds(record) => stage_ends(record),
            Self::Restarts(death) => json!({"event": "restarts", "death": death}),
            Self::Rests(pause) => json!({"event": "rests", "pause_ms": pause.as_millis() as u64}),
        }
    }
}

/// How a stage goes on, as one JSON object.
pub fn progress_json(stage: &str, progress: &Progress, server_cpu_percent: Option<f64>) -> Value {
    json!({
        "event": "progress",
        "stage": stage,
        "phase": progress.phase.to_string(),
        "elapsed_ms": progress.elapsed_ms,
        "users": progress.users,
        "sent": progress.sent,
        "delivered": progress.delivered,
        "outstanding": progress.outstanding,
        "wrong": progress.wrong,
        "response_p99_us": progress.p99_ns.map(|nanos| nanos as f64 / 1_000.0),
        "server_cpu_percent": server_cpu_percent,
    })
}

impl CampaignOutcome {
    /// The last object of a campaign: the verdict, its reason, the exit code, and where the files are.
    pub fn json(&self) -> Value {
        json!({
            "event": "ends",
            "verdict": self.record.verdict,
            "reason": self.record.reason(),
            "ending": self.record.ending,
            "exit_code": Exit::from(self.record.verdict) as u8,
            "warnings": self.record.warnings(),
            "directory": self.directory.path(),
            "unsaved": self.unsaved.as_ref().map(ToString::to_string),
            "rescued": self.rescued,
        })
    }
}

fn stage_ends(record: &StageRecord) -> Value {
    let response = record.latencies.response.as_ref();
    let judged = |statistic| {
        let micros = response.and_then(|response| response.judged_us(statistic))?;
        // Infinity, of what never arrived, is no number in JSON.
        micros.is_finite().then_some(micros)
    };
    let reasons: Vec<_> = record.reasons().into_iter().map(|(_, reason)| reason).collect();
    json!({
        "event": "stage_ends",
        "stage": record.name,
        "verdict": record.verdict,
        "took_ms": record.took_ms,
        "users": record.users,
        "delivery": record.delivery,
        "response_p50_us": judged(Statistic::P50),
        "response_p99_us": judged(Statistic::P99),
        "reasons": reasons,
    })
}

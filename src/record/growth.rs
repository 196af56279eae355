//! Whether the server's process kept growing: judged at rest, and over the steady part of a stage.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Rigour, VerdictLine};
use crate::verdict::Verdict;

/// Over a steady part shorter than this a slope only warns: buffers and pools that fill up look like a leak.
const SLOPE_BINDS_MS: u64 = 60_000;

/// One judgement on growth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrowthRecord {
    /// What is judged, as thresholds name it: `rss.at_rest`, `fds.at_rest`, `rss.slope`, `fds.slope`.
    pub metric: String,
    /// The unit of the numbers: `MiB`, `files`, or one of them per minute.
    pub unit: String,
    /// By how much it grew; absent when that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<f64>,
    /// How much it may grow.
    pub limit: f64,
    /// Of a slope: between these it lies with 95 % confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// At rest: the reading before the stage, with nobody connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    /// At rest: the reading after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    /// How many readings it rests on.
    pub samples: u64,
    /// Of a slope: from the first reading to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_ms: Option<u64>,
    /// What follows.
    pub verdict: GrowthVerdict,
    /// What it is judged by, what grew, or why it could not be judged.
    pub reason: String,
}

/// What a judgement on growth came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrowthVerdict {
    /// It did not grow beyond its limit.
    Steady,
    /// It did.
    Growing,
    /// That cannot be told; the reason says why.
    Unjudged,
}

impl fmt::Display for GrowthVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Steady => "steady",
            Self::Growing => "growing",
            Self::Unjudged => "not judged",
        })
    }
}

impl GrowthRecord {
    /// Whether it makes a stage red: growth at rest does, a slope only where it lasted for a minute. What could not be
    /// judged is no fault of the server's.
    pub fn rigour(&self) -> Rigour {
        let brief = self.span_ms.is_some_and(|span| span < SLOPE_BINDS_MS);
        match self.verdict {
            GrowthVerdict::Unjudged => Rigour::Warn,
            _ if brief => Rigour::Warn,
            _ => Rigour::Fail,
        }
    }

    /// It as a requirement on its stage.
    pub fn line(&self) -> VerdictLine {
        VerdictLine {
            metric: self.metric.clone(),
            observed: self
                .observed
                .map_or_else(|| "n/a".to_owned(), |grown| format!("{grown:+.1}")),
            limit: format!("≤ {:.1}", self.limit),
            unit: self.unit.clone(),
            result: match self.verdict {
                GrowthVerdict::Steady => Verdict::Pass,
                GrowthVerdict::Growing => Verdict::Fail,
                GrowthVerdict::Unjudged => Verdict::Invalid,
            },
            margin: None,
            level: self.rigour(),
            why: Some(self.reason.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope(span_ms: u64, verdict: GrowthVerdict) -> VerdictLine {
        let growth = GrowthRecord {
            metric: "rss.slope".into(),
            unit: "MiB/min".into(),
            observed: Some(12.25),
            limit: 1.0,
            interval: Some([10.0, 14.0]),
            before: None,
            after: None,
            samples: 40,
            span_ms: Some(span_ms),
            verdict,
            reason: String::new(),
        };
        growth.line()
    }

    #[test]
    fn a_slope_makes_a_stage_red_where_it_lasted_for_a_minute() {
        let long = slope(60_000, GrowthVerdict::Growing);
        assert_eq!((long.verdict(), long.observed.as_str()), (Verdict::Fail, "+12.2"));
        let brief = slope(59_000, GrowthVerdict::Growing);
        assert_eq!((brief.result, brief.verdict()), (Verdict::Fail, Verdict::Pass));
    }

    #[test]
    fn what_could_not_be_judged_is_neither_green_nor_red() {
        let line = slope(60_000, GrowthVerdict::Unjudged);
        assert_eq!((line.result, line.verdict()), (Verdict::Invalid, Verdict::Pass));
    }
}

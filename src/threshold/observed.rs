//! What a stage's record says of a metric.

use super::metric::{Aggregate, Metric, Source};
use crate::{
    record::{FindingKind, StageRecord},
    stats::Statistic,
};

/// A value, in the unit of the metric's quantity; infinite for what never came.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observed {
    pub(super) value: f64,
    /// From what it was made: `98 of 100`.
    pub(super) from: Option<String>,
}

fn plain(value: f64) -> Observed {
    Observed { value, from: None }
}

/// Nothing of nothing is no share.
fn share(part: u64, whole: u64) -> Option<Observed> {
    (whole > 0).then(|| Observed {
        value: part as f64 * 100.0 / whole as f64,
        from: Some(format!("{part} of {whole}")),
    })
}

impl Metric {
    /// What the stage says of it; `None` where there is no sample.
    pub(super) fn observe(&self, stage: &StageRecord) -> Option<Observed> {
        let (users, delivery) = (&stage.users, &stage.delivery);
        let delivered = delivery.delivered() + delivery.recovered;
        let count = match self.source {
            Source::Connects => return share(users.connected, users.asked),
            Source::Logins => return share(users.logged_in_first_attempt, users.asked),
            Source::Sent => return share(delivery.sent, delivery.scheduled),
            Source::Received => return share(delivered, delivery.entitled),
            Source::LoginsUnanswered => users.login_unanswered,
            Source::ClosedByServer => users.closed_by_server,
            Source::Delivered => delivered,
            Source::Lost => delivery.lost,
            Source::Duplicated => delivery.duplicated,
            Source::Misdelivered => delivery.misdelivered,
            Source::Corrupted => delivery.altered(),
            Source::OutOfOrder => delivery.out_of_order,
            Source::Unexpected => delivery.unexpected,
            Source::Uncollected => delivery.uncollected,
            Source::Indeterminate => delivery.indeterminate - delivery.recovered,
            Source::Foreign => delivery.foreign,
            Source::Found(kind) => found(stage, kind),
            Source::SentRate => return stage.rates.map(|rates| plain(rates.sent_per_s)),
            Source::DeliveredRate => return stage.rates.map(|rates| plain(rates.delivered_per_s)),
            Source::Delivery => {
                let scheduled = stage.plan.interval_us.is_some() || stage.plan.rate_per_s.is_some();
                return self.latency(stage, if scheduled { "response" } else { "service" });
            }
            Source::Latency(name) => return self.latency(stage, name),
            Source::Monitor { column, factor } => return self.watched(stage, column, factor),
        };
        Some(plain(count as f64))
    }

    fn watched(&self, stage: &StageRecord, column: &str, factor: u32) -> Option<Observed> {
        let column = stage.monitor.as_ref()?.column(column).filter(|column| column.samples > 0)?;
        let value = match self.aggregate? {
            Aggregate::Of(Statistic::Min) => column.min,
            Aggregate::Of(Statistic::Max) => column.max,
            Aggregate::Of(_) => column.mean,
            Aggregate::Last => column.last,
            Aggregate::Slope => column.slope_per_minute?,
        };
        Some(plain(value * f64::from(factor)))
    }

    fn latency(&self, stage: &StageRecord, name: &str) -> Option<Observed> {
        let (_, summary) = stage.latencies.named().find(|(known, _)| *known == name)?;
        let Some(Aggregate::Of(statistic)) = self.aggregate else { return None };
        // A mean with an infinite member says nothing; who did not arrive is judged by `lost`.
        let value = match statistic {
            Statistic::Mean => summary.measured_us(statistic)?,
            _ => summary.judged_us(statistic)?,
        };
        let missing = summary.undelivered;
        let from = (missing > 0).then(|| format!("{} arrived, {missing} never", summary.count));
        Some(Observed { value, from })
    }
}

fn found(stage: &StageRecord, kind: FindingKind) -> u64 {
    stage.findings.iter().filter(|finding| finding.kind == kind).map(|finding| finding.count).sum()
}

//! What can be judged: the names, what each means, and in what it is counted.

use std::fmt;

use crate::{record::FindingKind, stats::Statistic};

/// In what a metric is counted; inside, always the unit named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// A number of things.
    Count,
    /// Percent.
    Percent,
    /// Microseconds.
    Time,
    /// Per second.
    Rate,
    /// Bytes.
    Bytes,
    /// A number without a unit, such as threads on average.
    Plain,
}

/// One metric, with the statistic where it has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    pub(super) source: Source,
    pub(super) aggregate: Option<Aggregate>,
}

/// Where the numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Connects,
    Logins,
    LoginsUnanswered,
    ClosedByServer,
    Sent,
    Delivered,
    Received,
    Lost,
    Duplicated,
    Misdelivered,
    Corrupted,
    OutOfOrder,
    Unexpected,
    Uncollected,
    Indeterminate,
    Foreign,
    Found(FindingKind),
    SentRate,
    DeliveredRate,
    /// The response where messages have a scheduled instant, else the service.
    Delivery,
    /// A latency by its name in the record.
    Latency(&'static str),
    /// A column of the monitor, and by what it is multiplied to reach the unit of its quantity.
    Monitor {
        column: &'static str,
        factor: u32,
    },
}

/// One number out of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Of(Statistic),
    /// The last value.
    Last,
    /// Of the least-squares line, per minute.
    Slope,
}

/// What a name means.
#[derive(Debug, Clone, Copy)]
pub struct MetricDoc {
    /// The name, without the statistic.
    pub name: &'static str,
    /// In what it is counted.
    pub quantity: Quantity,
    /// What it is, for the page of thresholds.
    pub meaning: &'static str,
    pub(super) source: Source,
}

const fn doc(
    name: &'static str,
    quantity: Quantity,
    source: Source,
    meaning: &'static str,
) -> MetricDoc {
    MetricDoc { name, quantity, meaning, source }
}

const fn found(name: &'static str, kind: FindingKind, meaning: &'static str) -> MetricDoc {
    doc(name, Quantity::Count, Source::Found(kind), meaning)
}

const fn latency(name: &'static str, key: &'static str, meaning: &'static str) -> MetricDoc {
    doc(name, Quantity::Time, Source::Latency(key), meaning)
}

const fn watched(
    name: &'static str,
    quantity: Quantity,
    column: &'static str,
    factor: u32,
    meaning: &'static str,
) -> MetricDoc {
    doc(name, quantity, Source::Monitor { column, factor }, meaning)
}

/// The monitor's MB has 2²⁰ bytes.
const MIB: u32 = 1 << 20;

/// Every metric.
pub const METRICS: &[MetricDoc] = &[
    doc(
        "connects",
        Quantity::Percent,
        Source::Connects,
        "users who were connected, of those asked for",
    ),
    doc(
        "logins",
        Quantity::Percent,
        Source::Logins,
        "users in session at the first attempt, of those asked for",
    ),
    doc(
        "logins.unanswered",
        Quantity::Count,
        Source::LoginsUnanswered,
        "logins that got no answer within their deadline",
    ),
    doc(
        "closed_by_server",
        Quantity::Count,
        Source::ClosedByServer,
        "connections that the server closed unasked",
    ),
    doc("sent", Quantity::Percent, Source::Sent, "messages written, of the slots of the schedule"),
    doc(
        "delivered",
        Quantity::Count,
        Source::Delivered,
        "message × receiver pairs that arrived unchanged",
    ),
    doc(
        "received",
        Quantity::Percent,
        Source::Received,
        "pairs that arrived unchanged, of those that must",
    ),
    doc("lost", Quantity::Count, Source::Lost, "pairs that never arrived"),
    doc(
        "duplicated",
        Quantity::Count,
        Source::Duplicated,
        "arrivals at a receiver who had the message already",
    ),
    doc(
        "misdelivered",
        Quantity::Count,
        Source::Misdelivered,
        "arrivals at somebody who must not hear the message",
    ),
    doc("corrupted", Quantity::Count, Source::Corrupted, "what arrived altered"),
    doc(
        "out_of_order",
        Quantity::Count,
        Source::OutOfOrder,
        "first copies that came after one that was sent later",
    ),
    doc("unexpected", Quantity::Count, Source::Unexpected, "frames that nothing explains"),
    found("undecodable", FindingKind::Undecodable, "frames that are no document of the dialect"),
    found(
        "unanswered",
        FindingKind::Unanswered,
        "requests that were never acknowledged, where the dialect acknowledges them",
    ),
    found("refused", FindingKind::Refused, "messages that the server refused"),
    doc(
        "uncollected",
        Quantity::Count,
        Source::Uncollected,
        "pairs whose receiver could not log in again",
    ),
    doc(
        "indeterminate",
        Quantity::Count,
        Source::Indeterminate,
        "pairs whose fate cannot be known, without those that were recovered",
    ),
    doc("foreign", Quantity::Count, Source::Foreign, "messages of other runs"),
    doc(
        "rate.sent",
        Quantity::Rate,
        Source::SentRate,
        "messages written per second of the measured window",
    ),
    doc(
        "rate.delivered",
        Quantity::Rate,
        Source::DeliveredRate,
        "messages delivered per second of the window, every receiver counted",
    ),
    doc(
        "delivery",
        Quantity::Time,
        Source::Delivery,
        "the response where messages have a scheduled instant, else the service",
    ),
    latency("delivery.response", "response", "from the scheduled instant to the arrival"),
    latency("delivery.service", "service", "from just before the write to the arrival"),
    latency("connect", "connect", "establishing a connection"),
    latency("register", "register", "register to its acknowledgement"),
    latency("login", "login", "login to its acknowledgement"),
    latency("ack", "ack", "chat to its acknowledgement"),
    latency("group.first", "group, first", "response of a group message's first receiver"),
    latency("group.median", "group, median", "response of a group message's median receiver"),
    latency("group.last", "group, last", "response of a group message's last receiver"),
    latency("group.spread", "group, spread", "from a group message's first receiver to its last"),
    watched(
        "server.cpu",
        Quantity::Percent,
        "cpu_percent",
        1,
        "CPU of the server, percent of one core",
    ),
    watched("rss", Quantity::Bytes, "rss_mb", MIB, "resident memory of the server"),
    watched("vms", Quantity::Bytes, "vms_mb", MIB, "address space of the server"),
    watched("fds", Quantity::Plain, "open_fds", 1, "open file descriptors of the server"),
    watched("threads", Quantity::Plain, "threads", 1, "threads of the server"),
    watched(
        "connections",
        Quantity::Plain,
        "connections_established",
        1,
        "established connections of the server's port",
    ),
    watched(
        "accept_queue",
        Quantity::Plain,
        "accept_queue",
        1,
        "connections that wait to be accepted",
    ),
    watched(
        "unread",
        Quantity::Bytes,
        "unread_bytes",
        1,
        "bytes that arrived and that the server has not read",
    ),
    watched(
        "host.cpu",
        Quantity::Percent,
        "host_cpu_percent",
        1,
        "busy time of the machine, percent of all its cores",
    ),
];

/// Every metric, in the order of the page.
pub fn metric_docs() -> impl Iterator<Item = &'static MetricDoc> {
    METRICS.iter()
}

impl MetricDoc {
    /// The statistics of which a threshold must name one; none where there is one number only.
    pub fn statistics(&self) -> &'static [&'static str] {
        match self.source {
            Source::Delivery | Source::Latency(_) => {
                &["min", "mean", "p50", "p90", "p99", "p99.9", "max"]
            }
            Source::Monitor { .. } => &["min", "mean", "max", "last", "slope"],
            _ => &[],
        }
    }
}

impl Metric {
    /// The metric of this name, such as `lost` or `delivery.response.p99`.
    ///
    /// # Errors
    /// Says which names there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(found) = METRICS.iter().find(|metric| metric.name == text) {
            return match found.statistics() {
                [] => Ok(Self { source: found.source, aggregate: None }),
                all => Err(format!(
                    "`{text}` has many values: name one, as in {text}.{}",
                    all[all.len() / 2]
                )),
            };
        }
        // `p99.9` has a dot of its own.
        let split = text.strip_suffix(".p99.9").map(|name| (name, "p99.9"));
        let Some((name, statistic)) = split.or_else(|| text.rsplit_once('.')) else {
            return Err(unknown(text));
        };
        let Some(found) = METRICS.iter().find(|metric| metric.name == name) else {
            return Err(unknown(text));
        };
        if !found.statistics().contains(&statistic) {
            return Err(match found.statistics() {
                [] => format!("`{name}` is one number: leave `.{statistic}` out"),
                all => format!("`{name}` has no `{statistic}`, but {}", all.join(", ")),
            });
        }
        let aggregate = match statistic {
            "min" => Aggregate::Of(Statistic::Min),
            "mean" => Aggregate::Of(Statistic::Mean),
            "p50" => Aggregate::Of(Statistic::P50),
            "p90" => Aggregate::Of(Statistic::P90),
            "p99" => Aggregate::Of(Statistic::P99),
            "p99.9" => Aggregate::Of(Statistic::P999),
            "max" => Aggregate::Of(Statistic::Max),
            "slope" => Aggregate::Slope,
            _ => Aggregate::Last,
        };
        Ok(Self { source: found.source, aggregate: Some(aggregate) })
    }

    pub(super) fn doc(&self) -> &'static MetricDoc {
        let found = METRICS.iter().find(|metric| metric.source == self.source);
        found.unwrap_or_else(|| unreachable!("a metric is made from its entry"))
    }

    /// Whether it is counted per minute.
    pub(super) fn is_slope(&self) -> bool {
        self.aggregate == Some(Aggregate::Slope)
    }

    /// Whether the monitor measures it.
    pub fn is_watched(&self) -> bool {
        matches!(self.source, Source::Monitor { .. })
    }

    /// Whether it is a count that never becomes smaller while a stage runs.
    pub(super) fn only_grows(&self) -> bool {
        matches!(
            self.source,
            Source::LoginsUnanswered
                | Source::ClosedByServer
                | Source::Duplicated
                | Source::Misdelivered
                | Source::Corrupted
                | Source::OutOfOrder
                | Source::Unexpected
                | Source::Foreign
        )
    }

    /// Whether it is decided once everybody has tried to get in.
    pub(super) fn is_settled_by_entering(&self) -> bool {
        matches!(self.source, Source::Connects | Source::Logins)
    }

    /// Whether it is a time, a rate or a use of the machine: of these nothing is said when the harness was too slow.
    pub fn is_timed(&self) -> bool {
        matches!(
            self.source,
            Source::Delivery
                | Source::Latency(_)
                | Source::SentRate
                | Source::DeliveredRate
                | Source::Monitor { .. }
        )
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.doc().name)?;
        match self.aggregate {
            None => Ok(()),
            Some(Aggregate::Of(statistic)) => write!(f, ".{statistic}"),
            Some(Aggregate::Last) => f.write_str(".last"),
            Some(Aggregate::Slope) => f.write_str(".slope"),
        }
    }
}

fn unknown(text: &str) -> String {
    let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    format!("there is no metric `{text}`; there are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_as_it_is_written() {
        for doc in METRICS {
            let names = match doc.statistics() {
                [] => vec![doc.name.to_owned()],
                all => all.iter().map(|statistic| format!("{}.{statistic}", doc.name)).collect(),
            };
            for name in names {
                assert_eq!(Metric::parse(&name).unwrap().to_string(), name);
            }
        }
    }

    #[test]
    fn a_name_that_is_none_is_told_which_there_are() {
        for (text, says) in [
            ("losses", "there are connects, logins"),
            ("delivery", "has many values: name one, as in delivery.p90"),
            ("delivery.p75", "has no `p75`, but min, mean"),
            ("lost.p99", "one number: leave `.p99` out"),
            ("", "no metric ``"),
        ] {
            let error = Metric::parse(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}

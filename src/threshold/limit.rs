//! A threshold: a metric, a comparison, a limit with its unit.

use std::{fmt, str::FromStr};

use super::metric::{Metric, Quantity};

/// How a value is held against its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Below.
    Less,
    /// Below or equal.
    AtMost,
    /// Equal.
    Equal,
    /// Above or equal.
    AtLeast,
    /// Above.
    Greater,
}

impl Comparison {
    /// As a report writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "≤",
            Self::Equal => "=",
            Self::AtLeast => "≥",
            Self::Greater => ">",
        }
    }

    /// Whether the value is right. What is no number never is.
    #[expect(clippy::float_cmp, reason = "an equal limit is a whole number: 0")]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Less => value < limit,
            Self::AtMost => value <= limit,
            Self::Equal => value == limit,
            Self::AtLeast => value >= limit,
            Self::Greater => value > limit,
        }
    }
}

/// A requirement: `delivery.response.p99 < 100ms`, `lost == 0`, `rss.slope < 1MiB/min`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// What is judged.
    pub metric: Metric,
    /// How.
    pub comparison: Comparison,
    /// Against what, in the unit of the metric's quantity (of a slope, per minute).
    pub limit: f64,
    /// The unit in which the limit was written and the value is told.
    pub(super) unit: Unit,
}

/// A unit of writing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    /// How many of the quantity's unit it is.
    pub(super) size: f64,
    pub(super) per_minute: bool,
}

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {why}")]
pub struct ThresholdError {
    /// The text.
    pub text: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

const TIMES: &[(&str, f64)] = &[("ms", 1e3), ("s", 1e6), ("µs", 1.0), ("us", 1.0), ("m", 6e7)];
const BYTES: &[(&str, f64)] = &[
    ("MiB", 1_048_576.0),
    ("KiB", 1_024.0),
    ("GiB", 1_073_741_824.0),
    ("MB", 1e6),
    ("kB", 1e3),
    ("GB", 1e9),
    ("B", 1.0),
];
const PERCENT: &[(&str, f64)] = &[("%", 1.0)];
const RATES: &[(&str, f64)] = &[("/s", 1.0), ("", 1.0)];
const NONE: &[(&str, f64)] = &[("", 1.0)];

impl Quantity {
    /// The units in which it may be written; the first is the usual one.
    fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Time => TIMES,
            Self::Bytes => BYTES,
            Self::Percent => PERCENT,
            Self::Rate => RATES,
            Self::Count | Self::Plain => NONE,
        }
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let wrong = |why: String| ThresholdError { text: text.to_owned(), why };
        let form = || {
            wrong(
                "write a metric, a comparison and a limit: lost == 0, delivery.p99 < 100ms"
                    .to_owned(),
            )
        };
        let at = text.find(['<', '>', '=', '≤', '≥']).ok_or_else(form)?;
        let (name, rest) = text.split_at(at);
        let (comparison, rest) = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("==", Comparison::Equal),
            ("≤", Comparison::AtMost),
            ("≥", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
            ("=", Comparison::Equal),
        ]
        .iter()
        .find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(sign)?)))
        .ok_or_else(form)?;
        let metric = Metric::parse(name.trim()).map_err(wrong)?;
        let rest = rest.trim();
        let end =
            rest.find(|c: char| !(c.is_ascii_digit() || ".-+_".contains(c))).unwrap_or(rest.len());
        let (number, unit) = rest.split_at(end);
        let number: f64 = number
            .replace('_', "")
            .parse()
            .map_err(|_| wrong(format!("`{rest}` does not begin with a number")))?;
        let unit = unit_of(metric, unit.trim()).map_err(wrong)?;
        Ok(Self { metric, comparison, limit: number * unit.size, unit })
    }
}

/// The unit of that name, if the metric is counted in it.
fn unit_of(metric: Metric, written: &str) -> Result<Unit, String> {
    let doc = metric.doc();
    let units = doc.quantity.units();
    let slope = metric.is_slope();
    let name = if slope { written.strip_suffix("/min") } else { Some(written) };
    let found = name.and_then(|name| units.iter().find(|(unit, _)| *unit == name.trim()));
    if let Some((name, size)) = found {
        return Ok(Unit { name, size: *size, per_minute: slope });
    }
    let per = if slope { "/min" } else { "" };
    let right: Vec<String> = units
        .iter()
        .map(|(unit, _)| format!("{unit}{per}"))
        .filter(|unit| !unit.is_empty())
        .collect();
    let said = if written.is_empty() { "no unit".to_owned() } else { format!("`{written}`") };
    Err(if right.is_empty() {
        format!("{metric} has no unit, and {said} was written")
    } else {
        format!("{metric} is written in {}, and {said} was written", right.join(", "))
    })
}

impl Unit {
    /// As it stands behind a number; empty for a count.
    pub(super) fn label(self) -> String {
        format!("{}{}", self.name, if self.per_minute { "/min" } else { "" })
    }

    /// A value of the quantity in this unit, with as many digits as matter.
    pub(super) fn number(self, value: f64) -> String {
        let scaled = value / self.size;
        if scaled.is_infinite() {
            return "never".to_owned();
        }
        let whole = (scaled - scaled.round()).abs() < 1e-9;
        match scaled.abs() {
            _ if whole => format!("{scaled:.0}"),
            0.0..1.0 => format!("{scaled:.3}"),
            1.0..10.0 => format!("{scaled:.2}"),
            _ => format!("{scaled:.1}"),
        }
    }
}

impl Threshold {
    /// The limit with its comparison, as a report has it, without the unit: `< 100`, `≥ 95`, `0`.
    pub fn limit_text(&self) -> String {
        let number = self.unit.number(self.limit);
        match self.comparison {
            Comparison::Equal => number,
            comparison => format!("{} {number}", comparison.symbol()),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let equal = if self.comparison == Comparison::Equal { "= " } else { "" };
        let unit = self.unit.label();
        let space = if unit.is_empty() || unit.starts_with('/') { "" } else { " " };
        write!(f, "{} {equal}{}{space}{unit}", self.metric, self.limit_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Threshold {
        text.parse().unwrap()
    }

    #[test]
    fn thresholds_are_read_as_people_write_them() {
        for (text, limit, written) in [
            ("delivery.response.p99 < 100ms", 100_000.0, "delivery.response.p99 < 100 ms"),
            ("login.mean<=1.5 s", 1_500_000.0, "login.mean ≤ 1.50 s"),
            ("lost == 0", 0.0, "lost = 0"),
            ("lost=0", 0.0, "lost = 0"),
            ("rss.slope < 1MiB/min", 1_048_576.0, "rss.slope < 1 MiB/min"),
            ("fds.slope < 2/min", 2.0, "fds.slope < 2/min"),
            ("server.cpu.mean < 80%", 80.0, "server.cpu.mean < 80 %"),
            ("connects >= 99 %", 99.0, "connects ≥ 99 %"),
            ("rate.sent > 1_000/s", 1_000.0, "rate.sent > 1000/s"),
            ("threads.max ≤ 12", 12.0, "threads.max ≤ 12"),
        ] {
            let threshold = parsed(text);
            assert!((threshold.limit - limit).abs() < 1e-6, "{text}");
            assert_eq!(threshold.to_string(), written);
            assert_eq!(parsed(&threshold.to_string()), threshold, "{written}");
        }
    }

    #[test]
    fn what_is_no_threshold_says_why() {
        for (text, says) in [
            ("", "write a metric, a comparison and a limit"),
            ("lost", "write a metric"),
            ("lost == none", "does not begin with a number"),
            ("lost == 0%", "lost has no unit"),
            ("delivery.p99 < 100", "is written in ms, s, µs, us, m, and no unit was written"),
            ("delivery.p99 < 100MiB", "`MiB` was written"),
            ("rss.slope < 1MiB", "MiB/min"),
            ("losses == 0", "there is no metric `losses`"),
            ("delivery.p99 < 1.2.3ms", "does not begin with a number"),
        ] {
            let error = text.parse::<Threshold>().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}

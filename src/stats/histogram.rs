//! A latency histogram: nanoseconds in, exact merging, percentiles in microseconds out, base64 for the record.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hdrhistogram::{
    Histogram as Hdr,
    serialization::{Deserializer, Serializer as _, V2DeflateSerializer},
};
use thiserror::Error;

use super::{JudgedPercentiles, LatencySummary};

/// Longer than any deadline of the harness; what exceeds it is counted as this.
const MAX_NANOS: u64 = 10 * 60 * 1_000_000_000;

/// A serialised histogram that cannot be read back.
#[derive(Debug, Error)]
#[error("not a latency histogram (HdrHistogram V2, base64): {reason}")]
pub struct HistogramError {
    /// What is wrong with it.
    pub reason: String,
}

/// Latencies of one operation on one thread; merged over threads, never over stages.
///
/// Three significant digits from 1 ns to 10 minutes. The range starts at 1 ns although no latency is that short:
/// the bucket width below 2 µs would else be that of the lower bound's power of two, 512 ns for 1 µs, which is 2 %
/// of a 30 µs delivery on loopback. It costs 240 KiB in place of 170 KiB, of which only the pages in use are touched.
/// Recording takes about 5 ns and does not allocate.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    counts: Hdr<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl Histogram {
    /// An empty histogram.
    #[expect(clippy::missing_panics_doc, reason = "the range is a constant")]
    pub fn new() -> Self {
        let counts = Hdr::new_with_bounds(1, MAX_NANOS, 3);
        Self { counts: counts.expect("1 ns to 10 min at 3 digits is a valid range") }
    }

    /// Records one latency; zero counts as 1 ns, more than 10 minutes as 10 minutes.
    pub fn record(&mut self, nanos: u64) {
        self.counts.saturating_record(nanos.max(1));
    }

    /// Adds all that another histogram holds; exact, because all of them have the same buckets.
    #[expect(clippy::missing_panics_doc, reason = "no histogram has another range")]
    pub fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts).expect("all histograms have one range and do not resize");
    }

    /// How many latencies were recorded.
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// Forgets all of it and keeps the memory.
    pub fn clear(&mut self) {
        self.counts.reset();
    }

    /// The value in nanoseconds that `share` (0 to 1) of what was recorded does not exceed; `None` when empty.
    pub fn quantile_nanos(&self, share: f64) -> Option<u64> {
        (self.count() > 0).then(|| self.counts.value_at_quantile(share))
    }

    /// The summary; `undelivered` is the number of those that should have been recorded and never were, each
    /// infinitely late in [`LatencySummary::judged`]. `None` when there was neither a value nor an undelivered one.
    pub fn summary(&self, undelivered: u64) -> Option<LatencySummary> {
        let count = self.count();
        if count == 0 && undelivered == 0 {
            return None;
        }
        let measured = |share| self.judged_nanos(share, 0).map(micros);
        let judged = |share| self.judged_nanos(share, undelivered).map(micros);
        let some = |nanos: u64| (count > 0).then(|| micros(nanos));
        Some(LatencySummary {
            count,
            undelivered,
            min_us: some(self.counts.min()),
            mean_us: (count > 0).then(|| (self.counts.mean()).round() / 1e3),
            p50_us: measured(0.5),
            p90_us: measured(0.9),
            p99_us: measured(0.99),
            p999_us: measured(0.999),
            max_us: some(self.counts.max()),
            judged: JudgedPercentiles {
                p50_us: judged(0.5),
                p90_us: judged(0.9),
                p99_us: judged(0.99),
                p999_us: judged(0.999),
            },
            histogram: self.to_base64(),
        })
    }

    /// The quantile among the recorded and `undelivered` infinitely late ones; `None` where it falls on one of these.
    fn judged_nanos(&self, share: f64, undelivered: u64) -> Option<u64> {
        let all = self.count() + undelivered;
        // The rank as HdrHistogram counts it: at least one, rounded up.
        let rank = ((share * all as f64).ceil() as u64).clamp(1, all.max(1));
        if rank > self.count() {
            return None;
        }
        // Half a rank lower: HdrHistogram rounds up, and the quotient may be a hair above the rank.
        self.quantile_nanos((rank as f64 - 0.5) / self.count() as f64)
    }

    /// The counts themselves, for those who write them in a format of `HdrHistogram`.
    #[cfg(feature = "report")]
    pub(crate) fn counts(&self) -> &Hdr<u64> {
        &self.counts
    }

    /// All of it as text: `HdrHistogram` V2, deflated, base64; other tools read it too.
    #[expect(clippy::missing_panics_doc, reason = "writing into memory does not fail")]
    pub fn to_base64(&self) -> String {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&self.counts, &mut bytes)
            .expect("a histogram of at most 2^63 counts serialises into memory");
        STANDARD.encode(bytes)
    }

    /// Reads [`Histogram::to_base64`] back.
    ///
    /// # Errors
    /// When the text is no base64, no V2 histogram, or one with other buckets than ours.
    pub fn from_base64(text: &str) -> Result<Self, HistogramError> {
        let bytes =
            STANDARD.decode(text).map_err(|error| HistogramError { reason: error.to_string() })?;
        let counts: Hdr<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| HistogramError { reason: error.to_string() })?;
        let ours = Self::new();
        if (counts.low(), counts.high(), counts.sigfig()) != (1, MAX_NANOS, ours.counts.sigfig()) {
            let reason = format!("made for {} to {} ns, not for ours", counts.low(), counts.high());
            return Err(HistogramError { reason });
        }
        // Read back, a histogram is allowed to grow; ours are not, and they stay mergeable this way.
        let mut read = ours;
        let whole = read.counts.add(&counts);
        whole.map_err(|error| HistogramError { reason: error.to_string() })?;
        Ok(read)
    }
}

/// To the nanosecond: all the digits that were measured, and few enough to survive JSON exactly.
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::Statistic;

    fn histogram(nanos: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::new();
        nanos.into_iter().for_each(|nanos| histogram.record(nanos));
        histogram
    }

    #[test]
    fn a_thousand_known_latencies_give_the_known_percentiles() {
        let summary = histogram((1..=1000).map(|ms| ms * 1_000_000)).summary(0).unwrap();
        for (statistic, ms) in [
            (Statistic::Min, 1.0),
            (Statistic::Mean, 500.5),
            (Statistic::P50, 500.0),
            (Statistic::P90, 900.0),
            (Statistic::P99, 990.0),
            (Statistic::P999, 999.0),
            (Statistic::Max, 1000.0),
        ] {
            let seen = summary.measured_us(statistic).unwrap() / 1e3;
            assert!((seen / ms - 1.0).abs() < 1e-3, "{statistic}: {seen} is not {ms}");
            assert_eq!(summary.judged_us(statistic), summary.measured_us(statistic));
        }
    }

    #[test]
    fn the_undelivered_are_infinitely_late_for_thresholds_only() {
        let all_fast = histogram([1_000; 985]);
        let summary = all_fast.summary(15).unwrap();
        assert_eq!(summary.p99_us, Some(1.0));
        assert_eq!(summary.judged.p50_us, Some(1.0));
        assert_eq!(summary.judged.p99_us, None);
        assert_eq!(summary.judged_us(Statistic::P99), Some(f64::INFINITY));
        assert_eq!(summary.judged_us(Statistic::Max), Some(f64::INFINITY));
        assert_eq!(summary.judged_us(Statistic::Mean), Some(f64::INFINITY));
        assert_eq!(all_fast.summary(5).unwrap().judged.p99_us, Some(1.0));
    }

    #[test]
    fn without_samples_there_is_no_number() {
        assert_eq!(Histogram::new().summary(0), None);
        let nothing_arrived = Histogram::new().summary(3).unwrap();
        assert_eq!((nothing_arrived.max_us, nothing_arrived.judged.p50_us), (None, None));
        assert_eq!(nothing_arrived.judged_us(Statistic::P50), Some(f64::INFINITY));
    }

    #[test]
    fn the_ends_of_the_range_saturate() {
        let summary = histogram([0, u64::MAX]).summary(0).unwrap();
        assert_eq!((summary.count, summary.min_us), (2, Some(0.001)));
        assert!(summary.max_us.unwrap() >= 6e8);
    }

    #[test]
    fn text_that_is_no_histogram_is_refused() {
        for text in ["", "%%%", "AAAA", "HISTFAAAAB0="] {
            assert!(Histogram::from_base64(text).is_err(), "{text}");
        }
        let mut bytes = Vec::new();
        let other = Hdr::<u64>::new_with_bounds(1, 1000, 2).unwrap();
        V2DeflateSerializer::new().serialize(&other, &mut bytes).unwrap();
        let error = Histogram::from_base64(&STANDARD.encode(bytes)).unwrap_err();
        assert!(error.to_string().contains("1 to 1000 ns"), "{error}");
    }

    proptest! {
        #[test]
        fn merging_is_recording_into_one_and_survives_base64(
            left in prop::collection::vec(0..MAX_NANOS, 0..200),
            right in prop::collection::vec(0..MAX_NANOS, 0..200),
        ) {
            let mut merged = histogram(left.iter().copied());
            let read = Histogram::from_base64(&histogram(right.iter().copied()).to_base64()).unwrap();
            merged.merge(&read);
            let together = histogram(left.into_iter().chain(right));
            prop_assert_eq!(merged.summary(7), together.summary(7));
        }

        #[test]
        fn a_judged_percentile_is_that_of_the_sorted_list_with_infinities(
            mut nanos in prop::collection::vec(1..MAX_NANOS, 1..300),
            undelivered in 0..30_u64,
        ) {
            let summary = histogram(nanos.iter().copied()).summary(undelivered).unwrap();
            nanos.sort_unstable();
            let all = nanos.len() as u64 + undelivered;
            let rank = ((0.9 * all as f64).ceil() as usize).max(1);
            match (nanos.get(rank - 1), summary.judged.p90_us) {
                (Some(&exact), Some(seen)) => {
                    prop_assert!((seen * 1e3 / exact as f64 - 1.0).abs() < 2e-3, "{} {}", seen, exact);
                }
                (exact, seen) => prop_assert!(exact.is_none() && seen.is_none()),
            }
        }
    }
}

//! What happened in each second of a stage, binned by the instant at which it was scheduled.

use super::Second;

/// A series covers at most so many seconds (a day); what is scheduled later is counted, not binned.
pub const MAX_SECONDS: usize = 86_400;

/// Latencies of one second are kept with so many buckets an octave: the error of a percentile is at most 1.6 %.
const BUCKETS_PER_OCTAVE: u32 = 32;
const OCTAVE_BITS: u32 = BUCKETS_PER_OCTAVE.trailing_zeros();

/// A series of seconds. A message counts in the second in which it was *due*: a server that stalls for five seconds
/// shows five bad seconds, not one after the stall.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    seconds: Vec<Bin>,
    beyond: u64,
}

/// A sparse log-linear histogram of one second: a few hundred bytes where an HDR histogram takes 240 KiB.
#[derive(Debug, Clone, Default, PartialEq)]
struct Bin {
    sent: u64,
    delivered: u64,
    max_nanos: u64,
    buckets: Vec<(u16, u32)>,
}

impl Series {
    /// A series that holds `seconds` without allocating for the bins themselves.
    pub fn with_capacity(seconds: usize) -> Self {
        Self { seconds: Vec::with_capacity(seconds.min(MAX_SECONDS)), beyond: 0 }
    }

    /// A message that was due `scheduled_nanos` after the start was sent.
    pub fn sent(&mut self, scheduled_nanos: u64) {
        if let Some(bin) = self.bin(scheduled_nanos) {
            bin.sent += 1;
        }
    }

    /// A message that was due `scheduled_nanos` after the start was delivered with this latency.
    pub fn delivered(&mut self, scheduled_nanos: u64, latency_nanos: u64) {
        if let Some(bin) = self.bin(scheduled_nanos) {
            bin.delivered += 1;
            bin.max_nanos = bin.max_nanos.max(latency_nanos);
            bin.count(bucket(latency_nanos), 1);
        }
    }

    /// Adds another thread's series of the same stage.
    pub fn merge(&mut self, other: &Self) {
        if self.seconds.len() < other.seconds.len() {
            self.seconds.resize_with(other.seconds.len(), Bin::default);
        }
        self.beyond += other.beyond;
        for (bin, theirs) in self.seconds.iter_mut().zip(&other.seconds) {
            bin.sent += theirs.sent;
            bin.delivered += theirs.delivered;
            bin.max_nanos = bin.max_nanos.max(theirs.max_nanos);
            theirs.buckets.iter().for_each(|&(bucket, count)| bin.count(bucket, count));
        }
    }

    /// Each second from the first to the last that was touched; seconds in which nothing was due are there, with
    /// zeros.
    pub fn seconds(&self) -> impl Iterator<Item = Second> {
        self.seconds.iter().enumerate().map(|(second, bin)| Second {
            second: second as u64,
            sent: bin.sent,
            delivered: bin.delivered,
            p50_us: bin.quantile_us(0.5),
            p99_us: bin.quantile_us(0.99),
            max_us: (bin.delivered > 0).then_some(bin.max_nanos as f64 / 1e3),
        })
    }

    /// How many events were due beyond [`MAX_SECONDS`] and are in no bin.
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    fn bin(&mut self, scheduled_nanos: u64) -> Option<&mut Bin> {
        let second = (scheduled_nanos / 1_000_000_000) as usize;
        if second >= MAX_SECONDS {
            self.beyond += 1;
            return None;
        }
        if second >= self.seconds.len() {
            self.seconds.resize_with(second + 1, Bin::default);
        }
        self.seconds.get_mut(second)
    }
}

impl Bin {
    fn count(&mut self, bucket: u16, count: u32) {
        match self.buckets.binary_search_by_key(&bucket, |&(key, _)| key) {
            Ok(at) => self.buckets[at].1 = self.buckets[at].1.saturating_add(count),
            Err(at) => self.buckets.insert(at, (bucket, count)),
        }
    }

    fn quantile_us(&self, share: f64) -> Option<f64> {
        let all: u64 = self.buckets.iter().map(|&(_, count)| u64::from(count)).sum();
        let rank = ((share * all as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let hit = self.buckets.iter().find(|&&(_, count)| {
            seen += u64::from(count);
            seen >= rank
        })?;
        Some(middle_nanos(hit.0).min(self.max_nanos as f64) / 1e3)
    }
}

/// The bucket of a latency: exact below 32 ns, then 32 buckets to each doubling.
fn bucket(nanos: u64) -> u16 {
    if nanos < u64::from(BUCKETS_PER_OCTAVE) {
        return nanos as u16;
    }
    let shift = nanos.ilog2() - OCTAVE_BITS;
    ((shift * BUCKETS_PER_OCTAVE) + (nanos >> shift) as u32) as u16
}

/// The middle of a bucket, in nanoseconds.
fn middle_nanos(bucket: u16) -> f64 {
    let bucket = u64::from(bucket);
    let octave = u64::from(BUCKETS_PER_OCTAVE);
    if bucket < 2 * octave {
        return bucket as f64;
    }
    let shift = bucket / octave - 1;
    let low = (bucket % octave + octave) << shift;
    low as f64 + (1_u64 << shift) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn every_latency_lies_in_its_bucket_within_two_percent() {
        let mut last = 0;
        for nanos in (0..40).flat_map(|bits| [1_u64 << bits, (1 << bits) * 5 / 4, (2 << bits) - 1])
        {
            let error = middle_nanos(bucket(nanos)) - nanos as f64;
            assert!(error.abs() <= nanos as f64 * 0.016, "{nanos}: {error}");
            last = last.max(bucket(nanos));
        }
        assert!(bucket(u64::MAX) > last);
    }

    #[test]
    fn a_message_counts_in_the_second_in_which_it_was_due() {
        let mut series = Series::default();
        series.sent(SECOND / 2);
        series.delivered(SECOND / 2, 5 * SECOND);
        series.sent(3 * SECOND);
        let seconds: Vec<_> = series.seconds().collect();
        assert_eq!(seconds.len(), 4);
        assert_eq!((seconds[0].sent, seconds[0].delivered), (1, 1));
        assert_eq!(seconds[0].max_us, Some(5e6));
        assert_eq!((seconds[2].sent, seconds[2].p50_us), (0, None));
        assert_eq!((seconds[3].sent, seconds[3].max_us), (1, None));
    }

    #[test]
    fn percentiles_of_a_second_are_those_of_its_deliveries() {
        let mut series = Series::default();
        (1..=100).for_each(|ms| series.delivered(0, ms * 1_000_000));
        let first = series.seconds().next().unwrap();
        assert!((first.p50_us.unwrap() / 50e3 - 1.0).abs() < 0.02, "{first:?}");
        assert!((first.p99_us.unwrap() / 99e3 - 1.0).abs() < 0.02, "{first:?}");
        assert_eq!(first.max_us, Some(100e3));
    }

    #[test]
    fn merging_two_threads_is_recording_in_one() {
        let (mut one, mut two, mut both) =
            (Series::default(), Series::default(), Series::default());
        for i in 0..1000_u64 {
            let (at, latency) = (i * SECOND / 100, 1_000 + i * i);
            for series in [if i % 3 == 0 { &mut one } else { &mut two }, &mut both] {
                series.sent(at);
                series.delivered(at, latency);
            }
        }
        one.merge(&two);
        assert_eq!(one, both);
    }

    #[test]
    fn what_lies_beyond_the_bound_is_counted() {
        let mut series = Series::default();
        series.sent(u64::MAX);
        assert_eq!((series.beyond(), series.seconds().count()), (1, 0));
    }
}

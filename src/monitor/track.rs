//! What of each row is kept to judge afterwards whether the server grew while the load was steady.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Column, Sample};
use crate::{
    record::{GrowthRecord, GrowthVerdict},
    stats::{TREND_SAMPLES, Trend},
};

/// When so many points are kept every second one is let go: a day at one a second.
const POINTS_MAX: usize = 90_000;
/// A rise of less over the whole steady part is no leak that can be told from noise.
const RSS_RISE_LEAST_MIB: f64 = 1.0;
const FDS_RISE_LEAST: f64 = 5.0;
/// Slopes up to these are let pass.
const RSS_SLOPE_MIB_PER_MINUTE: f64 = 1.0;
const FDS_SLOPE_PER_MINUTE: f64 = 5.0;

/// Memory and files of the server, row by row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Track {
    points: Vec<Point>,
    /// Of how many rows one is kept, as a power of two.
    sparse: u32,
    seen: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Point {
    at: Timestamp,
    pid: u32,
    rss_mib: Option<f64>,
    fds: Option<f64>,
    /// The busiest thread and its CPU, in percent of one core.
    busiest: Option<(String, f64)>,
}

/// The thread that was the busiest while the load was steady.
#[derive(Debug, Clone, PartialEq)]
pub struct BusiestThread {
    /// Its name.
    pub name: String,
    /// In how many rows of how many it was the busiest one.
    pub rows: (usize, usize),
    /// The CPU of the busiest thread, whichever it was, the mean over all rows, in percent of one core.
    pub mean_cpu_percent: f64,
}

/// A column whose slope is judged.
struct Judged {
    metric: &'static str,
    unit: &'static str,
    limit: f64,
    rise_least: f64,
    value: fn(&Point) -> Option<f64>,
}

const JUDGED: [Judged; 2] = [
    Judged {
        metric: "rss.slope",
        unit: "MiB/min",
        limit: RSS_SLOPE_MIB_PER_MINUTE,
        rise_least: RSS_RISE_LEAST_MIB,
        value: |point| point.rss_mib,
    },
    Judged {
        metric: "fds.slope",
        unit: "files/min",
        limit: FDS_SLOPE_PER_MINUTE,
        rise_least: FDS_RISE_LEAST,
        value: |point| point.fds,
    },
];

impl Track {
    /// Keeps a row.
    pub(super) fn add(&mut self, sample: &Sample) {
        let Some(pid) = sample.pid else { return };
        self.seen += 1;
        if !self.seen.is_multiple_of(1 << self.sparse) {
            return;
        }
        let (rss_mib, fds) = (sample.get(Column::RssMb), sample.get(Column::OpenFds));
        let percent = sample.get(Column::BusiestThreadPercent);
        let busiest = sample.busiest_thread.clone().zip(percent);
        self.points.push(Point { at: sample.at, pid, rss_mib, fds, busiest });
        if self.points.len() >= POINTS_MAX {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 0
            });
            self.sparse += 1;
        }
    }

    /// Whether memory and files rose over the rows from one instant to another, between which the load was steady.
    pub fn growth(&self, from: Timestamp, to: Timestamp) -> Vec<GrowthRecord> {
        let steady: Vec<&Point> =
            self.points.iter().filter(|point| (from..=to).contains(&point.at)).collect();
        JUDGED.iter().map(|judged| judged.slope(&steady)).collect()
    }

    /// The busiest thread over the rows from one instant to another; `None` where threads could not be told apart.
    pub fn busiest_thread(&self, from: Timestamp, to: Timestamp) -> Option<BusiestThread> {
        let steady = self.points.iter().filter(|point| (from..=to).contains(&point.at));
        let busiest: Vec<&(String, f64)> =
            steady.filter_map(|point| point.busiest.as_ref()).collect();
        let mut rows = BTreeMap::<&str, usize>::new();
        for (name, _) in &busiest {
            *rows.entry(name).or_insert(0) += 1;
        }
        let (name, often) = rows.into_iter().max_by_key(|(_, rows)| *rows)?;
        let sum: f64 = busiest.iter().map(|(_, percent)| percent).sum();
        Some(BusiestThread {
            name: name.to_owned(),
            rows: (often, busiest.len()),
            mean_cpu_percent: sum / busiest.len() as f64,
        })
    }

    /// The growth over all rows.
    pub fn growth_overall(&self) -> Vec<GrowthRecord> {
        self.growth(Timestamp::MIN, Timestamp::MAX)
    }
}

impl Judged {
    fn slope(&self, steady: &[&Point]) -> GrowthRecord {
        let begin = steady.first().map(|point| point.at).unwrap_or_default();
        let seconds = |point: &Point| point.at.duration_since(begin).as_secs_f64();
        let points: Vec<(f64, f64)> = steady
            .iter()
            .filter_map(|point| Some((seconds(point), (self.value)(point)?)))
            .collect();
        let span_s = points.last().map_or(0.0, |last| last.0);
        let mut growth = GrowthRecord {
            metric: self.metric.to_owned(),
            unit: self.unit.to_owned(),
            observed: None,
            limit: self.limit,
            interval: None,
            before: None,
            after: None,
            samples: points.len() as u64,
            span_ms: Some((span_s * 1e3) as u64),
            verdict: GrowthVerdict::Unjudged,
            reason: String::new(),
        };
        if steady.iter().any(|point| point.pid != steady[0].pid) {
            "the server was restarted meanwhile".clone_into(&mut growth.reason);
            return growth;
        }
        let Some(trend) = Trend::of(&points) else {
            growth.reason = format!(
                "too short to tell: {} rows of the steady part, {TREND_SAMPLES} are needed",
                points.len()
            );
            return growth;
        };
        let per_minute = |per_second: f64| rounded(per_second * 60.0);
        let (low, high) = (per_minute(trend.interval.0), per_minute(trend.interval.1));
        growth.observed = Some(per_minute(trend.slope));
        growth.interval = Some([low, high]);
        let rises = trend.rises_above(self.limit / 60.0);
        let visible = trend.slope * trend.span >= self.rise_least;
        growth.verdict = match (rises, visible) {
            (false, _) => GrowthVerdict::Steady,
            (true, true) => GrowthVerdict::Growing,
            (true, false) => GrowthVerdict::Unjudged,
        };
        growth.reason = format!("{low:.1} to {high:.1} with 95 % confidence, over {span_s:.0} s");
        match growth.verdict {
            GrowthVerdict::Growing => growth.reason.push_str("; both halves rise"),
            GrowthVerdict::Unjudged => {
                growth.reason.push_str("; too short to tell: it rose by too little");
            }
            GrowthVerdict::Steady => {}
        }
        growth
    }
}

/// To a thousandth, a number that survives JSON exactly.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn track(rows: i64, rss_mib: impl Fn(i64) -> f64, pid: impl Fn(i64) -> u32) -> Track {
        let mut track = Track::default();
        for row in 0..rows {
            let mut sample = Sample::new(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(row));
            sample.pid = Some(pid(row));
            sample.set(Column::RssMb, rss_mib(row));
            sample.set(Column::OpenFds, 30.0);
            track.add(&sample);
        }
        track
    }

    fn verdicts(track: &Track) -> Vec<(GrowthVerdict, String)> {
        let growth = track.growth_overall().into_iter();
        growth.map(|growth| (growth.verdict, growth.reason)).collect()
    }

    #[test]
    fn memory_that_rises_all_the_time_is_growing_and_files_that_do_not_are_steady() {
        let growth = track(60, |row| 20.0 + 0.1 * row as f64, |_| 7).growth_overall();
        let [rss, fds] = growth.as_slice() else { panic!("{growth:?}") };
        assert_eq!((rss.metric.as_str(), rss.verdict), ("rss.slope", GrowthVerdict::Growing));
        assert_eq!((rss.observed, rss.samples, rss.span_ms), (Some(6.0), 60, Some(59_000)));
        assert_eq!((fds.metric.as_str(), fds.verdict), ("fds.slope", GrowthVerdict::Steady));
    }

    #[test]
    fn only_the_steady_part_counts() {
        let track = track(100, |row| if row < 30 { row as f64 } else { 30.0 }, |_| 7);
        let at = |second| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        assert_eq!(track.growth(at(30), at(99))[0].verdict, GrowthVerdict::Steady);
        let brief = &track.growth(at(30), at(50))[0];
        assert_eq!(brief.verdict, GrowthVerdict::Unjudged);
        assert!(brief.reason.contains("21 rows"), "{}", brief.reason);
    }

    #[test]
    fn what_rises_by_too_little_and_what_was_restarted_is_not_judged() {
        // 1.8 MiB a minute, for half a minute: a heap that grew by a few steps does that.
        let little = verdicts(&track(31, |row| 20.0 + 0.03 * row as f64, |_| 7));
        assert_eq!(little[0].0, GrowthVerdict::Unjudged);
        assert!(little[0].1.contains("too short to tell"), "{little:?}");
        let restarted = verdicts(&track(60, |row| row as f64, |row| u32::from(row > 30)));
        assert_eq!(restarted[0].0, GrowthVerdict::Unjudged);
        assert!(restarted[0].1.contains("restarted"), "{restarted:?}");
    }

    #[test]
    fn the_busiest_thread_is_named_with_its_share() {
        let mut track = Track::default();
        for (name, percent) in [("io", 90.0), ("io", 99.0), ("main", 96.0)] {
            let mut sample = Sample::new(Timestamp::UNIX_EPOCH);
            (sample.pid, sample.busiest_thread) = (Some(7), Some(name.to_owned()));
            sample.set(Column::BusiestThreadPercent, percent);
            track.add(&sample);
        }
        let busiest = track.busiest_thread(Timestamp::UNIX_EPOCH, Timestamp::MAX).unwrap();
        assert_eq!((busiest.name.as_str(), busiest.rows), ("io", (2, 3)));
        assert!((busiest.mean_cpu_percent - 95.0).abs() < 1e-9);
        assert_eq!(Track::default().busiest_thread(Timestamp::MIN, Timestamp::MAX), None);
    }

    #[test]
    fn days_of_rows_are_kept_within_bounds() {
        let track = track(200_000, |row| row as f64, |_| 7);
        assert!(track.points.len() < POINTS_MAX && track.points.len() > POINTS_MAX / 4);
        assert_eq!(track.growth_overall()[0].verdict, GrowthVerdict::Growing);
    }
}

//! The latency distribution: each stage as a line from its median out to its slowest message.

use std::fmt::Write as _;

use serde::Serialize;

use super::scale::{Scale, Tick, rounded};
use crate::{
    record::{LatencySummary, RunRecord},
    report::{Lang, escape, number},
    stats::Histogram,
};

/// Points of a line.
const POINTS: u32 = 120;
/// The axis ends at 1 − 10⁻⁵.
const MAX_NINES: f64 = 5.0;
/// So many stages have a colour of their own.
const COLOURS: usize = 8;

/// The chart.
#[derive(Debug, Serialize)]
pub(super) struct Spectrum {
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    lines: Vec<Line>,
    /// Whether a line ends because what follows never arrived.
    unfinished: bool,
}

/// One stage.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    class: String,
    path: String,
    /// Where it ends because everything beyond never arrived: percent from the left and from the bottom.
    never: Option<(f64, f64)>,
    /// How many never arrived.
    undelivered: String,
}

/// The chart of the response times; `None` when no stage delivered anything.
pub(super) fn spectrum(record: &RunRecord, lang: Lang) -> Option<Spectrum> {
    let stages: Vec<_> = record
        .stages
        .iter()
        .filter_map(|stage| {
            let summary = stage.latencies.response.as_ref().or(stage.latencies.service.as_ref())?;
            let histogram = Histogram::from_base64(&summary.histogram).ok()?;
            (histogram.count() > 0).then_some((stage, summary, histogram))
        })
        .collect();
    let most = stages.iter().map(|(_, summary, _)| summary.count + summary.undelivered).max()?;
    let nines = (most as f64).log10().ceil().clamp(1.0, MAX_NINES);
    let extremes = stages.iter().flat_map(|(_, _, histogram)| {
        [0.0, 1.0].into_iter().filter_map(|share| histogram.quantile_nanos(share))
    });
    let scale = Scale::decades(extremes.map(|nanos| nanos as f64 / 1e3));
    let lines: Vec<_> = stages
        .iter()
        .enumerate()
        .map(|(index, (stage, summary, histogram))| {
            let (path, never) = draw(summary, histogram, nines, &scale);
            let warm_up = if stage.warm_up { lang.pick(" (warm-up)", "（预热）") } else { "" };
            Line {
                name: format!("{}{warm_up}", escape::line(&stage.name, 40)),
                class: format!("s{}", index % COLOURS + 1),
                path,
                never,
                undelivered: number::count(summary.undelivered),
            }
        })
        .collect();
    Some(Spectrum {
        x_ticks: x_ticks(nines),
        y_ticks: scale.latency_ticks(),
        unfinished: lines.iter().any(|line| line.never.is_some()),
        lines,
    })
}

/// The line in a box of 1000 × 100, and where it ends early. What never arrived counts as infinitely late, so that
/// a stage that lost a tenth of its messages has no 95th percentile to show.
fn draw(
    summary: &LatencySummary,
    histogram: &Histogram,
    nines: f64,
    scale: &Scale,
) -> (String, Option<(f64, f64)>) {
    let arrived = histogram.count() as f64;
    let all = arrived + summary.undelivered as f64;
    // Of a thousand messages nothing is known beyond the 99.9th percentile.
    let end = all.log10() / nines;
    let mut path = String::new();
    let mut last = (0.0, 0.0);
    for point in 0..=POINTS {
        let x = f64::from(point) / f64::from(POINTS);
        let x = x.min(end);
        let share = 1.0 - 10_f64.powf(-x * nines);
        // The message that comes next in the order; a hair more, because 0.999 · 1000 may be 998.99….
        let rank = ((share * all + 1e-6).floor() + 1.0).min(all);
        if rank > arrived {
            break;
        }
        let Some(nanos) = histogram.quantile_nanos((rank - 0.5) / arrived) else { break };
        let y = scale.place(nanos as f64 / 1e3);
        let command = if point == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{:.1} {:.2}", x * 1000.0, 100.0 - y);
        last = (rounded(x * 100.0), rounded(y));
        if x >= end {
            break;
        }
    }
    (path, (summary.undelivered > 0).then_some(last))
}

fn x_ticks(nines: f64) -> Vec<Tick> {
    let shares = [
        (0.5, "p50"),
        (0.9, "p90"),
        (0.99, "p99"),
        (0.999, "p99.9"),
        (0.9999, "p99.99"),
        (0.99999, "p99.999"),
    ];
    let place = |share: f64| rounded(-(1.0_f64 - share).log10() / nines * 100.0);
    let ticks = shares.map(|(share, label)| Tick { at: place(share), label: label.to_owned() });
    ticks.into_iter().filter(|tick| tick.at <= 100.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Latencies, example};

    #[test]
    fn a_stage_that_lost_messages_has_a_line_that_ends_where_they_begin() {
        let run = example::run();
        let spectrum = spectrum(&run, Lang::En).unwrap();
        let [good, bad] = &spectrum.lines[..] else { panic!("{spectrum:?}") };
        assert_eq!(good.never, None);
        let (x, _) = bad.never.unwrap();
        // 3,507 of 7,497 never arrived: the line ends just past the median, the axis at four nines.
        let expected = -(1.0 - 3_990.0_f64 / 7_497.0).log10() / 4.0 * 100.0;
        assert!((x - expected).abs() < 1.0, "{x} is not {expected}");
        assert_eq!(spectrum.x_ticks.last().unwrap().label, "p99.99");
    }

    #[test]
    fn without_deliveries_there_is_no_chart() {
        let mut run = example::run();
        for stage in &mut run.stages {
            stage.latencies = Latencies::default();
        }
        assert!(spectrum(&run, Lang::En).is_none());
    }
}

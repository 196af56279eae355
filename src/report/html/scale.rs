//! Axes: from a value to a place between bottom and top, with ticks at round numbers.

use serde::Serialize;

use crate::{report::number, units::format_nanos};

/// About so many ticks are wanted on an axis.
const WANTED_TICKS: f64 = 4.0;

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Tick {
    /// Its place, percent of the axis from its beginning (left or bottom).
    pub(super) at: f64,
    /// What is written there.
    pub(super) label: String,
}

/// An axis from `low` to `high`, of values or of their logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    step: f64,
    logarithmic: bool,
}

impl Scale {
    /// A linear axis that holds all `values`. It begins at zero unless they vary by less than half of their size and
    /// `free` allows to look at the variation.
    pub(super) fn linear(values: impl Iterator<Item = f64>, free: bool) -> Self {
        let (low, high) = extremes(values).unwrap_or((0.0, 1.0));
        let low =
            if free && low > 0.5 * high { low - 0.2 * (high - low).max(0.02 * high) } else { 0.0 };
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / WANTED_TICKS);
        Self {
            low: (low / step).floor() * step,
            high: (high / step).ceil() * step,
            step,
            logarithmic: false,
        }
    }

    /// A logarithmic axis in whole decades; values that are not positive lie at its lower end.
    pub(super) fn decades(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = extremes(values.filter(|value| *value > 0.0)).unwrap_or((1.0, 10.0));
        let (low, high) = (low.log10().floor(), high.log10().ceil());
        let high = if high > low { high } else { low + 1.0 };
        let step = ((high - low) / 6.0).ceil().max(1.0);
        Self { low, high, step, logarithmic: true }
    }

    /// The place of a value, percent of the axis from its beginning, never beyond its ends.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.max(f64::MIN_POSITIVE).log10() } else { value };
        ((value - self.low) / (self.high - self.low) * 100.0).clamp(0.0, 100.0)
    }

    /// The ticks of a linear axis, as plain numbers.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let decimals = (-self.step.log10().floor()).clamp(0.0, 6.0) as usize;
        self.steps(|value| match value {
            value if value >= 1_000.0 => number::count(value.round() as u64),
            value => format!("{value:.decimals$}"),
        })
    }

    /// The ticks of a logarithmic axis of microseconds.
    pub(super) fn latency_ticks(&self) -> Vec<Tick> {
        self.steps(|decade| {
            let written = format_nanos((10_f64.powf(decade) * 1e3).round() as u64);
            // `1.00 ms` where a tick is a whole number anyway.
            match written.split_once(' ') {
                Some((digits, unit)) if digits.contains('.') => {
                    format!("{} {unit}", digits.trim_end_matches('0').trim_end_matches('.'))
                }
                _ => written,
            }
        })
    }

    fn steps(&self, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let count = ((self.high - self.low) / self.step).round().clamp(0.0, 20.0) as u32;
        let at = |step: u32| self.low + f64::from(step) * self.step;
        let place = |value: f64| (value - self.low) / (self.high - self.low) * 100.0;
        (0..=count)
            .map(|step| Tick { at: rounded(place(at(step))), label: label(at(step)) })
            .filter(|tick| tick.at <= 100.0)
            .collect()
    }
}

/// To a hundredth of a percent: finer than a pixel.
pub(super) fn rounded(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

/// 1, 2 or 5 times a power of ten, not below `raw`.
pub(super) fn round_step(raw: f64) -> f64 {
    let power = 10_f64.powf(raw.max(f64::MIN_POSITIVE).log10().floor());
    let digit = raw / power;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|nice| digit <= nice * (1.0 + 1e-9));
    nice.unwrap_or(10.0) * power
}

fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |seen, value| match seen {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: Vec<Tick>) -> Vec<String> {
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers_that_enclose_the_values() {
        let scale = Scale::linear([3.0, 187.0].into_iter(), false);
        assert_eq!(labels(scale.ticks()), ["0", "50", "100", "150", "200"]);
        assert_eq!((scale.place(0.0), scale.place(100.0), scale.place(900.0)), (0.0, 50.0, 100.0));
    }

    #[test]
    fn a_small_variation_is_looked_at_only_where_that_is_allowed() {
        let values = || [61.2, 63.9].into_iter();
        assert_eq!(labels(Scale::linear(values(), true).ticks()), ["60", "61", "62", "63", "64"]);
        assert_eq!(labels(Scale::linear(values(), false).ticks())[0], "0");
    }

    #[test]
    fn latencies_lie_on_decades() {
        let scale = Scale::decades([310.0, 45_000.0].into_iter());
        assert_eq!(labels(scale.latency_ticks()), ["100 µs", "1 ms", "10 ms", "100 ms"]);
        assert!(scale.place(0.0).abs() < f64::EPSILON);
        assert!((scale.place(1_000.0) - 100.0 / 3.0).abs() < 0.01);
    }

    #[test]
    fn an_axis_of_nothing_or_of_one_value_still_has_ends() {
        for values in [vec![], vec![0.0], vec![7.0], vec![f64::NAN, f64::INFINITY]] {
            for scale in [
                Scale::linear(values.iter().copied(), true),
                Scale::linear(values.iter().copied(), false),
                Scale::decades(values.iter().copied()),
            ] {
                assert!(scale.place(7.0).is_finite());
                assert!((2..=21).contains(&scale.ticks().len()), "{values:?} {scale:?}");
            }
        }
    }
}

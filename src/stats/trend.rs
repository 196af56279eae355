//! Does a column of numbers grow? Its slope with a block-bootstrap interval, and the slopes of both halves.

/// Fewer points tell nothing about a trend.
pub const TREND_SAMPLES: usize = 30;
/// More points than this are averaged in groups first: the interval does not change, the time to compute it does.
const POINTS_MAX: usize = 4_000;
const REPLICATES: u32 = 1_000;

/// The trend of a column over time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// How many points.
    pub samples: usize,
    /// From the first point to the last.
    pub span: f64,
    /// The slope of the least-squares line, in units of `y` per unit of `x`.
    pub slope: f64,
    /// Between these lies the slope with 95 % confidence.
    pub interval: (f64, f64),
    /// The slopes of the first and of the second half alone.
    pub halves: (f64, f64),
}

impl Trend {
    /// The trend of points in the order of their `x`; `None` with fewer than [`TREND_SAMPLES`], or when all `x` are equal.
    ///
    /// Neighbouring readings of memory resemble each other, so an interval that takes them for independent is far too
    /// narrow. The residuals are therefore resampled in blocks (moving-block bootstrap, Künsch 1989) of √n readings and
    /// put back on the line; 1 000 times, always with the same random numbers, so that the same rows give the same words.
    /// The interval is Student's, with as many degrees of freedom as there are blocks: with the few blocks of a short
    /// stage the replicates alone vary too little.
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let samples = points.len();
        if samples < TREND_SAMPLES {
            return None;
        }
        let span = points[samples - 1].0 - points[0].0;
        let points = thinned(points);
        let slope = super::slope(points.iter().copied())?;
        let (first, second) = points.split_at(points.len() / 2);
        let halves = (super::slope(first.iter().copied())?, super::slope(second.iter().copied())?);
        let interval = interval(&points, slope);
        Some(Self { samples, span, slope, interval, halves })
    }

    /// Whether it rises by more than `limit`, beyond doubt and from beginning to end: the whole interval and both halves
    /// are above it. A single step is no rise: it leaves one half flat.
    pub fn rises_above(&self, limit: f64) -> bool {
        self.interval.0 > limit && self.halves.0 > limit && self.halves.1 > limit
    }
}

/// Averages of neighbours, where there are too many points.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let group = points.len().div_ceil(POINTS_MAX);
    let mean = |group: &[(f64, f64)]| {
        let (x, y) = group.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        (x / group.len() as f64, y / group.len() as f64)
    };
    points.chunks(group).map(mean).collect()
}

fn interval(points: &[(f64, f64)], slope: f64) -> (f64, f64) {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / count;
    let spread: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
    // The slope is linear in `y`: each residual moves it by its weight.
    let weights: Vec<f64> = points.iter().map(|point| (point.0 - mean_x) / spread).collect();
    let residual = |&(x, y): &(f64, f64)| y - mean_y - slope * (x - mean_x);
    let residuals: Vec<f64> = points.iter().map(residual).collect();

    let length = count.sqrt().ceil() as usize;
    let mut random = fastrand::Rng::with_seed(1);
    let mut moved = || {
        let of_block = |weights: &[f64]| {
            let from = random.usize(..=residuals.len() - weights.len());
            weights.iter().zip(&residuals[from..]).map(|(w, e)| w * e).sum::<f64>()
        };
        weights.chunks(length).map(of_block).sum::<f64>().powi(2)
    };
    let variance = (0..REPLICATES).map(|_| moved()).sum::<f64>() / f64::from(REPLICATES);
    let blocks = points.len().div_ceil(length);
    let half = student(blocks as f64 - 2.0) * variance.sqrt();
    (slope - half, slope + half)
}

/// The 97.5 % quantile of Student's distribution, by Cornish and Fisher's expansion: within 2 % from 4 degrees on.
fn student(freedom: f64) -> f64 {
    1.960 + 2.372 / freedom + 2.823 / freedom.powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column with this slope, and noise in which neighbours resemble each other.
    fn noisy(seed: u64, count: u32, slope: f64) -> Vec<(f64, f64)> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut drift = 0.0;
        let point = |second| {
            drift = 0.5 * drift + random.f64() - 0.5;
            (f64::from(second), 100.0 + slope * f64::from(second) + drift)
        };
        (0..count).map(point).collect()
    }

    #[test]
    fn a_leak_is_found_and_its_slope_lies_in_the_interval() {
        for seed in 0..50 {
            let trend = Trend::of(&noisy(seed, 60, 0.5)).unwrap();
            assert!(trend.rises_above(0.2), "{trend:?}");
            assert!(!trend.rises_above(0.6), "{trend:?}");
            assert!(trend.interval.0 < trend.slope && trend.slope < trend.interval.1, "{trend:?}");
            assert_eq!((trend.samples, trend.span), (60, 59.0));
        }
    }

    #[test]
    fn what_only_wavers_does_not_rise() {
        let rising =
            (0..500).filter(|seed| Trend::of(&noisy(*seed, 40, 0.0)).unwrap().rises_above(0.0));
        // One interval in forty lies above a slope of 0 by chance.
        let rising = rising.count();
        assert!(rising <= 20, "{rising} of 500");
    }

    #[test]
    fn one_step_and_a_working_set_that_fills_up_are_no_rise() {
        let column = |value: fn(u32) -> f64| -> Vec<_> {
            (0..60).map(|second| (f64::from(second), value(second))).collect()
        };
        for value in [
            |second: u32| if second < 30 { 10.0 } else { 18.0 },
            |second: u32| if second < 10 { 10.0 } else { 18.0 },
            |second: u32| f64::from(second.min(25)),
            |_| 10.0,
        ] {
            let trend = Trend::of(&column(value)).unwrap();
            assert!(!trend.rises_above(0.01), "{trend:?}");
        }
        assert!(Trend::of(&column(|second| f64::from(second / 5))).unwrap().rises_above(0.01));
    }

    #[test]
    fn too_few_points_and_points_of_one_instant_have_no_trend() {
        assert_eq!(Trend::of(&noisy(1, 29, 1.0)), None);
        assert_eq!(Trend::of(&[(1.0, 2.0); 40]), None);
    }

    #[test]
    fn many_points_are_averaged_and_the_same_points_give_the_same_interval() {
        let long = noisy(3, 20_000, 0.5);
        let trend = Trend::of(&long).unwrap();
        assert_eq!(trend, Trend::of(&long).unwrap());
        assert!((trend.slope - 0.5).abs() < 1e-3 && trend.samples == 20_000, "{trend:?}");
    }
}

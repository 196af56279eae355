//! The straight line through a column of numbers: does memory grow while the load stays?

/// The slope of the least-squares line through `(x, y)` points; `None` with fewer than three points, or when all
/// `x` are equal. With two points every pair is a "trend".
pub fn slope(points: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let mut line = Line::default();
    for (x, y) in points {
        line.add(x, y);
    }
    line.slope()
}

/// The running sums of a least-squares line, kept around the means (Welford), so that a timestamp in
/// milliseconds and a memory size in bytes lose no digits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Line {
    points: u64,
    mean_x: f64,
    mean_y: f64,
    spread_x: f64,
    spread_xy: f64,
}

impl Line {
    /// Adds a point.
    pub fn add(&mut self, x: f64, y: f64) {
        self.points += 1;
        let before_x = x - self.mean_x;
        self.mean_x += before_x / self.points as f64;
        self.mean_y += (y - self.mean_y) / self.points as f64;
        self.spread_x += before_x * (x - self.mean_x);
        self.spread_xy += before_x * (y - self.mean_y);
    }

    /// The slope so far; `None` with fewer than three points, or when all `x` are equal.
    pub fn slope(&self) -> Option<f64> {
        (self.points >= 3 && self.spread_x > 0.0).then(|| self.spread_xy / self.spread_x)
    }

    /// The mean of the `y` so far; `None` without points.
    pub fn mean(&self) -> Option<f64> {
        (self.points > 0).then_some(self.mean_y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_its_slope_exactly_also_far_from_the_origin() {
        let points = (0..100).map(|i| (1.7e12 + f64::from(i), 4e9 + 2.5 * f64::from(i)));
        assert!((slope(points).unwrap() - 2.5).abs() < 1e-6);
    }

    #[test]
    fn noise_around_a_level_has_no_slope() {
        let points = (0..1000).map(|i| (f64::from(i), 10.0 + f64::from(i % 2)));
        assert!(slope(points).unwrap().abs() < 1e-4);
    }

    #[test]
    fn too_few_points_have_no_trend() {
        assert_eq!(slope([]), None);
        assert_eq!(slope([(0.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(slope([(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }
}

//! A line's values by place on the time axis, and the path through them.

use std::fmt::Write as _;

use super::{scale::Scale, timeline::Axis};

/// Which of the values that fall into one bin is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Keep {
    /// Their mean.
    Mean,
    /// The largest.
    Largest,
}

/// Values by bin of the axis.
#[derive(Debug)]
pub(super) struct Bins {
    /// Of each bin how many values it has, and their sum or the largest of them.
    values: Vec<(u32, f64)>,
    keep: Keep,
    /// The line is broken where so many bins are empty in a row.
    gap: usize,
}

impl Bins {
    pub(super) fn new(count: usize, keep: Keep, gap: usize) -> Self {
        Self { values: vec![(0, 0.0); count], keep, gap }
    }

    /// Adds a value; a bin that the axis does not have is ignored.
    pub(super) fn add(&mut self, bin: usize, value: f64) {
        let Some((count, sum)) = self.values.get_mut(bin) else { return };
        *sum = match self.keep {
            Keep::Mean => *sum + value,
            Keep::Largest if *count == 0 => value,
            Keep::Largest => sum.max(value),
        };
        *count += 1;
    }

    /// What is shown in each bin.
    pub(super) fn all(&self) -> impl Iterator<Item = Option<f64>> {
        self.values.iter().map(|&(count, sum)| match self.keep {
            _ if count == 0 => None,
            Keep::Mean => Some(sum / f64::from(count)),
            Keep::Largest => Some(sum),
        })
    }

    /// What is shown where there is anything.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.all().flatten()
    }

    /// Whether there is anything.
    pub(super) fn any(&self) -> bool {
        self.values.iter().any(|(count, _)| *count > 0)
    }

    /// The line in a box of 1000 × 100, and the same closed along the bottom.
    pub(super) fn path(&self, axis: &Axis, scale: &Scale) -> (String, String) {
        let (mut line, mut area) = (String::new(), String::new());
        let mut last: Option<(usize, f64)> = None;
        // Writing to a string cannot fail.
        for (bin, value) in self.all().enumerate() {
            let Some(value) = value else { continue };
            let (x, y) = (axis.middle(bin), 100.0 - scale.place(value));
            match last {
                Some((before, _)) if bin - before <= self.gap => {
                    let _ = write!(line, "L{x:.1} {y:.2}");
                    let _ = write!(area, "L{x:.1} {y:.2}");
                }
                _ => {
                    close(&mut area, last);
                    // A point alone is drawn as a dot by the round end of a line without length.
                    let _ = write!(line, "M{x:.1} {y:.2}h.01");
                    let _ = write!(area, "M{x:.1} 100V{y:.2}");
                }
            }
            last = Some((bin, x));
        }
        close(&mut area, last);
        (line, area)
    }
}

fn close(area: &mut String, last: Option<(usize, f64)>) {
    if last.is_some() {
        area.push_str("V100Z");
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn axis(seconds: i64) -> Axis {
        let to = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        Axis::new(Timestamp::UNIX_EPOCH, to).unwrap()
    }

    #[test]
    fn a_line_breaks_where_nothing_was_measured() {
        let mut bins = Bins::new(10, Keep::Mean, 1);
        for (bin, value) in [(0, 10.0), (1, 10.0), (1, 30.0), (5, 40.0)] {
            bins.add(bin, value);
        }
        let (line, area) = bins.path(&axis(10), &Scale::linear(bins.values(), false));
        assert_eq!(line, "M50.0 75.00h.01L150.0 50.00M550.0 0.00h.01");
        assert_eq!(area, "M50.0 100V75.00L150.0 50.00V100ZM550.0 100V0.00V100Z");
    }

    #[test]
    fn the_largest_of_negative_values_is_not_zero() {
        let mut bins = Bins::new(1, Keep::Largest, 1);
        bins.add(0, -3.0);
        bins.add(0, -2.0);
        bins.add(7, 1.0);
        assert_eq!(bins.values().collect::<Vec<_>>(), [-2.0]);
    }

    #[test]
    fn a_long_run_has_no_more_points_than_fit_on_a_page() {
        for seconds in [1, 59, 360, 361, 3_600, 90_000] {
            let axis = axis(seconds);
            assert!(axis.bins <= 360 && axis.bins >= 1, "{seconds}: {}", axis.bins);
            let last = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds - 1);
            assert!(axis.bin(last).is_some());
            assert_eq!(axis.bin(last + SignedDuration::from_secs(100_000)), None);
        }
    }
}

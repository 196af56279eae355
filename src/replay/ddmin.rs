//! Delta debugging: the smallest part of a failing input that still fails.
//!
//! The algorithm is *ddmin* of A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE
//! Transactions on Software Engineering 28 (2), 2002: parts, then complements of parts, then smaller parts.

/// What a trial of a part said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trial {
    /// This part is enough.
    Fails,
    /// It is not.
    Passes,
    /// There is no time for more trials.
    OutOfTime,
}

/// A part of `items`, in their order, that still fails. Of the result no single item can be left out (it is 1-minimal),
/// unless time ran out, which the second value tells. `items` themselves are taken to fail.
pub(super) async fn ddmin<T: Clone>(
    items: Vec<T>,
    mut trial: impl AsyncFnMut(&[T]) -> Trial,
) -> (Vec<T>, bool) {
    let mut items = items;
    let mut parts = 2;
    'smaller: while items.len() > 1 {
        let size = items.len().div_ceil(parts);
        let starts: Vec<usize> = (0..items.len()).step_by(size).collect();
        for start in &starts {
            let part = items[*start..items.len().min(start + size)].to_vec();
            match trial(&part).await {
                Trial::Fails => {
                    (items, parts) = (part, 2);
                    continue 'smaller;
                }
                Trial::Passes => {}
                Trial::OutOfTime => return (items, false),
            }
        }
        // With two parts the complement of one is the other.
        for start in starts.iter().filter(|_| starts.len() > 2) {
            let end = items.len().min(start + size);
            let rest = [&items[..*start], &items[end..]].concat();
            match trial(&rest).await {
                Trial::Fails => {
                    (items, parts) = (rest, (parts - 1).max(2));
                    continue 'smaller;
                }
                Trial::Passes => {}
                Trial::OutOfTime => return (items, false),
            }
        }
        if size == 1 {
            break;
        }
        parts = (parts * 2).min(items.len());
    }
    (items, true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    /// Fails where all of `needed` are there.
    fn needs(needed: &[u32], part: &[u32]) -> Trial {
        let all = needed.iter().all(|item| part.contains(item));
        if all { Trial::Fails } else { Trial::Passes }
    }

    #[test]
    fn two_distant_items_are_found() {
        let mut trials = 0;
        let found = run(ddmin((0..100).collect(), async |part: &[u32]| {
            trials += 1;
            needs(&[7, 91], part)
        }));
        assert_eq!(found, (vec![7, 91], true));
        assert!(trials < 100, "{trials} trials");
    }

    #[test]
    fn without_time_the_best_so_far_is_given() {
        let mut left = 3;
        let found = run(ddmin((0..16).collect(), async |part: &[u32]| {
            left -= 1;
            if left < 0 { Trial::OutOfTime } else { needs(&[3], part) }
        }));
        // Two halves failed, a quarter did not, and there was no time for the other.
        assert_eq!(found, (vec![0, 1, 2, 3], false));
    }

    proptest! {
        #[test]
        fn what_is_needed_is_what_is_left(
            length in 1..60_u32,
            needed in proptest::collection::btree_set(0..60_u32, 1..6),
        ) {
            let needed: Vec<u32> = needed.into_iter().filter(|item| *item < length).collect();
            prop_assume!(!needed.is_empty());
            let found = run(ddmin((0..length).collect(), async |part: &[u32]| needs(&needed, part)));
            prop_assert_eq!(found, (needed, true));
        }
    }
}

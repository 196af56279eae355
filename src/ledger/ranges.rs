//! A set of sequence numbers as sorted ranges: small while its members lie together.

use std::ops::Range;

/// Sorted, disjoint, non-adjacent, non-empty ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<Range<u32>>);

impl Ranges {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Range<u32>> {
        self.0.iter().cloned()
    }

    pub(super) fn contains(&self, sequence: u32) -> bool {
        self.at(sequence).is_some()
    }

    pub(super) fn insert(&mut self, added: Range<u32>) {
        if added.is_empty() {
            return;
        }
        // Nearly always behind all others, or touching the last.
        match self.0.last_mut() {
            None => return self.0.push(added),
            Some(last) if last.end < added.start => return self.0.push(added),
            Some(last) if last.end == added.start => {
                last.end = added.end;
                return;
            }
            Some(_) => {}
        }
        let from = self.0.partition_point(|range| range.end < added.start);
        let to = self.0.partition_point(|range| range.start <= added.end);
        let merged = self.0[from..to]
            .iter()
            .fold(added, |merged, range| merged.start.min(range.start)..merged.end.max(range.end));
        self.0.splice(from..to, [merged]);
    }

    /// Takes one number out; false when it was not in.
    pub(super) fn remove(&mut self, sequence: u32) -> bool {
        let Some(at) = self.at(sequence) else { return false };
        let Range { start, end } = self.0[at].clone();
        match (start == sequence, end == sequence + 1) {
            (true, true) => {
                self.0.remove(at);
            }
            (true, false) => self.0[at].start += 1,
            (false, true) => self.0[at].end -= 1,
            (false, false) => {
                self.0[at].end = sequence;
                self.0.insert(at + 1, sequence + 1..end);
            }
        }
        true
    }

    /// Forgets all below `sequence`.
    pub(super) fn forget_below(&mut self, sequence: u32) {
        self.0.retain(|range| range.end > sequence);
        if let Some(first) = self.0.first_mut() {
            first.start = first.start.max(sequence);
        }
    }

    fn at(&self, sequence: u32) -> Option<usize> {
        let at = self.0.partition_point(|range| range.end <= sequence);
        self.0.get(at).filter(|range| range.contains(&sequence)).map(|_| at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_behaves_as_a_set_of_numbers(
            steps in proptest::collection::vec((any::<bool>(), 0u32..60, 0u32..9), 0..80)
        ) {
            let (mut ranges, mut model) = (Ranges::default(), BTreeSet::new());
            for (insert, start, length) in steps {
                if insert {
                    ranges.insert(start..start + length);
                    model.extend(start..start + length);
                } else {
                    prop_assert_eq!(ranges.remove(start), model.remove(&start));
                }
                let all: Vec<u32> = ranges.iter().flatten().collect();
                prop_assert_eq!(&all, &model.iter().copied().collect::<Vec<_>>());
                prop_assert!(ranges.0.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!((0..70).all(|n| ranges.contains(n) == model.contains(&n)));
            }
            ranges.forget_below(30);
            prop_assert!(ranges.iter().flatten().eq(model.range(30..).copied()));
        }
    }
}

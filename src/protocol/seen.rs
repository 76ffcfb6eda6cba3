//! The set of snapshot ids that a node has met.

use std::collections::BTreeMap;

use crate::id::SnapshotId;

/// A set of ids, kept as ranges. A node meets nearly every id in the end, in any order. So the
/// ranges merge into one, and the set stays small however long the system runs.
#[derive(Debug, Default)]
pub(super) struct SeenIds {
    /// The last id of each range, by the range's first id.
    ranges: BTreeMap<u64, u64>,
}

impl SeenIds {
    pub(super) fn contains(&self, id: SnapshotId) -> bool {
        self.range_up_to(id.get()).is_some_and(|(_, last)| last >= id.get())
    }

    /// The highest id in the set.
    pub(super) fn last(&self) -> Option<SnapshotId> {
        self.ranges.last_key_value().map(|(_, &last)| SnapshotId::new(last))
    }

    /// Adds `id`; false if the set held it already.
    pub(super) fn insert(&mut self, id: SnapshotId) -> bool {
        if self.contains(id) {
            return false;
        }
        let id = id.get();
        let below = self.range_up_to(id).filter(|&(_, last)| last + 1 == id);
        let above = id.checked_add(1).and_then(|next| self.ranges.remove(&next));
        let first = below.map_or(id, |(first, _)| first);
        self.ranges.insert(first, above.unwrap_or(id));
        true
    }

    /// Adds every id up to this one.
    pub(super) fn insert_up_to(&mut self, last: SnapshotId) {
        let above = last.get().checked_add(1).map(|above| self.ranges.split_off(&above));
        let within = self.ranges.last_key_value().map_or(0, |(_, &end)| end);
        let (mut last, mut above) = (last.get().max(within), above.unwrap_or_default());
        if let Some(end) = last.checked_add(1).and_then(|next| above.remove(&next)) {
            last = end;
        }
        self.ranges = above;
        self.ranges.insert(0, last);
    }

    fn range_up_to(&self, id: u64) -> Option<(u64, u64)> {
        self.ranges.range(..=id).next_back().map(|(&first, &last)| (first, last))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_ids_up_to_one_are_a_single_range() {
        for last in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, u64::MAX - 1, u64::MAX] {
            let (mut seen, mut model) = (SeenIds::default(), BTreeSet::new());
            for id in [2, 4, 5, 8, 9, u64::MAX] {
                seen.insert(SnapshotId::new(id));
                model.insert(id);
            }
            seen.insert_up_to(SnapshotId::new(last));
            for probe in (0..12).chain([u64::MAX - 1, u64::MAX]) {
                let is_in = probe <= last || model.contains(&probe);
                assert_eq!(seen.contains(SnapshotId::new(probe)), is_in, "{probe} up to {last}");
            }
            let ranges: Vec<_> = seen.ranges.into_iter().collect();
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "{ranges:?}");
            assert!(ranges[0].0 == 0 && ranges[0].1 >= last, "{ranges:?}");
        }
    }

    #[test]
    fn holds_what_was_inserted_in_any_order() {
        // Six ids can come in 720 orders, numbered here by Lehmer codes. Zero and u64::MAX are ids
        // like others.
        let ids = [0, 1, 2, 5, 6, u64::MAX];
        for code in 0..720 {
            let (mut rest, mut code) = (ids.to_vec(), code);
            let (mut seen, mut model) = (SeenIds::default(), BTreeSet::new());
            while !rest.is_empty() {
                let id = rest.remove(code % rest.len());
                code /= rest.len() + 1;
                assert_eq!(seen.insert(SnapshotId::new(id)), model.insert(id));
                assert!(!seen.insert(SnapshotId::new(id)), "{id} twice");
                for probe in ids.iter().chain(&[3, 4, 7]) {
                    assert_eq!(seen.contains(SnapshotId::new(*probe)), model.contains(probe));
                }
            }
            assert_eq!(seen.ranges, BTreeMap::from([(0, 2), (5, 6), (u64::MAX, u64::MAX)]));
        }
    }
}

//! The set of snapshot ids that a node has met.

use std::collections::BTreeMap;

use crate::id::SnapshotId;

/// A set of ids, kept as ranges. A node meets nearly every id in the end, in any order. So the
/// ranges merge into one, and the set stays small however long the system runs. The lowest range
/// stands in place, and mostly there is no other.
#[derive(Debug, Default)]
pub(super) struct SeenIds {
    /// The first id and the last id of the lowest range; `None` if the set is empty.
    lowest: Option<(u64, u64)>,
    /// The last id of each higher range, by the range's first id.
    higher: BTreeMap<u64, u64>,
}

impl SeenIds {
    pub(super) fn contains(&self, id: SnapshotId) -> bool {
        self.range_up_to(id.get()).is_some_and(|(_, last)| last >= id.get())
    }

    /// The highest id in the set.
    pub(super) fn last(&self) -> Option<SnapshotId> {
        let highest = self.higher.last_key_value().map(|(&first, &last)| (first, last));
        highest.or(self.lowest).map(|(_, last)| SnapshotId::new(last))
    }

    /// Adds `id`; false if the set held it already.
    pub(super) fn insert(&mut self, id: SnapshotId) -> bool {
        if self.contains(id) {
            return false;
        }
        let id = id.get();
        let below = self.range_up_to(id).filter(|&(_, last)| last + 1 == id);
        let above = id.checked_add(1).and_then(|next| self.remove(next));
        let first = below.map_or(id, |(first, _)| first);
        self.put(first, above.unwrap_or(id));
        true
    }

    /// Adds every id up to this one.
    pub(super) fn insert_up_to(&mut self, last: SnapshotId) {
        let mut last = last.get();
        // The ranges that begin at `last` or before it, or right behind it.
        while let Some((first, end)) =
            self.lowest.filter(|&(first, _)| first <= last.saturating_add(1))
        {
            last = last.max(end);
            self.remove(first);
        }
        self.put(0, last);
    }

    /// Puts a range, in place of the one with the same first id.
    fn put(&mut self, first: u64, last: u64) {
        match self.lowest {
            Some((lowest, _)) if lowest < first => _ = self.higher.insert(first, last),
            Some((lowest, end)) if first < lowest => {
                self.higher.insert(lowest, end);
                self.lowest = Some((first, last));
            }
            _ => self.lowest = Some((first, last)),
        }
    }

    /// Takes out the range with this first id, and returns its last id.
    fn remove(&mut self, first: u64) -> Option<u64> {
        match self.lowest {
            Some((lowest, last)) if lowest == first => {
                self.lowest = self.higher.pop_first();
                Some(last)
            }
            _ => self.higher.remove(&first),
        }
    }

    fn range_up_to(&self, id: u64) -> Option<(u64, u64)> {
        if self.higher.is_empty() {
            return self.lowest.filter(|&(first, _)| first <= id);
        }
        let higher = self.higher.range(..=id).next_back().map(|(&first, &last)| (first, last));
        higher.or(self.lowest.filter(|&(first, _)| first <= id))
    }

    #[cfg(test)]
    fn ranges(&self) -> Vec<(u64, u64)> {
        let higher = self.higher.iter().map(|(&first, &last)| (first, last));
        self.lowest.into_iter().chain(higher).collect()
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
            let ranges = seen.ranges();
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
            assert_eq!(seen.ranges(), [(0, 2), (5, 6), (u64::MAX, u64::MAX)]);
        }
    }
}

//! The objects that counts of references would keep.

use std::collections::BTreeMap;

use consistent_cut::property::Garbage;

use crate::Snapshot;
use crate::heap::ObjectId;

/// The number of objects in the garbage that counts of references would never free: the objects on
/// cycles, and those to which cycles refer. Counts would free the others one after the other.
pub(crate) fn kept_by_counts(snapshot: &Snapshot, garbage: &Garbage<ObjectId>) -> usize {
    let mut counts: BTreeMap<_, usize> = garbage.objects().iter().map(|(id, _)| (*id, 0)).collect();
    for id in garbage.objects().iter().map(|(id, _)| id) {
        for to in references(snapshot, id) {
            counts.entry(*to).and_modify(|count| *count += 1);
        }
    }
    let mut free: Vec<_> =
        counts.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut freed = 0;
    while let Some(id) = free.pop() {
        freed += 1;
        for to in references(snapshot, &id) {
            let Some(count) = counts.get_mut(to) else { continue };
            *count -= 1;
            if *count == 0 {
                free.push(*to);
            }
        }
    }
    counts.len() - freed
}

fn references<'a>(snapshot: &'a Snapshot, id: &ObjectId) -> &'a [ObjectId] {
    snapshot.state(id.node).objects.get(&id.number).map_or(&[], Vec::as_slice)
}

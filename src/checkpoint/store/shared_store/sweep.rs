//! The removal of heads and objects that are not needed any more.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::head::{self, Found};
use super::{KEPT_HEADS, SharedStore, listing};
use crate::checkpoint::store::store_error::StoreError;

/// # Why is no object removed that a checkpoint needs?
///
/// An object is written once, under a name with a random batch. Let `m` be its time, and `t(H)` the
/// time of a head `H`; both are the store's. A sweep that has `G` as its newest head removes an
/// object only if no kept head names it and `m + grace <= t(G)`. Let `J` be the first head that
/// names the object, `K` the first after it that does not, and `B` the head before `J`.
///
/// 1. `G` is before `J`. The writer of `J` has seen `B` before it wrote, so `t(B) <= m`, and
///    `t(G) <= t(B)`: the object is too young, however late the sweep is.
/// 2. `G` is one of `J` to `K`, `K` not included: the object is named.
/// 3. `G` is `K` or later. No later head names the object again: a writer relies on those objects
///    alone that the head before its own names, and else writes new ones.
impl SharedStore {
    /// Removes old heads, and now and then the objects that no kept head names.
    pub(super) fn tidy(&self, heads: &[Found]) -> Result<(), StoreError> {
        let (old, kept) = heads.split_at(heads.len().saturating_sub(KEPT_HEADS));
        self.objects.remove_all(old.iter().map(|found| head::path(found.number)).collect())?;
        let Some(newest) = kept.last() else { return Ok(()) };
        let mut swept = self.swept.lock();
        if swept.is_some_and(|before| newest.made < before + self.grace / 4) {
            return Ok(());
        }
        self.sweep(kept, newest)?;
        *swept = Some(newest.made);
        Ok(())
    }

    /// Removes nothing if it cannot read which objects are named.
    fn sweep(&self, kept: &[Found], newest: &Found) -> Result<(), StoreError> {
        let mut named = BTreeSet::new();
        for found in kept {
            // A head that is gone is not the newest of all, so this one is not either.
            let Some(head) = self.head(found.number)? else { return Ok(()) };
            for name in head.names() {
                let Some(listing) = self.listing(name)? else { return Ok(()) };
                named.insert(name.path(listing::FOLDER));
                named.extend(listing.paths());
            }
        }
        let all = [listing::FOLDER, listing::BLOBS].map(|folder| self.objects.list(folder));
        let [lists, blobs] = all;
        let old = lists?.into_iter().chain(blobs?).filter(|object| {
            let made = SystemTime::from(object.last_modified);
            made + self.grace <= newest.made && !named.contains(&object.location)
        });
        self.objects.remove_all(old.map(|object| object.location).collect())
    }
}

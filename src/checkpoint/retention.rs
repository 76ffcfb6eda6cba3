//! Which checkpoints are kept.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::load_error::Damage;
use super::store::id::CheckpointId;
use super::store::record::Record;

/// The checkpoints to remove, so that these are kept: the newest `keep`, the newest `keep` without
/// a failed node, those that are pinned, and the one that was verified last. A snapshot with a
/// failed node cannot be restored, so a series of them must not push out the last that can.
///
/// Checkpoints that are known to be `damaged` take no place of the newest.
pub(super) fn superfluous(
    records: &[Record],
    keep: usize,
    damaged: &BTreeMap<CheckpointId, Damage>,
) -> Vec<CheckpointId> {
    let good = || records.iter().rev().filter(|record| !damaged.contains_key(&record.id));
    let newest = good().take(keep.max(1)).map(|record| record.id);
    let whole = good().filter(|record| record.counts.failed == 0);
    let whole = whole.take(keep.max(1)).map(|record| record.id);
    let pinned = records.iter().filter(|record| record.is_pinned).map(|record| record.id);
    let verified = records.iter().filter(|record| record.verified.is_some());
    let verified = verified.max_by_key(|record| (record.verified, record.id));
    let kept: BTreeSet<_> =
        newest.chain(whole).chain(pinned).chain(verified.map(|record| record.id)).collect();
    records.iter().map(|record| record.id).filter(|id| !kept.contains(id)).collect()
}

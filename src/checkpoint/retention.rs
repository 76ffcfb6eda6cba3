//! Which checkpoints are kept.

use std::collections::BTreeSet;

use super::id::CheckpointId;
use super::record::Record;

/// The checkpoints to remove, so that these are kept: the newest `keep`, those that are pinned, and
/// the one that was verified last.
pub(super) fn superfluous(records: &[Record], keep: usize) -> Vec<CheckpointId> {
    let newest = records.iter().rev().take(keep.max(1)).map(|record| record.id);
    let pinned = records.iter().filter(|record| record.is_pinned).map(|record| record.id);
    let verified = records.iter().filter(|record| record.verified.is_some());
    let verified = verified.max_by_key(|record| (record.verified, record.id));
    let kept: BTreeSet<_> = newest.chain(pinned).chain(verified.map(|record| record.id)).collect();
    records.iter().map(|record| record.id).filter(|id| !kept.contains(id)).collect()
}

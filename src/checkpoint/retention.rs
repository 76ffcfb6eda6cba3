//! Which checkpoints are kept.

use std::collections::BTreeSet;

use super::id::CheckpointId;
use super::record::Record;

/// The checkpoints to remove. These are kept: the newest `keep`, the newest `keep` without a failed
/// node, those that are pinned, and the one that was verified last. A checkpoint with a failed node
/// cannot be restored, so a series of such checkpoints must not remove the last that can be.
pub(super) fn superfluous(records: &[Record], keep: usize) -> Vec<CheckpointId> {
    let newest = records.iter().rev().take(keep.max(1)).map(|record| record.id);
    let whole = records.iter().rev().filter(|record| record.counts.failed == 0);
    let whole = whole.take(keep.max(1)).map(|record| record.id);
    let pinned = records.iter().filter(|record| record.is_pinned).map(|record| record.id);
    let verified = records.iter().filter(|record| record.verified.is_some());
    let verified = verified.max_by_key(|record| (record.verified, record.id));
    let kept: BTreeSet<_> =
        newest.chain(whole).chain(pinned).chain(verified.map(|record| record.id)).collect();
    records.iter().map(|record| record.id).filter(|id| !kept.contains(id)).collect()
}

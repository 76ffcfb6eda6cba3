//! What a verdict rests on.

use std::fmt;
use std::sync::Arc;

use super::predicate::Predicate;
use crate::snapshot::GlobalSnapshot;

/// What a verdict rests on: the property, the snapshot, and what the snapshot shows.
pub struct Finding<S, M> {
    /// The property's name.
    pub property: String,
    /// What the snapshot shows that makes it so.
    pub reason: String,
    /// The snapshot that the verdict is about.
    pub snapshot: Arc<GlobalSnapshot<S, M>>,
}

impl<S, M> Finding<S, M> {
    /// `Ok` if the predicate is true in the snapshot.
    pub(super) fn make(
        predicate: &Predicate<S, M>,
        snapshot: &Arc<GlobalSnapshot<S, M>>,
    ) -> Result<Self, Self> {
        let finding = |reason| Finding {
            property: predicate.name().to_owned(),
            reason,
            snapshot: Arc::clone(snapshot),
        };
        predicate.evaluate(snapshot).map(finding).map_err(finding)
    }
}

impl<S, M> Clone for Finding<S, M> {
    fn clone(&self) -> Self {
        Finding {
            property: self.property.clone(),
            reason: self.reason.clone(),
            snapshot: Arc::clone(&self.snapshot),
        }
    }
}

impl<S, M> fmt::Debug for Finding<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finding")
            .field("property", &self.property)
            .field("reason", &self.reason)
            .field("snapshot", &self.snapshot.id())
            .finish()
    }
}

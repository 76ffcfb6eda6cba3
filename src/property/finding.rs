//! The ground on which a verdict rests.

use std::fmt;
use std::sync::Arc;

use super::predicate::Predicate;
use crate::snapshot::GlobalSnapshot;

/// The ground on which a verdict rests: the property, the snapshot, and the reason.
pub struct Finding<S, M> {
    /// The property's name.
    pub property: String,
    /// Why the property is true or false in the snapshot.
    pub reason: String,
    /// The snapshot that the verdict is about.
    pub snapshot: Arc<GlobalSnapshot<S, M>>,
}

impl<S, M> Finding<S, M> {
    /// Makes a finding, and tells whether the predicate is true in the snapshot.
    pub(super) fn make(
        predicate: &Predicate<S, M>,
        snapshot: &Arc<GlobalSnapshot<S, M>>,
    ) -> (bool, Self) {
        let verdict = predicate.evaluate(snapshot);
        let is_true = verdict.is_true();
        let (property, reason) = (predicate.name().to_owned(), verdict.into_reason());
        (is_true, Finding { property, reason, snapshot: Arc::clone(snapshot) })
    }
}

impl<S, M> fmt::Display for Finding<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in {}: {}", self.property, self.snapshot.id(), self.reason)
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

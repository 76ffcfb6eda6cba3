//! What a caller can ask of a snapshot.

use std::time::Duration;

use crate::id::NodeId;
use crate::sync::need_time;

/// What a caller can ask of a snapshot. The default is what
/// [`System::snapshot`](crate::System::snapshot) does.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::{NodeId, SnapshotOptions};
///
/// let options = SnapshotOptions::new()
///     .initiators([NodeId::new(2), NodeId::new(5)])
///     .deadline(Duration::from_millis(200));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotOptions {
    pub(crate) initiators: Option<Vec<NodeId>>,
    pub(crate) deadline: Option<Duration>,
}

impl SnapshotOptions {
    /// Nothing particular.
    #[must_use]
    pub fn new() -> Self {
        SnapshotOptions::default()
    }

    /// Starts it at these nodes. If not set, the smallest set of nodes is taken that reaches all.
    #[must_use]
    pub fn initiators(mut self, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        self.initiators = Some(nodes.into_iter().collect());
        self
    }

    /// How long it may take from the moment it is asked for; then it fails, naming what was
    /// missing. If not set,
    /// [`SystemBuilder::snapshot_deadline`](crate::SystemBuilder::snapshot_deadline) holds;
    /// [`Duration::MAX`] for no end.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        need_time_for_deadline(deadline);
        self.deadline = Some(deadline);
        self
    }
}

/// To be called where a deadline is set.
pub(crate) fn need_time_for_deadline(deadline: Duration) {
    if deadline != Duration::MAX {
        need_time("deadlines");
    }
}

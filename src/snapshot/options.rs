//! What a caller can ask of a snapshot.

use std::borrow::Borrow;
use std::time::Duration;

use crate::id::NodeId;

/// What a caller can ask of a snapshot. The default is what
/// [`System::snapshot`](crate::System::snapshot) does.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::{NodeId, SnapshotOptions};
///
/// let options = SnapshotOptions::new()
///     .initiators([NodeId::new(2), NodeId::new(5)])
///     .timeout(Duration::from_millis(200));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnapshotOptions {
    pub(crate) initiators: Option<Vec<NodeId>>,
    pub(crate) timeout: Option<Duration>,
}

/// How long a snapshot may take if nothing is said anywhere.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

impl SnapshotOptions {
    /// Nothing particular.
    #[must_use]
    pub fn new() -> Self {
        SnapshotOptions::default()
    }

    /// Starts the snapshot at these nodes: `new` and [`initiators`](Self::initiators) in one.
    #[must_use]
    pub fn at(initiators: impl IntoIterator<Item = impl Borrow<NodeId>>) -> Self {
        SnapshotOptions::new().initiators(initiators)
    }

    /// Starts the snapshot at these nodes. If not set, it starts at the smallest set of nodes that
    /// reaches all.
    ///
    /// A node reaches others along links, and on links with a
    /// [capacity](crate::SystemBuilder::capacity) also against their direction. A set that does not
    /// reach every node, or names one that is not in the topology, makes the snapshot fail when its
    /// turn comes ([`SnapshotError::Coverage`](crate::SnapshotError::Coverage); in a simulation at
    /// once, [`BeginError::Coverage`](crate::protocol::BeginError::Coverage)).
    #[must_use]
    pub fn initiators(mut self, nodes: impl IntoIterator<Item = impl Borrow<NodeId>>) -> Self {
        self.initiators = Some(nodes.into_iter().map(|node| *node.borrow()).collect());
        self
    }

    /// How long the snapshot may take from the moment it is asked for. After that it fails with
    /// [`SnapshotError::TimedOut`](crate::SnapshotError::TimedOut), which names what was missing.
    /// If not set, [`SystemBuilder::snapshot_timeout`](crate::SystemBuilder::snapshot_timeout)
    /// holds; [`Duration::MAX`] is no limit. In a simulation the time is the simulation's:
    /// [`snapshot_with`](crate::simulation::Simulation::snapshot_with) keeps to it, and a snapshot
    /// that is only begun has no limit.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

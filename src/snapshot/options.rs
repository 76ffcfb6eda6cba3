//! The options of a snapshot.

use std::borrow::Borrow;
use std::time::Duration;

use crate::id::NodeId;

/// The options of a snapshot. The default options are those of
/// [`System::snapshot`](crate::System::snapshot).
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

/// The timeout of a snapshot for which no timeout was set.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

impl SnapshotOptions {
    /// The default options.
    #[must_use]
    pub fn new() -> Self {
        SnapshotOptions::default()
    }

    /// Starts the snapshot at these nodes: a short form of `new` and
    /// [`initiators`](Self::initiators).
    #[must_use]
    pub fn at(initiators: impl IntoIterator<Item = impl Borrow<NodeId>>) -> Self {
        SnapshotOptions::new().initiators(initiators)
    }

    /// Starts the snapshot at these nodes. If no nodes are set, the snapshot starts at the smallest
    /// set of nodes that reaches all nodes.
    ///
    /// A node reaches others along links. On links with a
    /// [capacity](crate::SystemBuilder::capacity) it also reaches them against the direction of the
    /// link. The snapshot fails when its turn comes if the set does not reach every node, or names
    /// a node that is not in the topology
    /// ([`SnapshotError::Coverage`](crate::SnapshotError::Coverage)). In a simulation it fails at
    /// once ([`BeginError::Coverage`](crate::protocol::BeginError::Coverage)).
    #[must_use]
    pub fn initiators(mut self, nodes: impl IntoIterator<Item = impl Borrow<NodeId>>) -> Self {
        self.initiators = Some(nodes.into_iter().map(|node| *node.borrow()).collect());
        self
    }

    /// How long the snapshot may take from the moment at which it is asked for. After that it fails
    /// with [`SnapshotError::TimedOut`](crate::SnapshotError::TimedOut), which names the missing
    /// parts. If no timeout is set,
    /// [`SystemBuilder::snapshot_timeout`](crate::SystemBuilder::snapshot_timeout) holds.
    /// [`Duration::MAX`] means no limit. In a simulation the time is the simulation's. There
    /// [`snapshot_with`](crate::simulation::Simulation::snapshot_with) obeys the timeout, and a
    /// snapshot that is only begun has no limit.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

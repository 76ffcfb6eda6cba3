//! The settings of a cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::driver::SpawnError;
use crate::id::LinkId;
use crate::protocol::MarkerPolicy;
use crate::runtime::{CoordinatorSettings, OnFailure};
use crate::topology::{Link, Topology};

/// The settings of a cluster. Every worker must be given the same.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::cluster::ClusterSettings;
///
/// let settings = ClusterSettings::new()
///     .capacity(1024)
///     .snapshot_timeout(Duration::from_secs(10));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ClusterSettings {
    pub(super) policy: MarkerPolicy,
    capacity: Option<u64>,
    capacities: BTreeMap<LinkId, u64>,
    pub(super) coordinator: CoordinatorSettings,
    pub(super) is_traced: bool,
}

impl ClusterSettings {
    /// The default settings: links without a limit, snapshots that may take a minute, and nodes
    /// that all stop when one panics.
    #[must_use]
    pub fn new() -> Self {
        ClusterSettings::default()
    }

    /// How many messages of each link may be sent and not received. The sender of further messages
    /// waits: it handles nothing until the receiver has caught up. By default a link has no limit.
    #[must_use]
    pub fn capacity(mut self, messages: u64) -> Self {
        self.capacity = Some(messages);
        self
    }

    /// As [`capacity`](Self::capacity), for one link. [`u64::MAX`] means no limit.
    #[must_use]
    pub fn link_capacity(mut self, link: impl Into<LinkId>, messages: u64) -> Self {
        self.capacities.insert(link.into(), messages);
        self
    }

    /// Whether a marker overtakes the messages that wait for their handlers
    /// ([`MarkerPolicy::Overtaking`], the default) or waits its turn.
    #[must_use]
    pub fn marker_policy(mut self, policy: MarkerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// What happens to the other nodes when one panics. By default they stop.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.coordinator.on_failure = on_failure;
        self
    }

    /// How long a snapshot may take if its options do not say; a minute by default.
    #[must_use]
    pub fn snapshot_timeout(mut self, timeout: Duration) -> Self {
        self.coordinator.timeout = timeout;
        self
    }

    /// How many snapshots may be under way at once; 64 by default. Others wait for their turn.
    #[must_use]
    pub fn max_concurrent_snapshots(mut self, snapshots: usize) -> Self {
        self.coordinator.limits.max_concurrent_snapshots = snapshots;
        self
    }

    /// The least time from the end of a snapshot to the beginning of the next; none by default.
    #[must_use]
    pub fn min_pause(mut self, pause: Duration) -> Self {
        self.coordinator.limits.min_pause = pause;
        self
    }

    /// How many ended snapshots are remembered, with their timings; 16 by default.
    #[must_use]
    pub fn history(mut self, snapshots: usize) -> Self {
        self.coordinator.memory.outcomes = snapshots;
        self
    }

    /// How many of the remembered snapshots keep their states and messages; none by default.
    #[must_use]
    pub fn keep_snapshots(mut self, snapshots: usize) -> Self {
        self.coordinator.memory.values = snapshots;
        self
    }

    /// Lets each node keep a log of its events, for a [trace](crate::causality::Trace). An event
    /// takes a byte or more. See [`Cluster::take_logs`](super::Cluster::take_logs).
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.is_traced = true;
        self
    }

    /// The capacity of a link.
    pub(super) fn capacity_of(&self, link: &Link) -> u64 {
        let usual = self.capacity.unwrap_or(u64::MAX);
        self.capacities.get(&link.id).copied().unwrap_or(usual)
    }

    /// Whether some link may have a limit.
    pub(super) fn has_limits(&self) -> bool {
        self.capacity.is_some() || !self.capacities.is_empty()
    }

    /// Refuses settings that can never work.
    pub(super) fn check(&self, topology: &Topology) -> Result<(), SpawnError> {
        if self.coordinator.limits.max_concurrent_snapshots == 0 {
            return Err(SpawnError::NoConcurrentSnapshots);
        }
        let links = topology.link_count();
        if let Some(&link) = self.capacities.keys().find(|link| link.index() >= links) {
            return Err(SpawnError::UnknownLink { link, links });
        }
        match topology.links().iter().find(|link| self.capacity_of(link) == 0) {
            Some(link) => Err(SpawnError::ZeroCapacity { link: topology.named_link(*link) }),
            None => Ok(()),
        }
    }
}

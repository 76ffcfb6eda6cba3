//! Settings of a system before it starts.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::causality::TraceError;
use crate::driver::SpawnError;
use crate::id::LinkId;
use crate::protocol::{Logged, MarkerPolicy, NodeTexts};
use crate::runtime::coordinator::settings::CoordinatorSettings;
use crate::runtime::tuning::DEFAULT_CAPACITY;
use crate::sync::{IS_MODEL, need_time};
use crate::topology::{Link, Topology};

/// The logs of all nodes, by node, or the reason why there is no trace.
pub(super) type Logs = Result<Vec<NodeLog>, TraceError>;

/// The log of a node, for a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NodeLog {
    pub(super) entries: Vec<Logged>,
    pub(super) texts: NodeTexts,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) policy: MarkerPolicy,
    pub(super) stack_size: Option<usize>,
    /// How long a caller waits to inject a message.
    pub(super) inject_timeout: Duration,
    pub(super) capacities: Capacities,
    pub(super) coordinator: CoordinatorSettings,
    /// Whether a trace was asked for.
    pub(super) is_traced: bool,
    /// Whether the system goes on from a snapshot. Its run began earlier, so there is no trace.
    pub(super) is_restored: bool,
}

/// How many messages links hold.
#[derive(Clone, Debug)]
pub(super) struct Capacities {
    pub(super) others: u64,
    /// The capacities that were set for single links.
    pub(super) of: BTreeMap<LinkId, u64>,
    /// The capacity of environment links.
    pub(super) environment: u64,
    /// The capacity for messages that a node has emitted.
    pub(super) output: u64,
}

impl Default for Capacities {
    fn default() -> Self {
        let usual = DEFAULT_CAPACITY;
        Capacities { others: usual, of: BTreeMap::new(), environment: usual, output: usual }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            policy: MarkerPolicy::default(),
            stack_size: None,
            inject_timeout: DEFAULT_INJECT_TIMEOUT,
            capacities: Capacities::default(),
            coordinator: CoordinatorSettings::default(),
            is_traced: false,
            is_restored: false,
        }
    }
}

impl Settings {
    /// Whether nodes keep logs.
    pub(super) fn keeps_logs(&self) -> bool {
        self.is_traced && !self.is_restored
    }

    /// The value of the logs before the system starts.
    pub(super) fn logs(&self) -> Logs {
        Err(match (self.is_traced, self.is_restored) {
            (false, _) => TraceError::NotKept,
            (true, true) => TraceError::Restored,
            (true, false) => TraceError::NotEnded,
        })
    }

    /// Refuses settings that can never work.
    pub(super) fn check(&self, topology: &Topology) -> Result<(), SpawnError> {
        if self.coordinator.limits.max_concurrent_snapshots == 0 {
            return Err(SpawnError::NoConcurrentSnapshots);
        }
        let links = topology.link_count();
        if let Some(&link) = self.capacities.of.keys().find(|link| link.index() >= links) {
            return Err(SpawnError::UnknownLink { link, links });
        }
        let zero = topology.all_links().find(|link| self.capacities.of(link) == 0);
        if let Some(link) = zero {
            return Err(SpawnError::ZeroCapacity { link: topology.named_link(link) });
        }
        if self.capacities.output == 0 {
            return Err(SpawnError::ZeroOutputCapacity);
        }
        Ok(())
    }
}

impl Capacities {
    pub(super) fn of(&self, link: &Link) -> u64 {
        let usual = if link.is_environment() { self.environment } else { self.others };
        self.of.get(&link.id).copied().unwrap_or(usual)
    }
}

/// How long a caller waits to inject a message by default.
// A model has no time.
const DEFAULT_INJECT_TIMEOUT: Duration =
    if IS_MODEL { Duration::MAX } else { Duration::from_secs(60) };

/// Panics in a model, which cannot have timeouts. Called by each setting of a snapshot's timeout.
pub(super) fn need_time_for_timeout(timeout: Duration) {
    if timeout != Duration::MAX {
        need_time("timeouts of snapshots");
    }
}

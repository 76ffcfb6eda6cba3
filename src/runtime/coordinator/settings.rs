//! Settings of the coordinator.

use std::time::Duration;

use crate::snapshot::DEFAULT_TIMEOUT;

/// What happens to the other nodes when a node panics.
///
/// A system goes on after a failure from a snapshot that it has
/// [kept](crate::SystemBuilder::keep_snapshots): take the last good one from
/// [`System::history`](crate::System::history), and [restore](crate::SystemBuilder::restore) it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// The system stops: every node ends after the handler that is running, snapshots fail and name
    /// the node that panicked, and [`System::join`](crate::System::join) returns.
    #[default]
    Stop,
    /// The other nodes go on. Messages to the failed node are dropped. Snapshots under way that
    /// still need the node fail. Later snapshots are taken without it and say so
    /// ([`GlobalSnapshot::failures`](crate::GlobalSnapshot::failures)).
    Continue,
}

#[derive(Clone, Debug)]
pub(crate) struct CoordinatorSettings {
    /// How long a snapshot may take by default.
    pub(crate) timeout: Duration,
    pub(crate) limits: Limits,
    pub(crate) memory: Memory,
    pub(crate) on_failure: OnFailure,
}

/// How many snapshots may be under way, and how long the pause between them is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_concurrent_snapshots: usize,
    /// The least time from the end of a snapshot to the beginning of the next.
    pub(crate) min_pause: Duration,
}

/// How many ended snapshots are remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// How many are remembered with their outcomes and timings.
    pub(crate) outcomes: usize,
    /// How many of these are remembered with their states and messages.
    pub(crate) values: usize,
}

impl Default for CoordinatorSettings {
    fn default() -> Self {
        CoordinatorSettings {
            timeout: DEFAULT_TIMEOUT,
            limits: Limits { max_concurrent_snapshots: 64, min_pause: Duration::ZERO },
            memory: Memory { outcomes: 16, values: 0 },
            on_failure: OnFailure::default(),
        }
    }
}

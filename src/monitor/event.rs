//! What a monitor reports.

use std::fmt;
use std::sync::Arc;

use super::unread::Reader;
use crate::property::Finding;
use crate::runtime::{OwnThreads, SnapshotResult};
use crate::snapshot::GlobalSnapshot;
use crate::snapshot::SnapshotError;

/// What a monitor reports. A property is mentioned when what is seen of it changes, and not with every snapshot: at the beginning
/// invariants are taken to hold, and stable properties not to.
#[non_exhaustive]
pub enum MonitorEvent<S, M> {
    /// A stable property holds now, and from now on. It is not looked for any more.
    Detected(Finding<S, M>),
    /// An invariant is none: a state that the system can reach breaks it. See [`Check::Violated`](crate::Check::Violated).
    Violated(Finding<S, M>),
    /// An invariant that was violated held in this snapshot.
    HeldAgain(Finding<S, M>),
    /// There was no snapshot. The next is tried after a pause, longer with each that fails in a row.
    SnapshotFailed {
        /// Why.
        error: SnapshotError,
        /// How many have failed since the last that did not, this one included.
        in_a_row: u32,
    },
    /// A property's function has panicked. It is called again for the next snapshot; only the first of panics in a row is reported.
    PropertyPanicked {
        /// The property's name.
        property: String,
        /// What it panicked with.
        panic: String,
        /// The snapshot that it looked at.
        snapshot: Arc<GlobalSnapshot<S, M>>,
    },
    /// The callback has panicked with this, at the event before this one. It is called again for the next.
    CallbackPanicked(String),
    /// The monitor has stopped the system ([`OnFound::StopSystem`](super::OnFound::StopSystem)): the last snapshot, or why there is
    /// none. The monitor ends with it.
    SystemStopped(SnapshotResult<S, M>),
}

/// A monitor's events, in order. `next` waits for one; the stream ends with the monitor. In a handler of the system that is
/// watched `next` does not wait, since the monitor's snapshots wait for that handler: where no event is there, it returns `None`.
///
/// The newest 1,024 events that were not read are kept ([`newest`](Self::newest) sets another
/// bound), with their snapshots. Older ones are dropped and counted ([`missed`](Self::missed)).
pub struct MonitorEvents<S, M> {
    events: Reader<MonitorEvent<S, M>>,
    /// Those of the system that is watched.
    own_threads: OwnThreads,
}

impl<S, M> MonitorEvents<S, M> {
    pub(super) fn new(events: Reader<MonitorEvent<S, M>>, own_threads: OwnThreads) -> Self {
        MonitorEvents { events, own_threads }
    }

    /// Whether events are kept from now on.
    pub(super) fn keep(&self, is_read: bool) {
        self.events.keep(is_read);
    }

    /// Keeps at most the newest `events` that were not read, and at least one.
    #[must_use]
    pub fn newest(self, events: usize) -> Self {
        self.events.keep_newest(events);
        self
    }

    /// How many events were dropped so far because they were not read in time.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.events.missed()
    }

    /// The events that are there, without waiting.
    pub fn ready(&self) -> impl Iterator<Item = MonitorEvent<S, M>> + use<S, M> {
        self.events.ready().into_iter()
    }
}

impl<S, M> Clone for MonitorEvents<S, M> {
    /// Another reader of the same stream.
    fn clone(&self) -> Self {
        MonitorEvents { events: self.events.clone(), own_threads: self.own_threads }
    }
}

impl<S, M> Iterator for MonitorEvents<S, M> {
    type Item = MonitorEvent<S, M>;

    fn next(&mut self) -> Option<MonitorEvent<S, M>> {
        match self.own_threads.name_of_this() {
            None => self.events.next(),
            Some(_) => self.events.next_if_there(),
        }
    }
}

impl<S, M> fmt::Display for MonitorEvent<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MonitorEvent::Detected(Finding { property, reason, snapshot }) => {
                write!(f, "`{property}` holds, as {} shows: {reason}", snapshot.id())
            }
            MonitorEvent::Violated(Finding { property, reason, snapshot }) => {
                write!(f, "`{property}` is violated in {}: {reason}", snapshot.id())
            }
            MonitorEvent::HeldAgain(Finding { property, snapshot, .. }) => {
                write!(f, "`{property}` held again in {}", snapshot.id())
            }
            MonitorEvent::SnapshotFailed { error, in_a_row: 1 } => {
                write!(f, "no snapshot: {error}")
            }
            MonitorEvent::SnapshotFailed { error, in_a_row } => {
                write!(f, "no snapshot, and {in_a_row} failures in a row: {error}")
            }
            MonitorEvent::PropertyPanicked { property, panic, snapshot } => {
                write!(f, "the function of `{property}` panicked at {}: {panic}", snapshot.id())
            }
            MonitorEvent::CallbackPanicked(panic) => write!(f, "the callback panicked: {panic}"),
            MonitorEvent::SystemStopped(Ok(snapshot)) => {
                write!(f, "the system was stopped with {}", snapshot.id())
            }
            MonitorEvent::SystemStopped(Err(error)) => {
                write!(f, "the system was stopped without a last snapshot: {error}")
            }
        }
    }
}

impl<S, M> Clone for MonitorEvent<S, M> {
    fn clone(&self) -> Self {
        match self {
            MonitorEvent::Detected(finding) => MonitorEvent::Detected(finding.clone()),
            MonitorEvent::Violated(finding) => MonitorEvent::Violated(finding.clone()),
            MonitorEvent::HeldAgain(finding) => MonitorEvent::HeldAgain(finding.clone()),
            MonitorEvent::SnapshotFailed { error, in_a_row } => {
                MonitorEvent::SnapshotFailed { error: error.clone(), in_a_row: *in_a_row }
            }
            MonitorEvent::PropertyPanicked { property, panic, snapshot } => {
                MonitorEvent::PropertyPanicked {
                    property: property.clone(),
                    panic: panic.clone(),
                    snapshot: Arc::clone(snapshot),
                }
            }
            MonitorEvent::CallbackPanicked(panic) => MonitorEvent::CallbackPanicked(panic.clone()),
            MonitorEvent::SystemStopped(last) => MonitorEvent::SystemStopped(last.clone()),
        }
    }
}

impl<S, M> fmt::Debug for MonitorEvent<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MonitorEvent({self})")
    }
}

impl<S, M> fmt::Debug for MonitorEvents<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitorEvents").finish_non_exhaustive()
    }
}

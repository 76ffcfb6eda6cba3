//! Events: the reports of a monitor.

use std::fmt;
use std::sync::Arc;

use super::unread::Reader;
use crate::property::Finding;
use crate::runtime::OwnThreads;
use crate::snapshot::{GlobalSnapshot, SnapshotError};

/// A report of a monitor. The monitor reports a property when its verdict changes, and not with
/// every snapshot. At the beginning the monitor assumes that invariants hold and that stable
/// properties do not hold.
#[non_exhaustive]
pub enum MonitorEvent<S, M> {
    /// A stable property holds from now on. The monitor no longer looks for it.
    Detected(Finding<S, M>),
    /// The property is not an invariant: a reachable state violates it. See
    /// [`Check::Violated`](crate::Check::Violated).
    Violated(Finding<S, M>),
    /// An invariant that was violated held in this snapshot.
    HeldAgain(Finding<S, M>),
    /// A snapshot failed. The next is tried after a pause, which grows with each failure in a row.
    SnapshotFailed {
        /// Why the snapshot failed.
        error: SnapshotError,
        /// How many snapshots in a row have failed, this one included.
        in_a_row: u32,
    },
    /// The function of a property panicked. The monitor calls it again for the next snapshot. Of
    /// panics in a row only the first is reported.
    PropertyPanicked {
        /// The property's name.
        property: String,
        /// The text of the panic.
        panic: String,
        /// The snapshot on which the function was called.
        snapshot: Arc<GlobalSnapshot<S, M>>,
    },
    /// The callback panicked with this text, at the event before this one. The monitor calls it
    /// again for the next event.
    CallbackPanicked(String),
    /// The monitor stopped the system ([`OnFound::StopSystem`](super::OnFound::StopSystem)). This
    /// is the last snapshot, or the reason why there is no last snapshot. The monitor ends with
    /// this event.
    SystemStopped(Result<Arc<GlobalSnapshot<S, M>>, SnapshotError>),
}

/// The events of a monitor, in order. `next` waits for an event; the stream ends with the monitor.
/// In a handler of the watched system `next` does not wait, since the monitor's snapshots wait for
/// that handler: `next` returns `None` if no event is there.
///
/// The newest 1,024 unread events are kept, with their snapshots; [`newest`](Self::newest) sets
/// another bound. Older events are dropped and counted ([`missed`](Self::missed)).
pub struct MonitorEvents<S, M> {
    events: Reader<MonitorEvent<S, M>>,
    /// The threads of the watched system.
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

    /// Keeps at most the newest `events` unread events, and at least one.
    #[must_use]
    pub fn newest(self, events: usize) -> Self {
        self.events.keep_newest(events);
        self
    }

    /// How many events were dropped because they were not read in time.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.events.missed()
    }

    /// The events that are there. This call does not wait.
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

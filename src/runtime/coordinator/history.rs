//! The last snapshots, as data and as a table.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use thiserror::Error;

use super::outcome::{Outcome, SnapshotResult, discard_snapshot};
use super::settings::Memory;
use crate::id::SnapshotId;
use crate::snapshot::{GlobalSnapshot, NodeTiming, SnapshotError, Timings};
use crate::topology::Topology;

/// The last snapshots that ended, in the order in which they ended. It is a slice of
/// [`PastSnapshot`]s, and `Display` prints a table.
#[derive(Debug)]
pub struct History<S, M>(Vec<PastSnapshot<S, M>>);

/// How a snapshot ended, and when its parts were recorded.
#[derive(Debug)]
pub struct PastSnapshot<S, M> {
    /// The snapshot.
    pub id: SnapshotId,
    /// When the snapshot's parts were recorded, or why it failed.
    pub result: Result<Timings, SnapshotError>,
    /// The snapshot's states and messages, if the system still
    /// [keeps](crate::SystemBuilder::keep_snapshots) them.
    pub snapshot: Option<Arc<GlobalSnapshot<S, M>>>,
    /// The topology, for the names of nodes; `None` if the snapshot failed.
    topology: Option<Arc<Topology>>,
}

impl<S, M> PastSnapshot<S, M> {
    /// An ended snapshot without its states and messages.
    pub(crate) fn without_values(id: SnapshotId, result: &SnapshotResult<S, M>) -> Self {
        let timings = |snapshot: &Arc<GlobalSnapshot<S, M>>| snapshot.timings().clone();
        PastSnapshot {
            id,
            topology: result.as_ref().ok().map(|snapshot| Arc::clone(snapshot.topology())),
            result: result.as_ref().map(timings).map_err(SnapshotError::clone),
            snapshot: None,
        }
    }
}

/// The last snapshots that ended, in the order in which they ended.
pub(crate) struct Remembered<S, M> {
    past: VecDeque<PastSnapshot<S, M>>,
    memory: Memory,
}

impl<S, M> Remembered<S, M> {
    pub(crate) fn new(memory: Memory) -> Self {
        Remembered { past: VecDeque::new(), memory }
    }

    /// Adds a snapshot. Returns the snapshots that are forgotten for it. The caller drops them
    /// without the registry's lock, since the drop runs code of users' states and messages.
    #[must_use]
    pub(crate) fn add(
        &mut self,
        id: SnapshotId,
        result: &SnapshotResult<S, M>,
    ) -> Vec<Arc<GlobalSnapshot<S, M>>> {
        let mut past = PastSnapshot::without_values(id, result);
        let mut forgotten = Vec::new();
        if let (Ok(snapshot), 1..) = (result, self.memory.values) {
            let mut kept = self.past.iter_mut().rev().filter(|past| past.snapshot.is_some());
            let oldest = kept.nth(self.memory.values - 1);
            forgotten.extend(oldest.and_then(|past| past.snapshot.take()));
            past.snapshot = Some(Arc::clone(snapshot));
        }
        self.past.push_back(past);
        if self.past.len() > self.memory.outcomes {
            forgotten.extend(self.past.pop_front().and_then(|past| past.snapshot));
        }
        forgotten
    }

    /// The result of a snapshot, if it is kept.
    pub(crate) fn find(&self, id: SnapshotId) -> Result<SnapshotResult<S, M>, FindSnapshotError> {
        let Memory { outcomes: remembered, values: kept } = self.memory;
        let unknown = FindSnapshotError::Unknown { snapshot: id, remembered };
        let past = self.past.iter().find(|past| past.id == id).ok_or(unknown)?;
        match (&past.result, &past.snapshot) {
            (Err(error), _) => Ok(Err(error.clone())),
            (Ok(_), Some(snapshot)) => Ok(Ok(Arc::clone(snapshot))),
            (Ok(_), None) => Err(FindSnapshotError::NotKept { snapshot: id, kept }),
        }
    }

    pub(crate) fn to_history(&self) -> History<S, M> {
        self.past.iter().cloned().collect()
    }
}

/// Why [`System::find_snapshot`](crate::System::find_snapshot) found no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FindSnapshotError {
    /// The snapshot is neither under way nor remembered.
    #[error(
        "{snapshot} is not known: it was never begun, or it is older than the last {remembered} \
         that the system remembers (SystemBuilder::history)"
    )]
    Unknown {
        /// The snapshot that was asked for.
        snapshot: SnapshotId,
        /// How many ended snapshots the system remembers.
        remembered: usize,
    },
    /// The snapshot was complete, and the system no longer keeps its states and messages.
    #[error(
        "{snapshot} was complete, and its states and messages are no longer kept: hold the result \
         of a wait, subscribe, or have more kept than the last {kept} (SystemBuilder::keep_snapshots)"
    )]
    NotKept {
        /// The snapshot that was asked for.
        snapshot: SnapshotId,
        /// How many complete snapshots the system keeps.
        kept: usize,
    },
}

impl<S, M> Drop for Remembered<S, M> {
    fn drop(&mut self) {
        self.past.drain(..).filter_map(|past| past.snapshot).for_each(discard_snapshot);
    }
}

impl<S, M> From<Outcome<S, M>> for PastSnapshot<S, M> {
    fn from(outcome: Outcome<S, M>) -> Self {
        let past = PastSnapshot::without_values(outcome.id, &outcome.result);
        PastSnapshot { snapshot: outcome.result.ok(), ..past }
    }
}

impl<S, M> FromIterator<PastSnapshot<S, M>> for History<S, M> {
    fn from_iter<I: IntoIterator<Item = PastSnapshot<S, M>>>(past: I) -> Self {
        History(past.into_iter().collect())
    }
}

impl<S, M> FromIterator<Outcome<S, M>> for History<S, M> {
    fn from_iter<I: IntoIterator<Item = Outcome<S, M>>>(outcomes: I) -> Self {
        outcomes.into_iter().map(PastSnapshot::from).collect()
    }
}

impl<S, M> Deref for History<S, M> {
    type Target = [PastSnapshot<S, M>];

    fn deref(&self) -> &[PastSnapshot<S, M>] {
        &self.0
    }
}

impl<S, M> IntoIterator for History<S, M> {
    type Item = PastSnapshot<S, M>;
    type IntoIter = std::vec::IntoIter<PastSnapshot<S, M>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, S, M> IntoIterator for &'a History<S, M> {
    type Item = &'a PastSnapshot<S, M>;
    type IntoIter = std::slice::Iter<'a, PastSnapshot<S, M>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<S, M> Clone for History<S, M> {
    fn clone(&self) -> Self {
        History(self.0.clone())
    }
}

/// One line per snapshot: its duration, the longest start delay and the longest marker span with
/// their nodes, and the number of messages it recorded. Snapshots are named by their numbers: all
/// snapshots of a system have the same life.
impl<S, M> fmt::Display for History<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8}  {:>9}  {:>22}  {:>22}  {:>9}",
            "snapshot", "took", "slowest start", "longest span", "messages"
        )?;
        for past in self {
            write!(f, "\n{:>8}  ", past.id.number())?;
            match &past.result {
                Ok(timings) => past.show(timings, f)?,
                Err(error) => write!(f, "{error}")?,
            }
        }
        Ok(())
    }
}

impl<S, M> PastSnapshot<S, M> {
    fn show(&self, timings: &Timings, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |longest: Option<&NodeTiming>, of: fn(&NodeTiming) -> _| {
            longest.map_or_else(String::new, |timing| {
                let (time, node) = (format!("{:.1?}", of(timing)), timing.node);
                let label = self.topology.as_ref().map(|topology| topology.label(node));
                format!("{time} ({})", label.unwrap_or_default())
            })
        };
        let slowest = timings.nodes().iter().max_by_key(|node| node.start_delay);
        let longest = timings.nodes().iter().max_by_key(|node| node.marker_span);
        let messages: usize = timings.nodes().iter().map(|node| node.messages).sum();
        let took = format!("{:.1?}", timings.duration());
        let slowest = at(slowest, |node| node.start_delay);
        let longest = at(longest, |node| node.marker_span);
        write!(f, "{took:>9}  {slowest:>22}  {longest:>22}  {messages:>9}")
    }
}

impl<S, M> Clone for PastSnapshot<S, M> {
    fn clone(&self) -> Self {
        PastSnapshot {
            id: self.id,
            result: self.result.clone(),
            snapshot: self.snapshot.clone(),
            topology: self.topology.clone(),
        }
    }
}

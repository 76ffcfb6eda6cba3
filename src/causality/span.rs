//! The states of a run in which a snapshot began and ended, by the order of the trace.

use super::cut::Cut;
use super::event::{Mark, MarkKind};
use super::trace::Trace;
use crate::id::SnapshotId;

impl Trace {
    /// S<sub>b</sub>: the events that had happened when the first node recorded for the snapshot.
    /// `None` if no node has recorded for it.
    ///
    /// The order is that of the trace. In a trace of a [simulation](crate::simulation) this is the
    /// order in which the events happened. In a [merged](Trace::merge) trace, as of threads, it is
    /// one of the orders in which they could have happened. Then the answer is a state of that
    /// execution, and not of any moment of real time.
    #[must_use]
    pub fn began(&self, snapshot: SnapshotId) -> Option<Cut> {
        self.marks_of(snapshot).next().map(|mark| self.first_events(mark.after))
    }

    /// S<sub>e</sub>: the events that had happened when the last node recorded for the snapshot or
    /// the last marker came, whichever was later, so far. `None` if no node has recorded for it.
    /// The order is that of the trace, as for [`began`](Self::began).
    ///
    /// Only marks of the trace count. An algorithm without markers may take messages into channel
    /// states for longer: a snapshot by [physical time](crate::simulation::PhysicalTime) is
    /// complete only when its patience is over, and no mark tells when.
    #[must_use]
    pub fn ended(&self, snapshot: SnapshotId) -> Option<Cut> {
        self.marks_of(snapshot).next_back().map(|mark| self.first_events(mark.after))
    }

    fn marks_of(&self, snapshot: SnapshotId) -> impl DoubleEndedIterator<Item = &Mark> {
        self.marks().iter().filter(move |mark| match mark.kind {
            MarkKind::Recorded(of) | MarkKind::Marker(of, _) | MarkKind::MarkerReturned(of, _) => {
                of == snapshot
            }
        })
    }

    /// The state of the run after its first `count` events.
    fn first_events(&self, count: usize) -> Cut {
        let mut events = vec![0; self.topology().node_count()];
        self.events()[..count].iter().for_each(|event| events[event.node.index()] += 1);
        Cut::new(events)
    }
}

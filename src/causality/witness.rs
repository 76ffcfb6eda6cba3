//! The execution that a snapshot belongs to.

use super::cut::{Cut, CutError};
use super::event::Event;
use super::trace::Trace;

/// A run in another order, in which the events before a cut come first. This execution leads from
/// the state in which the run began to the state of the cut, and from there to the state in which
/// the run ended.
#[derive(Clone, Debug)]
pub struct Witness<'a> {
    trace: &'a Trace,
    events: Vec<&'a Event>,
    before: usize,
    swaps: u64,
}

impl Trace {
    /// Rearranges the run by a consistent cut. As in the paper's proof, an event after the cut
    /// changes places with the event behind it if this second event is before the cut, until no
    /// such pair is left. The two events are of different nodes. The second event does not receive
    /// a message of the first: otherwise the cut would not be consistent.
    ///
    /// # Errors
    /// If the cut is not consistent.
    pub fn witness(&self, cut: &Cut) -> Result<Witness<'_>, CutError> {
        cut.check(self)?;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut swaps = 0;
        for event in self.events() {
            if cut.includes(event) {
                // The event passes all events after the cut that stood before it.
                swaps += after.len() as u64;
                before.push(event);
            } else {
                after.push(event);
            }
        }
        let count = before.len();
        before.append(&mut after);
        Ok(Witness { trace: self, events: before, before: count, swaps })
    }
}

impl<'a> Witness<'a> {
    /// The trace that is rearranged.
    #[must_use]
    pub fn trace(&self) -> &'a Trace {
        self.trace
    }

    /// The events before the cut, in the order in which they happened.
    #[must_use]
    pub fn before(&self) -> impl ExactSizeIterator<Item = &'a Event> + DoubleEndedIterator + Clone {
        self.events[..self.before].iter().copied()
    }

    /// The events after the cut, in the order in which they happened.
    #[must_use]
    pub fn after(&self) -> impl ExactSizeIterator<Item = &'a Event> + DoubleEndedIterator + Clone {
        self.events[self.before..].iter().copied()
    }

    /// How often two neighbours changed places. If the number is 0, the state of the cut occurred
    /// in the run.
    #[must_use]
    pub fn swaps(&self) -> u64 {
        self.swaps
    }

    /// The same events as a trace: the events before the cut, then the events after it. Marks have
    /// no place in this order and are left out.
    #[must_use]
    pub fn rearranged(&self) -> Trace {
        let mut rearranged = self.trace.without_events();
        for event in &self.events {
            for room in self.trace.room_before(event) {
                let told = rearranged.acknowledge(event.node, room.link, room.received);
                debug_assert!(told.is_ok(), "{told:?}");
            }
            // A consistent cut does not part a receipt from its sending, nor the use of room from
            // the receipt that made it.
            let pushed = rearranged.push(event.node, event.cause, &event.sends);
            debug_assert!(pushed.is_ok(), "{pushed:?}");
        }
        rearranged
    }
}

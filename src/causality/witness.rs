//! The execution that a snapshot belongs to.

use super::cut::{Cut, CutError};
use super::event::{Event, EventId};
use super::trace::Trace;

/// A run in another order, in which the events before a cut come first: an execution that leads from where the run began to the
/// state of the cut, and from there to where the run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    events: Vec<EventId>,
    before: usize,
    swaps: u64,
}

impl Trace {
    /// Rearranges the run by a consistent cut. As in the paper's proof, an event after the cut changes places with the one behind it
    /// if that is before the cut, until none is left to change: the two are of different nodes, and what the second receives the first
    /// has not sent, or the cut would not be consistent.
    ///
    /// # Errors
    /// If the cut is not consistent.
    pub fn witness(&self, cut: &Cut) -> Result<Witness, CutError> {
        cut.check(self)?;
        let ids = (0..self.events().len()).map(EventId);
        let (mut events, after): (Vec<_>, Vec<_>) =
            ids.partition(|id| cut.includes(&self.events()[id.0]));
        // Each event before the cut has passed those after it that stood before it.
        let passed = events.iter().enumerate().map(|(place, id)| (id.0 - place) as u64);
        let (swaps, before) = (passed.sum(), events.len());
        events.extend(after);
        Ok(Witness { events, before, swaps })
    }
}

impl Witness {
    /// The events before the cut, in the order in which they happened.
    #[must_use]
    pub fn before<'a>(&'a self, trace: &'a Trace) -> impl ExactSizeIterator<Item = &'a Event> {
        self.events[..self.before].iter().map(|id| &trace.events()[id.0])
    }

    /// The events after the cut, in the order in which they happened.
    #[must_use]
    pub fn after<'a>(&'a self, trace: &'a Trace) -> impl ExactSizeIterator<Item = &'a Event> {
        self.events[self.before..].iter().map(|id| &trace.events()[id.0])
    }

    /// How often two neighbours changed places. Zero: the state of the cut is one that occurred.
    #[must_use]
    pub fn swaps(&self) -> u64 {
        self.swaps
    }

    /// The same events as a trace: those before the cut, then those after it.
    #[must_use]
    pub fn rearranged(&self, trace: &Trace) -> Trace {
        let mut rearranged = Trace::new(trace.topology().clone());
        for event in self.before(trace).chain(self.after(trace)) {
            // A consistent cut parts no receipt from what was sent for it.
            let pushed = rearranged.push(event.node, event.cause, &event.sends);
            debug_assert!(pushed.is_ok(), "{pushed:?}");
        }
        rearranged
    }
}

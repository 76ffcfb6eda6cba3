//! Traces as values of any format: the entries of all logs in their order. Reading a trace adds
//! entry by entry, so an entry that cannot happen in its place is refused.

use std::sync::Arc;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::event::{EventId, Logged, Mark, MarkKind};
use super::room::Room;
use super::texts::Texts;
use super::trace::{Trace, TraceError};
use crate::id::{LinkId, NodeId};
use crate::topology::Topology;

#[derive(Serialize, Deserialize)]
#[serde(rename = "Trace")]
struct Form<T, X> {
    topology: T,
    /// The links that have a capacity.
    capacities: Vec<(LinkId, u64)>,
    entries: Vec<Entry>,
    /// The time of the entries that are added next.
    now: Option<Duration>,
    texts: X,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    node: NodeId,
    /// The time, in a trace of a simulation.
    at: Option<Duration>,
    entry: Logged,
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let capacities = self.capacities.iter().map(|(link, messages)| (*link, *messages));
        Form {
            topology: &*self.topology,
            capacities: capacities.collect(),
            entries: self.entries(),
            now: self.times.now,
            texts: &self.texts,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Trace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::<Topology, Texts>::deserialize(deserializer)?;
        Trace::from_form(form).map_err(D::Error::custom)
    }
}

impl Trace {
    fn from_form(form: Form<Topology, Texts>) -> Result<Trace, TraceError> {
        let mut trace = Trace::new(Arc::new(form.topology));
        form.capacities.into_iter().for_each(|(link, messages)| trace.set_capacity(link, messages));
        for Entry { node, at, entry } in form.entries {
            // A recording of such a node would change nothing, and be lost unseen.
            if !trace.topology.contains(node) {
                return Err(TraceError::UnknownNode(node));
            }
            trace.times.now = at;
            trace.add(node, &entry)?;
        }
        trace.times.now = form.now;
        trace.texts = form.texts;
        Ok(trace)
    }

    /// The entries from which the trace can be built again.
    fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(self.events.len() + self.marks.len());
        let mut marks = self.marks.iter().zip(&self.times.marks).peekable();
        for (place, event) in self.events.iter().enumerate() {
            while let Some((mark, at)) = marks.next_if(|(mark, _)| mark.after <= place) {
                entries.push(of_mark(mark, *at));
            }
            let learnt = self.room.get(&EventId(place)).into_iter().flatten();
            entries.extend(learnt.map(|room| of_room(event.node, *room)));
            let (cause, sends) = (event.cause, event.sends.clone());
            let at = self.times.events[place];
            entries.push(Entry { node: event.node, at, entry: Logged::Handled { cause, sends } });
        }
        entries.extend(marks.map(|(mark, at)| of_mark(mark, *at)));
        let news = self.news.iter();
        entries.extend(news.flat_map(|(node, all)| all.iter().map(|room| of_room(*node, *room))));
        entries
    }
}

fn of_mark(mark: &Mark, at: Option<Duration>) -> Entry {
    let entry = match mark.kind {
        MarkKind::Recorded(snapshot) => Logged::Recorded(snapshot),
        MarkKind::Marker(snapshot, link) => Logged::Marker(snapshot, link),
        MarkKind::MarkerReturned(snapshot, link) => Logged::MarkerReturned(snapshot, link),
    };
    Entry { node: mark.node, at, entry }
}

fn of_room(node: NodeId, room: Room) -> Entry {
    Entry { node, at: None, entry: Logged::Acknowledged(room.link, room.received) }
}

//! The output of a node, and the remains of the node at its end.

use std::fmt;

use super::records::Records;
use super::{InEnd, NodeCore};
use crate::id::{LinkId, SnapshotId};
use crate::outbox::{Drained, Effect};
use crate::process::Process;
use crate::protocol::message::{Output, Report};
use crate::protocol::recorder::Recorder;
use crate::topology::Link;

impl<P: Process> NodeCore<P> {
    /// The output so far, in order. A driver must carry out all of it; outputs that the driver
    /// drops are lost.
    #[inline]
    pub fn drain_output(&mut self) -> DrainOutput<'_, P> {
        let NodeCore { process, records, outbox, recorders, in_ends, .. } = self;
        let effects = outbox.drain();
        DrainOutput { effects, returning: None, recorders, in_ends, records, process }
    }

    /// As [`drain_output`](Self::drain_output), for output that is messages alone, in the batches
    /// in which they leave. False if there is [any other output](Self::is_output_mixed). Then
    /// nothing is handed out.
    #[inline]
    pub fn drain_messages(&mut self, each: impl FnMut(LinkId, Vec<P::Message>)) -> bool {
        self.outbox.drain_messages(each)
    }

    /// As [`drain_messages`](Self::drain_messages), but each batch is lent, with the link on which
    /// it leaves. `each` takes the messages out, or the whole batch; a message that it leaves is
    /// dropped. The memory that it leaves stays here for the next messages. This suits a node that
    /// handles few messages at a time.
    #[inline]
    pub fn lend_messages(&mut self, each: impl FnMut(Link, &mut Vec<P::Message>)) -> bool {
        self.outbox.lend_messages(each)
    }

    /// Ends the node and hands out all values of the user's types that the node holds.
    pub fn dismantle(mut self) -> Leftovers<P> {
        let mut messages = self.inbox.into_messages();
        messages.extend(self.outbox.into_messages());
        for recorder in self.recorders.drain(..) {
            messages.append(&mut recorder.into_messages());
        }
        let (recorded, reports) = self.records.into_parts();
        messages.extend(recorded);
        Leftovers { process: self.process, messages, reports }
    }
}

/// The output of a node, as [`NodeCore::drain_output`] hands it out.
pub struct DrainOutput<'a, P: Process> {
    effects: Drained<'a, P::Message>,
    /// The snapshot whose marker goes back now, and the first slot that was not looked at.
    returning: Option<(SnapshotId, usize)>,
    recorders: &'a [Recorder<P::Message>],
    in_ends: &'a [InEnd],
    records: &'a mut Records<P::State, P::Message>,
    process: &'a P,
}

impl<P: Process> Iterator for DrainOutput<'_, P> {
    type Item = Output<P::State, P::Message>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(output) = self.next_return() {
                return Some(output);
            }
            let effect = self.effects.next()?;
            if let Some(output) = self.carry_out(effect) {
                return Some(output);
            }
        }
    }
}

impl<P: Process> DrainOutput<'_, P> {
    /// Takes out the records whose places are dropped, before any value of the user's is dropped.
    /// Otherwise a message that panics in its drop would leave these records to later places.
    #[cold]
    fn drop_records(&mut self) {
        let mut nodes = Vec::new();
        let mut links = Vec::new();
        for effect in self.effects.left() {
            match effect {
                Effect::State(snapshot) => nodes.push(self.records.skip(*snapshot)),
                Effect::Closed => links.push(self.records.next_of_link()),
                _ => {}
            }
        }
    }

    /// The next link on which the marker goes back, if there is one. A link is closed if the
    /// sender's own marker has come on it. The marker does not go back there, since it would tell
    /// the sender nothing.
    #[inline]
    fn next_return(&mut self) -> Option<Output<P::State, P::Message>> {
        let (snapshot, from) = self.returning.take()?;
        let recorder = self.recorders.iter().find(|recorder| recorder.snapshot == snapshot)?;
        let mut open = recorder.next_open(from)?;
        while !self.in_ends.get(open)?.returns_markers {
            open = recorder.next_open(open + 1)?;
        }
        self.returning = Some((snapshot, open + 1));
        Some(Output::Return { link: self.in_ends[open].link.id, snapshot })
    }

    /// The output for a driver, if this effect needs one.
    fn carry_out(&mut self, effect: Effect<P::Message>) -> Option<Output<P::State, P::Message>> {
        match effect {
            Effect::Messages { link: LinkId::OUTPUT, messages } => Some(Output::Emitted(messages)),
            Effect::Messages { link, messages } => Some(Output::Messages { link, messages }),
            Effect::Marker { link, snapshot } => Some(Output::Marker { link, snapshot }),
            Effect::Returns(snapshot) => {
                self.returning = Some((snapshot, 0));
                None
            }
            Effect::State(snapshot) => {
                self.records.of_node(self.process, snapshot).map(Output::Report)
            }
            Effect::Closed => self.records.next_of_link().map(Output::Report),
            Effect::Reply(reply) => Some(Output::Reply(reply.0, reply.1)),
            Effect::RequestSnapshot => Some(Output::RequestSnapshot),
            Effect::Stop { .. } => Some(Output::Stopped),
            Effect::Discard(message) => Some(Output::Discarded(message)),
            // The node did this when the handler returned.
            Effect::SetTimer(_) | Effect::CancelTimer(_) => None,
        }
    }
}

/// Drops the records whose places the driver has not drained.
impl<P: Process> Drop for DrainOutput<'_, P> {
    #[inline]
    fn drop(&mut self) {
        if self.effects.left().len() > 0 {
            self.drop_records();
        }
        if !self.effects.keeps_memory() {
            self.records.give_memory_back(0);
        }
    }
}

impl<P: Process> fmt::Debug for DrainOutput<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.effects.left().len();
        f.debug_struct("DrainOutput").field("left", &left).finish_non_exhaustive()
    }
}

/// The remains of a node.
pub struct Leftovers<P: Process> {
    /// The process.
    pub process: P,
    /// Messages that were not handled, messages that were not sent, and copies for snapshots that
    /// were not complete here.
    pub messages: Vec<P::Message>,
    /// Reports that were not drained.
    pub reports: Vec<Report<P::State, P::Message>>,
}

impl<P: Process> fmt::Debug for Leftovers<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leftovers")
            .field("messages", &self.messages.len())
            .field("reports", &self.reports.len())
            .finish_non_exhaustive()
    }
}

//! What a node wants done, and what is left of it in the end.

use std::fmt;

use super::records::Records;
use super::{InEnd, NodeCore};
use crate::id::{LinkId, SnapshotId};
use crate::outbox::Effect;
use crate::process::Process;
use crate::protocol::message::{Output, Report};
use crate::protocol::recorder::Recorder;

impl<P: Process> NodeCore<P> {
    /// What is to be done, in order. A driver carries out all of it; what it drops is lost.
    #[inline]
    pub fn drain_output(&mut self) -> DrainOutput<'_, P> {
        let NodeCore { process, records, outbox, recorders, in_ends, .. } = self;
        let effects = outbox.drain();
        DrainOutput { effects, returning: None, recorders, in_ends, records, process }
    }

    /// As [`drain_output`](Self::drain_output), of output that is messages alone, in the batches in
    /// which they leave. False if there is [anything else](Self::is_output_mixed), and nothing is
    /// handed out.
    #[inline]
    pub fn drain_messages(&mut self, each: impl FnMut(LinkId, Vec<P::Message>)) -> bool {
        self.outbox.drain_messages(each)
    }

    /// Ends the node and hands out everything of the user's that it holds.
    pub fn dismantle(mut self) -> Leftovers<P> {
        let mut messages = self.inbox.into_messages();
        messages.extend(self.outbox.into_messages());
        messages.extend(self.recorders.drain(..).flat_map(Recorder::into_messages));
        let (recorded, reports) = self.records.into_parts();
        messages.extend(recorded);
        Leftovers { process: self.process, messages, reports }
    }
}

/// The output of a node, as [`NodeCore::drain_output`] hands it out.
pub struct DrainOutput<'a, P: Process> {
    effects: std::vec::Drain<'a, Effect<P::Message>>,
    /// A marker that goes back, and from which slot on it has not.
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
    /// Takes out the records whose places are dropped, before anything of the user's is dropped:
    /// otherwise a message that panics then would leave these records to later places.
    #[cold]
    fn drop_records(&mut self) {
        let mut nodes = Vec::new();
        let mut links = Vec::new();
        for effect in self.effects.as_slice() {
            match effect {
                Effect::State(snapshot) => nodes.push(self.records.skip(*snapshot)),
                Effect::Closed => links.push(self.records.next_of_link()),
                _ => {}
            }
        }
    }

    /// The next link on which a marker goes back, if one does. Where the sender's own marker has
    /// come, the link is closed: it would tell the sender nothing.
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

    /// What a driver has to do, if anything is left to do.
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
            // Done when the handler returned.
            Effect::SetTimer(_) | Effect::CancelTimer(_) => None,
        }
    }
}

/// A record goes with its place, where a driver drops that.
impl<P: Process> Drop for DrainOutput<'_, P> {
    #[inline]
    fn drop(&mut self) {
        if !self.effects.as_slice().is_empty() {
            self.drop_records();
        }
    }
}

impl<P: Process> fmt::Debug for DrainOutput<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.effects.len();
        f.debug_struct("DrainOutput").field("left", &left).finish_non_exhaustive()
    }
}

/// What is left of a node.
pub struct Leftovers<P: Process> {
    /// The process.
    pub process: P,
    /// Messages that were not handled, not sent, or copied for snapshots that were not complete
    /// here.
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

//! What a node wants done, and what is left of it in the end.

use std::fmt;

use super::records::Records;
use super::{InEnd, NodeCore};
use crate::outbox::Effect;
use crate::process::Process;
use crate::protocol::message::{Envelope, Output, Report};
use crate::protocol::recorder::Recorder;

impl<P: Process> NodeCore<P> {
    /// What is to be done, in order. A driver carries out all of it before the next call; what it drops is lost.
    #[inline]
    pub fn drain_output(&mut self) -> impl Iterator<Item = Output<P::State, P::Message>> {
        let out_links = self.topology.out_links(self.node);
        // Taken out, so that a record goes with its place where a driver drops that.
        let mut records = std::mem::replace(&mut self.records, Records::new());
        let NodeCore { process, in_ends, outbox, .. } = self;
        outbox.drain().filter_map(move |effect| {
            let send = |slot: u32, envelope| {
                let slot = slot as usize;
                Some(Output::Send { link: out_links[slot].id, slot, envelope })
            };
            match effect {
                Effect::Send { slot, message } => send(slot, Envelope::Message(message)),
                Effect::Marker { slot, snapshot } => send(slot, Envelope::Marker(snapshot)),
                effect => rare(effect, &mut records, process, in_ends),
            }
        })
    }

    /// As [`drain_output`](Self::drain_output), with what goes on a link handed to `send` and all else to `other`: the quicker way
    /// for a driver of many messages. `send` gets the link's place among the node's out-links.
    #[inline]
    pub fn drain_output_to(
        &mut self,
        mut send: impl FnMut(usize, Envelope<P::Message>),
        mut other: impl FnMut(Output<P::State, P::Message>),
    ) {
        let NodeCore { records, process, in_ends, outbox, .. } = self;
        let carry_out = |effect| match effect {
            Effect::Send { slot, message } => send(slot as usize, Envelope::Message(message)),
            Effect::Marker { slot, snapshot } => send(slot as usize, Envelope::Marker(snapshot)),
            effect => rare(effect, records, process, in_ends).into_iter().for_each(&mut other),
        };
        outbox.drain().for_each(carry_out);
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

/// Carries out what is rare: all but what goes on a link.
fn rare<P: Process>(
    effect: Effect<P::Message>,
    records: &mut Records<P::State, P::Message>,
    process: &P,
    in_ends: &[InEnd],
) -> Option<Output<P::State, P::Message>> {
    match effect {
        Effect::State(snapshot) => records.of_node(process, snapshot).map(Output::Report),
        Effect::Closed => records.next_of_link().map(Output::Report),
        Effect::Return { slot, snapshot } => {
            let slot = slot as usize;
            Some(Output::Return { link: in_ends[slot].link.id, slot, snapshot })
        }
        Effect::RequestSnapshot => Some(Output::RequestSnapshot),
        Effect::Stop { .. } => Some(Output::Stopped),
        Effect::Discard(message) => Some(Output::Discarded(message)),
        // Done when the handler returned.
        Effect::SetTimer(_) | Effect::CancelTimer(_) => None,
        // Handed to the other one.
        Effect::Send { .. } | Effect::Marker { .. } => None,
    }
}

/// What is left of a node.
pub struct Leftovers<P: Process> {
    /// The process.
    pub process: P,
    /// Messages that were not handled, not sent, or copied for snapshots that were not complete here.
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

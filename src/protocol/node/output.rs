//! What a node wants done, and what is left of it in the end.

use std::fmt;

use super::NodeCore;
use crate::outbox::Effect;
use crate::process::Process;
use crate::protocol::message::{Envelope, Output, Report};
use crate::protocol::recorder::Recorder;

impl<P: Process> NodeCore<P> {
    /// What is to be done, in order. A driver carries out all of it before the next call; what it drops is lost.
    #[inline]
    pub fn drain_output(&mut self) -> impl Iterator<Item = Output<P::State, P::Message>> {
        let out_links = self.topology.out_links(self.node);
        let send = |slot: u32, envelope| {
            let slot = slot as usize;
            Some(Output::Send { link: out_links[slot].id, slot, envelope })
        };
        let mut reports = std::mem::take(&mut self.reports);
        self.outbox.drain().filter_map(move |effect| match effect {
            Effect::Send { slot, message } => send(slot, Envelope::Message(message)),
            Effect::Marker { slot, snapshot } => send(slot, Envelope::Marker(snapshot)),
            Effect::Report => reports.pop_front().map(Output::Report),
            Effect::RequestSnapshot => Some(Output::RequestSnapshot),
            Effect::Stop => Some(Output::Stopped),
            // Done when the handler returned.
            Effect::SetTimer(_) | Effect::CancelTimer(_) => None,
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
        let reports = &mut self.reports;
        let carry_out = |effect| match effect {
            Effect::Send { slot, message } => send(slot as usize, Envelope::Message(message)),
            Effect::Marker { slot, snapshot } => send(slot as usize, Envelope::Marker(snapshot)),
            Effect::Report => {
                reports.pop_front().map(Output::Report).into_iter().for_each(&mut other);
            }
            Effect::RequestSnapshot => other(Output::RequestSnapshot),
            Effect::Stop => other(Output::Stopped),
            // Done when the handler returned.
            Effect::SetTimer(_) | Effect::CancelTimer(_) => {}
        };
        self.outbox.drain().for_each(carry_out);
    }

    /// Ends the node and hands out everything of the user's that it holds.
    pub fn dismantle(mut self) -> Leftovers<P> {
        let mut messages = self.inbox.into_messages();
        messages.extend(self.outbox.into_messages());
        messages.extend(self.recorders.drain(..).flat_map(Recorder::into_messages));
        Leftovers { process: self.process, messages, reports: self.reports.into() }
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

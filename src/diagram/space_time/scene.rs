//! The content of the picture, before anything has a place.

use super::builder::{EventLabel, MessageLabel, SpaceTime};
use super::cut_line::{self, CutLine};
use super::error::SpaceTimeError;
use super::message::{self, Message};
use super::order::Order;
use super::palette::Sizes;
use crate::causality::{Cause, Event, Trace};
use crate::id::NodeId;

/// The content of the picture.
pub(super) struct Scene<'a> {
    pub(super) trace: &'a Trace,
    pub(super) order: Order<'a>,
    /// The cuts. The first divides events and messages.
    pub(super) cuts: Vec<CutLine>,
    pub(super) messages: Vec<Message>,
    pub(super) event_label: &'a EventLabel<'a>,
    pub(super) message_label: &'a MessageLabel<'a>,
    pub(super) is_rearranged: bool,
    pub(super) is_by_time: bool,
    pub(super) sizes: Sizes,
}

impl<'a> Scene<'a> {
    pub(super) fn new(wanted: &'a SpaceTime<'a>) -> Result<Self, SpaceTimeError> {
        let (trace, witness) = (wanted.trace, wanted.witness);
        let mut order = Order::new(trace, witness, wanted.window.as_ref())?;
        let cuts = cut_line::resolve(wanted)?;
        order.give_columns(trace, witness, &cuts, wanted.hides_starts);
        if wanted.is_by_time && (witness.is_some() || !order.has_times()) {
            return Err(SpaceTimeError::NoTime);
        }
        let messages = message::shown(trace, &order, cuts.first());
        Ok(Scene {
            trace,
            order,
            cuts,
            messages,
            event_label: &wanted.event_label,
            message_label: &wanted.message_label,
            is_rearranged: witness.is_some(),
            is_by_time: wanted.is_by_time,
            sizes: wanted.sizes,
        })
    }

    /// Whether an event receives a message from outside.
    pub(super) fn is_from_outside(&self, event: &Event) -> bool {
        let link = event.cause.received().and_then(|(link, _)| self.trace.topology().link(link));
        link.is_some_and(|link| link.is_environment())
    }

    /// The cause of an event, with the texts of its message and state if the trace has them.
    pub(super) fn told(&self, event: &Event) -> String {
        let cause = match event.cause {
            Cause::Message { link, number } => {
                let text = self.trace.message_text(link, number).map(|text| format!(": {text}"));
                let link = self.trace.topology().describe_link(link);
                format!("message {number} of {link}{}", text.unwrap_or_default())
            }
            cause => cause.to_string(),
        };
        let state = self.trace.state_text(event).map(|text| format!("; then the state is {text}"));
        cause + &state.unwrap_or_default()
    }

    /// The name of a node, as it stands beside its lifeline.
    pub(super) fn name(&self, node: NodeId) -> String {
        self.trace.topology().name(node).map_or_else(|| node.to_string(), str::to_owned)
    }
}

//! Data that a trace keeps for pictures: texts of states and messages, and the time of each event.

use std::time::Duration;

use super::event::Event;
use super::trace::Trace;
use crate::id::{LinkId, NodeId};

/// The texts of a node's events and messages, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeTexts {
    /// The state after each event.
    pub states: Vec<String>,
    /// Each message that the node sent, and each that was injected there, with its link.
    pub messages: Vec<(LinkId, String)>,
}

/// The texts of a run.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Texts {
    /// The state after each event, by node.
    states: Vec<Vec<String>>,
    /// Each message, by link; environment links included.
    messages: Vec<Vec<String>>,
}

/// When events and marks happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    /// The time of the events and marks that are added next.
    pub(super) now: Option<Duration>,
    pub(super) events: Vec<Option<Duration>>,
    pub(super) marks: Vec<Option<Duration>>,
}

impl Times {
    pub(super) fn event_is_added(&mut self) {
        self.events.push(self.now);
    }

    pub(super) fn mark_is_added(&mut self) {
        self.marks.push(self.now);
    }
}

/// Texts and times.
impl Trace {
    /// Adds texts of a node behind those it has. They belong to the events of the node in their
    /// order, and to the messages of each link in theirs. Texts for a node or link that is not in
    /// the topology are dropped.
    pub fn add_texts(&mut self, node: NodeId, texts: NodeTexts) {
        let Texts { states, messages } = &mut self.texts;
        states.resize(self.of_node.len(), Vec::new());
        messages.resize(self.receivers.len(), Vec::new());
        if let Some(states) = states.get_mut(node.index()) {
            states.extend(texts.states);
        }
        for (link, text) in texts.messages {
            if let Some(messages) = messages.get_mut(link.index()) {
                messages.push(text);
            }
        }
    }

    /// The state of the node after the event, as text. `None` if the run was not traced [with
    /// texts](crate::SystemBuilder::traced_with_texts).
    #[must_use]
    pub fn state_text(&self, event: &Event) -> Option<&str> {
        let states = self.texts.states.get(event.node.index())?;
        states.get(event.nth).map(String::as_str)
    }

    /// A message as text, by its link and its number there, from 1. `None` if the run was not
    /// traced [with texts](crate::SystemBuilder::traced_with_texts). Injected messages are on
    /// [environment links](crate::Topology::environment_link).
    #[must_use]
    pub fn message_text(&self, link: LinkId, number: u64) -> Option<&str> {
        let nth = usize::try_from(number.checked_sub(1)?).ok()?;
        self.texts.messages.get(link.index())?.get(nth).map(String::as_str)
    }

    /// Sets the time of the events and marks that are added from now on. Only simulations have such
    /// a time: nodes on threads have no clock in common.
    pub fn set_time(&mut self, now: Duration) {
        self.times.now = Some(now);
    }

    /// The time of an event. `None` if the trace is not that of a simulation: only a simulation has
    /// one time for all nodes.
    #[must_use]
    pub fn time_of(&self, event: &Event) -> Option<Duration> {
        let id = self.of_node.get(event.node.index())?.get(event.nth)?;
        self.times.events.get(id.0).copied().flatten()
    }

    /// The time of a mark, by its place among [`marks`](Self::marks).
    #[cfg_attr(not(feature = "diagram"), allow(dead_code, reason = "pictures alone ask for it"))]
    pub(crate) fn time_of_mark(&self, nth: usize) -> Option<Duration> {
        self.times.marks.get(nth).copied().flatten()
    }
}

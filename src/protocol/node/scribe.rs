//! The texts of a node's states and messages, for pictures.

use std::fmt::Debug;

use super::NodeCore;
use crate::causality::NodeTexts;
use crate::id::LinkId;
use crate::outbox::Outbox;
use crate::process::Process;

/// Turns states and messages into texts.
pub struct Scribe<S, M> {
    state: fn(&S) -> String,
    message: fn(&M) -> String,
}

// A derived `Clone` or `Copy` would require the same of states and messages.
impl<S, M> Clone for Scribe<S, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, M> Copy for Scribe<S, M> {}

impl<S, M> std::fmt::Debug for Scribe<S, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scribe").finish_non_exhaustive()
    }
}

impl<S: Debug, M: Debug> Scribe<S, M> {
    /// Turns states and messages into their `Debug` text.
    #[must_use]
    pub fn by_debug() -> Self {
        Scribe { state: |state| format!("{state:?}"), message: |message| format!("{message:?}") }
    }
}

/// The texts that a node has written, and the functions that write them.
pub(super) struct Texts<S, M> {
    scribe: Scribe<S, M>,
    written: NodeTexts,
}

impl<S, M> Texts<S, M> {
    /// Writes the texts of a handler that has returned.
    #[cold]
    pub(super) fn handled(&mut self, state: &S, outbox: &Outbox<M>) {
        let Scribe { state: of_state, message: of_message } = self.scribe;
        self.written.states.push(of_state(state));
        let messages = outbox.sends().zip(outbox.sent_messages());
        self.written.messages.extend(messages.map(|(link, message)| (link, of_message(message))));
    }

    /// Writes the text of a message that comes from outside.
    pub(super) fn injected(&mut self, link: LinkId, message: &M) {
        self.written.messages.push((link, (self.scribe.message)(message)));
    }
}

/// Texts for pictures.
impl<P: Process> NodeCore<P> {
    /// Keeps a [log](Self::keep_log) from now on. For each event in it, the state after the event
    /// and the messages that it sent are kept as texts. Calls [`Process::state`] after each event.
    pub fn keep_texts(&mut self, scribe: Scribe<P::State, P::Message>) {
        self.keep_log();
        self.texts = Some(Box::new(Texts { scribe, written: NodeTexts::default() }));
    }

    /// Hands out the texts since the last call; none if no texts are kept.
    pub fn take_texts(&mut self) -> NodeTexts {
        let texts = self.texts.as_mut();
        texts.map(|texts| std::mem::take(&mut texts.written)).unwrap_or_default()
    }
}

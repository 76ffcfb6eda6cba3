//! What a node writes down of its states and messages, as texts for pictures.

use std::fmt::Debug;

use super::NodeCore;
use crate::causality::NodeTexts;
use crate::id::LinkId;
use crate::outbox::Outbox;
use crate::process::Process;

/// How states and messages become texts.
pub struct Scribe<S, M> {
    state: fn(&S) -> String,
    message: fn(&M) -> String,
}

// Derived, they would ask for the same of states and messages.
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
    /// By what `Debug` prints of them.
    #[must_use]
    pub fn by_debug() -> Self {
        Scribe { state: |state| format!("{state:?}"), message: |message| format!("{message:?}") }
    }
}

/// The texts that a node has written down, and how it does that.
pub(super) struct Texts<S, M> {
    scribe: Scribe<S, M>,
    written: NodeTexts,
}

impl<S, M> Texts<S, M> {
    /// A handler has returned.
    #[cold]
    pub(super) fn handled(&mut self, state: &S, outbox: &Outbox<M>) {
        let Scribe { state: of_state, message: of_message } = self.scribe;
        self.written.states.push(of_state(state));
        let messages = outbox.sends().zip(outbox.sent_messages());
        self.written.messages.extend(messages.map(|(link, message)| (link, of_message(message))));
    }

    /// A message comes from outside.
    pub(super) fn injected(&mut self, link: LinkId, message: &M) {
        self.written.messages.push((link, (self.scribe.message)(message)));
    }
}

/// Texts for pictures.
impl<P: Process> NodeCore<P> {
    /// Keeps a [log](Self::keep_log) from now on, and with each event in it the state that it left
    /// and the messages that it sent, as texts. Calls [`Process::state`] after each event.
    pub fn keep_texts(&mut self, scribe: Scribe<P::State, P::Message>) {
        self.keep_log();
        self.texts = Some(Box::new(Texts { scribe, written: NodeTexts::default() }));
    }

    /// Hands out the texts since the last call; none if they are not kept.
    pub fn take_texts(&mut self) -> NodeTexts {
        let texts = self.texts.as_mut();
        texts.map(|texts| std::mem::take(&mut texts.written)).unwrap_or_default()
    }
}

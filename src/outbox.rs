//! The one ordered output of a node, before it leaves.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::id::{LinkId, ReplyTo, SnapshotId, TimerId};
use crate::out_links::OutLinks;
use crate::topology::Link;

/// One thing a node wants done.
#[derive(Debug)]
pub(crate) enum Effect<M> {
    /// Messages of one link, or of the [output](LinkId::OUTPUT), in their order.
    Messages {
        link: LinkId,
        messages: Vec<M>,
    },
    Marker {
        link: LinkId,
        snapshot: SnapshotId,
    },
    /// The marker goes back on each limited in-link that is open when this is drained.
    Returns(SnapshotId),
    /// The node's record for this snapshot goes to the collector at this place, with the state that
    /// the process has when this is drained. What is large and rare is kept elsewhere.
    State(SnapshotId),
    /// The record of an in-link that has closed goes to the collector.
    Closed,
    /// In a box, since it is rare and would make every effect larger.
    SetTimer(Box<(TimerId, Duration)>),
    CancelTimer(TimerId),
    RequestSnapshot,
    /// In a box as well.
    Reply(Box<(ReplyTo, M)>),
    Stop {
        /// Whether the node drains its in-links from then on.
        drains: bool,
    },
    /// A message that a draining node has received and does not handle.
    Discard(M),
}

/// What a node wants done, in order.
///
/// The messages of a link gather in its *open batch*. Anything else that is put here closes all
/// open batches first, so that it stands behind everything sent before and ahead of everything sent
/// later: a marker most of all. Between two such places, messages of different
/// links stand batch by batch; no link can tell.
///
/// ```text
///   effects: [ messages of a | marker on a | marker on b ] <- open batches: [ of a ] [ of b ]
/// ```
///
/// A handler writes behind what is committed, and each message counts as it is written. When the
/// handler returns, what it wrote is committed too; when it panics, it is
/// [withdrawn](Self::withdraw).
#[derive(Debug)]
pub(crate) struct Outbox<M> {
    pub(crate) links: OutLinks<M>,
    effects: Vec<Effect<M>>,
    committed: usize,
    /// Whether anything but messages was written since the outbox was last drained.
    is_mixed: bool,
    /// Whether anything was emitted since the outbox was last drained.
    emits: bool,
    /// Whether a driver has something to do before the next handler: with what was written, or
    /// about room.
    calls_driver: bool,
    /// On which link the running handler has sent last, and how many messages one after the other.
    /// Another handler may have sent there.
    run: Run,
    /// What it has sent before these.
    earlier_runs: Vec<Run>,
    /// What handlers have sent that panicked. It is the user's, and not to be dropped here.
    withdrawn: Vec<M>,
}

/// Messages that a handler has sent on one link, one after the other.
#[derive(Clone, Copy, Debug)]
struct Run {
    slot: usize,
    messages: usize,
}

impl<M> Outbox<M> {
    /// For a node that these links leave.
    pub(crate) fn new(links: &[Link]) -> Self {
        Outbox {
            links: OutLinks::new(links),
            effects: Vec::new(),
            committed: 0,
            is_mixed: false,
            emits: false,
            calls_driver: false,
            run: Run { slot: 0, messages: 0 },
            earlier_runs: Vec::new(),
            withdrawn: Vec::new(),
        }
    }

    /// Whether the running handler [can send](Self::send) on this link: it is the one on which was
    /// sent last, and it is ready for the next message.
    #[inline]
    pub(crate) fn can_send_on(&self, link: LinkId) -> bool {
        self.links.is_ready(self.run.slot, link)
    }

    /// The running handler is about to send on the link at this place.
    #[inline(never)]
    pub(crate) fn turn_to(&mut self, slot: usize) {
        if slot != self.run.slot {
            let run = std::mem::replace(&mut self.run, Run { slot, messages: 0 });
            if run.messages > 0 {
                self.earlier_runs.push(run);
            }
        }
        if let Some((link, messages)) = self.links.prepare(slot) {
            self.effects.push(Effect::Messages { link, messages });
        }
        self.calls_driver |= self.links.calls_driver();
    }

    /// Sends for the running handler on the link that it [has turned to](Self::turn_to).
    #[inline]
    pub(crate) fn send(&mut self, message: M) {
        self.links.send(self.run.slot, message);
        self.run.messages += 1;
    }

    /// Emits for the running handler.
    #[inline]
    pub(crate) fn emit(&mut self, message: M) {
        if !self.can_send_on(LinkId::OUTPUT) {
            self.emits = true;
            self.turn_to(self.links.output());
        }
        self.send(message);
    }

    /// How many messages more the running handler can send on a link before one waits, as
    /// [`OutLinks::room`].
    pub(crate) fn room(&mut self, slot: usize) -> u64 {
        let room = self.links.room(slot);
        self.calls_driver |= self.links.calls_driver();
        room
    }

    /// Writes for the running handler.
    pub(crate) fn push(&mut self, effect: Effect<M>) {
        self.close_batches();
        (self.is_mixed, self.calls_driver) = (true, true);
        self.effects.push(effect);
    }

    /// Writes between handlers.
    pub(crate) fn put(&mut self, effect: Effect<M>) {
        self.push(effect);
        self.commit();
    }

    fn close_batches(&mut self) {
        let Outbox { links, effects, .. } = self;
        links.close_batches(|link, messages| effects.push(Effect::Messages { link, messages }));
    }

    /// What the running handler has sent on links, in its order.
    #[inline]
    pub(crate) fn sends(&self) -> impl Iterator<Item = LinkId> + Clone {
        let runs = self.earlier_runs.iter().chain([&self.run]);
        let runs = runs.filter(|run| run.slot != self.links.output());
        runs.flat_map(|run| std::iter::repeat_n(self.links.id(run.slot), run.messages))
    }

    /// The messages that the running handler has sent, in its order.
    pub(crate) fn sent_messages(&self) -> Vec<&M> {
        let runs = self.earlier_runs.iter().chain([&self.run]).rev();
        let slots = runs.flat_map(|run| std::iter::repeat_n(run.slot, run.messages));
        let mut taken = BTreeMap::new();
        let mut messages: Vec<_> = slots
            .filter_map(|slot| {
                let from_end = taken.entry(slot).or_insert(0);
                *from_end += 1;
                self.sent_on(slot).nth(*from_end - 1)
            })
            .collect();
        messages.reverse();
        messages
    }

    /// What was sent on a link and has not left, the last first.
    fn sent_on(&self, slot: usize) -> impl Iterator<Item = &M> {
        let id = self.links.id(slot);
        let closed = self.effects.iter().rev().filter_map(move |effect| match effect {
            Effect::Messages { link, messages } if *link == id => Some(messages.iter().rev()),
            _ => None,
        });
        self.links.open_batch(slot).iter().rev().chain(closed.flatten())
    }

    /// What the running handler has written, and messages of earlier ones.
    pub(crate) fn written(&self) -> &[Effect<M>] {
        &self.effects[self.committed..]
    }

    /// The handler has returned.
    #[inline]
    pub(crate) fn commit(&mut self) {
        self.commit_sends();
        self.committed = self.effects.len();
    }

    /// The handler has returned, and the driver [is not called](Self::calls_driver). So the handler
    /// has done nothing but send, and what it has sent is in open batches: no effect is new.
    #[inline]
    pub(crate) fn commit_sends(&mut self) {
        self.run.messages = 0;
        self.earlier_runs.clear();
    }

    /// The handler panics: what it has sent is neither sent nor counted, and nothing else that it
    /// asked for will be done. No message is dropped: it is the user's, and one that panics while
    /// another panic unwinds would abort the program.
    #[cold]
    pub(crate) fn withdraw(&mut self) {
        self.earlier_runs.push(self.run);
        self.run.messages = 0;
        for run in std::mem::take(&mut self.earlier_runs).into_iter().rev() {
            for _ in 0..run.messages {
                let effects = &mut self.effects;
                let message = self.links.take_back(run.slot, |link| last_message(effects, link));
                self.withdrawn.extend(message);
            }
        }
        for effect in self.effects.split_off(self.committed) {
            match effect {
                Effect::Reply(reply) => self.withdrawn.push(reply.1),
                // What is left are those of earlier handlers.
                effect if has_messages(&effect) => self.effects.push(effect),
                _ => {}
            }
        }
        self.committed = self.effects.len();
    }

    /// Whether anything but messages was written since the outbox was last drained.
    #[inline]
    pub(crate) fn is_mixed(&self) -> bool {
        self.is_mixed
    }

    /// Whether a driver has something to do before the next handler: with what was written, or
    /// about room.
    #[inline]
    pub(crate) fn calls_driver(&self) -> bool {
        self.calls_driver
    }

    /// Hands out every message, whatever became of it.
    pub(crate) fn into_messages(self) -> Vec<M> {
        let mut messages = self.withdrawn;
        for effect in self.effects {
            match effect {
                Effect::Messages { messages: mut batch, .. } => messages.append(&mut batch),
                Effect::Discard(message) => messages.push(message),
                Effect::Reply(reply) => messages.push(reply.1),
                _ => {}
            }
        }
        messages.extend(self.links.into_messages());
        messages
    }

    /// Hands out everything. No handler is running.
    #[inline]
    pub(crate) fn drain(&mut self) -> std::vec::Drain<'_, Effect<M>> {
        self.close_batches();
        self.end_burst();
        self.start_afresh();
        self.effects.drain(..)
    }

    /// Hands out everything, if that is messages on links alone. False if it is not, and nothing is done. No
    /// handler is running.
    #[inline]
    pub(crate) fn drain_messages(&mut self, mut each: impl FnMut(LinkId, Vec<M>)) -> bool {
        if self.is_mixed || self.emits {
            return false;
        }
        self.end_burst();
        for effect in self.effects.drain(..) {
            if let Effect::Messages { link, messages } = effect {
                each(link, messages);
            }
        }
        self.links.close_batches(each);
        self.start_afresh();
        true
    }

    /// Gives back the memory of a burst, once much less is to be drained.
    #[inline]
    fn end_burst(&mut self) {
        if self.effects.capacity() > KEPT && self.effects.len() < self.effects.capacity() / 8 {
            self.effects.shrink_to(KEPT);
        }
        self.earlier_runs.shrink_to(KEPT);
    }

    /// Everything is handed out, and all batches are closed.
    #[inline]
    fn start_afresh(&mut self) {
        (self.is_mixed, self.emits, self.committed) = (false, false, 0);
        self.calls_driver = self.links.calls_driver();
    }

    /// Whether there is nothing to drain.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.effects.is_empty() && !self.links.has_open_batch()
    }

    /// Gives back the memory of a burst, for a node that has nothing to do.
    pub(crate) fn give_memory_back(&mut self) {
        self.effects.shrink_to(KEPT);
        self.links.give_memory_back();
    }
}

fn has_messages<M>(effect: &Effect<M>) -> bool {
    matches!(effect, Effect::Messages { messages, .. } if !messages.is_empty())
}

/// Takes out the last message of a link.
fn last_message<M>(effects: &mut [Effect<M>], link: LinkId) -> Option<M> {
    effects.iter_mut().rev().find_map(|effect| match effect {
        Effect::Messages { link: of, messages } if *of == link => messages.pop(),
        _ => None,
    })
}

/// Room for this many effects is kept. A handler that asks for more allocates.
const KEPT: usize = 1024;

#[cfg(test)]
mod tests;

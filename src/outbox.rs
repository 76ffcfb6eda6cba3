//! The one ordered output of a node, before it leaves the node.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::id::{LinkId, ReplyTo, SnapshotId, TimerId};
use crate::out_links::OutLinks;
use crate::topology::Link;

/// One request of a node to its driver.
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
    /// The marker goes back on each limited in-link that is open when this effect is drained.
    Returns(SnapshotId),
    /// The node's record for this snapshot goes to the collector at this place, with the state that
    /// the process has when this effect is drained. The record itself is large and rare, so it is
    /// kept elsewhere.
    State(SnapshotId),
    /// The record of an in-link that has closed goes to the collector.
    Closed,
    /// Boxed, since it is rare and would make every effect larger.
    SetTimer(Box<(TimerId, Duration)>),
    CancelTimer(TimerId),
    RequestSnapshot,
    /// Boxed for the same reason.
    Reply(Box<(ReplyTo, M)>),
    Stop {
        /// Whether the node drains its in-links from this effect on.
        drains: bool,
    },
    /// A message that a draining node has received and does not handle.
    Discard(M),
}

/// The requests of a node to its driver, in order.
///
/// The messages of a link gather in its *open batch*. Any other effect that is put here, above all
/// a marker, closes all open batches first. So it stands behind all messages sent before and ahead
/// of all messages sent later. Between two such effects, messages of different links stand batch by
/// batch. No receiver can observe this, since the order on each link is kept.
///
/// ```text
///   effects: [ messages of a | marker on a | marker on b ] <- open batches: [ of a ] [ of b ]
/// ```
///
/// A handler writes behind the committed effects, and each message counts as it is written. When
/// the handler returns, its effects are committed too. When the handler panics, its effects are
/// [withdrawn](Self::withdraw).
#[derive(Debug)]
pub(crate) struct Outbox<M> {
    pub(crate) links: OutLinks<M>,
    effects: Vec<Effect<M>>,
    committed: usize,
    /// Whether an effect other than messages was written since the outbox was last drained.
    is_mixed: bool,
    /// Whether a message was emitted since the outbox was last drained.
    emits: bool,
    /// Whether a driver has work to do before the next handler: with the effects written, or about
    /// room.
    calls_driver: bool,
    /// The link on which the running handler has sent last, and how many messages it has sent there
    /// in a row. If the count is zero, an earlier handler may have sent there.
    run: Run,
    /// The running handler's sends before that run.
    earlier_runs: Vec<Run>,
    /// The messages of handlers that panicked. They are of the user's type, so they must not be
    /// dropped here.
    withdrawn: Vec<M>,
}

/// Messages that a handler has sent on one link in a row.
#[derive(Clone, Copy, Debug)]
struct Run {
    slot: usize,
    messages: usize,
}

impl<M> Outbox<M> {
    /// The outbox of a node with these out-links.
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

    /// Whether the running handler [can send](Self::send) on this link: it is the link of the last
    /// send, and it is ready for the next message.
    #[inline]
    pub(crate) fn can_send_on(&self, link: LinkId) -> bool {
        self.links.is_ready(self.run.slot, link)
    }

    /// Makes the link at this slot the one on which the running handler sends next.
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

    /// Sends a message for the running handler on the link that [`turn_to`](Self::turn_to) has
    /// chosen.
    #[inline]
    pub(crate) fn send(&mut self, message: M) {
        self.links.send(self.run.slot, message);
        self.run.messages += 1;
    }

    /// Emits a message for the running handler.
    #[inline]
    pub(crate) fn emit(&mut self, message: M) {
        let output = self.links.output();
        if self.run.slot != output || !self.links.is_output_ready() {
            self.emits = true;
            self.turn_to(output);
        }
        self.send(message);
    }

    /// How many more messages the running handler can send on a link before a message waits, as
    /// [`OutLinks::room`].
    pub(crate) fn room(&mut self, slot: usize) -> u64 {
        let room = self.links.room(slot);
        self.calls_driver |= self.links.calls_driver();
        room
    }

    /// Writes an effect for the running handler.
    pub(crate) fn push(&mut self, effect: Effect<M>) {
        self.close_batches();
        (self.is_mixed, self.calls_driver) = (true, true);
        self.effects.push(effect);
    }

    /// Writes an effect between handlers.
    pub(crate) fn put(&mut self, effect: Effect<M>) {
        self.push(effect);
        self.commit();
    }

    fn close_batches(&mut self) {
        let Outbox { links, effects, .. } = self;
        links.close_batches(|link, messages| effects.push(Effect::Messages { link, messages }));
    }

    /// The links on which the running handler has sent, one entry per message, in order.
    #[inline]
    pub(crate) fn sends(&self) -> impl Iterator<Item = LinkId> + Clone {
        let runs = self.earlier_runs.iter().chain([&self.run]);
        let runs = runs.filter(|run| run.slot != self.links.output());
        runs.flat_map(|run| std::iter::repeat_n(self.links.id(run.slot), run.messages))
    }

    /// The messages that the running handler has sent on links, in its order.
    pub(crate) fn sent_messages(&self) -> Vec<&M> {
        let runs = self.earlier_runs.iter().chain([&self.run]).rev();
        let runs = runs.filter(|run| run.slot != self.links.output());
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

    /// The messages of a link that have not left, the last first.
    fn sent_on(&self, slot: usize) -> impl Iterator<Item = &M> {
        let id = self.links.id(slot);
        let closed = self.effects.iter().rev().filter_map(move |effect| match effect {
            Effect::Messages { link, messages } if *link == id => Some(messages.iter().rev()),
            _ => None,
        });
        self.links.open_batch(slot).iter().rev().chain(closed.flatten())
    }

    /// The effects of the running handler, and perhaps messages of earlier handlers.
    pub(crate) fn written(&self) -> &[Effect<M>] {
        &self.effects[self.committed..]
    }

    /// Commits the effects of a handler that has returned.
    #[inline]
    pub(crate) fn commit(&mut self) {
        self.commit_sends();
        self.committed = self.effects.len();
    }

    /// Commits a handler that has returned where the driver [is not called](Self::calls_driver).
    /// Such a handler has only sent messages, and these are all in open batches: there is no new
    /// effect.
    #[inline]
    pub(crate) fn commit_sends(&mut self) {
        self.run.messages = 0;
        self.earlier_runs.clear();
    }

    /// Withdraws the effects of a handler that panics. Its messages are neither sent nor counted,
    /// and its other requests are dropped. No message is dropped: messages are of the user's type,
    /// and a second panic during the unwinding would abort the program.
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
                // Messages that remain here are of earlier handlers.
                effect if has_messages(&effect) => self.effects.push(effect),
                _ => {}
            }
        }
        self.committed = self.effects.len();
    }

    /// Whether an effect other than messages was written since the outbox was last drained.
    #[inline]
    pub(crate) fn is_mixed(&self) -> bool {
        self.is_mixed
    }

    /// Whether a driver has work to do before the next handler: with the effects written, or about
    /// room.
    #[inline]
    pub(crate) fn calls_driver(&self) -> bool {
        self.calls_driver
    }

    /// Hands out every message: withdrawn, waiting in an effect, or in an open batch.
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

    /// Hands out all effects. No handler is running.
    #[inline]
    pub(crate) fn drain(&mut self) -> std::vec::Drain<'_, Effect<M>> {
        self.close_batches();
        self.end_burst();
        self.start_afresh();
        self.effects.drain(..)
    }

    /// Hands out all messages, if the output is messages on links alone. Otherwise returns false
    /// and does nothing. No handler is running.
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

    /// Gives back the memory of a burst, as soon as far fewer effects are drained.
    #[inline]
    fn end_burst(&mut self) {
        if self.effects.capacity() > KEPT && self.effects.len() < self.effects.capacity() / 8 {
            self.effects.shrink_to(KEPT);
        }
        self.earlier_runs.shrink_to(KEPT);
    }

    /// Resets the marks after everything is handed out and all batches are closed.
    #[inline]
    fn start_afresh(&mut self) {
        (self.is_mixed, self.emits, self.committed) = (false, false, 0);
        self.calls_driver = self.links.calls_driver();
    }

    /// Whether there is no output to drain.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.effects.is_empty() && !self.links.has_open_batch()
    }

    /// Gives back the memory of a burst. Call this when the node has nothing to do.
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

/// The memory for this many effects is kept. A handler that needs more allocates.
const KEPT: usize = 1024;

#[cfg(test)]
mod tests;

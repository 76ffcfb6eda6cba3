//! The one ordered output of a node, before it leaves the node.

mod drained;
mod effect;
mod held;

pub(crate) use drained::Drained;
pub(crate) use effect::Effect;
pub(crate) use held::Held;

use crate::id::{LinkId, NodeId};
use crate::out_links::OutLinks;
use crate::topology::{Link, Topology};
use effect::{has_messages, last_message};

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
/// A handler writes behind the committed effects. Its context [holds](Held) the open batch of the
/// link on which it sends, and puts the batch back before it does anything else here. A message
/// counts when its batch is back. When the handler returns, its effects are committed too. When the
/// handler panics, its effects are [withdrawn](Self::withdraw).
// A handler that sends on another link than before reads nearly all of it, so the fields stay
// together.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Outbox<M> {
    pub(crate) links: OutLinks<M>,
    /// Whether an effect other than messages was written since the outbox was last drained.
    is_mixed: bool,
    /// Whether a message was emitted since the outbox was last drained.
    emits: bool,
    /// Whether a driver has work to do before the next handler: with the effects written, or about
    /// room.
    calls_driver: bool,
    /// Whether the memory of drained effects is kept for the next ones.
    pub(crate) keeps_memory: bool,
    /// Whether there are effects. So most messages do not look at them.
    has_effects: bool,
    /// The link on which the running handler has sent last, and how many messages it has sent there
    /// in a row, without those in a batch that is held. If the count is zero, an earlier handler
    /// may have sent there.
    run: Run,
    rare: Option<Box<Rare<M>>>,
    effects: Vec<Effect<M>>,
    committed: usize,
}

/// What few nodes need.
#[derive(Debug)]
struct Rare<M> {
    /// The running handler's sends before the [run](Outbox::run).
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
    /// The outbox of a node.
    pub(crate) fn new(topology: &Topology, node: NodeId) -> Self {
        Outbox {
            links: OutLinks::new(topology, node),
            is_mixed: false,
            emits: false,
            calls_driver: false,
            keeps_memory: false,
            has_effects: false,
            run: Run { slot: 0, messages: 0 },
            rare: None,
            effects: Vec::new(),
            committed: 0,
        }
    }

    /// Reads a word of each cache line that a message touches. The value says nothing.
    #[inline]
    pub(crate) fn warm(&self) -> u64 {
        self.links.warm() ^ self.run.slot as u64
    }

    /// Keeps the counts in memory of their own, and the memory of drained effects.
    pub(crate) fn keep_apart(&mut self) {
        self.links.keep_apart();
        self.keeps_memory = true;
    }

    fn rare(&mut self) -> &mut Rare<M> {
        let new = || Box::new(Rare { earlier_runs: Vec::new(), withdrawn: Vec::new() });
        self.rare.get_or_insert_with(new)
    }

    #[inline]
    fn earlier_runs(&self) -> &[Run] {
        self.rare.as_ref().map_or(&[], |rare| &rare.earlier_runs)
    }

    /// Makes the link at this slot, or the output, the one on which the running handler sends next:
    /// its open batch is held then, and is ready for a message.
    #[inline(never)]
    pub(crate) fn turn_to(&mut self, slot: usize, held: &mut Held<M>) {
        self.put_back(held);
        if slot != self.run.slot {
            let run = std::mem::replace(&mut self.run, Run { slot, messages: 0 });
            if run.messages > 0 {
                self.rare().earlier_runs.push(run);
            }
        }
        if !self.links.is_ready(slot) {
            if let Some((link, messages)) = self.links.prepare(slot) {
                self.effects.push(Effect::Messages { link, messages });
                self.has_effects = true;
            }
            self.calls_driver |= self.links.calls_driver();
        }
        let terms = self.links.lend(slot, &mut held.messages);
        held.begin(&terms);
    }

    /// As [`turn_to`](Self::turn_to), for the output.
    pub(crate) fn turn_to_output(&mut self, held: &mut Held<M>) {
        self.emits = true;
        self.turn_to(self.links.output(), held);
    }

    /// Puts the batch that is held back to its place.
    #[inline]
    pub(crate) fn put_back(&mut self, held: &mut Held<M>) {
        if let Some(sent) = held.end() {
            self.run.messages += sent;
            self.links.give_back(self.run.slot, &mut held.messages);
            self.calls_driver |= self.links.has_full_batch();
        }
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
        self.has_effects = true;
        self.effects.push(effect);
    }

    /// Makes room for this many effects. [`put`](Self::put) makes room for few at first.
    pub(crate) fn reserve(&mut self, effects: usize) {
        self.effects.reserve_exact(effects);
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

    /// The links on which the running handler has sent, one entry per message, in order. Messages
    /// in a batch that is held [follow](Held::sends).
    #[inline]
    pub(crate) fn sends(&self) -> impl Iterator<Item = LinkId> + Clone {
        let runs = self.earlier_runs().iter().chain([&self.run]);
        let runs = runs.filter(|run| run.slot != self.links.output());
        runs.flat_map(|run| std::iter::repeat_n(self.links.id(run.slot), run.messages))
    }

    /// The messages that the running handler has sent on links, in its order.
    pub(crate) fn sent_messages(&self) -> Vec<&M> {
        let runs = self.earlier_runs().iter().chain([&self.run]).rev();
        let runs = runs.filter(|run| run.slot != self.links.output());
        let slots = runs.flat_map(|run| std::iter::repeat_n(run.slot, run.messages));
        let mut taken = vec![0; self.links.output()];
        let mut messages: Vec<_> = slots
            .filter_map(|slot| {
                taken[slot] += 1;
                self.sent_on(slot).nth(taken[slot] - 1)
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
        if self.has_effects {
            self.committed = self.effects.len();
        }
    }

    /// Commits a handler that has returned where the driver [is not called](Self::calls_driver).
    /// Such a handler has only sent messages, and these are all in open batches: there is no new
    /// effect. Messages in a batch that is held are committed [there](Held::commit).
    #[inline]
    pub(crate) fn commit_sends(&mut self) {
        self.run.messages = 0;
        if let Some(rare) = &mut self.rare {
            rare.earlier_runs.clear();
        }
    }

    /// Withdraws the effects of a handler that panics. Its messages are neither sent nor counted,
    /// and its other requests are dropped. No message is dropped: messages are of the user's type,
    /// and a second panic during the unwinding would abort the program.
    #[cold]
    pub(crate) fn withdraw(&mut self) {
        let last = self.run;
        self.run.messages = 0;
        self.rare().earlier_runs.push(last);
        let Outbox { links, effects, rare, .. } = self;
        let Some(Rare { earlier_runs, withdrawn }) = rare.as_deref_mut() else { return };
        for run in std::mem::take(earlier_runs).into_iter().rev() {
            for _ in 0..run.messages {
                let message = links.take_back(run.slot, |link| last_message(effects, link));
                withdrawn.extend(message);
            }
        }
        for effect in effects.split_off(self.committed) {
            match effect {
                Effect::Reply(reply) => withdrawn.push(reply.1),
                // Messages that remain here are of earlier handlers.
                effect if has_messages(&effect) => effects.push(effect),
                _ => {}
            }
        }
        self.committed = self.effects.len();
        self.has_effects = self.committed > 0;
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
        let mut messages = self.rare.map_or_else(Vec::new, |rare| rare.withdrawn);
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
    pub(crate) fn drain(&mut self) -> Drained<'_, M> {
        self.close_batches();
        self.end_burst();
        let keeps_memory = self.keeps_memory || !self.is_mixed;
        self.start_afresh();
        Drained::new(&mut self.effects, keeps_memory)
    }

    /// Hands out all messages, if the output is messages on links alone. Otherwise returns false
    /// and does nothing. No handler is running.
    #[inline]
    pub(crate) fn drain_messages(&mut self, mut each: impl FnMut(LinkId, Vec<M>)) -> bool {
        if self.is_mixed || self.emits {
            return false;
        }
        self.end_burst();
        if self.has_effects {
            for effect in self.effects.drain(..) {
                if let Effect::Messages { link, messages } = effect {
                    each(link, messages);
                }
            }
        }
        self.links.close_batches(each);
        self.start_afresh();
        true
    }

    /// As [`drain_messages`](Self::drain_messages), in batches that `each` empties.
    #[inline]
    pub(crate) fn lend_messages(&mut self, mut each: impl FnMut(Link, &mut Vec<M>)) -> bool {
        if self.is_mixed || self.emits {
            return false;
        }
        if self.has_effects {
            self.end_burst();
            self.lend_full_batches(&mut each);
        }
        self.links.empty_batches(each);
        self.start_afresh();
        true
    }

    fn lend_full_batches(&mut self, each: &mut impl FnMut(Link, &mut Vec<M>)) {
        let Outbox { links, effects, .. } = self;
        for effect in effects.drain(..) {
            if let Effect::Messages { link, mut messages } = effect
                && let Some(link) = links.link(link)
            {
                each(link, &mut messages);
            }
        }
    }

    /// Gives back the memory of a burst, as soon as far fewer effects are drained.
    #[inline]
    fn end_burst(&mut self) {
        if self.effects.capacity() > KEPT && self.effects.len() < self.effects.capacity() / 8 {
            self.effects.shrink_to(KEPT);
        }
        if let Some(rare) = &mut self.rare {
            rare.earlier_runs.shrink_to(KEPT);
        }
    }

    /// Resets the marks after everything is handed out and all batches are closed.
    #[inline]
    fn start_afresh(&mut self) {
        if self.has_effects {
            (self.has_effects, self.committed) = (false, 0);
        }
        (self.is_mixed, self.emits) = (false, false);
        self.calls_driver = self.links.calls_driver();
    }

    /// Whether there is no output to drain.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_effects && !self.links.has_open_batch()
    }

    /// Gives back the memory of a burst. Call this when the node has nothing to do.
    pub(crate) fn give_memory_back(&mut self) {
        self.effects.shrink_to(if self.keeps_memory { KEPT } else { 0 });
        self.links.give_memory_back();
    }
}

/// The memory for this many effects is kept. A handler that needs more allocates.
const KEPT: usize = 1024;

#[cfg(test)]
mod tests;

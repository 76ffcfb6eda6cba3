//! The way out of the system: messages that nodes have emitted and that are not taken yet.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::bell::{Bell, fence_between_push_and_ring};
use crate::id::NodeId;
use crate::panics::discard_all;
use crate::process::Emitted;
use crate::snapshot::OutputState;
use crate::sync::{Condvar, Mutex};

/// The outputs of all nodes. Takers take from any node.
pub(crate) struct Outlets<M> {
    by_node: Vec<OfNode<M>>,
    /// Locked before a queue, where both are.
    ready: Mutex<Ready>,
    /// Notified when there is more to take, and when there will never be more.
    changed: Condvar,
}

/// The output of one node.
struct OfNode<M> {
    queue: Mutex<Queue<M>>,
    bell: Arc<Bell>,
}

struct Queue<M> {
    capacity: u64,
    /// The number of messages that a snapshot has recorded, taken or not.
    #[cfg(feature = "checkpoint")]
    recorded: u64,
    taken: u64,
    /// Empty while it is [lent](Lent).
    untaken: VecDeque<M>,
    /// Whether the node stands among those that are ready.
    is_ready: bool,
    /// Whether the node waits for room.
    is_awaited: bool,
}

/// The nodes whose outputs hold something.
struct Ready {
    nodes: VecDeque<NodeId>,
    /// The number of nodes that may still emit.
    running: usize,
    /// Whether takers wait for no node any more.
    is_closed: bool,
}

/// The memory of a queue that is empty is kept for this many messages.
const KEPT: usize = 1024;

impl<M> Outlets<M> {
    /// Of nodes with these bells, by node. Each output holds this many messages, and begins with
    /// those that a snapshot has recorded.
    pub(crate) fn new(
        bells: impl IntoIterator<Item = Arc<Bell>>,
        capacity: u64,
        mut recorded: impl FnMut(NodeId) -> OutputState<M>,
    ) -> Arc<Self> {
        let mut nodes = VecDeque::new();
        let of_node = |(index, bell)| {
            let node = NodeId::new(index);
            let (taken, untaken) = recorded(node).into_parts();
            let is_ready = !untaken.is_empty();
            nodes.extend(is_ready.then_some(node));
            let queue = Queue {
                capacity,
                #[cfg(feature = "checkpoint")]
                recorded: taken + untaken.len() as u64,
                taken,
                untaken: untaken.into(),
                is_ready,
                is_awaited: false,
            };
            OfNode { queue: Mutex::new(queue), bell }
        };
        let by_node: Vec<_> = (0..).zip(bells).map(of_node).collect();
        let ready = Ready { nodes, running: by_node.len(), is_closed: false };
        Arc::new(Outlets { by_node, ready: Mutex::new(ready), changed: Condvar::default() })
    }

    /// Takes a message, if there is one.
    pub(crate) fn take(&self) -> Option<Emitted<M>> {
        let mut ready = self.ready.lock();
        let (taken, wakes) = self.take_ready(&mut ready)?;
        drop(ready);
        Self::wake(wakes);
        Some(taken)
    }

    /// Waits for a message; `None` once no node will emit any more and all is taken, or the
    /// deadline has passed.
    pub(crate) fn take_by(&self, deadline: Option<Instant>) -> Option<Emitted<M>> {
        let mut ready = self.ready.lock();
        let mut is_late = false;
        loop {
            if let Some((taken, wakes)) = self.take_ready(&mut ready) {
                drop(ready);
                Self::wake(wakes);
                return Some(taken);
            }
            if is_late || ready.running == 0 || ready.is_closed {
                return None;
            }
            match deadline {
                None => self.changed.wait(&mut ready),
                Some(deadline) => is_late = self.changed.wait_until(&mut ready, deadline),
            }
        }
    }

    /// Takes a message of the first node that has one. Also hands out the bell of the node, if the
    /// node is to be woken.
    fn take_ready(&self, ready: &mut Ready) -> Option<(Emitted<M>, Option<&Bell>)> {
        loop {
            let node = ready.nodes.pop_front()?;
            let OfNode { queue, bell } = &self.by_node[node.index()];
            let mut queue = queue.lock();
            queue.is_ready = false;
            // A queue that is lent comes back, and makes its node ready again.
            let Some(message) = queue.untaken.pop_front() else { continue };
            queue.taken += 1;
            let taken = Emitted { node, number: queue.taken, message };
            if queue.untaken.is_empty() {
                queue.untaken.shrink_to(KEPT);
            } else {
                queue.is_ready = true;
                ready.nodes.push_back(node);
            }
            let wakes = queue.gives_room();
            return Some((taken, wakes.then_some(bell)));
        }
    }

    /// The most messages of a node that a taker can have by now: those that were taken, and those
    /// that the snapshot had from which the system goes on.
    #[cfg(feature = "checkpoint")]
    pub(crate) fn most_taken(&self, node: NodeId) -> u64 {
        let queue = self.by_node.get(node.index()).map(|of_node| of_node.queue.lock());
        queue.map_or(0, |queue| queue.taken.max(queue.recorded))
    }

    /// Takes the messages of a node up to this number, which the node has emitted. `None` while the
    /// node copies them for a snapshot.
    #[cfg(feature = "checkpoint")]
    pub(crate) fn take_up_to(&self, node: NodeId, number: u64) -> Option<Vec<Emitted<M>>> {
        let OfNode { queue, bell } = self.by_node.get(node.index())?;
        let mut queue = queue.lock();
        let wanted = number.saturating_sub(queue.taken);
        if wanted > queue.untaken.len() as u64 {
            return None;
        }
        let count = queue.untaken.len().min(usize::try_from(wanted).unwrap_or(usize::MAX));
        let first = queue.taken + 1;
        queue.taken += count as u64;
        let messages: Vec<_> = queue.untaken.drain(..count).collect();
        let wakes = count > 0 && queue.gives_room();
        drop(queue);
        Self::wake(wakes.then_some(bell));
        let numbered = (first..).zip(messages);
        Some(numbered.map(|(number, message)| Emitted { node, number, message }).collect())
    }

    fn wake(bell: Option<&Bell>) {
        if let Some(bell) = bell {
            fence_between_push_and_ring();
            bell.ring();
        }
    }

    /// Makes a node ready, if it has something to take.
    fn look_at(&self, node: NodeId) {
        let mut ready = self.ready.lock();
        let mut queue = self.by_node[node.index()].queue.lock();
        if !queue.is_ready && !queue.untaken.is_empty() {
            queue.is_ready = true;
            ready.nodes.push_back(node);
            self.changed.notify_all();
        }
    }

    /// A node will not emit any more.
    fn end_one(&self) {
        let mut ready = self.ready.lock();
        ready.running -= 1;
        if ready.running == 0 {
            self.changed.notify_all();
        }
    }

    /// Takers wait for no node any more: they get the messages that are there.
    pub(crate) fn close(&self) {
        self.ready.lock().is_closed = true;
        self.changed.notify_all();
    }
}

impl<M> Queue<M> {
    /// Whether there is room again and the node waits for it. The caller must then wake the node.
    fn gives_room(&mut self) -> bool {
        let has_room = self.untaken.len() as u64 <= self.capacity;
        has_room && std::mem::take(&mut self.is_awaited)
    }
}

/// A node's end of its output.
pub(crate) struct Outlet<M> {
    node: NodeId,
    outlets: Arc<Outlets<M>>,
    /// The number of messages that were taken when the node last looked.
    seen: u64,
    has_ended: bool,
}

impl<M> Outlet<M> {
    pub(crate) fn new(node: NodeId, outlets: Arc<Outlets<M>>) -> Self {
        Outlet { node, outlets, seen: 0, has_ended: false }
    }

    fn queue(&self) -> &Mutex<Queue<M>> {
        &self.outlets.by_node[self.node.index()].queue
    }

    /// Lets these messages out.
    pub(crate) fn put(&self, messages: Vec<M>) {
        let mut queue = self.queue().lock();
        queue.untaken.extend(messages);
        let is_ready = queue.is_ready;
        drop(queue);
        if !is_ready {
            self.outlets.look_at(self.node);
        }
    }

    /// Copies of the messages that are not taken. Takers leave this node out meanwhile.
    pub(crate) fn untaken(&self) -> Box<[M]>
    where
        M: Clone,
    {
        let lent = Lent::of(self);
        lent.messages.iter().cloned().collect()
    }

    /// The number of messages that were taken, if that is news. If the output is still full, the
    /// taker that makes room will ring.
    pub(crate) fn await_room(&mut self) -> Option<u64> {
        let mut queue = self.queue().lock();
        let taken = queue.taken;
        queue.is_awaited = queue.untaken.len() as u64 > queue.capacity;
        drop(queue);
        let is_news = taken != self.seen;
        self.seen = taken;
        is_news.then_some(taken)
    }

    /// Whether messages were taken since the node last looked.
    pub(crate) fn has_progress(&self) -> bool {
        self.queue().lock().taken != self.seen
    }

    /// The node will not emit any more. It may be told more than once.
    pub(crate) fn end(&mut self) {
        if !std::mem::replace(&mut self.has_ended, true) {
            self.outlets.end_one();
        }
    }
}

impl<M> Drop for Outlet<M> {
    fn drop(&mut self) {
        self.end();
    }
}

/// The messages of a node while the node copies them, since the user's `clone` must not run behind
/// our lock. The messages come back also if a copy panics.
struct Lent<'a, M> {
    outlet: &'a Outlet<M>,
    messages: VecDeque<M>,
}

impl<'a, M> Lent<'a, M> {
    fn of(outlet: &'a Outlet<M>) -> Self {
        let mut queue = outlet.queue().lock();
        Lent { outlet, messages: std::mem::take(&mut queue.untaken) }
    }
}

impl<M> Drop for Lent<'_, M> {
    fn drop(&mut self) {
        let mut queue = self.outlet.queue().lock();
        // The node itself, which alone emits here, was busy copying.
        queue.untaken = std::mem::take(&mut self.messages);
        drop(queue);
        self.outlet.outlets.look_at(self.outlet.node);
    }
}

/// Drops the messages that were never taken one by one.
impl<M> Drop for Outlets<M> {
    fn drop(&mut self) {
        for output in &self.by_node {
            let untaken = std::mem::take(&mut output.queue.lock().untaken);
            discard_all(untaken);
        }
    }
}

#[cfg(test)]
mod tests;

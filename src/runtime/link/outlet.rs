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

/// The outputs of all nodes. A taker takes a message of any node.
pub(crate) struct Outlets<M> {
    by_node: Vec<OfNode<M>>,
    ready: Mutex<Ready>,
    /// Notified when there is more to take, and when there will be no more.
    changed: Condvar,
}

/// The output of one node.
struct OfNode<M> {
    queue: Mutex<Queue<M>>,
    bell: Arc<Bell>,
}

struct Queue<M> {
    capacity: u64,
    taken: u64,
    untaken: VecDeque<M>,
    /// Whether the node waits for room.
    is_awaited: bool,
}

/// The nodes whose outputs hold something. Each such node is in this queue once, or a taker has
/// removed it and will put it back. A taker that finds a node here therefore finds a message of it.
struct Ready {
    nodes: VecDeque<NodeId>,
    /// How many nodes may still emit.
    running: usize,
}

impl<M> Outlets<M> {
    /// Makes the outputs of the nodes with these bells, by node. Each output holds `capacity`
    /// messages, and begins with the messages that a snapshot recorded.
    pub(crate) fn new(
        bells: impl IntoIterator<Item = Arc<Bell>>,
        capacity: u64,
        mut recorded: impl FnMut(NodeId) -> OutputState<M>,
    ) -> Arc<Self> {
        let of_node = |(index, bell)| {
            let (taken, untaken) = recorded(NodeId::new(index)).into_parts();
            let queue = Queue { capacity, taken, untaken: untaken.into(), is_awaited: false };
            OfNode { queue: Mutex::new(queue), bell }
        };
        let mut by_node: Vec<_> = (0..).zip(bells).map(of_node).collect();
        let nodes = (0..).map(NodeId::new).zip(&mut by_node);
        let holding = nodes.filter(|(_, output)| !output.queue.lock().untaken.is_empty());
        let ready =
            Ready { nodes: holding.map(|(node, _)| node).collect(), running: by_node.len() };
        Arc::new(Outlets { by_node, ready: Mutex::new(ready), changed: Condvar::default() })
    }

    /// Takes a message, if there is one.
    pub(crate) fn take(&self) -> Option<Emitted<M>> {
        let node = self.ready.lock().nodes.pop_front()?;
        self.take_of(node)
    }

    /// Waits for a message; `None` once all nodes have ended and all messages are taken, or when
    /// the deadline has passed.
    pub(crate) fn take_by(&self, deadline: Option<Instant>) -> Option<Emitted<M>> {
        let mut ready = self.ready.lock();
        let node = loop {
            if let Some(node) = ready.nodes.pop_front() {
                break node;
            }
            if ready.running == 0 {
                return None;
            }
            match deadline {
                None => self.changed.wait(&mut ready),
                Some(deadline) => {
                    if self.changed.wait_until(&mut ready, deadline) {
                        break ready.nodes.pop_front()?;
                    }
                }
            }
        };
        drop(ready);
        self.take_of(node)
    }

    /// Takes a message of a node that was in the queue of ready nodes.
    fn take_of(&self, node: NodeId) -> Option<Emitted<M>> {
        let OfNode { queue, bell } = &self.by_node[node.index()];
        let mut queue = queue.lock();
        let message = queue.untaken.pop_front()?;
        queue.taken += 1;
        let number = queue.taken;
        let has_room = queue.untaken.len() as u64 <= queue.capacity;
        let must_ring = has_room && std::mem::take(&mut queue.is_awaited);
        let has_more = !queue.untaken.is_empty();
        drop(queue);
        if has_more {
            self.is_ready(node);
        }
        if must_ring {
            fence_between_push_and_ring();
            bell.ring();
        }
        Some(Emitted { node, number, message })
    }

    fn is_ready(&self, node: NodeId) {
        self.ready.lock().nodes.push_back(node);
        self.changed.notify_all();
    }
}

/// A node's end of its output.
pub(crate) struct Outlet<M> {
    node: NodeId,
    outlets: Arc<Outlets<M>>,
    /// How many messages were taken when the node last looked.
    seen: u64,
}

impl<M> Outlet<M> {
    pub(crate) fn new(node: NodeId, outlets: Arc<Outlets<M>>) -> Self {
        Outlet { node, outlets, seen: 0 }
    }

    fn of_node(&self) -> &OfNode<M> {
        &self.outlets.by_node[self.node.index()]
    }

    /// Appends these messages to the output.
    pub(crate) fn put(&self, messages: Vec<M>) {
        let mut queue = self.of_node().queue.lock();
        let was_empty = queue.untaken.is_empty();
        queue.untaken.extend(messages);
        let is_first = was_empty && !queue.untaken.is_empty();
        drop(queue);
        if is_first {
            self.outlets.is_ready(self.node);
        }
    }

    /// The messages that are not taken. The user's `clone` runs under the queue's lock, so takers
    /// wait meanwhile.
    pub(crate) fn untaken(&self) -> Box<[M]>
    where
        M: Clone,
    {
        self.of_node().queue.lock().untaken.iter().cloned().collect()
    }

    /// How many messages were taken, if the number has changed. If the output is still full, the
    /// taker that makes room will ring.
    pub(crate) fn await_room(&mut self) -> Option<u64> {
        let mut queue = self.of_node().queue.lock();
        let taken = queue.taken;
        queue.is_awaited = queue.untaken.len() as u64 > queue.capacity;
        drop(queue);
        let is_news = taken != self.seen;
        self.seen = taken;
        is_news.then_some(taken)
    }

    /// Whether messages were taken since the node last looked.
    pub(crate) fn has_progress(&self) -> bool {
        self.of_node().queue.lock().taken != self.seen
    }
}

/// The node has ended, and emits no more messages.
impl<M> Drop for Outlet<M> {
    fn drop(&mut self) {
        let mut ready = self.outlets.ready.lock();
        ready.running -= 1;
        if ready.running == 0 {
            self.outlets.changed.notify_all();
        }
    }
}

/// Messages that no caller took are dropped one at a time.
impl<M> Drop for Outlets<M> {
    fn drop(&mut self) {
        for output in &self.by_node {
            let untaken = std::mem::take(&mut output.queue.lock().untaken);
            discard_all(untaken);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Outlet, Outlets};
    use crate::id::NodeId;
    use crate::runtime::link::bell::{Bell, Patience};
    use crate::snapshot::OutputState;
    use crate::sync::{MODEL_MESSAGES, model, spawn};

    const CAPACITY: u64 = 1;

    fn outlets(capacity: u64) -> (Arc<Outlets<u64>>, Arc<Bell>) {
        let bell = Arc::new(Bell::new());
        let nothing = |_| OutputState::new(0, Vec::new());
        (Outlets::new([Arc::clone(&bell)], capacity, nothing), bell)
    }

    /// Emits messages, and sleeps if there is no room.
    fn emit_all(mut outlet: Outlet<u64>, bell: &Bell) {
        bell.belongs_to_this_thread();
        let mut known = 0;
        for message in 1..=u64::from(MODEL_MESSAGES) {
            outlet.put(vec![message]);
            while message - known > CAPACITY {
                known = outlet.await_room().unwrap_or(known);
                if message - known > CAPACITY {
                    bell.sleep(|| outlet.has_progress(), || Patience::Endless);
                }
            }
        }
    }

    #[test]
    fn no_message_and_no_room_is_slept_through() {
        model(|| {
            let (outlets, bell) = outlets(CAPACITY);
            let outlet = Outlet::new(NodeId::new(0), Arc::clone(&outlets));
            let node = spawn("node".to_owned(), None, move || emit_all(outlet, &bell));
            for number in 1..=u64::from(MODEL_MESSAGES) {
                let taken = outlets.take_by(None).expect("the node emits all");
                assert_eq!((taken.number, taken.message), (number, number));
            }
            assert_eq!(outlets.take_by(None), None, "the node has ended");
            node.expect("a thread").join().expect("no assertion fails");
        });
    }

    #[test]
    fn takers_take_each_message_once() {
        model(|| {
            let (outlets, _) = outlets(u64::MAX);
            let outlet = Outlet::new(NodeId::new(0), Arc::clone(&outlets));
            let other = Arc::clone(&outlets);
            let taker = spawn("taker".to_owned(), None, move || {
                std::iter::from_fn(|| other.take_by(None)).map(|taken| taken.message).collect()
            });
            outlet.put(vec![1, 2]);
            drop(outlet);
            let mut taken: Vec<_> =
                std::iter::from_fn(|| outlets.take_by(None)).map(|taken| taken.message).collect();
            let others: Vec<_> = taker.expect("a thread").join().expect("no assertion fails");
            taken.extend(others);
            taken.sort_unstable();
            assert_eq!(taken, [1, 2]);
        });
    }

    #[test]
    fn what_a_snapshot_has_recorded_is_there_to_take() {
        model(|| {
            let bells = [Arc::new(Bell::new()), Arc::new(Bell::new())];
            let recorded = |node: NodeId| match node.index() {
                0 => OutputState::new(4, Vec::new()),
                _ => OutputState::new(9, vec![8, 9]),
            };
            let outlets = Outlets::new(bells, 1, recorded);
            let outlet = Outlet::new(NodeId::new(0), Arc::clone(&outlets));
            outlet.put(vec![5]);
            let mut taken: Vec<_> = std::iter::from_fn(|| outlets.take())
                .map(|taken| (taken.node.index(), taken.number, taken.message))
                .collect();
            taken.sort_unstable();
            assert_eq!(taken, [(0, 5, 5), (1, 8, 8), (1, 9, 9)]);
        });
    }
}

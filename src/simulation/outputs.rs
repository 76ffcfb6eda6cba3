//! What simulated nodes have let out of the system, and who asks for an answer.

use std::collections::{BTreeMap, VecDeque};

use crate::id::{NodeId, ReplyTo};
use crate::process::Emitted;
use crate::snapshot::OutputState;

/// Of all nodes, what was emitted and not taken; and the answers that are waited for.
#[derive(Debug)]
pub(super) struct Outputs<M> {
    by_node: Vec<Untaken<M>>,
    /// The nodes of the messages that are not taken, in the order in which they were emitted.
    order: VecDeque<NodeId>,
    /// The answer to each question that is open, once it is there.
    answers: BTreeMap<ReplyTo, Option<M>>,
    questions: u64,
}

#[derive(Debug)]
struct Untaken<M> {
    taken: u64,
    messages: VecDeque<M>,
}

impl<M> Outputs<M> {
    pub(super) fn new(nodes: usize) -> Self {
        let untaken = |_| Untaken { taken: 0, messages: VecDeque::new() };
        Outputs {
            by_node: (0..nodes).map(untaken).collect(),
            order: VecDeque::new(),
            answers: BTreeMap::new(),
            questions: 0,
        }
    }

    /// Questions that a snapshot has brought along have other numbers than those asked from now on:
    /// the snapshots of a life have higher ids than the one that it goes on from.
    pub(super) fn begin_life(&mut self, first_snapshot: u64) {
        self.questions = first_snapshot << 32;
    }

    /// Goes on from what a snapshot recorded of a node.
    pub(super) fn restore(&mut self, node: NodeId, recorded: &OutputState<M>)
    where
        M: Clone,
    {
        self.by_node[node.index()].taken = recorded.taken();
        self.put(node, recorded.untaken().iter().cloned());
    }

    pub(super) fn put(&mut self, node: NodeId, messages: impl IntoIterator<Item = M>) {
        for message in messages {
            self.by_node[node.index()].messages.push_back(message);
            self.order.push_back(node);
        }
    }

    /// The messages of a node that nobody has taken.
    pub(super) fn untaken(&self, node: NodeId) -> Box<[M]>
    where
        M: Clone,
    {
        self.by_node[node.index()].messages.iter().cloned().collect()
    }

    pub(super) fn take(&mut self) -> Option<Emitted<M>> {
        let node = self.order.pop_front()?;
        let untaken = &mut self.by_node[node.index()];
        let message = untaken.messages.pop_front()?;
        untaken.taken += 1;
        Some(Emitted { node, number: untaken.taken, message })
    }

    /// Somebody asks, and will look for the answer.
    pub(super) fn open(&mut self) -> ReplyTo {
        self.questions += 1;
        let question = ReplyTo::new(self.questions);
        self.answers.insert(question, None);
        question
    }

    /// The first answer counts, and one for which nobody waits is dropped.
    pub(super) fn answer(&mut self, to: ReplyTo, message: M) {
        if let Some(answer @ None) = self.answers.get_mut(&to) {
            *answer = Some(message);
        }
    }

    pub(super) fn is_answered(&self, question: ReplyTo) -> bool {
        self.answers.get(&question).is_some_and(Option::is_some)
    }

    /// Nobody waits for the answer any more; hands it out if it is there.
    pub(super) fn close(&mut self, question: ReplyTo) -> Option<M> {
        self.answers.remove(&question).flatten()
    }
}

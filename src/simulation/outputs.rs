//! The outputs that simulated nodes have emitted, and the questions that wait for an answer.

use std::collections::{BTreeMap, VecDeque};

use crate::id::{NodeId, ReplyTo};
use crate::process::Emitted;
use crate::snapshot::OutputState;

/// The outputs of all nodes that were emitted and not taken, and the answers that callers wait for.
#[derive(Debug)]
pub(super) struct Outputs<M> {
    by_node: Vec<Untaken<M>>,
    /// For each message that is not taken: its node. The order is that in which they were emitted.
    order: VecDeque<NodeId>,
    /// For each open question: its answer, or `None` until there is one.
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

    /// Begins a life of the system with question numbers that no earlier life has used. They are
    /// made from the ids of snapshots, which are higher in each life than in the life before.
    pub(super) fn begin_life(&mut self, first_snapshot: u64) {
        self.questions = first_snapshot << 32;
    }

    /// Restores the outputs of a node from a snapshot.
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

    /// The messages of a node that were not taken.
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

    /// Opens a question, whose answer the caller will look for.
    pub(super) fn open(&mut self) -> ReplyTo {
        self.questions += 1;
        let question = ReplyTo::new(self.questions);
        self.answers.insert(question, None);
        question
    }

    /// Keeps the first answer to a question. Later answers, and answers to questions that are not
    /// open, are dropped.
    pub(super) fn answer(&mut self, to: ReplyTo, message: M) {
        if let Some(answer @ None) = self.answers.get_mut(&to) {
            *answer = Some(message);
        }
    }

    pub(super) fn is_answered(&self, question: ReplyTo) -> bool {
        self.answers.get(&question).is_some_and(Option::is_some)
    }

    /// Closes a question and returns its answer, if there is one.
    pub(super) fn close(&mut self, question: ReplyTo) -> Option<M> {
        self.answers.remove(&question).flatten()
    }
}

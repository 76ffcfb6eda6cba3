//! The records of a node that wait for the markers before them to leave.

use std::collections::VecDeque;

use crate::id::SnapshotId;
use crate::process::Process;
use crate::protocol::message::{LinkRecord, NodeRecord, Report};

/// A skipped record, if there is one: with its state, or without.
pub(super) type Skipped<S, M> = (Option<NodeRecord<S, M>>, Option<NodeRecord<(), M>>);

/// Records whose places are marked in the outbox, in the order of the places.
#[derive(Debug)]
pub(super) struct Records<S, M> {
    /// Records of the node that lack the state. The state is taken when the record's place is
    /// reached.
    owed: VecDeque<NodeRecord<(), M>>,
    /// Earlier records of the node, whose states had to be taken before their places were reached.
    whole: VecDeque<NodeRecord<S, M>>,
    links: VecDeque<LinkRecord<M>>,
}

impl<S, M> Records<S, M> {
    pub(super) fn new() -> Self {
        Records { owed: VecDeque::new(), whole: VecDeque::new(), links: VecDeque::new() }
    }

    /// Whether a state is still to be taken.
    #[inline]
    pub(super) fn is_state_owed(&self) -> bool {
        !self.owed.is_empty()
    }

    pub(super) fn push_without_state(&mut self, record: NodeRecord<(), M>) {
        self.owed.push_back(record);
    }

    pub(super) fn push_link(&mut self, record: LinkRecord<M>) {
        self.links.push_back(record);
    }

    /// Takes the states that are owed.
    pub(super) fn take_states<P>(&mut self, process: &P)
    where
        P: Process<State = S, Message = M>,
    {
        while let Some(owed) = self.owed.pop_front() {
            self.whole.push_back(owed.with_state(process.state()));
        }
    }

    /// The node's record for a snapshot whose place is reached; `None` if the record was
    /// [forgotten](Self::forget). Its state is taken now, if it was not taken before.
    pub(super) fn of_node<P>(&mut self, process: &P, snapshot: SnapshotId) -> Option<Report<S, M>>
    where
        P: Process<State = S, Message = M>,
    {
        // The record is checked: at the place of a forgotten record, the first record belongs to a
        // later place.
        if self.whole.front().is_some_and(|record| record.snapshot == snapshot) {
            return self.whole.pop_front().map(Report::Node);
        }
        self.owed.front().filter(|record| record.snapshot == snapshot)?;
        let owed = self.owed.pop_front()?;
        Some(Report::Node(owed.with_state(process.state())))
    }

    /// Takes out the record of a snapshot whose place is dropped, without taking its state.
    pub(super) fn skip(&mut self, snapshot: SnapshotId) -> Skipped<S, M> {
        if self.whole.front().is_some_and(|record| record.snapshot == snapshot) {
            return (self.whole.pop_front(), None);
        }
        let is_owed = self.owed.front().is_some_and(|record| record.snapshot == snapshot);
        (None, if is_owed { self.owed.pop_front() } else { None })
    }

    pub(super) fn next_of_link(&mut self) -> Option<Report<S, M>> {
        self.links.pop_front().map(Report::Link)
    }

    /// Forgets the record of a snapshot whose state is still owed, and hands out its messages.
    pub(super) fn forget(&mut self, snapshot: SnapshotId) -> Vec<M> {
        let at = self.owed.iter().position(|record| record.snapshot == snapshot);
        let record = at.and_then(|at| self.owed.remove(at));
        record.map(|record| record.environment.messages).unwrap_or_default()
    }

    /// As [`forget`](Self::forget), for every snapshot up to this one.
    pub(super) fn forget_up_to(&mut self, last: SnapshotId) -> Vec<M> {
        let owed = std::mem::take(&mut self.owed).into_iter();
        let (over, owed): (VecDeque<_>, _) = owed.partition(|record| record.snapshot <= last);
        self.owed = owed;
        over.into_iter().flat_map(|record| record.environment.messages).collect()
    }

    /// The undrained remains: messages, and whole records.
    pub(super) fn into_parts(self) -> (Vec<M>, Vec<Report<S, M>>) {
        let messages = self.owed.into_iter().flat_map(|record| record.environment.messages);
        let whole = self.whole.into_iter().map(Report::Node);
        let reports = whole.chain(self.links.into_iter().map(Report::Link)).collect();
        (messages.collect(), reports)
    }
}

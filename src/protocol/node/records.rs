//! The records of a node that wait for the markers before them to leave.

use std::collections::VecDeque;

use crate::id::SnapshotId;
use crate::process::Process;
use crate::protocol::message::{LinkRecord, NodeRecord, Report};

/// A skipped record, if there is one: with its state, or without.
pub(super) type Skipped<S, M> = (Option<NodeRecord<S, M>>, Option<NodeRecord<(), M>>);

/// Records whose places are marked in the outbox, in the order of the places. Between snapshots
/// there are none, and then they take no memory.
#[derive(Debug)]
pub(super) struct Records<S, M>(Option<Box<Kept<S, M>>>);

#[derive(Debug)]
struct Kept<S, M> {
    /// Records of the node that lack the state. The state is taken when the record's place is
    /// reached.
    owed: VecDeque<NodeRecord<(), M>>,
    /// Earlier records of the node, whose states had to be taken before their places were reached.
    whole: VecDeque<NodeRecord<S, M>>,
    links: VecDeque<LinkRecord<M>>,
}

impl<S, M> Records<S, M> {
    pub(super) fn new() -> Self {
        Records(None)
    }

    fn kept(&mut self) -> &mut Kept<S, M> {
        self.0.get_or_insert_with(|| {
            let (owed, whole, links) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
            Box::new(Kept { owed, whole, links })
        })
    }

    /// Gives back the memory if there are no records.
    #[inline]
    pub(super) fn give_memory_back(&mut self) {
        self.0
            .take_if(|kept| kept.owed.is_empty() && kept.whole.is_empty() && kept.links.is_empty());
    }

    /// Whether a state is still to be taken.
    #[inline]
    pub(super) fn is_state_owed(&self) -> bool {
        self.0.as_ref().is_some_and(|kept| !kept.owed.is_empty())
    }

    pub(super) fn push_without_state(&mut self, record: NodeRecord<(), M>) {
        self.kept().owed.push_back(record);
    }

    pub(super) fn push_link(&mut self, record: LinkRecord<M>) {
        self.kept().links.push_back(record);
    }

    /// Takes the states that are owed.
    pub(super) fn take_states<P>(&mut self, process: &P)
    where
        P: Process<State = S, Message = M>,
    {
        let Some(kept) = &mut self.0 else { return };
        while let Some(owed) = kept.owed.pop_front() {
            kept.whole.push_back(owed.with_state(process.state()));
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
        let kept = self.0.as_mut()?;
        if kept.whole.front().is_some_and(|record| record.snapshot == snapshot) {
            return kept.whole.pop_front().map(Report::Node);
        }
        kept.owed.front().filter(|record| record.snapshot == snapshot)?;
        let owed = kept.owed.pop_front()?;
        Some(Report::Node(owed.with_state(process.state())))
    }

    /// Takes out the record of a snapshot whose place is dropped, without taking its state.
    pub(super) fn skip(&mut self, snapshot: SnapshotId) -> Skipped<S, M> {
        let Some(kept) = &mut self.0 else { return (None, None) };
        if kept.whole.front().is_some_and(|record| record.snapshot == snapshot) {
            return (kept.whole.pop_front(), None);
        }
        let is_owed = kept.owed.front().is_some_and(|record| record.snapshot == snapshot);
        (None, if is_owed { kept.owed.pop_front() } else { None })
    }

    pub(super) fn next_of_link(&mut self) -> Option<Report<S, M>> {
        self.0.as_mut()?.links.pop_front().map(Report::Link)
    }

    /// Forgets the record of a snapshot whose state is still owed, and hands out its messages.
    pub(super) fn forget(&mut self, snapshot: SnapshotId) -> Vec<M> {
        let Some(kept) = &mut self.0 else { return Vec::new() };
        let at = kept.owed.iter().position(|record| record.snapshot == snapshot);
        let record = at.and_then(|at| kept.owed.remove(at));
        record.map(|record| record.environment.messages).unwrap_or_default()
    }

    /// As [`forget`](Self::forget), for every snapshot up to this one.
    pub(super) fn forget_up_to(&mut self, last: SnapshotId) -> Vec<M> {
        let Some(kept) = &mut self.0 else { return Vec::new() };
        let owed = std::mem::take(&mut kept.owed).into_iter();
        let (over, owed): (VecDeque<_>, _) = owed.partition(|record| record.snapshot <= last);
        kept.owed = owed;
        over.into_iter().flat_map(|record| record.environment.messages).collect()
    }

    /// The undrained remains: messages, and whole records.
    pub(super) fn into_parts(self) -> (Vec<M>, Vec<Report<S, M>>) {
        let Some(kept) = self.0 else { return (Vec::new(), Vec::new()) };
        let messages = kept.owed.into_iter().flat_map(|record| record.environment.messages);
        let whole = kept.whole.into_iter().map(Report::Node);
        let reports = whole.chain(kept.links.into_iter().map(Report::Link)).collect();
        (messages.collect(), reports)
    }
}

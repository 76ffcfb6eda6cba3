//! The records of a node that wait for the markers before them to leave.

use std::collections::VecDeque;

use crate::id::SnapshotId;
use crate::process::Process;
use crate::protocol::message::{LinkRecord, NodeRecord, Report};

/// A node that is kept apart keeps the memory for this many records of links between snapshots.
pub(super) const FEW: usize = 64;

/// There is memory for at most this many further records of links at once.
const MORE: usize = 3;

/// A skipped record, if there is one: with its state, or without.
pub(super) type Skipped<S, M> = (Option<NodeRecord<S, M>>, Option<NodeRecord<(), M>>);

/// Records whose places are marked in the outbox, in the order of the places. Between snapshots
/// there are none, and a node that keeps little memory then keeps none for them.
#[derive(Debug)]
pub(super) struct Records<S, M>(Option<Box<Kept<S, M>>>);

#[derive(Debug)]
struct Kept<S, M> {
    /// The node's records of itself.
    own: VecDeque<Own<S, M>>,
    links: VecDeque<LinkRecord<M>>,
}

/// A record of the node.
#[derive(Debug)]
struct Own<S, M> {
    record: NodeRecord<(), M>,
    /// The state, if it had to be taken before the record's place was reached.
    state: Option<S>,
}

impl<S, M> Records<S, M> {
    pub(super) fn new() -> Self {
        Records(None)
    }

    fn kept(&mut self) -> &mut Kept<S, M> {
        let new = || Box::new(Kept { own: VecDeque::new(), links: VecDeque::new() });
        self.0.get_or_insert_with(new)
    }

    /// Gives back the memory if there are no records, unless it is for at most `few` records.
    #[inline]
    pub(super) fn give_memory_back(&mut self, few: usize) {
        self.0.take_if(|kept| {
            let (own, links) = (&kept.own, &kept.links);
            own.is_empty() && links.is_empty() && own.capacity().max(links.capacity()) > few
        });
    }

    /// Whether a state is still to be taken.
    #[inline]
    pub(super) fn is_state_owed(&self) -> bool {
        // States are taken in the order of the records.
        let last = self.0.as_ref().and_then(|kept| kept.own.back());
        last.is_some_and(|own| own.state.is_none())
    }

    pub(super) fn push_without_state(&mut self, record: NodeRecord<(), M>) {
        let own = &mut self.kept().own;
        if own.capacity() == 0 {
            // Mostly there is no other, and a million nodes may have one at the same time.
            own.reserve_exact(1);
        }
        own.push_back(Own { record, state: None });
    }

    /// Adds the record of a link. `more` records of links are still to come, and mostly several
    /// come together.
    pub(super) fn push_link(&mut self, record: LinkRecord<M>, more: usize) {
        let links = &mut self.kept().links;
        if links.capacity() == 0 {
            links.reserve_exact(1 + more.min(MORE));
        }
        links.push_back(record);
    }

    /// Takes the states that are owed.
    pub(super) fn take_states<P>(&mut self, process: &P)
    where
        P: Process<State = S, Message = M>,
    {
        let Some(kept) = &mut self.0 else { return };
        let is_owed = |own: &Own<S, M>| own.state.is_none();
        while let Some(at) = kept.own.iter().position(is_owed) {
            // If `state` panics, the record is gone, and its place is passed over.
            let Some(Own { record, .. }) = kept.own.remove(at) else { return };
            kept.own.insert(at, Own { state: Some(process.state()), record });
        }
    }

    /// The node's record for a snapshot whose place is reached; `None` if the record was
    /// [forgotten](Self::forget). Its state is taken now, if it was not taken before.
    pub(super) fn of_node<P>(&mut self, process: &P, snapshot: SnapshotId) -> Option<Report<S, M>>
    where
        P: Process<State = S, Message = M>,
    {
        let Own { record, state } = self.pop(snapshot)?;
        let state = state.unwrap_or_else(|| process.state());
        Some(Report::Node(record.with_state(state)))
    }

    /// Takes out the record of a snapshot whose place is dropped, without taking its state.
    pub(super) fn skip(&mut self, snapshot: SnapshotId) -> Skipped<S, M> {
        match self.pop(snapshot) {
            Some(Own { record, state: Some(state) }) => (Some(record.with_state(state)), None),
            Some(Own { record, state: None }) => (None, Some(record)),
            None => (None, None),
        }
    }

    /// The first record, if it is of this snapshot. At the place of a forgotten record, the first
    /// record belongs to a later place.
    fn pop(&mut self, snapshot: SnapshotId) -> Option<Own<S, M>> {
        let own = &mut self.0.as_mut()?.own;
        own.front().filter(|own| own.record.snapshot == snapshot)?;
        own.pop_front()
    }

    pub(super) fn next_of_link(&mut self) -> Option<Report<S, M>> {
        self.0.as_mut()?.links.pop_front().map(Report::Link)
    }

    /// Forgets the record of a snapshot whose state is still owed, and hands out its messages.
    pub(super) fn forget(&mut self, snapshot: SnapshotId) -> Vec<M> {
        self.forget_where(&|id| id == snapshot)
    }

    /// As [`forget`](Self::forget), for every snapshot up to this one.
    pub(super) fn forget_up_to(&mut self, last: SnapshotId) -> Vec<M> {
        self.forget_where(&|id| id <= last)
    }

    fn forget_where(&mut self, is_over: &dyn Fn(SnapshotId) -> bool) -> Vec<M> {
        let Some(kept) = &mut self.0 else { return Vec::new() };
        let is_forgotten = |own: &Own<S, M>| own.state.is_none() && is_over(own.record.snapshot);
        let (over, own): (VecDeque<_>, _) = kept.own.drain(..).partition(is_forgotten);
        kept.own = own;
        let mut messages = Vec::new();
        over.into_iter().for_each(|mut own| messages.append(&mut own.record.environment.messages));
        messages
    }

    /// The undrained remains: messages, and whole records.
    pub(super) fn into_parts(self) -> (Vec<M>, Vec<Report<S, M>>) {
        let Some(kept) = self.0 else { return (Vec::new(), Vec::new()) };
        let (mut messages, mut reports) = (Vec::new(), Vec::new());
        for Own { mut record, state } in kept.own {
            match state {
                Some(state) => reports.push(Report::Node(record.with_state(state))),
                None => messages.append(&mut record.environment.messages),
            }
        }
        reports.extend(kept.links.into_iter().map(Report::Link));
        (messages, reports)
    }
}

#[cfg(test)]
impl<S, M> Records<S, M> {
    pub(super) fn has_memory(&self) -> bool {
        self.0.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::LinkId;

    fn push(records: &mut Records<(), u32>, links: u32) {
        for link in (0..links).map(LinkId::new) {
            let record = LinkRecord { snapshot: SnapshotId::new(1), link, messages: vec![] };
            records.push_link(record, 0);
        }
    }

    #[test]
    fn there_is_memory_for_the_records_that_are_to_come_and_not_for_many() {
        for (more, memory) in [(0, 1), (2, 3), (MORE, 1 + MORE), (1_000_000, 1 + MORE)] {
            let mut records = Records::<(), u32>::new();
            let (snapshot, link) = (SnapshotId::new(1), LinkId::new(0));
            records.push_link(LinkRecord { snapshot, link, messages: vec![] }, more);
            assert_eq!(records.kept().links.capacity(), memory);
        }
    }

    #[test]
    fn memory_for_many_records_is_given_back_once_they_are_gone() {
        let mut records = Records::new();
        push(&mut records, 100);
        records.give_memory_back(10);
        for _ in 0..100 {
            assert!(records.next_of_link().is_some(), "a record is lost with its memory");
        }
        let memory = records.kept().links.capacity();
        records.give_memory_back(memory);
        assert!(records.has_memory(), "memory for few records is kept");
        records.give_memory_back(memory - 1);
        assert!(!records.has_memory());
    }
}

//! The unread outcomes of each subscriber.

use std::collections::VecDeque;

use super::outcome::Outcome;

/// How many outcomes may wait unread if the subscriber sets no other bound.
const UNREAD: usize = 1024;

/// The queues of all subscriptions. They belong to the registry, under its lock.
pub(crate) struct Subscribers<S, M> {
    /// Each with its key, the oldest first. Few listen at a time.
    queues: Vec<(u64, Queue<S, M>)>,
    next_key: u64,
    has_ended: bool,
}

struct Queue<S, M> {
    unread: VecDeque<Outcome<S, M>>,
    most: usize,
    missed: u64,
}

/// The next item of a subscriber.
pub(crate) enum Next<S, M> {
    Outcome(Outcome<S, M>),
    /// There is no item yet.
    Wait,
    /// There will be no more items.
    End,
}

impl<S, M> Subscribers<S, M> {
    pub(crate) fn new() -> Self {
        Subscribers { queues: Vec::new(), next_key: 0, has_ended: false }
    }

    /// Adds a subscriber, and returns its key.
    pub(crate) fn add(&mut self) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        let queue = Queue { unread: VecDeque::new(), most: UNREAD, missed: 0 };
        self.queues.push((key, queue));
        key
    }

    /// Removes a subscriber, and returns its unread outcomes.
    pub(crate) fn remove(&mut self, key: u64) -> VecDeque<Outcome<S, M>> {
        let place = self.queues.iter().position(|(of, _)| *of == key);
        place.map(|place| self.queues.remove(place).1.unread).unwrap_or_default()
    }

    fn queue(&mut self, key: u64) -> Option<&mut Queue<S, M>> {
        self.queues.iter_mut().find(|(of, _)| *of == key).map(|(_, queue)| queue)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// Tells all subscribers of an outcome. Returns the outcomes that are dropped for it.
    pub(crate) fn tell(&mut self, outcome: &Outcome<S, M>) -> Vec<Outcome<S, M>> {
        if self.has_ended {
            return Vec::new();
        }
        let mut dropped = Vec::new();
        for (_, queue) in &mut self.queues {
            queue.unread.push_back(outcome.clone());
            dropped.append(&mut queue.shorten());
        }
        dropped
    }

    /// Bounds the unread outcomes of a subscriber. Returns the outcomes that are dropped for it.
    pub(crate) fn keep_newest(&mut self, key: u64, most: usize) -> Vec<Outcome<S, M>> {
        let Some(queue) = self.queue(key) else { return Vec::new() };
        queue.most = most.max(1);
        queue.shorten()
    }

    pub(crate) fn missed(&mut self, key: u64) -> u64 {
        self.queue(key).map_or(0, |queue| queue.missed)
    }

    pub(crate) fn next(&mut self, key: u64) -> Next<S, M> {
        match self.queue(key).and_then(|queue| queue.unread.pop_front()) {
            Some(outcome) => Next::Outcome(outcome),
            None if self.has_ended => Next::End,
            None => Next::Wait,
        }
    }

    /// Ends the streams: no outcome comes any more.
    pub(crate) fn end(&mut self) {
        self.has_ended = true;
    }
}

impl<S, M> Queue<S, M> {
    fn shorten(&mut self) -> Vec<Outcome<S, M>> {
        let too_many = self.unread.len().saturating_sub(self.most);
        self.missed += too_many as u64;
        self.unread.drain(..too_many).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SnapshotId;
    use crate::snapshot::SnapshotError;

    fn outcome(id: u64) -> Outcome<(), ()> {
        let id = SnapshotId::new(id);
        Outcome { id, result: Err(SnapshotError::ShutDown { snapshot: id }) }
    }

    /// All unread outcomes of a subscriber.
    fn read(subscribers: &mut Subscribers<(), ()>, key: u64) -> Vec<u64> {
        let next = || match subscribers.next(key) {
            Next::Outcome(outcome) => Some(outcome.id.get()),
            Next::Wait | Next::End => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_subscriber_that_goes_leaves_nothing_behind() {
        let mut subscribers = Subscribers::new();
        let [gone, stays] = [subscribers.add(), subscribers.add()];
        subscribers.tell(&outcome(1));
        assert_eq!(subscribers.remove(gone).len(), 1);
        subscribers.tell(&outcome(2));
        assert!(subscribers.queues.iter().map(|(key, _)| *key).eq([stays]));
        assert_eq!(read(&mut subscribers, stays), [1, 2]);
        subscribers.remove(stays);
        assert!(subscribers.is_empty());
    }

    #[test]
    fn what_is_not_read_is_bounded_and_what_is_dropped_is_counted() {
        let mut subscribers = Subscribers::new();
        let [usual, short] = [subscribers.add(), subscribers.add()];
        subscribers.tell(&outcome(0));
        subscribers.tell(&outcome(1));
        assert_eq!(subscribers.keep_newest(short, 0).len(), 1, "one is kept at least");
        for id in 2..2000 {
            let dropped = subscribers.tell(&outcome(id));
            assert_eq!(dropped.len(), if id < 1024 { 1 } else { 2 });
        }
        assert_eq!([usual, short].map(|key| subscribers.missed(key)), [2000 - 1024, 1999]);
        assert_eq!(read(&mut subscribers, short), [1999]);
        assert!(read(&mut subscribers, usual).into_iter().eq(2000 - 1024..2000));
        subscribers.tell(&outcome(2000));
        assert_eq!(read(&mut subscribers, short), [2000]);
    }

    #[test]
    fn a_stream_that_has_ended_stays_at_its_end() {
        let mut subscribers = Subscribers::new();
        let before = subscribers.add();
        assert!(matches!(subscribers.next(before), Next::Wait));
        subscribers.tell(&outcome(1));
        subscribers.end();
        subscribers.tell(&outcome(2));
        let after = subscribers.add();
        assert_eq!(read(&mut subscribers, before), [1]);
        for key in [before, after] {
            assert!(matches!(subscribers.next(key), Next::End));
        }
    }
}

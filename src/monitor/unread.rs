//! Events that wait for a reader, up to a bound.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::panics::discard;
use crate::sync::{Condvar, Mutex};

/// How many events may wait unread if the reader sets no other bound.
const UNREAD: usize = 1024;

/// The writing end. Dropping it ends the stream.
pub(crate) struct Writer<T>(Arc<Shared<T>>);

/// A reading end. Dropping the last one drops the unread values too.
pub(crate) struct Reader<T>(Arc<ReadingEnd<T>>);

struct ReadingEnd<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    unread: VecDeque<T>,
    most: usize,
    missed: u64,
    has_ended: bool,
    is_read: bool,
}

pub(crate) fn stream<T>() -> (Writer<T>, Reader<T>) {
    let state =
        State { unread: VecDeque::new(), most: UNREAD, missed: 0, has_ended: false, is_read: true };
    let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::default() });
    (Writer(Arc::clone(&shared)), Reader(Arc::new(ReadingEnd(shared))))
}

impl<T> Writer<T> {
    /// Appends a value. If more values are unread than the bound allows, the oldest are dropped. If
    /// there is no reader, the value itself is dropped.
    pub(crate) fn put(&self, value: T) {
        let mut state = self.0.state.lock();
        if !state.is_read {
            drop(state);
            return discard(value);
        }
        state.unread.push_back(value);
        let missed = state.shorten();
        drop(state);
        self.0.changed.notify_all();
        missed.into_iter().for_each(discard);
    }
}

impl<T> Reader<T> {
    /// Waits for the next value; `None` at the end of the stream.
    pub(crate) fn next(&self) -> Option<T> {
        let mut state = self.0.0.state.lock();
        loop {
            if let Some(next) = state.unread.pop_front() {
                return Some(next);
            }
            if state.has_ended {
                return None;
            }
            self.0.0.changed.wait(&mut state);
        }
    }

    /// The next value, if it is there.
    pub(crate) fn next_if_there(&self) -> Option<T> {
        self.0.0.state.lock().unread.pop_front()
    }

    /// The values that are there.
    pub(crate) fn ready(&self) -> VecDeque<T> {
        std::mem::take(&mut self.0.0.state.lock().unread)
    }

    /// Says whether values that are put from now on are kept. Values that were kept before stay.
    pub(crate) fn keep(&self, is_read: bool) {
        self.0.0.state.lock().is_read = is_read;
    }

    /// Bounds the number of unread values, to at least one.
    pub(crate) fn keep_newest(&self, most: usize) {
        let mut state = self.0.0.state.lock();
        state.most = most.max(1);
        let missed = state.shorten();
        drop(state);
        missed.into_iter().for_each(discard);
    }

    /// How many values were dropped because they were not read in time.
    pub(crate) fn missed(&self) -> u64 {
        self.0.0.state.lock().missed
    }
}

impl<T> Clone for Reader<T> {
    fn clone(&self) -> Self {
        Reader(Arc::clone(&self.0))
    }
}

impl<T> State<T> {
    fn shorten(&mut self) -> Vec<T> {
        let too_many = self.unread.len().saturating_sub(self.most);
        self.missed += too_many as u64;
        self.unread.drain(..too_many).collect()
    }
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        self.0.state.lock().has_ended = true;
        self.0.changed.notify_all();
    }
}

impl<T> Drop for ReadingEnd<T> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.is_read = false;
        let unread = std::mem::take(&mut state.unread);
        drop(state);
        drop(unread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::model;

    #[test]
    fn the_newest_are_kept_and_the_others_counted() {
        model(|| {
            let (writer, reader) = stream();
            (0..1030).for_each(|number| writer.put(number));
            assert_eq!((reader.missed(), reader.next()), (6, Some(6)));
            reader.keep_newest(0);
            assert_eq!(
                (reader.missed(), reader.ready().into_iter().collect::<Vec<_>>()),
                (1028, vec![1029])
            );
            writer.put(7);
            writer.put(8);
            drop(writer);
            assert_eq!([reader.next(), reader.next(), reader.next()], [Some(8), None, None]);
            assert_eq!(reader.missed(), 1029);
        });
    }

    #[test]
    fn what_nobody_reads_is_dropped_at_once() {
        model(|| {
            let (writer, reader) = stream();
            let value = Arc::new(());
            writer.put(Arc::clone(&value));
            drop(reader);
            writer.put(Arc::clone(&value));
            assert_eq!(Arc::strong_count(&value), 1);
        });
    }
}

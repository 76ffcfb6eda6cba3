//! A queue that keeps the newest values and counts those that it drops.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::runtime::discard;
use crate::sync::{Condvar, Mutex};

/// The end that puts values. Dropped, it ends the queue.
pub(super) struct Putter<T>(Arc<Shared<T>>);

/// The end that takes values. Dropped, it has the others dropped where they come from.
pub(super) struct Taker<T>(Arc<Shared<T>>);

struct Shared<T> {
    room: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    values: VecDeque<T>,
    dropped: u64,
    has_ended: bool,
    is_read: bool,
}

/// A queue for at most `room` values.
pub(super) fn queue<T>(room: usize) -> (Putter<T>, Taker<T>) {
    let state = State { values: VecDeque::new(), dropped: 0, has_ended: false, is_read: true };
    let state = Mutex::new(state);
    let shared = Arc::new(Shared { room, state, changed: Condvar::default() });
    (Putter(Arc::clone(&shared)), Taker(shared))
}

impl<T> Putter<T> {
    /// Puts a value behind all others. Where there is no room, the oldest is dropped.
    pub(super) fn put(&self, value: T) {
        let mut state = self.0.state.lock();
        state.values.push_back(value);
        let is_too_much = !state.is_read || state.values.len() > self.0.room;
        let oldest = if is_too_much { state.values.pop_front() } else { None };
        state.dropped += u64::from(is_too_much);
        self.0.changed.notify_all();
        drop(state);
        // Without the lock: this may run the drop of the user's values.
        discard(oldest);
    }
}

impl<T> Taker<T> {
    /// Waits for a value; `None` once the queue has ended and all is taken.
    pub(super) fn take(&self) -> Option<T> {
        let mut state = self.0.state.lock();
        loop {
            if let Some(value) = state.values.pop_front() {
                return Some(value);
            }
            if state.has_ended {
                return None;
            }
            self.0.changed.wait(&mut state);
        }
    }

    /// What is there, without waiting.
    pub(super) fn take_all(&self) -> VecDeque<T> {
        std::mem::take(&mut self.0.state.lock().values)
    }

    /// How many values were dropped for want of room.
    pub(super) fn dropped(&self) -> u64 {
        self.0.state.lock().dropped
    }
}

impl<T> Drop for Putter<T> {
    fn drop(&mut self) {
        self.0.state.lock().has_ended = true;
        self.0.changed.notify_all();
    }
}

impl<T> Drop for Taker<T> {
    fn drop(&mut self) {
        self.0.state.lock().is_read = false;
        self.take_all().into_iter().for_each(discard);
    }
}

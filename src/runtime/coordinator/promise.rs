//! A value that one thread will publish and others wait for.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::sync::{Condvar, Mutex};

/// The writing end. Dropped without a value, it wakes whoever waits and tells them that none will come.
pub(crate) struct Promise<T>(Option<Arc<Shared<T>>>);

/// The reading end: any number of them, any number of waits.
pub(crate) struct Promised<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    settled: Condvar,
}

enum State<T> {
    Open,
    Kept(T),
    Broken,
}

/// The promise was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

pub(crate) fn promise<T>() -> (Promise<T>, Promised<T>) {
    let shared = Arc::new(Shared { state: Mutex::new(State::Open), settled: Condvar::default() });
    (Promise(Some(Arc::clone(&shared))), Promised(shared))
}

impl<T> Promise<T> {
    pub(crate) fn keep(mut self, value: T) {
        self.settle(State::Kept(value));
    }

    fn settle(&mut self, state: State<T>) {
        if let Some(shared) = self.0.take() {
            *shared.state.lock() = state;
            shared.settled.notify_all();
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.settle(State::Broken);
    }
}

impl<T: Clone> Promised<T> {
    pub(crate) fn wait(&self) -> Result<T, Broken> {
        let mut state = self.0.state.lock();
        loop {
            if let Some(settled) = state.settled() {
                return settled;
            }
            self.0.settled.wait(&mut state);
        }
    }

    /// `None` if the deadline passes first.
    pub(crate) fn wait_until(&self, deadline: Instant) -> Option<Result<T, Broken>> {
        self.wait_unless(Some(deadline), || false)
    }

    /// `None` if the deadline passes first, or what a waiter has been [woken](Self::wake) for is so. Without a deadline it waits for the
    /// other two.
    pub(crate) fn wait_unless(
        &self,
        deadline: Option<Instant>,
        is_over: impl Fn() -> bool,
    ) -> Option<Result<T, Broken>> {
        let mut state = self.0.state.lock();
        loop {
            if let Some(settled) = state.settled() {
                return Some(settled);
            }
            if is_over() {
                return None;
            }
            match deadline {
                None => self.0.settled.wait(&mut state),
                Some(deadline) if self.0.settled.wait_until(&mut state, deadline) => {
                    return state.settled();
                }
                Some(_) => {}
            }
        }
    }

    /// Has every waiter look again. Under the lock: a waiter that has looked already sleeps by then, and is woken.
    pub(crate) fn wake(&self) {
        let _state = self.0.state.lock();
        self.0.settled.notify_all();
    }

    /// `None` if it is open still.
    pub(crate) fn look(&self) -> Option<Result<T, Broken>> {
        self.0.state.lock().settled()
    }
}

impl<T: Clone> State<T> {
    fn settled(&self) -> Option<Result<T, Broken>> {
        match self {
            State::Open => None,
            State::Kept(value) => Some(Ok(value.clone())),
            State::Broken => Some(Err(Broken)),
        }
    }
}

impl<T> Clone for Promised<T> {
    fn clone(&self) -> Self {
        Promised(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Promised<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promised").finish_non_exhaustive()
    }
}

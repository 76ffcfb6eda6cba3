//! A value that one thread will publish and for which other threads wait.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::sync::{Condvar, Mutex};

/// The writing end. If it is dropped without a value, the waiters wake and are told that no value
/// will come.
pub(crate) struct Promise<T>(Option<Arc<Shared<T>>>);

/// The reading end. There may be any number of reading ends, and any number of waits.
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
    let promised = Promised::new(State::Open);
    (Promise(Some(Arc::clone(&promised.0))), promised)
}

impl<T> Promise<T> {
    pub(crate) fn keep(mut self, value: T) {
        self.settle(State::Kept(value));
    }

    /// Another reading end; `None` if the promise is settled.
    pub(crate) fn promised(&self) -> Option<Promised<T>> {
        self.0.as_ref().map(|shared| Promised(Arc::clone(shared)))
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

impl<T> Promised<T> {
    /// A reading end of a value that is there already.
    pub(crate) fn kept(value: T) -> Self {
        Promised::new(State::Kept(value))
    }

    fn new(state: State<T>) -> Self {
        Promised(Arc::new(Shared { state: Mutex::new(state), settled: Condvar::default() }))
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

    /// Waits for the value; `None` if the deadline passes first.
    pub(crate) fn wait_until(&self, deadline: Instant) -> Option<Result<T, Broken>> {
        let mut state = self.0.state.lock();
        loop {
            if let Some(settled) = state.settled() {
                return Some(settled);
            }
            if self.0.settled.wait_until(&mut state, deadline) {
                return state.settled();
            }
        }
    }

    /// The value if it is there; `None` if the promise is still open.
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

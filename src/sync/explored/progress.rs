//! What a search is at, for the thread that watches it: a handler that goes round in a loop takes
//! no step, so loom never hears of it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::Mutex;

use super::Ordering;
use super::thread::look_home;

/// The progress of one search.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    steps: AtomicU64,
    /// The thread of a system that has taken the last step, and has run since; `None` of a thread
    /// of the model's own.
    at: Mutex<Option<Arc<str>>>,
}

thread_local! {
    /// Of the search in this thread of the machine, on which all threads of its model run.
    static PROGRESS: RefCell<Option<Arc<Progress>>> = const { RefCell::new(None) };
}

/// From now on steps taken in this thread of the machine are noted there.
pub(crate) fn note_steps(progress: Arc<Progress>) {
    PROGRESS.set(Some(progress));
}

/// A step was taken.
pub(super) fn note() {
    PROGRESS.with_borrow(|progress| {
        let Some(Progress { steps, at }) = progress.as_deref() else { return };
        steps.fetch_add(1, Ordering::Relaxed);
        *at.lock() = look_home(|home| home.map(|home| Arc::clone(&home.name)));
    });
}

impl Progress {
    /// How many steps were taken so far.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Who has taken the last step.
    pub(crate) fn at(&self) -> Option<Arc<str>> {
        self.at.lock().clone()
    }
}

//! The progress of a search, for the thread that watches it. A handler in an endless loop takes no
//! step, so loom does not notice it.

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
    /// The thread of a system that took the last step and has run since. `None` if it is a thread
    /// of the model's own.
    at: Mutex<Option<Arc<str>>>,
}

thread_local! {
    /// The progress of the search in this thread of the machine. All threads of its model run on
    /// this thread.
    static PROGRESS: RefCell<Option<Arc<Progress>>> = const { RefCell::new(None) };
}

/// From now on, steps taken in this thread of the machine are noted in `progress`.
pub(crate) fn note_steps(progress: Arc<Progress>) {
    PROGRESS.set(Some(progress));
}

/// Notes that a step was taken.
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

    /// The thread that took the last step.
    pub(crate) fn at(&self) -> Option<Arc<str>> {
        self.at.lock().clone()
    }
}

//! What becomes of the processes: the first loss ends them all.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use crate::driver::LostProcess;
use crate::sync::Mutex;

/// Whether a process is lost. All workers of a process share one fate, which changes once.
pub(in crate::cluster) struct Fate {
    lost: OnceLock<LostProcess>,
    wakers: Mutex<Vec<Waker>>,
}

type Waker = Box<dyn Fn(&LostProcess) + Send>;

thread_local! {
    static OF_THIS_THREAD: RefCell<Option<Arc<Fate>>> = const { RefCell::new(None) };
}

impl Fate {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Fate { lost: OnceLock::new(), wakers: Mutex::new(Vec::new()) })
    }

    /// The fate of the worker whose thread this is; `None` in a thread that
    /// [`start`](super::start) does not know.
    pub(in crate::cluster) fn of_this_thread() -> Option<Arc<Fate>> {
        OF_THIS_THREAD.try_with(|fate| fate.borrow().clone()).ok().flatten()
    }

    /// Makes this the fate of the calling thread.
    pub(super) fn govern_this_thread(self: &Arc<Self>) {
        OF_THIS_THREAD.set(Some(Arc::clone(self)));
    }

    /// The process that is lost, if one is. The first loss counts.
    #[inline]
    pub(in crate::cluster) fn lost(&self) -> Option<&LostProcess> {
        self.lost.get()
    }

    /// Says that a process is lost. Returns whether it is the first.
    pub(super) fn settle(&self, lost: LostProcess) -> bool {
        let is_first = self.lost.set(lost).is_ok();
        self.wake();
        is_first
    }

    /// Calls `waker` when a process is lost, perhaps several times.
    pub(in crate::cluster) fn wake_by(&self, waker: impl Fn(&LostProcess) + Send + 'static) {
        self.wakers.lock().push(Box::new(waker));
        // The loss may have come while the waker was not there.
        self.wake();
    }

    /// Wakes all that must see the loss.
    pub(super) fn wake(&self) {
        if let Some(lost) = self.lost() {
            self.wakers.lock().iter().for_each(|wake| wake(lost));
        }
    }
}

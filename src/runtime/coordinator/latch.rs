//! A gate that opens once, for any number of waiting threads.

use std::time::Instant;

use crate::sync::{Condvar, Mutex};

/// A gate that is closed at first. Once it is open, it stays open.
pub(crate) struct Latch {
    is_open: Mutex<bool>,
    /// Notified when the latch opens, and when waiters must look again.
    changed: Condvar,
}

impl Latch {
    pub(crate) fn new() -> Self {
        Latch { is_open: Mutex::new(false), changed: Condvar::default() }
    }

    /// Wakes every waiter.
    pub(crate) fn open(&self) {
        *self.is_open.lock() = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.is_open.lock()
    }

    pub(crate) fn wait(&self) {
        self.wait_unless(None, || false);
    }

    /// Waits until the latch is open. False if the deadline passes first.
    pub(crate) fn wait_until(&self, deadline: Instant) -> bool {
        self.wait_unless(Some(deadline), || false)
    }

    /// Waits until the latch is open. False if the deadline passes first, or if the wait ends for
    /// another reason, which [`wake`](Self::wake) announces.
    pub(crate) fn wait_unless(
        &self,
        deadline: Option<Instant>,
        is_over: impl Fn() -> bool,
    ) -> bool {
        let mut is_open = self.is_open.lock();
        while !*is_open && !is_over() {
            match deadline {
                None => self.changed.wait(&mut is_open),
                Some(deadline) if self.changed.wait_until(&mut is_open, deadline) => break,
                Some(_) => {}
            }
        }
        *is_open
    }

    /// Makes every waiter look again. It takes the lock: a waiter that has looked already is asleep
    /// by then, and is woken.
    pub(crate) fn wake(&self) {
        let _is_open = self.is_open.lock();
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Latch;
    use crate::sync::{model, spawn};

    #[test]
    fn a_waiter_wakes_when_the_latch_opens_and_no_wait_follows() {
        model(|| {
            let latch = Arc::new(Latch::new());
            let opener = Arc::clone(&latch);
            let thread = spawn("opener".to_owned(), None, move || opener.open()).expect("a thread");
            latch.wait();
            assert!(latch.is_open());
            thread.join().expect("it does not panic");
            latch.wait();
            assert!(latch.wait_unless(None, || true), "open, whatever else is so");
        });
    }

    #[test]
    fn a_wait_can_be_over_for_another_reason() {
        model(|| assert!(!Latch::new().wait_unless(None, || true)));
    }
}

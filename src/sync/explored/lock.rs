//! Locks and conditions for models in loom.

use std::time::Instant;

use super::step::{need, step};
use super::{Thread, current, park};

/// A lock with the interface of parking_lot's.
#[derive(Debug)]
pub(crate) struct Mutex<T> {
    /// The lock that loom sees.
    turn: loom::sync::Mutex<()>,
    /// No thread waits for this lock: the thread that has the turn has this lock too.
    value: parking_lot::Mutex<T>,
}

/// Holds the lock. The guard is empty only while its thread waits in [`Condvar::wait`].
pub(crate) struct MutexGuard<'a, T> {
    lock: &'a Mutex<T>,
    held: Option<Held<'a, T>>,
}

/// The value's lock is released before the turn.
struct Held<'a, T> {
    value: parking_lot::MutexGuard<'a, T>,
    _turn: Option<loom::sync::MutexGuard<'a, ()>>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        let turn = loom::sync::Mutex::new(());
        Mutex { turn, value: parking_lot::Mutex::new(value) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { lock: self, held: Some(self.hold()) }
    }

    fn hold(&self) -> Held<'_, T> {
        let turn = step(|| self.turn.lock().ok()).flatten();
        let value = self.value.try_lock().expect("an execution does not end behind a lock");
        Held { value, _turn: turn }
    }
}

impl<T> std::ops::Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held.as_ref().expect("a guard is empty only inside Condvar::wait").value
    }
}

impl<T> std::ops::DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.held.as_mut().expect("a guard is empty only inside Condvar::wait").value
    }
}

/// A lock for many readers with the interface of parking_lot's.
#[derive(Debug)]
pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        RwLock(loom::sync::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> loom::sync::RwLockReadGuard<'_, T> {
        need(|| self.0.read()).expect("no model goes on after a panic")
    }

    pub(crate) fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
        need(|| self.0.write()).expect("no model goes on after a panic")
    }
}

/// A condition with the interface of parking_lot's. loom sees only the lock and the parking: a
/// waiting thread enters itself in a list that loom does not see.
#[derive(Debug, Default)]
pub(crate) struct Condvar(parking_lot::Mutex<Vec<Thread>>);

impl Condvar {
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let Some(held) = guard.held.take() else { return };
        self.0.lock().push(current());
        // No thread runs between this and the park.
        drop(held);
        park();
        guard.held = Some(guard.lock.hold());
    }

    pub(crate) fn wait_until<T>(&self, _: &mut MutexGuard<'_, T>, _deadline: Instant) -> bool {
        super::need_time("waiting for a time");
        true
    }

    pub(crate) fn notify_all(&self) {
        let waiting = std::mem::take(&mut *self.0.lock());
        waiting.iter().for_each(Thread::unpark);
    }
}

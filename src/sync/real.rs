//! The threads of the machine.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::time::{Duration, Instant};

pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
pub(crate) use std::thread::{JoinHandle, Thread, current};

use crossbeam_channel::SendError;
pub(crate) use parking_lot::{Mutex, RwLock};

use super::Home;

/// How many threads a system may have; `None` if there is no limit.
pub(crate) const MOST_THREADS: Option<usize> = None;

/// Whether a model checker runs this code.
pub(crate) const IS_MODEL: bool = false;

/// A count on which no decision depends.
pub(crate) type Tally = AtomicU64;

/// Does nothing here. In a model it refuses anything that depends on time.
#[inline]
pub(crate) fn need_time(_what: &str) {}

/// Does nothing here. In a model it prints a step for a person who runs an execution alone.
#[inline]
pub(crate) fn note(_what: impl FnOnce() -> String) {}

/// A number that no other call returns, in this process or another, except with a probability of
/// 2^-64.
pub(crate) fn random_number() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The time that has passed since `since`.
pub(crate) fn elapsed(since: Instant) -> Duration {
    since.elapsed()
}

/// Looks at a bell's state.
#[inline]
pub(crate) fn look(state: &AtomicU8, ordering: Ordering) -> u8 {
    state.load(ordering)
}

/// Does nothing for a few nanoseconds.
#[inline]
pub(crate) fn pause() {
    std::hint::spin_loop();
}

/// Yields to threads that have work.
pub(crate) fn give_way() {
    std::thread::yield_now();
}

/// Yields, in a thread of a test that can do nothing before other threads have run.
#[cfg(test)]
pub(crate) fn wait_a_turn() {
    std::thread::yield_now();
}

/// Sleeps until the thread is unparked. It may return earlier.
#[expect(clippy::disallowed_methods, reason = "the bell is built on this one")]
pub(crate) fn park() {
    std::thread::park();
}

/// Sleeps as [`park`] does, for at most this time.
pub(crate) fn park_for(time: Duration) {
    std::thread::park_timeout(time);
}

thread_local! {
    static HOME: RefCell<Option<Home>> = const { RefCell::new(None) };
}

/// Sets the home of the calling thread. Each thread of a system calls this once.
pub(crate) fn settle_in(home: Home) {
    HOME.set(Some(home));
}

/// Looks at the calling thread's home, if it is a thread of a system.
pub(crate) fn home<T>(look: impl Fn(Option<&Home>) -> T) -> T {
    // A value that is dropped after the thread has ended belongs to no system any more.
    HOME.try_with(|home| look(home.borrow().as_ref())).unwrap_or_else(|_| look(None))
}

/// Whether the thread has ended.
pub(crate) fn has_ended<T>(thread: &JoinHandle<T>) -> bool {
    thread.is_finished()
}

/// Whether the calling thread is this thread, which cannot wait for itself.
pub(crate) fn is_current<T>(thread: &JoinHandle<T>) -> bool {
    thread.thread().id() == current().id()
}

/// Whether a panic ends a model's execution, and is not a panic of the user's code.
pub(crate) fn has_execution_ended() -> bool {
    false
}

/// Starts a thread.
pub(crate) fn spawn<T: Send + 'static>(
    name: String,
    stack_size: Option<usize>,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let builder = std::thread::Builder::new().name(name);
    match stack_size {
        Some(bytes) => builder.stack_size(bytes).spawn(body),
        None => builder.spawn(body),
    }
}

/// An unbounded FIFO channel.
pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = crossbeam_channel::unbounded();
    (Sender(tx), Receiver(rx))
}

/// An unbounded FIFO channel whose receiver can wait.
pub(crate) fn awaited_channel<T>() -> (Sender<T>, Receiver<T>) {
    channel()
}

#[derive(Debug)]
pub(crate) struct Sender<T>(crossbeam_channel::Sender<T>);

#[derive(Debug)]
pub(crate) struct Receiver<T>(crossbeam_channel::Receiver<T>);

impl<T> Sender<T> {
    /// Appends a value. Hands the value back if the receiver is gone.
    pub(crate) fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.0.send(value)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender(self.0.clone())
    }
}

impl<T> Receiver<T> {
    /// Looks how many values are there.
    #[inline]
    pub(crate) fn there(&self) -> usize {
        self.0.len()
    }

    /// Takes a value that a look has found.
    #[inline]
    pub(crate) fn take(&self) -> Option<T> {
        self.0.try_recv().ok()
    }

    /// Takes the values that are there now, at most `limit`. Values that arrive while `each` runs
    /// are left for the next call.
    #[inline]
    pub(crate) fn drain(&self, limit: usize, each: impl FnMut(T)) {
        let there = self.there().min(limit);
        (0..there).map_while(|_| self.take()).for_each(each);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Waits for a value; `None` once every sender is gone and all values are taken.
    pub(crate) fn recv(&self) -> Option<T> {
        self.0.recv().ok()
    }

    /// Waits for a value until the deadline; `None` also when the deadline has passed.
    pub(crate) fn recv_until(&self, deadline: Instant) -> Option<T> {
        self.0.recv_deadline(deadline).ok()
    }
}

/// Wakes threads that wait for a change behind a [`Mutex`].
#[derive(Debug, Default)]
pub(crate) struct Condvar(parking_lot::Condvar);

pub(crate) type MutexGuard<'a, T> = parking_lot::MutexGuard<'a, T>;

impl Condvar {
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        self.0.wait(guard);
    }

    /// Waits until the deadline at the latest; true if the deadline has passed.
    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        self.0.wait_until(guard, deadline).timed_out()
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// Runs a model of threads many times. The machine's scheduler tries orders of steps here, where
/// loom explores them.
#[cfg(test)]
pub(crate) fn model(body: impl Fn()) {
    (0..200).for_each(|_| body());
}

/// Messages in a model.
#[cfg(test)]
pub(crate) const MODEL_MESSAGES: u32 = 1000;

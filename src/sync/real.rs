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

/// How many threads a system may have, if that is limited.
pub(crate) const MOST_THREADS: Option<usize> = None;

/// Whether a model checker runs this.
pub(crate) const IS_MODEL: bool = false;

/// A count that decides nothing.
pub(crate) type Tally = AtomicU64;

/// To be called by whatever depends on time, which a model does not have.
#[inline]
pub(crate) fn need_time(_what: &str) {}

/// Tells whoever runs an execution of a model alone what it does.
#[inline]
pub(crate) fn note(_what: impl FnOnce() -> String) {}

/// A number that no other call returns, here or in another process, but by a chance of one in 2^64.
pub(crate) fn random_number() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The time that has passed since then.
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

/// Gives way to threads that have something to do.
pub(crate) fn give_way() {
    std::thread::yield_now();
}

/// For a thread of a test that can do nothing before others have.
#[cfg(test)]
pub(crate) fn wait_a_turn() {
    std::thread::yield_now();
}

/// Sleeps until unparked; may return without that.
#[expect(clippy::disallowed_methods, reason = "the bell is built on this one")]
pub(crate) fn park() {
    std::thread::park();
}

/// As [`park`], for a while at most.
pub(crate) fn park_for(time: Duration) {
    std::thread::park_timeout(time);
}

thread_local! {
    static HOME: RefCell<Option<Home>> = const { RefCell::new(None) };
}

/// To be called once by each thread of a system.
pub(crate) fn settle_in(home: Home) {
    HOME.set(Some(home));
}

/// Looks at what the calling thread belongs to, if it is a thread of a system.
pub(crate) fn home<T>(look: impl Fn(Option<&Home>) -> T) -> T {
    // A value that is dropped when the thread has ended belongs to no system any more.
    HOME.try_with(|home| look(home.borrow().as_ref())).unwrap_or_else(|_| look(None))
}

/// Whether the thread has ended.
pub(crate) fn has_ended<T>(thread: &JoinHandle<T>) -> bool {
    thread.is_finished()
}

/// Whether this runs in that thread, which then cannot wait for itself.
pub(crate) fn is_current<T>(thread: &JoinHandle<T>) -> bool {
    thread.thread().id() == current().id()
}

/// Whether a panic is the end of a model's execution, and no fault of the user's.
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

/// An unbounded FIFO channel whose receiver waits.
pub(crate) fn awaited_channel<T>() -> (Sender<T>, Receiver<T>) {
    channel()
}

#[derive(Debug)]
pub(crate) struct Sender<T>(crossbeam_channel::Sender<T>);

#[derive(Debug)]
pub(crate) struct Receiver<T>(crossbeam_channel::Receiver<T>);

impl<T> Sender<T> {
    /// Puts a value behind all others; hands it back if the receiver is gone.
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
    /// Looks how many values are there now.
    #[inline]
    pub(crate) fn there(&self) -> usize {
        self.0.len()
    }

    /// Takes a value that a look has found.
    #[inline]
    pub(crate) fn take(&self) -> Option<T> {
        self.0.try_recv().ok()
    }

    /// Takes what is there now, at most `limit`. What comes while `each` runs is left for the next call.
    #[inline]
    pub(crate) fn drain(&self, limit: usize, each: impl FnMut(T)) {
        let there = self.there().min(limit);
        (0..there).map_while(|_| self.take()).for_each(each);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Waits for a value; `None` once every sender is gone and all is taken.
    pub(crate) fn recv(&self) -> Option<T> {
        self.0.recv().ok()
    }

    /// Waits for a value until the deadline; `None` also once that has passed.
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

    /// Waits until the deadline; true if that has passed.
    pub(crate) fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        self.0.wait_until(guard, deadline).timed_out()
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// Runs a model of threads over and over: what loom explores, the machine's scheduler tries here.
#[cfg(test)]
pub(crate) fn model(body: impl Fn()) {
    (0..200).for_each(|_| body());
}

/// Messages in a model.
#[cfg(test)]
pub(crate) const MODEL_MESSAGES: u32 = 1000;

//! The threads of the machine.

use std::any::Any;
use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
pub(crate) use std::thread::{JoinHandle, Thread, current};

pub(crate) use crossbeam_channel::SendError;
use crossbeam_channel::TrySendError;
pub(crate) use parking_lot::{Mutex, RwLock};

use super::Home;

/// How many threads a system may have, if that is limited.
pub(crate) const MOST_THREADS: Option<usize> = None;

/// Bounds of the room of a link's quick channel, in envelopes.
pub(crate) const LEAST_ROOM: usize = 8;
pub(crate) const MOST_ROOM: usize = 2048;

/// So many envelopes on a link's quick channel mean that its receiver does not keep up.
pub(crate) const CROWD: usize = 512;

/// A count that decides nothing.
pub(crate) type Tally = AtomicU64;

/// Whether what is processed is counted where nobody can wait for it.
pub(crate) const TALLY_UNLIMITED: bool = true;

/// How many messages a link holds if nothing else is said.
pub(crate) const DEFAULT_CAPACITY: u64 = 1 << 16;

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

/// A node that finds nothing to do looks again so often, and for so long, before it sleeps.
pub(crate) const LEAST_LOOKS: u32 = 3;
pub(crate) const LOOK_FOR: Duration = Duration::from_micros(10);

/// A node with more in-links than this has their senders mark those to look at.
pub(crate) const MANY_LINKS: usize = 16;

/// Whether a sender looks for sleepers after each push, and not at the end of its turn alone.
pub(crate) const LOOK_AT_ONCE: bool = true;

/// Looks at a bell's state.
#[inline]
pub(crate) fn look(state: &AtomicU8, ordering: Ordering) -> u8 {
    state.load(ordering)
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

/// Runs what may panic by a user's fault.
pub(crate) fn catch<T>(body: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(body))
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

/// A FIFO channel with room for `room` values.
pub(crate) fn bounded_channel<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = crossbeam_channel::bounded(room);
    (Sender(tx), Receiver(rx))
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

impl<T> Sender<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts a value behind all others; hands it back if there is no room, or the receiver is gone.
    #[inline]
    pub(crate) fn try_send(&self, value: T) -> Result<(), T> {
        self.0.try_send(value).map_err(TrySendError::into_inner)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender(self.0.clone())
    }
}

impl<T> Receiver<T> {
    /// Takes what is there now, at most `limit`, and tells how much that was. What comes while `each` runs is left for
    /// the next call.
    #[inline]
    pub(crate) fn drain(&self, limit: usize, mut each: impl FnMut(T)) -> usize {
        let there = self.0.len().min(limit);
        for taken in 0..there {
            match self.0.try_recv() {
                Ok(value) => each(value),
                Err(_) => return taken,
            }
        }
        there
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

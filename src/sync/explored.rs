//! The threads of a model: loom explores what they can do. As few synchronisation points a message as
//! possible, since each one multiplies the executions.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU64, Ordering, fence};
pub(crate) use loom::thread::{JoinHandle, Thread, current, park};

/// Threads besides the first: the coordinator, and three nodes.
pub(crate) const MOST_THREADS: Option<usize> = Some(loom::MAX_THREADS - 1);

/// Models are small: two envelopes fill a link's quick channel.
pub(crate) const LEAST_ROOM: usize = 2;
pub(crate) const MOST_ROOM: usize = 2;

/// Whether a receiver keeps up is told by the spare alone.
pub(crate) const CROWD: usize = 1 + MOST_ROOM;

/// A count that decides nothing, and is nothing for loom to see.
pub(crate) type Tally = std::sync::atomic::AtomicU64;
pub(crate) const TALLY_UNLIMITED: bool = false;

/// No model fills what a link holds on the machine's threads.
pub(crate) const DEFAULT_CAPACITY: u64 = u64::MAX;

/// Looking again without sleeping shows loom nothing new.
pub(crate) const LEAST_LOOKS: u32 = 0;
pub(crate) const LOOK_FOR: Duration = Duration::ZERO;

/// More than in any model: a mark is only a hint.
pub(crate) const MANY_LINKS: usize = 1000;

/// The look at the end of the turn is the one that has to be right.
pub(crate) const LOOK_AT_ONCE: bool = false;

/// Looks at a bell's state. The bell's own model explores what an old value can do; elsewhere it is the newest that is
/// seen, or most of each search would be about looks alone.
pub(crate) fn look(state: &AtomicU8, ordering: Ordering) -> u8 {
    if cfg!(test) { state.load(ordering) } else { state.fetch_or(0, ordering) }
}

pub(crate) fn give_way() {
    loom::thread::yield_now();
}

pub(crate) fn park_for(_time: Duration) {
    panic!("a model has no time: a process that waits for timers cannot be explored by loom");
}

pub(crate) fn spawn<T: Send + 'static>(
    name: String,
    stack_size: Option<usize>,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let builder = loom::thread::Builder::new().name(name);
    match stack_size {
        Some(bytes) => builder.stack_size(bytes).spawn(body),
        None => builder.spawn(body),
    }
}

/// An unbounded FIFO channel.
pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    bounded_channel(usize::MAX)
}

/// A FIFO channel with room for `room` values.
pub(crate) fn bounded_channel<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    Shared::channel(room, Some(AtomicU64::new(0)))
}

/// An unbounded FIFO channel whose receiver waits, and never looks whether it is empty.
pub(crate) fn awaited_channel<T>() -> (Sender<T>, Receiver<T>) {
    Shared::channel(usize::MAX, None)
}

/// A queue behind a lock.
#[derive(Debug)]
struct Shared<T> {
    queue: Mutex<Queue<T>>,
    /// Values put so far. A receiver that wants to sleep looks here and not behind the lock, whose order would
    /// stand in for the fences that the look depends on.
    put: Option<AtomicU64>,
    /// Values taken so far; the receiver's alone, and nothing for loom to see.
    taken: std::sync::atomic::AtomicU64,
    /// Nothing for loom to see either: the last sender that goes says so behind the lock.
    senders: std::sync::atomic::AtomicUsize,
}

#[derive(Debug)]
struct Queue<T> {
    room: usize,
    values: VecDeque<T>,
    /// Whether the receiver is still there.
    received: bool,
    /// Whether every sender is gone.
    ended: bool,
    /// The one that waits in `recv`.
    waiting: Option<Thread>,
}

impl<T> Shared<T> {
    fn channel(room: usize, put: Option<AtomicU64>) -> (Sender<T>, Receiver<T>) {
        let values = VecDeque::new();
        let queue = Mutex::new(Queue { room, values, received: true, ended: false, waiting: None });
        let taken = std::sync::atomic::AtomicU64::new(0);
        let senders = std::sync::atomic::AtomicUsize::new(1);
        let shared = Arc::new(Shared { queue, put, taken, senders });
        (Sender(Arc::clone(&shared)), Receiver(shared))
    }

    fn count_put(&self) {
        if let Some(put) = &self.put {
            put.fetch_add(1, Ordering::Release);
        }
    }
}

#[derive(Debug)]
pub(crate) struct Sender<T>(Arc<Shared<T>>);

#[derive(Debug)]
pub(crate) struct Receiver<T>(Arc<Shared<T>>);

#[derive(Debug)]
pub(crate) struct SendError<T>(pub(crate) T);

impl<T> Sender<T> {
    pub(crate) fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut queue = self.0.queue.lock();
        if !queue.received {
            return Err(SendError(value));
        }
        queue.values.push_back(value);
        let waiting = queue.waiting.take();
        drop(queue);
        self.0.count_put();
        if let Some(receiver) = waiting {
            receiver.unpark();
        }
        Ok(())
    }
}

impl<T> Sender<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.queue.lock().values.len()
    }

    pub(crate) fn try_send(&self, value: T) -> Result<(), T> {
        let mut queue = self.0.queue.lock();
        if !queue.received || queue.values.len() >= queue.room {
            return Err(value);
        }
        queue.values.push_back(value);
        drop(queue);
        self.0.count_put();
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.senders.fetch_add(1, Ordering::Relaxed);
        Sender(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let is_last = self.0.senders.fetch_sub(1, Ordering::AcqRel) == 1;
        // Nobody waits on the others.
        if is_last && self.0.put.is_none() {
            let mut queue = self.0.queue.lock();
            queue.ended = true;
            let waiting = queue.waiting.take();
            drop(queue);
            if let Some(receiver) = waiting {
                receiver.unpark();
            }
        }
    }
}

impl<T> Receiver<T> {
    pub(crate) fn drain(&self, limit: usize, each: impl FnMut(T)) -> usize {
        let mut queue = self.0.queue.lock();
        let limit = limit.min(queue.values.len());
        let values: Vec<T> = queue.values.drain(..limit).collect();
        drop(queue);
        let taken = values.len();
        self.0.taken.fetch_add(taken as u64, Ordering::Relaxed);
        values.into_iter().for_each(each);
        taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        let put = self.0.put.as_ref().expect("an awaited channel is not looked at");
        // A value may be taken before it is counted.
        put.load(Ordering::Acquire) <= self.0.taken.load(Ordering::Relaxed)
    }

    /// Waits for a value; `None` once every sender is gone and all is taken.
    pub(crate) fn recv(&self) -> Option<T> {
        let mut queue = self.0.queue.lock();
        loop {
            if let Some(value) = queue.values.pop_front() {
                return Some(value);
            }
            if queue.ended {
                return None;
            }
            queue.waiting = Some(current());
            drop(queue);
            // No lock stands between it and whoever unparks: loom would drop the unpark.
            park();
            queue = self.0.queue.lock();
        }
    }

    /// A model has no time: this waits as if the deadline were never to come.
    pub(crate) fn recv_until(&self, _deadline: Instant) -> Option<T> {
        self.recv()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock();
        queue.received = false;
        let values = std::mem::take(&mut queue.values);
        drop(queue);
        drop(values);
    }
}

/// A lock with the interface of parking_lot's.
#[derive(Debug)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

/// Holds the lock; empty only while its thread waits in [`Condvar::wait`].
pub(crate) struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(self.0.lock().ok())
    }
}

impl<T> std::ops::Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("a guard is empty only inside Condvar::wait")
    }
}

impl<T> std::ops::DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("a guard is empty only inside Condvar::wait")
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
        self.0.read().expect("no model goes on after a panic")
    }

    pub(crate) fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
        self.0.write().expect("no model goes on after a panic")
    }
}

/// A condition with the interface of parking_lot's.
#[derive(Debug, Default)]
pub(crate) struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub(crate) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.0 = guard.0.take().and_then(|held| self.0.wait(held).ok());
    }

    pub(crate) fn wait_until<T>(&self, _: &mut MutexGuard<'_, T>, _deadline: Instant) -> bool {
        panic!(
            "a model has no time: wait without a limit, and ask for each snapshot instead of one every so often"
        );
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// Explores a model, which may have more steps than loom allows by itself.
#[cfg(test)]
pub(crate) fn model(body: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = builder.max_branches.max(10_000);
    builder.check(body);
}

/// Messages in a model.
#[cfg(test)]
pub(crate) const MODEL_MESSAGES: u32 = 3;

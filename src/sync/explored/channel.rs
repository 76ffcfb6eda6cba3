//! A FIFO channel of which loom sees one step per value and one step per look.
//!
//! loom sees a step on the count of values put. The values themselves are behind a lock that loom
//! does not see. No other thread runs between a thread's step and its access behind the lock, so
//! the two are a single step.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use super::{AtomicU64, LOOKS_ARE_EXACT, Ordering, Thread, current, park};

/// With `SeqCst`, a look finds the newest count. With `Release`, it finds any count that the memory
/// model allows.
const PUT: Ordering = if LOOKS_ARE_EXACT { Ordering::SeqCst } else { Ordering::Release };
const LOOK: Ordering = if LOOKS_ARE_EXACT { Ordering::SeqCst } else { Ordering::Acquire };

/// A bit in the count of values put: the receiver is gone.
const UNRECEIVED: u64 = 1 << 63;
/// A bit in the count of values put: every sender is gone.
const ENDED: u64 = 1 << 62;
/// The count itself.
const COUNT: u64 = ENDED - 1;

/// An unbounded FIFO channel.
pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    Shared::channel(false)
}

/// An unbounded FIFO channel whose receiver can wait.
pub(crate) fn awaited_channel<T>() -> (Sender<T>, Receiver<T>) {
    Shared::channel(true)
}

#[derive(Debug)]
struct Shared<T> {
    put: AtomicU64,
    is_awaited: bool,
    /// How many senders there are. The last sender that goes sets [`ENDED`] in the count. loom does
    /// not see which sender is the last, and no code depends on it.
    senders: AtomicUsize,
    hidden: parking_lot::Mutex<Hidden<T>>,
}

/// The part of the channel that loom does not see: what follows a step that loom has seen.
#[derive(Debug)]
struct Hidden<T> {
    values: VecDeque<T>,
    /// How many of `values` the receiver knows of.
    seen: u64,
    /// How many values the receiver has taken.
    taken: u64,
    /// The receiver, while it waits.
    waiting: Option<Thread>,
}

#[derive(Debug)]
pub(crate) struct Sender<T>(Arc<Shared<T>>);

#[derive(Debug)]
pub(crate) struct Receiver<T>(Arc<Shared<T>>);

#[derive(Debug)]
pub(crate) struct SendError<T>(pub(crate) T);

impl<T> Shared<T> {
    fn channel(is_awaited: bool) -> (Sender<T>, Receiver<T>) {
        let shared = Arc::new(Shared {
            put: AtomicU64::new(0),
            is_awaited,
            senders: AtomicUsize::new(1),
            hidden: parking_lot::Mutex::new(Hidden {
                values: VecDeque::new(),
                seen: 0,
                taken: 0,
                waiting: None,
            }),
        });
        (Sender(Arc::clone(&shared)), Receiver(shared))
    }

    fn wake(&self) {
        let waiting = self.hidden.lock().waiting.take();
        if let Some(receiver) = waiting {
            receiver.unpark();
        }
    }

    /// Looks how many values are there to take.
    fn look(&self) -> u64 {
        let count = self.put.load(LOOK);
        let mut hidden = self.hidden.lock();
        hidden.seen = (count & COUNT) - hidden.taken;
        count
    }

    /// Takes at most `limit` of the values that the receiver has seen.
    fn take_seen(&self, limit: usize) -> Vec<T> {
        let mut hidden = self.hidden.lock();
        let taken = hidden.seen.min(limit as u64);
        hidden.seen -= taken;
        hidden.taken += taken;
        hidden.values.drain(..taken as usize).collect()
    }
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.0.put.fetch_add(1, PUT) & UNRECEIVED != 0 {
            return Err(SendError(value));
        }
        let mut hidden = self.0.hidden.lock();
        hidden.values.push_back(value);
        drop(hidden);
        self.0.wake();
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
        // No receiver waits on a channel of the other kind.
        if is_last && self.0.is_awaited {
            self.0.put.fetch_or(ENDED, PUT);
            self.0.wake();
        }
    }
}

impl<T> Receiver<T> {
    /// Looks how many values are there.
    pub(crate) fn there(&self) -> usize {
        self.0.look();
        self.0.hidden.lock().seen as usize
    }

    /// Takes a value that a look has found. loom sees no step here.
    pub(crate) fn take(&self) -> Option<T> {
        self.0.take_seen(1).pop()
    }

    pub(crate) fn drain(&self, limit: usize, each: impl FnMut(T)) {
        self.0.look();
        self.0.take_seen(limit).into_iter().for_each(each);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.look();
        self.0.hidden.lock().seen == 0
    }

    /// Waits for a value; `None` once every sender is gone and all values are taken. Only for
    /// models whose looks are exact: after a look that found an old count, the receiver would never
    /// wake.
    pub(crate) fn recv(&self) -> Option<T> {
        loop {
            if let Some(value) = self.0.take_seen(1).pop() {
                return Some(value);
            }
            let count = self.0.look();
            let mut hidden = self.0.hidden.lock();
            if hidden.seen > 0 {
                continue;
            }
            if count & ENDED != 0 {
                return None;
            }
            hidden.waiting = Some(current());
            drop(hidden);
            park();
        }
    }

    /// Waits without a deadline, since a model has no time.
    pub(crate) fn recv_until(&self, _deadline: Instant) -> Option<T> {
        self.recv()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.put.fetch_or(UNRECEIVED, PUT);
        let values = std::mem::take(&mut self.0.hidden.lock().values);
        drop(values);
    }
}

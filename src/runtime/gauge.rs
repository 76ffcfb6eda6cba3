//! How many messages of a link were sent and processed: what back-pressure and observers go by.

use std::sync::Arc;

use super::bell::Bell;
use crate::sync::{AtomicU64, LOOK_AT_ONCE, Ordering, TALLY_UNLIMITED, Tally, fence};

/// The counts of one link, shared by its ends and by whoever asks.
///
/// A sender whose link is full says how many messages it wants to be processed, and looks again before it sleeps; the receiver
/// counts a message as processed, and then looks whether that many were wanted. Between the writing and the looking each
/// side passes a sequentially consistent fence, so one of them sees the other: the argument is that of the [`Bell`], which
/// the receiver rings.
#[derive(Debug)]
pub(super) struct Gauge {
    capacity: u64,
    at_sender: AtSender,
    at_receiver: AtReceiver,
}

/// Written by the sender now and then, and looked at by observers alone.
// Cache lines of its own, as the receiver's.
#[repr(align(128))]
#[derive(Debug)]
struct AtSender {
    sent: Tally,
}

/// Written by the receiver for each message.
#[repr(align(128))]
#[derive(Debug)]
struct AtReceiver {
    processed: AtomicU64,
    /// At how many the sender has room; [`NOBODY`] if it does not wait.
    wanted: AtomicU64,
}

const NOBODY: u64 = u64::MAX;

/// What [`Gauge::processed`] says of a receiver that is gone: everything drains into nothing.
pub(super) const DRAINED: u64 = u64::MAX;

impl Gauge {
    /// Of a link on which so many messages were sent and processed in an earlier life.
    pub(super) fn new(capacity: u64, sent: u64, processed: u64) -> Arc<Self> {
        Arc::new(Gauge {
            capacity,
            at_sender: AtSender { sent: Tally::new(sent) },
            at_receiver: AtReceiver {
                processed: AtomicU64::new(processed),
                wanted: AtomicU64::new(NOBODY),
            },
        })
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity
    }

    #[inline]
    fn is_limited(&self) -> bool {
        self.capacity != u64::MAX
    }

    /// For the sender, which is one thread: so many were sent.
    pub(super) fn set_sent(&self, sent: u64) {
        self.at_sender.sent.store(sent, Ordering::Relaxed);
    }

    /// For senders that are many threads.
    pub(super) fn count_sent_by_one_of_many(&self) {
        self.at_sender.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sent(&self) -> u64 {
        self.at_sender.sent.load(Ordering::Relaxed)
    }

    pub(super) fn processed(&self) -> u64 {
        self.at_receiver.processed.load(Ordering::Acquire)
    }

    /// For the sender: as [`processed`](Self::processed), and the receiver will ring when it has processed this many.
    pub(super) fn await_processed(&self, wanted: u64) -> u64 {
        self.at_receiver.wanted.swap(wanted, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.processed()
    }

    /// For the receiver: one more was processed. True if the sender may wait for it, so that
    /// [`ring_if_wanted`](Self::ring_if_wanted) is due after a fence.
    #[inline]
    pub(super) fn count_processed(&self, sender: &Bell) -> bool {
        let AtReceiver { processed, wanted } = &self.at_receiver;
        if !self.is_limited() && !TALLY_UNLIMITED {
            return false;
        }
        let count = processed.load(Ordering::Relaxed) + 1;
        processed.store(count, Ordering::Release);
        // A look at once, without the fence: it nearly always sees the sender, which then need not wait while the
        // next handler runs.
        if LOOK_AT_ONCE && wanted.load(Ordering::Relaxed) <= count {
            self.ring_if_wanted(sender);
        }
        self.is_limited()
    }

    /// For the receiver, after a fence.
    pub(super) fn ring_if_wanted(&self, sender: &Bell) {
        let AtReceiver { processed, wanted } = &self.at_receiver;
        let count = processed.load(Ordering::Relaxed);
        if wanted.load(Ordering::SeqCst) <= count && wanted.swap(NOBODY, Ordering::SeqCst) != NOBODY
        {
            // The look at the bell is behind the counting for certain.
            fence(Ordering::SeqCst);
            sender.ring();
        }
    }

    /// For a receiver that goes: whoever waits for room has it.
    pub(super) fn drain(&self, sender: &Bell) {
        self.at_receiver.processed.store(DRAINED, Ordering::Release);
        fence(Ordering::SeqCst);
        self.ring_if_wanted(sender);
    }
}

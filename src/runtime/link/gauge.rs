//! How many messages of a link were sent and processed: what back-pressure and observers go by.

use std::sync::Arc;

use super::bell::Bell;
use crate::sync::{AtomicU64, LOOK_AT_ONCE, Ordering, TALLY_UNLIMITED, Tally, fence};

/// The counts of one link, shared by its ends and by whoever asks.
///
/// A sender whose link is full says how many messages it wants to be processed, and looks again as it falls asleep; the receiver
/// counts a message as processed, and then looks whether that many were wanted. Between the writing and the looking each
/// side passes a sequentially consistent fence, the sender that of its [`Bell`], so one of them sees the other.
///
/// ```text
///   receiver  1 count as processed   2 fence   3 look what is wanted, take that back   4 ring
///   sender    a say what is wanted   b tell the bell "asleep", fence   c look what is processed   d park
/// ```
///
/// If 2 comes before b, c sees what 1 has counted. If b comes before 2, then 3 sees what a wanted, and 4 the sleeper. At 3
/// only what was seen is taken back: a sender that has gone on by itself may want more by then, and will sleep for that.
#[derive(Debug)]
pub(crate) struct Gauge {
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
    /// 1 once the receiver has ended; for observers alone.
    ended: Tally,
}

const NOBODY: u64 = u64::MAX;

/// What [`Gauge::processed`] says of a receiver that is down: everything drains into nothing.
const DRAINED: u64 = u64::MAX;

impl Gauge {
    /// Of a link on which so many messages were sent and processed in an earlier life.
    pub(crate) fn new(capacity: u64, sent: u64, processed: u64) -> Arc<Self> {
        Arc::new(Gauge {
            capacity,
            at_sender: AtSender { sent: Tally::new(sent) },
            at_receiver: AtReceiver {
                processed: AtomicU64::new(processed),
                wanted: AtomicU64::new(NOBODY),
                ended: Tally::new(0),
            },
        })
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    #[inline]
    pub(crate) fn is_limited(&self) -> bool {
        self.capacity != u64::MAX
    }

    /// For the sender, which is one thread: so many were sent.
    pub(crate) fn set_sent(&self, sent: u64) {
        self.at_sender.sent.store(sent, Ordering::Relaxed);
    }

    /// For senders that are many threads.
    pub(crate) fn count_sent_by_one_of_many(&self) {
        self.at_sender.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self) -> u64 {
        self.at_sender.sent.load(Ordering::Relaxed)
    }

    /// For a receiver that ends, down or not: observers hear of it, and senders do not.
    pub(crate) fn end(&self) {
        self.at_receiver.ended.store(1, Ordering::Release);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.at_receiver.ended.load(Ordering::Acquire) == 1
    }

    pub(crate) fn processed(&self) -> u64 {
        self.at_receiver.processed.load(Ordering::Acquire)
    }

    /// For the sender: as [`processed`](Self::processed), and the receiver will ring when it has processed this many.
    pub(crate) fn await_processed(&self, wanted: u64) -> u64 {
        self.at_receiver.wanted.swap(wanted, Ordering::SeqCst);
        self.processed()
    }

    /// For the receiver: one more was processed. True if the sender may wait for it, so that
    /// [`ring_if_wanted`](Self::ring_if_wanted) is due after a fence.
    #[inline]
    pub(crate) fn count_processed(&self, sender: &Bell) -> bool {
        let AtReceiver { processed, wanted, .. } = &self.at_receiver;
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
    pub(crate) fn ring_if_wanted(&self, sender: &Bell) {
        let AtReceiver { processed, wanted, .. } = &self.at_receiver;
        let count = processed.load(Ordering::Relaxed);
        let mut want = wanted.load(Ordering::SeqCst);
        while want <= count && want != NOBODY {
            // The sender may have gone on by itself and want more by now: that must stay.
            match wanted.compare_exchange(want, NOBODY, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => {
                    // Not every caller has passed a fence since it counted.
                    fence(Ordering::SeqCst);
                    return sender.ring();
                }
                Err(newer) => want = newer,
            }
        }
    }

    /// For a receiver that fails: whoever waits for room has it.
    pub(crate) fn drain(&self, sender: &Bell) {
        // First, so that no observer takes what follows for a count.
        self.end();
        self.at_receiver.processed.store(DRAINED, Ordering::Release);
        fence(Ordering::SeqCst);
        self.ring_if_wanted(sender);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Gauge;
    use crate::runtime::link::bell::{Bell, Patience, fence_between_push_and_ring};
    use crate::sync::{MODEL_MESSAGES, channel, model, spawn, wait_a_turn};

    const CAPACITY: u64 = 1;

    /// Sends when there is room, and sleeps when there is none.
    fn send_all(gauge: &Gauge, bell: &Bell, send: impl Fn(u32)) {
        bell.belongs_to_this_thread();
        let mut sent = 0;
        for message in 0..MODEL_MESSAGES {
            send(message);
            sent += 1;
            let mut processed = gauge.processed();
            while sent - processed > CAPACITY {
                processed = gauge.await_processed(sent - CAPACITY);
                if sent - processed > CAPACITY {
                    bell.sleep(|| gauge.processed() != processed, || Patience::Endless);
                    processed = gauge.processed();
                }
            }
        }
    }

    #[test]
    fn no_room_is_slept_through() {
        model(|| {
            let gauge = Gauge::new(CAPACITY, 0, 0);
            let bell = Arc::new(Bell::new());
            let (tx, rx) = channel();
            let (senders_gauge, senders_bell) = (Arc::clone(&gauge), Arc::clone(&bell));
            let sender = spawn("sender".to_owned(), None, move || {
                send_all(&senders_gauge, &senders_bell, |message| {
                    tx.send(message).expect("the receiver takes all");
                });
            });
            let mut received = 0;
            while received < MODEL_MESSAGES {
                let mut processed = false;
                rx.drain(usize::MAX, |_| {
                    received += 1;
                    processed = gauge.count_processed(&bell);
                });
                if processed {
                    fence_between_push_and_ring();
                    gauge.ring_if_wanted(&bell);
                } else {
                    wait_a_turn();
                }
            }
            sender.expect("a thread").join().expect("no assertion fails");
        });
    }

    #[test]
    fn a_receiver_that_fails_keeps_nobody_waiting() {
        model(|| {
            let gauge = Gauge::new(CAPACITY, 0, 0);
            let bell = Arc::new(Bell::new());
            let (senders_gauge, senders_bell) = (Arc::clone(&gauge), Arc::clone(&bell));
            let sender = spawn("sender".to_owned(), None, move || {
                senders_bell.belongs_to_this_thread();
                while senders_gauge.await_processed(2 - CAPACITY) < 2 - CAPACITY {
                    let has_room = || senders_gauge.processed() != 0;
                    senders_bell.sleep(has_room, || Patience::Endless);
                }
            });
            gauge.drain(&bell);
            sender.expect("a thread").join().expect("no assertion fails");
        });
    }
}

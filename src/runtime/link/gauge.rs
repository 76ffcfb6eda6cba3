//! The counts of messages sent and received on a link, for back-pressure and observers.

use std::sync::Arc;

use super::bell::Bell;
use crate::runtime::tuning::COUNT_UNLIMITED;
use crate::sync::{AtomicU64, Ordering, Tally, fence};

/// The counts of one link, shared by its ends and by observers.
///
/// A sender whose link is full notes how many messages it wants to be received, and looks again
/// before it sleeps. The receiver counts a message as received, and then looks whether that number
/// was wanted. Between its write and its look each side passes a sequentially consistent fence; the
/// sender passes the fence of its [`Bell`]. At least one side therefore sees the other's write.
///
/// ```text
///   receiver  1 count as received   2 fence   3 look what is wanted, take that back   4 ring
///   sender    a note what is wanted   b tell bell "asleep", fence   c look at the count   d park
/// ```
///
/// If 2 comes before b, the look at c sees the count of 1. If b comes before 2, the look at 3 sees
/// the number noted at a, and 4 sees the sleeper. Step 3 takes back only the number that it saw. A
/// sender that has gone on by itself may want more by then, and will sleep until it has that.
#[derive(Debug)]
pub(crate) struct Gauge {
    capacity: u64,
    at_sender: AtSender,
    at_receiver: AtReceiver,
}

/// Written by the sender from time to time, and read only by observers.
// This and the receiver's part have cache lines of their own.
#[repr(align(128))]
#[derive(Debug)]
struct AtSender {
    sent: Tally,
}

/// Written by the receiver for each message.
#[repr(align(128))]
#[derive(Debug)]
struct AtReceiver {
    received: AtomicU64,
    /// The count at which the sender has room; the largest number if the sender does not wait.
    wanted: AtomicU64,
    /// 1 once the receiver has ended; only for observers.
    ended: Tally,
}

const NOBODY: u64 = u64::MAX;

/// The value of [`Gauge::received`] for a receiver that has failed: all messages to it are dropped.
const DRAINED: u64 = u64::MAX;

impl Gauge {
    /// Makes the counts of a link. `sent` and `received` are counts of an earlier life.
    pub(crate) fn new(capacity: u64, sent: u64, received: u64) -> Arc<Self> {
        Arc::new(Gauge {
            capacity,
            at_sender: AtSender { sent: Tally::new(sent) },
            at_receiver: AtReceiver {
                received: AtomicU64::new(received),
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

    /// Sets the count of sent messages. For a sender that is a single thread.
    pub(crate) fn set_sent(&self, sent: u64) {
        self.at_sender.sent.store(sent, Ordering::Relaxed);
    }

    /// Counts a sent message. For senders on many threads.
    pub(crate) fn count_sent_by_one_of_many(&self) {
        self.at_sender.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self) -> u64 {
        self.at_sender.sent.load(Ordering::Relaxed)
    }

    /// Notes that the receiver has ended, failed or not. Only observers see this, and senders do
    /// not.
    pub(crate) fn end(&self) {
        self.at_receiver.ended.store(1, Ordering::Release);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.at_receiver.ended.load(Ordering::Acquire) == 1
    }

    pub(crate) fn received(&self) -> u64 {
        self.at_receiver.received.load(Ordering::Acquire)
    }

    /// Returns [`received`](Self::received), and makes the receiver ring when it has received
    /// `wanted` messages. For the sender.
    pub(crate) fn await_received(&self, wanted: u64) -> u64 {
        self.at_receiver.wanted.swap(wanted, Ordering::SeqCst);
        self.received()
    }

    /// Sets the count of received messages. For the receiver, which is a single thread. If the link
    /// is limited, the receiver must pass a fence and then call
    /// [`ring_if_wanted`](Self::ring_if_wanted).
    #[inline]
    pub(crate) fn set_received(&self, received: u64) {
        if self.is_limited() || COUNT_UNLIMITED {
            self.at_receiver.received.store(received, Ordering::Release);
        }
    }

    /// Sets the count as [`set_received`](Self::set_received) does, and rings a sender that is seen
    /// to want no more than this count. The look has no fence, since it comes between the ends of
    /// turns. It nearly always sees the sender.
    #[inline]
    pub(crate) fn make_room(&self, received: u64, sender: &Bell) {
        self.set_received(received);
        if self.at_receiver.wanted.load(Ordering::Relaxed) <= received {
            self.ring_if_wanted(sender);
        }
    }

    /// Rings the sender if it wants no more than the count. For the receiver, after a fence.
    pub(crate) fn ring_if_wanted(&self, sender: &Bell) {
        let AtReceiver { received, wanted, .. } = &self.at_receiver;
        let count = received.load(Ordering::Relaxed);
        let mut want = wanted.load(Ordering::SeqCst);
        while want <= count && want != NOBODY {
            // The sender may have gone on by itself and want more by now. That number must stay.
            match wanted.compare_exchange(want, NOBODY, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => {
                    // Some callers have passed no fence since they counted.
                    fence(Ordering::SeqCst);
                    return sender.ring();
                }
                Err(newer) => want = newer,
            }
        }
    }

    /// Gives room to a waiting sender. For a receiver that fails.
    pub(crate) fn drain(&self, sender: &Bell) {
        // This comes first, so that no observer takes the next value for a count.
        self.end();
        self.at_receiver.received.store(DRAINED, Ordering::Release);
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
            let mut received = gauge.received();
            while sent - received > CAPACITY {
                received = gauge.await_received(sent - CAPACITY);
                if sent - received > CAPACITY {
                    bell.sleep(|| gauge.received() != received, || Patience::Endless);
                    received = gauge.received();
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
            while received < u64::from(MODEL_MESSAGES) {
                let before = received;
                rx.drain(usize::MAX, |_| received += 1);
                if received == before {
                    wait_a_turn();
                    continue;
                }
                gauge.make_room(received, &bell);
                fence_between_push_and_ring();
                gauge.ring_if_wanted(&bell);
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
                while senders_gauge.await_received(2 - CAPACITY) < 2 - CAPACITY {
                    let has_room = || senders_gauge.received() != 0;
                    senders_bell.sleep(has_room, || Patience::Endless);
                }
            });
            gauge.drain(&bell);
            sender.expect("a thread").join().expect("no assertion fails");
        });
    }
}

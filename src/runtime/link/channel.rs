//! The channel of a link: unbounded, FIFO, one sender and one receiver.
//!
//! It is a pair of crossbeam channels. A bounded one, which costs half as many locked instructions a message as an
//! unbounded one, carries everything while the receiver keeps up; what finds it full goes through the spare,
//! which is unbounded.
//!
//! ```text
//!   sender --> [ quick: bounded ]  --> receiver
//!          \-> [ spare: unbounded ] -/
//! ```
//!
//! FIFO over both: once the sender has turned to the spare, it puts nothing on the quick channel until the receiver
//! has taken everything from the spare. So while there is anything in the spare, all that is in the quick
//! channel is older. The receiver looks at the spare first: if it finds something, it takes that only once it has
//! emptied the quick channel.

use std::sync::Arc;

use crate::runtime::discard::discard;
use crate::sync::{
    AtomicU64, CROWD, MOST_ROOM, Ordering, Receiver, Sender, bounded_channel, channel,
};

pub(crate) struct LinkSender<T> {
    quick: Sender<T>,
    spare: Sender<T>,
    /// Whether something may still be in the spare.
    is_spare_used: bool,
    counts: Arc<Counts>,
}

pub(crate) struct LinkReceiver<T> {
    quick: Receiver<T>,
    spare: Receiver<T>,
    counts: Arc<Counts>,
}

/// How many values went into the spare, and how many were taken out of it. Each is written by one side only.
// Cache lines of its own: the receiver looks here for each turn, and other links' counts may lie beside it.
#[repr(align(128))]
struct Counts {
    put: AtomicU64,
    taken: AtomicU64,
}

/// A channel whose quick part has room for `room` values.
pub(crate) fn link_channel<T>(room: usize) -> (LinkSender<T>, LinkReceiver<T>) {
    let (quick_tx, quick) = bounded_channel(room);
    let (spare_tx, spare) = channel();
    let counts = Arc::new(Counts { put: AtomicU64::new(0), taken: AtomicU64::new(0) });
    let tx = LinkSender {
        quick: quick_tx,
        spare: spare_tx,
        is_spare_used: false,
        counts: Arc::clone(&counts),
    };
    (tx, LinkReceiver { quick, spare, counts })
}

impl<T> LinkSender<T> {
    /// Puts a value behind all others. Where the receiver is gone, it goes nowhere.
    #[inline]
    pub(crate) fn send(&mut self, value: T) {
        if self.is_spare_used && !self.is_spare_empty() {
            return self.send_spare(value);
        }
        if let Err(value) = self.quick.try_send(value) {
            self.send_spare(value);
        }
    }

    /// Whether the receiver does not keep up.
    pub(crate) fn is_crowded(&self) -> bool {
        self.is_spare_used || (CROWD <= MOST_ROOM && self.quick.len() >= CROWD)
    }

    #[cold]
    fn send_spare(&mut self, value: T) {
        if let Err(refused) = self.spare.send(value) {
            // The receiver is gone: this is where the value goes nowhere.
            return discard(refused.0);
        }
        self.is_spare_used = true;
        // Counted after it was put: what the receiver finds counted is there, and so is all that went before. Sequentially
        // consistent, as the sender's look for a sleeper that follows.
        self.counts.put.fetch_add(1, Ordering::SeqCst);
    }

    #[cold]
    fn is_spare_empty(&mut self) -> bool {
        let put = self.counts.put.load(Ordering::Relaxed);
        self.is_spare_used = self.counts.taken.load(Ordering::Acquire) != put;
        !self.is_spare_used
    }
}

impl<T> LinkReceiver<T> {
    /// Takes what is there now, in order, at most `limit`.
    #[inline]
    pub(crate) fn drain(&self, limit: usize, each: impl FnMut(T)) {
        match self.in_spare() {
            0 => {
                self.quick.drain(limit, each);
            }
            spare => self.drain_both(spare, limit, each),
        }
    }

    #[cold]
    fn drain_both(&self, spare: u64, limit: usize, mut each: impl FnMut(T)) {
        let left = limit - self.quick.drain(limit, &mut each);
        let limit = left.min(usize::try_from(spare).unwrap_or(usize::MAX));
        let taken = self.spare.drain(limit, each);
        self.counts.taken.fetch_add(taken as u64, Ordering::Release);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.in_spare() == 0 && self.quick.is_empty()
    }

    #[inline]
    fn in_spare(&self) -> u64 {
        let put = self.counts.put.load(Ordering::SeqCst);
        // Written by this side alone.
        if put == 0 { 0 } else { put - self.counts.taken.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::link_channel;
    use crate::sync::{MODEL_MESSAGES, model, spawn, wait_a_turn};

    #[test]
    fn values_arrive_once_and_in_order_whichever_way_they_go() {
        model(|| {
            let (mut tx, rx) = link_channel(1);
            let sender = spawn("sender".to_owned(), None, move || {
                for value in 0..MODEL_MESSAGES {
                    tx.send(value);
                }
            });
            let mut received = 0;
            for look in 0.. {
                // Every second look takes one value at most, the others all there is.
                let limit = if look % 2 == 0 { 1 } else { usize::MAX };
                rx.drain(limit, |value| {
                    assert_eq!(value, received, "values come in the order in which they were put");
                    received += 1;
                });
                if received == MODEL_MESSAGES {
                    break;
                }
                wait_a_turn();
            }
            assert!(rx.is_empty());
            sender.expect("a thread").join().expect("no assertion fails");
        });
    }

    #[test]
    fn the_quick_way_is_taken_again_once_the_spare_is_empty() {
        model(|| {
            let (mut tx, rx) = link_channel(1);
            tx.send(1);
            assert!(!tx.is_crowded(), "the quick channel has room for one");
            tx.send(2);
            tx.send(3);
            assert!(tx.is_crowded());
            let mut received = Vec::new();
            rx.drain(1, |value| received.push(value));
            assert_eq!(received, [1]);
            tx.send(4);
            assert!(
                tx.is_crowded(),
                "the quick channel has room again, but 2 is still in the spare"
            );
            rx.drain(usize::MAX, |value| received.push(value));
            assert_eq!(received, [1, 2, 3, 4]);
            tx.send(5);
            assert!(!tx.is_crowded());
            assert!(!rx.is_empty());
        });
    }

    #[test]
    fn no_more_is_taken_than_the_limit_allows_over_both_ways() {
        model(|| {
            let (mut tx, rx) = link_channel(2);
            (1..=5).for_each(|value| tx.send(value));
            let mut received = Vec::new();
            rx.drain(3, |value| received.push(value));
            assert_eq!(received, [1, 2, 3]);
            tx.send(6);
            rx.drain(usize::MAX, |value| received.push(value));
            assert_eq!(received, [1, 2, 3, 4, 5, 6]);
        });
    }
}

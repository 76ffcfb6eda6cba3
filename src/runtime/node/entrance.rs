//! The capacity of an environment link, and the callers that wait to inject more.

use std::sync::Arc;
use std::time::Instant;

use crate::runtime::link::gauge::Gauge;
use crate::sync::{AtomicU64, Condvar, Mutex, Ordering, fence};

/// The capacity of one environment link. Any number of threads inject messages here.
///
/// A caller that finds no room notes that it waits, and looks again. The node counts messages as
/// received, and looks whether a caller waits. Between its write and its look each side passes a
/// sequentially consistent fence, so at least one side sees the other's write. A caller looks and
/// falls asleep under a lock; the node takes this lock to wake the caller.
pub(crate) struct Entrance {
    gauge: Arc<Gauge>,
    /// How many messages were let in, if the link is limited. It runs ahead of the count that
    /// observers see.
    admitted: AtomicU64,
    waiting: AtomicU64,
    turn: Mutex<()>,
    changed: Condvar,
}

/// Why a message was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Full,
    Ended,
    /// The system is being stopped.
    Stopping,
}

impl Entrance {
    pub(crate) fn new(gauge: Arc<Gauge>) -> Self {
        let admitted = AtomicU64::new(gauge.sent());
        let (turn, changed) = (Mutex::new(()), Condvar::default());
        Entrance { gauge, admitted, waiting: AtomicU64::new(0), turn, changed }
    }

    pub(crate) fn gauge(&self) -> &Arc<Gauge> {
        &self.gauge
    }

    /// Lets a message in, if there is room.
    pub(crate) fn admit(&self) -> bool {
        !self.gauge.is_limited() || self.takes_room()
    }

    fn takes_room(&self) -> bool {
        let mut admitted = self.admitted.load(Ordering::Relaxed);
        while self.has_room_behind(admitted) {
            let next = admitted + 1;
            match self.admitted.compare_exchange(
                admitted,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(newer) => admitted = newer,
            }
        }
        false
    }

    fn has_room_behind(&self, admitted: u64) -> bool {
        admitted.saturating_sub(self.gauge.received()) < self.gauge.capacity()
    }

    /// Waits until there may be room, the node has ended, or a waiter must [look
    /// again](Self::look_again). False if the deadline has passed first.
    pub(crate) fn wait(&self, deadline: Option<Instant>, is_over: impl Fn() -> bool) -> bool {
        let mut turn = self.turn.lock();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let goes_on = || {
            let admitted = self.admitted.load(Ordering::Relaxed);
            self.has_room_behind(admitted) || self.gauge.has_ended() || is_over()
        };
        let mut in_time = true;
        while in_time && !goes_on() {
            match deadline {
                None => self.changed.wait(&mut turn),
                Some(deadline) => in_time = !self.changed.wait_until(&mut turn, deadline),
            }
        }
        let may_go_on = in_time || goes_on();
        drop(turn);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        may_go_on
    }

    /// Whether a caller is seen to wait: a look without a fence, between the ends of turns.
    #[inline]
    pub(crate) fn is_awaited(&self) -> bool {
        self.gauge.is_limited() && self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Wakes waiting callers. For the node, which has counted received messages and then passed a
    /// fence.
    #[inline]
    pub(crate) fn let_in(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.look_again();
        }
    }

    /// Makes waiting callers look again.
    #[cold]
    pub(crate) fn look_again(&self) {
        // A caller that has looked already is asleep once the lock is free, and is woken.
        drop(self.turn.lock());
        self.changed.notify_all();
    }

    /// Notes that the node receives no more messages.
    pub(crate) fn end(&self) {
        self.gauge.end();
        self.look_again();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Entrance;
    use crate::runtime::link::bell::fence_between_push_and_ring;
    use crate::runtime::link::gauge::Gauge;
    use crate::sync::{channel, model, spawn, wait_a_turn};

    const CAPACITY: u64 = 1;
    const CALLERS: u64 = 2;

    /// Injects messages one at a time, as there is room.
    fn call(entrance: &Entrance, inject: impl Fn()) {
        while !entrance.admit() {
            entrance.wait(None, || false);
        }
        inject();
    }

    #[test]
    fn no_room_is_slept_through_and_no_more_come_in_than_there_is() {
        model(|| {
            let entrance = Arc::new(Entrance::new(Gauge::new(CAPACITY, 0, 0)));
            let (tx, rx) = channel();
            let callers: Vec<_> = (0..CALLERS)
                .map(|_| {
                    let (entrance, tx) = (Arc::clone(&entrance), tx.clone());
                    spawn("caller".to_owned(), None, move || {
                        call(&entrance, || tx.send(()).expect("the node takes all"));
                    })
                })
                .collect();
            let mut received = 0;
            while received < CALLERS {
                let before = received;
                rx.drain(usize::MAX, |()| received += 1);
                assert!(received - before <= CAPACITY);
                if received == before {
                    wait_a_turn();
                    continue;
                }
                entrance.gauge().set_received(received);
                fence_between_push_and_ring();
                entrance.let_in();
            }
            for caller in callers {
                caller.expect("a thread").join().expect("no assertion fails");
            }
        });
    }

    #[test]
    fn a_node_that_ends_keeps_nobody_waiting() {
        model(|| {
            let entrance = Arc::new(Entrance::new(Gauge::new(CAPACITY, CAPACITY, 0)));
            let waiting = Arc::clone(&entrance);
            let caller = spawn("caller".to_owned(), None, move || waiting.wait(None, || false));
            entrance.end();
            assert!(caller.expect("a thread").join().expect("no assertion fails"));
        });
    }
}

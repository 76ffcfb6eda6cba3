//! How a node sleeps, and how others wake it.

use std::sync::OnceLock;
use std::time::Duration;

use crate::sync::{AtomicU8, Ordering, Thread, current, fence, look, park, park_for};

/// The owner is at work.
const AWAKE: u8 = 0;
/// The owner sleeps, or is about to sleep.
const ASLEEP: u8 = 1;
/// The owner is at work, and something urgent has come that must not wait for the backlog.
const URGENT: u8 = 2;

/// The bell of one node. Its owner sleeps when it has nothing to do. A thread that gives it
/// something rings the bell.
///
/// Nothing is missed: each side writes, then passes a sequentially consistent fence, and then reads
/// the other side's write:
///
/// ```text
///   ringer   1 push to a link       2 fence   3 look at the state
///   sleeper  a set it to `ASLEEP`   b fence   c look at the links again     d park
/// ```
///
/// The fences have an order. If 2 comes before b, the look at c finds the message pushed at 1, and
/// the sleeper does not park. If b comes before 2, the look at 3 finds the state set at a, and the
/// ringer unparks the sleeper. The message is seen in both cases. An unpark before the park makes
/// the park return at once.
///
/// [`ring_urgently`](Self::ring_urgently) needs no fence. It changes the state in any case, and of
/// two changes of one atomic one comes first. Either the sleeper's change at a finds `URGENT`, or
/// the ringer's change finds `ASLEEP`. Things that are always rung for urgently therefore need no
/// look at c, and no look before [`is_urgent`](Self::is_urgent) returns true.
///
/// Every change is sequentially consistent, which costs no more than the order that each change
/// needs.
// The bell has a pair of cache lines to itself, since ringers read the state for each message.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Bell {
    state: AtomicU8,
    /// Set by the owner before it first sleeps.
    owner: OnceLock<Thread>,
}

/// How long the owner wants to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    Endless,
    For(Duration),
    Over,
}

/// The ringer's fence. One fence serves all pushes before it and all rings after it.
#[inline]
pub(crate) fn fence_between_push_and_ring() {
    fence(Ordering::SeqCst);
}

impl Bell {
    pub(crate) fn new() -> Self {
        Bell { state: AtomicU8::new(AWAKE), owner: OnceLock::new() }
    }

    /// Makes the calling thread the owner. Called once, before the owner first sleeps.
    pub(crate) fn belongs_to_this_thread(&self) {
        self.owner.get_or_init(current);
    }

    /// Whether the owner seems to be asleep.
    #[inline]
    pub(crate) fn is_asleep(&self) -> bool {
        look(&self.state, Ordering::SeqCst) == ASLEEP
    }

    /// Wakes the owner if it sleeps. Call it after the push, and after
    /// [`fence_between_push_and_ring`].
    #[inline]
    pub(crate) fn ring(&self) {
        // Only looks at first: the owner is nearly always awake, and a look leaves the cache line
        // shared.
        if self.is_asleep() {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        // Of several ringers only one unparks.
        if self.change(ASLEEP, AWAKE) {
            self.unpark();
        }
    }

    /// Wakes the owner if it sleeps. If the owner is awake, makes it look at its links before it
    /// handles another message. Call it after the push.
    pub(crate) fn ring_urgently(&self) {
        if self.state.swap(URGENT, Ordering::SeqCst) == ASLEEP {
            self.unpark();
        }
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::SeqCst, Ordering::Acquire).is_ok()
    }

    fn unpark(&self) {
        if let Some(owner) = self.owner.get() {
            owner.unpark();
        }
    }

    /// Whether something urgent has come. The owner asks this between two messages.
    #[inline]
    pub(crate) fn is_urgent(&self) -> bool {
        look(&self.state, Ordering::Relaxed) == URGENT
    }

    /// Notes that the owner is about to look at all its links.
    pub(crate) fn attend(&self) {
        self.state.swap(AWAKE, Ordering::SeqCst);
    }

    /// Sleeps until the bell rings or the patience is over. Does not sleep if something urgent has
    /// come or if `has_arrivals` finds something.
    pub(crate) fn sleep(
        &self,
        has_arrivals: impl FnOnce() -> bool,
        patience: impl Fn() -> Patience,
    ) {
        if !self.change(AWAKE, ASLEEP) {
            return;
        }
        fence(Ordering::SeqCst);
        if has_arrivals() {
            // A thread that has rung meanwhile has changed the state already; `URGENT` stays.
            self.change(ASLEEP, AWAKE);
            return;
        }
        // A thread that rings after this look unparks the owner, and the park returns.
        while look(&self.state, Ordering::Acquire) == ASLEEP {
            match patience() {
                Patience::Endless => park(),
                Patience::For(time) => park_for(time),
                Patience::Over => {
                    self.change(ASLEEP, AWAKE);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Bell, Patience, fence_between_push_and_ring};
    use crate::sync::{MODEL_MESSAGES, channel, model, spawn};

    #[test]
    fn what_is_urgent_stays_so_until_it_is_attended_to() {
        model(|| {
            let bell = Bell::new();
            bell.belongs_to_this_thread();
            bell.ring_urgently();
            bell.sleep(|| unreachable!("there is no time for a look"), || Patience::Endless);
            assert!(bell.is_urgent());
            bell.attend();
            assert!(!bell.is_urgent());
            let rung_meanwhile = || {
                bell.ring_urgently();
                true
            };
            bell.sleep(rung_meanwhile, || Patience::Endless);
            assert!(bell.is_urgent());
        });
    }

    #[test]
    fn no_message_is_slept_through() {
        model(|| {
            let (tx, rx) = channel();
            let bell = Arc::new(Bell::new());
            let owner = Arc::clone(&bell);
            let sleeper = spawn("sleeper".to_owned(), None, move || {
                owner.belongs_to_this_thread();
                let mut received = 0;
                while received < MODEL_MESSAGES {
                    if owner.is_urgent() {
                        owner.attend();
                    }
                    rx.drain(usize::MAX, |message| {
                        assert_eq!(message, received);
                        received += 1;
                    });
                    if received < MODEL_MESSAGES {
                        owner.sleep(|| !rx.is_empty(), || Patience::Endless);
                    }
                }
            });
            for message in 0..MODEL_MESSAGES {
                tx.send(message).expect("the sleeper takes all");
                if message % 2 == 0 {
                    fence_between_push_and_ring();
                    bell.ring();
                } else {
                    bell.ring_urgently();
                }
            }
            sleeper.expect("a thread").join().expect("no assertion fails");
        });
    }
}

//! How a node sleeps, and how others wake it.

use std::sync::OnceLock;

use crate::sync::{AtomicBool, Ordering, Thread, current, fence, park};

/// One node's bell. Its owner sleeps when it has nothing to do; whoever gives it something rings.
///
/// Nothing is lost between the two, since each side writes, then passes a sequentially consistent fence, then
/// reads what the other wrote:
///
/// ```text
///   ringer   1 push to a link     2 fence   3 look at `asleep`
///   sleeper  a set `asleep`       b fence   c look at the links again     d park
/// ```
///
/// The fences have an order. If 2 comes before b, the sleeper's look at c finds what was pushed at 1, and it does not
/// park. If b comes before 2, the ringer's look at 3 finds the flag set at a, and it unparks. Either way the
/// message is seen. An unpark that comes before the park makes the park return at once.
///
/// Both sides change the flag by `swap`: of several ringers only one unparks, and loom may not order a plain
/// store of the sleeper before a swap that has already happened.
// A cache line pair of its own: ringers read the flag for each message.
#[repr(align(128))]
#[derive(Debug)]
pub(super) struct Bell {
    asleep: AtomicBool,
    /// Set where something waits that must not wait for the backlog: a marker, or a word from the coordinator.
    urgent: AtomicBool,
    /// Set by the owner before it first sleeps.
    owner: OnceLock<Thread>,
}

impl Bell {
    pub(super) fn new() -> Self {
        Bell {
            asleep: AtomicBool::new(false),
            urgent: AtomicBool::new(false),
            owner: OnceLock::new(),
        }
    }

    /// Makes the calling thread the one that sleeps here. Called once, before it first does.
    pub(super) fn belongs_to_this_thread(&self) {
        self.owner.get_or_init(current);
    }

    /// Wakes the owner if it sleeps. Call it after the push.
    pub(super) fn ring(&self) {
        fence(Ordering::SeqCst);
        let asleep = self.asleep.load(Ordering::Relaxed);
        if asleep && self.asleep.swap(false, Ordering::Relaxed) {
            if let Some(owner) = self.owner.get() {
                owner.unpark();
            }
        }
    }

    /// As [`ring`](Self::ring); an owner that is awake looks at its links before it handles another message.
    pub(super) fn ring_urgently(&self) {
        self.urgent.store(true, Ordering::Release);
        self.ring();
    }

    /// Whether something urgent has come since [`attend`](Self::attend).
    pub(super) fn is_urgent(&self) -> bool {
        self.urgent.load(Ordering::Relaxed)
    }

    /// The owner is about to look at all its links.
    pub(super) fn attend(&self) {
        if self.is_urgent() {
            self.urgent.swap(false, Ordering::Acquire);
        }
    }

    /// Sleeps until rung, unless `has_arrivals` finds something. May return without a reason.
    pub(super) fn sleep(&self, has_arrivals: impl FnOnce() -> bool) {
        self.asleep.swap(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !has_arrivals() {
            park();
        }
        self.asleep.swap(false, Ordering::Relaxed);
    }
}

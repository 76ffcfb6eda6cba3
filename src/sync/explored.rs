//! The threads of a model: loom explores what they can do. As few synchronisation points a message as
//! possible, since each one multiplies the executions.

mod atomic;
mod channel;
mod lock;
mod progress;
mod step;
mod thread;

use std::time::{Duration, Instant};

pub(crate) use atomic::{AtomicU8, AtomicU64, fence};
pub(crate) use channel::{Receiver, Sender, awaited_channel, channel};
pub(crate) use lock::{Condvar, Mutex, RwLock};
pub(crate) use loom::sync::atomic::Ordering;
pub(crate) use progress::{Progress, note_steps};
pub(crate) use step::{begin, has_execution_ended};
#[cfg(test)]
pub(crate) use thread::wait_a_turn;
pub(crate) use thread::{
    JoinHandle, Thread, current, give_way, has_ended, home, is_current, park, park_for, settle_in,
    spawn, yield_now,
};

/// Threads besides the first: the coordinator, and three nodes.
pub(crate) const MOST_THREADS: Option<usize> = Some(loom::MAX_THREADS - 1);

/// Whether a model checker runs this.
pub(crate) const IS_MODEL: bool = true;

/// A count that decides nothing, and is nothing for loom to see.
pub(crate) type Tally = std::sync::atomic::AtomicU64;

/// To be called by whatever depends on time: a model has none.
///
/// # Panics
/// Always.
pub(crate) fn need_time(what: &str) {
    panic!("a model has no time, so it cannot explore {what}: leave that out under cfg(loom)");
}

/// Tells whoever runs an execution alone what it does.
pub(crate) fn note(what: impl FnOnce() -> String) {
    tracing::trace!(target: "consistent_cut", "{}", what());
}

/// The same number at each call: every execution of a model has to go the same way.
pub(crate) fn random_number() -> u64 {
    1 << 32
}

/// No time passes.
pub(crate) fn elapsed(_since: Instant) -> Duration {
    Duration::ZERO
}

/// A model has no time to pass.
pub(crate) fn pause() {}

/// Whether a look finds the newest value. The models of single parts explore what an old value can do; in those of whole
/// systems most of each search would be about old values alone.
const LOOKS_ARE_EXACT: bool = !cfg!(test);

/// Looks at a bell's state, whose changes are sequentially consistent all: so is the look that finds the newest.
pub(crate) fn look(state: &AtomicU8, ordering: Ordering) -> u8 {
    state.load(if LOOKS_ARE_EXACT { Ordering::SeqCst } else { ordering })
}

/// Explores a model, which may have more steps than loom allows by itself.
#[cfg(test)]
#[expect(clippy::print_stdout, reason = "a test says how much it has explored")]
pub(crate) fn model(body: impl Fn() + Send + Sync + 'static) {
    use std::sync::{Arc, atomic::AtomicUsize};

    let mut builder = loom::model::Builder::new();
    builder.max_branches = builder.max_branches.max(10_000);
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    builder.check(move || {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        begin();
        body();
    });
    println!("{} executions", executions.load(std::sync::atomic::Ordering::Relaxed));
}

/// Messages in a model.
#[cfg(test)]
pub(crate) const MODEL_MESSAGES: u32 = 3;

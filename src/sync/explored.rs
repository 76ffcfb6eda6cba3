//! The threads of a model, whose steps loom explores. Each synchronisation point multiplies the
//! number of executions, so there are as few of them per message as possible.

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

/// How many threads there may be besides the first: the coordinator, and three nodes.
pub(crate) const MOST_THREADS: Option<usize> = Some(loom::MAX_THREADS - 1);

/// Whether a model checker runs this code.
pub(crate) const IS_MODEL: bool = true;

/// A count on which no decision depends. loom does not see it.
pub(crate) type Tally = std::sync::atomic::AtomicU64;

/// Refuses anything that depends on time, since a model has no time.
///
/// # Panics
/// Always.
pub(crate) fn need_time(what: &str) {
    panic!("a model has no time, so it cannot explore {what}: leave that out under cfg(loom)");
}

/// Prints a step for a person who runs an execution alone.
pub(crate) fn note(what: impl FnOnce() -> String) {
    tracing::trace!(target: "consistent_cut", "{}", what());
}

/// Returns the same number at each call: every execution of a model must take the same course.
pub(crate) fn random_number() -> u64 {
    1 << 32
}

/// Returns zero: no time passes.
pub(crate) fn elapsed(_since: Instant) -> Duration {
    Duration::ZERO
}

/// Does nothing: no time passes.
pub(crate) fn pause() {}

/// Whether a look finds the newest value. The models of single parts explore the effect of old
/// values. Models of whole systems do not: most of their search would be about old values alone.
const LOOKS_ARE_EXACT: bool = !cfg!(test);

/// Looks at a bell's state. All changes of the state are sequentially consistent. A sequentially
/// consistent look therefore finds the newest state.
pub(crate) fn look(state: &AtomicU8, ordering: Ordering) -> u8 {
    state.load(if LOOKS_ARE_EXACT { Ordering::SeqCst } else { ordering })
}

/// Explores a model, which may have more steps than loom allows by default.
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

//! One step of loom's, and what is left to do when a step has ended the execution.
//!
//! loom ends an execution by a panic in the step of whichever thread happens to find out: that all threads wait for each other, that
//! there were too many steps. From then on no step can be taken, and one that is tried panics again: in the drop of a value that
//! ends a link or a promise, that would abort the process, and nobody would learn what was found. So every step goes
//! through here, and after the end it does nothing.

use std::cell::Cell;

use super::progress;

thread_local! {
    /// All threads of a model run on one of the machine's.
    static HAS_ENDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether loom has ended this execution. A panic is its end then, and no fault of the user's.
pub(crate) fn has_execution_ended() -> bool {
    HAS_ENDED.get()
}

/// To be called when an execution begins.
pub(crate) fn begin() {
    HAS_ENDED.set(false);
}

/// Takes a step; `None` if the execution has ended.
pub(super) fn step<T>(step: impl FnOnce() -> T) -> Option<T> {
    if has_execution_ended() {
        return None;
    }
    let unwinding = EndsExecution;
    let taken = step();
    std::mem::forget(unwinding);
    // Other threads may have run meanwhile: from here on this one does, up to its next step.
    progress::note();
    Some(taken)
}

/// Takes a step without which its thread cannot go on.
pub(super) fn need<T>(taken: impl FnOnce() -> T) -> T {
    step(taken).unwrap_or_else(|| panic!("the execution has ended"))
}

struct EndsExecution;

impl Drop for EndsExecution {
    fn drop(&mut self) {
        HAS_ENDED.set(true);
    }
}

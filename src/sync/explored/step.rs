//! One step that loom sees, and what remains to be done when a step has ended the execution.
//!
//! loom ends an execution by a panic in a step. Any thread's step may find the reason: all threads
//! wait for each other, or there were too many steps. After the end no step can be taken: a further
//! step panics again. In the drop of a value that ends a link or a promise, that second panic would
//! abort the process, and the reason would be lost. Every step therefore goes through this module,
//! which does nothing after the end.

use std::cell::Cell;

use super::progress;

thread_local! {
    /// Whether the execution has ended. All threads of a model run on one thread of the machine.
    static HAS_ENDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether loom has ended this execution. A panic is then the end of the execution, and not a panic
/// of the user's code.
pub(crate) fn has_execution_ended() -> bool {
    HAS_ENDED.get()
}

/// Notes that an execution begins.
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
    // Other threads may have run meanwhile. From here on this thread runs, up to its next step.
    progress::note();
    Some(taken)
}

/// Takes a step that its thread needs in order to go on.
pub(super) fn need<T>(taken: impl FnOnce() -> T) -> T {
    step(taken).unwrap_or_else(|| panic!("the execution has ended"))
}

struct EndsExecution;

impl Drop for EndsExecution {
    fn drop(&mut self) {
        HAS_ENDED.set(true);
    }
}

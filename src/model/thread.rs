//! Threads of a model, for whatever it does beside its system's own threads.

use std::any::Any;

use crate::sync;

/// Waits for a thread of a model.
#[derive(Debug)]
pub struct JoinHandle<T>(sync::JoinHandle<T>);

/// Starts a thread.
///
/// # Panics
/// Outside a model, and where the model has five threads by then, those that have ended included.
pub fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let started = sync::spawn("model".to_owned(), None, body);
    // loom itself panics where there is no room, and returns no error.
    JoinHandle(started.expect("loom gives every thread that there is room for"))
}

/// Lets other threads go on. A loop that waits for them needs it, or the model goes round in it for ever.
pub fn yield_now() {
    sync::yield_now();
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended, and hands out its result.
    ///
    /// # Errors
    /// With what it panicked with.
    pub fn join(self) -> Result<T, Box<dyn Any + Send>> {
        self.0.join()
    }
}

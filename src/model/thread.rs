//! Threads of a model, besides the threads of its system.

use std::any::Any;

use crate::sync;

/// Waits for a thread of a model.
#[derive(Debug)]
pub struct JoinHandle<T>(sync::JoinHandle<T>);

/// Starts a thread.
///
/// # Panics
/// Outside a model, and if the model has five threads already; threads that have ended count too.
pub fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let started = sync::spawn("model".to_owned(), None, body);
    // loom panics if there is no room, and returns no error.
    JoinHandle(started.expect("loom gives every thread that there is room for"))
}

/// Lets other threads run. A loop that waits for other threads must call this, or the model never
/// leaves the loop.
pub fn yield_now() {
    sync::yield_now();
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended, and hands out its result.
    ///
    /// # Errors
    /// If the thread panicked: with the value of the panic.
    pub fn join(self) -> Result<T, Box<dyn Any + Send>> {
        self.0.join()
    }
}

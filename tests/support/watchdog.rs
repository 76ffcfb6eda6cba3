//! Turns a hung test into a failed one. The watchdog measures nothing: a slow machine only has to
//! finish within two minutes.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

const PATIENCE: Duration = Duration::from_secs(120);

/// Runs `body`, and panics if it does not end. The thread that hangs is left behind.
pub(crate) fn finishes(body: impl FnOnce() + Send + 'static) {
    finishes_boxed(Box::new(body));
}

/// A trait object: the code that starts a thread is compiled once, and not for each test.
fn finishes_boxed(body: Box<dyn FnOnce() + Send>) {
    let (done, ended) = bounded(1);
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let thread = thread::Builder::new().name(name.clone()).spawn(move || {
        body();
        done.send(()).expect("the watchdog outlives its test");
    });
    let thread = thread.expect("the machine has room for one more thread");
    if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        panic!("{name} hangs: it has not ended after {PATIENCE:?}");
    }
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}

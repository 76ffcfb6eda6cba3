//! Threads for models in loom.

use std::any::Any;
use std::cell::RefCell;
use std::io;
use std::time::Duration;

use super::super::Home;
use super::step::{need, step};

#[derive(Debug)]
pub(crate) struct Thread(loom::thread::Thread);

impl Thread {
    pub(crate) fn unpark(&self) {
        step(|| self.0.unpark());
    }
}

pub(crate) fn current() -> Thread {
    Thread(need(loom::thread::current))
}

pub(crate) fn park() {
    need(loom::thread::park);
}

/// Never called: a call that waits for a time has panicked before
/// ([`need_time`](super::need_time)).
pub(crate) fn park_for(_time: Duration) {
    super::need_time("waiting for a time");
}

/// Does nothing. Giving way is a hint; with it, loom would not try the orders in which the hint is
/// not taken.
pub(crate) fn give_way() {}

/// Lets other threads run. For a thread that can do nothing before they do.
pub(crate) fn yield_now() {
    step(loom::thread::yield_now);
}

#[cfg(test)]
pub(crate) fn wait_a_turn() {
    yield_now();
}

#[derive(Debug)]
pub(crate) struct JoinHandle<T>(loom::thread::JoinHandle<T>);

impl<T> JoinHandle<T> {
    pub(crate) fn join(self) -> Result<T, Box<dyn Any + Send>> {
        step(|| self.0.join()).unwrap_or_else(|| Err(Box::new("the execution has ended")))
    }
}

loom::thread_local! {
    static HOME: RefCell<Option<Home>> = RefCell::new(None);
}

pub(crate) fn settle_in(home: Home) {
    step(|| HOME.with(|own| *own.borrow_mut() = Some(home)));
}

pub(crate) fn home<T>(look: impl Fn(Option<&Home>) -> T) -> T {
    step(|| look_home(&look)).unwrap_or_else(|| look(None))
}

/// Looks as [`home`] does, within a step. A thread that is ending has no home any more.
pub(super) fn look_home<T>(look: impl Fn(Option<&Home>) -> T) -> T {
    HOME.try_with(|home| look(home.borrow().as_ref())).unwrap_or_else(|_| look(None))
}

/// Never called: a shutdown with a timeout needs time.
pub(crate) fn has_ended<T>(_thread: &JoinHandle<T>) -> bool {
    false
}

/// Never called: only monitors may be dropped in their own thread, and monitors need time.
pub(crate) fn is_current<T>(_thread: &JoinHandle<T>) -> bool {
    false
}

pub(crate) fn spawn<T: Send + 'static>(
    name: String,
    stack_size: Option<usize>,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let builder = loom::thread::Builder::new().name(name);
    let thread = need(|| match stack_size {
        Some(bytes) => builder.stack_size(bytes).spawn(body),
        None => builder.spawn(body),
    });
    thread.map(JoinHandle)
}

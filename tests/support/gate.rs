//! A gate holds handlers back until the test opens it.

use std::fmt;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// Closed at first, then open for good. Clones are the same gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    arrived: usize,
    is_open: bool,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Gate::default()
    }

    /// Waits until the gate is open.
    pub(crate) fn pass(&self) {
        let mut state = self.0.state.lock();
        state.arrived += 1;
        self.0.changed.notify_all();
        while !state.is_open {
            self.0.changed.wait(&mut state);
        }
    }

    pub(crate) fn open(&self) {
        self.0.state.lock().is_open = true;
        self.0.changed.notify_all();
    }

    /// Waits until this many handlers have come to the gate.
    pub(crate) fn await_arrivals(&self, arrivals: usize) {
        let mut state = self.0.state.lock();
        while state.arrived < arrivals {
            self.0.changed.wait(&mut state);
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

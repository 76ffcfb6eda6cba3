//! The release of messages whose copy takes long, or whose drop panics.

use std::time::Duration;

use consistent_cut::checkpoint::CheckpointEvent;
use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::support::gate::Gate;
use crate::support::watchdog::finishes;
use crate::tricks::{Log, TrickSink, TrickStore};

const STOP: u64 = 0;
const WAITS_IN_COPY: u64 = 7;
const PANICS_IN_DROP: u64 = 13;
const NODE: NodeId = NodeId::new(0);

/// The gate at which copies wait, if there is one.
static COPYING: Mutex<Option<Gate>> = Mutex::new(None);

#[derive(Debug, Serialize, Deserialize)]
struct Odd(u64);

impl Clone for Odd {
    fn clone(&self) -> Self {
        if self.0 == WAITS_IN_COPY {
            let gate = COPYING.lock().clone();
            gate.into_iter().for_each(|gate| gate.pass());
        }
        Odd(self.0)
    }
}

impl Drop for Odd {
    fn drop(&mut self) {
        // Snapshots of the test hold copies too, and are not to end the test.
        let is_here = std::thread::current().name() == Some("checkpointer");
        assert!(self.0 != PANICS_IN_DROP || !is_here || std::thread::panicking(), "a drop panics");
    }
}

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Emits each message.
struct Emitter;

impl Process for Emitter {
    type State = u64;
    type Message = Odd;

    fn on_message(&mut self, _: Link, message: Odd, ctx: &mut Context<'_, Odd>) {
        if message.0 == STOP { ctx.stop() } else { ctx.emit(message) }
    }

    fn state(&self) -> u64 {
        0
    }
}

/// A system that has stopped after it has emitted this number.
fn stopped_after(number: u64) -> System<Emitter> {
    let topology = Topology::ring(1).expect("one node");
    let system = System::builder(topology).spawn(|_| Emitter).expect("it starts");
    system.inject(NODE, Odd(number)).expect("it runs");
    system.inject(NODE, Odd(STOP)).expect("it runs");
    while !system.snapshot().expect("it is complete").is_stopped(NODE) {}
    system
}

#[test]
fn a_message_whose_drop_panics_ends_nothing() {
    finishes(|| {
        let system = stopped_after(PANICS_IN_DROP);
        let log = Log::default();
        let (store, sink) = (TrickStore::new(&log), TrickSink::new(&log));
        // The second checkpoint comes after the release of the message.
        let checkpointer = system.checkpointer(&store.checkpoints()).period(Duration::ZERO);
        sink.fail(1, crate::tricks::Fault::After(0));
        let checkpointer = checkpointer.release_to(sink.clone()).start().expect("a thread");
        let events: Vec<_> = checkpointer.events().collect();
        assert!(matches!(events.last(), Some(CheckpointEvent::Saved(_))), "{events:?}");
        assert_eq!((checkpointer.counts().saved, checkpointer.counts().released), (2, 1));
        assert_eq!(sink.of(NODE), [(1, PANICS_IN_DROP.to_string())]);
    });
}

#[test]
fn messages_that_another_snapshot_copies_are_released_before_the_end() {
    finishes(|| {
        let system = stopped_after(WAITS_IN_COPY);
        let log = Log::default();
        let (store, sink) = (TrickStore::new(&log), TrickSink::new(&log));
        let commit = store.hold();
        let checkpointer = system.checkpointer(&store.checkpoints()).period(Duration::ZERO);
        let checkpointer = checkpointer.release_to(sink.clone()).start().expect("a thread");
        commit.await_arrivals(1);
        let copying = Gate::new();
        *COPYING.lock() = Some(copying.clone());
        let pending = system.begin_snapshot();
        copying.await_arrivals(1);
        let asked = system.snapshot_counts().asked;
        commit.open();
        // The checkpoint is durable, and the message is not there to be taken.
        while system.snapshot_counts().asked == asked {
            std::thread::yield_now();
        }
        assert_eq!(sink.of(NODE), []);
        copying.open();
        pending.wait().expect("it is complete");
        checkpointer.join();
        assert_eq!(sink.of(NODE), [(1, WAITS_IN_COPY.to_string())]);
    });
}

//! States and messages that share memory with a process are found where the builder asks for that.

use std::sync::Arc;

use consistent_cut::{
    Context, Link, NodeId, PendingSnapshot, Process, SnapshotError, SnapshotOptions, System,
    SystemBuilder, Topology,
};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use parking_lot::Mutex;

use crate::gate::Gate;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::watchdog::finishes;

/// A recorded value: its memory is its own, or that of the process.
#[derive(Clone, Debug)]
enum Value {
    Own(u64),
    Shared(Arc<Mutex<u64>>),
}

#[derive(Clone, Debug)]
enum Order {
    Add,
    Hold(Gate),
    /// Adds to the value in the message, if the value is shared.
    Change(Value),
    Tell(Sender<()>),
    /// Emits the count. The message shares the count's memory if this says so.
    Emit {
        is_shared: bool,
    },
}

struct Counter {
    node: NodeId,
    count: Arc<Mutex<u64>>,
    is_shared: bool,
    recordings: Sender<NodeId>,
}

impl Process for Counter {
    type State = Value;
    type Message = Order;

    fn on_message(&mut self, _: Link, order: Order, ctx: &mut Context<'_, Order>) {
        match order {
            Order::Add => *self.count.lock() += 1,
            Order::Hold(gate) => gate.pass(),
            Order::Change(Value::Shared(value)) => *value.lock() += 1,
            Order::Change(Value::Own(count)) => assert_eq!(count, 0),
            Order::Tell(tx) => tx.send(()).unwrap(),
            Order::Emit { is_shared } => ctx.emit(Order::Change(self.value(is_shared))),
        }
    }

    fn state(&self) -> Value {
        self.recordings.send(self.node).unwrap();
        self.value(self.is_shared)
    }
}

impl Counter {
    fn value(&self, is_shared: bool) -> Value {
        if is_shared {
            Value::Shared(Arc::clone(&self.count))
        } else {
            Value::Own(*self.count.lock())
        }
    }
}

type Counters = System<Counter>;

/// A ring of b, c, d, in which node c may share its state with its process.
fn counters(
    settings: impl FnOnce(SystemBuilder<Counter>) -> SystemBuilder<Counter>,
    is_shared: bool,
) -> (Counters, Receiver<NodeId>) {
    let topology = Topology::from_named_links([("b", "c"), ("c", "d"), ("d", "b")]).unwrap();
    let (recordings, recorded) = unbounded();
    let system = settings(System::builder(topology)).spawn(|node| Counter {
        node,
        count: Arc::default(),
        is_shared: is_shared && node.index() == 1,
        recordings: recordings.clone(),
    });
    (system.unwrap(), recorded)
}

/// Begins a snapshot that waits for node d, and returns when node c has recorded.
fn begin(system: &Counters, recorded: &Receiver<NodeId>) -> (PendingSnapshot<Value, Order>, Gate) {
    let gate = Gate::new();
    system.inject(node(2), Order::Hold(gate.clone())).unwrap();
    gate.await_arrivals(1);
    let pending = system.begin_snapshot_with(SnapshotOptions::at([node(0)]));
    while recorded.recv().unwrap() != node(1) {}
    (pending, gate)
}

/// Waits until a node has handled all its orders.
fn settle(system: &Counters, node: NodeId) {
    let (tx, rx) = bounded(1);
    system.inject(node, Order::Tell(tx)).unwrap();
    rx.recv().unwrap();
}

#[test]
fn a_state_that_changes_after_it_was_recorded_fails_the_snapshot() {
    finishes(|| {
        on_both_policies(|policy| {
            for (detects, is_shared) in [(true, true), (true, false), (false, true)] {
                let settings = |builder: SystemBuilder<_>| {
                    let builder = builder.marker_policy(policy);
                    if detects { builder.detect_shared_memory() } else { builder }
                };
                let (system, recorded) = counters(settings, is_shared);
                let (pending, gate) = begin(&system, &recorded);
                settle(&system, node(1));
                system.inject(node(1), Order::Add).unwrap();
                settle(&system, node(1));
                gate.open();
                let result = pending.wait();
                if !(detects && is_shared) {
                    result.unwrap();
                    assert_eq!(system.snapshot_counts().changed, 0);
                    continue;
                }
                let error = result.unwrap_err();
                assert!(
                    matches!(error, SnapshotError::SharedMemory { node: n, .. } if n == node(1))
                );
                let text =
                    "in snapshot 1, the state of node 1 (c) has changed since it was recorded";
                assert!(error.to_string().starts_with(text), "{error}");
                assert_eq!(system.snapshot_counts().changed, 1);
                assert_eq!(system.snapshot_counts().under_way(), 0);
                // Nothing changes while the next snapshot is taken.
                system.snapshot().unwrap();
            }
        });
    });
}

/// The message waits for node c, which is held, and is in flight at the cut.
#[test]
fn a_message_that_changes_after_it_was_recorded_fails_the_snapshot() {
    finishes(|| {
        for is_shared in [true, false] {
            let (system, recorded) = counters(SystemBuilder::detect_shared_memory, false);
            let value = if is_shared { Value::Shared(Arc::default()) } else { Value::Own(0) };
            let held = Gate::new();
            system.inject(node(1), Order::Hold(held.clone())).unwrap();
            held.await_arrivals(1);
            for order in [Order::Add, Order::Change(value)] {
                system.inject(node(1), order).unwrap();
            }
            let gate = Gate::new();
            system.inject(node(2), Order::Hold(gate.clone())).unwrap();
            gate.await_arrivals(1);
            let pending = system.begin_snapshot_with(SnapshotOptions::at([node(0)]));
            while recorded.recv().unwrap() != node(0) {}
            settle(&system, node(0));
            held.open();
            settle(&system, node(1));
            gate.open();
            match pending.wait() {
                Ok(snapshot) => assert!(!is_shared && snapshot.in_flight().count() > 0),
                Err(error) => {
                    assert!(is_shared);
                    let text = "a message on environment link of node 1 (c) has changed";
                    assert!(error.to_string().contains(text), "{error}");
                }
            }
        }
    });
}

/// Node c emits a message that no caller takes, and goes on after it has recorded.
#[test]
fn an_emitted_message_that_changes_after_it_was_recorded_fails_the_snapshot() {
    finishes(|| {
        on_both_policies(|policy| {
            for (detects, is_shared) in [(true, true), (true, false), (false, true)] {
                let settings = |builder: SystemBuilder<_>| {
                    let builder = builder.marker_policy(policy);
                    if detects { builder.detect_shared_memory() } else { builder }
                };
                let (system, recorded) = counters(settings, false);
                system.inject(node(1), Order::Emit { is_shared }).unwrap();
                settle(&system, node(1));
                let (pending, gate) = begin(&system, &recorded);
                // The report has left, and with it the digest.
                settle(&system, node(1));
                system.inject(node(1), Order::Add).unwrap();
                settle(&system, node(1));
                gate.open();
                match pending.wait() {
                    Ok(snapshot) => {
                        assert!(!(detects && is_shared));
                        assert_eq!(snapshot.output(node(1)).unwrap().untaken().len(), 1);
                    }
                    Err(error) => {
                        assert!(detects && is_shared);
                        assert!(
                            matches!(error, SnapshotError::SharedMemory { node: n, .. } if n == node(1))
                        );
                        let text = "in snapshot 1, an emitted message of node 1 (c) has changed";
                        assert!(error.to_string().starts_with(text), "{error}");
                    }
                }
            }
        });
    });
}

/// The caller that takes the message holds the memory that the copy in the snapshot shares.
#[test]
fn an_emitted_message_that_its_taker_changes_fails_the_snapshot() {
    finishes(|| {
        for is_shared in [true, false] {
            let (system, recorded) = counters(SystemBuilder::detect_shared_memory, false);
            system.inject(node(1), Order::Emit { is_shared }).unwrap();
            settle(&system, node(1));
            let (pending, gate) = begin(&system, &recorded);
            settle(&system, node(1));
            let taken = system.outputs().next().unwrap();
            if let Order::Change(Value::Shared(count)) = taken.message {
                *count.lock() += 1;
            }
            gate.open();
            assert_eq!(pending.wait().is_err(), is_shared);
        }
    });
}

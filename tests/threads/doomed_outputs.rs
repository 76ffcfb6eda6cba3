//! Emitted messages and replies that panic when they are dropped harm no node, and neither does the
//! drop of a system that still holds some.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use consistent_cut::{AskError, Context, Link, NodeId, Process, ReplyTo, System, Topology};

use crate::gate::Gate;
use crate::policies::on_both_policies;
use crate::watchdog::finishes;

/// Panics when it is dropped while armed. A clone panics as the original does.
#[derive(Clone, Debug)]
struct Mine(Arc<AtomicBool>);

impl Drop for Mine {
    fn drop(&mut self) {
        assert!(!self.0.load(Ordering::Relaxed), "a mine is dropped");
    }
}

#[derive(Clone, Debug)]
enum Order {
    Emit(usize),
    Reply(ReplyTo),
    Wait(Gate),
    /// It leaves the system, and comes to no node.
    Out(Mine),
}

struct Miner(Arc<AtomicBool>);

impl Process for Miner {
    type State = ();
    type Message = Order;

    fn on_message(&mut self, _: Link, order: Order, ctx: &mut Context<'_, Order>) {
        let mine = || Order::Out(Mine(Arc::clone(&self.0)));
        match order {
            Order::Emit(mines) => (0..mines).for_each(|_| ctx.emit(mine())),
            Order::Reply(to) => ctx.reply(to, mine()),
            Order::Wait(gate) => gate.pass(),
            Order::Out(mine) => std::mem::forget(mine),
        }
    }

    fn state(&self) {}
}

fn n(index: u32) -> NodeId {
    NodeId::new(index)
}

#[test]
fn mines_that_leave_harm_no_node() {
    finishes(|| {
        on_both_policies(|policy| {
            let armed = Arc::new(AtomicBool::new(true));
            let builder = System::builder(Topology::line(2).unwrap()).marker_policy(policy);
            // What the test holds is not the last copy: the history keeps the newest snapshot.
            let builder = builder.keep_snapshots(1);
            let system = builder.spawn(|_| Miner(Arc::clone(&armed))).unwrap();
            system.inject(n(0), Order::Emit(20)).unwrap();
            // A snapshot can overtake the order to emit.
            while system.snapshot().unwrap().output(n(0)).unwrap().untaken().is_empty() {}
            for _ in 0..10 {
                let reply = system.ask(n(0), Order::Reply, Duration::ZERO);
                assert!(matches!(reply, Ok(_) | Err(AskError::TimedOut { .. })));
                // A caller that was in time holds a mine.
                std::mem::forget(reply);

                // The record of node 0, with copies of its mines, is given up.
                let gate = Gate::new();
                system.inject(n(1), Order::Wait(gate.clone())).unwrap();
                gate.await_arrivals(1);
                let pending = system.begin_snapshot();
                pending.cancel();
                gate.open();
                assert!(pending.wait().is_err());

                let snapshot = system.snapshot().unwrap();
                assert_eq!(snapshot.output(n(0)).unwrap().untaken().len(), 20);
            }
            assert_eq!(system.failures(), []);
            // The mines that no caller took are dropped with the system.
            drop(system);
            armed.store(false, Ordering::Relaxed);
        });
    });
}

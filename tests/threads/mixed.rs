//! Nodes of different types in one system, and one system in many hands.

use std::sync::Arc;
use std::thread;

use consistent_cut::protocol::CollectorCore;
use consistent_cut::{
    Context, Link, MarkerPolicy, NodeId, Outcome, PendingSnapshot, Process, Subscription, System,
    SystemBuilder, Topology,
};

use crate::ids::node;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

type Member = Box<dyn Process<State = u64, Message = u64>>;

/// Passes on every number minus one.
struct Countdown {
    passed: u64,
}

/// Adds the numbers up.
struct Sum(u64);

impl Process for Countdown {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        ctx.send_on(ctx.out_links()[0], 100);
    }

    fn on_message(&mut self, from: Link, number: u64, ctx: &mut Context<'_, u64>) {
        self.passed += 1;
        if number > 0 {
            ctx.send(from.source, number - 1);
        }
    }

    fn state(&self) -> u64 {
        self.passed
    }
}

impl Process for Sum {
    type State = u64;
    type Message = u64;

    fn on_message(&mut self, from: Link, number: u64, ctx: &mut Context<'_, u64>) {
        self.0 += number;
        ctx.send(from.source, number);
    }

    fn state(&self) -> u64 {
        self.0
    }
}

#[test]
fn nodes_of_different_types_share_a_system() {
    finishes(|| {
        let member = |node: NodeId| -> Member {
            if node.index() == 0 { Box::new(Countdown { passed: 0 }) } else { Box::new(Sum(0)) }
        };
        let system = System::builder(Topology::ring(2).unwrap()).spawn(member).unwrap();
        // 100 + 99 + ... + 0 is added up by node 1; before that, every cut is somewhere on the way.
        let last = loop {
            let snapshot = system.snapshot().unwrap();
            snapshot.verify().unwrap();
            let flying: Vec<u64> = snapshot.in_flight().map(|(_, number)| *number).collect();
            let (passed, sum) = (*snapshot.state(node(0)), *snapshot.state(node(1)));
            let added = snapshot.channel(snapshot.topology().links()[0].id).received();
            assert_eq!(sum, (0..added).map(|step| 100 - step).sum::<u64>(), "{snapshot}");
            if passed == 101 {
                break (sum, flying);
            }
            assert_eq!(flying.len(), 1, "{snapshot}");
        };
        assert_eq!(last, (5050, vec![]));
        let ends: Vec<u64> = system.shutdown().unwrap().iter().map(Process::state).collect();
        assert_eq!(ends, [101, 5050]);
    });
}

fn is_send_and_sync<T: Send + Sync>() {}
fn is_send<T: Send>() {}

#[test]
fn a_system_goes_to_any_thread() {
    is_send_and_sync::<System<Puppet>>();
    is_send_and_sync::<System<Member>>();
    is_send_and_sync::<PendingSnapshot<u64, u64>>();
    is_send_and_sync::<Outcome<u64, u64>>();
    is_send_and_sync::<CollectorCore<u64, u64>>();
    is_send::<Subscription<u64, u64>>();
    is_send::<SystemBuilder<Puppet>>();
}

#[test]
fn scoped_threads_share_a_system_by_reference() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default());
        let snapshots: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = (0..3)
                .map(|index| {
                    let stage = &stage;
                    scope.spawn(move || {
                        stage.settle(node(index));
                        stage.checked_snapshot()
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        for (index, snapshot) in (0..).zip(snapshots) {
            assert_eq!(snapshot.state(node(index)).counts.injected(), 1);
        }
    });
}

/// The last handle that is dropped ends the system.
#[test]
fn threads_share_a_system_in_an_arc() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default());
        let alive = stage.alive();
        let stage = Arc::new(stage);
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let stage = Arc::clone(&stage);
                thread::Builder::new().spawn(move || drop(stage.checked_snapshot())).unwrap()
            })
            .collect();
        drop(stage);
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        assert_eq!(alive.count(), 0);
    });
}

#[test]
fn a_process_may_hold_what_is_not_sync() {
    struct Cellular(std::cell::Cell<u64>);
    impl Process for Cellular {
        type State = u64;
        type Message = ();
        fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {
            self.0.set(self.0.get() + 1);
        }
        fn state(&self) -> u64 {
            self.0.get()
        }
    }
    finishes(|| {
        is_send_and_sync::<System<Cellular>>();
        let topology = Topology::line(1).unwrap();
        let system = System::builder(topology).spawn(|_| Cellular(0.into())).unwrap();
        system.inject(node(0), ()).unwrap();
        while *system.snapshot().unwrap().state(node(0)) == 0 {}
        assert_eq!(system.shutdown().unwrap()[0].0.get(), 1);
    });
}

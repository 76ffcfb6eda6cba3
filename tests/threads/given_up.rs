//! A shutdown that waits for handlers only for a limited time.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::causality::TraceError;
use consistent_cut::{
    Context, Link, OnFailure, Process, ShutdownError, SnapshotError, System, SystemBuilder,
    Topology,
};
use crossbeam_channel::{Sender, bounded};

use crate::gate::Gate;
use crate::ids::node;
use crate::stage::Stage;
use crate::watchdog::finishes;

const LONG: Duration = Duration::from_secs(100_000);
const SHORT: Duration = Duration::from_millis(5);

fn stage() -> Stage {
    let topology = Topology::from_named_links([("a", "b"), ("b", "c"), ("c", "a")]).unwrap();
    let settings = |builder: SystemBuilder<_>| builder.on_failure(OnFailure::Continue);
    Stage::set(topology, settings, |_| {})
}

#[test]
fn a_shutdown_in_time_hands_back_the_processes() {
    finishes(|| {
        for timeout in [LONG, Duration::MAX] {
            assert_eq!(stage().shutdown_within(timeout).unwrap().len(), 3);
        }
        let stage = stage();
        stage.tell(node(1), |_, _| panic!("on purpose"));
        while stage.failures().is_empty() {
            std::thread::yield_now();
        }
        let error = stage.shutdown_within(LONG).err().unwrap();
        let ShutdownError::NodesFailed { failures } = &error else { panic!("{error}") };
        assert_eq!(failures[0].node, node(1));
        let again = stage.shutdown_within(LONG).err().unwrap();
        assert_eq!(again, ShutdownError::AlreadyShutDown);
    });
}

#[test]
fn handlers_that_do_not_return_are_named_and_given_up() {
    finishes(|| {
        for timeout in [Duration::ZERO, SHORT] {
            let stage = stage();
            let gate = stage.hold(node(1));
            stage.tell(node(2), |_, _| panic!("on purpose"));
            while stage.failures().is_empty() {
                std::thread::yield_now();
            }
            let pending = stage.begin_snapshot();
            let mut outcomes = stage.subscribe();
            let error = stage.shutdown_within(timeout).err().unwrap();
            let ShutdownError::NotEnded { nodes, waited, .. } = &error else { panic!("{error}") };
            // The other nodes may not have ended at once.
            assert!(nodes.iter().any(|given_up| *given_up == node(1)) && *waited == timeout);
            assert!(error.to_string().contains("node 1 (b)"), "{error}");
            assert!(matches!(pending.wait(), Err(SnapshotError::ShutDown { .. })));
            assert!(outcomes.all(|outcome| outcome.result.is_err()));
            assert_eq!(stage.shutdown().err(), Some(ShutdownError::AlreadyShutDown));
            assert!(stage.give(node(0)).is_err() && stage.snapshot().is_err());
            gate.open();
        }
    });
}

/// Waits in its first handler. Its drop says so, and panics.
struct Brittle {
    gate: Gate,
    dropped: Sender<()>,
}

impl Drop for Brittle {
    fn drop(&mut self) {
        let _ = self.dropped.send(());
        panic!("a process whose drop panics");
    }
}

impl Process for Brittle {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {
        self.gate.pass();
    }

    fn state(&self) {}
}

/// The system is gone by then.
#[test]
fn a_thread_that_was_given_up_ends_when_its_handler_returns() {
    finishes(|| {
        let gate = Gate::new();
        let (dropped, drops) = bounded(1);
        let topology = Arc::new(Topology::ring(1).unwrap());
        let brittle = |_| Brittle { gate: gate.clone(), dropped: dropped.clone() };
        let system = System::builder(topology).traced().spawn(brittle).unwrap();
        system.inject(node(0), ()).unwrap();
        gate.await_arrivals(1);
        assert!(system.shutdown_within(SHORT).is_err());
        assert_eq!(system.trace().err(), Some(TraceError::GivenUp(node(0))));
        drop(system);
        assert!(drops.is_empty());
        gate.open();
        drops.recv().unwrap();
    });
}

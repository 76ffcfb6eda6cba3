//! Calls on the handle in a handler, and in the thread of a worker. A call that would wait for its
//! own worker returns an error at once.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use consistent_cut::cluster::{Cluster, ClusterHandle, ClusterSettings, Placement};
use consistent_cut::monitor::WaitUntilError;
use consistent_cut::{
    AskError, Invariant, SnapshotError, SnapshotOptions, StableProperty, Topology, WaitTimeoutError,
};
use crossbeam_channel::bounded;

use crate::ids::node;
use crate::note::Note;
use crate::puppet::{Puppet, Record};
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::Plan;

type Handle = ClusterHandle<Record, Note>;

fn never() -> StableProperty<Record, Note> {
    StableProperty::new("never", |_| false)
}

/// Makes a call in a handler of the node, and returns the result.
fn in_handler<T: Send + 'static>(
    stage: &Stage,
    index: u32,
    call: impl Fn(&Handle) -> T + Send + Sync + 'static,
) -> T {
    let (tx, rx) = bounded(1);
    let own = Arc::new(OnceLock::new());
    assert!(own.set((***stage).clone()).is_ok());
    stage.tell(node(index), move |_, _| tx.send(call(own.get().unwrap())).unwrap());
    rx.recv().unwrap()
}

/// A timeout without an end: a call that waited would never return.
fn stage() -> Stage {
    let settings = ClusterSettings::new().snapshot_timeout(Duration::MAX);
    Stage::new(Plan::new(2, Topology::ring(4).unwrap()).with(settings))
}

type Wait = fn(&Handle) -> Option<SnapshotError>;

const WAITS: [Wait; 8] = [
    |own| own.snapshot().err(),
    |own| own.snapshot_with(SnapshotOptions::at([node(0)])).err(),
    |own| own.snapshot_with(SnapshotOptions::new()).err(),
    |own| own.snapshot_and_stop().err(),
    |own| own.every(Duration::ZERO).next().unwrap().err(),
    |own| own.every(Duration::MAX).next().unwrap().err(),
    |own| own.detect(&never()).err(),
    |own| own.check(&Invariant::new("always", |_| true)).err(),
];

#[test]
fn a_wait_for_a_snapshot_is_refused_before_it_begins() {
    finishes(|| {
        let stage = stage();
        for (index, worker) in [(1, 0), (3, 1)] {
            for wait in WAITS {
                let error = in_handler(&stage, index, wait).unwrap();
                let thread = format!("worker {worker}");
                assert_eq!(error, SnapshotError::InOwnHandler { thread });
            }
        }
        assert_eq!(stage.snapshot_counts().asked, 0);
        stage.checked_snapshot();
    });
}

#[test]
fn other_waits_are_refused_and_end_nothing() {
    finishes(|| {
        let stage = stage();
        let refused = |error| matches!(error, Some(SnapshotError::InOwnHandler { .. }));
        let (pending, first, second, third) = in_handler(&stage, 1, |own| {
            let pending = own.begin_snapshot();
            let polled = pending.wait_timeout(Duration::ZERO).err();
            let hour = Duration::from_secs(3600);
            (pending.clone(), pending.wait().err(), pending.wait_timeout(hour).err(), polled)
        });
        assert!(refused(first));
        let Some(WaitTimeoutError::Failed(error)) = second else { panic!("{second:?}") };
        assert!(refused(Some(error)));
        assert!(matches!(third, Some(WaitTimeoutError::NotYet { .. })), "{third:?}");
        assert!(pending.wait().is_ok(), "it is for others to wait for");

        let settled = in_handler(&stage, 3, |own| own.wait_until_settled(Duration::MAX));
        assert!(!settled);
        let waited = in_handler(&stage, 1, |own| own.wait_until(&never(), Duration::MAX).err());
        assert!(matches!(waited, Some(WaitUntilError::InOwnHandler { .. })), "{waited:?}");
        let asked = in_handler(&stage, 1, |own| {
            let note = Note::from_outside(own.topology(), node(0), 1);
            own.ask(node(0), |_| note, Duration::MAX).err()
        });
        assert!(matches!(asked, Some(AskError::InOwnHandler { .. })), "{asked:?}");
        stage.checked_snapshot();
    });
}

/// None of these calls waits.
#[test]
fn calls_that_return_at_once_are_allowed() {
    finishes(|| {
        let stage = stage();
        let (completed, was_taken) = in_handler(&stage, 1, |own| {
            drop(own.begin_snapshot());
            let note = Note::from_outside(own.topology(), node(2), 1);
            let was_taken = own.inject(node(2), note).is_ok();
            own.stop_node(node(0)).unwrap();
            assert!(own.failures().is_empty() && own.history().is_empty());
            drop(own.subscribe());
            (own.snapshot_counts().completed, was_taken)
        });
        assert!(was_taken && completed == 0);
        while !stage.snapshot().unwrap().is_stopped(node(0)) {}
        while stage.snapshot().unwrap().state(node(2)).counts.injected() == 0 {}
        in_handler(&stage, 3, Handle::shut_down);
        assert_eq!(stage.join().all().len(), 4);
    });
}

#[test]
fn a_wait_in_the_thread_of_a_worker_is_refused_between_steps_too() {
    finishes(|| {
        timely::execute_directly(|worker| {
            let topology = Arc::new(Topology::ring(2).unwrap());
            let (placement, settings) = (Placement::blocks(), ClusterSettings::new());
            let cluster = worker.dataflow::<u64, _, _>(|scope| {
                let puppet = |node| Puppet::new(node, &topology);
                Cluster::build(scope, &topology, &placement, &settings, puppet).unwrap().0
            });
            let handle = cluster.handle().unwrap();
            for wait in WAITS {
                worker.step();
                assert!(matches!(wait(handle), Some(SnapshotError::InOwnHandler { .. })));
            }
            assert!(!handle.wait_until_settled(Duration::MAX));
            let pending = handle.begin_snapshot();
            while pending.result().is_none() {
                worker.step_or_park(Some(Duration::from_millis(1)));
            }
            assert!(pending.wait().is_ok());
            handle.shut_down();
            while !cluster.has_ended() {
                worker.step_or_park(None);
            }
        });
    });
}

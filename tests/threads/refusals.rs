//! The error of a refused call says why. Each cause has a text of its own.

use consistent_cut::causality::TraceError;
use consistent_cut::{
    Ending, FindSnapshotError, InjectError, MarkerPolicy, OnFailure, SnapshotId, StopError, System,
    SystemBuilder, Topology,
};

use crate::chatter::chatter;
use crate::ids::node;
use crate::merge;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn stage(on_failure: OnFailure) -> Stage {
    let settings = |builder: SystemBuilder<_>| builder.on_failure(on_failure);
    Stage::set(Topology::ring(2).unwrap(), settings, |_| {})
}

/// The reason why a message for the node is refused. A stop of the node gives the same reason.
fn why(stage: &Stage, victim: usize) -> (Ending, String) {
    let refused = stage.give(node(victim as u32)).err().unwrap();
    let text = refused.to_string();
    let InjectError::Ended { why, .. } = refused else { panic!("{text}") };
    (why, text)
}

fn fail(stage: &Stage) {
    stage.tell(node(1), |_, _| panic!("on purpose"));
    while stage.failures().is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn a_node_that_has_panicked() {
    finishes(|| {
        for on_failure in [OnFailure::Continue, OnFailure::Stop] {
            let stage = stage(on_failure);
            fail(&stage);
            let (ending, text) = why(&stage, 1);
            assert_eq!(ending, Ending::Panicked);
            assert!(text.contains("it has panicked") && !text.contains("shut down"), "{text}");
        }
    });
}

#[test]
fn a_node_that_was_stopped_with_another() {
    finishes(|| {
        let stage = stage(OnFailure::Stop);
        fail(&stage);
        while stage.give(node(0)).is_ok() {}
        let (ending, text) = why(&stage, 0);
        assert!(matches!(ending, Ending::StoppedWith(failure) if failure.node == node(1)));
        assert!(text.contains("since node 1 panicked: on purpose"), "{text}");
        let stopped = stage.stop_node(node(0)).unwrap_err();
        assert!(matches!(stopped, StopError::Ended { why: Ending::StoppedWith(_), .. }));
    });
}

/// After a failed last snapshot nothing is shut down, and no node has panicked.
#[test]
fn a_last_snapshot_until_it_fails_or_for_good() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(2).unwrap(), MarkerPolicy::default());
        let gate = stage.hold(node(1));
        std::thread::scope(|scope| {
            let last = scope.spawn(|| stage.snapshot_and_stop());
            while stage.try_give(node(0)) {}
            let (ending, text) = why(&stage, 0);
            assert_eq!(ending, Ending::LastSnapshot);
            assert!(text.contains("a last snapshot was asked for"), "{text}");
            assert!(!text.contains("panicked") && !text.contains("shut down"), "{text}");
            assert_eq!(stage.stop_node(node(0)), Ok(()), "it has not ended");
            // Messages are refused before the snapshot has its number.
            let wanted = loop {
                match stage.find_snapshot(SnapshotId::new(1)) {
                    Ok(wanted) => break wanted,
                    Err(FindSnapshotError::Unknown { .. }) => std::thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
            };
            wanted.cancel();
            assert!(last.join().unwrap().is_err());
        });
        stage.give(node(0)).unwrap();
        gate.open();
        stage.snapshot_and_stop().unwrap();
        while stage.stop_node(node(0)).is_ok() {}
        let stopped = stage.stop_node(node(0)).unwrap_err();
        assert!(matches!(stopped, StopError::Ended { why: Ending::LastSnapshot, .. }));
    });
}

#[test]
fn a_shutdown() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(2).unwrap(), MarkerPolicy::default());
        stage.shutdown().unwrap();
        let (ending, text) = why(&stage, 0);
        assert_eq!(ending, Ending::ShutDown);
        assert!(text.contains("shut down") && !text.contains("panicked"), "{text}");
        assert!(matches!(
            stage.stop_node(node(0)),
            Err(StopError::Ended { why: Ending::ShutDown, .. })
        ));
    });
}

/// The error for a node that has panicked in `on_start`, which has no event.
#[test]
fn a_trace_of_nodes_that_have_never_started() {
    finishes(|| {
        let settings = |builder: SystemBuilder<_>| builder.traced();
        let stage = Stage::set(Topology::ring(1).unwrap(), settings, |puppet| {
            puppet.at_start = Some(std::sync::Arc::new(|_, _| panic!("in on_start")));
        });
        assert_eq!(stage.trace().err(), Some(TraceError::NotEnded));
        assert!(stage.shutdown_each().unwrap()[0].is_err());
        let error = stage.trace().err().unwrap();
        assert_eq!(error, TraceError::NoEvents);
        let text = error.to_string();
        assert!(text.contains("on_start") && !text.contains("shutdown"), "{text}");
    });
}

#[test]
fn a_trace_of_a_restored_system() {
    finishes(|| {
        let [topology, _] = merge::topologies();
        let last = merge::start(merge::builder(&topology, 2), &topology).snapshot_and_stop();
        let fresh = |node| merge::Merge::new(node, &topology);
        let again = merge::builder(&topology, 2).traced().restore(&last.unwrap(), fresh).unwrap();
        for _ in 0..2 {
            let error = again.trace().err().unwrap();
            assert_eq!(error, TraceError::Restored);
            let text = error.to_string();
            assert!(text.contains("restored") && !text.contains("shutdown"), "{text}");
            let _ = again.shutdown();
        }
    });
}

#[test]
fn a_trace_that_was_not_asked_for() {
    finishes(|| {
        let topology = Topology::ring(2).unwrap();
        let system = System::builder(topology.clone()).spawn(|node| chatter(&topology, node, 1));
        let system = system.unwrap();
        for _ in 0..2 {
            assert_eq!(system.trace().err(), Some(TraceError::NotKept));
            let _ = system.shutdown();
        }
    });
}

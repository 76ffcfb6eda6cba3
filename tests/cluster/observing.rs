//! What a handle says of snapshots and properties, as a system does.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::diagram::Dot;
use consistent_cut::monitor::{MonitorEvent, WaitUntilError};
use consistent_cut::{
    Check, Detection, Invariant, SnapshotError, SnapshotOptions, StableProperty, System, Topology,
};

use crate::channel_law::{self, Snapshot};
use crate::ids::{link, node};
use crate::note::Note;
use crate::puppet::{Puppet, Record};
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::Plan;

fn stage(workers: usize, settings: ClusterSettings) -> Stage {
    Stage::new(Plan::new(workers, Topology::ring(3).unwrap()).with(settings))
}

#[test]
fn subscribers_and_the_history_have_every_outcome_in_order() {
    finishes(|| {
        let settings = ClusterSettings::new().history(3).keep_snapshots(2);
        let stage = stage(2, settings);
        let outcomes = stage.subscribe();
        let snapshots: Vec<_> = (0..5).map(|_| stage.checked_snapshot()).collect();
        for (heard, taken) in outcomes.take(5).zip(&snapshots) {
            assert!(Arc::ptr_eq(&heard.result.unwrap(), taken));
        }
        let history = stage.history();
        let ids: Vec<_> = history.iter().map(|outcome| outcome.id).collect();
        assert_eq!(ids, snapshots[2..].iter().map(|one| one.id()).collect::<Vec<_>>());
        let found = stage.find_snapshot(snapshots[4].id()).unwrap().wait().unwrap();
        assert!(Arc::ptr_eq(&found, &snapshots[4]));
        assert!(stage.find_snapshot(snapshots[0].id()).is_err());
        let counts = stage.snapshot_counts();
        assert_eq!((counts.asked, counts.completed), (5, 5));
        // Snapshots on a period come one after the other.
        let ids: Vec<_> =
            stage.every(Duration::ZERO).take(3).map(|one| one.unwrap().id().get()).collect();
        assert_eq!(ids, [6, 7, 8]);
    });
}

#[test]
fn snapshots_that_time_out_are_cancelled_or_do_not_cover_say_so() {
    finishes(|| {
        let plan = Plan::new(2, Topology::line(3).unwrap());
        let stage = Stage::new(plan);
        // The node is on the second worker, so the coordinator goes on.
        let gate = stage.hold(node(2));
        let options = SnapshotOptions::new().timeout(Duration::from_millis(1));
        let error = stage.snapshot_with(options).unwrap_err();
        let SnapshotError::TimedOut { missing, .. } = &error else { panic!("{error}") };
        assert!(missing.to_string().contains("node 2"), "{missing}");
        let pending = stage.begin_snapshot();
        pending.cancel();
        assert!(matches!(pending.wait(), Err(SnapshotError::Cancelled { .. })));
        let error = stage.snapshot_with(SnapshotOptions::at([node(1)])).unwrap_err();
        assert!(
            matches!(error, SnapshotError::Coverage(_)) && error.to_string().contains("node 0")
        );
        gate.open();
        stage.checked_snapshot();
        let counts = stage.snapshot_counts();
        let ends = (counts.timed_out, counts.cancelled, counts.refused, counts.completed);
        assert_eq!((counts.asked, ends), (4, (1, 1, 1, 1)));
    });
}

fn has_three() -> StableProperty<Record, Note> {
    let received = |one: &Snapshot| one.state(node(1)).counts.received[0];
    StableProperty::new("three have come", move |one| received(one) >= 3)
}

#[test]
fn properties_are_detected_checked_waited_for_and_watched() {
    finishes(|| {
        let stage = stage(2, ClusterSettings::new());
        let detection = stage.detect(&has_three()).unwrap();
        assert!(matches!(detection, Detection::DidNotHoldAtStart(_)));
        let few = Invariant::new("few", |one: &Snapshot| one.state(node(0)).counts.sent[0] < 3);
        assert!(matches!(stage.check(&few).unwrap(), Check::Held(_)));
        let waited = stage.wait_until(&has_three(), Duration::from_millis(2));
        assert!(matches!(waited, Err(WaitUntilError::TimedOut { .. })), "{waited:?}");
        let monitor = stage.monitor().stable(has_three()).invariant(few.clone());
        let monitor = monitor.period(Duration::from_millis(1)).start().unwrap();
        let mut events = monitor.events();
        stage.tell_to_send(node(0), link(0), 3);
        let finding = stage.wait_until(&has_three(), Duration::MAX).unwrap();
        channel_law::check(&finding.snapshot);
        assert!(stage.detect(&has_three()).unwrap().holds_now());
        assert!(matches!(stage.check(&few).unwrap(), Check::Violated(_)));
        let mut seen = [false; 2];
        while seen != [true; 2] {
            match events.next().unwrap() {
                MonitorEvent::Detected(finding) => seen[0] |= finding.property == "three have come",
                MonitorEvent::Violated(finding) => seen[1] |= finding.property == "few",
                event => panic!("{event}"),
            }
        }
        stage.shut_down();
        assert!(monitor.join().is_ok());
    });
}

/// The text without the times, which differ from run to run.
fn without_times(snapshot: &Snapshot) -> String {
    let text = snapshot.to_string();
    let (first, rest) = text.split_once('\n').unwrap();
    let (what, _) = first.split_once(", started at ").unwrap();
    format!("{what}\n{rest}")
}

/// The initiators differ: a cluster begins at every node.
#[test]
fn a_snapshot_is_shown_as_that_of_threads() {
    finishes(|| {
        let topology = Topology::from_named_links([("a", "b"), ("b", "c"), ("a", "c")]).unwrap();
        let topology = Arc::new(topology);
        let system = System::builder(Arc::clone(&topology));
        let system = system.spawn(|node| Puppet::new(node, &topology)).unwrap();
        let cluster = Plan::new(2, Arc::clone(&topology)).start(Puppet::new);
        for index in [1, 2] {
            let note = || Note::from_outside(&topology, node(index), 1);
            system.stop_node(node(index)).unwrap();
            cluster.stop_node(node(index)).unwrap();
            while !system.snapshot().unwrap().is_stopped(node(index)) {}
            while !cluster.snapshot().unwrap().is_stopped(node(index)) {}
            system.inject(node(index), note()).unwrap();
            cluster.inject(node(index), note()).unwrap();
        }
        while system.snapshot_counts().asked < cluster.snapshot_counts().asked {
            system.snapshot().unwrap();
        }
        while cluster.snapshot_counts().asked < system.snapshot_counts().asked {
            cluster.snapshot().unwrap();
        }
        let dot = |one: &Snapshot| Dot::of_snapshot(one).to_string();
        let (of_threads, of_cluster) = (system.snapshot().unwrap(), cluster.snapshot().unwrap());
        assert_eq!(without_times(&of_cluster), without_times(&of_threads));
        assert_eq!(dot(&of_cluster), dot(&of_threads));
        assert!(dot(&of_cluster).contains("b"));
        assert_eq!(of_cluster.initiators().len(), 3);
    });
}

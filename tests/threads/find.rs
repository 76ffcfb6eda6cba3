//! The snapshots that a system knows: those under way, and the last that ended.

use consistent_cut::{FindSnapshotError, SnapshotId, Topology};

use crate::ids::node;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// A stage that remembers this many snapshots.
fn remembering(snapshots: usize) -> Stage {
    Stage::set(
        Topology::ring(2).unwrap(),
        |builder| builder.history(snapshots).keep_snapshots(snapshots),
        |_| {},
    )
}

fn history(stage: &Stage) -> Vec<u64> {
    stage.history().iter().map(|outcome| outcome.id.get()).collect()
}

#[test]
fn a_snapshot_never_begun_is_unknown() {
    finishes(|| {
        let stage = remembering(3);
        stage.snapshot().unwrap();
        for id in [0, 2, u64::MAX] {
            let snapshot = SnapshotId::new(id);
            let error = stage.find_snapshot(snapshot).unwrap_err();
            assert_eq!(error, FindSnapshotError::Unknown { snapshot, remembered: 3 });
        }
    });
}

#[test]
fn a_snapshot_under_way_is_found() {
    finishes(|| {
        let stage = remembering(3);
        let gate = stage.hold(node(1));
        let pending = stage.begin_snapshot();
        let found = stage.find_snapshot(pending.id()).unwrap();
        assert!(found.result().is_none());
        gate.open();
        assert_eq!(found.wait().unwrap().id(), pending.id());
    });
}

#[test]
fn a_finished_snapshot_is_found() {
    finishes(|| {
        let stage = remembering(3);
        let snapshot = stage.snapshot().unwrap();
        let found = stage.find_snapshot(snapshot.id()).unwrap();
        assert_eq!(found.result().unwrap().unwrap().id(), snapshot.id());
    });
}

#[test]
fn the_oldest_snapshots_are_forgotten() {
    finishes(|| {
        let stage = remembering(3);
        let ids: Vec<_> = (0..5).map(|_| stage.snapshot().unwrap().id()).collect();
        for &snapshot in &ids[..2] {
            let error = stage.find_snapshot(snapshot).unwrap_err();
            assert_eq!(error, FindSnapshotError::Unknown { snapshot, remembered: 3 });
        }
        for id in &ids[2..] {
            assert!(stage.find_snapshot(*id).is_ok());
        }
        assert_eq!(history(&stage), [3, 4, 5]);
    });
}

#[test]
fn a_snapshot_under_way_is_never_forgotten() {
    finishes(|| {
        let stage = remembering(0);
        let gate = stage.hold(node(1));
        let begun: Vec<_> = (0..5).map(|_| stage.begin_snapshot()).collect();
        for pending in &begun {
            assert!(stage.find_snapshot(pending.id()).is_ok());
        }
        gate.open();
        for pending in &begun {
            pending.wait().unwrap();
            // The system remembers nothing, but a caller that holds the snapshot keeps it.
            assert!(stage.find_snapshot(pending.id()).is_err());
            assert!(pending.result().unwrap().is_ok());
        }
        assert!(stage.history().is_empty());
    });
}

#[test]
fn sixteen_snapshots_are_remembered_unless_told_otherwise() {
    finishes(|| {
        let stage = Stage::set(Topology::ring(2).unwrap(), |builder| builder, |_| {});
        (0..20).for_each(|_| drop(stage.snapshot().unwrap()));
        assert_eq!(history(&stage), (5..=20).collect::<Vec<_>>());
    });
}

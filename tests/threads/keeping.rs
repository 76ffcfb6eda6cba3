//! The time for which the system keeps the values of a snapshot.

use std::sync::{Arc, Weak};

use consistent_cut::{FindSnapshotError, SnapshotError, SystemBuilder, Topology};

use crate::ids::node;
use crate::note::Action;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn stage(settings: impl FnOnce(SystemBuilder<Puppet>) -> SystemBuilder<Puppet>) -> Stage {
    Stage::set(Topology::ring(2).unwrap(), settings, |_| {})
}

/// Records a message in a snapshot that its caller drops, and returns the message's value.
fn recorded(stage: &Stage) -> Weak<()> {
    let gate = stage.hold(node(1));
    let value = Arc::new(());
    let weak = Arc::downgrade(&value);
    let action: Action = Arc::new(move |_, _| drop(Arc::clone(&value)));
    stage.tell(node(1), move |puppet, ctx| action(puppet, ctx));
    stage.recordings();
    let pending = stage.begin_at(node(0)).unwrap();
    gate.open();
    let snapshot = pending.wait().unwrap();
    assert_eq!(snapshot.in_flight().count(), 1, "the message is behind the gate");
    stage.settle(node(1));
    weak
}

/// The coordinator has finished with a snapshot when the next snapshot has been given up.
fn give_one_up(stage: &Stage) {
    let pending = stage.begin_snapshot();
    pending.cancel();
    let _ = pending.wait();
}

#[test]
fn a_recorded_message_lives_no_longer_than_its_snapshot_is_held() {
    finishes(|| {
        let stage = stage(|builder| builder);
        let value = recorded(&stage);
        give_one_up(&stage);
        assert_eq!(value.strong_count(), 0, "the system keeps a message that no caller holds");
    });
}

#[test]
fn the_outcome_and_the_timings_of_a_snapshot_outlive_its_values() {
    finishes(|| {
        let stage = stage(|builder| builder);
        let snapshot = stage.checked_snapshot();
        let (id, timings) = (snapshot.id(), snapshot.timings().clone());
        let past = &stage.history()[0];
        assert_eq!((past.id, past.result.as_ref()), (id, Ok(&timings)));
        assert!(past.snapshot.is_none());
        let error = stage.find_snapshot(id).unwrap_err();
        assert_eq!(error, FindSnapshotError::NotKept { snapshot: id, kept: 0 });
        let text = error.to_string();
        assert!(text.contains("SystemBuilder::keep_snapshots"), "{text}");
    });
}

#[test]
fn on_wish_the_last_complete_ones_are_kept() {
    finishes(|| {
        let stage = stage(|builder| builder.keep_snapshots(2).history(4));
        let values: Vec<_> = (0..3).map(|_| recorded(&stage)).collect();
        // A snapshot that fails takes no place.
        give_one_up(&stage);
        assert_eq!(values.iter().map(Weak::strong_count).collect::<Vec<_>>(), [0, 1, 1]);
        let history = stage.history();
        let kept = history.iter().map(|past| past.snapshot.as_ref().map(|one| one.id().get()));
        assert_eq!(kept.collect::<Vec<_>>(), [None, Some(2), Some(3), None]);
        let find = |id| stage.find_snapshot(consistent_cut::SnapshotId::new(id));
        assert!(matches!(find(1), Err(FindSnapshotError::NotKept { kept: 2, .. })));
        assert_eq!(find(2).unwrap().wait().unwrap().in_flight().count(), 1);
        assert!(matches!(find(4).unwrap().wait(), Err(SnapshotError::Cancelled { .. })));
        // A snapshot that the history forgets is not kept either.
        (0..2).for_each(|_| give_one_up(&stage));
        drop(history);
        assert_eq!(values.iter().map(Weak::strong_count).collect::<Vec<_>>(), [0, 0, 1]);
        assert!(matches!(find(2), Err(FindSnapshotError::Unknown { .. })));
    });
}

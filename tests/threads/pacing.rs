//! The least pause between snapshots, and snapshots at regular times.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use consistent_cut::{SnapshotError, SystemBuilder, Topology};
use crossbeam_channel::bounded;

use crate::channel_law::{self, Snapshot};
use crate::ids::node;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

const LONG: Duration = Duration::from_secs(100_000);

fn stage(settings: impl Fn(SystemBuilder<Puppet>) -> SystemBuilder<Puppet>) -> Stage {
    Stage::set(
        Topology::ring(3).unwrap(),
        |builder| settings(builder.history(1000).keep_snapshots(1000)),
        |_| {},
    )
}

/// Asks for many snapshots from three threads, and returns them in the order in which they began.
fn many(stage: &Stage, each: usize) -> Vec<Arc<Snapshot>> {
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let begun: Vec<_> = (0..each).map(|_| stage.begin_snapshot()).collect();
                begun.iter().for_each(|pending| channel_law::check(&pending.wait().unwrap()));
            });
        }
    });
    let mut all: Vec<_> =
        stage.history().iter().map(|past| past.snapshot.clone().unwrap()).collect();
    assert_eq!(all.len(), 3 * each);
    all.sort_by_key(|snapshot| snapshot.timings().began());
    all
}

#[test]
fn no_snapshot_begins_before_the_pause_after_another_is_over() {
    finishes(|| {
        let pause = Duration::from_millis(2);
        let stage = stage(|builder| builder.max_concurrent_snapshots(1).min_pause(pause));
        for pair in many(&stage, 10).windows(2) {
            assert!(pair[1].timings().began() >= pair[0].timings().ended() + pause);
        }
    });
}

#[test]
fn no_more_snapshots_are_under_way_than_allowed() {
    finishes(|| {
        for allowed in 1..4 {
            let stage = stage(|builder| builder.max_concurrent_snapshots(allowed));
            let all = many(&stage, 60);
            for snapshot in &all {
                let began = snapshot.timings().began();
                let is_under_way = |other: &&Arc<Snapshot>| {
                    other.timings().began() <= began && began < other.timings().ended()
                };
                assert!(all.iter().filter(is_under_way).count() <= allowed);
            }
        }
    });
}

#[test]
fn as_many_snapshots_as_allowed_are_under_way_together() {
    finishes(|| {
        let stage = stage(|builder| builder.max_concurrent_snapshots(2));
        let gate = stage.hold(node(1));
        let begun: Vec<_> = (0..3).map(|_| stage.begin_snapshot()).collect();
        (0..2).for_each(|_| stage.await_recording(node(0)));
        stage.settle(node(0));
        assert!(stage.recordings().iter().all(|&recorded| recorded != node(0)));
        gate.open();
        begun.iter().for_each(|pending| channel_law::check(&pending.wait().unwrap()));
    });
}

#[test]
fn a_pause_without_end_ends_with_the_system() {
    finishes(|| {
        for pause in [LONG, Duration::MAX] {
            let stage = stage(|builder| builder.min_pause(pause));
            stage.checked_snapshot();
            let pending = stage.begin_snapshot();
            stage.shutdown().unwrap();
            assert!(matches!(pending.wait(), Err(SnapshotError::ShutDown { .. })));
        }
    });
}

#[test]
fn a_period_of_zero_takes_one_snapshot_after_the_other() {
    finishes(|| {
        let stage = stage(|builder| builder);
        let ids: Vec<_> = stage
            .every(Duration::ZERO)
            .take(50)
            .map(|snapshot| {
                channel_law::check(snapshot.as_ref().unwrap());
                snapshot.unwrap().id().get()
            })
            .collect();
        assert_eq!(ids, (1..=50).collect::<Vec<_>>());
        assert_eq!(stage.snapshot_counts().asked, 50, "nothing happens between the calls");
    });
}

#[test]
fn no_snapshot_of_a_period_begins_before_its_time() {
    finishes(|| {
        let period = Duration::from_millis(2);
        let stage = stage(|builder| builder);
        let began: Vec<_> = stage
            .every(period)
            .take(10)
            .map(|snapshot| snapshot.unwrap().timings().began())
            .collect();
        // The first may be late, the last is not early.
        assert!(began[9] >= 9 * period, "{began:?}");
    });
}

/// A thread that waits for a turn far in the future hears of the end.
fn ends_by(end: impl Fn(&Stage) + Send + 'static) {
    finishes(move || {
        for period in [LONG, Duration::MAX] {
            let stage = stage(|builder| builder);
            let (tx, rx) = bounded(1);
            thread::scope(|scope| {
                let periodic = stage.every(period);
                let waiter = scope.spawn(move || {
                    let mut taken = 0;
                    for result in periodic {
                        taken += usize::from(result.is_ok());
                        let _ = tx.send(());
                    }
                    taken
                });
                rx.recv().unwrap();
                end(&stage);
                assert_eq!(waiter.join().unwrap(), 1);
            });
            drop(stage.every(period));
        }
    });
}

#[test]
fn regular_snapshots_end_with_a_shutdown() {
    ends_by(|stage| drop(stage.shutdown().unwrap()));
}

#[test]
fn regular_snapshots_end_with_a_failure_that_stops_the_system() {
    ends_by(|stage| stage.tell(node(2), |_, _| panic!("the end of all")));
}

#[test]
fn regular_snapshots_end_with_the_last_snapshot() {
    ends_by(|stage| drop(stage.snapshot_and_stop().unwrap()));
}

#[test]
fn regular_snapshots_of_a_system_that_has_ended_are_none() {
    finishes(|| {
        let stage = stage(|builder| builder);
        let mut before = stage.every(Duration::ZERO);
        before.next().unwrap().unwrap();
        stage.shutdown().unwrap();
        assert!(before.next().is_none());
        assert!(stage.every(Duration::ZERO).next().is_none());
    });
}

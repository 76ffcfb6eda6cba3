//! A quiet system: its nodes sleep, and a snapshot is the real state.

use consistent_cut::Topology;

use crate::channel_law::numbers;
use crate::ids::node;
use crate::policies::{BOTH_POLICIES, on_both_policies};
use crate::stage::Stage;
use crate::watchdog::finishes;

#[test]
fn a_snapshot_of_a_quiet_system_is_its_live_state() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(3).unwrap(), policy);
            stage.tell(node(1), |puppet, ctx| {
                let link = ctx.out_links()[0].id;
                puppet.send_action(ctx, link, |puppet, ctx| {
                    let link = ctx.out_links()[0].id;
                    puppet.send_on(ctx, link);
                });
            });
            // One note from outside, one from node 1 to node 2, and one from there to node 0.
            while stage.checked_snapshot().states().map(|(_, s)| s.counts.handled()).sum::<u64>()
                < 3
            {}

            let snapshot = stage.checked_snapshot();
            assert_eq!(snapshot.in_flight().count(), 0);
            let live = stage.shutdown().unwrap();
            for ((_, recorded), puppet) in snapshot.states().zip(live) {
                assert_eq!(*recorded, puppet.record);
            }
        });
    });
}

/// A sleeping node has to wake for a marker, and to send its own before it sleeps again.
#[test]
fn markers_pass_through_sleeping_nodes() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(3).unwrap(), policy);
            for _ in 0..500 {
                assert_eq!(stage.checked_snapshot().in_flight().count(), 0);
            }
        });
    });
}

#[test]
fn messages_wake_a_sleeping_node() {
    finishes(|| {
        let stage = Stage::new(Topology::line(2).unwrap(), BOTH_POLICIES[0]);
        let link = stage.topology().links()[0].id;
        let (tx, rx) = crossbeam_channel::unbounded();
        for _ in 0..500 {
            let tx = tx.clone();
            stage.tell(node(0), move |puppet, ctx| {
                let tx = tx.clone();
                puppet.send_action(ctx, link, move |_, _| tx.send(()).unwrap());
            });
            rx.recv().unwrap();
        }
        assert!(numbers(stage.checked_snapshot().channel(link)).is_empty());
    });
}

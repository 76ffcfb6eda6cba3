//! Links that hold many thousand messages, are emptied, and fill again, under snapshots.

use std::thread;

use consistent_cut::{LinkId, MarkerPolicy, Topology};

use crate::chance::Chance;
use crate::channel_law;
use crate::ids::node;
use crate::policies::{BOTH_POLICIES, on_both_policies};
use crate::stage::Stage;
use crate::watchdog::finishes;

const BURSTS: usize = 40;
const LARGEST_BURST: usize = 6000;

fn stage(topology: Topology, policy: MarkerPolicy) -> Stage {
    Stage::set(topology, |builder| builder.marker_policy(policy).unbounded(), |_| {})
}

/// Node 0 sends bursts of any size on the link, while two threads take snapshots. Now and then the
/// receiver is held until a burst is complete, now and then everything is received before the next
/// one.
fn flood(stage: &Stage, link: LinkId, mut dice: Chance) {
    let receiver = stage.topology().link(link).unwrap().target;
    thread::scope(|scope| {
        let snapshots = || (0..BURSTS).for_each(|_| drop(stage.checked_snapshot()));
        let callers = [scope.spawn(snapshots), scope.spawn(snapshots)];
        for _ in 0..BURSTS {
            let size = dice.below(LARGEST_BURST) as u64;
            match dice.below(3) {
                0 if receiver != node(0) => {
                    let gate = stage.hold(receiver);
                    stage.tell_to_send(node(0), link, size);
                    stage.settle(node(0));
                    gate.open();
                }
                1 => {
                    stage.tell_to_send(node(0), link, size);
                    stage.settle(node(0));
                    while stage.checked_snapshot().in_flight().count() > 0 {}
                }
                _ => stage.tell_to_send(node(0), link, size),
            }
        }
        callers.into_iter().for_each(|caller| caller.join().unwrap());
    });
    while stage.checked_snapshot().in_flight().count() > 0 {}
}

#[test]
fn a_flooded_link_keeps_its_order_under_snapshots() {
    finishes(|| {
        for (seed, policy) in (0..).zip(BOTH_POLICIES) {
            let stage = stage(Topology::complete(2).unwrap(), policy);
            flood(&stage, LinkId::new(0), Chance::new(seed));
        }
    });
}

#[test]
fn a_flooded_self_link_keeps_its_order_under_snapshots() {
    finishes(|| {
        for (seed, policy) in (0..).zip(BOTH_POLICIES) {
            let stage = stage(Topology::ring(1).unwrap(), policy);
            flood(&stage, LinkId::new(0), Chance::new(seed));
        }
    });
}

/// The receiver is held while the sender sends and snapshots begin in turn, so that every marker
/// stands among thousands of messages.
#[test]
fn markers_stand_at_their_place_in_a_flood() {
    finishes(|| {
        on_both_policies(|policy| {
            let (link, burst) = (LinkId::new(0), 1500);
            let stage = stage(Topology::line(2).unwrap(), policy);
            let gate = stage.hold(node(1));
            let begun: Vec<_> = (0..6)
                .map(|_| {
                    stage.tell_to_send(node(0), link, burst);
                    stage.settle(node(0));
                    stage.begin_at(node(0)).unwrap()
                })
                .collect();
            gate.open();
            for (round, pending) in (1..).zip(begun) {
                let snapshot = pending.wait().unwrap();
                channel_law::check(&snapshot);
                assert_eq!(snapshot.channel(link).sent(), round * burst);
            }
        });
    });
}

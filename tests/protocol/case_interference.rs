//! Snapshots change nothing of what the application does: a workload whose outcome does not depend
//! on the order of events ends the same with no snapshot, with one, and with one after the other
//! (the law of non-interference).

use std::collections::BTreeSet;

use consistent_cut::{MarkerPolicy, Topology};

use crate::brief::{l, n, on_both_policies};
use crate::teller::{Ledger, Task};
use crate::world::World;

#[derive(Clone, Copy, PartialEq)]
enum Snapshots {
    None,
    One,
    BackToBack,
}

/// A ring in which each node has one in-link. So the order of its messages, and all that follows
/// from it, is fixed. Every node is told all its work before the first delivery.
fn final_states(policy: MarkerPolicy, capacity: Option<u64>, snapshots: Snapshots) -> Vec<Ledger> {
    let room: Vec<_> = capacity.into_iter().flat_map(|c| (0..4).map(move |l| (l, c))).collect();
    let mut world = World::quiet_with_room(Topology::ring(4).unwrap(), policy, &room);
    for node in 0..4 {
        world.tell(n(node), &vec![Task::Send(l(node), 3); node as usize + 1]);
    }
    for round in 0..12u64 {
        if snapshots == Snapshots::BackToBack || (snapshots == Snapshots::One && round == 3) {
            world.begin(round, &[n(round as u32 % 4)]);
        }
        for node in 0..4 {
            world.deliver(l((node + 3) % 4));
            // A marker takes the place of a message on a link: it is delivered and nothing is
            // missing.
            world.process(n(node));
        }
    }
    world.settle();
    world.assert_sound();
    assert_eq!(world.live_snapshots(), 0);
    let expected = [0, 1, 12][snapshots as usize];
    assert_eq!(world.snapshots.len(), expected);
    world.topology.nodes().map(|node| world.ledger(node).clone()).collect()
}

#[test]
fn a_workload_ends_the_same_however_many_snapshots_are_taken() {
    for capacity in [None, Some(1), Some(2), Some(5)] {
        let mut ends = Vec::new();
        on_both_policies(|policy| {
            for snapshots in [Snapshots::None, Snapshots::One, Snapshots::BackToBack] {
                ends.push(final_states(policy, capacity, snapshots));
            }
        });
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{capacity:?}");
    }
}

/// The same workload with little room, so that nodes do wait and the test above has something to
/// disturb.
#[test]
fn the_workload_blocks_nodes_when_room_is_short() {
    let blocked: BTreeSet<bool> = [1, 5]
        .into_iter()
        .map(|capacity| {
            let room = [0, 1, 2, 3].map(|link| (link, capacity));
            let ring = Topology::ring(4).unwrap();
            let mut world = World::quiet_with_room(ring, MarkerPolicy::InOrder, &room);
            world.tell(n(3), &[Task::Send(l(3), 3); 4]);
            !world.may_handle(n(3))
        })
        .collect();
    assert_eq!(blocked.len(), 2);
}

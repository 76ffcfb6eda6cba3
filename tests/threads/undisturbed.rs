//! A snapshot does not change the behaviour of the application.

use std::sync::Arc;
use std::thread;

use consistent_cut::Topology;

use crate::effort::scaled;
use crate::merge::{self, Merge, Merged};
use crate::policies::on_both_policies;
use crate::watchdog::finishes;

/// The final states of the nodes, when no snapshot is taken before the end.
fn alone(topology: &Arc<Topology>, capacity: usize) -> Vec<Merged> {
    let system = merge::start(merge::builder(topology, capacity), topology);
    // Counts are read at no cost for the nodes until no node has work left. The snapshot of
    // `finish` then finds the end.
    let is_moving = || {
        let traffic = system.link_traffic();
        traffic.iter().map(|link| link.sent).sum::<u64>() == 0
            || traffic.iter().any(|link| link.received != Some(link.sent))
    };
    while is_moving() {
        thread::yield_now();
    }
    merge::finish(&system)
}

#[test]
fn the_workload_ends_alike_with_any_capacity() {
    finishes(|| {
        for topology in merge::topologies() {
            let reference = alone(&topology, 100_000);
            assert!(reference.iter().any(|state| *state != reference[0]), "all nodes are alike");
            for capacity in [1, 2, 3, 100_000].repeat(scaled(1) as usize) {
                assert_eq!(alone(&topology, capacity), reference);
            }
        }
    });
}

#[test]
fn the_workload_ends_alike_under_snapshots_back_to_back() {
    finishes(|| {
        for topology in merge::topologies() {
            let reference = alone(&topology, 100_000);
            on_both_policies(|policy| {
                for capacity in [1, 3, 65_536].repeat(scaled(1) as usize) {
                    let builder = merge::builder(&topology, capacity).marker_policy(policy);
                    let system = merge::start(builder, &topology);
                    thread::scope(|scope| {
                        let others = [(); 2].map(|()| scope.spawn(|| merge::finish(&system)));
                        assert_eq!(merge::finish(&system), reference);
                        for other in others {
                            assert_eq!(other.join().unwrap(), reference);
                        }
                    });
                    let ended: Vec<Merge> = system.shutdown().unwrap();
                    assert_eq!(ended.len(), reference.len());
                }
            });
        }
    });
}

/// A dead snapshot leaves no trace either.
#[test]
fn the_workload_ends_alike_under_cancelled_snapshots() {
    finishes(|| {
        for topology in merge::topologies() {
            let reference = alone(&topology, 100_000);
            on_both_policies(|policy| {
                for capacity in [1, 3] {
                    let builder = merge::builder(&topology, capacity).marker_policy(policy);
                    let system = merge::start(builder, &topology);
                    for round in 0..100 {
                        let begun: Vec<_> = (0..3).map(|_| system.begin_snapshot()).collect();
                        begun[round % 3].cancel();
                        begun[(round + 1) % 3].cancel();
                        let _ = begun[2].wait();
                    }
                    assert_eq!(merge::finish(&system), reference);
                }
            });
        }
    });
}

//! A workload whose result does not depend on the interleaving ends on clusters as on threads.

use std::sync::Arc;

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::{System, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::channel_law::Snapshot;
use crate::chatter::chatter;
use crate::effort::scaled;
use crate::laws::placement;
use crate::merge::{self, Merge, Merged};
use crate::policies::on_both_policies;
use crate::puppet::Record;
use crate::watchdog::finishes;
use crate::workers::{Plan, Running};

/// The final states of the workload on threads.
pub(crate) fn reference(topology: &Arc<Topology>) -> Vec<Merged> {
    merge::finish(&merge::start(merge::builder(topology, 1000), topology))
}

/// Waits until nothing happens any more, and returns the states of the nodes.
pub(crate) fn finish(cluster: &Running<Merge>) -> Vec<Merged> {
    loop {
        let snapshot = cluster.snapshot().unwrap();
        snapshot.verify().unwrap();
        if merge::is_over(&snapshot) {
            return merge::states(&snapshot);
        }
    }
}

#[test]
fn values_that_are_merged_end_as_on_threads() {
    finishes(|| {
        for topology in merge::topologies() {
            let reference = reference(&topology);
            let mut dice = Chance::new(3);
            for workers in 1..=4 {
                on_both_policies(|policy| {
                    let capacity = [1, 3, 100, u64::MAX][dice.below(4)];
                    let settings = ClusterSettings::new().marker_policy(policy).capacity(capacity);
                    let plan = Plan::new(workers, Arc::clone(&topology)).with(settings);
                    let cluster = plan.placed(placement(&mut dice, workers)).start(Merge::new);
                    assert_eq!(finish(&cluster), reference, "{workers} workers, {capacity}");
                });
            }
        }
    });
}

/// Each node has one in-link at most, so what it does follows from what comes on it.
#[test]
fn notes_on_trees_and_rings_end_as_on_threads() {
    finishes(|| {
        for_each_seed(0..scaled(12), |seed| {
            let mut chance = Chance::new(seed);
            let nodes = 2 + chance.below(30);
            let topology = match chance.below(2) {
                0 => Topology::ring(nodes),
                _ => {
                    let above = (1..nodes).map(|node| (chance.below(node), node));
                    Topology::from_links(nodes, above.collect::<Vec<_>>())
                }
            };
            let topology = Arc::new(topology.unwrap());
            let opening = 1 + chance.below(6) as u64;
            let system = System::builder(Arc::clone(&topology));
            let system = system.spawn(|node| chatter(&topology, node, opening)).unwrap();
            let reference = last_states(|| system.snapshot().unwrap());
            let workers = 1 + chance.below(4);
            let plan = Plan::new(workers, topology).placed(placement(&mut chance, workers));
            let cluster = plan.start(move |node, topology| chatter(topology, node, opening));
            assert_eq!(last_states(|| cluster.snapshot().unwrap()), reference);
        });
    });
}

/// The states when no message is in flight any more.
fn last_states(take: impl Fn() -> Arc<Snapshot>) -> Vec<Record> {
    loop {
        let snapshot = take();
        if snapshot.in_flight().next().is_none() {
            return snapshot.states().map(|(_, state)| state.clone()).collect();
        }
    }
}

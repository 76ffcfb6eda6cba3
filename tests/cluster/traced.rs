//! Snapshots of clusters against the traces of their runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::{NodeId, SnapshotOptions, Topology};

use crate::chance::{Chance, for_seeds_until_all_is_seen};
use crate::channel_law::{self, Snapshot};
use crate::chatter::chatter;
use crate::effort::scaled;
use crate::note::Note;
use crate::oracle::prove;
use crate::policies::BOTH_POLICIES;
use crate::watchdog::finishes;
use crate::workers::Plan;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    InFlight,
    Swapped,
    Overlap,
    /// A sender had waited for room and got it.
    RoomUsed,
}

#[test]
fn every_snapshot_is_that_of_a_consistent_cut() {
    finishes(|| {
        let is_all = |sights: &BTreeSet<_>| sights.len() == 4;
        for_seeds_until_all_is_seen(scaled(100), BTreeSet::new(), is_all, |seed, sights| {
            sights.extend(run(&mut Chance::new(seed)));
        });
    });
}

fn run(chance: &mut Chance) -> BTreeSet<Sight> {
    let nodes = 1 + chance.below(6);
    let topology = Topology::random_strongly_connected(nodes, chance.below(6), chance.number());
    let topology = Arc::new(topology.expect("nodes and links fit"));
    let mut settings = ClusterSettings::new().traced().marker_policy(chance.pick(&BOTH_POLICIES));
    let capacity = chance.one_in(2).then(|| 1 + chance.below(3) as u64);
    if let Some(capacity) = capacity {
        settings = settings.capacity(capacity);
    }
    let opening = 1 + chance.below(8) as u64;
    let workers = 1 + chance.below(4);
    let plan = Plan::new(workers, Arc::clone(&topology)).with(settings);
    let plan = plan.placed(crate::laws::placement(chance, workers));
    let cluster = plan.start(move |node, topology| chatter(topology, node, opening));

    let mut injected = vec![0; nodes];
    let pending: Vec<_> = (0..3)
        .map(|_| {
            let node = NodeId::new(chance.below(nodes) as u32);
            injected[node.index()] += 1;
            let note = Note::from_outside(&topology, node, injected[node.index()]).with_hops(6);
            cluster.inject(node, note).expect("the node is there");
            let initiator = NodeId::new(chance.below(nodes) as u32);
            match chance.below(3) {
                0 => cluster.begin_snapshot(),
                _ => cluster.begin_snapshot_with(SnapshotOptions::at([initiator])),
            }
        })
        .collect();
    let snapshots: Vec<_> =
        pending.iter().map(|pending| pending.wait().expect("no node fails")).collect();
    let ended = cluster.end();
    let mut trace = ended.trace(&topology);
    for link in topology.links() {
        trace.set_capacity(link.id, capacity.unwrap_or(u64::MAX));
    }
    let ended = ended.all();

    let mut sights = BTreeSet::new();
    for snapshot in &snapshots {
        channel_law::check(snapshot);
        if snapshot.in_flight().next().is_some() {
            sights.insert(Sight::InFlight);
        }
        if snapshot.channels().iter().any(|channel| channel.acknowledged() > 0) {
            sights.insert(Sight::RoomUsed);
        }
        if prove(&trace, snapshot, &injected, |node| chatter(&topology, node, opening), &ended) > 0
        {
            sights.insert(Sight::Swapped);
        }
    }
    let overlaps = |pair: &[Arc<Snapshot>]| pair[1].timings().began() < pair[0].timings().ended();
    if snapshots.windows(2).any(overlaps) {
        sights.insert(Sight::Overlap);
    }
    sights
}

#[test]
fn a_cluster_that_is_not_traced_has_empty_logs() {
    finishes(|| {
        let topology = Arc::new(Topology::ring(3).expect("a ring"));
        let cluster =
            Plan::new(2, Arc::clone(&topology)).start(|node, topology| chatter(topology, node, 1));
        cluster.snapshot().expect("no node fails");
        assert_eq!(cluster.end().trace(&topology).events().len(), 0);
    });
}

//! The laws by content, on clusters of one to four workers under load.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::cluster::{ClusterSettings, Placement};
use consistent_cut::{Context, Link, NodeId, SnapshotOptions, Topology};

use crate::chance::{Chance, for_seeds_until_all_is_seen};
use crate::channel_law::{Snapshot, check, check_order};
use crate::effort::scaled;
use crate::note::Note;
use crate::policies::BOTH_POLICIES;
use crate::puppet::{Habit, Puppet};
use crate::watchdog::finishes;
use crate::workers::{Plan, Running};

/// Passes on every note, as long as it has a link, and starts with some notes on each link.
pub(crate) struct Forwarding(pub(crate) usize);

impl Habit for Forwarding {
    fn on_start(&mut self, puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
        for link in ctx.out_links() {
            (0..self.0).for_each(|_| puppet.send_on(ctx, link.id));
        }
    }

    fn on_note(&mut self, puppet: &mut Puppet, _: Link, note: &Note, ctx: &mut Context<'_, Note>) {
        let links = ctx.out_links();
        if !links.is_empty() {
            puppet.send_on(ctx, links[note.number as usize % links.len()].id);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    InFlight,
    /// A message from outside was in flight.
    AtTheDoor,
    /// More messages than their link has room for, so that the sender waited.
    Waited,
    Overlap,
    Moved,
}

#[test]
fn every_cut_of_a_random_cluster_is_consistent() {
    finishes(|| {
        let is_all = |sights: &BTreeSet<_>| sights.len() == 5;
        for_seeds_until_all_is_seen(scaled(60), BTreeSet::new(), is_all, |seed, sights| {
            run(&mut Chance::new(seed), sights);
        });
    });
}

fn run(chance: &mut Chance, sights: &mut BTreeSet<Sight>) {
    let topology = topology(chance);
    let mut settings = ClusterSettings::new().marker_policy(chance.pick(&BOTH_POLICIES));
    let capacity = [None, Some(1), Some(2), Some(64)][chance.below(4)];
    if let Some(capacity) = capacity {
        settings = settings.capacity(capacity);
    }
    let workers = 1 + chance.below(4);
    let plan = Plan::new(workers, topology).with(settings).placed(placement(chance, workers));
    let opening = chance.below(4);
    let cluster = plan
        .with_streams()
        .start(move |node, topology| Puppet::new(node, topology).with_habit(Forwarding(opening)));
    let mut injected = vec![0; cluster.topology().node_count()];
    let mut last: Vec<Arc<Snapshot>> = Vec::new();
    for _ in 0..3 {
        let pending: Vec<_> = (0..1 + chance.below(4))
            .map(|_| {
                inject(&cluster, chance, &mut injected);
                match chance.below(2) {
                    0 => cluster.begin_snapshot(),
                    _ => cluster.begin_snapshot_with(initiators(cluster.topology(), chance)),
                }
            })
            .collect();
        let round: Vec<_> = pending.iter().map(|one| one.wait().expect("no node fails")).collect();
        for snapshot in &round {
            check(snapshot);
            last.iter().for_each(|earlier| check_order(earlier, snapshot));
            look(snapshot, capacity, sights);
        }
        let overlap =
            |pair: &[Arc<Snapshot>]| pair[1].timings().began() < pair[0].timings().ended();
        if round.windows(2).any(overlap) {
            sights.insert(Sight::Overlap);
        }
        let handled = |of: &[Arc<Snapshot>]| -> u64 {
            of.iter().flat_map(|one| one.states()).map(|(_, state)| state.counts.handled()).sum()
        };
        if !last.is_empty() && handled(&last[..1]) < handled(&round[..1]) {
            sights.insert(Sight::Moved);
        }
        last = round;
    }
    let ended = cluster.end().all();
    for (process, injected) in ended.iter().zip(injected) {
        assert!(process.record.counts.injected() <= injected);
    }
}

fn look(snapshot: &Snapshot, capacity: Option<u64>, sights: &mut BTreeSet<Sight>) {
    for channel in snapshot.channels() {
        let (link, messages) = (channel.link(), channel.messages().len());
        if messages > 0 {
            sights.insert(if link.is_environment() { Sight::AtTheDoor } else { Sight::InFlight });
        }
        if !link.is_environment() && capacity.is_some_and(|capacity| messages as u64 > capacity) {
            sights.insert(Sight::Waited);
        }
    }
}

/// Nodes with an even number get messages by the handle, and others by the stream of one worker.
fn inject(cluster: &Running<Puppet>, chance: &mut Chance, injected: &mut [u64]) {
    for _ in 0..chance.below(20) {
        let index = chance.below(injected.len());
        injected[index] += 1;
        let node = NodeId::new(index as u32);
        let note = Note::from_outside(cluster.topology(), node, injected[index]);
        if index.is_multiple_of(2) {
            cluster.inject(node, note).expect("the node is up");
        } else {
            let stream = &cluster.streams[(index / 2) % cluster.streams.len()];
            stream.send(vec![(node, note)]).expect("the workers run");
        }
    }
}

/// One or more random nodes, with more nodes added so that they reach all others.
fn initiators(topology: &Topology, chance: &mut Chance) -> SnapshotOptions {
    let nodes: Vec<_> = topology.nodes().collect();
    let chosen: Vec<_> = (0..=chance.below(3)).map(|_| chance.pick(&nodes)).collect();
    SnapshotOptions::at(topology.cover_with(&chosen))
}

pub(crate) fn placement(chance: &mut Chance, workers: usize) -> Placement {
    let key = chance.below(64);
    match chance.below(4) {
        0 => Placement::blocks(),
        1 => Placement::hashed(),
        2 => Placement::few_cut_links(),
        // Some workers may have no node.
        _ => Placement::by(move |node| (node.index() ^ key) / 2 % workers),
    }
}

pub(crate) fn topology(chance: &mut Chance) -> Topology {
    let nodes = 1 + chance.below(12);
    let ring =
        |from: usize, nodes: usize| (0..nodes).map(move |i| (from + i, from + (i + 1) % nodes));
    let made = match chance.below(7) {
        0 => Topology::line(nodes),
        1 => Topology::star(nodes),
        // Parallel links.
        2 => Topology::from_links(nodes, ring(0, nodes).chain(ring(0, nodes))),
        // Links of nodes to themselves.
        3 => {
            Topology::from_links(nodes, ring(0, nodes).chain((0..nodes).flat_map(|i| [(i, i); 2])))
        }
        // Two components.
        4 => Topology::from_links(nodes + 3, ring(0, nodes).chain(ring(nodes, 3))),
        5 => Topology::complete(1 + nodes % 6),
        _ => Topology::random_strongly_connected(nodes, chance.below(2 * nodes), chance.number()),
    };
    made.expect("a topology")
}

/// Regions hold 256 nodes each, so this has some on each worker.
#[test]
fn every_cut_of_a_thousand_nodes_is_consistent() {
    finishes(|| {
        for (workers, policy) in [(1, BOTH_POLICIES[0]), (2, BOTH_POLICIES[1])] {
            let topology = Topology::random_strongly_connected(1000, 500, 7).expect("a topology");
            let settings = ClusterSettings::new().marker_policy(policy);
            let plan = Plan::new(workers, topology).with(settings);
            let cluster =
                plan.start(|node, topology| Puppet::new(node, topology).with_habit(Forwarding(1)));
            let mut last = cluster.snapshot().expect("no node fails");
            check(&last);
            for _ in 0..scaled(4) {
                let pending = [cluster.begin_snapshot(), cluster.begin_snapshot()];
                for snapshot in pending.map(|one| one.wait().expect("no node fails")) {
                    check(&snapshot);
                    check_order(&last, &snapshot);
                    last = snapshot;
                }
            }
        }
    });
}

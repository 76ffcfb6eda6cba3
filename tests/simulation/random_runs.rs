//! Random runs: topologies with parallel and self-links, overlapping snapshots, several initiators,
//! both policies, full links, faults.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::causality::Replay;
use consistent_cut::simulation::{AtRandom, Latency, Simulation};
use consistent_cut::{NodeId, SnapshotId, SnapshotOptions, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::channel_law::{self, Snapshot, progress};
use crate::chatter::chatter;
use crate::effort::scaled;
use crate::note::Note;
use crate::policies::BOTH_POLICIES;
use crate::puppet::Puppet;

/// At an effort of 1.
const RUNS: u64 = 1_400;

/// The events that must be seen sometimes, or the runs prove little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    InFlight,
    Overlap,
    OutOfOrder,
    SeveralInitiators,
    NeverOccurred,
    ParallelLinks,
    SelfLink,
    Failed,
    WithoutANode,
    Paused,
}

const ALL: [Sight; 10] = [
    Sight::InFlight,
    Sight::Overlap,
    Sight::OutOfOrder,
    Sight::SeveralInitiators,
    Sight::NeverOccurred,
    Sight::ParallelLinks,
    Sight::SelfLink,
    Sight::Failed,
    Sight::WithoutANode,
    Sight::Paused,
];

struct Run {
    simulation: Simulation<Puppet>,
    chance: Chance,
    /// The real state in which each snapshot began.
    began: Vec<(SnapshotId, Vec<u64>)>,
    /// The progress of the nodes in each real state.
    occurred: BTreeSet<Vec<u64>>,
    checked: usize,
    /// The messages injected at each node.
    injected: Vec<Vec<Note>>,
    opening: u64,
    sights: BTreeSet<Sight>,
}

#[test]
fn every_snapshot_is_between_its_beginning_and_its_end() {
    let mut sights = BTreeSet::new();
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let mut run = Run::draw(seed);
        run.finish();
        sights.extend(run.sights);
    });
    if all {
        let missing: Vec<_> = ALL.iter().filter(|sight| !sights.contains(sight)).collect();
        assert!(missing.is_empty(), "never seen: {missing:?}");
    }
}

impl Run {
    fn draw(seed: u64) -> Run {
        let mut chance = Chance::new(seed);
        let nodes = 1 + chance.below(5);
        let mut sights = BTreeSet::new();
        let links: Vec<_> =
            (0..chance.below(9)).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
        if links.iter().any(|(source, target)| source == target) {
            sights.insert(Sight::SelfLink);
        }
        if links.iter().collect::<BTreeSet<_>>().len() < links.len() {
            sights.insert(Sight::ParallelLinks);
        }
        let topology = Arc::new(Topology::from_links(nodes, links).expect("nodes and links fit"));
        let policy = chance.pick(&BOTH_POLICIES);
        let mut builder = Simulation::builder(Arc::clone(&topology)).marker_policy(policy);
        builder = builder.seed(chance.number()).latency(chance.pick(&[
            Latency::default(),
            Latency::Exponential { mean: Duration::from_millis(2) },
            Latency::HeavyTail { least: Duration::from_micros(100) },
        ]));
        if chance.one_in(4) {
            builder = builder.capacity(1 + chance.below(3));
        }
        let opening = 1 + chance.below(4) as u64;
        let start = |node| chatter(&topology, node, opening);
        let simulation = builder.traced().start(start).expect("no setting is wrong");
        Run {
            simulation,
            chance,
            began: Vec::new(),
            occurred: BTreeSet::new(),
            checked: 0,
            injected: topology.nodes().map(|_| Vec::new()).collect(),
            opening,
            sights,
        }
    }

    fn finish(&mut self) {
        for _ in 0..20 {
            self.act();
        }
        for node in self.simulation.topology().clone().nodes() {
            self.simulation.resume(node).expect("it is there");
        }
        self.go_on(100_000);
        let ended = self.simulation.snapshots().len() + self.simulation.failed_snapshots().len();
        assert_eq!(ended, self.began.len(), "every snapshot ends");
    }

    fn act(&mut self) {
        let (complete, choice) = (self.simulation.snapshots().len(), self.chance.below(12));
        self.choose(choice);
        // Only steps, and a stop, complete snapshots.
        assert!(choice <= 6 || self.simulation.snapshots().len() == complete);
    }

    fn choose(&mut self, choice: usize) {
        let count = self.simulation.topology().node_count();
        let node = NodeId::new(self.chance.below(count) as u32);
        match choice {
            0..=6 => {
                let most = 1 + self.chance.below(12);
                self.go_on(most);
            }
            7 | 8 => self.begin(),
            9 => {
                let injected = &mut self.injected[node.index()];
                let (topology, number) = (self.simulation.topology(), injected.len() as u64 + 1);
                let note = Note::from_outside(topology, node, number).with_hops(5);
                // A node that has failed accepts no message.
                if self.simulation.inject(node, note.clone()).is_ok() {
                    injected.push(note);
                }
            }
            10 if self.chance.one_in(3) => {
                self.simulation.pause(node).expect("it is there");
                self.sights.insert(Sight::Paused);
            }
            11 if self.chance.one_in(6) => {
                self.simulation.fail(node).expect("it is there");
                if !self.simulation.failed_snapshots().is_empty() {
                    self.sights.insert(Sight::Failed);
                }
            }
            _ => {}
        }
    }

    /// Takes steps one by one, by time or at random. Looks at some states, and at each state in
    /// which a snapshot has ended.
    fn go_on(&mut self, most: usize) {
        let by_time = self.chance.one_in(2);
        let mut at_random = AtRandom::new(self.chance.number());
        for _ in 0..most {
            let went_on = if by_time {
                self.simulation.advance().is_some()
            } else {
                self.simulation.run_by(&mut at_random, 1) == Ok(1)
            };
            if !went_on {
                return;
            }
            let topology = self.simulation.topology();
            let received = topology.nodes().filter_map(|node| self.simulation.process(node));
            self.occurred
                .insert(received.flat_map(|node| node.record.counts.received.clone()).collect());
            let ended = self.simulation.snapshots().len() > self.checked;
            if ended || self.chance.one_in(3) {
                self.look();
            }
        }
    }

    fn begin(&mut self) {
        let topology = Arc::clone(self.simulation.topology());
        let nodes: Vec<_> = topology.nodes().filter(|_| self.chance.one_in(2)).collect();
        let before = self.simulation.global_state();
        let begun = match self.simulation.begin_snapshot_with(SnapshotOptions::at(&nodes)) {
            Err(_) => self.simulation.begin_snapshot(),
            Ok(id) => {
                if nodes.len() > 1 {
                    self.sights.insert(Sight::SeveralInitiators);
                }
                Ok(id)
            }
        };
        if let (Ok(id), Some(before)) = (begun, before) {
            let ended =
                self.simulation.snapshots().len() + self.simulation.failed_snapshots().len();
            if ended < self.began.len() {
                self.sights.insert(Sight::Overlap);
            }
            self.began.push((id, progress(&before)));
        }
    }

    fn look(&mut self) {
        let Some(state) = self.simulation.global_state() else { return };
        channel_law::check(&state);
        for snapshot in &self.simulation.snapshots()[self.checked..] {
            check(snapshot, &self.began, &state);
            self.prove(snapshot, &state);
            self.sights.extend(sights_of(snapshot, &self.occurred));
        }
        let ids = self.simulation.snapshots().iter().map(|snapshot| snapshot.id());
        if !ids.is_sorted() {
            self.sights.insert(Sight::OutOfOrder);
        }
        self.checked = self.simulation.snapshots().len();
    }
}

impl Run {
    /// Theorem 1 by a replay: fresh processes come to the recorded state by the events before the
    /// cut, and to the state in which the snapshot ended by the other events.
    fn prove(&self, snapshot: &Snapshot, end: &Snapshot) {
        let (trace, topology) = (self.simulation.trace().expect("traced"), snapshot.topology());
        let cut = trace.cut_of(snapshot.id()).expect("some node has recorded");
        cut.check_snapshot(trace, snapshot).unwrap_or_else(|error| panic!("{error}: {snapshot}"));
        let witness = trace.witness(&cut).expect("the cut is consistent");
        let ends = [trace.began(snapshot.id()), trace.ended(snapshot.id())];
        let [Some(began), Some(ended)] = ends else { panic!("some node has recorded") };
        for &(node, _) in &snapshot.states().collect::<Vec<_>>() {
            let [began, at_cut, ended] = [&began, &cut, &ended].map(|cut| cut.events_of(node));
            assert!(began <= at_cut && at_cut <= ended, "S* lies between S_b and S_e");
        }
        let fresh = |node| chatter(topology, node, self.opening);
        let mut replay = Replay::new(trace, fresh);
        for (node, notes) in topology.nodes().zip(&self.injected) {
            notes.iter().for_each(|note| replay.inject(node, note.clone()));
        }
        replay.run(witness.before()).expect("as it was");
        replay.compare(snapshot).unwrap_or_else(|error| panic!("at the cut: {error}"));
        replay.run(witness.after()).expect("as it was");
        replay.compare(end).unwrap_or_else(|error| panic!("at the end: {error}"));
    }
}

/// Nodes only go forward, so their progress at the cut lies between that at the beginning and that
/// at the end of the snapshot.
fn check(snapshot: &Snapshot, began: &[(SnapshotId, Vec<u64>)], end: &Snapshot) {
    channel_law::check(snapshot);
    // Where a node has failed in between, the two do not compare.
    let (_, beginning) = began.iter().find(|(id, _)| *id == snapshot.id()).expect("it was begun");
    let (cut, end) = (progress(snapshot), progress(end));
    if beginning.len() == cut.len() && cut.len() == end.len() {
        let is_up = |from: &[u64], to: &[u64]| from.iter().zip(to).all(|(from, to)| from <= to);
        assert!(is_up(beginning, &cut) && is_up(&cut, &end), "{beginning:?} {cut:?} {end:?}");
    }
}

fn sights_of(snapshot: &Snapshot, occurred: &BTreeSet<Vec<u64>>) -> Vec<Sight> {
    let whole = snapshot.failures().is_empty();
    let cases = [
        (snapshot.in_flight().next().is_some(), Sight::InFlight),
        (whole && !occurred.contains(&progress(snapshot)), Sight::NeverOccurred),
        (!whole, Sight::WithoutANode),
    ];
    cases.into_iter().filter_map(|(is_seen, sight)| is_seen.then_some(sight)).collect()
}

//! Random runs of a system whose real state is known: what a detector finds in a snapshot, against the states in which that began and ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::simulation::{Algorithm, AtRandom, Clock, Latency, PhysicalTime, Simulation};
use consistent_cut::{GlobalSnapshot, MarkerPolicy, NodeId, Process, SnapshotId, Topology};

use crate::chance::{Chance, for_each_seed};

/// Runs of each detector.
pub(crate) const RUNS: u64 = 20_000;

/// The first of them, in which whatever has to be seen sometimes is seen.
const WATCHED: u64 = 2_000;

/// What a process of this kind is recorded as.
pub(crate) type State<P> = GlobalSnapshot<<P as Process>::State, <P as Process>::Message>;

/// Processes, and a detector that finds certain things of theirs.
pub(crate) trait Subject: Process + Sized {
    type Thing: Ord + Copy + Debug;

    /// A system, not yet running.
    fn draw(chance: &mut Chance, algorithm: Algorithm) -> Simulation<Self>;

    /// Something happens from outside. `is_quiet` says that no snapshot is under way.
    fn disturb(simulation: &mut Simulation<Self>, chance: &mut Chance, is_quiet: bool);

    /// By the detector.
    fn find(state: &State<Self>) -> BTreeSet<Self::Thing>;

    /// As somebody would who does not look at messages, or at other nodes.
    fn find_naively(state: &State<Self>) -> BTreeSet<Self::Thing>;

    /// By other means than the detector's.
    fn truth(state: &State<Self>) -> BTreeSet<Self::Thing>;

    /// Whether a thing is there at all, for the detector to find.
    fn is_there(state: &State<Self>, thing: Self::Thing) -> bool;

    /// Whether what was found in a snapshot is as it was, long after.
    fn is_as_it_was(then: &State<Self>, now: &State<Self>, thing: Self::Thing) -> bool;

    /// All that is to be found where nothing is left to happen.
    fn at_rest(state: &State<Self>) -> BTreeSet<Self::Thing>;

    /// How far a node has come.
    fn progress(&self) -> u64;

    fn recorded_progress(state: &Self::State) -> u64;

    /// A snapshot is complete, and this was found in it.
    fn use_finding(
        _simulation: &mut Simulation<Self>,
        _chance: &mut Chance,
        _found: &BTreeSet<Self::Thing>,
    ) {
    }

    /// What else should be seen sometimes.
    fn sights(state: &State<Self>) -> Vec<&'static str>;
}

/// What is wrong with what a detector has found in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// It was not so when the snapshot ended.
    FalseAlarm,
    /// It was so when the snapshot began.
    Missed,
}

pub(crate) struct Run<P: Subject> {
    simulation: Simulation<P>,
    chance: Chance,
    by_time: bool,
    /// Whether it is of interest what is to be seen.
    is_watched: bool,
    began: BTreeMap<SnapshotId, BTreeSet<P::Thing>>,
    /// In each snapshot, in the order in which they were completed.
    found: Vec<BTreeSet<P::Thing>>,
    occurred: BTreeSet<Vec<u64>>,
    pub(crate) wrong: BTreeSet<Wrong>,
    pub(crate) sights: BTreeSet<&'static str>,
}

/// Every seed: nothing is ever wrong, and all of this is seen sometimes.
pub(crate) fn all_are_right<P: Subject>(seeds: u64, expected: &[&str]) {
    let mut sights = BTreeSet::new();
    let all = for_each_seed(0..seeds, |seed| {
        let run = Run::<P>::finished(seed, |_, _| Algorithm::ChandyLamport);
        assert_eq!(run.wrong, BTreeSet::new());
        sights.extend(run.sights);
    });
    if all {
        let missing: Vec<_> = expected.iter().filter(|sight| !sights.contains(*sight)).collect();
        assert!(missing.is_empty(), "never seen: {missing:?}");
    }
}

/// What goes wrong with another algorithm.
pub(crate) fn wrong_with<P: Subject>(
    seeds: u64,
    algorithm: fn(&mut Chance, usize) -> Algorithm,
) -> BTreeSet<Wrong> {
    let mut wrong = BTreeSet::new();
    for_each_seed(0..seeds, |seed| wrong.extend(Run::<P>::finished(seed, algorithm).wrong));
    wrong
}

/// Clocks that are off by up to so much.
pub(crate) fn wrong_clocks(chance: &mut Chance, nodes: usize) -> Algorithm {
    let ms = Duration::from_millis;
    let clocks = PhysicalTime::new(ms(5), ms(20));
    Algorithm::PhysicalTime((0..nodes as u32).fold(clocks, |clocks, node| {
        clocks.clock(NodeId::new(node), Clock::behind(ms(chance.below(12) as u64)))
    }))
}

/// Nodes in pairs that are linked in both directions, and all of them connected.
pub(crate) fn pairs(chance: &mut Chance, least: usize, most: usize) -> Topology {
    let nodes = least + chance.below(most + 1 - least);
    let mut links = Vec::new();
    for node in 1..nodes {
        let other = chance.below(node);
        links.extend([(node, other), (other, node)]);
    }
    for _ in 0..chance.below(4) {
        let (one, other) = (chance.below(nodes), chance.below(nodes));
        if one != other {
            links.extend([(one, other), (other, one)]);
        }
    }
    Topology::from_links(nodes, links).expect("nodes and links fit")
}

pub(crate) fn latency(chance: &mut Chance) -> Latency {
    let ms = Duration::from_millis;
    chance.pick(&[Latency::default(), Latency::Uniform(ms(1), ms(6))])
}

pub(crate) fn policy(chance: &mut Chance) -> MarkerPolicy {
    chance.pick(&[MarkerPolicy::Overtaking, MarkerPolicy::InOrder])
}

impl<P: Subject> Run<P> {
    pub(crate) fn finished(
        seed: u64,
        algorithm: impl FnOnce(&mut Chance, usize) -> Algorithm,
    ) -> Self {
        let mut chance = Chance::new(seed);
        // No system has more nodes.
        let algorithm = algorithm(&mut chance, 8);
        let mut run = Run {
            simulation: P::draw(&mut chance, algorithm),
            by_time: chance.one_in(2),
            is_watched: seed < WATCHED,
            chance,
            began: BTreeMap::new(),
            found: Vec::new(),
            occurred: BTreeSet::new(),
            wrong: BTreeSet::new(),
            sights: BTreeSet::new(),
        };
        for _ in 0..5 {
            run.act();
        }
        run.finish();
        run
    }

    fn act(&mut self) {
        match self.chance.below(10) {
            0..=5 => {
                let most = 1 + self.chance.below(12);
                self.go_on(most);
            }
            6..=8 => self.begin(),
            _ => {
                let is_quiet = self.under_way() == 0;
                P::disturb(&mut self.simulation, &mut self.chance, is_quiet);
            }
        }
    }

    /// Often a last snapshot is taken when nothing else is left to happen.
    fn finish(&mut self) {
        self.go_on(100_000);
        let is_at_rest = self.chance.one_in(3);
        if is_at_rest {
            self.begin();
            self.go_on(100_000);
        }
        assert_eq!(self.under_way(), 0, "every snapshot ends");
        if !is_at_rest && self.found.iter().all(BTreeSet::is_empty) {
            return;
        }
        let Some(end) = self.simulation.global_state() else { return };
        if let Some(last) = self.found.last().filter(|_| is_at_rest) {
            let still_there = last.iter().copied().filter(|thing| P::is_there(&end, *thing));
            self.note(still_there.collect::<BTreeSet<_>>() != P::at_rest(&end), Wrong::Missed);
        }
        for (snapshot, found) in self.simulation.snapshots().iter().zip(&self.found) {
            let has_moved = |thing: &P::Thing| {
                P::is_there(&end, *thing) && !P::is_as_it_was(snapshot, &end, *thing)
            };
            if found.iter().any(has_moved) {
                self.wrong.insert(Wrong::FalseAlarm);
            }
        }
    }

    fn under_way(&self) -> usize {
        self.began.len()
            - self.simulation.snapshots().len()
            - self.simulation.failed_snapshots().len()
    }

    fn note(&mut self, is_wrong: bool, wrong: Wrong) {
        if is_wrong {
            self.wrong.insert(wrong);
        }
    }

    fn begin(&mut self) {
        let Some(state) = self.simulation.global_state() else { return };
        let topology = Arc::clone(self.simulation.topology());
        let nodes: Vec<_> = topology.nodes().filter(|_| self.chance.one_in(2)).collect();
        let begun = self.simulation.begin_snapshot_from(&nodes);
        let begun = begun.or_else(|_| self.simulation.begin_snapshot());
        if self.under_way() > 0 {
            self.sights.insert("overlap");
        }
        self.began.insert(begun.expect("not all are down"), P::truth(&state));
    }

    fn go_on(&mut self, most: usize) {
        let mut at_random = AtRandom::new(self.chance.number());
        for _ in 0..most {
            let went_on = if self.by_time {
                self.simulation.advance().is_some()
            } else {
                self.simulation.run_by(&mut at_random, 1) == Ok(1)
            };
            if !went_on {
                return;
            }
            if self.is_watched
                && (self.under_way() > 0 || self.simulation.snapshots().len() > self.found.len())
            {
                let nodes = self.simulation.topology().nodes();
                let progress = nodes.filter_map(|node| self.simulation.process(node));
                self.occurred.insert(progress.map(P::progress).collect());
            }
            if self.simulation.snapshots().len() > self.found.len() {
                self.check();
            }
        }
    }

    /// Of the snapshots that have just been completed.
    fn check(&mut self) {
        let end = self.simulation.global_state().expect("somebody has completed it");
        let truth = P::truth(&end);
        assert_eq!(P::find(&end), truth, "in the real state: {truth:?}");
        let complete = self.simulation.snapshots()[self.found.len()..].to_vec();
        for snapshot in complete {
            let found = P::find(&snapshot);
            let began = &self.began[&snapshot.id()];
            let mut alarms = found.difference(&truth);
            let mut misses = began.difference(&found);
            let is_false_alarm = alarms.any(|thing| P::is_there(&end, *thing));
            let is_missed = misses.any(|thing| P::is_there(&snapshot, *thing));
            if self.is_watched {
                self.see(&snapshot, &found, &truth);
            }
            self.note(is_false_alarm, Wrong::FalseAlarm);
            self.note(is_missed, Wrong::Missed);
            P::use_finding(&mut self.simulation, &mut self.chance, &found);
            self.found.push(found);
        }
    }

    fn see(
        &mut self,
        snapshot: &State<P>,
        found: &BTreeSet<P::Thing>,
        at_the_end: &BTreeSet<P::Thing>,
    ) {
        let began = &self.began[&snapshot.id()];
        let progress: Vec<_> =
            snapshot.states().map(|(_, state)| P::recorded_progress(state)).collect();
        let is_whole = snapshot.down().is_empty();
        let cases = [
            (!found.is_empty(), "found"),
            (found.is_empty(), "nothing found"),
            (found != began && found != at_the_end, "between beginning and end"),
            (found != began && found == at_the_end, "found early"),
            (found == began && found != at_the_end, "not yet found"),
            (is_whole && !self.occurred.contains(&progress), "never occurred"),
            (!is_whole, "a node was down"),
            (P::find_naively(snapshot) != *found, "the naive way is wrong"),
        ];
        self.sights.extend(cases.iter().filter(|(is_so, _)| *is_so).map(|(_, sight)| sight));
        self.sights.extend(P::sights(snapshot));
    }
}

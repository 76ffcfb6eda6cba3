//! Random runs of a system whose real state is known. The findings of a detector in a snapshot are
//! compared with the states in which the snapshot began and ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use consistent_cut::simulation::{Algorithm, AtRandom, Latency, Simulation};
use consistent_cut::{SnapshotId, SnapshotOptions, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::look::{Look, Wrong};
use crate::policies::BOTH_POLICIES;
use crate::skew::{LEAST, MOST};
use crate::subject::{State, Subject};

/// Runs of each detector, at an effort of 1. These first runs show all events that have to be seen
/// sometimes.
const WATCHED: u64 = 1_400;

/// Runs with another algorithm, at an effort of 1, of which some go wrong.
pub(crate) const GOING_WRONG: u64 = 200;

/// The events that have to be seen sometimes for every detector, or the runs prove little.
const EXPECTED: [&str; 7] = [
    "found",
    "nothing found",
    "found early",
    "not yet found",
    "never occurred",
    "overlap",
    "the naive way is wrong",
];

/// More steps than any run takes.
const TO_THE_END: usize = 100_000;

/// The algorithm of a run's snapshots, where it is drawn too.
pub(crate) type DrawAlgorithm = fn(&mut Chance, &Topology) -> Algorithm;

pub(crate) struct Run<P: Subject> {
    simulation: Simulation<P>,
    chance: Chance,
    pub(crate) is_by_time: bool,
    /// Whether the run collects the events that it shows.
    is_watched: bool,
    /// Only a snapshot, and its use, are left to happen.
    is_at_rest: bool,
    /// The states in which snapshots began that are under way or have failed.
    began: BTreeMap<SnapshotId, Arc<State<P>>>,
    /// The looks, in the order in which the snapshots were completed.
    pub(crate) looks: Vec<Look<P>>,
    occurred: BTreeSet<Vec<u64>>,
    pub(crate) wrong: BTreeSet<Wrong>,
    sights: BTreeSet<&'static str>,
}

/// Over every seed, the detector makes no error, and all expected events are seen sometimes.
pub(crate) fn all_are_right<P: Subject>(expected: &[&str]) {
    let mut sights = BTreeSet::new();
    let all = for_each_seed(0..scaled(WATCHED), |seed| {
        let mut run = Run::<P>::draw(seed, |_, _| Algorithm::ChandyLamport);
        run.is_watched = seed < WATCHED;
        run.go_to_the_end();
        assert_eq!(run.wrong, BTreeSet::new());
        run.looks.iter().for_each(P::assert_right);
        sights.extend(run.sights);
    });
    let expected = EXPECTED.iter().chain(expected);
    let missing: Vec<_> = expected.filter(|sight| !sights.contains(*sight)).collect();
    assert!(!all || missing.is_empty(), "never seen: {missing:?}");
}

/// The errors with another algorithm.
pub(crate) fn wrong_with<P: Subject>(algorithm: DrawAlgorithm) -> BTreeSet<Wrong> {
    let mut wrong = BTreeSet::new();
    for_each_seed(0..scaled(GOING_WRONG), |seed| {
        let mut run = Run::<P>::draw(seed, algorithm);
        run.go_to_the_end();
        wrong.extend(run.wrong);
    });
    wrong
}

/// Under either marker policy, with messages that take any time.
fn draw<P: Subject>(chance: &mut Chance, algorithm: DrawAlgorithm) -> Simulation<P> {
    let topology = Arc::new(P::topology(chance));
    let latency = chance.pick(&[
        Latency::default(),
        Latency::Uniform(LEAST, MOST),
        Latency::Exponential { mean: LEAST },
        Latency::HeavyTail { least: LEAST / 20 },
    ]);
    let builder = Simulation::builder(Arc::clone(&topology))
        .algorithm(algorithm(chance, &topology))
        .marker_policy(chance.pick(&BOTH_POLICIES))
        .latency(latency)
        .seed(chance.number())
        .without_schedule();
    P::start(builder, &topology, chance)
}

impl<P: Subject> Run<P> {
    pub(crate) fn draw(seed: u64, algorithm: DrawAlgorithm) -> Self {
        let mut chance = Chance::new(seed);
        Run {
            simulation: draw(&mut chance, algorithm),
            is_by_time: chance.one_in(2),
            is_watched: false,
            is_at_rest: false,
            chance,
            began: BTreeMap::new(),
            looks: Vec::new(),
            occurred: BTreeSet::new(),
            wrong: BTreeSet::new(),
            sights: BTreeSet::new(),
        }
    }

    pub(crate) fn go_to_the_end(&mut self) {
        for _ in 0..5 {
            self.act();
        }
        self.finish();
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
                // Only a node that has failed may have been missing.
                self.look();
            }
        }
    }

    /// A last snapshot is taken when nothing else is left to happen.
    fn finish(&mut self) {
        self.go_on(TO_THE_END);
        assert!(self.simulation.enabled().is_empty(), "it comes to rest");
        self.is_at_rest = true;
        let looks = self.looks.len();
        self.begin();
        self.go_on(TO_THE_END);
        assert!(self.simulation.enabled().is_empty(), "it is at rest again");
        assert_eq!(self.under_way(), 0, "every snapshot ends");
        // No snapshot was taken if all nodes have failed.
        for last in &self.looks[looks..] {
            self.wrong.extend(last.wrong_at_rest());
        }
        self.compare_all();
    }

    fn under_way(&self) -> usize {
        self.began.len() - self.simulation.failed_snapshots().len()
    }

    fn begin(&mut self) {
        let Some(state) = self.simulation.global_state() else { return };
        let topology = Arc::clone(self.simulation.topology());
        let nodes: Vec<_> = topology.nodes().filter(|_| self.chance.one_in(2)).collect();
        let begun = self.simulation.begin_snapshot_with(SnapshotOptions::at(&nodes));
        let begun = begun.or_else(|_| self.simulation.begin_snapshot());
        if self.under_way() > 0 {
            self.sights.insert("overlap");
        }
        self.began.insert(begun.expect("not all have failed"), Arc::new(state));
    }

    fn go_on(&mut self, most: usize) {
        let mut at_random = AtRandom::new(self.chance.number());
        for _ in 0..most {
            let went_on = if self.is_by_time {
                self.simulation.advance().is_some()
            } else {
                self.simulation.run_by(&mut at_random, 1) == Ok(1)
            };
            if !went_on {
                return;
            }
            let is_complete = self.simulation.snapshots().len() > self.looks.len();
            if self.is_watched && (is_complete || self.under_way() > 0) {
                self.note_progress();
            }
            if is_complete {
                self.look();
            }
        }
    }

    fn note_progress(&mut self) {
        let nodes = self.simulation.topology().nodes();
        let processes = nodes.filter_map(|node| self.simulation.process(node));
        self.occurred.insert(processes.map(|process| P::progress(&process.state())).collect());
    }

    /// Looks at the snapshots that have just been completed.
    fn look(&mut self) {
        while let Some(snapshot) = self.simulation.snapshots().get(self.looks.len()).cloned() {
            let began = self.began.remove(&snapshot.id()).expect("it was begun");
            let ended = if self.is_at_rest {
                Arc::clone(&began)
            } else {
                Arc::new(self.simulation.global_state().expect("some node has completed it"))
            };
            let found = P::find(&snapshot);
            P::use_finding(&mut self.simulation, &mut self.chance, &found);
            self.looks.push(Look { snapshot, found, began, ended });
        }
    }

    fn compare_all(&mut self) {
        let Some(last) = self.looks.last() else { return };
        let at_the_end = &last.ended;
        for look in &self.looks {
            let truth = look.truth(at_the_end);
            self.wrong.extend(look.wrong(&truth, at_the_end));
            if self.is_watched {
                self.sights.extend(look.sights(&truth));
                let progress = look.snapshot.states().map(|(_, state)| P::progress(state));
                let is_known = self.occurred.contains(&progress.collect::<Vec<_>>());
                let has_occurred = is_known || !look.snapshot.failures().is_empty();
                self.sights.extend((!has_occurred).then_some("never occurred"));
            }
        }
    }
}

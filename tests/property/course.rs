//! Random runs with snapshots, and what was really true when each began and ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::simulation::{
    Algorithm, AtRandom, Clock, Latency, PhysicalTime, Simulation, SimulationBuilder, SnapshotOf,
};
use consistent_cut::{
    Detection, GlobalSnapshot, MarkerPolicy, NodeId, Process, SnapshotId, StableProperty, Topology,
};

use crate::chance::Chance;

pub(crate) const LEAST: Duration = Duration::from_millis(2);
pub(crate) const MOST: Duration = Duration::from_millis(9);

/// Who chooses the next step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    ByTime,
    AtRandom,
}

/// A simulation, and for each snapshot what `truth` told when it began and when it ended.
pub(crate) struct Course<P: Process> {
    pub(crate) simulation: Simulation<P>,
    pub(crate) chance: Chance,
    order: Order,
    truth: fn(&Simulation<P>) -> u64,
    began: BTreeMap<SnapshotId, Moment<P>>,
    pub(crate) looks: Vec<Look<P>>,
}

/// One snapshot and the real states between which it was taken.
pub(crate) struct Look<P: Process> {
    pub(crate) snapshot: SnapshotOf<P>,
    pub(crate) began: Moment<P>,
    pub(crate) ended: Moment<P>,
}

/// A real state, and the truth about it.
pub(crate) struct Moment<P: Process> {
    pub(crate) state: GlobalSnapshot<P::State, P::Message>,
    pub(crate) truth: u64,
}

/// Up to five nodes, with parallel links and self-links.
pub(crate) fn any_topology(chance: &mut Chance) -> Arc<Topology> {
    let nodes = 1 + chance.below(5);
    let links: Vec<_> =
        (0..chance.below(9)).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
    Arc::new(Topology::from_links(nodes, links).expect("nodes and links fit"))
}

/// Markers under either policy, and envelopes that travel for any time.
pub(crate) fn any_builder<P: Process>(
    topology: &Arc<Topology>,
    chance: &mut Chance,
) -> SimulationBuilder<P> {
    let policy = chance.pick(&[MarkerPolicy::Overtaking, MarkerPolicy::InOrder]);
    let latency = chance.pick(&[
        Latency::default(),
        Latency::Uniform(LEAST, MOST),
        Latency::Exponential { mean: LEAST },
        Latency::HeavyTail { least: LEAST / 20 },
    ]);
    let builder = Simulation::builder(Arc::clone(topology)).marker_policy(policy);
    builder.seed(chance.number()).latency(latency).without_schedule()
}

/// Clocks that differ by up to so much, and nodes that wait so long for what is late.
pub(crate) fn clocks(
    chance: &mut Chance,
    topology: &Topology,
    skew: Duration,
    patience: Duration,
) -> Algorithm {
    let time = topology.nodes().fold(PhysicalTime::new(skew, patience), |time, node| {
        let off = Duration::from_nanos(chance.below(skew.as_nanos() as usize / 2 + 1) as u64);
        let is_ahead = chance.one_in(2);
        time.clock(node, if is_ahead { Clock::ahead(off) } else { Clock::behind(off) })
    });
    Algorithm::PhysicalTime(time)
}

impl<P: Process> Course<P> {
    pub(crate) fn new(
        simulation: Simulation<P>,
        chance: Chance,
        order: Order,
        truth: fn(&Simulation<P>) -> u64,
    ) -> Self {
        Course { simulation, chance, order, truth, began: BTreeMap::new(), looks: Vec::new() }
    }

    pub(crate) fn any_node(&mut self) -> NodeId {
        NodeId::new(self.chance.below(self.simulation.topology().node_count()) as u32)
    }

    fn moment(&self) -> Option<Moment<P>> {
        let state = self.simulation.global_state()?;
        Some(Moment { state, truth: (self.truth)(&self.simulation) })
    }

    /// Takes steps one by one.
    pub(crate) fn go_on(&mut self, most: usize) {
        let mut at_random = AtRandom::new(self.chance.number());
        for _ in 0..most {
            let went_on = match self.order {
                Order::ByTime => self.simulation.advance().is_some(),
                Order::AtRandom => self.simulation.run_by(&mut at_random, 1) == Ok(1),
            };
            if !went_on {
                return;
            }
            self.look();
        }
    }

    fn look(&mut self) {
        for seen in self.looks.len()..self.simulation.snapshots().len() {
            let snapshot = Arc::clone(&self.simulation.snapshots()[seen]);
            let began = self.began.remove(&snapshot.id()).expect("it was begun");
            let ended = self.moment().expect("a node is up");
            self.looks.push(Look { snapshot, began, ended });
        }
    }

    /// Begins a snapshot, unless every node is down.
    pub(crate) fn begin(&mut self) {
        let Some(moment) = self.moment() else { return };
        let id = self.simulation.begin_snapshot().expect("a node is up");
        self.began.insert(id, moment);
    }

    /// Takes snapshots while the system goes on by itself, to its end, and one after that. Returns the truth at the end.
    pub(crate) fn finish(&mut self) -> u64 {
        for _ in 0..1 + self.chance.below(4) {
            self.begin();
            let most = self.chance.below(30);
            self.go_on(most);
        }
        self.go_on(100_000);
        self.begin();
        self.go_on(100_000);
        assert!(self.simulation.enabled().is_empty(), "it comes to rest");
        assert!(self.began.is_empty(), "every snapshot ends");
        (self.truth)(&self.simulation)
    }
}

/// What a snapshot said that is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// True in the snapshot, false when it ended.
    FalseAlarm,
    /// False in the snapshot, true when it began.
    Missed,
}

/// Compares a verdict with what was real; the property itself has to see the real states as they are.
pub(crate) fn compare<P: Process>(
    property: &StableProperty<P::State, P::Message>,
    look: &Look<P>,
    is_true: impl Fn(u64) -> bool,
) -> (Detection<P::State, P::Message>, Option<Wrong>) {
    let predicate = property.clone().into_predicate();
    for moment in [&look.began, &look.ended] {
        assert_eq!(predicate.evaluate(&moment.state).is_ok(), is_true(moment.truth));
    }
    let detection = property.detect(&look.snapshot);
    let wrong = match &detection {
        Detection::HoldsNow(_) => (!is_true(look.ended.truth)).then_some(Wrong::FalseAlarm),
        Detection::DidNotHoldAtStart(_) => is_true(look.began.truth).then_some(Wrong::Missed),
    };
    (detection, wrong)
}

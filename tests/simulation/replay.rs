//! Schedules: a written schedule replays the run.

use std::time::Duration;

use consistent_cut::simulation::{Action, AtRandom, Latency, Schedule, Simulation, Step};
use consistent_cut::{NodeId, Topology};

use crate::chatter::chatter;
use crate::note::Note;
use crate::puppet::Puppet;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn fresh() -> Simulation<Puppet> {
    let topology = Topology::random_strongly_connected(6, 9, 5).expect("six nodes");
    let builder = Simulation::builder(topology.clone()).seed(11);
    let builder = builder
        .latency(Latency::Exponential { mean: ms(3) })
        .link_capacity(consistent_cut::LinkId::new(2), 1);
    builder.start(|node| chatter(&topology, node, 3)).expect("no setting is wrong")
}

fn injected(node: NodeId, nth: u64) -> Note {
    Note::from_outside(fresh().topology(), node, nth + 1).with_hops(4)
}

/// A run with all kinds of steps, by time and at random.
fn eventful() -> Simulation<Puppet> {
    let mut simulation = fresh();
    let node = NodeId::new;
    simulation.run(20);
    simulation.begin_snapshot().expect("no node has failed");
    simulation.pause(node(2)).expect("it is there");
    (0..3).for_each(|nth| simulation.inject(node(1), injected(node(1), nth)).expect("it is up"));
    simulation.run_by(&mut AtRandom::new(4), 60).expect("it chooses what is possible");
    simulation.resume(node(2)).expect("it is there");
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run_until(ms(200));
    simulation.stop_node(node(3)).expect("it is there");
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run(5);
    simulation.fail(node(4)).expect("it is there");
    simulation.run(10_000);
    simulation
}

/// All that a simulation tells.
fn text(simulation: &Simulation<Puppet>) -> String {
    format!(
        "{:?} {:?} {:?} {:?}",
        simulation.now(),
        simulation.global_state(),
        simulation.snapshots(),
        simulation.failed_snapshots(),
    )
}

#[test]
fn a_schedule_replays_to_the_letter() {
    let first = eventful();
    assert!(first.snapshots().len() >= 2, "{first:?}");
    let written = first.schedule().to_string();
    let read: Schedule = written.parse().expect("it was written by a schedule");
    let mut again = fresh();
    again.replay(&read, injected).expect("it is the same simulation");
    assert_eq!(again.schedule().to_string(), written);
    assert_eq!(text(&again), text(&first));
}

/// A hash of the schedule that is the same in each build and on each machine: FNV-1a.
#[test]
fn the_same_seed_gives_the_same_schedule_everywhere() {
    let written = eventful().schedule().to_string();
    let hash = written.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    assert_eq!((written.lines().count(), hash), (439, 10_871_127_048_343_818_727), "\n{written}");
}

#[test]
fn another_simulation_refuses_the_schedule_at_the_first_difference() {
    let schedule = eventful().schedule();
    let topology = Topology::ring(6).expect("six nodes are a ring");
    let mut other = Simulation::builder(topology.clone())
        .start(|node| chatter(&topology, node, 0))
        .expect("no setting is wrong");
    let error = other.replay(&schedule, injected).expect_err("nothing is on its links");
    assert_eq!(error.index, 0);
    assert!(matches!(error.action, Action::Step(Step::Deliver(_))), "{error}");
    assert!(error.to_string().contains("deliver link"), "{error}");
}

#[test]
fn a_simulation_may_write_nothing() {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let builder = Simulation::builder(topology.clone()).without_schedule();
    let mut simulation = builder.start(|node| chatter(&topology, node, 3)).expect("fine");
    assert!(simulation.run(1000) > 0);
    assert_eq!(simulation.schedule(), Schedule::default());
}

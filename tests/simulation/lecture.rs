//! The lecture's pictures, step by step: two nodes, a token, and the snapshot of each algorithm.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::causality::{Cut, CutError};
use consistent_cut::simulation::{Algorithm, Clock, Latency, PhysicalTime, Simulation, Step};
use consistent_cut::{
    Context, GlobalSnapshot, Link, LinkId, NodeId, Process, SnapshotId, SnapshotOptions, Topology,
};

const ONE: NodeId = NodeId::new(0);
const TWO: NodeId = NodeId::new(1);
const TO_TWO: LinkId = LinkId::new(0);
const TO_ONE: LinkId = LinkId::new(1);
const MINUTE: Duration = Duration::from_secs(60);
const SNAPSHOT: SnapshotId = SnapshotId::new(1);

struct Holder {
    has_token: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Token,
    /// From outside: send it, if you have it.
    Pass,
}

impl Process for Holder {
    type State = bool;
    type Message = Word;

    fn on_message(&mut self, _: Link, word: Word, ctx: &mut Context<'_, Word>) {
        match word {
            Word::Token => self.has_token = true,
            Word::Pass if std::mem::take(&mut self.has_token) => {
                ctx.send_on(ctx.out_links()[0], Word::Token);
            }
            Word::Pass => {}
        }
    }

    fn state(&self) -> bool {
        self.has_token
    }
}

/// Node 1 has the token, and the time is 11:59.
fn simulation(algorithm: Algorithm) -> Simulation<Holder> {
    let ring = Topology::ring(2).expect("two nodes are a ring");
    let builder =
        Simulation::builder(ring).algorithm(algorithm).latency(Latency::Constant(MINUTE / 2));
    builder.traced().start(|node| Holder { has_token: node == ONE }).expect("no setting is wrong")
}

fn pass(simulation: &mut Simulation<Holder>) {
    simulation.inject(ONE, Word::Pass).expect("the node is there");
    take(simulation, &[Step::Handle(ONE)]);
}

fn take(simulation: &mut Simulation<Holder>, steps: &[Step]) {
    for step in steps {
        simulation.step(*step).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn the_snapshot(
    simulation: &Simulation<Holder>,
) -> Arc<GlobalSnapshot<<Holder as Process>::State, <Holder as Process>::Message>> {
    let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
    snapshot.clone()
}

/// The recorded states of the nodes, and the messages in flight in the snapshot.
fn recorded(simulation: &Simulation<Holder>) -> ([bool; 2], usize) {
    let snapshot = the_snapshot(simulation);
    ([*snapshot.state(ONE), *snapshot.state(TWO)], snapshot.in_flight().count())
}

fn cut(simulation: &Simulation<Holder>) -> Cut {
    let trace = simulation.trace().expect("it is traced");
    trace.cut_of(SNAPSHOT).expect("all have recorded")
}

fn physical(second: Clock) -> Algorithm {
    Algorithm::PhysicalTime(PhysicalTime::new(MINUTE, MINUTE).clock(TWO, second))
}

/// At 11:59, 11:59 the token is on its way. At 12:00, 12:00 no node has it. Then it comes, sent
/// before noon.
#[test]
fn with_clocks_that_agree_physical_time_finds_the_token_on_its_link() {
    let mut simulation = simulation(physical(Clock::exact()));
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run_until(MINUTE * 3 / 4);
    pass(&mut simulation);
    simulation.run_until(MINUTE);
    assert_eq!(simulation.snapshots().len(), 0, "noon, and the links are still recorded");
    simulation.run_until(MINUTE * 3);
    assert_eq!(recorded(&simulation), ([false, false], 1));
    let trace = simulation.trace().expect("it is traced");
    cut(&simulation).check_snapshot(trace, &the_snapshot(&simulation)).expect("it is right");
}

/// The clocks show 11:59, 11:58. At 12:00, 11:59 node 1 records the token and then sends it, and
/// node 2 has it before its own noon. At 12:01, 12:00 node 2 records the token too.
#[test]
fn with_clocks_that_differ_physical_time_finds_two_tokens() {
    let mut simulation = simulation(physical(Clock::behind(MINUTE)));
    simulation.begin_snapshot().expect("no node has failed");
    take(&mut simulation, &[Step::Initiate(ONE, SNAPSHOT)]);
    assert_eq!(simulation.now(), MINUTE, "12:00 and 11:59");
    pass(&mut simulation);
    take(&mut simulation, &[Step::Deliver(TO_TWO), Step::Handle(TWO)]);
    assert_eq!(simulation.now(), MINUTE * 3 / 2, "half past, and not yet noon at node 2");
    take(&mut simulation, &[Step::Initiate(TWO, SNAPSHOT)]);
    assert_eq!(simulation.now(), MINUTE * 2, "12:01 and 12:00");
    take(&mut simulation, &[Step::Close(ONE, SNAPSHOT), Step::Close(TWO, SNAPSHOT)]);
    assert_eq!(recorded(&simulation), ([true, true], 0), "two tokens, where there is one");
    let trace = simulation.trace().expect("it is traced");
    let wrong = cut(&simulation).check(trace).expect_err("received before, sent after");
    let inconsistent =
        CutError::Inconsistent { link: TO_TWO, number: 1, sender: ONE, receiver: TWO };
    assert_eq!(wrong, inconsistent);
    assert!(the_snapshot(&simulation).verify().is_err(), "none was sent and one received");
}

/// The same by the clock alone: the test chooses no step.
#[test]
fn clocks_that_differ_need_no_help() {
    let mut simulation = simulation(physical(Clock::behind(MINUTE)));
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run_until(MINUTE);
    pass(&mut simulation);
    simulation.run(100);
    assert_eq!(recorded(&simulation), ([true, true], 0));
}

/// The other way round: node 2 is a minute ahead. The token is sent at 11:59 by node 1, when node 2
/// has recorded. Node 1 records that it no longer has the token. The token is sent before noon and
/// received after noon, so this snapshot is right.
#[test]
fn a_receiver_that_is_ahead_does_no_harm_where_it_waits_long_enough() {
    let algorithm = PhysicalTime::new(MINUTE, MINUTE * 3).clock(TWO, Clock::ahead(MINUTE));
    let mut simulation = simulation(Algorithm::PhysicalTime(algorithm));
    simulation.begin_snapshot().expect("no node has failed");
    take(&mut simulation, &[Step::Initiate(TWO, SNAPSHOT)]);
    pass(&mut simulation);
    simulation.run(100);
    assert_eq!(recorded(&simulation), ([false, false], 1));
}

/// Where node 2 does not record before the token comes, the snapshot has no token.
#[test]
fn whoever_has_no_patience_loses_the_token() {
    let algorithm = PhysicalTime::new(MINUTE, MINUTE / 4).clock(TWO, Clock::ahead(MINUTE));
    let mut simulation = simulation(Algorithm::PhysicalTime(algorithm));
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run_until(MINUTE);
    pass(&mut simulation);
    simulation.run(100);
    assert_eq!(recorded(&simulation), ([false, false], 0));
    assert!(the_snapshot(&simulation).verify().is_err(), "one was sent and none received");
}

/// The lecture's pictures: node 1 records the token, then sends it; node 2 records before it comes.
#[test]
fn the_better_algorithm_makes_node_two_record_before_the_token_comes() {
    let mut simulation = simulation(Algorithm::MarkersOnly);
    simulation.begin_snapshot_with(SnapshotOptions::at([ONE])).expect("it reaches all");
    take(&mut simulation, &[Step::Initiate(ONE, SNAPSHOT)]);
    pass(&mut simulation);
    take(&mut simulation, &[Step::Deliver(TO_TWO)]);
    assert_eq!(recorded(&simulation), ([true, false], 0), "the marker came first");
    take(&mut simulation, &[Step::Deliver(TO_TWO), Step::Handle(TWO)]);
    assert_eq!(simulation.process(TWO).map(|holder| holder.has_token), Some(true));
    let trace = simulation.trace().expect("it is traced");
    cut(&simulation).check_snapshot(trace, &the_snapshot(&simulation)).expect("it is right");
}

/// A token that is on its way to node 2 when node 2 starts the snapshot.
fn token_in_flight(algorithm: Algorithm) -> Simulation<Holder> {
    let mut simulation = simulation(algorithm);
    pass(&mut simulation);
    simulation.begin_snapshot_with(SnapshotOptions::at([TWO])).expect("it reaches all");
    let steps = [
        Step::Initiate(TWO, SNAPSHOT),
        Step::Deliver(TO_ONE),
        // The token, and behind it the marker.
        Step::Deliver(TO_TWO),
        Step::Handle(TWO),
        Step::Deliver(TO_TWO),
    ];
    take(&mut simulation, &steps);
    simulation
}

#[test]
fn the_better_algorithm_loses_what_is_in_flight() {
    let simulation = token_in_flight(Algorithm::MarkersOnly);
    assert_eq!(recorded(&simulation), ([false, false], 0), "no token, where there is one");
    let (trace, cut) = (simulation.trace().expect("it is traced"), cut(&simulation));
    cut.check(trace).expect("the cut itself is consistent");
    let wrong = cut.check_snapshot(trace, &the_snapshot(&simulation)).expect_err("it is lost");
    assert!(matches!(wrong, CutError::WrongChannel { link: TO_TWO, .. }), "{wrong}");
    let error = the_snapshot(&simulation).verify().expect_err("it is lost");
    assert_eq!(error.violations.len(), 1);
}

#[test]
fn chandy_and_lamport_find_it_on_its_link() {
    let simulation = token_in_flight(Algorithm::ChandyLamport);
    assert_eq!(recorded(&simulation), ([false, false], 1));
    let trace = simulation.trace().expect("it is traced");
    cut(&simulation).check_snapshot(trace, &the_snapshot(&simulation)).expect("it is right");
}

/// "What if multiple nodes initiate the snapshot? Follow same rules."
#[test]
fn chandy_and_lamport_may_start_at_both_nodes() {
    let mut simulation = simulation(Algorithm::ChandyLamport);
    simulation.begin_snapshot_with(SnapshotOptions::at([ONE, TWO])).expect("they reach all");
    take(&mut simulation, &[Step::Initiate(TWO, SNAPSHOT)]);
    pass(&mut simulation);
    take(&mut simulation, &[Step::Initiate(ONE, SNAPSHOT), Step::Deliver(TO_TWO)]);
    take(&mut simulation, &[Step::Deliver(TO_TWO), Step::Deliver(TO_ONE)]);
    assert_eq!(recorded(&simulation), ([false, false], 1));
}

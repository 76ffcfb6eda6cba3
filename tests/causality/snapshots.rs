//! Snapshots against the cuts of traces.

use std::ops::RangeInclusive;

use consistent_cut::causality::{Cut, CutError, Replay};
use consistent_cut::simulation::{Algorithm, Simulation, Step};
use consistent_cut::{GlobalSnapshot, SnapshotOptions, Topology};

use crate::ids::{link, node};
use crate::replays::Relay;

/// The first node was told to send the second node a message, and has sent it.
fn one_in_flight(algorithm: Algorithm) -> Simulation<Relay> {
    let line = Topology::line(2).expect("two nodes are a line");
    let builder = Simulation::builder(line).algorithm(algorithm).traced();
    let mut simulation = builder.start(|_| Relay).expect("no setting is wrong");
    simulation.inject(node(0), 5).expect("the node is there");
    simulation.step(Step::Handle(node(0))).expect("a message is there");
    simulation
}

fn state_of(simulation: &Simulation<Relay>) -> GlobalSnapshot<(), u32> {
    simulation.global_state().expect("a node is up")
}

#[test]
fn a_snapshot_has_the_messages_that_are_in_flight_at_its_cut() {
    let line = Topology::line(2).expect("two nodes are a line");
    let fresh = Simulation::builder(line).start(|_| Relay).expect("no setting is wrong");
    let mut simulation = one_in_flight(Algorithm::default());
    let sent = state_of(&simulation);
    simulation.step(Step::Deliver(link(0))).expect("it is on its way");
    simulation.step(Step::Handle(node(1))).expect("it has come");
    let states = [state_of(&fresh), sent, state_of(&simulation)];
    let cuts = [[1, 1], [2, 1], [2, 2]].map(Cut::new);

    let trace = simulation.trace().expect("it is traced");
    // Link 0, and the environment links of both nodes, whose received messages are known.
    let in_flight = |cut: &Cut| {
        cut.in_flight(trace).into_iter().map(RangeInclusive::into_inner).collect::<Vec<_>>()
    };
    assert_eq!(in_flight(&cuts[0]), [(1, 0), (1, 1), (1, 0)]);
    assert_eq!(in_flight(&cuts[1]), [(1, 1), (2, 1), (1, 0)]);
    for (at, cut) in cuts.iter().enumerate() {
        for (of, state) in states.iter().enumerate() {
            let wrong = cut.check_snapshot(trace, state);
            let is_told =
                matches!(wrong, Err(CutError::WrongChannel { link: on, .. }) if on == link(0));
            assert_eq!((wrong.is_ok(), is_told), (at == of, at != of), "{at} {of}: {wrong:?}");
        }
    }
}

/// The counts are right, and the message is not there.
#[test]
fn a_snapshot_that_has_lost_a_message_is_told() {
    let mut simulation = one_in_flight(Algorithm::MarkersOnly);
    let id = simulation
        .begin_snapshot_with(SnapshotOptions::at([node(0), node(1)]))
        .expect("they reach all");
    simulation.step(Step::Initiate(node(0), id)).expect("it was asked");
    simulation.step(Step::Initiate(node(1), id)).expect("it was asked");
    simulation.run(100);
    let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
    let trace = simulation.trace().expect("it is traced");
    let wrong = trace.cut_of(id).expect("both have recorded").check_snapshot(trace, snapshot);
    assert!(matches!(wrong, Err(CutError::WrongChannel { first: 1, last: 1, .. })), "{wrong:?}");
}

/// Messages sent to a node that has failed are in no snapshot, and the node's events count as
/// before the cut.
#[test]
fn nodes_that_are_down_are_passed_over() {
    let mut simulation = one_in_flight(Algorithm::default());
    simulation.fail(node(1)).expect("the node is there");
    let id = simulation.begin_snapshot().expect("the other is up");
    simulation.run(100);
    let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
    let trace = simulation.trace().expect("it is traced");
    let cut = trace.cut_of(id).expect("one has recorded");
    assert_eq!(cut, Cut::new([2, 1]));
    assert_eq!(cut.check_snapshot(trace, snapshot), Ok(()));
    let mut replay = Replay::new(trace, |_| Relay);
    replay.inject(node(0), 5);
    replay.run(trace.events()).expect("as it was");
    assert_eq!(replay.messages_on(link(0)).len(), 1);
    assert_eq!(replay.compare(snapshot), Ok(()));
}

//! Nodes that stop, and nodes whose peer fails, while a snapshot is taken.
#![cfg(loom)]

mod explored;

use consistent_cut::{NodeId, OnFailure, ShutdownError, SnapshotError, Topology, model};
use explored::{
    Numbered, PANIC, STOP, Sometimes, assert_channel_law, report_no_wanted_panics, system,
};

const SENDER: NodeId = NodeId::new(0);
const RECEIVER: NodeId = NodeId::new(1);

/// A node that has stopped takes part in snapshots all the same, with what lies on its in-links.
#[test]
fn a_node_that_stops_takes_part() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system = system(Topology::line(2)).spawn(|node| match node {
            SENDER => Numbered::sends(2),
            _ => Numbered::sends(0).stops_at(1),
        });
        let system = system.expect("two nodes fit");
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        assert_channel_law(&snapshot);
        let received = snapshot.state(RECEIVER).received();
        let has_stopped = snapshot.is_stopped(RECEIVER);
        assert_eq!(
            (received, snapshot.in_flight().count()),
            if has_stopped { (1, 1) } else { (0, 2) }
        );
        SEEN.see(usize::from(has_stopped));
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; before the stop, after it, {SEEN}");
    SEEN.assert_all();
}

/// A snapshot whose sender fails on the way fails with it, or is complete by the failure; one that is asked for when the failure is
/// known is taken without the node.
#[test]
fn a_node_whose_peer_fails_ends_its_part() {
    report_no_wanted_panics();
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let builder = system(Topology::line(2)).on_failure(OnFailure::Continue);
        let system =
            builder.spawn(|node| Numbered::sends(u64::from(node == SENDER))).expect("two nodes");
        system.inject(SENDER, PANIC).expect("the node is there");
        match system.snapshot() {
            Ok(snapshot) => {
                assert_channel_law(&snapshot);
                assert!(snapshot.find_state(RECEIVER).is_some(), "{snapshot}");
                SEEN.see(usize::from(snapshot.find_state(SENDER).is_none()));
            }
            Err(SnapshotError::NodeFailed { failure, .. }) => {
                assert_eq!(failure.node, SENDER);
                SEEN.see(2);
                let without = system.snapshot().expect("the other node is at work");
                assert_eq!(without.failures(), [failure]);
                let (sent, received) = (without.channels()[0].sent(), without.state(RECEIVER));
                assert_eq!(sent, received.received() + without.in_flight().count() as u64);
            }
            Err(error) => panic!("{error}"),
        }
        model::stop_exploring();
        drop(system);
    });
    println!("{explored}; complete before the failure, taken after it, failed with it, {SEEN}");
    SEEN.assert_all();
}

/// A sender waits for room at a receiver that fails, and has it then: it goes on to what it is told next, and the caller's wait
/// for both ends.
#[test]
fn a_sender_does_not_wait_for_a_receiver_that_has_failed() {
    report_no_wanted_panics();
    let explored = model::check(|| {
        let builder = system(Topology::line(2)).on_failure(OnFailure::Continue).capacity(1);
        let system = builder
            .spawn(|node| Numbered::sends(3 * u64::from(node == SENDER)))
            .expect("two nodes");
        system.inject(RECEIVER, PANIC).expect("the node is there");
        system.inject(SENDER, STOP).expect("the node is there");
        let error = system.join().map(drop).expect_err("the receiver fails");
        let ShutdownError::NodesFailed { failures } = error else { panic!("{error}") };
        assert_eq!(failures.iter().map(|at| at.node.id).collect::<Vec<_>>(), [RECEIVER]);
    });
    println!("{explored}");
}

/// A node is stopped from outside, wherever it is: it is the last that is waited for.
#[test]
fn a_node_that_is_told_to_stop_does() {
    let explored = model::check(|| {
        let system = system(Topology::line(2)).spawn(|node| match node {
            SENDER => Numbered::sends(1).stops_at(0),
            _ => Numbered::sends(0),
        });
        let system = system.expect("two nodes fit");
        system.stop_node(RECEIVER).expect("the node is there");
        let nodes = system.join().expect("no node fails");
        assert!(nodes[1].counts.received() <= 1);
    });
    println!("{explored}");
}

//! Nodes that stop, and nodes whose peer fails, while a snapshot is taken.

use consistent_cut::{
    NodeId, OnFailure, ShutdownError, SnapshotError, SystemBuilder, Topology, model,
};

use crate::explored::support::channel_law;
use crate::explored::{
    Sometimes, fail, plain_puppets, puppets, report_no_wanted_panics, sends, stop, tell,
};

const SENDER: NodeId = NodeId::new(0);
const RECEIVER: NodeId = NodeId::new(1);

/// A node that has stopped takes part in snapshots all the same, with the messages on its in-links.
#[test]
fn a_node_that_stops_takes_part() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system = plain_puppets(Topology::line(2), |node| match node {
            SENDER => sends(2),
            _ => sends(0).stops_at(1),
        });
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        channel_law::check(&snapshot);
        let received = snapshot.state(RECEIVER).counts.received_from_nodes();
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

/// A snapshot whose sender fails meanwhile fails too, or is complete by then. A snapshot that is
/// asked for when the failure is known is taken without the node.
#[test]
fn a_node_whose_peer_fails_ends_its_part() {
    report_no_wanted_panics();
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let goes_on = |builder: SystemBuilder<_>| builder.on_failure(OnFailure::Continue);
        let system = puppets(Topology::line(2), goes_on, |node| sends(u64::from(node == SENDER)));
        tell(&system, SENDER, 1, fail).expect("the node is there");
        match system.snapshot() {
            Ok(snapshot) => {
                channel_law::check(&snapshot);
                assert!(snapshot.find_state(RECEIVER).is_some(), "{snapshot}");
                SEEN.see(usize::from(snapshot.find_state(SENDER).is_none()));
            }
            Err(SnapshotError::NodeFailed { failure, .. }) => {
                assert_eq!(failure.node, SENDER);
                SEEN.see(2);
                let without = system.snapshot().expect("the other node is at work");
                assert_eq!(without.failures(), [failure]);
                let (sent, received) = (without.channels()[0].sent(), without.state(RECEIVER));
                assert_eq!(
                    sent,
                    received.counts.received_from_nodes() + without.in_flight().count() as u64
                );
            }
            Err(error) => panic!("{error}"),
        }
        model::stop_exploring();
        drop(system);
    });
    println!("{explored}; complete before the failure, taken after it, failed with it, {SEEN}");
    SEEN.assert_all();
}

/// A sender waits for room at a receiver that fails, and then has room. The sender goes on to its
/// next order, and the caller's wait for both ends.
#[test]
fn a_sender_does_not_wait_for_a_receiver_that_has_failed() {
    report_no_wanted_panics();
    let explored = model::check(|| {
        let settings =
            |builder: SystemBuilder<_>| builder.on_failure(OnFailure::Continue).capacity(1);
        let system =
            puppets(Topology::line(2), settings, |node| sends(3 * u64::from(node == SENDER)));
        tell(&system, RECEIVER, 1, fail).expect("the node is there");
        tell(&system, SENDER, 1, stop).expect("the node is there");
        let error = system.join().map(drop).expect_err("the receiver fails");
        let ShutdownError::NodesFailed { failures } = error else { panic!("{error}") };
        assert_eq!(failures.iter().map(|at| at.node.id).collect::<Vec<_>>(), [RECEIVER]);
    });
    println!("{explored}");
}

/// A node is stopped from outside, at any of its steps. It is the last node that is waited for.
#[test]
fn a_node_that_is_told_to_stop_does() {
    let explored = model::check(|| {
        let system = plain_puppets(Topology::line(2), |node| match node {
            SENDER => sends(1).stops_at(0),
            _ => sends(0),
        });
        system.stop_node(RECEIVER).expect("the node is there");
        let nodes = system.join().expect("no node fails");
        assert!(nodes[1].record.counts.received_from_nodes() <= 1);
    });
    println!("{explored}");
}

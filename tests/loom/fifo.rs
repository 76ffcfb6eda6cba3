//! A link: every message is received once and in order, whichever batch it is in and however its
//! sender ends. The receiver is woken for every message.

use consistent_cut::{NodeId, OnFailure, ShutdownError, SystemBuilder, Topology, model};

use crate::explored::{fail, plain_puppets, puppets, report_no_wanted_panics, send, sends, tell};

const SENDER: NodeId = NodeId::new(0);

/// The receiver stops when it has all messages, and the caller waits for that: a lost message or
/// wake-up is a deadlock. Three messages are one more than a batch of a model holds.
#[test]
fn every_message_is_received_in_order() {
    let explored = model::check(|| {
        let system = plain_puppets(Topology::line(2), |node| match node {
            SENDER => sends(3).stops_at(0),
            _ => sends(0).stops_at(3),
        });
        let nodes = system.join().expect("no node fails");
        assert_eq!(nodes[1].record.counts.received_from_nodes(), 3);
    });
    println!("{explored}");
}

/// Messages that a sender has sent before it panics are received, though its end of the link is
/// gone by then.
#[test]
fn what_was_sent_before_a_panic_is_received() {
    report_no_wanted_panics();
    let explored = model::check(|| {
        let goes_on = |builder: SystemBuilder<_>| builder.on_failure(OnFailure::Continue);
        let system = puppets(Topology::line(2), goes_on, |node| match node {
            SENDER => sends(0),
            _ => sends(0).stops_at(1),
        });
        tell(&system, SENDER, 1, send).expect("the node is there");
        tell(&system, SENDER, 2, fail).expect("the node is there");
        let error = system.join().map(drop).expect_err("the sender fails");
        let failed: Vec<_> = match &error {
            ShutdownError::NodesFailed { failures } => {
                failures.iter().map(|at| at.node.id).collect()
            }
            _ => Vec::new(),
        };
        assert_eq!(failed, [SENDER], "{error}");
    });
    println!("{explored}");
}

//! A link: every message is received once and in order, and the receiver is woken for it, whichever batch it is in and
//! however its sender ends.
#![cfg(loom)]

mod explored;

use consistent_cut::{NodeId, OnFailure, ShutdownError, Topology, model};
use explored::{Numbered, PANIC, SEND, report_no_wanted_panics, system};

const SENDER: NodeId = NodeId::new(0);

/// The receiver stops when it has all, and the caller waits for that: a message lost, or a wake-up, is a deadlock. Three messages
/// are one more than a batch of a model holds.
#[test]
fn every_message_is_received_in_order() {
    let explored = model::check(|| {
        let system = system(Topology::line(2)).spawn(|node| match node {
            SENDER => Numbered::sends(3).stops_at(0),
            _ => Numbered::sends(0).stops_at(3),
        });
        let nodes = system.expect("two nodes fit").join().expect("no node fails");
        assert_eq!(nodes[1].counts.received(), 3);
    });
    println!("{explored}");
}

/// What a sender has sent before it panics is received, though its end of the link is gone by then.
#[test]
fn what_was_sent_before_a_panic_is_received() {
    report_no_wanted_panics();
    let explored = model::check(|| {
        let builder = system(Topology::line(2)).on_failure(OnFailure::Continue);
        let system = builder.spawn(|node| match node {
            SENDER => Numbered::sends(0),
            _ => Numbered::sends(0).stops_at(1),
        });
        let system = system.expect("two nodes fit");
        for word in [SEND, PANIC] {
            system.inject(SENDER, word).expect("the node is there");
        }
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

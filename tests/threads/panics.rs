//! A handler panics: its node has failed, and all callers that need the node are told.

use std::panic::panic_any;
use std::thread;

use consistent_cut::{
    InjectError, LinkId, MarkerPolicy, NamedNode, NodeFailure, OnFailure, ShutdownError,
    SnapshotError, Topology,
};

use crate::channel_law;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn failure(text: &str, panic: &str) -> NodeFailure {
    let number = text.split(' ').nth(1).and_then(|number| number.parse().ok());
    NodeFailure { node: node(number.unwrap()).into(), panic: panic.to_owned() }
}

fn stage() -> Stage {
    Stage::new(Topology::complete(3).unwrap(), MarkerPolicy::default())
}

/// A stage on which the other nodes go on.
fn lasting(topology: Topology) -> Stage {
    Stage::set(topology, |builder| builder.on_failure(OnFailure::Continue), |_| {})
}

/// Makes the node fail, and returns when the coordinator knows.
fn take_down(stage: &Stage, index: u32) {
    stage.tell(node(index), move |_, _| panic!("down goes {index}"));
    stage.await_failure(node(index));
}

#[test]
fn a_snapshot_in_flight_fails_for_every_waiter_with_node_and_text() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(3).unwrap(), policy);
            let gate = stage.gate();
            let held = gate.clone();
            stage.tell(node(1), move |_, _| {
                held.pass();
                panic!("boom {}", 7);
            });
            gate.await_arrivals(1);
            let pending = stage.begin_snapshot();
            thread::scope(|scope| {
                let waiters: Vec<_> = (0..3).map(|_| scope.spawn(|| pending.wait())).collect();
                gate.open();
                for waiter in waiters {
                    let error = waiter.join().unwrap().unwrap_err();
                    let (snapshot, failure) = (pending.id(), failure("node 1", "boom 7"));
                    assert!(error.to_string().contains("node 1, which panicked (boom 7)"));
                    assert_eq!(error, SnapshotError::NodeFailed { snapshot, failure });
                }
            });
        });
    });
}

#[test]
fn later_snapshots_fail_with_the_same_reason() {
    finishes(|| {
        let stage = stage();
        take_down(&stage, 1);
        for _ in 0..3 {
            let pending = stage.begin_snapshot();
            let (snapshot, failure) = (pending.id(), failure("node 1", "down goes 1"));
            let error = pending.wait().unwrap_err();
            assert_eq!(error, SnapshotError::NodeFailed { snapshot, failure });
        }
        assert!(stage.history().iter().rev().take(4).all(|outcome| outcome.result.is_err()));
    });
}

#[test]
fn the_other_nodes_run_on_and_may_send_to_the_one_that_is_down() {
    finishes(|| {
        let stage = lasting(Topology::complete(3).unwrap());
        take_down(&stage, 1);
        let to_1 = stage.topology().link_between(node(0), node(1)).unwrap().id;
        let to_2 = stage.topology().link_between(node(0), node(2)).unwrap().id;
        let (tx, rx) = crossbeam_channel::bounded(1);
        stage.tell_to_send(node(0), to_1, 100);
        stage.tell(node(0), move |puppet, ctx| {
            let tx = tx.clone();
            puppet.send_action(ctx, to_2, move |_, _| tx.send(()).unwrap());
        });
        rx.recv().unwrap();
    });
}

#[test]
fn a_node_that_is_down_hands_injected_messages_back() {
    finishes(|| {
        let topology = Topology::from_named_links([("client", "server")]).unwrap();
        let stage = Stage::new(topology, MarkerPolicy::default());
        take_down(&stage, 1);
        let refused = stage.give(node(1)).unwrap_err();
        assert!(refused.to_string().contains("node 1 (server)"), "{refused}");
        assert!(matches!(refused, InjectError::Ended { .. }));
        let earlier = refused.into_message().number;
        assert_eq!(stage.give(node(1)).unwrap_err().into_message().number, earlier + 1);
    });
}

#[test]
fn an_unknown_node_hands_injected_messages_back() {
    finishes(|| {
        let stage = stage();
        let note = crate::note::Note::new(LinkId::new(0), 5);
        let refused = stage.inject(node(3), note).unwrap_err();
        assert!(matches!(refused, InjectError::UnknownNode { nodes: 3, .. }));
        assert!(refused.to_string().contains("node 3"), "{refused}");
        assert_eq!(refused.into_message().number, 5);
    });
}

#[test]
fn shutdown_names_every_node_that_is_down() {
    finishes(|| {
        let stage = lasting(Topology::complete(3).unwrap());
        let alive = stage.alive();
        take_down(&stage, 2);
        let gate = stage.gate();
        let held = gate.clone();
        stage.tell(node(0), move |_, _| {
            held.pass();
            panic!("down goes 0");
        });
        gate.await_arrivals(1);
        gate.open();
        let error = stage.shutdown().err().unwrap();
        let text = "node 0 panicked: down goes 0; node 2 panicked: down goes 2";
        assert_eq!(error.to_string(), text);
        let failures = vec![failure("node 0", "down goes 0"), failure("node 2", "down goes 2")];
        assert_eq!(error, ShutdownError::NodesFailed { failures });
        assert_eq!(stage.shutdown().err(), Some(ShutdownError::AlreadyShutDown));
        drop(stage);
        assert_eq!(alive.count(), 0);
    });
}

#[test]
fn a_panic_without_a_text_is_a_failure_too() {
    finishes(|| {
        let stage = stage();
        stage.tell(node(1), |_, _| panic_any(7));
        let SnapshotError::NodeFailed { failure, .. } = stage.await_down(node(1)) else {
            panic!("failed for another reason");
        };
        assert_eq!(failure.node, NamedNode::from(node(1)));
        assert!(!failure.panic.is_empty());
    });
}

/// Node 0 has finished its part of the snapshot when it panics. Node 1 has not, and finishes later.
#[test]
fn a_snapshot_that_has_all_of_a_node_is_not_harmed_by_its_panic() {
    finishes(|| {
        let stage = lasting(Topology::line(2).unwrap());
        let gate = stage.hold(node(1));
        let pending = stage.begin_at(node(0)).unwrap();
        take_down(&stage, 0);
        assert!(pending.result().is_none());
        gate.open();
        channel_law::check(&pending.wait().unwrap());
    });
}

#[test]
fn a_handler_that_panics_has_sent_nothing() {
    finishes(|| {
        let stage = lasting(Topology::line(2).unwrap());
        let link = LinkId::new(0);
        stage.tell(node(0), move |puppet, ctx| {
            puppet.send_on(ctx, link);
            panic!("after a send");
        });
        stage.await_failure(node(0));
        // This gives the link time to be looked at.
        (0..10).for_each(|_| stage.settle(node(1)));
        let (tx, rx) = crossbeam_channel::bounded(1);
        stage.tell(node(1), move |puppet, _| tx.send(puppet.record.counts.received[0]).unwrap());
        assert_eq!(rx.recv().unwrap(), 0);
    });
}

#[test]
fn sending_to_a_node_without_a_link_names_both_nodes() {
    finishes(|| {
        let topology = Topology::from_named_links([("client", "server"), ("server", "store")]);
        let stage = Stage::new(topology.unwrap(), MarkerPolicy::default());
        stage.tell(node(2), |_, ctx| {
            ctx.send(node(0), crate::note::Note::new(LinkId::new(0), 1));
        });
        let error = stage.await_down(node(2)).to_string();
        assert!(error.contains("node 2 (store) sent to node 0 (client)"), "{error}");
    });
}

#[test]
fn sending_on_a_link_of_another_node_names_node_and_link() {
    finishes(|| {
        let environment = LinkId::new(2);
        for (link, named) in [
            (LinkId::new(0), "link 0 from node 0 (client) to node 1 (server)"),
            (environment, "environment link of node 0 (client)"),
            (LinkId::new(99), "link 99"),
        ] {
            let topology = Topology::from_named_links([("client", "server"), ("server", "store")]);
            let stage = Stage::new(topology.unwrap(), MarkerPolicy::default());
            stage.tell(node(1), move |_, ctx| {
                ctx.send_on(link, crate::note::Note::new(link, 1));
            });
            let error = stage.await_down(node(1)).to_string();
            let text = format!("node 1 (server) sent on {named}");
            assert!(error.contains(&text), "{error} does not contain {text}");
        }
    });
}

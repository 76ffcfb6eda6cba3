//! Topologies at the edge: nodes without links, links to oneself, parallel links.

use consistent_cut::{LinkId, MarkerPolicy, NodeId, SnapshotOptions, Topology};

use crate::channel_law::{self, numbers};
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

#[test]
fn one_node_without_links_is_a_system() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::line(1).unwrap(), policy);
            assert_eq!(stage.topology().link_count(), 0);
            stage.settle(node(0));
            let snapshot = stage.checked_snapshot();
            assert_eq!(snapshot.states().len(), 1);
            assert_eq!(snapshot.state(node(0)).counts.received, [1]);
        });
    });
}

#[test]
fn nodes_without_any_link_are_each_their_own_initiator() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::from_links(4, []).unwrap(), policy);
            let all: Vec<NodeId> = stage.topology().nodes().collect();
            assert_eq!(stage.checked_snapshot().initiators(), all);
        });
    });
}

/// Node 0 is in the handler of the first of five messages to itself when the marker of node 1
/// comes.
#[test]
fn what_is_queued_on_a_self_link_is_recorded_on_it() {
    finishes(|| {
        let (own, from_1) = (LinkId::new(0), LinkId::new(1));
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::from_links(2, [(0, 0), (1, 0)]).unwrap(), policy);
            let gate = stage.gate();
            let held = gate.clone();
            stage.tell(node(0), move |puppet, ctx| {
                let held = held.clone();
                puppet.send_action(ctx, own, move |_, _| held.pass());
                (0..4).for_each(|_| puppet.send_on(ctx, own));
            });
            gate.await_arrivals(1);
            let pending = stage.begin_at(node(1)).unwrap();
            gate.open();
            let snapshot = pending.wait().unwrap();
            channel_law::check(&snapshot);
            assert_eq!(snapshot.channel(own).sent(), 5);
            if policy == MarkerPolicy::Overtaking {
                assert_eq!(numbers(snapshot.channel(own)), [2, 3, 4, 5]);
            }
            assert!(numbers(snapshot.channel(from_1)).is_empty());
        });
    });
}

/// A node that sends to itself alone closes its link by its own marker.
#[test]
fn a_node_with_only_a_self_link_completes() {
    finishes(|| {
        let own = LinkId::new(0);
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(1).unwrap(), policy);
            let gate = stage.gate();
            let held = gate.clone();
            stage.tell(node(0), move |puppet, ctx| {
                (0..5).for_each(|_| puppet.send_on(ctx, own));
                held.pass();
            });
            gate.await_arrivals(1);
            let pending = stage.begin_snapshot();
            gate.open();
            let snapshot = pending.wait().unwrap();
            channel_law::check(&snapshot);
            assert_eq!(snapshot.channel(own).sent(), 5);
        });
    });
}

/// Node 1 is in the handler of the first message of the first link; nothing else has been received.
#[test]
fn parallel_links_keep_their_contents_apart() {
    finishes(|| {
        let (first, second, third) = (LinkId::new(0), LinkId::new(1), LinkId::new(2));
        let topology = Topology::from_links(2, [(0, 1), (0, 1), (0, 1)]).unwrap();
        let stage = Stage::new(topology, MarkerPolicy::Overtaking);
        let gate = stage.gate();
        let held = gate.clone();
        stage.tell(node(0), move |puppet, ctx| {
            let held = held.clone();
            puppet.send_action(ctx, first, move |_, _| held.pass());
        });
        gate.await_arrivals(1);
        stage.tell(node(0), move |puppet, ctx| {
            for link in [second, first, second, second, first, second] {
                puppet.send_on(ctx, link);
            }
        });
        stage.settle(node(0));
        let pending = stage.begin_at(node(0)).unwrap();
        gate.open();
        let snapshot = pending.wait().unwrap();
        channel_law::check(&snapshot);
        assert_eq!(numbers(snapshot.channel(first)), [2, 3]);
        assert_eq!(numbers(snapshot.channel(second)), [1, 2, 3, 4]);
        assert!(numbers(snapshot.channel(third)).is_empty());
    });
}

#[test]
fn the_hub_of_a_star_is_reached_from_any_leaf() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::star(8).unwrap(), policy);
            for initiator in stage.topology().nodes() {
                channel_law::check(&stage.snapshot_with(SnapshotOptions::at([initiator])).unwrap());
            }
        });
    });
}

/// Node 0 has no in-links, node 2 has no out-links, and node 3 has neither.
#[test]
fn nodes_without_in_links_or_out_links_take_part() {
    finishes(|| {
        let (into_sink, past) = (LinkId::new(1), LinkId::new(2));
        on_both_policies(|policy| {
            let topology = Topology::from_links(4, [(0, 1), (1, 2), (0, 2)]).unwrap();
            let stage = Stage::new(topology, policy);
            let gate = stage.hold(node(2));
            stage.tell_to_send(node(1), into_sink, 3);
            stage.tell_to_send(node(0), past, 2);
            stage.settle(node(1));
            stage.settle(node(0));
            let pending = stage.begin_snapshot();
            gate.open();
            let snapshot = pending.wait().unwrap();
            channel_law::check(&snapshot);
            assert_eq!(snapshot.initiators(), [node(0), node(3)]);
            assert_eq!(snapshot.channel(into_sink).sent(), 3);
            assert_eq!(snapshot.channel(past).sent(), 2);
        });
    });
}

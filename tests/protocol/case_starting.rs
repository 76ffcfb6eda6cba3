//! How snapshots start: several initiators, ids of every kind, overlaps, and a backlog.

use consistent_cut::protocol::BeginError;
use consistent_cut::{MarkerPolicy, Topology};

use crate::brief::{core, l, links, marker, message, n, on_both_policies, outputs, pay, s};
use crate::teller::Character;
use crate::world::World;

#[test]
fn an_initiator_gets_its_own_marker_back_and_is_done() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(3).unwrap(), policy);
        let id = world.begin(1, &[n(1)]);
        for (link, node) in [(1, 2), (2, 0), (0, 1)] {
            assert!(world.snapshots.is_empty());
            assert!(world.deliver(l(link)));
            world.process_all(n(node));
        }
        assert_eq!(world.snapshot(id).initiators(), [n(1)]);
        assert!((0..3).all(|link| world.on_link(l(link)) == 0), "the marker goes round once");
        world.assert_sound();
    });
}

#[test]
fn all_nodes_start_one_snapshot_at_once_and_markers_cross_on_every_link() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::complete(4).unwrap(), policy);
        let nodes: Vec<_> = world.topology.nodes().collect();
        let links = world.topology.links().to_vec();
        for link in &links {
            world.tell(link.source, &[pay(link.id.index() as u32)]);
        }
        let id = world.begin(1, &nodes);
        for link in &links {
            world.tell(link.source, &[pay(link.id.index() as u32)]);
            assert_eq!(world.on_link(link.id), 3, "a message, the marker, a message");
        }
        world.settle();
        world.assert_sound();
        for link in &links {
            assert_eq!(world.recorded(id, link.id), [1]);
        }
    });
}

#[test]
fn a_node_that_is_asked_twice_records_once() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(2).unwrap(), policy);
        let id = world.begin(1, &[n(0)]);
        world.tell(n(0), &[pay(0)]);
        world.ask(id, n(0));
        world.deliver_all(l(0));
        world.process_all(n(1));
        world.ask(id, n(1));
        world.settle();
        world.ask(id, n(0));
        world.ask(id, n(1));
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshot(id).channel(l(0)).sent(), 0);
        assert_eq!(world.on_link(l(0)) + world.on_link(l(1)), 0);
    });
}

#[test]
fn an_initiator_that_is_named_twice_counts_once_and_where_it_came_first() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(3).unwrap(), policy);
        let id = world.begin(1, &[n(2), n(0), n(2), n(0)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshot(id).initiators(), [n(2), n(0)]);
    });
}

#[test]
fn an_id_is_used_once_even_if_its_snapshot_failed() {
    let mut world = World::quiet(Topology::ring(2).unwrap(), MarkerPolicy::Overtaking);
    let (done, failed, live) = (world.begin(1, &[n(0)]), s(2), s(3));
    world.settle();
    world.announce(failed, &[n(0)]).unwrap();
    world.abandon(failed).unwrap();
    world.announce(live, &[n(0)]).unwrap();
    for id in [done, failed, live] {
        assert_eq!(world.announce(id, &[n(0)]), Err(BeginError::IdUsed(id)));
    }
    assert_eq!(world.collector.live().collect::<Vec<_>>(), [live]);
}

/// Zero and the largest number are valid ids, in any order.
#[test]
fn any_number_will_do_as_an_id() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(2).unwrap(), policy);
        for id in [5, 0, u64::MAX, 4, 1, u64::MAX - 1] {
            world.tell(n(0), &[pay(0)]);
            world.begin(id, &[n(1)]);
            world.settle();
            assert_eq!(world.snapshots.last().unwrap().id(), s(id));
        }
        world.assert_sound();
    });
}

/// Snapshot 1 starts at node 0, and then 2 at node 1. Node 2 meets 2 first, and 2 ends
/// first.
#[test]
fn the_second_snapshot_overtakes_the_first_on_another_link() {
    on_both_policies(|policy| {
        let topology = links(3, &[(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]);
        let mut world = World::quiet(topology, policy);
        world.tell(n(0), &[pay(1), pay(0)]);
        world.begin(1, &[n(0)]);
        world.begin(2, &[n(1)]);
        world.tell(n(1), &[pay(3), pay(2)]);
        for (link, node) in [(3, 2), (5, 1), (4, 0), (2, 0)] {
            world.deliver_all(l(link));
            world.process_all(n(node));
        }
        assert_eq!(world.nodes[2].live_snapshots(), 1, "node 2 has met only one of them");
        assert!(world.snapshots.is_empty());
        // On each link from node 0 now lie a message and both markers, 1 ahead of 2.
        for link in [0, 1] {
            assert_eq!(world.on_link(l(link)), 3);
        }
        world.settle();
        world.assert_sound();
        assert_eq!([world.snapshots[0].id(), world.snapshots[1].id()], [s(2), s(1)]);
        assert_eq!(world.recorded(s(2), l(0)), [1], "node 1 began 2 before it came");
        let first: &[u64] = if policy == MarkerPolicy::Overtaking { &[1] } else { &[] };
        assert_eq!(world.recorded(s(1), l(0)), first, "node 1 met 1 behind it");
    });
}

/// Snapshot 2 is over while a link that 1 waits for has delivered nothing.
#[test]
fn ids_complete_out_of_order() {
    on_both_policies(|policy| {
        // Node 0 reaches all nodes, and nothing comes back: each part is one link.
        let mut world = World::quiet(links(2, &[(0, 1)]), policy);
        world.hold_reports = true;
        world.tell(n(0), &[pay(0)]);
        world.begin(1, &[n(0)]);
        world.tell(n(0), &[pay(0)]);
        world.begin(2, &[n(0)]);
        world.deliver_all(l(0));
        world.process_all(n(1));
        while let Some(newest) = world.reports.iter().position(|(r, _)| r.snapshot() == s(2)) {
            world.bring_report(newest);
        }
        assert_eq!(world.snapshots.len(), 1);
        world.settle();
        world.assert_sound();
        assert_eq!([world.snapshots[0].id(), world.snapshots[1].id()], [s(2), s(1)]);
    });
}

/// At one node: the marker of 2 comes first on one link, that of 1 on the other.
#[test]
fn markers_of_two_snapshots_in_opposite_orders_close_the_right_links() {
    on_both_policies(|policy| {
        let mut core = core(links(3, &[(1, 0), (2, 0)]), 0, policy);
        for (link, id) in [(0, 1), (1, 2), (1, 1), (0, 2)] {
            core.arrive(l(link), marker(id)).unwrap();
            core.process_next();
        }
        let expected = [
            "snapshot 1 records",
            "snapshot 1 closes link 0 with []",
            "snapshot 2 records",
            "snapshot 2 closes link 1 with []",
            "snapshot 1 closes link 1 with []",
            "snapshot 2 closes link 0 with []",
        ];
        assert_eq!(outputs(&mut core), expected);
    });
}

/// Node 0 records before node 1 has started. Messages that node 1 sends at its start precede its
/// marker.
#[test]
fn a_snapshot_begins_before_every_node_has_started() {
    on_both_policies(|policy| {
        let character = Character { opening: 1, temper: 3, ..Character::default() };
        let topology = links(2, &[(0, 1), (1, 0), (1, 0), (1, 0), (1, 0)]).into();
        let mut world = World::cores(&topology, policy, character);
        world.start(n(0));
        let id = world.begin(1, &[n(0)]);
        world.start(n(1));
        world.settle();
        world.assert_sound();
        let at_start: Vec<_> = (1..5).map(|link| world.log[link].len()).collect();
        let recorded: Vec<_> = (1..5).map(|link| world.recorded(id, l(link)).len()).collect();
        assert!(at_start.contains(&1), "node 1 sends when it starts");
        assert_eq!(recorded, at_start);
    });
}

/// When markers overtake, the messages are still on the link. In order, they are processed first.
#[test]
fn a_thousand_messages_wait_ahead_of_the_marker() {
    for (policy, in_flight) in [(MarkerPolicy::Overtaking, 1_000), (MarkerPolicy::InOrder, 0)] {
        let mut world = World::quiet(links(2, &[(0, 1)]), policy);
        world.tell(n(0), &[pay(0); 1_000]);
        world.deliver_all(l(0));
        let id = world.begin(1, &[n(0)]);
        world.deliver_all(l(0));
        assert_eq!(world.has_recorded(id, n(1)), policy == MarkerPolicy::Overtaking);
        world.settle();
        world.assert_sound();
        let channel = world.snapshot(id).channel(l(0));
        assert_eq!((channel.sent(), channel.messages().len()), (1_000, in_flight));
        assert_eq!(world.ledger(n(1)).counts.received[0], 1_000);
    }
}

/// A driver tells a node at once of many snapshots that are over. The node has recorded one of
/// them, and has never met the others.
#[test]
fn snapshots_up_to_an_id_are_over_together() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        core.begin_snapshot(s(2));
        core.begin_snapshot(s(5));
        core.arrive(l(1), message(1, 1, &[])).unwrap();
        assert!(core.process_next().is_some());
        assert_eq!(core.live_snapshots(), 2);
        assert_eq!(core.abandon_up_to(s(4)).len(), 1, "the copy of one snapshot");
        outputs(&mut core);
        (1..=4).for_each(|id| core.begin_snapshot(s(id)));
        core.arrive(l(1), marker(3)).unwrap();
        core.arrive(l(1), marker(5)).unwrap();
        assert!(core.process_next().is_none());
        assert_eq!(outputs(&mut core), ["snapshot 5 closes link 1 with [1]"]);
        assert_eq!(core.live_snapshots(), 0);
    });
}

//! Where snapshots can start, and unusual topologies.

use consistent_cut::protocol::{BeginError, NotAnInLink};
use consistent_cut::{CoverageError, MarkerPolicy, NodeId, Topology};

use crate::brief::{core, l, links, marker, message, n, on_both_policies, outputs, pay, s};
use crate::world::World;

/// A sink, one of two components, and a ring with a gap.
#[test]
fn initiators_that_do_not_reach_all_nodes_are_refused_by_name() {
    let cases = [
        (links(3, &[(0, 2), (1, 2)]), n(2), vec![n(0), n(1)]),
        (links(4, &[(0, 1), (1, 0), (2, 3), (3, 2)]), n(0), vec![n(2), n(3)]),
        (links(4, &[(0, 1), (1, 2), (2, 3)]), n(2), vec![n(0), n(1)]),
    ];
    for (topology, initiator, expected) in cases {
        let cover = topology.covering_initiators();
        let mut world = World::quiet(topology, MarkerPolicy::Overtaking);
        let error = world.announce(s(1), &[initiator]).unwrap_err();
        for node in &expected {
            assert!(error.to_string().contains(&node.to_string()), "{error}");
        }
        let BeginError::Coverage(CoverageError::Unreached { unreached, .. }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(unreached, expected);

        // Nothing has begun, and the id is still free.
        assert_eq!(world.collector.live().len(), 0);
        world.begin(1, &cover);
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshots.len(), 1);
    }
}

#[test]
fn no_initiator_and_an_unknown_one_are_refused() {
    let mut world = World::quiet(Topology::ring(2).unwrap(), MarkerPolicy::Overtaking);
    let none = world.announce(s(1), &[]);
    assert_eq!(none, Err(BeginError::Coverage(CoverageError::NoInitiators)));
    let error = CoverageError::UnknownNode { node: n(2), nodes: 2 };
    assert_eq!(world.announce(s(1), &[n(0), n(2)]), Err(BeginError::Coverage(error)));
    let error = CoverageError::UnknownNode { node: NodeId::ENVIRONMENT, nodes: 2 };
    assert_eq!(world.announce(s(1), &[NodeId::ENVIRONMENT]), Err(BeginError::Coverage(error)));
}

#[test]
fn a_node_without_in_links_is_done_when_it_records() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1)]), policy);
        world.tell(n(0), &[pay(0)]);
        let id = world.begin(1, &[n(0)]);
        assert!(!world.collector.waits_for(id, n(0)));
        assert_eq!(world.nodes[0].live_snapshots(), 0);
        assert!(world.collector.waits_for(id, n(1)));
        world.settle();
        world.assert_sound();
    });
}

#[test]
fn a_node_without_out_links_takes_part_and_ends_the_snapshot() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(3, &[(0, 2), (1, 2)]), policy);
        let id = world.begin(1, &[n(0), n(1)]);
        world.tell(n(0), &[pay(0)]);
        world.deliver_all(l(0));
        world.process_all(n(2));
        assert!(world.collector.waits_for(id, n(2)));
        world.deliver_all(l(1));
        world.process_all(n(2));
        world.snapshot(id);
        world.assert_sound();
    });
}

#[test]
fn a_single_node_is_a_snapshot_by_itself() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(1, &[]), policy);
        world.inject(n(0), &[]);
        let id = world.begin(1, &[n(0)]);
        assert_eq!(world.snapshot(id).state(n(0)).steps, 1);
        assert_eq!(world.recorded(id, l(0)), [1], "its environment link");
        world.settle();
        world.assert_sound();
    });
}

/// Messages to itself are queued on the link and in the inbox when the node records.
#[test]
fn a_self_link_holds_what_its_node_has_not_received() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(1).unwrap(), policy);
        world.tell(n(0), &[pay(0), pay(0), pay(0), pay(0)]);
        world.deliver(l(0));
        world.process(n(0));
        world.deliver(l(0));
        let id = world.begin(1, &[n(0)]);
        world.tell(n(0), &[pay(0)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(id, l(0)), [2, 3, 4]);
        assert_eq!(world.ledger(n(0)).counts.received[0], 5);
    });
}

#[test]
fn parallel_links_keep_their_contents_apart() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1), (0, 1), (1, 0)]), policy);
        world.tell(n(0), &[pay(0), pay(1), pay(1), pay(1), pay(0)]);
        world.deliver(l(1));
        world.process(n(1));
        let id = world.begin(1, &[n(1)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(id, l(0)), [1, 2]);
        assert_eq!(world.recorded(id, l(1)), [2, 3]);
        let counts = |link| {
            (
                world.snapshot(id).channel(l(link)).sent(),
                world.snapshot(id).channel(l(link)).received(),
            )
        };
        assert_eq!([counts(0), counts(1)], [(2, 0), (3, 1)]);
    });
}

/// An out-link of the node, another node's environment link, and a link that does not exist.
#[test]
fn an_envelope_that_does_not_belong_to_the_node_changes_nothing() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        for link in [l(0), l(3), l(4), l(u32::MAX)] {
            let error = NotAnInLink { node: n(0), link };
            assert_eq!(core.arrive(link, message(0, 1, &[])), Err(error.clone()));
            assert_eq!(core.arrive(link, marker(1)), Err(error.clone()));
            assert_eq!(core.process_from(link, || unreachable!("nothing is taken")), Err(error));
        }
        assert_eq!((core.waiting(), core.live_snapshots()), (0, 0));
        assert!(core.process_next().is_none());
        assert!(outputs(&mut core).is_empty());

        core.begin_snapshot(s(1));
        assert_eq!(outputs(&mut core), ["link 0: marker 1", "snapshot 1 records"]);
    });
}

//! Nodes that fail: their links end, and later snapshots go without them.

use consistent_cut::protocol::{BeginError, CollectorCore, Envelope};
use consistent_cut::{CoverageError, NodeFailure, Topology};

use crate::brief::{core, l, links, message, n, on_both_policies, outputs, pay, s};
use crate::teller::{Ledger, Note, moves};
use crate::world::World;

fn failure(node: u32) -> NodeFailure {
    NodeFailure { node: n(node).into(), panic: "gone".to_owned() }
}

/// The end comes behind messages, before and after the recording.
#[test]
fn an_end_closes_its_link_for_snapshots_under_way_and_for_all_later_ones() {
    on_both_policies(|policy| {
        let mut core = core(links(3, &[(1, 0), (2, 0)]), 0, policy);
        core.begin_snapshot(s(1));
        core.begin_snapshot(s(2));
        core.arrive(l(0), message(0, 1, &[])).unwrap();
        core.arrive(l(0), Envelope::End).unwrap();
        core.arrive(l(1), message(1, 1, &[])).unwrap();
        while core.process_next().is_some() {}
        core.begin_snapshot(s(3));
        let expected = [
            "snapshot 1 records",
            "snapshot 2 records",
            "snapshot 1 closes link 0 with [1]",
            "snapshot 2 closes link 0 with [1]",
            "snapshot 3 records",
            "snapshot 3 closes link 0 with []",
        ];
        assert_eq!(outputs(&mut core), expected);
        assert_eq!(core.live_snapshots(), 3, "the other link is open");
        core.arrive(l(1), Envelope::End).unwrap();
        core.process_next();
        assert_eq!(core.live_snapshots(), 0);
        core.begin_snapshot(s(4));
        assert_eq!(core.live_snapshots(), 0, "done at once");
    });
}

#[test]
fn what_a_node_had_sent_before_it_failed_is_on_its_links() {
    on_both_policies(|policy| {
        // Parallel links, a link of the failed node to itself, and one back to it.
        let topology = links(2, &[(0, 1), (0, 1), (0, 0), (1, 0)]);
        let mut world = World::quiet(topology, policy);
        world.tell(n(0), &[pay(0), pay(1), pay(1), pay(2), pay(0)]);
        world.deliver(l(0));
        world.process(n(1));
        world.tell(n(1), &[pay(3), pay(3)]);
        world.deliver(l(3));
        world.fail(n(0));
        world.node_failed(n(0));
        let id = world.begin(1, &[n(1)]);
        world.tell(n(1), &[pay(3)]);
        world.settle();
        world.assert_sound();
        let snapshot = world.snapshot(id);
        assert_eq!(world.recorded(id, l(0)), [2]);
        assert_eq!(world.recorded(id, l(1)), [1, 2]);
        let counts =
            |link| (snapshot.channel(l(link)).sent(), snapshot.channel(l(link)).received());
        assert_eq!([counts(0), counts(1), counts(2), counts(3)], [(2, 1), (2, 0), (0, 0), (2, 2)]);
        assert_eq!(snapshot.failures(), world.collector.failures());
        assert!(snapshot.find_state(n(0)).is_none() && snapshot.timers(n(0)).is_empty());
        assert_eq!(snapshot.states().map(|(node, _)| node).collect::<Vec<_>>(), [n(1)]);
        assert_eq!(snapshot.state(n(1)).counts.received[0], 1);
        assert_eq!(snapshot.timings().nodes().len(), 1);
    });
}

#[test]
fn a_snapshot_that_waits_for_a_node_that_failed_can_only_be_given_up() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(3).unwrap(), policy);
        let lost = world.begin(1, &[n(0)]);
        world.fail(n(1));
        world.settle();
        assert!(world.collector.waits_for(lost, n(1)));
        assert_eq!(world.node_failed(n(1)), [lost]);
        assert_eq!(world.node_failed(n(1)), [], "known");
        for node in [0, 2] {
            world.abandon_at(lost, n(node));
        }
        let cover = world.collector.cover_with(&[n(1)]);
        assert_eq!(cover, [n(2)]);
        world.begin(2, &cover);
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshots.len(), 1);
    });
}

#[test]
fn a_snapshot_in_which_the_failed_node_has_done_its_part_completes() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1)]), policy);
        let id = world.begin(1, &[n(0)]);
        world.fail(n(0));
        assert!(world.node_failed(n(0)).is_empty());
        world.settle();
        world.assert_sound();
        assert!(world.snapshot(id).failures().is_empty());
    });
}

/// Nodes on a line fall apart when one between them fails.
#[test]
fn coverage_is_asked_of_the_nodes_that_are_not_down() {
    let mut collector = CollectorCore::<Ledger, Note>::new(Topology::line(5).unwrap().into());
    collector.node_failed(failure(2));
    assert_eq!(collector.cover_with(&[n(2), n(1)]), [n(1), n(0), n(3)]);
    let now = moves(0);
    let error = collector.begin(s(1), &[n(0)], now).unwrap_err();
    let BeginError::Coverage(CoverageError::Unreached { unreached, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(unreached, [n(3), n(4)]);
    assert_eq!(collector.begin(s(1), &[n(0), n(2)], now), Err(BeginError::NodeFailed(failure(2))));
    assert_eq!(collector.begin(s(1), &[n(0), n(3)], now), Ok(()));
    let missing = collector.missing(s(1)).unwrap();
    assert_eq!(missing.nodes, [n(0), n(1), n(3), n(4)]);
    assert_eq!(missing.links, [l(0), l(2), l(3)]);
}

/// The same initiators are refused whether some node has failed or none.
#[test]
fn bad_initiators_are_refused_as_they_are_when_all_nodes_live() {
    let mut collector = CollectorCore::<Ledger, Note>::new(Topology::ring(3).unwrap().into());
    let now = moves(0);
    for down in [None, Some(1)] {
        down.into_iter().for_each(|node| collector.node_failed(failure(node)));
        let none = collector.begin(s(1), &[], now);
        assert_eq!(none, Err(BeginError::Coverage(CoverageError::NoInitiators)), "{down:?}");
        let unknown = collector.begin(s(1), &[n(2), n(0), n(9)], now);
        let error = CoverageError::UnknownNode { node: n(9), nodes: 3 };
        assert_eq!(unknown, Err(BeginError::Coverage(error)), "{down:?}");
    }
}

#[test]
fn excluding_a_node_that_is_not_there_changes_nothing() {
    let mut collector = CollectorCore::<Ledger, Note>::new(Topology::ring(1).unwrap().into());
    collector.node_failed(failure(7));
    assert_eq!(collector.failures(), []);
    assert_eq!(collector.begin(s(1), &[n(0)], moves(0)), Ok(()));
}

#[test]
fn when_all_nodes_are_down_no_snapshot_begins() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(2).unwrap(), policy);
        for node in [1, 0] {
            world.fail(n(node));
            world.node_failed(n(node));
        }
        assert_eq!(world.collector.cover_with(&[n(0)]), []);
        for initiators in [&[][..], &[n(0)], &[n(5)]] {
            let refused = world.announce(s(1), initiators);
            assert!(matches!(refused, Err(BeginError::NodeFailed(_))), "{refused:?}");
        }
        world.settle();
        world.assert_sound();
    });
}

/// A node that has failed processes nothing, and its senders do not wait for it.
#[test]
fn a_sender_is_not_blocked_by_a_node_that_is_down() {
    on_both_policies(|policy| {
        let topology = links(2, &[(0, 1), (1, 0)]);
        let mut world = World::quiet_with_room(topology, policy, &[(0, 1)]);
        world.tell(n(0), &[pay(0), pay(0), pay(0)]);
        assert!(!world.may_handle(n(0)));
        world.fail(n(1));
        world.node_failed(n(1));
        world.settle();
        assert!(world.may_handle(n(0)));
        world.begin(1, &[n(0)]);
        world.settle();
        world.assert_sound();
    });
}

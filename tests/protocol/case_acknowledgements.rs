//! An acknowledgement is a message too: on a link with a capacity the marker goes back ahead of the
//! acknowledgements given after the cut.

use consistent_cut::protocol::{BeginError, MarkerPolicy};
use consistent_cut::{CoverageError, Topology};

use crate::brief::{core, l, links, marker, message, n, on_both_policies, outputs, pay, s};
use crate::link_fault::LinkFault;
use crate::oracles::Oracle;
use crate::world::World;

const CAPACITY: &[(u32, u64)] = &[(0, 1)];

/// The receiver begins, takes a message, and so makes room for the sender's next messages.
fn receiver_records_first(policy: MarkerPolicy, fault: Option<LinkFault>) -> World {
    let mut world = World::quiet_with_room(links(2, &[(0, 1), (1, 0)]), policy, CAPACITY);
    world.link_fault = fault;
    world.tell(n(0), &[pay(0), pay(0)]);
    world.begin(1, &[n(1)]);
    for _ in 0..4 {
        world.deliver(l(0));
        world.process(n(1));
        world.acknowledge(l(0));
        // The handler sends if the link has room.
        world.inject(n(0), &[pay(0)]);
        world.process(n(0));
    }
    world.settle();
    world
}

#[test]
fn a_sender_records_before_it_uses_room_that_was_made_after_the_cut() {
    on_both_policies(|policy| {
        let world = receiver_records_first(policy, None);
        world.assert_sound();
        let channel = world.snapshot(s(1)).channel(l(0));
        assert_eq!((channel.sent(), channel.received(), channel.acknowledged()), (2, 0, 0));
        assert_eq!((channel.messages().len(), channel.waiting()), (2, 1));
    });
}

#[test]
fn a_driver_whose_acknowledgements_go_around_the_marker_is_found_out() {
    on_both_policies(|policy| {
        let world = receiver_records_first(policy, Some(LinkFault::AcknowledgementsPassMarkers));
        let violations = world.violations();
        for oracle in [Oracle::ChannelLaw, Oracle::Causality] {
            assert!(violations.iter().any(|found| found.oracle == oracle), "{violations:#?}");
        }
        let error = world.snapshot(s(1)).verify().unwrap_err();
        assert!(error.to_string().contains("its sender knew of"), "{error}");
    });
}

#[test]
fn a_marker_goes_back_on_each_link_with_a_capacity_but_the_one_that_it_came_on() {
    let topology = || links(3, &[(0, 1), (2, 1), (2, 1), (1, 1), (1, 2)]);
    on_both_policies(|policy| {
        let node = |limited: &[u32]| {
            let mut core = core(topology(), 1, policy);
            limited.iter().for_each(|&link| core.set_capacity(l(link), 4));
            core
        };
        let mut reached = node(&[0, 2, 3, 4]);
        reached.arrive(l(0), marker(7)).unwrap();
        reached.process_next();
        let expected = [
            "link 3: marker 7",
            "link 4: marker 7",
            "link 2: marker 7 back",
            "snapshot 7 records",
            "snapshot 7 closes link 0 with []",
        ];
        assert_eq!(outputs(&mut reached), expected);
        let mut initiator = node(&[0]);
        initiator.begin_snapshot(s(7));
        let expected =
            ["link 3: marker 7", "link 4: marker 7", "link 0: marker 7 back", "snapshot 7 records"];
        assert_eq!(outputs(&mut initiator), expected);
        let mut unlimited = node(&[]);
        unlimited.set_capacity(l(0), u64::MAX);
        unlimited.begin_snapshot(s(7));
        assert!(outputs(&mut unlimited).iter().all(|output| !output.contains("back")));
    });
}

/// Where the sender's own marker has come, the sender has recorded. A marker that goes back would
/// tell the sender nothing.
#[test]
fn a_marker_goes_back_on_no_link_that_has_closed_before_it_leaves() {
    on_both_policies(|policy| {
        let mut core = core(links(4, &[(0, 3), (1, 3), (2, 3), (3, 0)]), 3, policy);
        (0..3).for_each(|link| core.set_capacity(l(link), 4));
        core.begin_snapshot(s(1));
        core.arrive(l(0), marker(2)).unwrap();
        core.arrive(l(1), marker(2)).unwrap();
        core.arrive(l(2), marker(1)).unwrap();
        core.meet_markers();
        let mut back = outputs(&mut core);
        back.retain(|output| output.contains("back"));
        let expected = ["link 0: marker 1 back", "link 1: marker 1 back", "link 2: marker 2 back"];
        assert_eq!(back, expected);
        core.arrive(l(2), marker(2)).unwrap();
        core.meet_markers();
        assert_eq!(outputs(&mut core), ["snapshot 2 closes link 2 with []"], "nothing goes twice");
    });
}

#[test]
fn a_marker_that_comes_back_makes_a_node_record_once_and_closes_nothing() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        core.set_capacity(l(0), 1);
        core.marker_returned(l(1), s(1));
        core.marker_returned(l(9), s(1));
        assert!(outputs(&mut core).is_empty(), "these links do not leave the node");
        core.marker_returned(l(0), s(1));
        assert_eq!(outputs(&mut core), ["link 0: marker 1", "snapshot 1 records"]);
        assert_eq!(core.live_snapshots(), 1);
        core.marker_returned(l(0), s(1));
        core.begin_snapshot(s(1));
        assert!(outputs(&mut core).is_empty());
        core.arrive(l(1), message(1, 1, &[])).unwrap();
        core.arrive(l(1), marker(1)).unwrap();
        core.process_next();
        core.process_next();
        assert_eq!(outputs(&mut core), ["snapshot 1 closes link 1 with [1]"]);
    });
}

#[test]
fn initiators_reach_against_links_with_a_capacity() {
    on_both_policies(|policy| {
        let line = || Topology::line(4).unwrap();
        let mut world = World::quiet_with_room(line(), policy, &[(0, 9), (1, 9), (2, 9)]);
        world.tell(n(0), &[pay(0)]);
        let id = world.begin(1, &[n(3)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshot(id).initiators(), [n(3)]);

        let mut world = World::quiet_with_room(line(), policy, &[(0, 9), (2, 9)]);
        let Err(BeginError::Coverage(CoverageError::Unreached { unreached, .. })) =
            world.announce(s(1), &[n(3)])
        else {
            panic!("link 1 leads one way");
        };
        assert_eq!(unreached, [n(0), n(1)]);
        assert_eq!(world.collector.cover_with(&[]), [n(0)], "along links alone");
    });
}

//! Links with a capacity: messages that wait for room are in flight, and a snapshot needs no room.

use consistent_cut::protocol::{Output, Report};
use consistent_cut::{MarkerPolicy, Topology};

use crate::brief::{core, l, links, marker, message, n, on_both_policies, outputs, pay, s};
use crate::teller::{Task, moves};
use crate::world::World;

/// A ring of three in which every link is over its capacity and every node waits.
fn deadlock(policy: MarkerPolicy, capacity: u64) -> World {
    let room = [0, 1, 2].map(|link| (link, capacity));
    let mut world = World::quiet_with_room(Topology::ring(3).unwrap(), policy, &room);
    for node in 0..3 {
        let tasks = vec![pay(node); capacity as usize + 2];
        world.tell(n(node), &tasks);
    }
    world.settle();
    assert!(world.is_deadlocked());
    world
}

#[test]
fn a_snapshot_of_nodes_that_all_wait_for_room_completes() {
    on_both_policies(|policy| {
        for capacity in [1, 2, 5] {
            let mut world = deadlock(policy, capacity);
            let (handled, all) = (world.events.len(), (1..=capacity + 2).collect::<Vec<_>>());
            let id = world.begin(1, &[n(1)]);
            world.settle();
            world.assert_sound();
            assert_eq!(world.events.len(), handled, "nothing but markers has moved");
            assert!(world.is_deadlocked());
            for link in 0..3 {
                assert_eq!(world.recorded(id, l(link)), all, "with what waits, in its order");
            }
        }
    });
}

/// Several snapshots at once, from all nodes, and one after the other.
#[test]
fn a_deadlock_does_not_hold_up_snapshots_that_overlap() {
    on_both_policies(|policy| {
        let mut world = deadlock(policy, 1);
        let nodes = [n(0), n(1), n(2)];
        for id in 1..=3 {
            world.begin(id, &nodes[..id as usize]);
        }
        world.settle();
        world.begin(4, &[n(2)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshots.len(), 4);
    });
}

#[test]
fn everything_sent_leaves_at_once_and_the_marker_behind_it() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        core.set_capacity(l(0), 1);
        core.arrive(l(2), message(2, 1, &[pay(0), pay(0), pay(0)])).unwrap();
        assert_eq!(core.process_next(), Some(l(2)));
        core.begin_snapshot(s(1));
        let expected = [
            "link 0: message 1",
            "link 0: message 2",
            "link 0: message 3",
            "link 0: marker 1",
            "snapshot 1 records",
        ];
        assert_eq!(outputs(&mut core), expected);
        assert_eq!(core.full_links().collect::<Vec<_>>(), [l(0)]);
    });
}

#[test]
fn a_node_handles_something_again_when_all_its_links_have_room_and_not_before() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (0, 1), (1, 0)]), 0, policy);
        core.set_capacity(l(0), 2);
        core.set_capacity(l(1), 1);
        let tasks = [pay(0), pay(0), pay(0), pay(0), pay(1), pay(1), Task::SetTimer(1, 5)];
        core.arrive(l(2), message(2, 1, &tasks)).unwrap();
        core.arrive(l(2), message(2, 2, &[])).unwrap();
        assert!(core.process_next().is_some());
        core.tell_time(moves(0));
        let later = moves(100);
        for (link, processed) in [(0, 1), (1, 0), (1, 1), (0, 1), (7, 9), (2, 9), (3, 9)] {
            core.acknowledge(l(link), processed);
            assert!(core.is_blocked() && !core.may_handle(), "{link}: {processed}");
            assert!(core.process_next().is_none());
            assert!(!core.fire_timer(later));
        }
        core.acknowledge(l(0), 2);
        core.acknowledge(l(0), 1);
        assert!(!core.is_blocked() && core.may_handle(), "an old count takes no room back");
        assert!(core.fire_timer(later), "its sends fill a link again");
        assert!(core.is_blocked());
        assert_eq!(core.full_links().collect::<Vec<_>>(), [l(0), l(1)]);
        core.acknowledge(l(0), 3);
        core.acknowledge(l(1), 2);
        assert_eq!(core.process_next(), Some(l(2)));
    });
}

#[test]
fn a_link_that_is_just_full_blocks_nobody() {
    on_both_policies(|policy| {
        for capacity in 1..4 {
            let mut core = core(links(2, &[(0, 1)]), 0, policy);
            core.set_capacity(l(0), capacity);
            for number in 1..=capacity + 1 {
                assert!(core.may_handle());
                core.arrive(l(1), message(1, number, &[pay(0)])).unwrap();
                core.process_next();
            }
            assert!(core.is_blocked(), "the first that is over");
        }
    });
}

/// Only the node itself could make room.
#[test]
fn a_node_that_overfills_its_own_link_waits_for_ever_and_is_recorded() {
    on_both_policies(|policy| {
        let mut world = World::quiet_with_room(Topology::ring(1).unwrap(), policy, &[(0, 1)]);
        world.tell(n(0), &[pay(0)]);
        world.settle();
        assert!(world.may_handle(n(0)), "one has room");
        world.tell(n(0), &[pay(0), pay(0), pay(0)]);
        world.settle();
        assert!(world.is_deadlocked());
        let id = world.begin(1, &[n(0)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(id, l(0)), [2, 3, 4]);
    });
}

/// The node blocks or stops with messages and markers of two links interleaved in its inbox.
#[test]
fn what_waits_at_a_node_that_handles_nothing_is_attended_once_and_in_order() {
    on_both_policies(|policy| {
        for stops in [false, true] {
            let mut core = core(links(2, &[(0, 1), (1, 0), (1, 0)]), 0, policy);
            core.set_capacity(l(0), 1);
            let last = if stops { Task::Stop } else { pay(0) };
            core.arrive(l(1), message(1, 1, &[pay(0), last])).unwrap();
            core.arrive(l(1), message(1, 2, &[])).unwrap();
            core.arrive(l(2), message(2, 1, &[])).unwrap();
            core.arrive(l(2), marker(1)).unwrap();
            core.arrive(l(1), message(1, 3, &[])).unwrap();
            core.arrive(l(2), message(2, 2, &[])).unwrap();
            core.arrive(l(1), marker(1)).unwrap();
            core.arrive(l(1), message(1, 4, &[])).unwrap();
            assert_eq!(core.process_next(), Some(l(1)));
            assert_eq!(core.process_next(), None);
            let output = outputs(&mut core);
            let closes: Vec<_> = output.iter().filter(|o| o.contains("closes")).collect();
            let first = match policy {
                MarkerPolicy::Overtaking => "[1, 2, 3]",
                MarkerPolicy::InOrder => "[2, 3]",
            };
            let expected = [
                "snapshot 1 closes link 2 with [1]".to_owned(),
                format!("snapshot 1 closes link 1 with {first}"),
            ];
            // Messages that waited on the first marker's link were in flight as well.
            assert_eq!(closes, expected.iter().collect::<Vec<_>>(), "{policy:?}");
            assert_eq!((core.live_snapshots(), core.waiting()), (0, 5));

            // A second snapshot, begun here, finds the same messages, and later messages once.
            core.begin_snapshot(s(2));
            core.acknowledge(l(0), 2);
            core.arrive(l(1), message(1, 5, &[])).unwrap();
            while core.process_next().is_some() {}
            core.arrive(l(1), marker(2)).unwrap();
            core.arrive(l(2), marker(2)).unwrap();
            core.process_next();
            let output = outputs(&mut core);
            assert_eq!(output[2], "snapshot 2 closes link 1 with [2, 3, 4, 5]");
            assert_eq!(output[3], "snapshot 2 closes link 2 with [1, 2]");
            assert_eq!(core.waiting(), if stops { 6 } else { 0 });
        }
    });
}

/// A snapshot reaches the node when it is blocked, when it is unblocked with messages still
/// waiting, and when it is blocked again.
#[test]
fn a_node_that_is_blocked_by_turns_takes_part_in_every_snapshot() {
    on_both_policies(|policy| {
        let mut world = World::quiet_with_room(links(2, &[(0, 1), (1, 0)]), policy, &[(0, 1)]);
        world.hold_acknowledgements = true;
        world.tell(n(0), &[pay(0), pay(0)]);
        world.tell(n(1), &[pay(1), pay(1), pay(1)]);
        world.begin(1, &[n(1)]);
        world.deliver_all(l(1));
        world.process_all(n(0));
        assert!(world.has_recorded(s(1), n(0)), "{policy:?}: blocked");
        world.deliver_all(l(0));
        world.process_all(n(1));
        world.acknowledge(l(0));
        assert!(world.process(n(0)));
        world.begin(2, &[n(1)]);
        world.tell(n(1), &[pay(1)]);
        world.deliver_all(l(1));
        world.tell(n(0), &[pay(0), pay(0)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshots.len(), 2);
        assert_eq!(world.ledger(n(0)).counts.received[0], 4);
    });
}

/// A message from outside comes at the moment when the node handles a waiting marker. The message
/// is behind that recording.
#[test]
fn a_message_from_outside_that_finds_a_waiting_marker_comes_after_it() {
    let mut core = core(links(2, &[(1, 0), (0, 1)]), 0, MarkerPolicy::InOrder);
    core.set_capacity(l(1), 1);
    core.arrive(l(0), message(0, 1, &[pay(1), pay(1)])).unwrap();
    core.arrive(l(0), marker(1)).unwrap();
    assert!(core.process_next().is_some());
    let outside = message(2, 1, &[]);
    core.arrive(l(2), outside).unwrap();
    let record = core.drain_output().find_map(|output| match output {
        Output::Report(Report::Node(record)) => Some(record),
        _ => None,
    });
    let environment = record.expect("the node has recorded").environment;
    assert_eq!((environment.sent, environment.messages.len()), (0, 0));
    assert_eq!(core.waiting(), 1);
}

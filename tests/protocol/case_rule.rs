//! The two rules of the paper, in the smallest runs in which each can go wrong.

use crate::brief::{core, l, links, marker, message, n, on_both_policies, outputs, pay, s};
use crate::teller::Task;
use crate::world::World;

/// Two out-links. The core is drained once, at the end, so the order of outputs is the core's.
#[test]
fn the_markers_stand_between_the_sends_before_the_recording_and_those_after() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (0, 1)]), 0, policy);
        let environment = 2;
        core.arrive(l(environment), message(environment, 1, &[pay(1), pay(0)])).unwrap();
        core.arrive(l(environment), message(environment, 2, &[pay(0)])).unwrap();
        assert!(core.process_next().is_some());
        core.begin_snapshot(s(7));
        assert!(core.process_next().is_some());
        let expected = [
            "link 1: message 1",
            "link 0: message 1",
            "link 0: marker 7",
            "link 1: marker 7",
            "snapshot 7 records",
            "link 0: message 2",
        ];
        assert_eq!(outputs(&mut core), expected);
    });
}

/// Outputs that a driver drops are gone, and no other output is lost with them.
#[test]
fn a_driver_that_drops_some_outputs_gets_the_later_ones_right() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1)]), 0, policy);
        core.begin_snapshot(s(1));
        drop(core.drain_output());
        assert!(outputs(&mut core).is_empty());
        core.begin_snapshot(s(2));
        assert_eq!(outputs(&mut core), ["link 0: marker 2", "snapshot 2 records"]);
    });
}

/// The handler that asks for the snapshot sends before and after it asks. The whole handler is one
/// step.
#[test]
fn the_sends_of_the_asking_handler_are_before_the_cut() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
        world.tell(n(0), &[pay(0), Task::Request, pay(0)]);
        assert_eq!(world.requests, [n(0)]);
        let id = world.begin(1, &[n(0)]);
        world.tell(n(0), &[pay(0)]);
        world.deliver(l(0));
        world.process(n(1));
        world.begin(2, &[n(1)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshot(id).channel(l(0)).sent(), 2);
    });
}

/// The recorded state is the one at the recording, and nothing that follows changes it.
#[test]
fn a_recorded_state_stays_as_it_was() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
        world.tell(n(0), &[pay(0)]);
        let before = world.ledger(n(0)).clone();
        let id = world.begin(1, &[n(0)]);
        world.tell(n(0), &[pay(0)]);
        world.tell(n(1), &[pay(1), pay(1)]);
        world.settle();
        world.tell(n(0), &[pay(0)]);
        world.settle();
        world.assert_sound();
        assert_eq!(*world.snapshot(id).state(n(0)), before);
        assert_ne!(*world.ledger(n(0)), before);
    });
}

#[test]
fn a_recorded_message_still_reaches_the_process() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
        world.tell(n(1), &[pay(1), pay(1)]);
        let id = world.begin(1, &[n(0)]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(id, l(1)), [1, 2]);
        assert_eq!(world.ledger(n(0)).counts.received[0], 2);
        assert_eq!(world.ledger(n(0)).balance.get(), 102);
    });
}

#[test]
fn a_node_is_done_only_when_its_last_link_has_closed() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(3, &[(0, 1), (1, 0), (1, 2), (2, 0)]), policy);
        let id = world.begin(1, &[n(0)]);
        assert!(world.collector.waits_for(id, n(0)), "its own record is there, its links are open");
        world.deliver(l(0));
        world.process_all(n(1));
        assert!(!world.collector.waits_for(id, n(1)));
        world.deliver(l(1));
        world.process_all(n(0));
        assert!(world.collector.waits_for(id, n(0)), "one link is still open");
        assert_eq!(world.nodes[0].live_snapshots(), 1);
        let missing = world.collector.missing(id).unwrap();
        assert_eq!((missing.nodes, missing.links), (vec![n(2)], vec![l(2), l(3)]));
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshots.len(), 1);
    });
}

/// Messages come on both in-links before and after their markers.
#[test]
fn each_marker_closes_its_own_link_and_the_first_ones_is_empty() {
    on_both_policies(|policy| {
        let mut core = core(links(3, &[(1, 0), (2, 0)]), 0, policy);
        core.arrive(l(0), marker(1)).unwrap();
        core.arrive(l(0), message(0, 1, &[])).unwrap();
        core.arrive(l(1), message(1, 1, &[])).unwrap();
        core.arrive(l(1), message(1, 2, &[])).unwrap();
        core.arrive(l(1), marker(1)).unwrap();
        core.arrive(l(1), message(1, 3, &[])).unwrap();
        while core.process_next().is_some() {}
        let expected = [
            "snapshot 1 records",
            "snapshot 1 closes link 0 with []",
            "snapshot 1 closes link 1 with [1, 2]",
        ];
        assert_eq!(outputs(&mut core), expected);
        assert_eq!(core.process().ledger.counts.received[..2], [1, 3]);
        assert_eq!(core.live_snapshots(), 0);
    });
}

/// Snapshot 2 starts while snapshot 1 is under way; both have link 0 open when message 2
/// comes.
#[test]
fn snapshots_that_overlap_record_each_for_itself() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0), (1, 0)]), 0, policy);
        core.begin_snapshot(s(1));
        core.arrive(l(0), message(0, 1, &[])).unwrap();
        assert!(core.process_next().is_some());
        core.begin_snapshot(s(2));
        core.arrive(l(0), message(0, 2, &[])).unwrap();
        assert!(core.process_next().is_some());
        assert_eq!(core.live_snapshots(), 2);
        core.arrive(l(0), marker(2)).unwrap();
        core.arrive(l(0), message(0, 3, &[])).unwrap();
        core.arrive(l(0), marker(1)).unwrap();
        core.arrive(l(1), marker(1)).unwrap();
        core.arrive(l(1), marker(2)).unwrap();
        while core.process_next().is_some() {}
        let expected = [
            "snapshot 1 records",
            "snapshot 2 records",
            "snapshot 2 closes link 0 with [2]",
            "snapshot 1 closes link 0 with [1, 2, 3]",
            "snapshot 1 closes link 1 with []",
            "snapshot 2 closes link 1 with []",
        ];
        assert_eq!(outputs(&mut core), expected);
    });
}

#[test]
fn messages_ahead_of_a_marker_are_before_it_and_messages_behind_it_are_not() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
        let id = world.begin(1, &[n(1)]);
        world.tell(n(0), &[pay(0), pay(0)]);
        world.deliver(l(1));
        world.process_all(n(0));
        world.tell(n(0), &[pay(0)]);
        assert_eq!(world.on_link(l(0)), 4);
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(id, l(0)), [1, 2]);
    });
}

/// Messages of two parallel links arrive interleaved, before and after the recording.
#[test]
fn each_link_is_recorded_in_its_own_order() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0), (1, 0)]), 0, policy);
        for number in 1..=3 {
            core.arrive(l(1), message(1, number, &[])).unwrap();
            core.arrive(l(0), message(0, number, &[])).unwrap();
        }
        core.begin_snapshot(s(1));
        core.arrive(l(0), message(0, 4, &[])).unwrap();
        core.arrive(l(1), message(1, 4, &[])).unwrap();
        core.arrive(l(1), marker(1)).unwrap();
        core.arrive(l(0), marker(1)).unwrap();
        while core.process_next().is_some() {}
        let expected = [
            "snapshot 1 records",
            "snapshot 1 closes link 1 with [1, 2, 3, 4]",
            "snapshot 1 closes link 0 with [1, 2, 3, 4]",
        ];
        assert_eq!(outputs(&mut core), expected);
    });
}

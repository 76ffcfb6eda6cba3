//! Handlers that ask and send, input from outside during the cut, and a system at rest.

use consistent_cut::protocol::{Output, Report};
use consistent_cut::{MarkerPolicy, Topology};

use crate::brief::{core, l, links, marker, message, n, on_both_policies, outputs, pay, s};
use crate::teller::Task;
use crate::world::World;

#[test]
fn what_one_handler_asks_for_comes_out_in_its_order() {
    on_both_policies(|policy| {
        let mut core = core(links(3, &[(0, 1), (0, 2), (0, 0)]), 0, policy);
        let tasks = [pay(2), pay(1), Task::Request, pay(0), pay(1), Task::Request, pay(2)];
        core.arrive(l(3), message(3, 1, &tasks)).unwrap();
        assert!(outputs(&mut core).is_empty(), "arriving is not handling");
        assert!(core.process_next().is_some());
        let expected = [
            "link 2: message 1",
            "link 1: message 1",
            "request",
            "link 0: message 1",
            "link 1: message 2",
            "request",
            "link 2: message 2",
        ];
        assert_eq!(outputs(&mut core), expected);
    });
}

/// An output that a driver drops is lost, and so is a record with its place there. Later records
/// keep their places.
#[test]
fn what_is_dropped_of_the_output_takes_its_records_along() {
    on_both_policies(|policy| {
        for taken in 0..=4 {
            let mut core = core(links(2, &[(0, 1), (0, 1), (1, 0)]), 0, policy);
            core.begin_snapshot(s(1));
            core.arrive(l(2), marker(1)).unwrap();
            core.process_next();
            assert_eq!(core.drain_output().take(taken).count(), taken);
            core.begin_snapshot(s(2));
            core.arrive(l(2), marker(2)).unwrap();
            core.process_next();
            let reports = core.drain_output().filter_map(|output| match output {
                Output::Report(report) => Some(report.snapshot()),
                _ => None,
            });
            assert_eq!(reports.collect::<Vec<_>>(), [s(2), s(2)], "{taken} of four were taken");
        }
    });
}

/// Messages may gather over several handlers. Other outputs may not, and a driver sees them.
#[test]
fn a_driver_is_told_what_must_not_gather() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        core.limit_batches(3);
        for number in 1..=3 {
            core.arrive(l(1), message(1, number, &[pay(0)])).unwrap();
            core.process_next();
            assert_eq!((core.has_full_batch(), core.is_output_mixed()), (number == 3, false));
        }
        core.begin_snapshot(s(1));
        assert!(core.is_output_mixed());
        core.arrive(l(1), message(1, 4, &[pay(0)])).unwrap();
        core.process_next();
        let sent: Vec<_> = outputs(&mut core);
        assert_eq!(sent.len(), 6, "{sent:?}");
        assert_eq!((core.has_full_batch(), core.is_output_mixed()), (false, false));
        core.arrive(l(1), message(1, 5, &[Task::SetTimer(1, 5)])).unwrap();
        core.process_next();
        assert!(core.is_output_mixed());
    });
}

/// Nodes that ask for snapshots themselves, all at the same time.
#[test]
fn snapshots_that_nodes_ask_for_are_like_any_others() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(3).unwrap(), policy);
        for node in 0..3 {
            world.inject(n(node), &[pay(node), Task::Request, pay(node)]);
        }
        for node in 0..3 {
            world.process(n(node));
        }
        assert_eq!(world.requests, [n(0), n(1), n(2)]);
        for (id, node) in (1..).zip(world.requests.clone()) {
            let initiators = world.topology.cover_with(&[node]);
            world.begin(id, &initiators);
        }
        world.settle();
        world.assert_sound();
        assert_eq!(world.snapshots.len(), 3);
    });
}

/// Whether a marker between two messages of a backlog waits depends on the policy.
#[test]
fn the_policy_says_whether_a_marker_waits_for_the_backlog() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0)]), 0, policy);
        core.arrive(l(0), message(0, 1, &[])).unwrap();
        core.arrive(l(0), marker(1)).unwrap();
        core.arrive(l(0), message(0, 2, &[])).unwrap();
        let (at_once, waiting) = match policy {
            MarkerPolicy::Overtaking => (2, 2),
            MarkerPolicy::InOrder => (0, 3),
        };
        assert_eq!(core.waiting(), waiting);
        assert_eq!(outputs(&mut core).len(), at_once);
        assert!(core.process_next().is_some());
        assert!(core.process_next().is_some());
        assert_eq!(outputs(&mut core).len(), 2 - at_once);
        assert_eq!(core.waiting(), 0);
    });
}

/// Three injected messages: one before the cut and received, one before and not received, one
/// after.
#[test]
fn an_injected_message_is_in_the_state_or_on_its_link_or_after_the_cut() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(2).unwrap(), policy);
        world.tell(n(0), &[]);
        world.inject(n(0), &[]);
        world.inject(n(0), &[]);
        let id = world.begin(1, &[n(0)]);
        world.inject(n(0), &[]);
        world.inject(n(1), &[]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(id, l(2)), [2, 3]);
        let channel = world.snapshot(id).channel(l(2));
        assert_eq!((channel.sent(), channel.received()), (3, 1));
        assert_eq!(world.ledger(n(0)).counts.received.last(), Some(&4));
    });
}

/// The environment link's state is right when a marker behind a backlog reaches the node.
#[test]
fn injected_messages_around_a_waiting_marker_are_cut_where_it_is_handled() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1)]), policy);
        world.inject(n(1), &[]);
        let id = world.begin(1, &[n(0)]);
        world.deliver(l(0));
        world.inject(n(1), &[]);
        world.settle();
        world.assert_sound();
        let channel = world.snapshot(id).channel(l(2));
        let expected = match policy {
            MarkerPolicy::Overtaking => (1, 0),
            MarkerPolicy::InOrder => (2, 1),
        };
        assert_eq!((channel.sent(), channel.received()), expected);
    });
}

/// No marker should come from outside. If a marker comes all the same, it is no message, and its
/// snapshot starts.
#[test]
fn a_marker_from_outside_is_not_counted_as_a_message() {
    on_both_policies(|policy| {
        let mut core = core(links(1, &[]), 0, policy);
        core.arrive(l(0), marker(1)).unwrap();
        core.arrive(l(0), message(0, 1, &[])).unwrap();
        while core.process_next().is_some() {}
        core.begin_snapshot(s(2));
        let reports: Vec<_> = core.drain_output().collect();
        let [Output::Report(Report::Node(first)), Output::Report(Report::Node(second))] =
            &reports[..]
        else {
            panic!("{reports:?}");
        };
        assert_eq!(first.snapshot, s(1));
        assert_eq!(first.environment.sent, first.environment.messages.len() as u64);
        assert_eq!((second.environment.sent, second.environment.received), (1, 1));
    });
}

#[test]
fn a_snapshot_of_a_quiet_system_is_its_state() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::grid(3, 2).unwrap(), policy);
        for node in 0..6 {
            world.inject(n(node), &[]);
        }
        world.settle();
        world.begin(1, &[n(4)]);
        world.settle();
        world.assert_sound();
        let snapshot = world.snapshot(s(1));
        assert_eq!(snapshot.in_flight().count(), 0);
        assert!(snapshot.channels().iter().any(|channel| channel.sent() > 0));
        for (node, state) in snapshot.states() {
            assert_eq!(state, world.ledger(node));
        }
    });
}

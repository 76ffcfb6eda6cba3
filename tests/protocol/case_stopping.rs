//! Nodes that stop or panic still belong to the global state.

use std::panic::{AssertUnwindSafe, catch_unwind};

use consistent_cut::MarkerPolicy;
use consistent_cut::protocol::{Output, Report};

use crate::brief::{core, l, links, marker, message, n, on_both_policies, outputs, pay, s};
use crate::teller::{Task, moves};
use crate::world::World;

/// A handler is one step: what it sends after calling `stop` is sent, and before the markers that
/// the stop lets the node handle.
#[test]
fn a_handler_that_stops_its_node_sends_everything_first() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0), (1, 0)]), 0, policy);
        core.arrive(l(1), message(1, 1, &[pay(0), Task::Stop, pay(0)])).unwrap();
        core.arrive(l(1), message(1, 2, &[])).unwrap();
        core.arrive(l(2), marker(1)).unwrap();
        core.arrive(l(1), message(1, 3, &[])).unwrap();
        core.arrive(l(1), marker(1)).unwrap();
        core.arrive(l(2), message(2, 1, &[])).unwrap();
        assert!(core.process_next().is_some());
        assert!(core.is_stopped());
        assert!(core.process_next().is_none(), "a stopped node handles nothing");
        let output = outputs(&mut core);
        let position = |text: &str| output.iter().position(|o| o == text).expect(text);
        match policy {
            // The marker was ahead of the handler.
            MarkerPolicy::Overtaking => {
                assert!(position("link 0: marker 1") < position("link 0: message 1"));
                assert!(position("snapshot 1 closes link 1 with [1, 2, 3]") > 0);
            }
            MarkerPolicy::InOrder => {
                assert!(position("link 0: message 2") < position("snapshot 1 records"));
                assert!(position("snapshot 1 closes link 1 with [2, 3]") > 0);
            }
        }
        assert!(position("link 0: message 1") < position("link 0: message 2"));
        assert!(position("snapshot 1 closes link 2 with []") > 0);
        assert_eq!(core.live_snapshots(), 0);
    });
}

/// The node stops with markers, messages of its links and messages from outside all waiting in its
/// inbox.
#[test]
fn a_stop_with_a_full_inbox_loses_nothing_of_any_link() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1), (1, 0), (1, 0)]), policy);
        world.tell(n(1), &[pay(1)]);
        world.inject(n(0), &[Task::Stop, pay(0)]);
        world.deliver(l(1));
        world.begin(1, &[n(1)]);
        world.tell(n(1), &[pay(2)]);
        world.inject(n(0), &[]);
        world.deliver_all(l(2));
        world.inject(n(0), &[]);
        world.deliver_all(l(1));
        world.process_all(n(0));
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(s(1), l(1)), [1]);
    });
}

/// The smallest run in which a message from outside waits behind a marker when its node stops.
#[test]
fn a_message_from_outside_behind_a_marker_outlasts_a_stop() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1)]), policy);
        world.inject(n(1), &[Task::Stop]);
        let id = world.begin(1, &[n(0)]);
        world.deliver(l(0));
        world.inject(n(1), &[]);
        world.process_all(n(1));
        let channel = world.snapshot(id).channel(l(2));
        assert_eq!(
            channel.sent() - channel.received(),
            channel.messages().len() as u64,
            "{policy:?}: {:?}",
            world.snapshot(id).verify()
        );
        world.assert_sound();
    });
}

#[test]
fn a_stopped_node_stays_in_later_snapshots_with_what_it_never_received() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
        world.tell(n(0), &[Task::Stop]);
        let last = world.ledger(n(0)).clone();
        world.tell(n(1), &[pay(1)]);
        world.deliver(l(1));
        world.tell(n(1), &[pay(1)]);
        world.inject(n(0), &[]);
        // One snapshot reaches the stopped node, the other starts at it.
        for (id, initiator) in [(1, n(1)), (2, n(0))] {
            world.begin(id, &[initiator]);
            world.tell(n(1), &[pay(1)]);
            world.settle();
            assert_eq!(*world.snapshot(s(id)).state(n(0)), last);
        }
        world.assert_sound();
        assert_eq!(world.recorded(s(1), l(1)), [1, 2]);
        assert_eq!(world.recorded(s(2), l(1)), [1, 2, 3, 4]);
        assert_eq!(world.recorded(s(2), l(2)), [2], "the environment link");
    });
}

/// Recording, then stopping with links still open.
#[test]
fn a_node_that_stops_while_it_records_goes_on_recording() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
        let id = world.begin(1, &[n(0)]);
        world.tell(n(1), &[pay(1), pay(1)]);
        world.deliver(l(1));
        world.tell(n(0), &[Task::Stop]);
        world.settle();
        world.assert_sound();
        assert_eq!(world.recorded(id, l(1)), [1, 2]);
        let received = world.ledger(n(0)).counts.received[0];
        assert_eq!(received, 1, "the first was handled before the stop, the second never");
    });
}

/// The node is halted for a last snapshot. A system restored from that snapshot has a node that
/// runs.
#[test]
fn a_halted_node_handles_nothing_and_is_not_recorded_as_stopped() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0)]), 0, policy);
        core.arrive(l(1), message(1, 1, &[Task::SetTimer(1, 5)])).unwrap();
        assert!(core.process_next().is_some());
        core.tell_time(moves(0));
        core.halt();
        core.halt();
        assert_eq!(outputs(&mut core), ["stopped"], "told once");
        assert!(!core.may_handle() && !core.is_stopped());
        core.arrive(l(0), message(0, 1, &[])).unwrap();
        core.arrive(l(0), marker(1)).unwrap();
        assert!(core.process_next().is_none());
        assert!(!core.fire_timer(moves(100)));
        let reports: Vec<_> = core.drain_output().collect();
        let [Output::Report(Report::Node(node)), Output::Report(Report::Link(link))] = &reports[..]
        else {
            panic!("{reports:?}");
        };
        assert!(!node.stopped);
        assert_eq!((node.received[0], link.messages.len()), (0, 1), "{policy:?}");
    });
}

#[test]
fn a_handler_that_panics_has_sent_nothing() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        let tasks = [pay(0), Task::Request, Task::Stop, Task::Panic];
        core.arrive(l(1), message(1, 1, &tasks)).unwrap();
        core.arrive(l(1), message(1, 2, &[pay(0)])).unwrap();
        let result = catch_unwind(AssertUnwindSafe(|| core.process_next()));
        assert!(result.is_err());
        assert!(outputs(&mut core).is_empty());
        assert!(!core.is_stopped());

        // The unsent messages are not sent later either: not with the markers of the next snapshot,
        // and not with the next handler.
        core.begin_snapshot(s(1));
        assert_eq!(outputs(&mut core), ["link 0: marker 1", "snapshot 1 records"]);
        assert!(core.process_next().is_some());
        assert_eq!(outputs(&mut core), ["link 0: message 2"], "{policy:?}");
    });
}

/// Nothing drains or records between the panic and the next handler.
#[test]
fn the_handler_after_a_panic_sends_only_what_is_its_own() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        core.arrive(l(1), message(1, 1, &[pay(0), Task::Panic])).unwrap();
        core.arrive(l(1), message(1, 2, &[pay(0)])).unwrap();
        assert!(catch_unwind(AssertUnwindSafe(|| core.process_next())).is_err());
        assert!(core.process_next().is_some());
        core.begin_snapshot(s(1));
        let outputs: Vec<_> = core.drain_output().collect();
        let [messages, Output::Marker { .. }, Output::Report(Report::Node(record))] = &outputs[..]
        else {
            panic!("{outputs:?}");
        };
        let Output::Messages { messages, .. } = messages else { panic!("{messages:?}") };
        assert_eq!(messages.len(), 1);
        assert_eq!(record.sent[..], [1], "unsent messages do not count");
    });
}

/// The last snapshot has failed. Messages that came meanwhile are handled in their order, before
/// new messages.
#[test]
fn a_halted_node_that_resumes_goes_on_as_if_nothing_had_been() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0), (0, 1)]), 0, policy);
        core.arrive(l(2), message(2, 1, &[Task::SetTimer(1, 5)])).unwrap();
        core.arrive(l(0), message(0, 1, &[pay(1)])).unwrap();
        core.halt();
        assert!(core.process_next().is_none());
        core.arrive(l(0), marker(1)).unwrap();
        core.arrive(l(0), message(0, 2, &[pay(1)])).unwrap();
        core.resume();
        assert!(core.may_handle());
        core.arrive(l(0), message(0, 3, &[])).unwrap();
        core.arrive(l(0), marker(2)).unwrap();
        let handled: Vec<_> = std::iter::from_fn(|| core.process_next()).collect();
        assert_eq!(handled, [l(2), l(0), l(0), l(0)]);
        core.tell_time(moves(0));
        assert!(core.fire_timer(moves(5)));
        let output = outputs(&mut core);
        let closed =
            |id, numbers| output.contains(&format!("snapshot {id} closes link 0 with {numbers}"));
        assert!(closed(1, "[1]"), "{output:?}");
        let behind_those_before_it =
            if policy == MarkerPolicy::InOrder { "[]" } else { "[1, 2, 3]" };
        assert!(closed(2, behind_those_before_it), "{output:?}");
        assert_eq!(output.iter().filter(|one| *one == "stopped").count(), 1);
        // The node can be halted again, and reports that again.
        core.halt();
        assert_eq!(outputs(&mut core), ["stopped"]);
    });
}

#[test]
fn a_node_that_has_stopped_does_not_resume() {
    on_both_policies(|policy| {
        let mut core = core(links(1, &[]), 0, policy);
        core.stop();
        core.halt();
        core.resume();
        assert!(core.is_stopped() && !core.may_handle());
    });
}

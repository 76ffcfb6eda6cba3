//! A node that has stopped can drain its in-links: it receives each message, and drops it.

use crate::brief::{core, l, links, marker, message, on_both_policies, outputs, pay, s};
use crate::teller::Task;

#[test]
fn messages_of_a_draining_node_are_received_in_turn_and_dropped() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        core.arrive(l(1), message(1, 1, &[pay(0)])).unwrap();
        core.stop();
        assert_eq!((core.process_next(), core.may_receive()), (None, false));
        core.stop_and_drain();
        core.stop_and_drain();
        assert!(core.is_stopped() && core.is_draining() && !core.may_handle());
        core.arrive(l(1), message(1, 2, &[Task::Panic])).unwrap();
        assert_eq!((core.process_next(), core.process_next()), (Some(l(1)), Some(l(1))));
        assert_eq!(core.process_next(), None);
        let expected = ["stopped", "message 1 dropped", "message 2 dropped"];
        assert_eq!(outputs(&mut core), expected);
        assert_eq!(core.process().ledger.counts.received[..], [0, 0], "no handler has run");
    });
}

/// A dropped message counts as received, on the side of the cut on which it was dropped.
#[test]
fn a_snapshot_records_what_a_draining_node_has_not_received_yet() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        core.stop_and_drain();
        (1..=3).for_each(|number| core.arrive(l(1), message(1, number, &[])).unwrap());
        core.process_next();
        core.begin_snapshot(s(1));
        core.arrive(l(1), message(1, 4, &[])).unwrap();
        core.arrive(l(1), marker(1)).unwrap();
        while core.process_next().is_some() {}
        let output = outputs(&mut core);
        let closed = "snapshot 1 closes link 1 with [2, 3, 4]".to_owned();
        assert!(output.contains(&closed), "{output:?}");
        let record = core.record(s(2));
        assert_eq!((record.received[0], record.stopped, record.drains), (4, true, true));
    });
}

#[test]
fn a_halt_holds_a_draining_node_too_and_a_resumed_node_drains_on() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0)]), 0, policy);
        core.stop_and_drain();
        core.halt();
        core.arrive(l(0), message(0, 1, &[])).unwrap();
        assert_eq!(core.process_next(), None);
        core.resume();
        assert_eq!(core.process_next(), Some(l(0)));
    });
}

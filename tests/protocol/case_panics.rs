//! After a panic of users' code, unsent messages are not counted, and every later record is right.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use consistent_cut::protocol::{Envelope, NodeCore, Output, Report};
use consistent_cut::{Context, Link, MarkerPolicy, Process};

use crate::brief::{l, links, n, on_both_policies, s};

/// Sends the ordered number of messages on link 0, and panics after two if the number is larger.
struct Sender;

/// The number of messages to send. A live order panics when it is dropped.
struct Order {
    sends: u64,
    is_live: bool,
}

/// An order with this number cannot be copied.
const NO_COPY: u64 = 77;

impl Clone for Order {
    fn clone(&self) -> Self {
        assert_ne!(self.sends, NO_COPY, "cloned");
        Order { sends: self.sends, is_live: self.is_live }
    }
}

impl Drop for Order {
    fn drop(&mut self) {
        assert!(!self.is_live || std::thread::panicking(), "dropped");
    }
}

impl Process for Sender {
    type State = ();
    type Message = Order;

    fn on_message(&mut self, _: Link, order: Order, ctx: &mut Context<'_, Order>) {
        (0..order.sends).for_each(|_| ctx.send_on(l(0), Order { sends: 0, is_live: true }));
        assert!(order.sends < 3, "too many");
    }

    fn state(&self) {}
}

fn core(policy: MarkerPolicy) -> NodeCore<Sender> {
    let topology = Arc::new(links(2, &[(0, 1), (1, 0)]));
    let mut core = NodeCore::new(n(0), topology, Sender, policy);
    core.set_capacity(l(0), 2);
    core.start();
    core
}

fn tell(core: &mut NodeCore<Sender>, sends: u64) {
    core.arrive(l(1), Envelope::Message(Order { sends, is_live: false })).unwrap();
}

/// Lets messages be dropped.
fn spare(messages: Vec<Order>) {
    messages.into_iter().for_each(|mut order| order.is_live = false);
}

/// The ids of the node's records and how many messages were sent; messages are spared.
fn records(core: &mut NodeCore<Sender>) -> Vec<(u64, u64)> {
    let mut records = Vec::new();
    core.drain_output().for_each(|output| match output {
        Output::Messages { messages, .. } => spare(messages),
        Output::Report(Report::Node(record)) => {
            records.push((record.snapshot.get(), record.sent[0]));
        }
        _ => {}
    });
    records
}

/// A message is copied between two handlers of a row. If the copy panics, what the handlers before
/// have sent is sent.
#[test]
fn a_copy_that_panics_takes_back_nothing_of_the_handlers_before_it() {
    on_both_policies(|policy| {
        let mut core = core(policy);
        core.begin_snapshot(s(1));
        assert_eq!(records(&mut core), [(1, 0)]);
        let mut orders = [1, 1, NO_COPY].map(|sends| Order { sends, is_live: false }).into_iter();
        let row = AssertUnwindSafe(|| core.process_from(l(1), || orders.next()));
        assert!(catch_unwind(row).is_err());
        assert_eq!((core.sent_on(l(0)), core.received_on(l(1))), (Some(2), Some(2)));
        let mut left = Vec::new();
        for output in core.drain_output() {
            if let Output::Messages { messages, .. } = output {
                left.extend(messages);
            }
        }
        assert_eq!(left.len(), 2);
        spare(left);
    });
}

#[test]
fn what_a_handler_that_panics_has_sent_counts_nowhere() {
    on_both_policies(|policy| {
        let mut core = core(policy);
        tell(&mut core, 1);
        core.process_next();
        tell(&mut core, 3);
        assert!(catch_unwind(AssertUnwindSafe(|| core.process_next())).is_err());
        assert_eq!(core.sent_on(l(0)), Some(1));
        assert_eq!(core.record(s(9)).sent[..], [1]);
        assert!(core.may_handle() && !core.is_blocked());
        assert_eq!(core.full_links().next(), None);
        assert_eq!(core.received_on(l(1)), Some(2));
        core.begin_snapshot(s(2));
        assert_eq!(records(&mut core).last(), Some(&(2, 1)));
        tell(&mut core, 1);
        core.process_next();
        assert_eq!(core.sent_on(l(0)), Some(2));
        assert!(records(&mut core).is_empty());
        // Messages that were never sent would panic if they were dropped. One more was recorded.
        let left = core.dismantle().messages;
        assert_eq!(left.len(), 3 + 1);
        spare(left);
    });
}

#[test]
fn a_message_that_panics_when_a_drain_is_dropped_costs_no_later_record() {
    on_both_policies(|policy| {
        let mut core = core(policy);
        tell(&mut core, 1);
        core.process_next();
        core.begin_snapshot(s(1));
        core.arrive(l(1), Envelope::Marker(s(1))).unwrap();
        core.meet_markers();
        assert!(catch_unwind(AssertUnwindSafe(|| drop(core.drain_output()))).is_err());
        core.begin_snapshot(s(2));
        assert_eq!(records(&mut core), [(2, 1)]);
        core.arrive(l(1), Envelope::Marker(s(2))).unwrap();
        core.meet_markers();
        let closed = core.drain_output().map(|output| match output {
            Output::Report(Report::Link(record)) => record.snapshot,
            _ => s(0),
        });
        assert_eq!(closed.collect::<Vec<_>>(), [s(2)]);
    });
}

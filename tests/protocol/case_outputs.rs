//! The outputs of a process to the world outside: emitted messages and replies.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::protocol::{CollectorCore, Envelope, Logged, NodeCore, Output, Report};
use consistent_cut::{Context, Link, MarkerPolicy, Process, ReplyTo, Restore};

use crate::brief::{l, links, n, on_both_policies, s};

/// The calls of one handler, in this order.
#[derive(Clone, Debug, PartialEq)]
enum Do {
    Emit(u64),
    Send(u64),
    Reply(u64),
    Panic,
    Nothing,
}

struct Clerk {
    handled: usize,
}

impl Process for Clerk {
    type State = usize;
    type Message = Vec<Do>;

    fn on_message(&mut self, _: Link, orders: Vec<Do>, ctx: &mut Context<'_, Vec<Do>>) {
        self.handled += 1;
        for order in orders {
            match order {
                Do::Emit(_) => ctx.emit(vec![order]),
                Do::Send(_) => ctx.send(n(1), vec![order]),
                Do::Reply(to) => ctx.reply(ReplyTo::new(to), vec![order]),
                Do::Panic => panic!("as told"),
                Do::Nothing => {}
            }
        }
    }

    fn state(&self) -> usize {
        self.handled
    }
}

/// Node 0 of two nodes. It sends to node 1 and receives from it.
fn clerk(policy: MarkerPolicy) -> NodeCore<Clerk> {
    let topology = Arc::new(links(2, &[(0, 1), (1, 0)]));
    let mut core = NodeCore::new(n(0), topology, Clerk { handled: 0 }, policy);
    core.start();
    core
}

fn handle(core: &mut NodeCore<Clerk>, orders: &[Do]) {
    core.arrive(l(1), Envelope::Message(orders.to_vec())).unwrap();
    core.process_next();
}

/// The outputs, one message per line.
fn lines(core: &mut NodeCore<Clerk>) -> Vec<String> {
    let line = |output: Output<usize, Vec<Do>>| match output {
        Output::Messages { messages, .. } => {
            messages.iter().map(|m| format!("{:?}", m[0])).collect()
        }
        Output::Emitted(messages) => messages.iter().map(|m| format!("{:?}", m[0])).collect(),
        Output::Reply(to, message) => vec![format!("{to}: {:?}", message[0])],
        Output::Marker { .. } => vec!["marker".to_owned()],
        Output::Report(Report::Node(record)) => {
            vec![format!("recorded after {} emitted", record.output.emitted)]
        }
        other => vec![format!("{other:?}")],
    };
    core.drain_output().flat_map(line).collect()
}

#[test]
fn what_is_emitted_leaves_in_its_order_and_is_counted() {
    on_both_policies(|policy| {
        let mut core = clerk(policy);
        handle(&mut core, &[Do::Emit(1), Do::Send(1), Do::Emit(2), Do::Reply(7)]);
        handle(&mut core, &[Do::Send(2), Do::Emit(3)]);
        assert!(!core.drain_messages(|_, _| panic!("this is not messages on links alone")));
        let lines = lines(&mut core);
        let emitted = lines.iter().filter(|line| line.starts_with("Emit"));
        assert!(emitted.eq(["Emit(1)", "Emit(2)", "Emit(3)"].iter()));
        let sent = lines.iter().filter(|line| line.starts_with("Send"));
        assert!(sent.eq(["Send(1)", "Send(2)"].iter()));
        assert!(lines.contains(&"reply 7: Reply(7)".to_owned()));
        assert_eq!((core.emitted(), core.sent_on(l(0))), (3, Some(2)));
        assert!(!core.has_output());
        handle(&mut core, &[Do::Emit(4)]);
        assert!(!core.drain_messages(|_, _| panic!("nothing was sent on a link")));
        assert_eq!(self::lines(&mut core), ["Emit(4)"]);
        handle(&mut core, &[Do::Send(3)]);
        let mut sent = 0;
        assert!(core.drain_messages(|_, messages| sent += messages.len()));
        assert_eq!(sent, 1, "once drained, an output that was emitted leaves no trace");
    });
}

/// A row of handlers ends where the output is full, and where a batch of outputs is.
#[test]
fn a_row_of_handlers_ends_where_nothing_more_can_be_emitted() {
    on_both_policies(|policy| {
        let rows = |capacity: u64, most: usize| {
            let mut core = clerk(policy);
            core.set_output_capacity(capacity);
            core.limit_batches(most);
            core.arrive_all(l(1), (0..10).map(|number| vec![Do::Emit(number)])).unwrap();
            let mut rows = Vec::new();
            while let Some((_, handled)) = core.process_row(|| true) {
                rows.push(handled);
                lines(&mut core);
            }
            rows
        };
        assert_eq!(rows(3, 100), [4], "one waits");
        assert_eq!(rows(100, 3), [3, 3, 3, 1]);
    });
}

#[test]
fn the_cut_parts_what_was_emitted_before_from_what_is_emitted_later() {
    on_both_policies(|policy| {
        let mut core = clerk(policy);
        handle(&mut core, &[Do::Emit(1)]);
        handle(&mut core, &[Do::Emit(2)]);
        core.begin_snapshot(s(1));
        handle(&mut core, &[Do::Emit(3)]);
        let expected = ["Emit(1)", "Emit(2)", "marker", "recorded after 2 emitted", "Emit(3)"];
        assert_eq!(lines(&mut core), expected);
    });
}

#[test]
fn a_handler_that_panics_has_emitted_nothing_and_replied_to_nobody() {
    on_both_policies(|policy| {
        let mut core = clerk(policy);
        handle(&mut core, &[Do::Emit(1), Do::Reply(1)]);
        let orders = [Do::Emit(2), Do::Reply(2), Do::Send(2), Do::Emit(3), Do::Panic];
        let panics = catch_unwind(AssertUnwindSafe(|| handle(&mut core, &orders)));
        assert!(panics.is_err());
        assert_eq!(lines(&mut core), ["Emit(1)", "reply 1: Reply(1)"]);
        assert_eq!(core.emitted(), 1);
        let left = core.dismantle().messages;
        let mut withdrawn: Vec<_> =
            left.iter().map(|message| format!("{:?}", message[0])).collect();
        withdrawn.sort();
        assert_eq!(
            withdrawn,
            ["Emit(2)", "Emit(3)", "Reply(2)", "Send(2)"],
            "dropped by the driver"
        );
    });
}

/// The same where the handlers before it, in the same row, have emitted too.
#[test]
fn a_handler_that_panics_in_a_row_has_emitted_nothing_and_the_others_have() {
    on_both_policies(|policy| {
        for most in [1, 2, 100] {
            let mut core = clerk(policy);
            core.limit_batches(most);
            let panics = vec![Do::Emit(3), Do::Emit(4), Do::Panic];
            let mut orders = [vec![Do::Emit(1)], vec![Do::Emit(2)], panics].into_iter();
            let mut has_panicked = false;
            while !has_panicked {
                let row = AssertUnwindSafe(|| core.process_from(l(1), || orders.next()));
                has_panicked = catch_unwind(row).is_err();
            }
            assert_eq!(
                (lines(&mut core), core.emitted()),
                (vec!["Emit(1)".to_owned(), "Emit(2)".to_owned()], 2)
            );
        }
    });
}

#[test]
fn a_node_whose_output_is_full_handles_nothing_until_some_is_taken() {
    on_both_policies(|policy| {
        let mut core = clerk(policy);
        core.set_output_capacity(2);
        handle(&mut core, &[Do::Emit(1), Do::Emit(2)]);
        assert!(!core.is_output_full());
        handle(&mut core, &[Do::Emit(3), Do::Emit(4)]);
        assert!(core.is_output_full() && core.is_blocked());
        assert_eq!(core.full_links().next(), None, "no link is full");
        handle(&mut core, &[Do::Nothing]);
        assert_eq!(core.process().handled, 2);
        core.begin_snapshot(s(1));
        assert!(lines(&mut core).contains(&"recorded after 4 emitted".to_owned()));
        core.outputs_taken(1);
        assert!(core.is_blocked(), "one has no room yet");
        core.outputs_taken(2);
        assert!(!core.is_output_full() && !core.is_blocked());
        assert_eq!(core.process_next(), Some(l(1)));
    });
}

/// A node without links has an output too, and a node whose links are full has room on its output.
#[test]
fn the_output_is_none_of_the_links() {
    on_both_policies(|policy| {
        let alone = Arc::new(links(1, &[]));
        let environment = alone.environment_link(n(0)).unwrap().id;
        let mut core = NodeCore::new(n(0), alone, Clerk { handled: 0 }, policy);
        core.start();
        core.arrive(environment, Envelope::Message(vec![Do::Emit(1)])).unwrap();
        core.process_next();
        assert_eq!(lines(&mut core), ["Emit(1)"]);

        let mut core = clerk(policy);
        core.set_capacity(l(0), 1);
        handle(&mut core, &[Do::Emit(1), Do::Send(1), Do::Send(2)]);
        assert!(core.is_blocked() && !core.is_output_full());
        assert_eq!(core.full_links().collect::<Vec<_>>(), [l(0)]);
        core.outputs_taken(1);
        assert!(core.is_blocked());
    });
}

#[test]
fn a_log_has_what_was_sent_on_links_alone() {
    on_both_policies(|policy| {
        let topology = Arc::new(links(2, &[(0, 1), (1, 0)]));
        let mut core = NodeCore::new(n(0), topology, Clerk { handled: 0 }, policy);
        core.keep_log();
        core.start();
        handle(&mut core, &[Do::Emit(1), Do::Send(1), Do::Emit(2), Do::Send(2), Do::Emit(3)]);
        handle(&mut core, &[Do::Send(1), Do::Emit(1), Do::Send(2), Do::Send(3)]);
        handle(&mut core, &[Do::Send(4)]);
        let log: Vec<_> = core.drain_log().collect();
        let sends = log.iter().map(|logged| match logged {
            Logged::Handled { sends, .. } => sends.clone(),
            other => panic!("{other:?}"),
        });
        let sends: Vec<_> = sends.collect();
        assert_eq!(sends, [vec![], vec![l(0); 2], vec![l(0); 3], vec![l(0)]]);
    });
}

impl Restore for Clerk {
    fn on_restore(&mut self, handled: usize, _: &mut Context<'_, Vec<Do>>) {
        self.handled = handled;
    }
}

/// Outputs that were not taken need room in the restored node as before, and the numbers go on.
#[test]
fn a_restored_node_has_the_room_that_it_had() {
    for (taken, is_full) in [(0, true), (1, true), (2, false), (4, false)] {
        let topology = Arc::new(links(1, &[]));
        let environment = topology.environment_link(n(0)).unwrap().id;
        let order = |core: &mut NodeCore<Clerk>, orders: &[Do]| {
            core.arrive(environment, Envelope::Message(orders.to_vec())).unwrap();
            core.process_next();
        };
        let made = || {
            let clerk = Clerk { handled: 0 };
            let topology = Arc::clone(&topology);
            let mut core = NodeCore::new(n(0), topology, clerk, MarkerPolicy::Overtaking);
            core.set_output_capacity(2);
            core
        };
        let mut core = made();
        core.start();
        order(&mut core, &[Do::Emit(1), Do::Emit(2), Do::Emit(3), Do::Emit(4)]);
        let mut record = core.record(s(1));
        record.output.untaken = (taken + 1..=4).map(|number| vec![Do::Emit(number)]).collect();
        let mut collector = CollectorCore::new(Arc::clone(&topology));
        collector.begin(s(1), &[n(0)], Duration::ZERO).unwrap();
        let snapshot = collector.add(Report::Node(record), Duration::ZERO).unwrap().unwrap();
        assert_eq!(snapshot.output(n(0)).unwrap().taken(), taken);

        let mut again = made();
        again.restore(snapshot.image(n(0)).unwrap());
        assert_eq!((again.is_output_full(), again.emitted()), (is_full, 4));
        order(&mut again, &[Do::Nothing]);
        assert_eq!(again.process().handled, if is_full { 1 } else { 2 });
    }
}

//! Messages that leave one by one, with batches that a driver lends, and nodes that keep apart.

use std::sync::Arc;

use consistent_cut::protocol::NodeCore;
use consistent_cut::{Context, Link, MarkerPolicy, Process};

use crate::brief::{l, links, marker, n, on_both_policies, outputs, s};

/// Sends as many messages as a message says, on its two links in turn.
struct Spreader;

impl Process for Spreader {
    type State = ();
    type Message = u64;

    fn on_message(&mut self, _: Link, count: u64, ctx: &mut Context<'_, u64>) {
        let links = ctx.out_links();
        (0..count).for_each(|number| ctx.send_on(links[number as usize % 2], number));
    }

    fn state(&self) {}
}

fn spreader(policy: MarkerPolicy) -> NodeCore<Spreader> {
    let topology = links(3, &[(1, 0), (0, 1), (0, 2)]);
    let mut core = NodeCore::new(n(0), Arc::new(topology), Spreader, policy);
    core.start();
    core
}

fn handle(core: &mut NodeCore<Spreader>, count: u64) {
    let mut next = Some(count);
    assert_eq!(core.process_from(l(0), || next.take()), Ok(1));
}

#[test]
fn messages_leave_one_by_one_in_the_order_of_each_link() {
    on_both_policies(|policy| {
        for (most, count) in [(usize::MAX, 1), (usize::MAX, 7), (1, 5), (2, 9), (3, 12)] {
            let (mut core, mut other) = (spreader(policy), spreader(policy));
            for core in [&mut core, &mut other] {
                core.limit_batches(most);
                handle(core, count);
            }
            let (mut one_by_one, mut in_batches) = (Vec::new(), Vec::new());
            assert!(core.drain_messages_each(|link, message| {
                assert_eq!((link.source, link.target.index()), (n(0), link.id.index()));
                one_by_one.push((link.id, message));
            }));
            assert!(other.drain_messages(|link, messages| {
                in_batches.extend(messages.into_iter().map(|message| (link, message)));
            }));
            assert_eq!(one_by_one, in_batches);
            assert_eq!(one_by_one.len(), count as usize);
            assert_eq!((core.sent_on(l(1)), core.sent_on(l(2))), sent(&other));
            assert!(!core.has_output() && !core.has_full_batch());
            assert!(core.drain_messages_each(|_, message| panic!("{message} left before")));
        }
    });
}

fn sent(core: &NodeCore<Spreader>) -> (Option<u64>, Option<u64>) {
    (core.sent_on(l(1)), core.sent_on(l(2)))
}

#[test]
fn other_output_than_messages_on_links_is_left_for_the_other_call() {
    on_both_policies(|policy| {
        let mut core = spreader(policy);
        handle(&mut core, 2);
        core.begin_snapshot(s(1));
        assert!(!core.drain_messages_each(|_, message| panic!("{message} is not alone")));
        assert_eq!(core.drain_output().count(), 2 + 2 + 1, "messages, markers and a record");
        handle(&mut core, 1);
        assert!(core.drain_messages_each(|_, _| ()));
    });
}

#[test]
fn a_node_that_is_warmed_or_keeps_apart_is_the_same_node() {
    on_both_policies(|policy| {
        let [one, other] = [false, true].map(|is_apart| {
            let mut core = crate::brief::core(links(2, &[(1, 0), (0, 1)]), 0, policy);
            if is_apart {
                core.keep_apart();
                core.warm();
            }
            core.begin_snapshot(s(1));
            core.arrive(l(0), marker(1)).unwrap();
            core.process_next();
            core.warm();
            let told = outputs(&mut core);
            (told, core.received_on(l(0)), core.sent_on(l(1)), format!("{core:?}"))
        });
        assert_eq!(one, other);
    });
}

/// The environment link of node 0 comes behind the links of the topology.
#[test]
fn the_environment_link_is_known_before_anything_comes_on_it() {
    on_both_policies(|policy| {
        let mut core = spreader(policy);
        let (own, foreign) = (l(3), l(4));
        assert_eq!((core.received_on(own), core.received_on(foreign)), (Some(0), None));
        assert_eq!(core.waiting_on(own).count(), 0);
        assert!(core.process_from(own, || panic!("nothing is handled at once")).is_err());
        assert_eq!(core.record(s(1)).environment.received, 0);
        core.arrive(own, consistent_cut::protocol::Envelope::Message(1)).unwrap();
        assert_eq!((core.process_next(), core.received_on(own)), (Some(own), Some(1)));
        assert!(core.process_from(own, || panic!("nothing is handled at once")).is_err());
        assert_eq!(core.record(s(1)).environment.received, 1);
        assert_eq!(*core.record(s(1)).received, [0], "it is not among the others");
    });
}

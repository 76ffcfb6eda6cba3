//! Batches that a node lends to its driver, memory that the driver lends to its nodes, and nodes
//! that keep apart.

use std::sync::Arc;

use consistent_cut::protocol::{BatchPool, NodeCore};
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
fn lent_batches_are_those_that_leave() {
    on_both_policies(|policy| {
        for (most, count) in [(usize::MAX, 1), (usize::MAX, 7), (1, 5), (2, 9), (3, 12)] {
            let (mut core, mut other) = (spreader(policy), spreader(policy));
            for core in [&mut core, &mut other] {
                core.limit_batches(most);
                handle(core, count);
            }
            let (mut lent, mut given) = (Vec::new(), Vec::new());
            assert!(core.lend_messages(|link, messages| {
                assert_eq!((link.source, link.target.index()), (n(0), link.id.index()));
                lent.push((link.id, messages.split_off(0)));
            }));
            assert!(other.drain_messages(|link, messages| given.push((link, messages))));
            assert_eq!(lent, given);
            assert_eq!(lent.iter().map(|(_, batch)| batch.len()).sum::<usize>(), count as usize);
            assert_eq!((core.sent_on(l(1)), core.sent_on(l(2))), sent(&other));
            assert!(!core.has_output() && !core.has_full_batch());
            assert!(core.lend_messages(|_, messages| panic!("{messages:?} left before")));
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
        assert!(!core.lend_messages(|_, messages| panic!("{messages:?} are not alone")));
        assert_eq!(core.drain_output().count(), 2 + 2 + 1, "messages, markers and a record");
        handle(&mut core, 1);
        assert!(core.lend_messages(|_, messages| messages.clear()));
    });
}

/// A message that the driver leaves in a lent batch is dropped, and not sent once more.
#[test]
fn what_is_left_in_a_lent_batch_is_gone() {
    on_both_policies(|policy| {
        let mut core = spreader(policy);
        handle(&mut core, 2);
        assert!(core.lend_messages(|_, _| ()));
        assert_eq!((core.sent_on(l(1)), core.sent_on(l(2))), (Some(1), Some(1)));
        handle(&mut core, 1);
        let mut left = Vec::new();
        assert!(core.lend_messages(|link, messages| left.push((link.id, messages.split_off(0)))));
        assert_eq!(left, [(l(1), vec![0])]);
    });
}

/// Two nodes use the same memory, one after the other, and keep none.
#[test]
fn a_pool_goes_from_node_to_node() {
    on_both_policies(|policy| {
        let mut pool = BatchPool::new(2, 64);
        let mut cores = [spreader(policy), spreader(policy)];
        let mut memory = Vec::new();
        for _ in 0..3 {
            for core in &mut cores {
                core.swap_batches(&mut pool);
                assert_eq!(pool.take().capacity(), 0, "the node has it");
                handle(core, 20);
                assert!(core.lend_messages(|_, messages| {
                    memory.push((messages.as_ptr(), messages.capacity()));
                    messages.clear();
                }));
                core.swap_batches(&mut pool);
            }
        }
        assert!(memory[2..].iter().all(|batch| memory[..2].contains(batch)), "{memory:?}");
        let taken = [(); 3].map(|()| pool.take().capacity());
        assert!(taken[0] >= 10 && taken[1] >= 10 && taken[2] == 0, "{taken:?}");
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

//! What a trace accepts, and how the logs of nodes are put together.

use std::sync::Arc;

use consistent_cut::causality::{Cause, Event, Logged, Trace, TraceError};
use consistent_cut::{LinkId, NodeId, Topology};

use crate::chance::{Chance, for_each_seed};

pub(crate) fn node(index: usize) -> NodeId {
    NodeId::new(index as u32)
}

pub(crate) fn link(index: usize) -> LinkId {
    LinkId::new(index as u32)
}

pub(crate) fn message(on: usize, number: u64) -> Cause {
    Cause::Message { link: link(on), number }
}

/// A random run of up to five nodes: events that receive what is there, or start something, and send.
pub(crate) fn random_trace(chance: &mut Chance, events: usize) -> Trace {
    let nodes = 1 + chance.below(5);
    let links: Vec<_> =
        (0..1 + chance.below(8)).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
    let topology = Arc::new(Topology::from_links(nodes, links).expect("nodes and links fit"));
    let mut trace = Trace::new(Arc::clone(&topology));
    let (mut sent, mut received) = (vec![0; topology.link_count()], vec![0; topology.link_count()]);
    for _ in 0..events {
        let ready: Vec<_> = (0..sent.len()).filter(|&on| sent[on] > received[on]).collect();
        let (at, cause) = if ready.is_empty() || chance.one_in(3) {
            (node(chance.below(nodes)), Cause::Start)
        } else {
            let on = chance.pick(&ready);
            received[on] += 1;
            (topology.links()[on].target, message(on, received[on]))
        };
        let out: Vec<_> = topology.out_links(at).iter().map(|link| link.id).collect();
        let sends: Vec<_> = out
            .into_iter()
            .filter(|_| chance.one_in(2))
            .inspect(|on| sent[on.index()] += 1)
            .collect();
        trace.push(at, cause, &sends).expect("it can happen");
    }
    trace
}

#[test]
fn what_cannot_happen_is_refused() {
    let topology = Arc::new(Topology::line(2).expect("two nodes are a line"));
    let mut trace = Trace::new(topology);
    trace.push(node(0), Cause::Start, &[link(0), link(0)]).expect("it can happen");
    let refused = [
        (2, Cause::Start, vec![], TraceError::NoSuchNode(node(2))),
        (1, Cause::Start, vec![0], TraceError::NotItsLink { node: node(1), link: link(0) }),
        (0, message(0, 1), vec![], TraceError::NotItsLink { node: node(0), link: link(0) }),
        (0, message(7, 1), vec![], TraceError::NotItsLink { node: node(0), link: link(7) }),
        (
            1,
            message(0, 2),
            vec![],
            TraceError::OutOfTurn { node: node(1), link: link(0), number: 2, sent: 2, received: 0 },
        ),
    ];
    for (at, cause, sends, error) in refused {
        let sends: Vec<_> = sends.into_iter().map(link).collect();
        assert_eq!(trace.push(node(at), cause, &sends), Err(error));
    }
    trace.push(node(1), message(0, 1), &[]).expect("it can happen");
    trace.push(node(1), message(0, 2), &[]).expect("it can happen");
    let third = trace.push(node(1), message(0, 3), &[]).expect_err("two were sent");
    assert!(third.to_string().contains("of which 2 were sent and 2 received"), "{third}");
    assert_eq!((trace.events().len(), trace.events_of(node(1)).len()), (3, 2));
    // What comes from outside was sent by no event.
    trace.push(node(0), message(1, 1), &[]).expect("link 1 is the environment's");
    assert_eq!(
        (trace.sender(link(1), 1), trace.sender(link(0), 0), trace.sender(link(0), 3)),
        (None, None, None)
    );
    assert_eq!(trace.sender(link(0), 2), trace.events().first());
}

/// The logs of a run, whatever order they are put together in, are a run with the same clocks at each node.
#[test]
fn logs_that_were_kept_apart_make_one_run() {
    for_each_seed(0..500, |seed| {
        let trace = random_trace(&mut Chance::new(seed), 60);
        let topology = Arc::clone(trace.topology());
        let entry =
            |event: &Event| Logged::Handled { cause: event.cause, sends: event.sends.clone() };
        let log = |node| trace.events_of(node).map(entry).collect();
        let merged = Trace::merge(Arc::clone(&topology), topology.nodes().map(log).collect());
        let merged = merged.expect("they are of one run");
        let by_node = |trace: &Trace| {
            let clocks = trace.clocks().into_iter().zip(trace.events());
            let mut clocks: Vec<_> =
                clocks.map(|(clock, event)| (event.node, event.nth, clock)).collect();
            clocks.sort_by_key(|(node, nth, _)| (*node, *nth));
            clocks
        };
        assert_eq!(by_node(&merged), by_node(&trace));
    });
}

/// Each of two nodes has received what the other sent only later.
#[test]
fn logs_of_no_run_are_refused() {
    let topology = Arc::new(Topology::ring(2).expect("two nodes are a ring"));
    let entry = |cause, sends| Logged::Handled { cause, sends };
    let log = |from, to| vec![entry(message(from, 1), vec![]), entry(Cause::Start, vec![link(to)])];
    let refused = Trace::merge(topology, vec![log(1, 0), log(0, 1)]).expect_err("a circle");
    assert!(matches!(refused, TraceError::OutOfTurn { sent: 0, .. }), "{refused}");
}

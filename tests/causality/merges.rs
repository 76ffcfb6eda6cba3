//! The merge of the logs of nodes.

use std::sync::Arc;

use consistent_cut::causality::{Cause, Event, Logged, MarkKind, Trace, TraceError, VectorClock};
use consistent_cut::{Link, LinkId, SnapshotId, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::ids::{link, node};
use crate::traces::{message, random_trace};

const SNAPSHOT: SnapshotId = SnapshotId::new(4);

fn handled(cause: Cause, sends: &[LinkId]) -> Logged {
    Logged::Handled { cause, sends: sends.to_vec() }
}

/// The logs of a run's events, by node.
fn logs_of(trace: &Trace) -> Vec<Vec<Logged>> {
    let entry = |event: &Event| handled(event.cause, &event.sends);
    let log = |node| trace.events_of(node).map(entry).collect();
    trace.topology().nodes().map(log).collect()
}

/// The part of a node's trace that the order of a merge cannot change: the clocks of its events,
/// and the places of its marks among them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Share {
    clocks: Vec<VectorClock>,
    marks: Vec<(usize, MarkKind)>,
}

fn by_node(trace: &Trace) -> Vec<Share> {
    let mut shares = vec![Share::default(); trace.topology().node_count()];
    for (clock, event) in trace.clocks().into_iter().zip(trace.events()) {
        shares[event.node.index()].clocks.push(clock);
    }
    for mark in trace.marks() {
        let before = &trace.events()[..mark.after];
        let own = before.iter().filter(|event| event.node == mark.node).count();
        shares[mark.node.index()].marks.push((own, mark.kind));
    }
    shares
}

/// A merge that looks at every node again until none can go on.
fn merge_slowly(topology: &Arc<Topology>, logs: &[Vec<Logged>]) -> Result<Trace, TraceError> {
    let (mut trace, mut added) = (Trace::new(Arc::clone(topology)), vec![0; logs.len()]);
    loop {
        let (before, mut refused) = (added.clone(), None);
        for (index, log) in logs.iter().enumerate() {
            while let Some(entry) = log.get(added[index]) {
                if let Err(error) = trace.add(node(index as u32), entry) {
                    refused = refused.or(Some(error));
                    break;
                }
                added[index] += 1;
            }
        }
        match refused {
            None => return Ok(trace),
            Some(error) if added == before => return Err(error),
            Some(_) => {}
        }
    }
}

/// Puts recordings and markers into logs at random places, and takes out random entries.
fn add_marks(chance: &mut Chance, topology: &Topology, logs: &mut [Vec<Logged>]) {
    for at in topology.nodes() {
        let log = &mut logs[at.index()];
        let marker = |link: &Link| Logged::Marker(SNAPSHOT, link.id);
        let markers: Vec<_> = topology.in_links(at).iter().map(marker).collect();
        for entry in [Logged::Recorded(SNAPSHOT)].into_iter().chain(markers) {
            if !chance.one_in(4) {
                log.insert(chance.below(log.len() + 1), entry);
            }
        }
        if !log.is_empty() && chance.one_in(20) {
            log.remove(chance.below(log.len()));
        }
    }
}

#[test]
fn logs_that_were_kept_apart_make_one_run() {
    for_each_seed(0..500, |seed| {
        let trace = random_trace(&mut Chance::new(seed), 60);
        let merged = Trace::merge(Arc::clone(trace.topology()), logs_of(&trace));
        assert_eq!(by_node(&merged.expect("they are of one run")), by_node(&trace));
    });
}

/// The choice of the nodes to wake makes a merge faster. It changes neither the run, nor the reason
/// why no run exists.
#[test]
fn a_merge_comes_to_the_same_as_one_that_tries_every_node_again() {
    let (mut runs, mut too_soon, mut out_of_turn) = (0, 0, 0);
    let all = for_each_seed(0..2_000, |seed| {
        let mut chance = Chance::new(seed);
        let trace = random_trace(&mut chance, 12);
        let (topology, mut logs) = (trace.topology(), logs_of(&trace));
        add_marks(&mut chance, topology, &mut logs);
        let slowly = merge_slowly(topology, &logs);
        match &slowly {
            Ok(_) => runs += 1,
            Err(TraceError::MarkerTooSoon { .. }) => too_soon += 1,
            Err(_) => out_of_turn += 1,
        }
        let merged = Trace::merge(Arc::clone(topology), logs);
        assert_eq!(merged.map(|trace| by_node(&trace)), slowly.map(|trace| by_node(&trace)));
    });
    let least = runs.min(too_soon).min(out_of_turn);
    assert!(!all || least > 50, "{runs} {too_soon} {out_of_turn}");
}

/// A token goes around against the order of the nodes, so that only one of thousands of nodes can
/// go on at a time. A merge that looks at each node again for each event would take minutes.
#[test]
fn a_merge_takes_no_longer_where_every_node_waits_for_the_next() {
    const NODES: usize = 5_000;
    const ROUNDS: u64 = 10;
    let before = |at: usize| (at + NODES - 1) % NODES;
    let links = (0..NODES).map(|at| (at, before(at)));
    let topology = Arc::new(Topology::from_links(NODES, links).expect("a ring, backwards"));
    let mut logs = vec![Vec::new(); NODES];
    logs[NODES - 1].push(handled(Cause::Start, &[link(NODES as u32 - 1)]));
    for number in 1..=ROUNDS {
        for (at, log) in logs.iter_mut().enumerate() {
            log.push(handled(message((at + 1) % NODES, number), &[link(at as u32)]));
        }
    }
    // A snapshot follows the token, and its markers go the same way.
    for (at, log) in logs.iter_mut().enumerate() {
        let marker = Logged::Marker(SNAPSHOT, link(((at + 1) % NODES) as u32));
        let recorded = Logged::Recorded(SNAPSHOT);
        log.extend(if at == NODES - 1 { [recorded, marker] } else { [marker, recorded] });
    }
    let trace = Trace::merge(topology, logs).expect("it is a run");
    assert_eq!(trace.events().len(), 1 + NODES * ROUNDS as usize);
    let receivers: Vec<_> = trace.events().iter().map(|event| event.node.index()).collect();
    assert!(receivers.windows(2).all(|pair| pair[1] == before(pair[0])), "there is one order");
    assert_eq!(trace.marks().len(), 2 * NODES);
}

/// Each of two nodes has received a message that the other sent only later. The reason given is the
/// message that the lowest node lacks.
#[test]
fn logs_of_no_run_are_refused() {
    let topology = Arc::new(Topology::ring(2).expect("two nodes are a ring"));
    let log = |from, to| vec![handled(message(from, 1), &[]), handled(Cause::Start, &[link(to)])];
    let refused = Trace::merge(topology, vec![log(1, 0), log(0, 1)]).expect_err("a circle");
    let lacks =
        TraceError::OutOfTurn { node: node(0), link: link(1), number: 1, sent: 0, received: 0 };
    assert_eq!(refused, lacks);
}

/// Logs of another system than that of the topology.
#[test]
fn logs_of_another_topology_are_refused() {
    let topology = Arc::new(Topology::line(2).expect("two nodes are a line"));
    let merge = |log, other| Trace::merge(Arc::clone(&topology), vec![vec![], log, other]);
    let no_link = |at: u32, on| Err(TraceError::NotItsLink { node: node(at), link: link(on) });
    let start = handled(Cause::Start, &[]);
    let cases = [
        (merge(vec![], vec![]), Ok(())),
        (merge(vec![], vec![Logged::Recorded(SNAPSHOT)]), Err(TraceError::UnknownNode(node(2)))),
        (merge(vec![], vec![start]), Err(TraceError::UnknownNode(node(2)))),
        (merge(vec![handled(message(9, 1), &[])], vec![]), no_link(1, 9)),
        (merge(vec![handled(Cause::Start, &[link(9)])], vec![]), no_link(1, 9)),
        (merge(vec![Logged::Marker(SNAPSHOT, link(9))], vec![]), no_link(1, 9)),
    ];
    for (merged, expected) in cases {
        assert_eq!(merged.map(drop), expected);
    }
    // Of the messages from outside, the second is there, and the first is not.
    let second = merge(vec![handled(message(2, 2), &[])], vec![]).map(drop);
    assert!(matches!(second, Err(TraceError::OutOfTurn { number: 2, .. })), "{second:?}");
}

#[test]
fn the_log_of_a_markers_receiver_may_be_looked_at_first() {
    let topology = Arc::new(Topology::ring(2).expect("two nodes are a ring"));
    let recorded = vec![Logged::Recorded(SNAPSHOT)];
    let received = vec![Logged::Marker(SNAPSHOT, link(1))];
    let merged = Trace::merge(Arc::clone(&topology), vec![received.clone(), recorded]);
    assert_eq!(merged.expect("there is an order").marks().len(), 2);
    let refused = Trace::merge(topology, vec![received, Vec::new()]).expect_err("from nowhere");
    let (node, link) = (node(0), link(1));
    assert_eq!(refused, TraceError::MarkerTooSoon { node, link, snapshot: SNAPSHOT });
}

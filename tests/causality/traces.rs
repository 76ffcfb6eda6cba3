//! The events that a trace accepts, and its facts about snapshots.

use std::sync::Arc;

use consistent_cut::causality::{Cause, Cut, Logged, Mark, MarkKind, Trace, TraceError};
use consistent_cut::{SnapshotId, Topology};

use crate::chance::Chance;
use crate::ids::{link, node};

pub(crate) fn message(on: usize, number: u64) -> Cause {
    Cause::Message { link: link(on as u32), number }
}

/// A random run of up to five nodes: each event receives a message that is there, or starts by
/// itself, and sends.
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
            (node(chance.below(nodes) as u32), Cause::Start)
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
        trace.add(at, Logged::handled(cause, sends)).expect("it can happen");
    }
    trace
}

#[test]
fn what_cannot_happen_is_refused() {
    let topology = Arc::new(Topology::line(2).expect("two nodes are a line"));
    let mut trace = Trace::new(topology);
    trace.add(node(0), Logged::handled(Cause::Start, [link(0), link(0)])).expect("it can happen");
    let refused = [
        (2, Cause::Start, vec![], TraceError::UnknownNode(node(2))),
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
        assert_eq!(trace.add(node(at), Logged::handled(cause, sends)), Err(error));
    }
    trace.add(node(1), Logged::handled(message(0, 1), [])).expect("it can happen");
    trace.add(node(1), Logged::handled(message(0, 2), [])).expect("it can happen");
    let third = trace.add(node(1), Logged::handled(message(0, 3), [])).expect_err("two were sent");
    assert!(third.to_string().contains("of which 2 were sent and 2 received"), "{third}");
    assert_eq!((trace.events().len(), trace.events_of(node(1)).len()), (3, 2));
    // No event sent the messages from outside.
    trace.add(node(0), Logged::handled(message(1, 1), [])).expect("link 1 is the environment's");
    assert_eq!(
        (trace.sender(link(1), 1), trace.sender(link(0), 0), trace.sender(link(0), 3)),
        (None, None, None)
    );
    assert_eq!(trace.sender(link(0), 2), trace.events().first());
}

/// A recording counts once, a marker comes after its sender's recording, and both stand where they
/// happened.
#[test]
fn marks_stand_between_the_events_where_they_happened() {
    let topology = Arc::new(Topology::ring(2).expect("two nodes are a ring"));
    let (mut trace, snapshot) = (Trace::new(Arc::clone(&topology)), SnapshotId::new(4));
    let too_soon =
        trace.add(node(1), Logged::Marker(snapshot, link(0))).expect_err("no node has recorded");
    assert!(matches!(too_soon, TraceError::MarkerTooSoon { .. }), "{too_soon}");
    trace.add(node(0), Logged::handled(Cause::Start, [])).expect("it starts");
    trace.add(node(0), Logged::Recorded(snapshot)).expect("it is a node");
    trace.add(node(0), Logged::Recorded(snapshot)).expect("it is a node");
    trace.add(node(1), Logged::Marker(snapshot, link(0))).expect("its sender has recorded");
    let elsewhere = trace.add(node(0), Logged::Marker(snapshot, link(0))).expect_err("it leaves");
    assert!(matches!(elsewhere, TraceError::NotItsLink { .. }), "{elsewhere}");
    let other = trace.add(node(1), Logged::Marker(SnapshotId::new(5), link(0)));
    assert!(other.is_err(), "another snapshot's recording does not count");
    let mark = |at, kind| Mark { node: node(at), after: 1, kind };
    let marks =
        [mark(0, MarkKind::Recorded(snapshot)), mark(1, MarkKind::Marker(snapshot, link(0)))];
    assert_eq!(trace.marks(), marks);

    trace.add(node(1), Logged::handled(Cause::Start, [])).expect("it starts");
    assert_eq!(trace.began(snapshot), Some(Cut::new([1, 0])));
    assert_eq!(trace.ended(snapshot), Some(Cut::new([1, 0])));
    trace.add(node(1), Logged::Recorded(snapshot)).expect("it is a node");
    assert_eq!(trace.ended(snapshot), Some(Cut::new([1, 1])));
    assert_eq!((trace.began(SnapshotId::new(5)), trace.ended(SnapshotId::new(5))), (None, None));
}

//! Snapshots on threads against the traces of their runs: the cut is consistent, and the channels
//! are those of the cut. Fresh processes come to the recorded state by the events before the cut,
//! and to the end of the run by the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::causality::{Trace, TraceError};
use consistent_cut::{NodeId, OnFailure, Process, SnapshotOptions, System, Topology};

use crate::chance::{Chance, for_seeds_until_all_is_seen};
use crate::channel_law::{self, Snapshot};
use crate::chatter::chatter;
use crate::effort::scaled;
use crate::note::Note;
use crate::oracle::prove;
use crate::policies::BOTH_POLICIES;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    InFlight,
    Swapped,
    Overlap,
    /// A sender had waited for room and got it.
    RoomUsed,
}

#[test]
fn every_snapshot_is_that_of_a_consistent_cut() {
    let is_all = |sights: &BTreeSet<_>| sights.len() == 4;
    for_seeds_until_all_is_seen(scaled(40), BTreeSet::new(), is_all, |seed, sights| {
        sights.extend(run(&mut Chance::new(seed)));
    });
}

fn run(chance: &mut Chance) -> BTreeSet<Sight> {
    let nodes = 1 + chance.below(5);
    let topology = Topology::random_strongly_connected(nodes, chance.below(6), chance.number());
    let topology = Arc::new(topology.expect("nodes and links fit"));
    let policy = chance.pick(&BOTH_POLICIES);
    let opening = 1 + chance.below(8) as u64;
    let fresh = |node| chatter(&topology, node, opening);
    let builder = System::builder(Arc::clone(&topology)).marker_policy(policy);
    let has_texts = chance.one_in(2);
    let mut builder = if has_texts { builder.traced_with_texts() } else { builder.traced() };
    if chance.one_in(2) {
        builder = builder.capacity(1 + chance.below(3));
    }
    let system = builder.spawn(fresh).expect("the machine has threads");
    assert_eq!(system.trace().err(), Some(TraceError::NotEnded), "it has not ended");

    let mut injected = vec![0; nodes];
    let pending: Vec<_> = (0..3)
        .map(|_| {
            let node = NodeId::new(chance.below(nodes) as u32);
            injected[node.index()] += 1;
            let note = Note::from_outside(&topology, node, injected[node.index()]).with_hops(6);
            system.inject(node, note).expect("the node is there");
            let initiator = NodeId::new(chance.below(nodes) as u32);
            system.begin_snapshot_with(SnapshotOptions::at([initiator]))
        })
        .collect();
    let snapshots: Vec<_> =
        pending.iter().map(|pending| pending.wait().expect("no node fails")).collect();
    let ended = system.shutdown().expect("no node fails");
    let trace = system.trace().expect("it is traced, and has ended");

    let mut sights = BTreeSet::new();
    for snapshot in &snapshots {
        channel_law::check(snapshot);
        if snapshot.in_flight().next().is_some() {
            sights.insert(Sight::InFlight);
        }
        if snapshot.channels().iter().any(|channel| channel.acknowledged() > 0) {
            sights.insert(Sight::RoomUsed);
        }
        if has_texts {
            assert_texts_of(&trace, snapshot);
        }
        if prove(&trace, snapshot, &injected, fresh, &ended) > 0 {
            sights.insert(Sight::Swapped);
        }
    }
    for (node, process) in topology.nodes().zip(&ended) {
        let last = trace.events_of(node).next_back().expect("it has started");
        let text = has_texts.then(|| format!("{:?}", process.state()));
        assert_eq!(trace.state_text(last).map(str::to_owned), text, "{node} at the end");
    }
    let overlaps = |pair: &[Arc<Snapshot>]| pair[1].timings().began() < pair[0].timings().ended();
    if snapshots.windows(2).any(overlaps) {
        sights.insert(Sight::Overlap);
    }
    sights
}

/// States and messages are in the trace as the snapshot has them.
fn assert_texts_of(trace: &Trace, snapshot: &Snapshot) {
    let cut = trace.cut_of(snapshot.id()).expect("every node has recorded");
    for (node, state) in snapshot.states() {
        let last = trace.events_of(node).take(cut.events_of(node)).next_back();
        let text = last.and_then(|event| trace.state_text(event));
        assert_eq!(text, Some(format!("{state:?}").as_str()), "{node}");
    }
    for channel in snapshot.channels() {
        for (number, message) in (channel.received() + 1..).zip(channel.messages()) {
            let text = trace.message_text(channel.link().id, number);
            let expected = format!("{message:?}");
            assert_eq!(text, Some(expected.as_str()), "message {number} of {}", channel.link());
        }
    }
}

#[test]
fn without_being_asked_for_no_trace_is_kept() {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let start = |node| chatter(&Topology::ring(2).expect("two"), node, 1);
    let system = System::builder(topology).spawn(start).expect("two threads");
    system.shutdown().expect("no node fails");
    let error = system.trace().expect_err("it was not asked for");
    assert_eq!(error, TraceError::NotKept);
    assert!(error.to_string().contains("traced"), "{error}");
}

/// The log of a node that fails has the events before the failure.
#[test]
fn the_trace_of_a_failed_node_ends_where_it_failed() {
    let topology = Topology::line(2).expect("two nodes are a line");
    let builder = System::builder(topology.clone()).on_failure(OnFailure::Continue).traced();
    let system = builder.spawn(|node| chatter(&topology, node, 0)).expect("two threads");
    // The second message is out of turn, so the process panics.
    for number in [1, 7] {
        // The call is refused once the node has failed.
        let _ =
            system.inject(NodeId::new(0), Note::from_outside(&topology, NodeId::new(0), number));
    }
    assert!(system.shutdown_each().is_ok());
    let trace = system.trace().expect("it is traced");
    let events = trace.events_of(NodeId::new(0)).len();
    assert!((1..=2).contains(&events), "its start and at most the first message: {events}");
    assert_eq!(trace.events_of(NodeId::new(1)).len(), 1);
}

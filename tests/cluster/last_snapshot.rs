//! The last snapshot of a cluster loses no message, and a cluster goes on after one that fails.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle, yield_now};

use consistent_cut::cluster::{ClusterHandle, ClusterSettings};
use consistent_cut::{
    ChannelState, Context, Ending, GlobalSnapshot, InjectError, Link, NodeId, Process,
    SnapshotError, StopError, Topology,
};
use crossbeam_channel::Sender;
use std::time::Duration;

use crate::effort::scaled;
use crate::ids::node;
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::Plan;

const NODES: usize = 6;

/// Keeps all that comes.
#[derive(Default)]
struct Keeper(Vec<u64>);

impl Process for Keeper {
    type State = Vec<u64>;
    type Message = u64;

    fn on_message(&mut self, _: Link, value: u64, _: &mut Context<'_, u64>) {
        self.0.push(value);
    }

    fn state(&self) -> Vec<u64> {
        self.0.clone()
    }
}

/// Values that are different for each of four sources, and the node for each.
fn values(source: usize) -> impl Iterator<Item = (NodeId, u64)> {
    (source as u64..).step_by(4).map(|value| (node((value / 4) as u32 % NODES as u32), value))
}

/// Injects until it is refused. Returns the values that were accepted.
fn by_handle(cluster: &ClusterHandle<Vec<u64>, u64>, source: usize) -> Vec<u64> {
    let mut accepted = Vec::new();
    for (node, value) in values(source) {
        match cluster.inject(node, value) {
            Ok(()) => accepted.push(value),
            Err(InjectError::Ended { message, why, .. }) => {
                assert_eq!((message, why), (value, Ending::LastSnapshot));
                break;
            }
            Err(error) => panic!("{error}"),
        }
        yield_now();
    }
    accepted
}

/// Puts values on a stream until the cluster has ended.
fn by_stream(stream: &Sender<Vec<(NodeId, u64)>>, source: usize, is_over: &AtomicBool) -> Vec<u64> {
    let mut sent = Vec::new();
    for (node, value) in values(source) {
        if is_over.load(Ordering::Relaxed) || stream.send(vec![(node, value)]).is_err() {
            break;
        }
        sent.push(value);
        yield_now();
    }
    sent
}

/// The values of a snapshot, in states and in channels. No value is there twice, and those of one
/// source to one node are in their order.
fn values_of(last: &GlobalSnapshot<Vec<u64>, u64>) -> (BTreeSet<u64>, usize) {
    let (mut all, mut in_channels) = (BTreeSet::new(), 0);
    for (node, state) in last.states() {
        let door = last.topology().environment_link(node).unwrap();
        let waiting = last.channel(door.id).messages();
        let values: Vec<_> = state.iter().chain(waiting).copied().collect();
        for source in 0..4 {
            assert!(values.iter().filter(|value| *value % 4 == source).is_sorted());
        }
        in_channels += waiting.len();
        all.extend(&values);
        assert_eq!(last.channel(door.id).sent(), values.len() as u64);
    }
    let count: u64 = last.channels().iter().map(ChannelState::sent).sum();
    assert_eq!(all.len() as u64, count, "a value is there twice");
    (all, in_channels)
}

#[test]
fn it_has_every_message_that_was_accepted() {
    finishes(|| {
        let mut in_channels = 0;
        for round in 0..scaled(16) as usize {
            let workers = 1 + round % 4;
            let topology = Topology::from_links(NODES, []).unwrap();
            let plan = Plan::new(workers, topology).with_streams();
            let cluster = plan.start(|_, _| Keeper::default());
            // What comes to a node that has stopped waits in front of it.
            cluster.stop_node(node(5)).unwrap();
            let is_over = AtomicBool::new(false);
            let (last, accepted, sent) = thread::scope(|scope| {
                let (handle, is_over, streams) = (&*cluster, &is_over, &cluster.streams);
                let accepted = [0, 1].map(|source| scope.spawn(move || by_handle(handle, source)));
                let sent = [2, 3].map(|source| {
                    let stream = &streams[source % workers];
                    scope.spawn(move || by_stream(stream, source, is_over))
                });
                (0..round % 3).for_each(|_| drop(cluster.snapshot().unwrap()));
                let last = cluster.snapshot_and_stop().unwrap();
                is_over.store(true, Ordering::Relaxed);
                let all = |threads: [ScopedJoinHandle<'_, Vec<u64>>; 2]| -> BTreeSet<u64> {
                    threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
                };
                (last, all(accepted), all(sent))
            });
            last.verify().unwrap();
            let (found, waiting) = values_of(&last);
            in_channels += waiting;
            let lost: Vec<_> = accepted.difference(&found).collect();
            assert!(lost.is_empty(), "{lost:?} were accepted, and are lost");
            let refused = cluster.refused.clone();
            let ended = cluster.join().all();
            let states: Vec<_> = ended.iter().map(Process::state).collect();
            assert!(last.states().map(|(_, state)| state).eq(&states));
            // Each value of a stream is in the snapshot or was refused.
            let refused: BTreeSet<u64> = refused.try_iter().map(|(_, value)| value).collect();
            assert!(refused.is_subset(&sent) && refused.is_disjoint(&found));
            assert_eq!(&found | &refused, &accepted | &sent);
        }
        assert!(in_channels > 0, "no message has waited in front of its node");
    });
}

/// No node is at work, so the last snapshot begins in the turn in which it is asked for.
#[test]
fn it_has_every_message_for_nodes_that_have_stopped() {
    finishes(|| {
        for round in 0..scaled(20) {
            let topology = Topology::from_links(NODES, []).unwrap();
            let cluster =
                Plan::new(1 + round as usize % 2, topology).start(|_, _| Keeper::default());
            (0..NODES as u32).for_each(|index| cluster.stop_node(node(index)).unwrap());
            assert!(cluster.wait_until_settled(Duration::MAX));
            let (last, accepted) = thread::scope(|scope| {
                let handle = &*cluster;
                let accepted = [0, 1].map(|source| scope.spawn(move || by_handle(handle, source)));
                // Snapshots keep the coordinator busy, so that it looks for the last one early.
                let pending: Vec<_> = (0..round % 5).map(|_| cluster.begin_snapshot()).collect();
                let last = cluster.snapshot_and_stop().unwrap();
                drop(pending);
                let accepted = accepted.map(|thread| thread.join().unwrap());
                (last, accepted.into_iter().flatten().collect::<BTreeSet<_>>())
            });
            let (found, _) = values_of(&last);
            assert_eq!(found, accepted);
        }
    });
}

#[test]
fn it_ends_the_cluster_and_later_calls_are_refused() {
    finishes(|| {
        let stage = Stage::new(Plan::new(2, Topology::ring(3).unwrap()));
        stage.settle(node(1));
        let last = stage.snapshot_and_stop().unwrap();
        let refused = stage.give(node(1)).unwrap_err();
        assert!(matches!(refused, InjectError::Ended { why: Ending::LastSnapshot, .. }));
        assert!(matches!(stage.snapshot(), Err(SnapshotError::ShutDown { .. })));
        assert!(matches!(stage.snapshot_and_stop(), Err(SnapshotError::ShutDown { .. })));
        assert!(matches!(stage.stop_node(node(0)), Err(StopError::Ended { .. })));
        assert!(stage.wait_until_settled(Duration::MAX));
        let found = stage.find_snapshot(last.id());
        assert!(found.is_err() || found.unwrap().wait().is_ok());
        assert_eq!(stage.snapshot_counts().completed, 1);
        let ended = stage.join().all();
        assert!(last.states().zip(&ended).all(|((_, state), puppet)| *state == puppet.record));
    });
}

/// A node is in a handler when the last snapshot's time is over. Then all nodes go on, and messages
/// come in again.
#[test]
fn after_one_that_fails_the_nodes_go_on() {
    finishes(|| {
        let settings = ClusterSettings::new().snapshot_timeout(Duration::from_millis(5));
        let plan = Plan::new(2, Topology::ring(4).unwrap()).with(settings);
        let stage = Stage::new(plan);
        // Nodes 2 and 3 are on the second worker, which the coordinator does not need.
        let gate = stage.hold(node(3));
        let error = stage.snapshot_and_stop().unwrap_err();
        assert!(matches!(error, SnapshotError::TimedOut { .. }), "{error}");
        stage.settle(node(0));
        gate.open();
        for index in 0..4 {
            stage.settle(node(index));
        }
        let snapshot = loop {
            if let Ok(snapshot) = stage.snapshot() {
                break snapshot;
            }
        };
        assert!(snapshot.topology().nodes().all(|node| !snapshot.is_stopped(node)));
        loop {
            if stage.snapshot_and_stop().is_ok() {
                break;
            }
        }
    });
}

//! Links are full and nodes wait to send. Snapshots complete all the same, and show the waiting
//! messages.

use consistent_cut::{
    Link, LinkId, MarkerPolicy, SnapshotOptions, SpawnError, System, TimerId, Topology,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::channel_law::{self, numbers};
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn stage(topology: Topology, policy: MarkerPolicy, capacity: usize) -> Stage {
    Stage::set(topology, |builder| builder.marker_policy(policy).capacity(capacity), |_| {})
}

/// Every node sends this many notes on each of its links, in one handler and before any note is
/// handled, and sets a timer that is due at once. Returns when all nodes wait for room.
fn fill(stage: &Stage, capacity: usize, burst: u64) {
    let gate = stage.gate();
    for node in stage.topology().nodes() {
        let held = gate.clone();
        stage.tell(node, move |puppet, ctx| {
            held.pass();
            for Link { id, .. } in ctx.out_links() {
                (0..burst).for_each(|_| puppet.send_on(ctx, *id));
            }
            ctx.set_timer(TimerId::new(1), Duration::ZERO);
        });
    }
    gate.await_arrivals(stage.topology().node_count());
    gate.open();
    for link in stage.topology().links() {
        stage.await_traffic(link.id, burst, burst - capacity as u64);
    }
}

/// Topologies in which every node is on a cycle.
fn cycles() -> [Topology; 4] {
    let parallel = [(0, 1), (0, 1), (1, 0), (1, 1)];
    [
        Topology::ring(3).unwrap(),
        Topology::complete(3).unwrap(),
        Topology::ring(1).unwrap(),
        Topology::from_links(2, parallel).unwrap(),
    ]
}

/// Calls `body` with stages on which all links are full, and with the number of notes on each link.
fn when_all_is_full(body: impl Fn(Stage, u64) + Send + 'static) {
    finishes(move || {
        on_both_policies(|policy| {
            for (topology, capacity) in cycles().into_iter().zip([1, 2, 3, 1]) {
                let stage = stage(topology, policy, capacity);
                let burst = capacity as u64 + 3;
                fill(&stage, capacity, burst);
                body(stage, burst);
            }
        });
    });
}

#[test]
fn what_waits_for_room_is_on_its_link_in_every_snapshot() {
    when_all_is_full(|stage, burst| {
        for _ in 0..5 {
            let overlapping: Vec<_> = (0..4).map(|_| stage.begin_snapshot()).collect();
            for pending in overlapping {
                let snapshot = pending.wait().unwrap();
                channel_law::check(&snapshot);
                for link in stage.topology().links() {
                    let all: Vec<u64> = (1..=burst).collect();
                    assert_eq!(numbers(snapshot.channel(link.id)), all, "{link}");
                }
            }
        }
    });
}

#[test]
fn every_node_may_begin_a_snapshot_while_all_wait() {
    when_all_is_full(|stage, _| {
        let everyone: Vec<_> = stage.topology().nodes().collect();
        channel_law::check(&stage.snapshot_with(SnapshotOptions::at(&everyone)).unwrap());
        for initiator in everyone {
            channel_law::check(&stage.snapshot_with(SnapshotOptions::at([initiator])).unwrap());
        }
    });
}

#[test]
fn a_node_that_waits_for_room_handles_neither_messages_nor_timers() {
    when_all_is_full(|stage, _| {
        let nodes: Vec<_> = stage.topology().nodes().collect();
        nodes.iter().for_each(|&node| stage.give(node).unwrap());
        for _ in 0..5 {
            let snapshot = stage.checked_snapshot();
            for (node, counts) in snapshot.states() {
                assert_eq!((counts.counts.handled(), counts.fired.len()), (1, 0), "{node}");
                let environment = stage.topology().environment_link(node).unwrap().id;
                assert_eq!(numbers(snapshot.channel(environment)), [2]);
                assert_eq!(snapshot.timers(node)[0].timer, TimerId::new(1));
            }
        }
    });
}

#[test]
fn a_system_that_stands_still_is_shut_down_and_dropped() {
    when_all_is_full(|stage, _| {
        assert_eq!(stage.shutdown().unwrap().len(), stage.topology().node_count());
    });
    when_all_is_full(|stage, _| {
        let alive = stage.alive();
        drop(stage);
        assert_eq!(alive.count(), 0);
    });
}

#[test]
fn nodes_that_wait_are_stopped_and_joined() {
    when_all_is_full(|stage, _| {
        let nodes = stage.topology().nodes();
        nodes.for_each(|node| {
            stage.stop_node(node).unwrap();
            while !stage.checked_snapshot().is_stopped(node) {}
        });
        assert_eq!(stage.join().unwrap().len(), stage.topology().node_count());
    });
}

#[test]
fn the_last_snapshot_of_a_system_that_stands_still_has_all_that_waits() {
    when_all_is_full(|stage, burst| {
        let last = stage.snapshot_and_stop().unwrap();
        channel_law::check(&last);
        assert_eq!(last.in_flight().count() as u64, burst * stage.topology().link_count() as u64);
        assert!(last.topology().nodes().all(|node| !last.is_stopped(node)));
        stage.join().unwrap();
    });
}

#[test]
fn snapshots_of_a_system_that_stands_still_may_be_cancelled() {
    when_all_is_full(|stage, _| {
        for _ in 0..20 {
            let pending = stage.begin_snapshot();
            pending.cancel();
            let _ = pending.wait();
        }
        stage.checked_snapshot();
    });
}

#[test]
fn two_threads_take_snapshots_of_a_system_that_stands_still() {
    when_all_is_full(|stage, burst| {
        let nodes: Vec<_> = stage.topology().nodes().collect();
        thread::scope(|scope| {
            let snapshots = || {
                for &node in nodes.iter().cycle().take(50) {
                    let snapshot = stage.snapshot_with(SnapshotOptions::at([node])).unwrap();
                    channel_law::check(&snapshot);
                    assert!(snapshot.channels().iter().all(|link| link.sent() <= burst));
                }
            };
            scope.spawn(snapshots);
            scope.spawn(snapshots);
        });
    });
}

fn refused(settings: impl Fn(Topology) -> Result<System<Puppet>, SpawnError>) -> String {
    let topology = Topology::from_named_links([("client", "server"), ("server", "store")]).unwrap();
    settings(topology).expect_err("refused").to_string()
}

#[test]
fn limits_that_could_never_work_are_refused_before_anything_starts() {
    finishes(|| {
        let made = AtomicUsize::new(0);
        let never = |_| -> Puppet {
            made.fetch_add(1, Ordering::Relaxed);
            unreachable!("nothing is made for a system that does not start")
        };
        let link = LinkId::new(1);
        let text = refused(|t| System::builder(t).link_capacity(link, 0).spawn(never));
        assert!(text.starts_with("link 1 from node 1 (server) to node 2 (store) has"), "{text}");
        let text = refused(|t| System::builder(t).capacity(0).spawn(never));
        assert!(text.starts_with("link 0 from node 0 (client) to node 1 (server) has"), "{text}");
        let unknown = LinkId::new(2);
        let text = refused(|t| System::builder(t).link_capacity(unknown, 5).spawn(never));
        assert!(text.contains("link 2 is not in the topology, which has 2 links"), "{text}");
        let text = refused(|t| System::builder(t).max_concurrent_snapshots(0).spawn(never));
        assert!(text.contains("max_concurrent_snapshots is zero"), "{text}");
        assert_eq!(made.into_inner(), 0);
    });
}

#[test]
fn a_capacity_of_zero_hurts_no_system_that_sets_each_link_or_has_none() {
    finishes(|| {
        let one = |builder: consistent_cut::SystemBuilder<Puppet>| {
            builder.capacity(0).link_capacity(LinkId::new(0), 1)
        };
        let stage = Stage::set(Topology::line(2).unwrap(), one, |_| {});
        stage.tell_to_send(node(0), LinkId::new(0), 3);
        stage.settle(node(0));
        Stage::set(Topology::line(1).unwrap(), |b| b.capacity(0), |_| {}).checked_snapshot();
    });
}

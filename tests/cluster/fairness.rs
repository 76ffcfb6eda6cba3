//! Each node of a worker gets its turn, however busy the others are.

use std::sync::Arc;

use consistent_cut::cluster::{ClusterSettings, Placement};
use consistent_cut::{Context, Link, MarkerPolicy, Process, Restore, Topology};

use crate::effort::scaled;
use crate::ids::{link, node};
use crate::note::Note;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::Plan;

/// A ring in which each node has a link to itself too, behind the others.
fn ring_with_own_links(nodes: usize) -> Topology {
    let ring = (0..nodes).map(|i| (i, (i + 1) % nodes));
    Topology::from_links(nodes, ring.chain((0..nodes).map(|i| (i, i)))).unwrap()
}

/// Sends on the node's link to itself a note that does this again, without an end.
fn spin(puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
    let own = ctx.out_links()[1].id;
    puppet.send_action(ctx, own, spin);
}

/// The other nodes are of the same region, of another region, and of another worker.
#[test]
fn nodes_that_send_to_themselves_keep_no_node_waiting() {
    finishes(|| {
        on_both_policies(|policy| {
            for (workers, spinning) in [(1, 1), (1, 5), (2, 3)] {
                let settings = ClusterSettings::new().marker_policy(policy);
                let plan = Plan::new(workers, ring_with_own_links(600)).with(settings);
                let stage = Stage::new(plan);
                for index in 0..spinning {
                    // Several notes go round at each.
                    (0..=index).for_each(|_| stage.tell(node(index * 2), spin));
                }
                let mut rounds = 0;
                for _ in 0..scaled(2) {
                    let before = stage.checked_snapshot();
                    for index in [0, 1, 255, 256, 599] {
                        stage.settle(node(index));
                    }
                    stage.tell_to_send(node(299), link(299), 3);
                    while stage.checked_snapshot().state(node(300)).counts.received[0] == 0 {}
                    let after = stage.checked_snapshot();
                    let count = |one: &crate::channel_law::Snapshot| {
                        one.state(node(0)).counts.received_from_nodes()
                    };
                    rounds += u64::from(count(&after) > count(&before));
                }
                assert!(rounds > 0, "the node that spins goes on");
            }
        });
    });
}

/// The worker has nothing else to do than what the spinning node asks of it, and hears others.
#[test]
fn a_node_that_never_rests_keeps_no_other_worker_waiting() {
    finishes(|| {
        let plan = Plan::new(3, ring_with_own_links(6)).placed(Placement::by(|n| n.index() % 3));
        let stage = Stage::new(plan);
        (0..6).for_each(|index| stage.tell(node(index), spin));
        for round in 0..scaled(10) as u32 {
            stage.tell_to_send(node(round % 6), link(round % 6), 2);
            stage.settle(node((round + 1) % 6));
            stage.checked_snapshot();
        }
        stage.snapshot_and_stop().unwrap();
    });
}

/// A node waits for room while messages wait for it, and then handles them all.
#[test]
fn a_node_with_messages_goes_on_when_there_is_room() {
    finishes(|| {
        on_both_policies(|policy| {
            for (workers, waiting) in [(1, 3), (2, 3), (2, 300)] {
                let settings = ClusterSettings::new().marker_policy(policy).capacity(1);
                let topology = Topology::ring(2).unwrap();
                let stage = Stage::new(Plan::new(workers, topology).with(settings));
                let gate = stage.hold(node(1));
                let held = gate.clone();
                // On one worker all wait at the gate.
                stage.tell(node(1), move |_, _| held.pass());
                stage.tell_to_send(node(0), link(0), 3);
                (0..waiting).for_each(|_| stage.give(node(0)).unwrap());
                gate.open();
                stage.settle(node(0));
                let snapshot = stage.checked_snapshot();
                let record = snapshot.state(node(0));
                assert_eq!(record.counts.injected(), waiting + 2);
            }
        });
    });
}

/// Counts what comes, and passes it on while it has hops left.
struct Hops(u64);

const STARTED: u64 = 3;

impl Process for Hops {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        (0..STARTED).for_each(|hops| ctx.send_on(ctx.out_links()[0], hops * 40));
    }

    fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        self.0 += 1;
        if hops > 0 {
            ctx.send_on(ctx.out_links()[0], hops - 1);
        }
    }

    fn state(&self) -> u64 {
        self.0
    }
}

impl Restore for Hops {
    fn on_restore(&mut self, count: u64, _: &mut Context<'_, u64>) {
        self.0 = count;
    }
}

/// In a restored cluster all messages in flight wait at their nodes, so that thousands of nodes are
/// ready at once, in many regions.
#[test]
fn thousands_of_nodes_that_are_ready_at_once_all_get_their_turn() {
    finishes(|| {
        for (workers, policy) in [(1, MarkerPolicy::Overtaking), (3, MarkerPolicy::InOrder)] {
            let topology = Arc::new(Topology::ring(3000).unwrap());
            let settings = ClusterSettings::new().marker_policy(policy);
            let plan = || Plan::new(workers, Arc::clone(&topology)).with(settings.clone());
            let last = plan().start(|_, _| Hops(0)).snapshot_and_stop().unwrap();
            assert!(last.in_flight().count() > 1000, "nearly all messages are in flight");
            let again = plan().restore(&last, |_, _| Hops(0)).unwrap();
            // Each node starts notes of 0, 40 and 80 hops, which are received once more than that.
            let all = 3000 * (STARTED + 120);
            let received = || -> u64 {
                let snapshot = again.snapshot().unwrap();
                snapshot.states().map(|(_, count)| count).sum()
            };
            while received() < all {}
            assert!(again.end().all().iter().all(|hops| hops.0 == STARTED + 120));
        }
    });
}

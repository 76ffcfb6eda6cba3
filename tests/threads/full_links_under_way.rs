//! A sender goes on as soon as its links have room, and no sooner; no wake-up is lost on the way.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, yield_now};

use consistent_cut::{LinkId, MarkerPolicy, OnFailure, System, Topology};
use crossbeam_channel::{Receiver, bounded, unbounded};

use crate::chance::Chance;
use crate::channel_law;
use crate::effort::scaled;
use crate::gate::Gate;
use crate::ids::node;
use crate::policies::{BOTH_POLICIES, on_both_policies};
use crate::stage::Stage;
use crate::traffic::{Traffic, live};
use crate::watchdog::finishes;

const LINK: LinkId = LinkId::new(0);

fn stage(topology: Topology, policy: MarkerPolicy, capacity: usize) -> Stage {
    Stage::set(topology, |builder| builder.marker_policy(policy).capacity(capacity), |_| {})
}

/// Node 0 sends a note for each gate, at which node 1 is held. The receiver hears when node 0
/// handles the next message.
fn send_gates(stage: &Stage, count: usize) -> (Vec<Gate>, Receiver<()>) {
    let gates: Vec<_> = (0..count).map(|_| stage.gate()).collect();
    let held = gates.clone();
    stage.tell(node(0), move |puppet, ctx| {
        for gate in &held {
            let gate = gate.clone();
            puppet.send_action(ctx, LINK, move |_, _| gate.pass());
        }
    });
    let (tx, rx) = unbounded();
    stage.tell(node(0), move |_, _| tx.send(()).unwrap());
    (gates, rx)
}

/// Five notes on a link with room for two: the sender waits until three notes are processed, while
/// the receiver is in the fourth handler.
#[test]
fn a_sender_goes_on_exactly_when_what_is_outstanding_fits() {
    finishes(|| {
        on_both_policies(|policy| {
            for _ in 0..200 {
                let stage = stage(Topology::line(2).unwrap(), policy, 2);
                let (gates, goes_on) = send_gates(&stage, 5);
                for (processed, waiting) in [(0, 3), (1, 2), (2, 1)] {
                    gates[processed].await_arrivals(1);
                    stage.await_traffic(LINK, 5, waiting);
                    assert!(goes_on.is_empty(), "{waiting} notes have no room");
                    gates[processed].open();
                }
                gates[3].await_arrivals(1);
                goes_on.recv().unwrap();
                gates[3].open();
            }
        });
    });
}

/// The sender comes to wait at the very moment when the receiver makes room. The receiver is then
/// in a handler that lasts.
#[test]
fn a_sender_goes_on_while_the_handler_after_the_one_that_made_room_lasts() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = stage(Topology::line(2).unwrap(), policy, 1);
            for _ in 0..scaled(300) {
                let (gates, goes_on) = send_gates(&stage, 2);
                gates[0].open();
                goes_on.recv().unwrap();
                gates[1].open();
            }
        });
    });
}

/// The receiver has learnt that its handlers are quick, and takes many messages together. The
/// sender gets their room all the same before the next handler, which lasts.
#[test]
fn a_sender_goes_on_while_the_handler_after_many_quick_ones_lasts() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = stage(Topology::line(2).unwrap(), policy, 1);
            let gate = stage.gate();
            let held = gate.clone();
            stage.tell(node(0), move |puppet, ctx| {
                (0..1000).for_each(|_| puppet.send_on(ctx, LINK));
                let held = held.clone();
                puppet.send_action(ctx, LINK, move |_, _| held.pass());
            });
            let (tx, goes_on) = bounded(1);
            stage.tell(node(0), move |_, _| tx.send(()).unwrap());
            goes_on.recv().unwrap();
            gate.open();
        });
    });
}

/// Both messages have arrived when the sender handles the first. The handler's message gets room
/// while the sender looks for room before it sleeps. Then only the sender's own look at its inbox
/// can wake it.
#[test]
fn a_sender_that_finds_room_at_its_last_look_does_not_sleep() {
    finishes(|| {
        let stage = stage(Topology::line(2).unwrap(), MarkerPolicy::default(), 1);
        let mut dice = Chance::new(1);
        for _ in 0..scaled(2_000) {
            let gate = stage.hold(node(0));
            let delay = dice.below(4000);
            stage.tell(node(0), move |puppet, ctx| {
                let work = move || (0..delay).for_each(|_| spin_loop());
                puppet.send_action(ctx, LINK, move |_, _| work());
                puppet.send_on(ctx, LINK);
            });
            let (tx, goes_on) = bounded(1);
            stage.tell(node(0), move |_, _| tx.send(()).unwrap());
            gate.open();
            goes_on.recv().unwrap();
        }
    });
}

#[test]
fn links_of_one_node_fill_and_free_each_for_itself() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = stage(Topology::star(3).unwrap(), policy, 1);
            let to_2 = LinkId::new(2);
            let gates = [stage.hold(node(1)), stage.hold(node(2))];
            stage.tell(node(0), move |puppet, ctx| {
                (0..2).for_each(|_| puppet.send_on(ctx, LINK));
                (0..3).for_each(|_| puppet.send_on(ctx, to_2));
            });
            let (tx, goes_on) = bounded(1);
            stage.tell(node(0), move |_, _| tx.send(()).unwrap());
            stage.await_traffic(to_2, 3, 2);
            gates[0].open();
            stage.await_traffic(LINK, 2, 0);
            assert!(goes_on.is_empty(), "the other link is full");
            gates[1].open();
            goes_on.recv().unwrap();
        });
    });
}

#[test]
fn a_receiver_that_panics_frees_whoever_waits_for_it() {
    finishes(|| {
        on_both_policies(|policy| {
            for _ in 0..50 {
                let settings = |builder: consistent_cut::SystemBuilder<_>| {
                    builder.marker_policy(policy).capacity(1).on_failure(OnFailure::Continue)
                };
                let stage = Stage::set(Topology::line(2).unwrap(), settings, |_| {});
                let gate = stage.gate();
                let held = gate.clone();
                stage.tell(node(1), move |_, _| {
                    held.pass();
                    panic!("with a full link");
                });
                gate.await_arrivals(1);
                stage.tell_to_send(node(0), LINK, 3);
                stage.await_traffic(LINK, 3, 2);
                gate.open();
                stage.settle(node(0));
            }
        });
    });
}

/// The count of sent messages is read before the count of received ones, so the difference is never
/// more than the link has held.
#[test]
fn a_slow_receiver_keeps_no_more_than_the_capacity_and_one_burst() {
    finishes(|| {
        let (capacity, bursts, largest) = (3, 2000, 8);
        on_both_policies(|policy| {
            let stage = stage(Topology::line(2).unwrap(), policy, capacity);
            let gate = stage.hold(node(1));
            let mut dice = Chance::new(7);
            let sizes: Vec<_> = (0..bursts).map(|_| 1 + dice.below(largest) as u64).collect();
            let all: u64 = sizes.iter().sum();
            sizes.iter().for_each(|&size| stage.tell_to_send(node(0), LINK, size));
            let mut looks_at_a_full_link = 0;
            loop {
                let sent = stage.link_traffic()[0].sent;
                let now = stage.link_traffic()[0];
                let outstanding = sent.saturating_sub(now.received.unwrap());
                assert!(outstanding <= (capacity + largest) as u64, "{outstanding} in memory");
                if now.waiting > 0 {
                    looks_at_a_full_link += 1;
                    gate.open();
                }
                if now.received == Some(all) {
                    break;
                }
                (0..100).for_each(|_| spin_loop());
            }
            assert!(looks_at_a_full_link > 0);
        });
    });
}

/// Calls `load` while two threads take snapshots back to back, until it returns.
fn under_snapshots(stage: &Stage, load: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let snapshots = || {
            while !is_over.load(Ordering::Relaxed) {
                stage.checked_snapshot();
            }
        };
        scope.spawn(snapshots);
        scope.spawn(snapshots);
        load();
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn random_bursts_into_one_node_all_arrive() {
    finishes(|| {
        for (policy, capacity) in BOTH_POLICIES.into_iter().zip([1, 2]) {
            let fan_in = (0..6).map(|source| (source, 6));
            let stage = stage(Topology::from_links(7, fan_in).unwrap(), policy, capacity);
            under_snapshots(&stage, || {
                let mut dice = Chance::new(capacity as u64);
                let mut sent = 0;
                for round in 0..scaled(300) as u32 {
                    let burst = dice.below(5) as u64;
                    sent += burst;
                    stage.tell_to_send(node(round % 6), LinkId::new(round % 6), burst);
                }
                let received = || {
                    let links = stage.link_traffic().into_iter().take(6);
                    links.map(|link| link.received.unwrap()).sum::<u64>()
                };
                while received() < sent {
                    yield_now();
                }
            });
        }
    });
}

/// Each note is worth one hop along the line, and now and then two notes.
#[test]
fn random_bursts_along_a_line_all_arrive() {
    finishes(|| {
        for (policy, capacity) in BOTH_POLICIES.into_iter().zip([2, 1]) {
            let stage = stage(Topology::line(5).unwrap(), policy, capacity);
            under_snapshots(&stage, || {
                for round in 0..400 {
                    stage.tell_to_send(node(round % 4), LinkId::new(round % 4), 2);
                    relay(&stage, 1 + u64::from(round % 3));
                }
                (0..4).for_each(|sender| stage.settle(node(sender)));
                while stage.checked_snapshot().in_flight().count() > 0 {}
            });
        }
    });
}

/// Node 0 sends notes that every node of the line passes on, doubled.
fn relay(stage: &Stage, notes: u64) {
    fn pass_on(
        puppet: &mut crate::puppet::Puppet,
        ctx: &mut consistent_cut::Context<'_, crate::note::Note>,
    ) {
        if let [link] = ctx.out_links() {
            (0..2).for_each(|_| puppet.send_action(ctx, link.id, pass_on));
        }
    }
    stage.tell(node(0), move |puppet, ctx| {
        (0..notes).for_each(|_| puppet.send_action(ctx, LINK, pass_on));
    });
}

/// Fewer notes than the links hold, so that the application alone never stands still.
#[test]
fn notes_in_a_ring_of_small_links_never_come_to_a_halt() {
    finishes(|| {
        on_both_policies(|policy| {
            for (nodes, capacity) in [(2, 1), (2, 2), (5, 1), (5, 2)] {
                let topology = Topology::ring(nodes).unwrap();
                let live = live(&topology);
                let system = System::builder(topology.clone())
                    .marker_policy(policy)
                    .capacity(capacity)
                    .spawn(|node| {
                        // A node that starts with more than its link holds waits at once.
                        let notes = if node.index() == 0 { nodes as u64 } else { 0 };
                        Traffic::new(node, notes, 3, &live).puppet(&topology)
                    })
                    .unwrap();
                let is_going = |node: &AtomicU64| node.load(Ordering::Relaxed) < scaled(300);
                thread::scope(|scope| {
                    let snapshots = || {
                        while live.iter().any(is_going) {
                            channel_law::check(&system.snapshot().unwrap());
                        }
                    };
                    scope.spawn(snapshots);
                    scope.spawn(snapshots);
                });
                system.shutdown().unwrap();
            }
        });
    });
}

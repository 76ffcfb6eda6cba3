//! Links with a capacity.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::property::{deadlocked_on_full_links, find_deadlock_on_full_links};
use consistent_cut::{Context, Link, SnapshotOptions, TimerId, Topology};
use crossbeam_channel::unbounded;

use crate::chance::Chance;
use crate::effort::scaled;
use crate::ids::{link, node};
use crate::note::Note;
use crate::policies::on_both_policies;
use crate::puppet::{Habit, Puppet};
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::Plan;

/// Passes each note on, up to three times, as long as it has hops left.
struct Doubling {
    opening: u64,
}

impl Habit for Doubling {
    fn on_start(&mut self, puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
        if puppet.node == node(0) {
            let out = ctx.out_links()[0].id;
            (0..self.opening).for_each(|_| puppet.send_on(ctx, out));
        }
    }

    fn on_note(&mut self, puppet: &mut Puppet, _: Link, note: &Note, ctx: &mut Context<'_, Note>) {
        if let [out, ..] = ctx.out_links() {
            let out = out.id;
            (0..note.number % 4).for_each(|_| puppet.send_on(ctx, out));
        }
    }
}

/// A handler sends three notes at most, so a link has never more than its capacity and these. The
/// last node stops in the end, so that its sender waits for sure.
#[test]
fn no_snapshot_shows_more_on_a_link_than_its_capacity_and_one_burst() {
    let send_three = |puppet: &mut Puppet, ctx: &mut Context<'_, Note>| {
        let out = ctx.out_links()[0].id;
        (0..3).for_each(|_| puppet.send_on(ctx, out));
    };
    // How many notes wait on the last link.
    let waiting = |stage: &Stage, usual: u64| {
        let snapshot = stage.checked_snapshot();
        let links = snapshot.topology().links().iter();
        let waiting = links.map(|l| {
            let channel = snapshot.channel(l.id);
            let capacity = if l.id == link(1) { 3 } else { usual };
            assert_eq!(channel.capacity(), Some(capacity));
            let in_flight = channel.messages().len() as u64;
            assert!(in_flight <= capacity + 3, "{channel:?}");
            in_flight.saturating_sub(capacity)
        });
        waiting.collect::<Vec<_>>()[2]
    };
    finishes(move || {
        on_both_policies(|policy| {
            for (workers, capacity) in [(1, 1), (2, 1), (2, 5), (3, 2)] {
                let settings = ClusterSettings::new().marker_policy(policy).capacity(capacity);
                let settings = settings.link_capacity(link(1), 3);
                let plan = Plan::new(workers, Topology::line(4).unwrap()).with(settings);
                let stage = Stage::dressed(plan, |_| {});
                for _ in 0..scaled(60) {
                    (0..3).for_each(|index| stage.tell(node(index), send_three));
                    waiting(&stage, capacity);
                }
                stage.stop_node(node(3)).expect("it is up");
                while !stage.checked_snapshot().is_stopped(node(3)) {}
                (0..3).for_each(|_| stage.tell(node(2), send_three));
                while waiting(&stage, capacity) == 0 {}
            }
        });
    });
}

/// All notes come through, whatever the capacities of the links are.
#[test]
fn all_notes_pass_a_line_of_small_links() {
    finishes(|| {
        on_both_policies(|policy| {
            let mut dice = Chance::new(5);
            let mut reference = None;
            for round in 0..scaled(6) {
                let settings = ClusterSettings::new().marker_policy(policy);
                let settings = (0..5).fold(settings, |settings, index| {
                    settings.link_capacity(link(index), dice.pick(&[1, 2, 3, 4, 9, u64::MAX]))
                });
                let workers = 1 + round as usize % 4;
                let plan = Plan::new(workers, Topology::line(6).unwrap()).with(settings);
                let placed = plan.placed(crate::laws::placement(&mut dice, workers));
                let cluster = placed.start(|node, topology| {
                    Puppet::new(node, topology).with_habit(Doubling { opening: 60 })
                });
                let last = loop {
                    let snapshot = cluster.snapshot().unwrap();
                    crate::channel_law::check(&snapshot);
                    if snapshot.in_flight().next().is_none() {
                        break snapshot;
                    }
                };
                let states: Vec<_> = last.states().map(|(_, state)| state.clone()).collect();
                assert_eq!(*reference.get_or_insert_with(|| states.clone()), states);
                assert!(states[5].counts.received[0] > 100);
            }
        });
    });
}

/// Every node sends more than its link has room for, so that all wait for each other.
#[test]
fn a_cycle_of_full_links_is_a_deadlock_that_snapshots_find() {
    finishes(|| {
        on_both_policies(|policy| {
            for (workers, nodes) in [(1, 3), (2, 3), (3, 5), (1, 1)] {
                let settings = ClusterSettings::new().marker_policy(policy).capacity(2);
                let plan = Plan::new(workers, Topology::ring(nodes).unwrap()).with(settings);
                let stage = Stage::dressed(plan, |puppet| {
                    puppet.at_start = Some(Arc::new(|puppet, ctx| {
                        let out = ctx.out_links()[0].id;
                        (0..4).for_each(|_| puppet.send_on(ctx, out));
                    }));
                });
                (0..nodes as u32).for_each(|index| stage.give(node(index)).unwrap());
                let snapshot = stage.checked_snapshot();
                let deadlock = find_deadlock_on_full_links(&snapshot).unwrap();
                assert_eq!(deadlock.nodes().len(), nodes);
                let named = SnapshotOptions::at([node(nodes as u32 - 1)]);
                let pending: Vec<_> = (0..4)
                    .map(|_| stage.begin_snapshot_with(named.clone()))
                    .chain([stage.begin_snapshot()])
                    .collect();
                for snapshot in pending {
                    let snapshot = snapshot.wait().unwrap();
                    crate::channel_law::check(&snapshot);
                    assert_eq!(snapshot.in_flight().count(), 5 * nodes);
                }
                assert!(stage.detect(&deadlocked_on_full_links()).unwrap().holds_now());
                let found = stage.wait_until(&deadlocked_on_full_links(), Duration::MAX);
                assert!(found.is_ok());
                // The cluster still ends with all that is in flight.
                let last = stage.snapshot_and_stop().unwrap();
                assert_eq!(last.in_flight().count(), 5 * nodes);
            }
        });
    });
}

/// The sender never waits, and is told of fewer messages than half the capacity.
#[test]
fn a_process_sees_the_room_on_its_link_grow_again() {
    finishes(|| {
        for workers in [1, 2] {
            let (tx, rooms) = unbounded();
            let settings = ClusterSettings::new().capacity(10);
            let plan = Plan::new(workers, Topology::line(2).unwrap()).with(settings);
            let stage = Stage::dressed(plan, move |puppet| {
                let tx = tx.clone();
                puppet.at_timer = Some(Arc::new(move |_, ctx| {
                    let room = ctx.room(link(0));
                    if room == 10 {
                        tx.send(room).expect("the test waits");
                    } else {
                        ctx.set_timer(TimerId::new(0), Duration::from_micros(100));
                    }
                }));
            });
            stage.tell_to_send(node(0), link(0), 4);
            stage.tell(node(0), |_, ctx| ctx.set_timer(TimerId::new(0), Duration::ZERO));
            assert_eq!(rooms.recv(), Ok(10));
        }
    });
}

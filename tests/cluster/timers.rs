//! Timers on clusters, on the first worker and on others.
#![expect(clippy::disallowed_methods, reason = "only to see that no timer is early")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::{TimerId, Topology};
use crossbeam_channel::unbounded;
use parking_lot::Mutex;

use crate::ids::{link, node};
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::Plan;

const LAST: u32 = 5;

fn t(number: u64) -> TimerId {
    TimerId::new(number)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn ring(workers: usize) -> Stage {
    Stage::new(Plan::new(workers, Topology::ring(LAST as usize + 1).unwrap()))
}

/// A stage on which each timer of a node is heard.
fn heard(workers: usize) -> (Stage, crossbeam_channel::Receiver<u64>) {
    let (tx, rx) = unbounded();
    let plan = Plan::new(workers, Topology::ring(LAST as usize + 1).unwrap());
    let stage = Stage::dressed(plan, move |puppet| {
        let tx = tx.clone();
        puppet.at_timer = Some(Arc::new(move |puppet, _| {
            // A test that is over listens no more.
            let _ = tx.send(*puppet.record.fired.last().unwrap());
        }));
    });
    (stage, rx)
}

/// Nothing but the timers wakes the cluster.
#[test]
fn timers_of_a_quiet_cluster_are_due_in_their_order() {
    finishes(|| {
        for workers in [1, 2, 4] {
            for index in [0, LAST] {
                let (stage, heard) = heard(workers);
                stage.tell(node(index), |_, ctx| {
                    for (timer, after) in [(3, 6), (1, 9), (2, 3), (5, 12), (4, 0)] {
                        ctx.set_timer(t(timer), ms(after));
                    }
                });
                assert_eq!(heard.iter().take(5).collect::<Vec<_>>(), [4, 2, 3, 1, 5]);
                assert!(stage.checked_snapshot().timers(node(index)).is_empty());
            }
        }
    });
}

#[test]
fn a_timer_set_again_moves_and_a_cancelled_one_never_comes() {
    finishes(|| {
        for workers in [1, 3] {
            let (stage, heard) = heard(workers);
            stage.tell(node(LAST), |_, ctx| {
                ctx.set_timer(t(1), ms(4));
                ctx.set_timer(t(2), Duration::from_secs(3600));
                ctx.set_timer(t(3), ms(2));
            });
            stage.tell(node(LAST), |_, ctx| {
                ctx.set_timer(t(2), ms(1));
                ctx.set_timer(t(1), Duration::from_secs(3600));
                ctx.cancel_timer(t(3));
            });
            let first = heard.recv().unwrap();
            if first == 2 {
                stage.tell(node(LAST), |_, ctx| ctx.cancel_timer(t(1)));
                stage.tell(node(LAST), |_, ctx| ctx.set_timer(t(7), ms(5)));
                assert_eq!(heard.recv(), Ok(7));
                let snapshot = stage.checked_snapshot();
                assert!(snapshot.timers(node(LAST)).is_empty());
                assert_eq!(snapshot.state(node(LAST)).fired, [2, 7]);
            } else {
                // The machine was slow, and the first timers were due before the second order.
                assert!([1, 3].contains(&first));
            }
        }
    });
}

#[test]
fn a_pending_timer_is_recorded_with_the_time_that_is_left() {
    finishes(|| {
        let stage = ring(2);
        let hour = Duration::from_secs(3600);
        stage.tell(node(LAST), move |_, ctx| ctx.set_timer(t(9), hour));
        stage.settle(node(LAST));
        let first = stage.checked_snapshot();
        let second = stage.checked_snapshot();
        let left = |one: &crate::channel_law::Snapshot| {
            let [pending] = one.timers(node(LAST)) else { panic!("{one}") };
            assert_eq!((pending.timer, pending.overdue), (t(9), Duration::ZERO));
            pending.remaining
        };
        assert!(left(&second) <= left(&first) && left(&first) <= hour);
    });
}

/// Handlers of a turn take long, and a timer counts from the end of the handler that has set it.
#[test]
fn a_timer_is_never_early() {
    finishes(|| {
        let (delay, pause) = (ms(15), ms(25));
        let set_at = Arc::new(Mutex::new(None));
        let (tx, rx) = unbounded();
        let (last, plan) = (Arc::clone(&set_at), Plan::new(1, Topology::ring(2).unwrap()));
        let stage = Stage::dressed(plan, move |puppet| {
            let (tx, last) = (tx.clone(), Arc::clone(&last));
            puppet.at_timer = Some(Arc::new(move |_, _| {
                let set_at: Instant = last.lock().unwrap();
                tx.send(set_at.elapsed()).unwrap();
            }));
        });
        stage.tell(node(0), move |_, ctx| {
            let begun = Instant::now();
            while begun.elapsed() < pause {
                std::hint::spin_loop();
            }
            ctx.set_timer(t(0), delay);
            *set_at.lock() = Some(Instant::now());
        });
        let passed = rx.recv().unwrap();
        assert!(passed >= delay, "the timer was due {:?} too early", delay - passed);
    });
}

/// The node waits for room when its timer is due, and runs the timer when there is room.
#[test]
fn a_timer_that_is_due_while_its_node_waits_for_room_comes_later() {
    finishes(|| {
        on_both_policies(|policy| {
            for workers in [1, 2] {
                let settings = ClusterSettings::new().capacity(1).marker_policy(policy);
                let plan = Plan::new(workers, Topology::line(2).unwrap()).with(settings);
                let stage = Stage::new(plan);
                stage.stop_node(node(1)).unwrap();
                stage.tell(node(0), |puppet, ctx| {
                    (0..3).for_each(|_| puppet.send_on(ctx, link(0)));
                    ctx.set_timer(t(1), Duration::ZERO);
                    ctx.set_timer(t(2), Duration::from_micros(1));
                });
                for _ in 0..5 {
                    let snapshot = stage.checked_snapshot();
                    let is_waiting = snapshot.channel(link(0)).messages().len() == 3;
                    assert!(!is_waiting || snapshot.timers(node(0)).len() == 2);
                }
                stage.stop_node_and_drain(node(1)).unwrap();
                while stage.snapshot().unwrap().state(node(0)).fired != [1, 2] {}
            }
        });
    });
}

/// Each timer sets the next, and messages come in between.
#[test]
fn many_nodes_with_many_timers_all_come_to_their_end() {
    finishes(|| {
        let plan = Plan::new(3, Topology::ring(300).unwrap());
        let stage = Stage::dressed(plan, |puppet| {
            puppet.at_start = Some(Arc::new(|_, ctx| {
                (0..3).for_each(|timer| ctx.set_timer(t(timer), Duration::from_micros(timer * 70)));
            }));
            puppet.at_timer = Some(Arc::new(|puppet, ctx| {
                let out = ctx.out_links()[0].id;
                puppet.send_on(ctx, out);
                let timer = puppet.record.fired.len() as u64;
                if timer < 12 {
                    ctx.set_timer(t(10 + timer), Duration::from_micros(timer % 4 * 50));
                }
            }));
        });
        loop {
            let snapshot = stage.checked_snapshot();
            let mut left = snapshot.topology().nodes().flat_map(|n| snapshot.timers(n));
            if left.next().is_none() && snapshot.in_flight().next().is_none() {
                let all = snapshot.states().all(|(_, state)| state.fired.len() == 14);
                assert!(all, "{snapshot}");
                break;
            }
        }
    });
}

/// The engine adds up times, so a time without end must not reach it.
#[test]
fn a_timer_that_never_comes_holds_nothing_up() {
    finishes(|| {
        for workers in [1, 2] {
            let (stage, heard) = heard(workers);
            stage.tell(node(LAST), |_, ctx| {
                ctx.set_timer(t(1), Duration::MAX);
                ctx.set_timer(t(2), Duration::from_secs(u64::MAX));
            });
            stage.tell(node(LAST), |_, ctx| ctx.set_timer(t(3), ms(2)));
            assert_eq!(heard.recv(), Ok(3));
            stage.settle(node(LAST));
            assert_eq!(stage.checked_snapshot().timers(node(LAST)).len(), 2);
        }
    });
}

/// Each turn of the worker is over before it comes to anything but the timer.
#[test]
fn a_slow_timer_that_is_always_due_keeps_no_snapshot_back() {
    finishes(|| {
        for workers in [1, 2] {
            let plan = Plan::new(workers, Topology::ring(LAST as usize + 1).unwrap());
            let stage = Stage::dressed(plan, |puppet| {
                puppet.at_timer = Some(Arc::new(|_, ctx| {
                    let begun = Instant::now();
                    while begun.elapsed() < ms(3) {}
                    ctx.set_timer(t(0), Duration::ZERO);
                }));
            });
            stage.tell(node(0), |_, ctx| ctx.set_timer(t(0), Duration::ZERO));
            for _ in 0..3 {
                stage.checked_snapshot();
            }
        }
    });
}

//! Timers: their times, the nodes that hear of them, and their record in a snapshot.

use std::sync::Arc;
use std::time::{Duration, Instant};

use consistent_cut::{
    Context, Link, LinkId, PendingTimer, Process, System, SystemBuilder, TimerId, Topology,
};
use crossbeam_channel::{Sender, unbounded};

use crate::channel_law;
use crate::effort::scaled;
use crate::ids::node;
use crate::note::Action;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// A thousandth of this time is waited for. The rest never passes.
const LONG: Duration = Duration::from_secs(100_000);

fn t(number: u64) -> TimerId {
    TimerId::new(number)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One node that reports each due timer, and its time.
fn clockwork() -> (Stage, crossbeam_channel::Receiver<(u64, Instant)>) {
    let (tx, rx) = unbounded();
    let dress = move |puppet: &mut Puppet| {
        let tx = tx.clone();
        puppet.at_timer = Some(Arc::new(move |puppet, _| {
            tx.send((*puppet.record.fired.last().unwrap(), now())).unwrap();
        }));
    };
    (Stage::set(Topology::ring(1).unwrap(), |builder| builder, dress), rx)
}

#[expect(clippy::disallowed_methods, reason = "a lower bound, which no slow machine breaks")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn timers_are_due_once_in_their_order_and_not_before_their_time() {
    finishes(|| {
        let (stage, due) = clockwork();
        let before = now();
        let asked = [(1, 9), (2, 3), (3, 6), (4, 3), (5, 0)];
        stage.tell(node(0), move |_, ctx| {
            asked.iter().for_each(|&(timer, after)| ctx.set_timer(t(timer), ms(after)));
        });
        let fired: Vec<_> = due.iter().take(5).collect();
        assert_eq!(fired.iter().map(|fired| fired.0).collect::<Vec<_>>(), [5, 2, 4, 3, 1]);
        for (timer, at) in fired {
            let after = asked[timer as usize - 1].1;
            assert!(at.duration_since(before) >= ms(after), "timer {timer} was early");
        }
        stage.settle(node(0));
        let snapshot = stage.checked_snapshot();
        assert_eq!(snapshot.state(node(0)).fired.len(), 5);
        assert!(snapshot.timers(node(0)).is_empty() && due.is_empty());
    });
}

#[test]
fn a_timer_is_cancelled_and_moved_by_a_later_word() {
    finishes(|| {
        let (stage, due) = clockwork();
        stage.tell(node(0), |_, ctx| {
            ctx.set_timer(t(1), Duration::ZERO);
            ctx.cancel_timer(t(1));
            ctx.set_timer(t(2), Duration::ZERO);
            ctx.set_timer(t(2), LONG);
            ctx.set_timer(t(3), LONG);
            ctx.set_timer(t(4), LONG);
            ctx.cancel_timer(t(9));
        });
        stage.tell(node(0), |_, ctx| {
            ctx.set_timer(t(3), ms(1));
            ctx.cancel_timer(t(4));
        });
        assert_eq!(due.recv().unwrap().0, 3);
        stage.settle(node(0));
        let snapshot = stage.checked_snapshot();
        assert_eq!(snapshot.state(node(0)).fired, [3]);
        let pending: Vec<_> =
            snapshot.timers(node(0)).iter().map(|pending| pending.timer).collect();
        assert_eq!(pending, [t(2)]);
    });
}

#[test]
fn a_snapshot_knows_each_pending_timer_and_the_time_that_is_left() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(2).unwrap(), policy);
            let asked = [(3, Duration::MAX), (1, LONG), (2, 2 * LONG)];
            stage.tell(node(1), move |_, ctx| {
                asked.iter().for_each(|&(timer, after)| ctx.set_timer(t(timer), after));
            });
            stage.settle(node(1));
            let [first, second] = [stage.checked_snapshot(), stage.checked_snapshot()];
            assert!(first.timers(node(0)).is_empty());
            let [one, two, never] = first.timers(node(1)) else { panic!("three are pending") };
            assert_eq!([one, two, never].map(|pending| pending.timer), [1, 2, 3].map(t));
            assert!(one.remaining <= LONG && two.remaining <= 2 * LONG);
            assert!(one.remaining > LONG / 2 && two.remaining - one.remaining == LONG);
            assert!(never.remaining > 1000 * LONG);
            let later = second.timers(node(1))[0];
            assert!(later.remaining <= one.remaining);
        });
    });
}

/// A timer sets itself again at once. A message and a snapshot get their turn all the same.
#[test]
fn a_timer_that_is_always_due_starves_nobody() {
    finishes(|| {
        on_both_policies(|policy| {
            let again = |puppet: &mut Puppet| {
                puppet.at_start = Some(Arc::new(|_, ctx| ctx.set_timer(t(0), Duration::ZERO)));
                puppet.at_timer = Some(Arc::new(|puppet, ctx| {
                    // The channel keeps no more than the test reads.
                    puppet.record.held += 1;
                    puppet.record.fired.clear();
                    ctx.set_timer(t(0), Duration::ZERO);
                }));
            };
            let settings =
                |builder: consistent_cut::SystemBuilder<_>| builder.marker_policy(policy);
            let stage = Stage::set(Topology::ring(2).unwrap(), settings, again);
            for _ in 0..50 {
                stage.tell_to_send(node(0), LinkId::new(0), 1);
                stage.settle(node(1));
                stage.checked_snapshot();
            }
            while channel_law::held(&stage.checked_snapshot()) < scaled(500) {}
            while stage.checked_snapshot().state(node(1)).counts.received[0] < 50 {}
        });
    });
}

#[test]
fn a_node_in_a_handler_hears_of_a_timer_after_it() {
    finishes(|| {
        let (stage, due) = clockwork();
        let gate = stage.gate();
        let held = gate.clone();
        stage.tell(node(0), |_, ctx| ctx.set_timer(t(1), Duration::ZERO));
        assert_eq!(due.recv().unwrap().0, 1);
        stage.tell(node(0), move |_, ctx| {
            ctx.set_timer(t(2), Duration::ZERO);
            held.pass();
        });
        gate.await_arrivals(1);
        assert!(due.is_empty());
        gate.open();
        assert_eq!(due.recv().unwrap().0, 2);
    });
}

/// The node is deaf because it has stopped, or because it waits for room.
#[test]
fn a_node_that_handles_nothing_hears_of_no_timer() {
    finishes(|| {
        on_both_policies(|policy| {
            for stops in [true, false] {
                let stage = Stage::set(
                    Topology::ring(1).unwrap(),
                    |builder| builder.marker_policy(policy).capacity(1),
                    |_| {},
                );
                stage.tell(node(0), move |puppet, ctx| {
                    ctx.set_timer(t(7), Duration::ZERO);
                    if stops {
                        ctx.stop();
                    } else {
                        // The messages are on the node's own link, so no node ever makes room.
                        (0..2).for_each(|_| puppet.send_on(ctx, LinkId::new(0)));
                    }
                });
                while stage.checked_snapshot().state(node(0)).counts.injected() == 0 {}
                for _ in 0..20 {
                    let snapshot = stage.checked_snapshot();
                    assert!(snapshot.state(node(0)).fired.is_empty());
                    assert_eq!(snapshot.is_stopped(node(0)), stops);
                    let [PendingTimer { timer, remaining, .. }] = snapshot.timers(node(0)) else {
                        panic!("one timer is pending");
                    };
                    assert_eq!((*timer, *remaining), (t(7), Duration::ZERO));
                }
            }
        });
    });
}

/// A timer that is due when a handler returns fires before the next message of a backlog, wherever
/// that message waits.
#[test]
fn a_timer_that_is_due_goes_before_the_backlog() {
    finishes(|| {
        on_both_policies(|policy| {
            for comes_by_link in [false, true] {
                let (tx, rx) = unbounded();
                let at_timer: Action = Arc::new(move |puppet, _| {
                    tx.send(puppet.record.counts.handled()).expect("it waits");
                });
                let settings = |builder: SystemBuilder<Puppet>| builder.marker_policy(policy);
                let stage = Stage::set(Topology::ring(2).unwrap(), settings, |puppet| {
                    puppet.at_timer = Some(Arc::clone(&at_timer));
                });
                let gate = stage.hold(node(1));
                if comes_by_link {
                    stage.tell(node(0), |puppet, ctx| {
                        puppet.send_action(ctx, LinkId::new(0), |_, ctx| {
                            ctx.set_timer(t(1), Duration::ZERO);
                        });
                        (0..20).for_each(|_| puppet.send_on(ctx, LinkId::new(0)));
                    });
                    stage.settle(node(0));
                } else {
                    stage.tell(node(1), |_, ctx| ctx.set_timer(t(1), Duration::ZERO));
                    (0..20).for_each(|_| stage.give(node(1)).unwrap());
                }
                gate.open();
                assert_eq!(rx.recv().unwrap(), 2, "the handler at the gate, and that which set it");
            }
        });
    });
}

/// A timer sets itself again at once. Of a backlog on a link one message is handled, and then the
/// timer again.
#[test]
fn a_timer_that_is_always_due_has_its_turn_after_each_message_of_a_link() {
    const BACKLOG: u64 = 600;

    struct Alternating {
        since_timer: u64,
        most: u64,
        left: u64,
        done: Sender<u64>,
    }

    impl Process for Alternating {
        type State = ();
        type Message = ();

        fn on_message(&mut self, link: Link, (): (), ctx: &mut Context<'_, ()>) {
            if link.is_environment() {
                (0..BACKLOG).for_each(|_| ctx.send_on(ctx.out_links()[0], ()));
                return ctx.set_timer(t(1), Duration::ZERO);
            }
            self.since_timer += 1;
            self.most = self.most.max(self.since_timer);
            self.left -= 1;
            if self.left == 0 {
                self.done.send(self.most).unwrap();
            }
        }

        fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, ()>) {
            self.since_timer = 0;
            ctx.set_timer(timer, Duration::ZERO);
        }

        fn state(&self) {}
    }

    finishes(|| {
        on_both_policies(|policy| {
            let (done, most) = unbounded();
            let process =
                |_| Alternating { since_timer: 0, most: 0, left: BACKLOG, done: done.clone() };
            let builder = System::builder(Topology::ring(1).unwrap()).marker_policy(policy);
            let system = builder.spawn(process).unwrap();
            system.inject(node(0), ()).unwrap();
            assert_eq!(most.recv().unwrap(), 1);
            system.shutdown().unwrap();
        });
    });
}

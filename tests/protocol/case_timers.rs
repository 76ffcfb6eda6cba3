//! Timers belong to their node, and are recorded with it.

use consistent_cut::{GlobalSnapshot, MarkerPolicy, TimerId, Topology};

use crate::brief::{core, l, links, message, n, on_both_policies, outputs, pay, s};
use crate::teller::{Cause, Ledger, Note, Task, moves};
use crate::world::World;

fn pending(snapshot: &GlobalSnapshot<Ledger, Note>, node: u32) -> Vec<(u64, u64)> {
    let timers = snapshot.timers(n(node)).iter();
    timers.map(|t| (t.timer.get(), t.remaining.as_nanos() as u64)).collect()
}

/// Three timers: one stays, one is cancelled, and one is moved.
#[test]
fn a_snapshot_shows_the_timers_that_are_pending_and_the_time_they_have_left() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(2).unwrap(), policy);
        let set = [Task::SetTimer(7, 100), Task::SetTimer(2, 50), Task::SetTimer(5, 90)];
        world.tell(n(0), &set);
        world.tell(n(0), &[Task::CancelTimer(2), Task::SetTimer(5, 300)]);
        world.tell(n(0), &[Task::SetTimer(9, 1), Task::CancelTimer(9), Task::CancelTimer(4)]);
        world.wait(20);
        let id = world.begin(1, &[n(0)]);
        world.tell(n(0), &[Task::CancelTimer(7)]);
        world.settle();
        world.assert_sound();
        let shown = pending(world.snapshot(id), 0);
        assert_eq!(shown.iter().map(|(timer, _)| *timer).collect::<Vec<_>>(), [5, 7]);
        assert!(shown[0].1 > 200 && shown[1].1 < 80, "{shown:?}");
        assert!(world.snapshot(id).timers(n(1)).is_empty());
        assert!(world.snapshot(id).timers(n(8)).is_empty(), "there is no such node");
    });
}

#[test]
fn a_timer_fires_once_when_it_is_due_and_then_is_no_longer_pending() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(0, 1), (1, 0)]), 0, policy);
        core.arrive(l(2), message(2, 1, &[Task::SetTimer(1, 10)])).unwrap();
        core.process_next();
        assert!(core.wants_time());
        core.tell_time(moves(5));
        assert!(!core.wants_time());
        assert_eq!(core.next_timer(), Some(moves(15)));
        assert!(!core.fire_timer(moves(14)));
        assert!(core.fire_timer(moves(15)));
        assert!(!core.fire_timer(moves(15)));
        assert_eq!(core.next_timer(), None);
        assert_eq!(outputs(&mut core), ["link 0: message 1"]);
    });
}

/// The handler of a timer is an event like others: before the recording its sends are before the
/// marker.
#[test]
fn what_a_timer_sends_is_on_its_side_of_the_marker() {
    on_both_policies(|policy| {
        for fires_first in [true, false] {
            let mut world = World::quiet(links(2, &[(0, 1), (1, 0)]), policy);
            world.tell(n(0), &[Task::SetTimer(1, 3)]);
            world.wait(3);
            if fires_first {
                assert!(world.fire(n(0)));
            }
            let id = world.begin(1, &[n(0)]);
            assert_eq!(world.fire(n(0)), !fires_first);
            assert!(!world.fire(n(0)));
            world.settle();
            world.assert_sound();
            let snapshot = world.snapshot(id);
            assert_eq!(snapshot.channel(l(0)).sent(), u64::from(fires_first));
            assert_eq!(pending(snapshot, 0).len(), usize::from(!fires_first));
        }
    });
}

/// A due timer waits while its node waits. In a snapshot it has no time left.
#[test]
fn a_timer_of_a_node_that_waits_for_room_is_overdue_and_still_pending() {
    on_both_policies(|policy| {
        let topology = links(2, &[(0, 1), (1, 0)]);
        let mut world = World::quiet_with_room(topology, policy, &[(0, 1)]);
        world.tell(n(0), &[Task::SetTimer(1, 5), pay(0), pay(0)]);
        world.wait(50);
        assert!(!world.fire(n(0)));
        let id = world.begin(1, &[n(0)]);
        world.settle();
        world.assert_sound();
        assert_eq!(pending(world.snapshot(id), 0), [(1, 0)]);
        assert_eq!(world.ledger(n(0)).counts.sent[0], 3, "it fired when there was room");
    });
}

#[test]
fn a_stopped_node_keeps_its_timers_and_they_never_fire() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(2).unwrap(), policy);
        world.tell(n(0), &[Task::SetTimer(1, 5), Task::Stop]);
        world.wait(50);
        assert!(!world.fire(n(0)));
        let id = world.begin(1, &[n(1)]);
        world.settle();
        world.assert_sound();
        assert_eq!(pending(world.snapshot(id), 0), [(1, 0)]);
    });
}

/// Of several due timers the earliest fires first, and of equal ones the one with the lowest
/// number. A restored timer counts on.
#[test]
fn restored_timers_have_the_time_left_that_was_recorded() {
    on_both_policies(|policy| {
        let mut first = World::quiet(Topology::ring(2).unwrap(), policy);
        first.tell(n(0), &[Task::SetTimer(3, 40), Task::SetTimer(1, 90)]);
        first.wait(20);
        let id = first.begin(1, &[n(0)]);
        first.settle();
        let recorded = pending(first.snapshot(id), 0);
        let topology = first.topology.clone();
        let mut second = World::cores(&topology, policy, Default::default());
        second.go_on_from(&first, first.snapshot(id));
        let left: Vec<_> = second.pending_timers(n(0)).iter().map(|(t, d)| (*t, *d)).collect();
        assert!(left.iter().zip(&recorded).all(|((t, d), (number, nanos))| {
            *t == TimerId::new(*number) && d.as_nanos() as u64 <= *nanos
        }));
        second.begin(2, &[n(1)]);
        second.settle();
        second.assert_sound();
        assert_eq!(second.ledger(n(0)).counts.sent[0], 2, "both have fired");
        assert_eq!(pending(second.snapshot(s(2)), 0).len(), 2);
    });
}

/// The order of overdue timers is part of the state, because each handler may do another thing.
#[test]
fn overdue_timers_fire_in_the_same_order_after_any_number_of_restores() {
    on_both_policies(|policy| {
        let mut world = World::quiet(links(1, &[]), policy);
        world.tell(n(0), &[3, 2, 1].map(|timer| Task::SetTimer(timer, 50 - 10 * timer)));
        world.wait(100);
        for life in 1..4 {
            let id = world.begin(life, &[n(0)]);
            let overdue: Vec<_> =
                world.snapshot(id).timers(n(0)).iter().map(|t| t.overdue).collect();
            assert!(overdue.is_sorted_by(|a, b| a < b), "life {life}: {overdue:?}");
            let mut next = World::cores(&world.topology, policy, Default::default());
            next.go_on_from(&world, world.snapshot(id));
            world = next;
        }
        for timer in [3, 2, 1] {
            assert!(world.fire(n(0)));
            let last = world.nodes[0].teller().last;
            assert!(matches!(last, Some(Cause::Timer(t)) if t == TimerId::new(timer)), "{last:?}");
        }
    });
}

#[test]
fn stopping_from_outside_is_told_once() {
    let mut core = core(links(1, &[]), 0, MarkerPolicy::Overtaking);
    core.stop();
    core.stop();
    assert_eq!(outputs(&mut core), ["stopped"]);
    assert!(core.is_stopped() && !core.may_handle());
    core.begin_snapshot(s(1));
    assert_eq!(outputs(&mut core), ["snapshot 1 records"]);
}

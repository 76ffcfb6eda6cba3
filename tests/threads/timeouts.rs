//! A handler does not return. The snapshot ends when its time is up or when its caller cancels it,
//! and leaves nothing behind.

use std::sync::Arc;
use std::thread::{self, yield_now};
use std::time::Duration;

use consistent_cut::{
    LinkId, MarkerPolicy, PendingSnapshot, Silent, SnapshotError, SnapshotOptions, SystemBuilder,
    Topology,
};

use crate::channel_law;
use crate::gate::Gate;
use crate::ids::node;
use crate::note::{Action, Note};
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// A timeout that always passes, because a node is held until then.
const SHORT: Duration = Duration::from_millis(3);

fn within(timeout: Duration) -> SnapshotOptions {
    SnapshotOptions::new().timeout(timeout)
}

/// A ring of a, b, c. Markers go one way: no link has a capacity.
fn named_ring(policy: MarkerPolicy) -> Stage {
    let links = [("a", "b"), ("b", "c"), ("c", "a")];
    let topology = Topology::from_named_links(links).unwrap();
    Stage::set(topology, |builder| builder.marker_policy(policy).unbounded(), |_| {})
}

/// A ring of three, in which one snapshot at a time may be under way.
fn ring_with_a_queue(policy: MarkerPolicy) -> Stage {
    let set = |builder: SystemBuilder<_>| {
        builder.marker_policy(policy).max_concurrent_snapshots(1).unbounded()
    };
    Stage::set(Topology::ring(3).unwrap(), set, |_| {})
}

fn missing(error: &SnapshotError) -> &Silent {
    match error {
        SnapshotError::TimedOut { missing, .. } | SnapshotError::Cancelled { missing, .. } => {
            missing
        }
        other => panic!("ended for another reason: {other}"),
    }
}

#[test]
fn a_snapshot_fails_when_its_time_is_up_and_names_whoever_is_silent() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = named_ring(policy);
            let gate = stage.hold(node(1));
            let mut timeout = SHORT;
            // A slow machine may need more time for node a, which records in any case.
            let error = loop {
                let error = stage.snapshot_with(within(timeout)).unwrap_err();
                assert!(missing(&error).nodes.contains(&node(1)), "{error}");
                if !missing(&error).nodes.contains(&node(0)) {
                    break error;
                }
                timeout *= 2;
            };
            assert_eq!(missing(&error).nodes, [node(1), node(2)]);
            assert_eq!(missing(&error).links, [0, 1, 2].map(LinkId::new));
            assert_eq!(missing(&error).suspects, [node(1)]);
            let named = "node 1 (b) has not recorded its state; 1 other node may only wait behind it; \
                         look there for a handler or a state() that does not return";
            let text = error.to_string();
            assert!(text.contains(named), "{text}");
            assert!(text.contains(&format!("was not complete after {timeout:?}")), "{text}");
            // No other node hangs.
            stage.settle(node(0));
            stage.settle(node(2));
            gate.open();
            stage.checked_snapshot();
        });
    });
}

#[test]
fn the_timeout_of_the_system_holds_where_the_options_say_nothing() {
    finishes(|| {
        let stage = Stage::set(Topology::ring(2).unwrap(), |b| b.snapshot_timeout(SHORT), |_| {});
        let gate = stage.hold(node(1));
        let both = [node(0), node(1)];
        let options = SnapshotOptions::new().initiators(both);
        for error in [
            stage.snapshot().unwrap_err(),
            stage.snapshot_with(SnapshotOptions::at(both)).unwrap_err(),
            stage.snapshot_with(options.clone()).unwrap_err(),
            stage.every(Duration::ZERO).next().unwrap().unwrap_err(),
        ] {
            assert!(missing(&error).nodes.contains(&node(1)), "{error}");
        }
        let lasting = stage.begin_snapshot_with(options.timeout(Duration::MAX));
        let outcomes = stage.subscribe();
        stage.tell(node(0), |_, ctx| ctx.request_snapshot());
        let asked = outcomes.take(1).last().unwrap().result.unwrap_err();
        assert!(missing(&asked).nodes.contains(&node(1)), "{asked}");
        assert!(lasting.result().is_none());
        gate.open();
        channel_law::check(&lasting.wait().unwrap());
    });
}

#[test]
fn no_time_at_all_is_too_little_for_any_snapshot() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default());
        for _ in 0..20 {
            let error = stage.snapshot_with(within(Duration::ZERO)).unwrap_err();
            assert_eq!(missing(&error).to_string(), "it waited for its turn behind others");
            let text = error.to_string();
            assert!(text.contains("a timeout of zero"), "{text}");
        }
        stage.checked_snapshot();
    });
}

#[test]
fn snapshots_in_the_queue_get_their_turn_when_one_has_failed() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = ring_with_a_queue(policy);
            let gate = stage.hold(node(2));
            let stuck = stage.begin_snapshot_with(within(50 * SHORT));
            let hasty = stage.begin_snapshot_with(within(SHORT));
            let patient = stage.begin_snapshot_with(within(Duration::MAX));
            let error = hasty.wait().unwrap_err();
            assert_eq!(missing(&error).to_string(), "it waited for its turn behind others");
            let text = error.to_string();
            assert!(
                !text.contains("handler") && text.contains("max_concurrent_snapshots"),
                "{text}"
            );
            assert!(missing(&stuck.wait().unwrap_err()).nodes.contains(&node(2)));
            assert!(patient.result().is_none());
            gate.open();
            channel_law::check(&patient.wait().unwrap());
        });
    });
}

/// Markers of dead snapshots stand behind the handler, before and after those of live snapshots.
#[test]
fn late_markers_of_a_dead_snapshot_change_nothing() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(3).unwrap(), policy);
            for round in 0..30 {
                let gate = stage.hold(node(round % 3));
                let mut living = Vec::new();
                let mut dead = Vec::new();
                for link in stage.topology().out_links(node((round + 1) % 3)) {
                    living.push(stage.begin_snapshot());
                    stage.tell_to_send(link.source, link.id, 3);
                    dead.push(stage.begin_snapshot_with(within(SHORT)));
                    let cancelled = stage.begin_snapshot();
                    cancelled.cancel();
                    dead.push(cancelled);
                }
                let errors: Vec<_> = dead.iter().map(|dead| dead.wait().unwrap_err()).collect();
                gate.open();
                living.iter().for_each(|pending| channel_law::check(&pending.wait().unwrap()));
                stage.checked_snapshot();
                let still = dead.iter().map(|dead| dead.result().unwrap().unwrap_err());
                assert!(still.eq(errors));
            }
        });
    });
}

#[test]
fn every_waiter_hears_of_the_failure_as_often_as_it_asks() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(2).unwrap(), MarkerPolicy::default());
        let gate = stage.hold(node(0));
        let pending = stage.begin_snapshot_with(within(SHORT));
        let errors: Vec<_> = thread::scope(|scope| {
            let wait = || [pending.wait().unwrap_err(), pending.wait().unwrap_err()];
            let waiters = [scope.spawn(wait), scope.spawn(wait)];
            waiters.into_iter().flat_map(|waiter| waiter.join().unwrap()).collect()
        });
        let found = stage.find_snapshot(pending.id()).unwrap();
        assert!(errors.iter().all(|error| *error == found.wait().unwrap_err()));
        let allowed = |error: &SnapshotError| matches!(error, SnapshotError::TimedOut { timeout, .. } if *timeout == SHORT);
        assert!(errors.iter().all(allowed));
        gate.open();
    });
}

#[test]
fn a_snapshot_is_cancelled_before_its_turn_and_under_way_and_not_after_its_end() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = ring_with_a_queue(policy);
            let gate = stage.hold(node(1));
            let under_way = stage.begin_at(node(0)).unwrap();
            let queued = stage.begin_snapshot();
            queued.cancel();
            let error = queued.wait().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("{} was cancelled: it waited for its turn behind others", queued.id())
            );

            under_way.clone().cancel();
            let error = under_way.wait().unwrap_err();
            assert_eq!(missing(&error).nodes, [node(1), node(2)]);
            assert!(
                matches!(error, SnapshotError::Cancelled { snapshot, .. } if snapshot == under_way.id())
            );

            gate.open();
            let complete = stage.begin_snapshot();
            let snapshot = complete.wait().unwrap();
            [&complete, &queued, &under_way].into_iter().for_each(PendingSnapshot::cancel);
            stage.checked_snapshot();
            assert!(Arc::ptr_eq(&snapshot, &complete.wait().unwrap()));
            assert_eq!(stage.snapshot_counts().cancelled, 2);
        });
    });
}

/// Node 1 records by the marker of node 2; its link from node 0 stays open, since node 3, which
/// node 0 waits for, is held. Node 1 copies each of the five notes that come on the open link. The
/// result counts the copies at any time.
fn copies_on_an_open_link(stage: &Stage) -> impl Fn() -> usize {
    let counted: Action = Arc::new(|_, _| {});
    let copies = Arc::downgrade(&counted);
    stage.tell(node(0), move |puppet, ctx| {
        for _ in 0..5 {
            let note = puppet.next(ctx.topology(), LinkId::new(0));
            ctx.send_on(note.link, Note { action: Some(Arc::clone(&counted)), ..note });
        }
    });
    move || copies.strong_count()
}

fn stage_with_an_open_link(policy: MarkerPolicy) -> (Stage, Gate) {
    let links = [(0, 1), (2, 1), (3, 0)];
    // No marker goes back from node 1 to node 0.
    let settings = |builder: SystemBuilder<_>| builder.marker_policy(policy).unbounded();
    let stage = Stage::set(Topology::from_links(4, links).unwrap(), settings, |_| {});
    let gate = stage.hold(node(3));
    (stage, gate)
}

fn poll_until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        yield_now();
    }
}

#[test]
fn what_was_copied_for_a_cancelled_snapshot_is_freed() {
    finishes(|| {
        on_both_policies(|policy| {
            let (stage, gate) = stage_with_an_open_link(policy);
            for _ in 0..50 {
                let pending = stage.begin_snapshot();
                stage.await_recording(node(1));
                let copies = copies_on_an_open_link(&stage);
                stage.settle(node(0));
                // These are not the notes themselves, of which none is left once they are handled.
                poll_until(|| {
                    stage.link_traffic()[0].received == Some(stage.link_traffic()[0].sent)
                });
                assert_eq!(copies(), 5);
                pending.cancel();
                poll_until(|| copies() == 0);
            }
            gate.open();
            stage.checked_snapshot();
        });
    });
}

#[test]
fn what_was_copied_for_a_snapshot_whose_time_was_up_is_freed() {
    finishes(|| {
        on_both_policies(|policy| {
            let (stage, gate) = stage_with_an_open_link(policy);
            let mut timeout = SHORT;
            let mut is_seen = false;
            // A slow machine may need more for the copies to be made.
            while !is_seen {
                timeout *= 2;
                let pending = stage.begin_snapshot_with(within(timeout));
                poll_until(|| stage.recordings().contains(&node(1)) || pending.result().is_some());
                let copies = copies_on_an_open_link(&stage);
                stage.settle(node(0));
                poll_until(|| {
                    let link = stage.link_traffic()[0];
                    is_seen |= link.received == Some(link.sent) && copies() == 5;
                    pending.result().is_some()
                });
                poll_until(|| copies() == 0);
            }
            gate.open();
            stage.checked_snapshot();
        });
    });
}

/// One node of a long ring is stuck. The error names this node, and none of the many nodes that
/// wait behind it.
#[test]
fn the_culprit_is_named_and_those_behind_it_are_counted() {
    finishes(|| {
        on_both_policies(|policy| {
            let settings = |builder: SystemBuilder<_>| builder.marker_policy(policy).unbounded();
            let stage = Stage::set(Topology::ring(40).unwrap(), settings, |_| {});
            let gate = stage.hold(node(23));
            let pending = stage.begin_at(node(3)).unwrap();
            stage.await_recording(node(22));
            // Now the records of all before it are at the coordinator, ahead of what follows. A
            // marker may leave a node before the node's record does.
            (3..23).for_each(|index| stage.settle(node(index)));
            pending.cancel();
            let error = pending.wait().unwrap_err();
            assert_eq!(missing(&error).suspects, [node(23)]);
            assert_eq!(missing(&error).nodes.len(), 20);
            let text = missing(&error).to_string();
            let expected =
                "node 23 has not recorded its state; 19 other nodes may only wait behind it";
            assert_eq!(text, expected);
            gate.open();
        });
    });
}

/// Every node has recorded. A marker stands before a node that is in a handler.
#[test]
fn a_node_that_keeps_a_marker_waiting_is_named_with_the_link() {
    finishes(|| {
        let links = [("a", "c"), ("b", "c")];
        let topology = Topology::from_named_links(links).unwrap();
        let settings = |builder: SystemBuilder<_>| builder.unbounded();
        let stage = Stage::set(topology, settings, |_| {});
        let [a, c, b] = [0, 1, 2].map(node);
        let slow = stage.hold(b);
        let pending = stage.begin_snapshot_with(SnapshotOptions::at([a, b]));
        stage.await_recording(c);
        let busy = stage.hold(c);
        slow.open();
        stage.await_recording(b);
        // Now the records of both are at the coordinator, ahead of what follows.
        [a, b].into_iter().for_each(|node| stage.settle(node));
        pending.cancel();
        let error = pending.wait().unwrap_err();
        let text = missing(&error).to_string();
        let expected = "node 1 (c) has recorded and not taken in the marker on \
                        link 1 from node 2 (b) to node 1 (c)";
        assert_eq!((text.as_str(), &*missing(&error).suspects), (expected, &[c][..]));
        busy.open();
    });
}

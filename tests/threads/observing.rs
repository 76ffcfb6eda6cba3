//! Counts, tables and times for an observer.

use std::thread::yield_now;
use std::time::Duration;

use consistent_cut::{
    LinkId, MarkerPolicy, OnFailure, PendingSnapshot, SnapshotCounts, SnapshotOptions,
    SystemBuilder, Topology,
};

use crate::chance::Chance;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn named(settings: impl FnOnce(SystemBuilder<Puppet>) -> SystemBuilder<Puppet>) -> Stage {
    Stage::set(Topology::from_named_links([("a", "b"), ("b", "c")]).unwrap(), settings, |_| {})
}

fn all(counts: SnapshotCounts) -> [u64; 7] {
    let SnapshotCounts { asked, completed, refused, node_failed, .. } = counts;
    let SnapshotCounts { timed_out, cancelled, shut_down, .. } = counts;
    [asked, completed, refused, node_failed, timed_out, cancelled, shut_down]
}

/// One more snapshot for each reason in turn: asked, completed, refused, node failed, timed out,
/// cancelled, shut down.
#[test]
fn snapshots_are_counted_by_how_they_ended() {
    finishes(|| {
        let stage = named(|builder| builder.on_failure(OnFailure::Continue).unbounded());
        assert_eq!(stage.snapshot_counts(), SnapshotCounts::default());
        (0..3).for_each(|_| drop(stage.snapshot().unwrap()));
        assert!(
            stage.snapshot_with(SnapshotOptions::at([node(1)])).is_err(),
            "it does not reach node 0"
        );
        assert_eq!(all(stage.snapshot_counts()), [4, 3, 1, 0, 0, 0, 0]);
        assert_eq!(stage.snapshot_counts().to_string(), "4 asked for: 3 complete, 1 refused");

        let gate = stage.hold(node(1));
        let short = SnapshotOptions::new().timeout(Duration::from_millis(1));
        stage.snapshot_with(short).unwrap_err();
        let pending = [stage.begin_snapshot(), stage.begin_snapshot()];
        let counts = stage.snapshot_counts();
        assert_eq!(counts.under_way(), 2);
        let text = "7 asked for: 3 complete, 2 under way, 1 refused, 1 timed out";
        assert_eq!(counts.to_string(), text);
        pending.iter().for_each(PendingSnapshot::cancel);
        pending.iter().for_each(|pending| drop(pending.wait().unwrap_err()));
        assert_eq!(all(stage.snapshot_counts()), [7, 3, 1, 0, 1, 2, 0]);
        assert_eq!(stage.snapshot_counts().under_way(), 0);

        stage.tell(node(1), |_, _| panic!("down"));
        let harmed = stage.begin_snapshot();
        gate.open();
        stage.await_failure(node(1));
        let is_harmed = u64::from(harmed.wait().is_err());
        stage.snapshot_with(SnapshotOptions::at([node(0)])).unwrap_err();
        stage.snapshot_with(SnapshotOptions::at([node(0), node(1)])).unwrap_err();
        let (done, down) = (4 - is_harmed, 1 + is_harmed);
        assert_eq!(all(stage.snapshot_counts()), [10, done, 2, down, 1, 2, 0]);

        let gate = stage.hold(node(0));
        let pending = stage.begin_snapshot();
        gate.open();
        let is_done = stage.shutdown().is_err() && pending.wait().is_ok();
        let last = [11, done + u64::from(is_done), 2, down, 1, 2, u64::from(!is_done)];
        assert_eq!(all(stage.snapshot_counts()), last);
        drop(stage.begin_snapshot());
        assert_eq!(stage.snapshot_counts().shut_down, last[6] + 1);
        assert_eq!(stage.snapshot_counts().under_way(), 0);
    });
}

/// Every time becomes a hash sign. The spaces before a time depend on its length, and become one
/// space.
fn masked(text: &str) -> String {
    let word = |word: &str| {
        let is_time = ["ns", "µs", "ms", "s"].iter().any(|unit| {
            word.strip_suffix(unit).is_some_and(|number| number.parse::<f64>().is_ok())
        });
        if is_time { "#".to_owned() } else { word.to_owned() }
    };
    let line = |line: &str| line.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_history_is_a_table_with_a_line_for_each_snapshot() {
    finishes(|| {
        let stage = named(|builder| builder.history(3).unbounded());
        stage.snapshot().unwrap();
        let gate = stage.hold(node(1));
        stage.tell_to_send(node(0), LinkId::new(0), 4);
        stage.settle(node(0));
        stage.give(node(1)).unwrap();
        stage.recordings();
        let cancelled = stage.begin_at(node(0)).unwrap();
        cancelled.cancel();
        cancelled.wait().unwrap_err();
        let with_messages = stage.begin_at(node(0)).unwrap();
        let last = stage.begin_at(node(0)).unwrap();
        gate.open();
        with_messages.wait().unwrap();
        last.wait().unwrap();

        let history = stage.history();
        let ids: Vec<_> = history.iter().map(|outcome| outcome.id.get()).collect();
        assert_eq!(ids, [2, 3, 4], "the first is forgotten");
        let text = masked(&history.to_string());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "snapshot took slowest start longest span messages");
        assert!(
            lines[1].starts_with(
                "2 snapshot 2 was cancelled: node 1 (b) has not recorded its state; 1 other node"
            ),
            "{text}"
        );
        for (line, id) in lines[2..].iter().zip(["3", "4"]) {
            let words: Vec<_> = line.split(' ').collect();
            let [first, took, start, at, span, of, messages] = words[..] else { panic!("{text}") };
            assert_eq!((first, took, start, span, messages), (id, "#", "#", "#", "5"), "{text}");
            let names = ["(a)", "(b)", "(c)"];
            // Node a was not held, so it was not the slowest.
            assert!(names[1..].contains(&at) && names.contains(&of), "{text}");
        }
        let width = history.to_string().lines().next().unwrap().chars().count();
        let is_aligned = |line: &str| line.chars().count() == width;
        assert!(history.to_string().lines().skip(2).all(is_aligned), "{history}");
    });
}

#[test]
fn the_times_of_a_snapshot_fit_together() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(4).unwrap(), policy);
            let mut dice = Chance::new(1);
            for _ in 0..100 {
                for link in stage.topology().links() {
                    stage.tell_to_send(link.source, link.id, dice.below(4) as u64);
                }
                let snapshot = stage.checked_snapshot();
                let timings = snapshot.timings();
                let nodes: Vec<_> = timings.nodes().iter().map(|timing| timing.node).collect();
                assert_eq!(nodes, stage.topology().nodes().collect::<Vec<_>>());
                let spans = timings.nodes().iter().map(|t| t.start_delay + t.marker_span);
                assert_eq!(spans.max().unwrap(), timings.duration());
                let messages: usize = timings.nodes().iter().map(|timing| timing.messages).sum();
                assert_eq!(messages, snapshot.in_flight().count());
            }
        });
    });
}

#[test]
fn counts_of_a_quiet_system_are_those_of_its_snapshot() {
    finishes(|| {
        on_both_policies(|policy| {
            for unbounded in [false, true] {
                let settings = |builder: SystemBuilder<Puppet>| {
                    let builder = builder.marker_policy(policy);
                    if unbounded { builder.unbounded() } else { builder.capacity(2) }
                };
                // The topology has no cycle, since full links on a cycle could come to a halt.
                let links = [(0, 1), (0, 1), (0, 2), (1, 3), (2, 3)];
                let stage = Stage::set(Topology::from_links(4, links).unwrap(), settings, |_| {});
                for (link, sent) in stage.topology().links().iter().zip(3..) {
                    stage.tell_to_send(link.source, link.id, sent);
                }
                while stage.checked_snapshot().in_flight().count() > 0 {}
                let snapshot = stage.checked_snapshot();
                for (channel, traffic) in snapshot.channels().iter().zip(stage.link_traffic()) {
                    assert_eq!(traffic.link, channel.link());
                    let (sent, received) = (channel.sent(), Some(channel.received()));
                    assert_eq!(
                        (traffic.sent, traffic.received, traffic.waiting),
                        (sent, received, 0)
                    );
                }
            }
        });
    });
}

#[test]
fn links_into_a_node_that_is_down_have_no_count_of_what_was_received() {
    finishes(|| {
        let stage = named(|builder| builder.on_failure(OnFailure::Continue));
        stage.tell_to_send(node(0), LinkId::new(0), 2);
        stage.settle(node(0));
        stage.tell(node(1), |_, _| panic!("down"));
        stage.await_failure(node(1));
        stage.tell_to_send(node(0), LinkId::new(0), 1);
        while stage.link_traffic()[0].sent < 3 {
            yield_now();
        }
        let traffic = stage.link_traffic();
        assert_eq!((traffic[0].received, traffic[0].waiting), (None, 0));
        assert!(traffic[0].to_string().ends_with(": 3 sent, receiver ended"), "{}", traffic[0]);
        assert_eq!(traffic[1].received, Some(0));
        let environment = stage.topology().environment_link(node(1)).unwrap().id;
        assert_eq!(traffic[environment.index()].received, None);
    });
}

/// No node has received the messages that were in flight then.
#[test]
fn links_of_a_system_that_has_ended_have_no_count_of_what_was_received() {
    finishes(|| {
        let stage = named(|builder| builder);
        assert!(stage.link_traffic().iter().all(|link| link.received.is_some()));
        stage.shutdown().expect("no node fails");
        assert!(stage.link_traffic().iter().all(|link| link.received.is_none()));
    });
}

#[test]
fn one_link_is_looked_at_alone() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(2).unwrap(), MarkerPolicy::default());
        let gate = stage.hold(node(1));
        stage.tell_to_send(node(0), LinkId::new(0), 3);
        stage.settle(node(0));
        for one in stage.link_traffic() {
            assert_eq!(stage.traffic_on(one.link.id), Some(one));
        }
        assert_eq!(stage.traffic_on(LinkId::new(0)).unwrap().in_flight(), Some(3));
        assert_eq!(stage.traffic_on(LinkId::new(4)), None);

        // The message that the node is busy with has not been received either.
        assert_eq!(stage.waiting_at(node(1)), Some(1));
        (0..5).for_each(|_| assert!(stage.give(node(1)).is_ok()));
        assert_eq!(stage.waiting_at(node(1)), Some(6));
        gate.open();
        while stage.waiting_at(node(1)) != Some(0) {
            std::thread::yield_now();
        }
        assert_eq!(stage.waiting_at(node(2)), None, "there is no such node");
        stage.shutdown().unwrap();
        assert_eq!(stage.waiting_at(node(1)), None, "it has ended");
    });
}

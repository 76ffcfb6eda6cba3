//! Snapshots that are given up free their copies, at the nodes and at the collector, and nothing
//! revives them.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::protocol::{CollectorCore, Envelope, NodeCore, Output, Report};
use consistent_cut::{Context, Link, Process, Topology};

use crate::brief::{self, l, links, n, on_both_policies, pay, s};

/// Takes messages whose copies can be counted.
struct Taker;

impl Process for Taker {
    type State = ();
    type Message = Arc<u64>;

    fn on_message(&mut self, _: Link, _: Arc<u64>, _: &mut Context<'_, Arc<u64>>) {}

    fn state(&self) {}
}

const NOW: Duration = Duration::ZERO;

fn message(number: &Arc<u64>) -> Envelope<Arc<u64>> {
    Envelope::Message(Arc::clone(number))
}

/// Link 0 is closed with a copy and reported; link 1 stays open with another. A message from
/// outside is copied into the node's record.
#[test]
fn an_abandoned_snapshot_holds_no_copy_at_node_or_collector() {
    on_both_policies(|policy| {
        let topology = Arc::new(links(2, &[(1, 0), (1, 0), (0, 1)]));
        let mut core = NodeCore::new(n(0), Arc::clone(&topology), Taker, policy);
        let mut collector = CollectorCore::new(topology);
        let payload = Arc::new(7);
        for id in 1..=100 {
            collector.begin(s(id), &[n(0)], NOW).unwrap();
            core.arrive(l(3), message(&payload)).unwrap();
            core.begin_snapshot(s(id));
            core.arrive(l(0), message(&payload)).unwrap();
            core.arrive(l(1), message(&payload)).unwrap();
            core.arrive(l(0), Envelope::Marker(s(id))).unwrap();
            while core.process_next().is_some() {}
            for output in core.drain_output() {
                if let Output::Report(report) = output {
                    assert!(collector.add(report, NOW).unwrap().is_none());
                }
            }
            assert_eq!(Arc::strong_count(&payload), 4, "one at the node, two at the collector");

            let copied = core.abandon_snapshot(s(id));
            assert_eq!((copied.len(), core.live_snapshots()), (1, 0));
            let abandoned = collector.abandon(s(id)).unwrap();
            assert_eq!((abandoned.states.len(), abandoned.messages.len()), (1, 2));
            assert_eq!(
                (abandoned.missing.nodes, abandoned.missing.links),
                (vec![n(1)], vec![l(1), l(2)])
            );
            drop((copied, abandoned.messages));
            assert_eq!(Arc::strong_count(&payload), 1, "{policy:?}");
            assert!(core.abandon_snapshot(s(id)).is_empty());
            assert_eq!(collector.live().len(), 0);
        }
    });
}

/// The drop of a copy may run the user's code, so the driver chooses the thread that drops it.
#[test]
fn giving_up_hands_out_the_copies_of_every_open_link() {
    on_both_policies(|policy| {
        let topology = Arc::new(links(2, &[(1, 0), (1, 0), (1, 0)]));
        let mut core = NodeCore::new(n(0), topology, Taker, policy);
        core.begin_snapshot(s(1));
        for (link, number) in [(2, 1), (0, 2), (1, 3), (0, 4)] {
            core.arrive(l(link), message(&Arc::new(number))).unwrap();
        }
        while core.process_next().is_some() {}
        let copied = core.abandon_snapshot(s(1));
        assert_eq!(copied.iter().map(|copy| **copy).collect::<Vec<_>>(), [2, 4, 3, 1]);
    });
}

/// Markers and reports on their way when the snapshot is given up, in every order of node and
/// collector.
#[test]
fn what_comes_late_for_an_abandoned_snapshot_copies_nothing_and_is_handed_back() {
    on_both_policies(|policy| {
        let topology = Arc::new(Topology::ring(2).unwrap());
        let mut core = NodeCore::new(n(0), Arc::clone(&topology), Taker, policy);
        let mut collector = CollectorCore::new(topology);
        let payload = Arc::new(7);
        collector.begin(s(1), &[n(0)], NOW).unwrap();
        core.begin_snapshot(s(1));
        let late: Vec<_> = core.drain_output().filter_map(report).collect();
        assert!(collector.abandon(s(1)).is_some());
        assert!(core.abandon_snapshot(s(1)).is_empty());
        assert!(core.abandon_snapshot(s(2)).is_empty(), "one that it has not met");
        core.arrive(l(1), message(&payload)).unwrap();
        for id in [1, 2] {
            core.arrive(l(1), Envelope::Marker(s(id))).unwrap();
            core.begin_snapshot(s(id));
        }
        core.arrive(l(1), Envelope::End).unwrap();
        while core.process_next().is_some() {}
        assert_eq!((core.live_snapshots(), core.drain_output().count()), (0, 0));
        assert_eq!(Arc::strong_count(&payload), 1);
        for report in late {
            assert_eq!(collector.add(report.clone(), NOW).unwrap_err(), report);
        }
        assert_eq!((collector.missing(s(1)), collector.live().len()), (None, 0));
    });
}

fn report<S, M>(output: Output<S, M>) -> Option<Report<S, M>> {
    match output {
        Output::Report(report) => Some(report),
        _ => None,
    }
}

/// A recording that an end has closed leaves the node, as does a recording that a marker has
/// closed.
#[test]
fn a_link_that_ends_frees_what_was_copied_on_it() {
    on_both_policies(|policy| {
        let mut core = NodeCore::new(n(0), Arc::new(links(2, &[(1, 0)])), Taker, policy);
        let payload = Arc::new(7);
        (1..=10).for_each(|id| core.begin_snapshot(s(id)));
        core.arrive(l(0), message(&payload)).unwrap();
        core.arrive(l(0), Envelope::End).unwrap();
        while core.process_next().is_some() {}
        assert_eq!(core.live_snapshots(), 0);
        assert_eq!(Arc::strong_count(&payload), 11, "in ten reports");
        drop(core.drain_output());
        assert_eq!(Arc::strong_count(&payload), 1);
    });
}

/// Four messages: the first is handled and reported, the second is handled and copied, the third
/// waits, and the fourth was not drained.
#[test]
fn what_a_node_still_holds_in_the_end_is_handed_out() {
    on_both_policies(|policy| {
        let mut core = brief::core(links(2, &[(0, 1), (1, 0), (1, 0)]), 0, policy);
        core.begin_snapshot(s(1));
        core.arrive(l(1), brief::message(1, 1, &[pay(0)])).unwrap();
        core.arrive(l(1), brief::marker(1)).unwrap();
        core.arrive(l(2), brief::message(2, 1, &[])).unwrap();
        while core.process_next().is_some() {}
        core.stop();
        core.arrive(l(2), brief::message(2, 2, &[])).unwrap();
        let left = core.dismantle();
        let messages: Vec<_> = left.messages.iter().map(|note| (note.link, note.number)).collect();
        let [waiting, unsent, copies @ ..] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!([*waiting, *unsent], [(l(2), 2), (l(0), 1)]);
        assert_eq!(copies, [(l(2), 1), (l(2), 2)]);
        let [Report::Node(_), Report::Link(link)] = &left.reports[..] else { panic!("{left:?}") };
        assert_eq!((link.link, link.messages.len()), (l(1), 1));
        assert_eq!(left.process.ledger.counts.received[..2], [1, 1]);
        assert_eq!(format!("{left:?}"), "Leftovers { messages: 4, reports: 2, .. }");
    });
}

//! Snapshots that fail or never end leave nothing behind. Markers and reports that come late or
//! twice change nothing.

use std::time::Duration;

use consistent_cut::protocol::{BeginError, CollectorCore, LinkRecord, NodeRecord, Output, Report};
use consistent_cut::{ChannelState, MarkerPolicy, Topology};

use crate::brief::{core, l, links, marker, message, n, on_both_policies, outputs, pay, s};
use crate::chance::{Chance, for_each_seed};
use crate::teller::{Ledger, Note};
use crate::world::World;

const NOW: Duration = Duration::ZERO;

/// Snapshot 1 is given up with its markers on the links; snapshot 2 is under way at the
/// same time.
#[test]
fn late_markers_of_an_abandoned_snapshot_change_nothing() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::complete(3).unwrap(), policy);
        let failed = world.begin(1, &[n(0)]);
        world.tell(n(0), &[pay(0)]);
        world.deliver(l(0));
        world.process_all(n(1));
        let missing = world.abandon(failed).unwrap().missing;
        assert_eq!(missing.nodes, [n(2)]);
        assert_eq!(missing.links.len(), 5);
        let id = world.begin(2, &[n(1)]);
        for node in 0..3 {
            world.abandon_at(failed, n(node));
        }
        world.settle();
        assert_eq!(world.live_snapshots(), 0);
        assert!(!world.has_recorded(failed, n(2)), "a node that had not met it never does");
        assert_eq!(world.snapshots.len(), 1);
        world.snapshot(id);
        world.assert_sound();
    });
}

/// At one node: before the first marker, and between two.
#[test]
fn an_abandoned_snapshot_does_not_come_back_to_a_node() {
    on_both_policies(|policy| {
        let mut core = core(links(2, &[(1, 0), (1, 0), (0, 1)]), 0, policy);
        core.abandon_snapshot(s(1));
        assert!(core.has_recorded(s(1)) && !core.has_recorded(s(2)));
        core.arrive(l(0), marker(1)).unwrap();
        core.begin_snapshot(s(1));
        core.arrive(l(0), marker(2)).unwrap();
        core.process_next();
        assert!(core.has_recorded(s(2)) && !core.has_recorded(s(3)));
        assert_eq!(core.live_snapshots(), 1);
        core.abandon_snapshot(s(2));
        core.abandon_snapshot(s(2));
        assert_eq!(core.live_snapshots(), 0);
        core.arrive(l(1), message(1, 1, &[])).unwrap();
        core.arrive(l(1), marker(2)).unwrap();
        core.arrive(l(1), marker(1)).unwrap();
        core.process_next();
        core.process_next();
        let expected = ["link 2: marker 2", "snapshot 2 closes link 0 with []"];
        assert_eq!(outputs(&mut core), expected);
        assert_eq!((core.live_snapshots(), core.waiting()), (0, 0));
    });
}

/// A thousand snapshots never end, because one link is dead. Then they are given up.
#[test]
fn abandoned_snapshots_free_their_memory() {
    on_both_policies(|policy| {
        let mut world = World::quiet(Topology::ring(2).unwrap(), policy);
        for id in 0..1_000 {
            let id = world.begin(id, &[n(0)]);
            world.deliver_all(l(0));
            world.process_all(n(1));
            assert_eq!(world.collector.live().len(), 1);
            assert_eq!(world.nodes[0].live_snapshots(), 1);
            let missing = world.abandon(id).unwrap().missing;
            assert_eq!((missing.nodes, missing.links), (vec![], vec![l(1)]));
            world.abandon_at(id, n(0));
            world.abandon_at(id, n(1));
            assert_eq!((world.collector.live().len(), world.live_snapshots()), (0, 0));
        }
        assert_eq!(world.on_link(l(1)), 1_000, "the late markers");
        world.settle();
        assert!(world.nodes.iter().all(|node| node.waiting() == 0 && node.live_snapshots() == 0));
        assert!(world.snapshots.is_empty());
    });
}

/// Every order of the reports, each report twice, and again when all is over.
#[test]
fn reports_count_once_in_any_order_and_the_last_one_completes() {
    let topology = Topology::complete(3).unwrap();
    // Two nodes know how much room there is on a link, and the third one has no such link.
    let capacities = [(0, 9), (2, 9)];
    let mut world = World::quiet_with_room(topology.clone(), MarkerPolicy::Overtaking, &capacities);
    world.hold_reports = true;
    world.tell(n(0), &[pay(0), pay(0), pay(1)]);
    world.tell(n(1), &[pay(2)]);
    for link in [0, 0, 2] {
        world.deliver(l(link));
        world.process_all(n(1 - link / 2));
        world.acknowledge(l(link));
    }
    world.tell(n(0), &[pay(0)]);
    world.begin(1, &[n(2)]);
    while (0..6).any(|link| world.deliver(l(link))) {}
    let reports: Vec<_> = world.reports.iter().map(|(report, _)| report.clone()).collect();
    assert_eq!(reports.len(), 3 + 6);
    world.settle();
    world.assert_sound();
    let channels = world.snapshots[0].channels();
    let acknowledged: Vec<_> = channels.iter().map(ChannelState::acknowledged).collect();
    assert_eq!(acknowledged[..6], [2, 0, 1, 0, 0, 0]);
    let expected = format!("{channels:?}");

    for_each_seed(0..200, |seed| {
        let mut order: Vec<usize> = (0..9).collect();
        Chance::new(seed).shuffle(&mut order);
        let mut collector = CollectorCore::new(topology.clone().into());
        capacities.iter().for_each(|&(link, messages)| collector.set_capacity(l(link), messages));
        collector.begin(s(1), &[n(2)], NOW).unwrap();
        let (last, others) = order.split_last().unwrap();
        for &report in others {
            assert!(collector.add(reports[report].clone(), NOW).unwrap().is_none());
            let twice = collector.add(reports[report].clone(), NOW).unwrap_err();
            assert_eq!(twice, reports[report], "it came twice, and is handed back");
        }
        let last = reports[*last].clone();
        let snapshot = collector.add(last, NOW).unwrap().expect("nothing is missing");
        assert_eq!(format!("{:?}", snapshot.channels()), expected);
        for report in &reports {
            assert!(collector.add(report.clone(), NOW).is_err(), "it is over");
        }
        assert_eq!(collector.live().len(), 0);
    });
}

/// The missing parts shrink by exactly the parts that are added.
#[test]
fn missing_names_the_nodes_and_links_that_have_not_reported() {
    let (topology, mut reports) = reports_of_a_node_with_itself();
    let mut collector = CollectorCore::new(topology.into());
    collector.begin(s(1), &[n(0)], NOW).unwrap();
    let missing = collector.missing(s(1)).unwrap();
    assert_eq!((missing.nodes, missing.links), (vec![n(0)], vec![l(0)]));
    assert!(collector.waits_for(s(1), n(0)));

    let link = reports.pop().unwrap();
    assert!(collector.add(link, NOW).unwrap().is_none());
    let missing = collector.missing(s(1)).unwrap();
    assert_eq!((missing.nodes, missing.links), (vec![n(0)], vec![]));
    assert!(collector.waits_for(s(1), n(0)));
    assert!(!collector.waits_for(s(1), n(1)), "there is no such node");

    assert!(collector.add(reports.pop().unwrap(), NOW).unwrap().is_some());
    assert_eq!(collector.missing(s(1)), None);
}

#[test]
fn an_unknown_snapshot_is_neither_live_nor_missing_anything() {
    let (topology, reports) = reports_of_a_node_with_itself();
    let mut collector = CollectorCore::new(topology.into());
    for report in reports.iter().cycle().take(4) {
        assert!(collector.add(report.clone(), NOW).is_err(), "it was never begun");
    }
    assert_eq!((collector.missing(s(1)), collector.abandon(s(2))), (None, None));
    assert_eq!(
        collector.begin(s(2), &[n(0)], NOW),
        Err(BeginError::IdUsed(s(2))),
        "given up before"
    );
    assert!(!collector.waits_for(s(1), n(0)));

    // A report that came too early does not count later.
    collector.begin(s(1), &[n(0)], NOW).unwrap();
    assert_eq!(collector.live().collect::<Vec<_>>(), [s(1)]);
    assert!(collector.add(reports[0].clone(), NOW).unwrap().is_none());
    let abandoned = collector.abandon(s(1)).unwrap();
    let Report::Node(recorded) = &reports[0] else { panic!("the node records first") };
    assert_eq!(abandoned.states, std::slice::from_ref(&recorded.state));
    assert!(abandoned.messages.is_empty());
    assert!(collector.add(reports[1].clone(), NOW).is_err(), "it was given up");
    assert_eq!(collector.abandon(s(1)), None);
}

/// Counts for too few links and for too many, and a node and links that are not there.
#[test]
fn a_report_that_does_not_fit_the_topology_changes_nothing() {
    let (topology, reports) = reports_of_a_node_with_itself();
    let mut collector = CollectorCore::new(topology.into());
    collector.begin(s(1), &[n(0)], NOW).unwrap();
    let [Report::Node(node), Report::Link(link)] = &reports[..] else { panic!("{reports:?}") };
    let missing = collector.missing(s(1));
    for counts in [&[][..], &[0, 0]] {
        let sent = NodeRecord { sent: counts.into(), ..node.clone() };
        let received = NodeRecord { received: counts.into(), ..node.clone() };
        let both = NodeRecord { sent: counts.into(), received: counts.into(), ..node.clone() };
        let room = NodeRecord { acknowledged: [0, 0].into(), ..node.clone() };
        let elsewhere = NodeRecord { node: n(1), ..both.clone() };
        for record in [sent, received, both, room, elsewhere] {
            let report = Report::Node(record);
            assert_eq!(collector.add(report.clone(), NOW).unwrap_err(), report);
        }
    }
    for unknown in [l(1), l(2), l(u32::MAX)] {
        let record = LinkRecord { link: unknown, ..link.clone() };
        assert!(collector.add(Report::Link(record), NOW).is_err());
    }
    assert_eq!(collector.missing(s(1)), missing);
    let mut added = reports.into_iter().map(|report| collector.add(report, NOW).unwrap());
    assert!(added.any(|snapshot| snapshot.is_some()));
}

/// The two reports of snapshot 1 at a node with a link to itself: that of the node, and that of the
/// link.
fn reports_of_a_node_with_itself() -> (Topology, Vec<Report<Ledger, Note>>) {
    let topology = Topology::ring(1).expect("a ring of one");
    let mut core = core(topology.clone(), 0, MarkerPolicy::Overtaking);
    core.begin_snapshot(s(1));
    core.arrive(l(0), marker(1)).expect("its own link");
    let reports = core.drain_output().filter_map(|output| match output {
        Output::Report(report) => Some(report),
        _ => None,
    });
    (topology, reports.collect())
}

//! The readable parts: the times of a snapshot, its links that break the channel law, and the state
//! of the cores.

use std::time::Duration;

use consistent_cut::protocol::{
    CollectorCore, EnvironmentRecord, LinkRecord, NodeRecord, OutputRecord, Report,
};
use consistent_cut::{GlobalSnapshot, MarkerPolicy, Topology, VerifyError, Violation};

use crate::brief::{core, l, links, message, n, s};
use crate::teller::Task;

/// Reports made by hand: links with each kind of fault, between two right links.
#[test]
fn verify_names_every_link_that_breaks_the_channel_law() {
    let topology = Topology::from_named_links([("Ann", "Bob"); 4]).unwrap();
    let snapshot = collect(
        topology,
        vec![
            node(0, &[3, 2, 1, 4], &[], (0, 0, "")),
            node(1, &[], &[1, 1, 2, 4], (1, 0, "yy")),
            link(0, "bc"),
            link(1, ""),
            link(2, ""),
            link(3, ""),
        ],
    );
    let violation = |link, sent, received, recorded| {
        let link = snapshot.topology().named_link(snapshot.topology().link(l(link)).unwrap());
        Violation { link, sent, received, acknowledged: 0, recorded }
    };
    let violations = vec![violation(1, 2, 1, 0), violation(2, 1, 2, 0), violation(5, 1, 0, 2)];
    let error = VerifyError { snapshot: s(1), violations };
    assert_eq!(
        error.to_string(),
        "snapshot 1 breaks the channel law: \
         link 1 from node 0 (Ann) to node 1 (Bob) has 2 sent, 1 received, 0 recorded; \
         link 2 from node 0 (Ann) to node 1 (Bob) has 1 sent, 2 received, 0 recorded; \
         environment link of node 1 (Bob) has 1 sent, 0 received, 2 recorded"
    );
    assert_eq!(snapshot.verify(), Err(error));
}

/// The part recorded last is a link, a node, or neither.
#[test]
fn a_snapshot_lasts_from_its_beginning_to_its_last_part() {
    let cases = [([14, 15], [12, 19], 19), ([13, 21], [12, 19], 21), ([10, 10], [10, 10], 10)];
    for (nodes, closed, ended) in cases {
        let mut collector = CollectorCore::new(Topology::ring(2).unwrap().into());
        collector.begin(s(1), &[n(0)], ms(10)).unwrap();
        assert!(collector.add(link(0, ""), ms(closed[0])).unwrap().is_none());
        assert!(collector.add(node(1, &[0], &[0], (0, 0, "")), ms(nodes[1])).unwrap().is_none());
        assert!(collector.add(node(0, &[0], &[0], (0, 0, "")), ms(nodes[0])).unwrap().is_none());
        let snapshot = collector.add(link(1, ""), ms(closed[1])).unwrap().unwrap();
        let timings = snapshot.timings();
        assert_eq!((timings.began(), timings.ended()), (ms(10), ms(ended)));
        // Link 1 ends at node 0, and link 0 at node 1.
        let spans = [closed[1].max(nodes[0]) - nodes[0], closed[0].max(nodes[1]) - nodes[1]];
        for (node, timing) in timings.nodes().iter().enumerate() {
            assert_eq!((timing.node, timing.messages), (n(node as u32), 0));
            assert_eq!(timing.start_delay, ms(nodes[node] - 10));
            assert_eq!(timing.marker_span, ms(spans[node]));
        }
        assert_eq!(timings.duration(), ms(ended - 10));
    }
}

/// The messages on the node's in-links, the environment link included. A link counts at its target.
#[test]
fn a_node_is_timed_with_the_messages_recorded_on_its_in_links() {
    let snapshot = collect(
        links(2, &[(0, 1), (0, 1), (1, 0)]),
        vec![
            node(0, &[5, 2], &[0], (1, 0, "x")),
            node(1, &[1], &[2, 0], (2, 0, "yz")),
            link(0, "abc"),
            link(1, "de"),
            link(2, "f"),
        ],
    );
    assert_eq!(snapshot.verify(), Ok(()));
    let counts: Vec<_> = snapshot.timings().nodes().iter().map(|node| node.messages).collect();
    assert_eq!(counts, [2, 7]);
}

/// The states of processes are not shown: they need not be printable, and may be large.
#[test]
fn the_cores_show_what_waits_and_what_is_live() {
    let topology = links(2, &[(0, 1), (1, 0)]);
    let mut collector = CollectorCore::<char, char>::new(topology.clone().into());
    assert_eq!(format!("{collector:?}"), "CollectorCore { live: [], .. }");
    collector.begin(s(3), &[n(0)], ms(0)).unwrap();
    assert_eq!(format!("{collector:?}"), "CollectorCore { live: [SnapshotId(3)], .. }");

    let mut core = core(topology, 0, MarkerPolicy::InOrder);
    core.arrive(l(1), message(1, 1, &[Task::Stop])).unwrap();
    core.begin_snapshot(s(3));
    core.arrive(l(1), message(1, 2, &[])).unwrap();
    assert_eq!(
        format!("{core:?}"),
        "NodeCore { node: NodeId(0), policy: InOrder, stopped: false, waiting: 2, live_snapshots: 1, .. }"
    );
    core.process_next();
    let shown = format!("{core:?}");
    assert!(shown.contains("stopped: true, waiting: 1, live_snapshots: 1"), "{shown}");
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The record of a node, with its environment link: the messages sent, received and waiting.
fn node(index: u32, sent: &[u64], received: &[u64], outside: (u64, u64, &str)) -> Report<(), char> {
    let messages = outside.2.chars().collect();
    Report::Node(NodeRecord {
        snapshot: s(1),
        stopped: false,
        node: n(index),
        state: (),
        sent: sent.into(),
        received: received.into(),
        drains: false,
        acknowledged: vec![0; sent.len()].into(),
        timers: Vec::new(),
        output: OutputRecord::default(),
        environment: EnvironmentRecord { sent: outside.0, received: outside.1, messages },
    })
}

fn link(index: u32, messages: &str) -> Report<(), char> {
    Report::Link(LinkRecord {
        snapshot: s(1),
        link: l(index),
        messages: messages.chars().collect(),
    })
}

/// The snapshot that reports make.
fn collect(topology: Topology, reports: Vec<Report<(), char>>) -> GlobalSnapshot<(), char> {
    let initiators = topology.covering_initiators();
    let mut collector = CollectorCore::new(topology.into());
    collector.begin(s(1), &initiators, ms(0)).expect("they cover");
    let mut complete =
        reports.into_iter().filter_map(|report| collector.add(report, ms(0)).ok()?);
    complete.next().expect("nothing is missing")
}

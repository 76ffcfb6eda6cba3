//! The nodes that hold a snapshot up.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::protocol::{CollectorCore, LinkRecord, Output, Report};
use consistent_cut::{MarkerPolicy, NodeId, Topology};

use crate::brief::{core, l, links, n, s};
use crate::teller::{Ledger, Note};

/// A collector of a system, in which snapshot 1 has begun.
struct Begun {
    topology: Topology,
    collector: CollectorCore<Ledger, Note>,
}

impl Begun {
    fn at(topology: Topology, initiators: &[NodeId], limited: &[u32]) -> Begun {
        let mut collector = CollectorCore::new(Arc::new(topology.clone()));
        limited.iter().for_each(|&link| collector.set_capacity(l(link), 3));
        collector.begin(s(1), initiators, Duration::ZERO).unwrap();
        Begun { topology, collector }
    }

    /// The record of a node comes in.
    fn record(&mut self, node: u32) {
        let mut core = core(self.topology.clone(), node, MarkerPolicy::default());
        core.begin_snapshot(s(1));
        for output in core.drain_output() {
            if let Output::Report(report @ Report::Node(_)) = output {
                assert!(self.collector.add(report, Duration::ZERO).unwrap().is_none());
            }
        }
    }

    /// A link has closed.
    fn close(&mut self, link: u32) {
        let record = LinkRecord { snapshot: s(1), link: l(link), messages: Vec::new() };
        assert!(self.collector.add(Report::Link(record), Duration::ZERO).unwrap().is_none());
    }

    fn suspects(&self) -> Vec<usize> {
        let missing = self.collector.missing(s(1)).expect("it is live");
        missing.suspects.into_iter().map(NodeId::index).collect()
    }
}

#[test]
fn an_initiator_that_has_not_recorded_is_a_suspect_and_those_behind_it_are_not() {
    let begun = Begun::at(Topology::ring(4).unwrap(), &[n(1), n(3)], &[]);
    assert_eq!(begun.suspects(), [1, 3]);
    assert_eq!(begun.collector.missing(s(1)).unwrap().nodes.len(), 4);
}

#[test]
fn a_marker_of_a_neighbour_that_has_recorded_makes_a_suspect() {
    let mut begun = Begun::at(Topology::ring(12).unwrap(), &[n(5)], &[]);
    for node in [5, 6] {
        begun.record(node);
        assert_eq!(begun.suspects(), [node as usize + 1]);
        begun.close(node);
    }
}

#[test]
fn a_node_that_has_recorded_is_a_suspect_while_a_marker_stands_at_its_door() {
    let mut begun = Begun::at(links(3, &[(0, 2), (1, 2), (2, 0)]), &[n(0), n(1)], &[]);
    [0, 1, 2].into_iter().for_each(|node| begun.record(node));
    begun.close(0);
    assert_eq!(begun.suspects(), [0, 2]);
    begun.close(2);
    assert_eq!(begun.suspects(), [2]);
}

/// The marker goes back on a link with a capacity, and on no other.
#[test]
fn the_sender_on_a_limited_link_is_a_suspect_once_the_receiver_has_recorded() {
    for (limited, suspects) in [(&[][..], &[1][..]), (&[3], &[1, 3]), (&[2], &[1]), (&[0], &[1])] {
        let mut begun = Begun::at(Topology::ring(4).unwrap(), &[n(0)], limited);
        begun.record(0);
        assert_eq!(begun.suspects(), suspects, "{limited:?}");
    }
}

#[test]
fn a_snapshot_that_is_given_up_says_who_held_it_up() {
    let mut begun = Begun::at(Topology::ring(3).unwrap(), &[n(2)], &[]);
    begun.record(2);
    let abandoned = begun.collector.abandon(s(1)).unwrap();
    assert_eq!(abandoned.missing.suspects, [n(0)]);
    assert_eq!(abandoned.missing.nodes, [n(0), n(1)]);
}

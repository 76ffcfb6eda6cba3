//! A snapshot made of parts by hand. Every kind of part is in it.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::{
    ChannelState, GlobalSnapshot, LinkId, NodeFailure, NodeTiming, OutputState, PendingTimer,
    RecordedNode, SnapshotId, SnapshotParts, TimerId, Timings, Topology,
};
use serde_json::Value;

use crate::ids::node;

pub(crate) type Parts = SnapshotParts<u32, String>;
pub(crate) type Example = GlobalSnapshot<u32, String>;

/// Nodes a, b and c, of which b has stopped and c has failed. Links from a to b, back, from a to c,
/// and from b to itself.
pub(crate) fn parts() -> Parts {
    let links = [("a", "b"), ("b", "a"), ("a", "c"), ("b", "b")];
    let topology = Arc::new(Topology::from_named_links(links).expect("three nodes"));
    let channel = |index: u32, sent, received, messages: &[&str]| {
        let link = topology.link(LinkId::new(index)).expect("it is there");
        ChannelState::new(link, sent, received, words(messages))
    };
    let failure =
        NodeFailure { node: topology.named(node(2)), panic: "out of \"paper\"".to_owned() };
    let channels = vec![
        channel(0, 5, 3, &["four", "five"]).with_acknowledged(2).with_capacity(Some(4)),
        channel(1, 1, 1, &[]),
        channel(2, 7, 7, &[]),
        channel(3, 1, 0, &["to myself"]),
        channel(4, 2, 1, &["injected"]),
        channel(5, 0, 0, &[]),
        channel(6, 0, 0, &[]),
    ];
    let ms = Duration::from_millis;
    let timing = |at| NodeTiming {
        node: node(at),
        start_delay: ms(1),
        marker_span: ms(2),
        messages: at as usize,
    };
    SnapshotParts {
        id: SnapshotId::new(5).in_life(0x2a),
        highest_id: SnapshotId::new(6).in_life(0x2a),
        topology,
        initiators: vec![node(0)],
        nodes: vec![first_node(), second_node()],
        failures: vec![failure],
        channels,
        timings: Timings::new(ms(10), vec![timing(0), timing(1)], ms(14)),
        is_edited: false,
    }
}

fn first_node() -> RecordedNode<u32, String> {
    let timer = |number, remaining, overdue| PendingTimer {
        timer: TimerId::new(number),
        remaining: Duration::from_millis(remaining),
        overdue: Duration::from_millis(overdue),
    };
    RecordedNode {
        node: node(0),
        state: 12,
        stopped: false,
        drains: false,
        timers: vec![timer(1, 30, 0), timer(4, 0, 7)],
        output: OutputState::new(3, words(&["third"])),
    }
}

fn second_node() -> RecordedNode<u32, String> {
    RecordedNode {
        node: node(1),
        state: 0,
        stopped: true,
        drains: true,
        timers: Vec::new(),
        output: OutputState::new(0, Vec::new()),
    }
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

pub(crate) fn snapshot() -> Example {
    GlobalSnapshot::from_parts(parts()).expect("the parts fit together")
}

pub(crate) fn json() -> Value {
    serde_json::to_value(snapshot()).expect("it can be written")
}

//! A diff is written for a person to read, with every kind of change.

use std::time::Duration;

use consistent_cut::{
    ChannelState, GlobalSnapshot, OutputState, PendingTimer, RecordedNode, SnapshotId, TimerId,
};
use serde_json::json;

use crate::example::{Example, parts, words};
use crate::ids::node;

/// The example before its node b stopped and its node c failed.
fn older() -> Example {
    let mut parts = parts();
    (parts.nodes[1].stopped, parts.nodes[1].drains) = (false, false);
    parts.failures.clear();
    parts.nodes.push(RecordedNode { node: node(2), state: 3, ..parts.nodes[1].clone() });
    GlobalSnapshot::from_parts(parts).expect("the parts fit together")
}

fn newer() -> Example {
    let mut parts = parts();
    parts.id = SnapshotId::new(6).in_life(0x2a);
    let at_first = &mut parts.nodes[0];
    at_first.state = 20;
    let (remaining, overdue) = (Duration::from_secs(1), Duration::ZERO);
    at_first.timers[1] = PendingTimer { timer: TimerId::new(7), remaining, overdue };
    at_first.output = OutputState::new(5, Vec::new());
    let link = parts.channels[0].link();
    let channel = ChannelState::new(link, 7, 4, words(&["five", "six", "seven"]));
    parts.channels[0] = channel.with_acknowledged(3).with_capacity(Some(4));
    GlobalSnapshot::from_parts(parts).expect("the parts fit together")
}

#[test]
fn a_diff_tells_every_change_by_name() {
    let (older, newer) = (older(), newer());
    let diff = newer.diff(&older).expect("it is newer");
    let named = |id: u32, name: &str| json!({ "id": id, "name": name });
    let change = |node, change| json!({ "node": node, "change": change });
    let [a, b, c] = [(0, "a"), (1, "b"), (2, "c")].map(|(id, name)| named(id, name));
    let failure = json!({ "node": c, "panic": "out of \"paper\"" });
    let expected = json!({
        "older": { "number": 5, "life": 42 },
        "newer": { "number": 6, "life": 42 },
        "nodes": [
            change(&a, json!({ "State": { "older": 12, "newer": 20 } })),
            change(&a, json!({ "TimerSet": 7 })),
            change(&a, json!({ "TimerGone": 4 })),
            change(&a, json!({ "Emitted": 2 })),
            change(&b, json!("Stopped")),
            change(&c, json!({ "Failed": failure })),
        ],
        "links": [{
            "link": { "id": 0, "source": a, "target": b },
            "sent": 2,
            "received": 1,
            "in_flight": 3,
        }],
    });
    let written = serde_json::to_value(&diff).expect("it can be written");
    assert_eq!(written, expected, "{written:#}");
    assert!(!postcard::to_stdvec(&diff).expect("it can be written").is_empty());
}

/// The other end of an environment link has no name.
#[test]
fn a_diff_without_names_has_numbers() {
    let plain = |injected: u64| {
        let topology = consistent_cut::Topology::ring(1).expect("one node");
        let builder = consistent_cut::simulation::Simulation::builder(topology);
        let start = |_| crate::walker::Walker::default();
        let mut simulation = builder.start(start).expect("no setting is wrong");
        for nth in 0..injected {
            let word = crate::walker::from_outside(node(0), nth);
            simulation.inject(node(0), word).expect("it is up");
        }
        simulation.global_state().expect("no node has failed")
    };
    let (older, newer) = (plain(0), plain(2));
    let diff = newer.diff(&older).expect("it is newer");
    let written = serde_json::to_value(&diff).expect("it can be written");
    let environment = json!({ "id": u32::MAX, "name": null });
    let link = json!({ "id": 1, "source": environment, "target": { "id": 0, "name": null } });
    let expected = json!([{ "link": link, "sent": 2, "received": 0, "in_flight": 2 }]);
    assert_eq!(written["links"], expected, "{written:#}");
    assert_eq!(written["nodes"], json!([]));
}

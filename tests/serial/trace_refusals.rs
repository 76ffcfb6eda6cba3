//! A trace with an entry that cannot happen is refused, as if the entry were added by hand.

use std::sync::Arc;

use consistent_cut::causality::{Cause, Logged, Trace};
use consistent_cut::{TimerId, Topology};
use serde_json::{Value, json};

use crate::formats::{copies, refusal};
use crate::ids::{link, node, snapshot};

/// The places of the entries.
const SENDS: usize = 0;
const RECORDED: usize = 2;
const MARKER: usize = 3;
const RECEIVES: usize = 5;
const RETURNED: usize = 6;
const ACKNOWLEDGED: usize = 7;

/// Node 0 sends and records, node 1 records and receives, and node 0 hears of it and sends again.
fn trace() -> Trace {
    let mut trace = Trace::new(Arc::new(Topology::line(2).expect("two nodes are a line")));
    trace.set_capacity(link(0), 1);
    let message = Cause::Message { link: link(0), number: 1 };
    let entries = [
        (0, Logged::handled(Cause::Start, [link(0)])),
        (1, Logged::handled(Cause::Start, [])),
        (0, Logged::Recorded(snapshot(4))),
        (1, Logged::Marker(snapshot(4), link(0))),
        (1, Logged::Recorded(snapshot(4))),
        (1, Logged::handled(message, [])),
        (0, Logged::MarkerReturned(snapshot(4), link(0))),
        (0, Logged::Acknowledged(link(0), 1)),
        (0, Logged::handled(Cause::Timer(TimerId::new(3)), [link(0)])),
    ];
    for (at, entry) in entries {
        trace.add(node(at), entry).expect("it can happen there");
    }
    trace
}

fn json() -> Value {
    serde_json::to_value(trace()).expect("it can be written")
}

/// Checks the text with which the trace is refused after a change of its entries.
#[track_caller]
fn assert_refused(text: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let mut json = json();
    change(json["entries"].as_array_mut().expect("a list of entries"));
    assert_eq!(refusal::<Trace>(&json), text);
}

#[test]
fn the_trace_is_read() {
    for copy in copies(&trace()) {
        assert_eq!(copy.events(), trace().events());
        assert_eq!(copy.marks(), trace().marks());
        assert_eq!(copy.clocks(), trace().clocks());
    }
}

#[test]
fn a_message_is_received_once_after_it_was_sent() {
    let out_of_turn = |number: u32, sent: u32, received: u32| {
        format!(
            "node 1 receives message {number} of link 0, of which {sent} were sent and {received} \
             received: the link is not FIFO, or an event is missing"
        )
    };
    assert_refused(&out_of_turn(1, 0, 0), |entries| drop(entries.remove(SENDS)));
    assert_refused(&out_of_turn(1, 2, 1), |entries| entries.push(entries[RECEIVES].clone()));
    assert_refused(&out_of_turn(2, 1, 0), |entries| {
        entries[RECEIVES]["entry"]["Handled"]["cause"]["Message"]["number"] = json!(2);
    });
}

#[test]
fn nodes_and_links_are_those_of_the_topology() {
    let text = "node 9 is not in the topology: trace a run with the topology that it had";
    for place in [SENDS, RECORDED, MARKER, RETURNED, ACKNOWLEDGED] {
        assert_refused(text, |entries| entries[place]["node"] = json!(9));
    }
    let not_its_link = |link: u32, node: u32| {
        format!(
            "link {link} does not lead to or from node {node} as it should: trace a run with the \
             topology that it had"
        )
    };
    assert_refused(&not_its_link(1, 0), |entries| {
        entries[SENDS]["entry"]["Handled"]["sends"] = json!([1]);
    });
    assert_refused(&not_its_link(0, 0), |entries| entries[MARKER]["node"] = json!(0));
    assert_refused(&not_its_link(0, 1), |entries| entries[RETURNED]["node"] = json!(1));
    assert_refused(&not_its_link(8, 0), |entries| {
        entries[ACKNOWLEDGED]["entry"]["Acknowledged"] = json!([8, 1]);
    });
}

#[test]
fn markers_and_acknowledgements_come_after_their_cause() {
    let too_soon = |node: u32| {
        format!(
            "node {node} receives the marker of snapshot 4 on link 0, and the other end of the \
             link has not recorded: a recording is missing"
        )
    };
    assert_refused(&too_soon(1), |entries| entries.swap(RECORDED, MARKER));
    assert_refused(&too_soon(0), |entries| entries.swap(SENDS, RETURNED));
    let text = "node 0 is told that 2 messages of link 0 were received, and 1 were: an event is \
                missing";
    assert_refused(text, |entries| {
        entries[ACKNOWLEDGED]["entry"]["Acknowledged"] = json!([0, 2]);
    });
}

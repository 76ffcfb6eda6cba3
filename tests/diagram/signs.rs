//! One sign after the other, on a run written by hand.

use std::sync::Arc;

use consistent_cut::causality::{Cause, Cut, Logged, Trace};
use consistent_cut::diagram::SpaceTime;
use consistent_cut::{LinkId, NodeId, SnapshotId, Topology};

use crate::ids::link;
use crate::picture::{Picture, child, points};

const P: NodeId = NodeId::new(0);
const Q: NodeId = NodeId::new(1);
const ONE: SnapshotId = SnapshotId::new(1);

fn received(on: u32, number: u64) -> Cause {
    Cause::Message { link: link(on), number }
}

/// Links 0 and 1 lead from p to q, link 2 leads back, and link 3 leads from q to itself. The
/// environment links are 4 and 5. p sends on both links and records; q, which has sent p and itself
/// a message, receives the first, then p's marker, then the rest.
fn run() -> Trace {
    let links = [("p", "q"), ("p", "q"), ("q", "p"), ("q", "q")];
    let mut trace = Trace::new(Arc::new(Topology::from_named_links(links).expect("two names")));
    let push = |trace: &mut Trace, node, cause, sends: &[LinkId]| {
        trace.add(node, Logged::handled(cause, sends.iter().copied())).expect("it can happen");
    };
    push(&mut trace, P, Cause::Start, &[link(0), link(1)]);
    push(&mut trace, Q, Cause::Start, &[link(2), link(3)]);
    trace.add(P, Logged::Recorded(ONE)).expect("it is a node");
    push(&mut trace, P, received(4, 1), &[link(0)]);
    push(&mut trace, Q, received(0, 1), &[]);
    trace.add(Q, Logged::Marker(ONE, link(0))).expect("p has recorded");
    trace.add(Q, Logged::Recorded(ONE)).expect("it is a node");
    trace.add(Q, Logged::Marker(ONE, link(1))).expect("p has recorded");
    push(&mut trace, Q, received(1, 1), &[]);
    push(&mut trace, Q, received(3, 1), &[]);
    push(&mut trace, P, received(2, 1), &[]);
    trace.add(P, Logged::Marker(ONE, link(2))).expect("q has recorded");
    trace
}

#[test]
fn each_sign_is_there_and_the_legend_says_so() {
    let trace = run();
    let svg = SpaceTime::new(&trace).snapshot(ONE).to_svg().expect("it is in the trace");
    let picture = Picture::read(&svg);
    assert_eq!(picture.messages("in-flight"), [(1, 1), (2, 1), (3, 1)].into());
    assert_eq!(picture.messages("unreceived"), [(0, 2)].into());
    assert_eq!(picture.messages("outside"), [(4, 1)].into());
    assert_eq!(picture.messages("parallel"), [(1, 1)].into());
    assert_eq!(picture.texts("name"), ["p", "q"]);
    assert_eq!(picture.texts("cut-name"), ["snapshot 1"]);
    let legend = [
        "event before the cut",
        "event after the cut",
        "message",
        "message in flight at the cut",
        "message not received by the end",
        "message from outside",
        "bent: message on a parallel link",
        "cut of snapshot 1",
        "the node records for snapshot 1",
        "marker of snapshot 1",
    ];
    assert_eq!(picture.legend(), legend);
}

#[test]
fn the_legend_is_silent_about_what_does_not_occur() {
    let trace = run();
    let svg = SpaceTime::new(&trace).window(0..2).to_svg().expect("it is in the run");
    let legend = Picture::read(&svg).legend().join("\n");
    assert!(legend.contains("crosses the window's border"), "{legend}");
    for absent in ["cut", "marker", "outside", "by the end", "records"] {
        assert!(!legend.contains(absent), "{absent}: {legend}");
    }
}

#[test]
fn a_marker_and_the_recording_that_it_brings_are_in_one_column() {
    let trace = run();
    let svg = SpaceTime::new(&trace).snapshot(ONE).to_svg().expect("it is in the trace");
    let picture = Picture::read(&svg);
    let crossings = picture.crossings(0);
    let markers = picture.all("marker");
    let tip = |marker| {
        let corners = child(marker, "polygon").attribute("points").expect("a head has corners");
        let (x, _) = corners.split_once(',').expect("a pair");
        x.parse::<f64>().expect("a number")
    };
    let ends: Vec<_> = markers.iter().map(|marker| tip(*marker)).collect();
    assert!((ends[0] - crossings[1]).abs() < 9.0, "{ends:?} {crossings:?}");
    assert!(ends[1] > crossings[1] + 9.0, "{ends:?} {crossings:?}");
    let start = |marker| points(child(marker, "path"))[0].0;
    let starts: Vec<_> = markers.iter().map(|marker| start(*marker)).collect();
    assert!(starts[..2].iter().all(|x| (x - crossings[0]).abs() <= 9.0), "{starts:?}");
    assert!((starts[2] - crossings[1]).abs() <= 9.0, "{starts:?}");
}

#[test]
fn a_message_that_goes_backwards_is_told() {
    let trace = run();
    // In this cut, q has received a message that p has not sent.
    let svg = SpaceTime::new(&trace).cut(&Cut::new([0, 2])).to_svg().expect("it is of the trace");
    let picture = Picture::read(&svg);
    assert_eq!(picture.messages("backward"), [(0, 1)].into());
    let told = "inconsistent: the cut includes the receipt of 1 message and not the sending";
    assert_eq!(picture.heading(), told);
    let legend = picture.legend();
    assert!(legend.contains(&"message received before the cut and sent after it"), "{legend:?}");
}

#[test]
fn without_a_cut_events_are_of_one_kind() {
    let trace = run();
    let svg = SpaceTime::new(&trace).to_svg().expect("it is a trace");
    let picture = Picture::read(&svg);
    assert_eq!(picture.all("event").len(), 7);
    for absent in ["before", "after", "in-flight", "backward", "cut", "marker", "recording"] {
        assert!(picture.all(absent).is_empty(), "{absent}");
    }
    assert!(picture.legend().contains(&"event"));
}

#[test]
fn further_cuts_are_lines_with_names_of_their_own() {
    let mut trace = run();
    let two = SnapshotId::new(2);
    trace.add(Q, Logged::Recorded(two)).expect("it is a node");
    trace.add(P, Logged::Marker(two, link(2))).expect("q has recorded");
    trace.add(P, Logged::Recorded(two)).expect("it is a node");
    let picture = SpaceTime::new(&trace).snapshot(ONE).snapshot(two).snapshot(ONE);
    let svg = picture.to_svg().expect("both are in the trace");
    let picture = Picture::read(&svg);
    assert_eq!(picture.texts("cut-name"), ["snapshot 1", "snapshot 2"]);
    assert_eq!(picture.messages("in-flight"), [(1, 1), (2, 1), (3, 1)].into());
    assert_eq!((picture.all("recording").len(), picture.all("marker").len()), (4, 4));
    assert!(picture.legend().contains(&"event before the cut of snapshot 1"));
}

#[test]
fn nodes_that_do_not_record_are_named() {
    let links = [("p", "q"), ("q", "r")];
    let mut trace = Trace::new(Arc::new(Topology::from_named_links(links).expect("three names")));
    trace.add(P, Logged::Recorded(ONE)).expect("it is a node");
    let draw = |trace: &Trace| {
        let svg = SpaceTime::new(trace).snapshot(ONE).to_svg().expect("p has recorded");
        Picture::read(&svg).heading()
    };
    let remark = " not record for snapshot 1: all events there count as before the cut";
    assert!(draw(&trace).contains(&format!("q and r do{remark}")));
    trace.add(Q, Logged::Recorded(ONE)).expect("it is a node");
    assert!(draw(&trace).contains(&format!("r does{remark}")));
    trace.add(NodeId::new(2), Logged::Recorded(ONE)).expect("it is a node");
    assert!(!draw(&trace).contains(remark));
}

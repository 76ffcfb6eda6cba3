//! Nodes, links and events that are not in the trace cannot be drawn.

use std::sync::Arc;

use consistent_cut::causality::{Cause, Cut, CutError, Logged, Trace};
use consistent_cut::diagram::{SpaceTime, SpaceTimeError};
use consistent_cut::{NodeId, SnapshotId, Topology};

fn trace_of(nodes: u32) -> Trace {
    let topology = Arc::new(Topology::ring(nodes as usize).expect("there is a ring of that size"));
    let mut trace = Trace::new(topology);
    for node in 0..nodes {
        trace.add(NodeId::new(node), Logged::handled(Cause::Start, [])).expect("a node starts");
    }
    trace
}

#[test]
fn a_snapshot_that_nobody_recorded_is_refused() {
    let trace = trace_of(2);
    let error = SpaceTime::new(&trace).snapshot(SnapshotId::new(4)).to_svg().expect_err("no such");
    assert_eq!(error, SpaceTimeError::UnknownSnapshot(SnapshotId::new(4)));
    assert!(
        error.to_string().starts_with("no node records for snapshot 4 in this trace"),
        "{error}"
    );
}

#[test]
fn a_window_outside_of_the_run_is_refused() {
    let trace = trace_of(3);
    #[allow(clippy::reversed_empty_ranges, reason = "a caller may say so")]
    for window in [0..4, 3..4, 1..1, 2..1, 0..0, 0..usize::MAX] {
        let error = SpaceTime::new(&trace).window(window.clone()).to_svg();
        let (start, end) = (window.start, window.end);
        assert_eq!(error, Err(SpaceTimeError::Window { start, end, events: 3 }));
    }
    assert!(SpaceTime::new(&trace).window(0..3).to_svg().is_ok());
}

#[test]
fn a_cut_of_another_trace_is_refused() {
    let trace = trace_of(2);
    for foreign in [Cut::new([0, 2]), Cut::new([0, 0, 0]), Cut::new([])] {
        let error = SpaceTime::new(&trace).cut(&foreign).to_svg();
        assert!(matches!(error, Err(SpaceTimeError::Cut(CutError::Foreign { .. }))), "{error:?}");
    }
}

#[test]
fn a_run_without_events_is_a_picture_of_lifelines() {
    let trace = Trace::new(Arc::new(Topology::ring(3).expect("three nodes are a ring")));
    let svg =
        SpaceTime::new(&trace).cut(&Cut::new([0, 0, 0])).to_svg().expect("there is nothing wrong");
    let picture = crate::picture::Picture::read(&svg);
    assert_eq!(picture.all("lifeline").len(), 3);
    assert!(picture.all("event").is_empty());
}

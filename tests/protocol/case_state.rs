//! The state is taken after the markers leave, so that its time does not add up along a path, and
//! before anything changes it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use consistent_cut::protocol::{Envelope, NodeCore, Output, Report};
use consistent_cut::{Context, Link, Process};

use crate::brief::{l, links, n, on_both_policies, s};

/// Counts its messages, and the requests for its state.
struct Asked {
    received: u64,
    asked: Arc<AtomicU64>,
}

impl Process for Asked {
    type State = u64;
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {
        self.received += 1;
    }

    fn state(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.received
    }
}

fn asked(policy: consistent_cut::MarkerPolicy) -> (NodeCore<Asked>, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let process = Asked { received: 0, asked: Arc::clone(&asked) };
    let topology = Arc::new(links(2, &[(0, 1), (1, 0)]));
    let mut core = NodeCore::new(n(0), topology, process, policy);
    core.start();
    (core, asked)
}

fn states(core: &mut NodeCore<Asked>) -> Vec<u64> {
    let state = |output| match output {
        Output::Report(Report::Node(record)) => Some(record.state),
        _ => None,
    };
    core.drain_output().filter_map(state).collect()
}

#[test]
fn a_marker_has_left_when_the_state_is_asked_for() {
    on_both_policies(|policy| {
        let (mut core, asked) = asked(policy);
        core.arrive(l(1), Envelope::Marker(s(1))).unwrap();
        core.meet_markers();
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        let left = core.drain_output().map(|output| {
            let is_marker = matches!(output, Output::Marker { .. });
            (if is_marker { "marker" } else { "report" }, asked.load(Ordering::Relaxed))
        });
        let left: Vec<_> = left.collect();
        assert_eq!(left, [("marker", 0), ("report", 1), ("report", 1)]);
    });
}

/// A driver that handles a message before it drains gets the state of the cut all the same.
#[test]
fn the_state_is_that_of_the_cut_whatever_is_handled_before_the_output_is_drained() {
    on_both_policies(|policy| {
        let (mut core, asked) = asked(policy);
        core.begin_snapshot(s(1));
        (0..2).for_each(|_| core.arrive(l(1), Envelope::Message(())).unwrap());
        core.process_next();
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        core.begin_snapshot(s(2));
        core.record_states();
        core.record_states();
        core.begin_snapshot(s(3));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        core.process_next();
        core.begin_snapshot(s(4));
        assert_eq!(states(&mut core), [0, 1, 1, 2]);
        assert_eq!(asked.load(Ordering::Relaxed), 4);
    });
}

#[test]
fn a_snapshot_that_is_abandoned_before_the_output_is_drained_asks_for_no_state() {
    on_both_policies(|policy| {
        let (mut core, asked) = asked(policy);
        core.begin_snapshot(s(1));
        core.begin_snapshot(s(2));
        core.abandon_snapshot(s(1));
        assert_eq!(states(&mut core).len(), 1);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn snapshots_up_to_an_id_that_are_over_before_the_output_is_drained_ask_for_no_state() {
    on_both_policies(|policy| {
        let (mut core, asked) = asked(policy);
        // These are the injected messages.
        core.arrive(l(2), Envelope::Message(())).unwrap();
        (1..=3).for_each(|id| core.begin_snapshot(s(id)));
        let copied = core.abandon_up_to(s(2));
        assert_eq!(copied.len(), 2, "what was injected is copied for each");
        assert_eq!(states(&mut core).len(), 1);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    });
}

/// The next state does not take the place of a state that is no longer wanted.
#[test]
fn a_marker_has_left_when_the_state_is_asked_for_though_an_earlier_snapshot_was_abandoned() {
    on_both_policies(|policy| {
        let (mut core, asked) = asked(policy);
        core.begin_snapshot(s(1));
        core.begin_snapshot(s(2));
        core.abandon_snapshot(s(1));
        for output in core.drain_output() {
            if matches!(output, Output::Marker { .. }) {
                assert_eq!(asked.load(Ordering::Relaxed), 0, "a marker is held up");
            }
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    });
}

/// Has no state to give.
struct Stateless(Arc<AtomicU64>);

impl Process for Stateless {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("no state");
    }
}

/// The record without a state is passed over, and everything else leaves.
#[test]
fn a_process_that_panics_when_its_state_is_taken_is_not_asked_again() {
    on_both_policies(|policy| {
        let asked = Arc::new(AtomicU64::new(0));
        let topology = Arc::new(links(2, &[(0, 1), (1, 0)]));
        let mut core = NodeCore::new(n(0), topology, Stateless(Arc::clone(&asked)), policy);
        core.start();
        core.arrive(l(1), Envelope::Marker(s(1))).unwrap();
        core.meet_markers();
        catch_unwind(AssertUnwindSafe(|| core.record_states())).expect_err("it panics");
        let left = core.drain_output().map(|output| match output {
            Output::Marker { .. } => "marker",
            Output::Report(Report::Link(_)) => "link",
            other => panic!("{other:?}"),
        });
        assert_eq!(left.collect::<Vec<_>>(), ["marker", "link"]);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    });
}

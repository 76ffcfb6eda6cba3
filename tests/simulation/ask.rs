//! A snapshot, or a verdict about it, in one call.

use std::time::Duration;

use consistent_cut::property::{conserved, token_lost};
use consistent_cut::protocol::BeginError;
use consistent_cut::simulation::{Algorithm, Latency, RunEnd, Simulation, TakeSnapshotError};
use consistent_cut::{
    Check, Context, CoverageError, Detection, Link, NodeId, Process, SnapshotOptions, Topology,
};

use crate::ids::node;

const MS: Duration = Duration::from_millis(1);

/// Passes a token on for good.
struct Passes {
    has_token: bool,
}

impl Process for Passes {
    type State = bool;
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        if self.has_token {
            self.pass_on(ctx);
        }
    }

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        self.pass_on(ctx);
    }

    fn state(&self) -> bool {
        self.has_token
    }
}

impl Passes {
    fn pass_on(&mut self, ctx: &mut Context<'_, ()>) {
        self.has_token = false;
        ctx.send_all(());
    }
}

fn ring(algorithm: Algorithm, latency: Duration) -> Simulation<Passes> {
    let builder = Simulation::builder(Topology::ring(5).unwrap()).algorithm(algorithm);
    let start = |node: NodeId| Passes { has_token: node.index() == 0 };
    builder.latency(Latency::Constant(latency)).start(start).unwrap()
}

#[test]
fn a_snapshot_is_taken_and_looked_at_in_one_call() {
    let mut ring = ring(Algorithm::ChandyLamport, MS);
    let snapshot = ring.snapshot().unwrap();
    assert_eq!(snapshot.channels().iter().map(|link| link.messages().len()).sum::<usize>(), 1);
    assert_eq!(ring.snapshots().len(), 1);
    let lost = token_lost(1, |_, has| u64::from(*has), |()| 1);
    assert!(matches!(ring.detect(&lost).unwrap(), Detection::DidNotHoldAtStart(_)));
    let all = conserved("tokens", 1, |_, has| u64::from(*has), |()| 1);
    assert!(matches!(ring.check(&all).unwrap(), Check::Held(_)));
    assert_eq!(ring.snapshots().len(), 3);
}

/// The verdict is of the snapshot, and not of the real state.
#[test]
fn a_wrong_algorithm_is_seen_to_be_wrong() {
    let mut ring = ring(Algorithm::MarkersOnly, MS);
    let lost = token_lost(1, |_, has| u64::from(*has), |()| 1);
    assert!(matches!(ring.detect(&lost).unwrap(), Detection::HoldsNow(_)));
}

#[test]
fn initiators_are_those_that_were_asked_for() {
    let mut ring = ring(Algorithm::ChandyLamport, MS);
    let snapshot = ring.snapshot_with(SnapshotOptions::at([node(3)])).unwrap();
    assert_eq!(snapshot.initiators(), [node(3)]);
    let error = ring.snapshot_with(SnapshotOptions::at([node(7)])).unwrap_err();
    let coverage = CoverageError::UnknownNode { node: node(7), nodes: 5 };
    assert_eq!(error, TakeSnapshotError::Begin(BeginError::Coverage(coverage)));
}

#[test]
fn a_node_that_is_paused_is_named_and_its_snapshot_goes_on_with_it() {
    for (latency, timeout) in [(MS, None), (MS, Some(7 * MS)), (Duration::ZERO, None)] {
        let mut ring = ring(Algorithm::ChandyLamport, latency);
        ring.pause(node(2)).unwrap();
        let options = SnapshotOptions::new();
        let options = timeout.map_or(options.clone(), |timeout| options.timeout(timeout));
        let error = ring.snapshot_with(options).unwrap_err();
        let TakeSnapshotError::NotComplete { missing, why, snapshot } = &error else {
            panic!("{error}")
        };
        assert_eq!(missing.suspects, [node(2)], "{error}");
        assert_eq!(*why, RunEnd::NothingLeft);
        let late = *snapshot;
        ring.resume(node(2)).unwrap();
        assert!(ring.snapshot().is_ok());
        assert!(ring.snapshots().iter().any(|snapshot| snapshot.id() == late), "it went on");
    }
}

/// Other snapshots never complete. They end by the timeout where time passes, and by the number of
/// steps where no time passes.
#[test]
fn a_snapshot_that_hangs_ends_the_call_though_others_go_on() {
    for latency in [MS, Duration::ZERO] {
        let links = [(0, 1), (1, 0), (1, 2)];
        let builder = Simulation::builder(Topology::from_links(3, links).unwrap());
        let start = |node: NodeId| Passes { has_token: node.index() == 0 };
        let mut two =
            builder.latency(Latency::Constant(latency)).without_schedule().start(start).unwrap();
        two.pause(node(2)).unwrap();
        let error = two.snapshot_with(SnapshotOptions::new().timeout(20 * MS)).unwrap_err();
        let TakeSnapshotError::NotComplete { why, .. } = &error else { panic!("{error}") };
        match latency.is_zero() {
            true => assert_eq!((*why, two.now()), (RunEnd::TooManySteps(1_006_000), latency)),
            false => assert_eq!((*why, two.now()), (RunEnd::TimeIsUp(20 * MS), 20 * MS)),
        }
    }
}

#[test]
fn a_node_that_is_down_is_an_error_only_to_those_that_need_it() {
    let mut ring = ring(Algorithm::ChandyLamport, MS);
    ring.fail(node(1)).unwrap();
    let error = ring.snapshot_with(SnapshotOptions::at([node(1)])).unwrap_err();
    let TakeSnapshotError::Begin(BeginError::NodeFailed(failure)) = error else {
        panic!("{error}")
    };
    assert_eq!(failure.node, node(1));
    assert_eq!(ring.snapshot().unwrap().failures().len(), 1);
}

/// A step that is due too late does not happen, but time has passed.
#[test]
fn time_that_is_up_has_passed() {
    let mut ring = ring(Algorithm::ChandyLamport, Duration::from_secs(50));
    for minutes in 1..4 {
        let error = ring.snapshot().unwrap_err();
        assert!(error.to_string().contains("is not complete after 60s: node"), "{error}");
        assert_eq!(ring.now(), Duration::from_secs(60) * minutes);
    }
}

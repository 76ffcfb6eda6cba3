//! A node that panics has failed: its failure names it, and other nodes go on or stop as the
//! settings say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::{
    Context, Ending, InjectError, Link, LinkId, NodeId, OnFailure, Process, Restore, SnapshotError,
    SnapshotOptions, StopError, TimerId, Topology,
};
use serde::{Deserialize, Serialize};

use crate::channel_law::check;
use crate::gate::Gate;
use crate::ids::{link, node};
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::{Plan, Running};

/// The place where node 1 panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    Message,
    Start,
    Timer,
    Restore,
    FirstState,
    LaterState,
    Clone,
    Drop,
}

const BAD: NodeId = NodeId::new(1);
const PLACES: [Place; 8] = [
    Place::Message,
    Place::Start,
    Place::Timer,
    Place::Restore,
    Place::FirstState,
    Place::LaterState,
    Place::Clone,
    Place::Drop,
];

/// Panics at its place.
struct Fuse {
    place: Place,
    states: AtomicUsize,
}

impl Fuse {
    fn pass(&self, place: Place) {
        assert_ne!(self.place, place, "the fuse blows");
    }
}

#[derive(Debug, Serialize, Deserialize)]
enum Charge {
    Harmless,
    Clone,
    Drop,
    /// To be passed on, as the given one.
    Pass(Box<Charge>),
}

impl Clone for Charge {
    fn clone(&self) -> Self {
        assert!(!matches!(self, Charge::Clone), "the fuse blows in a clone");
        Charge::Harmless
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        assert!(!matches!(self, Charge::Drop), "the fuse blows in a drop");
    }
}

impl Process for Fuse {
    type State = ();
    type Message = Charge;

    fn on_start(&mut self, _: &mut Context<'_, Charge>) {
        self.pass(Place::Start);
    }

    fn on_message(&mut self, _: Link, mut charge: Charge, ctx: &mut Context<'_, Charge>) {
        self.pass(Place::Message);
        if let Charge::Pass(passed) = &mut charge {
            ctx.send(BAD, std::mem::replace(passed, Charge::Harmless));
        } else {
            ctx.set_timer(TimerId::new(0), Duration::ZERO);
        }
    }

    fn on_timer(&mut self, _: TimerId, _: &mut Context<'_, Charge>) {
        self.pass(Place::Timer);
    }

    fn state(&self) {
        self.pass(Place::FirstState);
        if self.states.fetch_add(1, Ordering::Relaxed) > 0 {
            self.pass(Place::LaterState);
        }
    }
}

impl Restore for Fuse {
    fn on_restore(&mut self, (): (), _: &mut Context<'_, Charge>) {
        self.pass(Place::Restore);
    }
}

/// Three nodes of which node 1 panics at `place`: it has panicked or is about to.
fn blow(place: Place, workers: usize, on_failure: OnFailure) -> Running<Fuse> {
    let named = [("good", "bad"), ("bad", "good"), ("better", "bad"), ("good", "better")];
    let topology = Arc::new(Topology::from_named_links(named).unwrap());
    let plan = || {
        let settings = ClusterSettings::new().on_failure(on_failure);
        Plan::new(workers, Arc::clone(&topology)).with(settings)
    };
    let fuse = |place| {
        move |node, _: &Topology| {
            let place = if node == BAD { place } else { Place::Nowhere };
            Fuse { place, states: AtomicUsize::new(0) }
        }
    };
    if place == Place::Restore {
        let whole = plan().start(fuse(Place::Nowhere)).snapshot_and_stop().unwrap();
        return plan().restore(&whole, fuse(place)).unwrap();
    }
    let cluster = plan().start(fuse(place));
    match place {
        Place::Message | Place::Timer => cluster.inject(BAD, Charge::Harmless).unwrap(),
        Place::Drop => cluster.inject(BAD, Charge::Drop).unwrap(),
        Place::Clone => {
            // The message waits at the stopped node, and every recording copies it.
            cluster.stop_node(BAD).unwrap();
            cluster.inject(BAD, Charge::Clone).unwrap();
            drop(cluster.begin_snapshot());
        }
        Place::FirstState => drop(cluster.begin_snapshot()),
        Place::LaterState => {
            assert!(cluster.snapshot().is_ok(), "the first state is taken");
            drop(cluster.begin_snapshot());
        }
        Place::Start | Place::Restore | Place::Nowhere => {}
    }
    cluster
}

fn await_failure(cluster: &Running<Fuse>) {
    while cluster.failures().is_empty() {
        thread::yield_now();
    }
    let failure = &cluster.failures()[0];
    assert_eq!(failure.node.id, BAD);
    assert!(failure.to_string().contains("node 1 (bad)"), "{failure}");
    assert!(failure.panic.contains("the fuse blows"), "{failure}");
}

#[test]
fn wherever_a_node_panics_the_others_go_on_without_it() {
    finishes(|| {
        for place in PLACES {
            for workers in 1..=3 {
                let cluster = blow(place, workers, OnFailure::Continue);
                await_failure(&cluster);
                for _ in 0..2 {
                    let snapshot = cluster.snapshot().unwrap_or_else(|e| panic!("{place:?}: {e}"));
                    snapshot.verify().unwrap();
                    assert!(snapshot.find_state(BAD).is_none(), "{place:?}");
                    assert_eq!(snapshot.states().count(), 2);
                }
                assert_eq!(cluster.failures().len(), 1);
                // The node takes in nothing more, from outside or from others.
                let refused = cluster.inject(BAD, Charge::Harmless).unwrap_err();
                let InjectError::Ended { node, why: Ending::Panicked, .. } = refused else {
                    panic!("{refused}");
                };
                assert_eq!(node.id, BAD);
                cluster.inject(NodeId::new(0), Charge::Pass(Box::new(Charge::Harmless))).unwrap();
                cluster.inject(NodeId::new(2), Charge::Pass(Box::new(Charge::Drop))).unwrap();
                (0..3).for_each(|_| drop(cluster.snapshot().unwrap()));
                assert_eq!(cluster.failures().len(), 1, "a node fails once");
                let left: Vec<_> = cluster.end().processes.iter().map(|(n, _)| n.index()).collect();
                assert_eq!(left, [0, 2], "{place:?}");
            }
        }
    });
}

#[test]
fn wherever_a_node_panics_the_cluster_stops_with_it() {
    finishes(|| {
        for place in PLACES {
            for workers in 1..=3 {
                let cluster = blow(place, workers, OnFailure::Stop);
                await_failure(&cluster);
                assert!(cluster.wait_until_settled(Duration::MAX));
                let text = cluster.snapshot().unwrap_err().to_string();
                assert!(text.contains("node 1 (bad)") && text.contains("the fuse blows"), "{text}");
                let refused = cluster.inject(NodeId::new(0), Charge::Harmless).unwrap_err();
                assert!(refused.to_string().contains("node 1 (bad)"), "{refused}");
                assert!(matches!(
                    cluster.stop_node(NodeId::new(0)),
                    Err(StopError::Ended { why: Ending::StoppedWith(_), .. })
                ));
                // Nothing has shut the cluster down: it has ended.
                let left: Vec<_> =
                    cluster.join().processes.iter().map(|(n, _)| n.index()).collect();
                assert_eq!(left, [0, 2], "{place:?}");
            }
        }
    });
}

#[test]
fn a_snapshot_under_way_fails_for_every_waiter_with_node_and_text() {
    finishes(|| {
        on_both_policies(|policy| {
            for on_failure in [OnFailure::Stop, OnFailure::Continue] {
                let settings = ClusterSettings::new().marker_policy(policy).on_failure(on_failure);
                let plan = Plan::new(3, Topology::complete(3).unwrap()).with(settings);
                let states = Arc::new(AtomicUsize::new(0));
                let taken = Arc::clone(&states);
                let stage = Stage::dressed(plan, move |puppet| {
                    if puppet.node == node(0) {
                        let taken = Arc::clone(&taken);
                        puppet.at_state = Some(Arc::new(move || {
                            taken.fetch_add(1, Ordering::Relaxed);
                        }));
                    }
                });
                let gate = stage.gate();
                let held = gate.clone();
                stage.tell(node(2), move |_, _| {
                    held.pass();
                    panic!("boom {}", 7);
                });
                gate.await_arrivals(1);
                let begun = stage.begin_snapshot();
                let named = stage.begin_snapshot_with(SnapshotOptions::at([node(0)]));
                thread::scope(|scope| {
                    while states.load(Ordering::Relaxed) < 2 {
                        thread::yield_now();
                    }
                    let waiters = [&begun, &named, &begun].map(|one| scope.spawn(|| one.wait()));
                    gate.open();
                    for waiter in waiters {
                        let error = waiter.join().unwrap().unwrap_err();
                        let SnapshotError::NodeFailed { failure, .. } = error else {
                            panic!("{error}");
                        };
                        assert_eq!((failure.node.id, &*failure.panic), (node(2), "boom 7"));
                    }
                });
            }
        });
    });
}

/// The node records and gets all markers, and then fails, all in one turn of its worker.
#[test]
fn a_snapshot_that_has_all_of_a_node_outlives_its_failure() {
    finishes(|| {
        let settings = ClusterSettings::new().on_failure(OnFailure::Continue);
        let plan = Plan::new(2, Topology::complete(3).unwrap()).with(settings);
        let states = Arc::new(AtomicUsize::new(0));
        let taken = Arc::clone(&states);
        let stage = Stage::dressed(plan, move |puppet| {
            let taken = Arc::clone(&taken);
            puppet.at_state = Some(Arc::new(move || {
                taken.fetch_add(1, Ordering::Relaxed);
            }));
        });
        // Node 2 alone is on the second worker.
        let gate = stage.hold(node(2));
        let pending = stage.begin_snapshot();
        while states.load(Ordering::Relaxed) < 2 {
            thread::yield_now();
        }
        stage.settle(node(0));
        stage.tell(node(2), |_, _| panic!("after the snapshot"));
        stage.settle(node(0));
        gate.open();
        stage.await_failure(node(2));
        let snapshot = pending.wait().unwrap();
        check(&snapshot);
        assert_eq!(snapshot.states().count(), 3);
    });
}

/// The sends of earlier handlers leave, and those of the handler that panics do not.
#[test]
fn a_node_that_fails_has_sent_what_earlier_handlers_sent() {
    finishes(|| {
        for workers in [1, 2] {
            let settings = ClusterSettings::new().on_failure(OnFailure::Continue);
            let stage = Stage::new(Plan::new(workers, Topology::line(2).unwrap()).with(settings));
            let gate = stage.hold(node(0));
            stage.tell_to_send(node(0), link(0), 5);
            stage.tell(node(0), |puppet, ctx| {
                puppet.send_on(ctx, LinkId::new(0));
                panic!("in the middle");
            });
            gate.open();
            stage.await_failure(node(0));
            // Messages of a node that has failed are in flight until they are received.
            while stage.checked_snapshot().state(node(1)).counts.received[0] < 5 {}
            let snapshot = stage.checked_snapshot();
            assert_eq!(snapshot.channel(link(0)).sent(), 5);
            assert!(snapshot.failures().iter().any(|failure| failure.node == node(0)));
        }
    });
}

/// The sender waits for room on the link to the node that fails.
#[test]
fn a_receiver_that_panics_frees_its_sender() {
    finishes(|| {
        on_both_policies(|policy| {
            for workers in [1, 2] {
                let settings = ClusterSettings::new().marker_policy(policy).capacity(1);
                let settings = settings.on_failure(OnFailure::Continue);
                let topology = Topology::line(2).unwrap();
                let stage = Stage::new(Plan::new(workers, topology).with(settings));
                let gate = Gate::new();
                let held = gate.clone();
                stage.tell(node(0), move |puppet, ctx| {
                    let held = held.clone();
                    puppet.send_action(ctx, LinkId::new(0), move |_, _| {
                        held.pass();
                        panic!("with a full link");
                    });
                    (0..3).for_each(|_| puppet.send_on(ctx, LinkId::new(0)));
                });
                gate.open();
                stage.settle(node(0));
                stage.await_failure(node(1));
                check(&stage.snapshot().unwrap());
            }
        });
    });
}

#[test]
fn a_cluster_whose_nodes_have_all_failed_has_ended() {
    finishes(|| {
        let settings = ClusterSettings::new().on_failure(OnFailure::Continue);
        let stage = Stage::new(Plan::new(2, Topology::complete(3).unwrap()).with(settings));
        for index in 0..3 {
            stage.tell(node(index), move |_, _| panic!("down goes {index}"));
        }
        assert!(stage.wait_until_settled(Duration::MAX));
        let error = stage.snapshot().unwrap_err();
        assert!(matches!(error, SnapshotError::NodeFailed { .. }), "{error}");
        assert_eq!(stage.failures().len(), 3);
        assert!(stage.join().processes.is_empty());
    });
}

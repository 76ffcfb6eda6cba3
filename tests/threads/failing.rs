//! When any code of a process panics, its node has failed with node and text. The other nodes stop
//! or go on as the builder says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::yield_now;
use std::time::Duration;

use consistent_cut::{
    Context, Link, LinkId, NodeFailure, NodeId, OnFailure, Process, Restore, ShutdownError,
    SnapshotError, SnapshotOptions, StopError, System, TimerId, Topology,
};

use crate::gate::Gate;
use crate::ids::node;
use crate::watchdog::finishes;

/// The place where node 1 panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Message,
    Start,
    Timer,
    Restore,
    FirstState,
    LaterState,
    Clone,
    Drop,
}
use Place::{Clone as InClone, Drop as InDrop, FirstState, LaterState, Message, Start, Timer};

const BAD: NodeId = NodeId::new(1);
const EVERYWHERE: [Place; 8] =
    [Message, Start, Timer, Place::Restore, FirstState, LaterState, InClone, InDrop];

/// A process that panics at its place, if it has one.
struct Fuse {
    place: Option<Place>,
    states: AtomicUsize,
    /// The gate that holds the first message, if the place is a clone. There, messages behind it
    /// are recorded.
    gate: Gate,
}

impl Fuse {
    fn pass(&self, place: Place) {
        assert_ne!(self.place, Some(place), "the fuse blows");
    }
}

#[derive(Debug)]
enum Charge {
    Harmless,
    Clone,
    Drop,
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
        self.pass(Start);
    }

    fn on_message(&mut self, _: Link, _charge: Charge, ctx: &mut Context<'_, Charge>) {
        self.pass(Message);
        if self.place == Some(InClone) {
            self.gate.pass();
        }
        ctx.set_timer(TimerId::new(0), Duration::ZERO);
    }

    fn on_timer(&mut self, _: TimerId, _: &mut Context<'_, Charge>) {
        self.pass(Timer);
    }

    fn state(&self) {
        self.pass(FirstState);
        if self.states.fetch_add(1, Ordering::Relaxed) > 0 {
            self.pass(LaterState);
        }
    }
}

impl Restore for Fuse {
    fn on_restore(&mut self, (): (), _: &mut Context<'_, Charge>) {
        self.pass(Place::Restore);
    }
}

/// Three nodes. The node named "bad" panics at `place`: it has panicked or is about to.
fn blow(place: Place, on_failure: OnFailure) -> System<Fuse> {
    let links = [("good", "bad"), ("bad", "good"), ("better", "bad"), ("good", "better")];
    let topology = Arc::new(Topology::from_named_links(links).unwrap());
    let builder = || System::builder(Arc::clone(&topology)).on_failure(on_failure);
    let gate = Gate::new();
    let fuse = |place| move |node| (node == BAD).then_some(place);
    let make = |place: Option<Place>, gate: &Gate| Fuse {
        place,
        states: AtomicUsize::new(0),
        gate: gate.clone(),
    };
    if place == Place::Restore {
        let harmless = builder().spawn(|_| make(None, &gate)).unwrap().snapshot().unwrap();
        return builder().restore(&harmless, |node| make(fuse(place)(node), &gate)).unwrap();
    }
    let system = builder().spawn(|node| make(fuse(place)(node), &gate)).unwrap();
    match place {
        Message | Timer => system.inject(BAD, Charge::Harmless).ok().unwrap(),
        InDrop => system.inject(BAD, Charge::Drop).ok().unwrap(),
        FirstState => assert_down(&system.snapshot().unwrap_err(), "the fuse blows"),
        LaterState => {
            system.snapshot().unwrap();
            assert_down(&system.snapshot().unwrap_err(), "the fuse blows");
        }
        InClone => {
            system.inject(BAD, Charge::Harmless).ok().unwrap();
            gate.await_arrivals(1);
            system.inject(BAD, Charge::Clone).ok().unwrap();
            let pending = system.begin_snapshot_with(SnapshotOptions::at([BAD]));
            gate.open();
            // The node may have handled the charge before it heard of the snapshot.
            if pending.wait().is_ok() {
                return blow(place, on_failure);
            }
        }
        Start | Place::Restore => {}
    }
    system
}

fn await_failure(system: &System<Fuse>) -> NodeFailure {
    loop {
        if let [failure] = system.failures().as_slice() {
            return failure.clone();
        }
        yield_now();
    }
}

fn assert_down(error: &SnapshotError, text: &str) {
    let SnapshotError::NodeFailed { failure, .. } = error else {
        panic!("another reason: {error}")
    };
    assert_eq!((failure.node.id, failure.node.to_string()), (BAD, "node 1 (bad)".to_owned()));
    assert!(failure.panic.contains(text), "{failure}");
}

#[test]
fn wherever_a_process_panics_the_others_go_on_without_it() {
    finishes(|| {
        for place in EVERYWHERE {
            let system = blow(place, OnFailure::Continue);
            let failure = await_failure(&system);
            assert!(failure.to_string().starts_with("node 1 (bad) panicked: "), "{failure}");
            assert!(failure.panic.contains("the fuse blows"), "{place:?}: {failure}");
            for _ in 0..3 {
                let snapshot = system.snapshot().unwrap();
                snapshot.verify().unwrap();
                assert_eq!(
                    (snapshot.failures(), snapshot.states().len()),
                    (&[failure.clone()][..], 2)
                );
                assert!(snapshot.find_state(BAD).is_none());
            }
            assert_down(
                &system.snapshot_with(SnapshotOptions::at([BAD])).unwrap_err(),
                "the fuse blows",
            );
            assert!(system.inject(BAD, Charge::Harmless).is_err());
            let refused = system.stop_node(BAD);
            assert!(matches!(refused, Err(StopError::Ended { node, .. }) if node == BAD));
            [0, 2].into_iter().for_each(|other| system.stop_node(node(other)).unwrap());
            let error = system.join().err().unwrap();
            assert_eq!(error, ShutdownError::NodesFailed { failures: vec![failure] });
        }
    });
}

#[test]
fn wherever_a_process_panics_the_system_stops_with_it() {
    finishes(|| {
        for place in EVERYWHERE {
            let system = blow(place, OnFailure::Stop);
            let failure = await_failure(&system);
            for _ in 0..3 {
                assert_down(&system.snapshot().unwrap_err(), "the fuse blows");
            }
            assert_down(&system.snapshot_and_stop().unwrap_err(), "the fuse blows");
            for other in system.topology().nodes() {
                while system.stop_node(other).is_ok() {
                    yield_now();
                }
                assert!(system.inject(other, Charge::Harmless).is_err());
            }
            let error = system.join().err().unwrap();
            assert!(error.to_string().starts_with("node 1 (bad) panicked: "), "{error}");
            assert_eq!(error, ShutdownError::NodesFailed { failures: vec![failure] });
        }
    });
}

#[test]
fn each_process_that_has_not_panicked_is_handed_back() {
    finishes(|| {
        for on_failure in [OnFailure::Stop, OnFailure::Continue] {
            let system = blow(Message, on_failure);
            let failure = await_failure(&system);
            let ended: Vec<Result<Fuse, NodeFailure>> = system.shutdown_each().unwrap();
            let failures: Vec<_> = ended.iter().map(|node| node.as_ref().err().cloned()).collect();
            assert_eq!(failures, [None, Some(failure), None]);
            assert_eq!(system.shutdown_each().err(), Some(ShutdownError::AlreadyShutDown));
        }
    });
}

/// Forwards its charges, and numbers them.
#[derive(Debug)]
struct Forward;

impl Process for Forward {
    type State = ();
    type Message = u64;

    fn on_message(&mut self, _: Link, number: u64, ctx: &mut Context<'_, u64>) {
        assert_ne!(number, 5, "five is too many");
        for link in ctx.out_links() {
            ctx.send_on(link, number);
        }
    }

    fn state(&self) {}
}

/// A line a, b, c of which b has failed, so no node reaches c any more.
#[test]
fn nodes_that_only_a_failed_one_led_to_begin_by_themselves() {
    finishes(|| {
        let topology = Topology::from_named_links([("a", "b"), ("b", "c")]).unwrap();
        let builder = System::builder(topology).on_failure(OnFailure::Continue);
        let system = builder.spawn(|_| Forward).unwrap();
        (1..=5).for_each(|number| system.inject(node(1), number).unwrap());
        while system.failures().is_empty() {
            yield_now();
        }
        system.inject(node(0), 1).unwrap();
        while system.snapshot().unwrap().channel(LinkId::new(0)).sent() == 0 {}

        let snapshot = system.snapshot().unwrap();
        snapshot.verify().unwrap();
        assert_eq!(snapshot.initiators(), [node(0), node(2)]);
        let [to_b, from_b] = [0, 1].map(|link| snapshot.channel(LinkId::new(link)));
        assert_eq!((to_b.sent(), to_b.received(), to_b.messages()), (1, 1, &[][..]));
        // The messages that b sent before it failed are on their way or have come, and there are no
        // others.
        assert_eq!(from_b.sent(), 4);
        let arrived: Vec<_> = (from_b.received() + 1..=4).collect();
        assert_eq!(from_b.messages(), arrived);
        assert_eq!(system.link_traffic()[0].received, None);

        let refused = system.snapshot_with(SnapshotOptions::at([node(0)])).unwrap_err();
        assert!(matches!(refused, SnapshotError::Coverage(_)), "{refused}");
        assert!(refused.to_string().contains("node 2 (c)"), "{refused}");
        system.snapshot_with(SnapshotOptions::at([node(0), node(2)])).unwrap().verify().unwrap();
    });
}

#[test]
fn without_any_node_left_snapshots_fail_and_all_else_ends() {
    finishes(|| {
        for order in [[0, 1, 2], [2, 0, 1]] {
            let builder =
                System::builder(Topology::ring(3).unwrap()).on_failure(OnFailure::Continue);
            let system = builder.spawn(|_| Forward).unwrap();
            for (down, index) in order.into_iter().enumerate() {
                system.inject(node(index), 5).unwrap();
                while system.failures().len() <= down {
                    yield_now();
                }
            }
            let failed: Vec<_> = system.failures().iter().map(|f| f.node.id).collect();
            assert_eq!(failed, order.map(node));
            let error = system.snapshot().unwrap_err();
            assert!(matches!(&error, SnapshotError::NodeFailed { .. }), "{error}");
            let error = system.snapshot_and_stop().unwrap_err();
            assert!(matches!(&error, SnapshotError::NodeFailed { .. }), "{error}");
            let ShutdownError::NodesFailed { failures } = system.join().unwrap_err() else {
                panic!("shut down before");
            };
            assert_eq!(failures.len(), 3);
        }
    });
}

/// Sends its neighbour the ordered count of numbers, and fails at the next order.
#[test]
fn links_of_a_failed_sender_hold_all_that_it_has_sent_under_snapshots() {
    finishes(|| {
        for round in 0..60 {
            let builder = System::builder(Topology::complete(3).unwrap());
            let system = builder.on_failure(OnFailure::Continue).capacity(4).spawn(|_| Once(false));
            let system = system.unwrap();
            let is_over = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let snapshots = || {
                    while !is_over.load(Ordering::Relaxed) {
                        if let Ok(snapshot) = system.snapshot() {
                            snapshot.verify().unwrap();
                        }
                    }
                };
                scope.spawn(snapshots);
                (0..round).for_each(|_| system.inject(node(0), 3).unwrap());
                system.inject(node(0), 0).unwrap();
                while system.failures().is_empty() {
                    yield_now();
                }
                is_over.store(true, Ordering::Relaxed);
            });
            let last = system.snapshot_and_stop().unwrap();
            last.verify().unwrap();
            let from_0 = [0, 1].map(|link| last.channel(LinkId::new(link)).sent());
            assert_eq!(from_0, [3 * round; 2]);
        }
    });
}

/// A number from outside is sent to all neighbours that many times. A zero is a panic.
struct Once(bool);

impl Process for Once {
    type State = ();
    type Message = u64;

    fn on_message(&mut self, from: Link, times: u64, ctx: &mut Context<'_, u64>) {
        assert!(times > 0 || self.0, "nothing to send");
        if from.is_environment() {
            for link in ctx.out_links() {
                (0..times).for_each(|_| ctx.send_on(link, times));
            }
        }
    }

    fn state(&self) {}
}

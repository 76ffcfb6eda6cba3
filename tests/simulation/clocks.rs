//! Clocks in a simulation: the time of noon, and the messages sent before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use consistent_cut::simulation::{Algorithm, Clock, Latency, PhysicalTime, Simulation, Step};
use consistent_cut::{Context, Link, LinkId, NodeId, Process, SnapshotId, TimerId, Topology};

const LEAST: Duration = Duration::from_millis(2);
const MOST: Duration = Duration::from_millis(9);

/// Sends a message exactly at noon, by a timer.
#[derive(Default)]
struct AtNoon(u32);

impl Process for AtNoon {
    type State = u32;
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        ctx.set_timer(TimerId::new(1), MOST);
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, ()>) {
        self.0 += 1;
        ctx.send_on(ctx.out_links()[0], ());
    }

    fn state(&self) -> u32 {
        self.0
    }
}

/// Events at noon happen after the recording: the message is sent after noon, and its sender's new
/// state is of after noon too.
#[test]
fn noon_comes_before_whatever_else_happens_then() {
    let ring = Topology::ring(2).expect("two nodes are a ring");
    let algorithm = Algorithm::PhysicalTime(PhysicalTime::new(MOST, MOST));
    let builder = Simulation::builder(ring).algorithm(algorithm).latency(Latency::Constant(LEAST));
    let mut simulation = builder.start(|_| AtNoon::default()).expect("no setting is wrong");
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run(100);
    let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
    assert_eq!(snapshot.states().map(|(_, state)| *state).collect::<Vec<_>>(), [0, 0]);
    assert_eq!((snapshot.in_flight().count(), snapshot.verify()), (0, Ok(())));
}

/// A message that counts its copies.
struct Counted(Arc<AtomicU64>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(&self.0))
    }
}

/// Sends each message on.
struct Relay;

impl Process for Relay {
    type State = ();
    type Message = Counted;

    fn on_message(&mut self, _: Link, message: Counted, ctx: &mut Context<'_, Counted>) {
        ctx.send_on(ctx.out_links()[0], message);
    }

    fn state(&self) {}
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const ONE: NodeId = NodeId::new(0);
const TWO: NodeId = NodeId::new(1);

/// Node 2's clock gains a second each second, so that at 10 it shows 20. Noon is when a clock shows
/// 22: at 11 and at 22.
fn with_a_fast_clock(latency: Duration) -> (Simulation<Relay>, Arc<AtomicU64>) {
    let ring = Topology::ring(2).expect("two nodes are a ring");
    let time = PhysicalTime::new(secs(2), secs(4));
    let time = time.clock(TWO, Clock::exact().drifting(1_000_000));
    let builder = Simulation::builder(ring).algorithm(Algorithm::PhysicalTime(time));
    let mut simulation =
        builder.latency(Latency::Constant(latency)).start(|_| Relay).expect("no setting is wrong");
    simulation.run_until(secs(10));
    simulation.begin_snapshot().expect("no node has failed");
    (simulation, Arc::new(AtomicU64::new(0)))
}

#[test]
fn each_clock_shows_noon_in_its_own_time() {
    let (mut simulation, _) = with_a_fast_clock(secs(1));
    let id = SnapshotId::new(1);
    let steps = [
        (Step::Initiate(TWO, id), 11),
        (Step::Close(TWO, id), 13),
        (Step::Initiate(ONE, id), 22),
        (Step::Close(ONE, id), 26),
    ];
    for (step, at) in steps {
        assert_eq!(simulation.advance(), Some(step));
        assert_eq!(simulation.now(), secs(at), "{step}");
    }
    assert_eq!(simulation.snapshots().len(), 1);
}

/// Node 2 sends at 10.5, when its clock shows 21, or at 12, when it shows 24. The message comes to
/// node 1 after the noon of node 1.
#[test]
fn a_message_is_stamped_by_the_clock_of_its_sender() {
    for (sent, in_flight) in [(Duration::from_millis(10_500), 1), (secs(12), 0)] {
        let (mut simulation, copies) = with_a_fast_clock(secs(13));
        simulation.run_until(sent);
        simulation.inject(TWO, Counted(copies)).expect("it is there");
        simulation.run_until(secs(30));
        let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
        assert_eq!(snapshot.in_flight().count(), in_flight, "sent at {sent:?}");
    }
}

/// No more messages are copied for a snapshot that has failed.
#[test]
fn nothing_is_copied_for_a_snapshot_that_has_failed() {
    let (mut simulation, copies) = with_a_fast_clock(secs(11));
    simulation.inject(ONE, Counted(Arc::clone(&copies))).expect("it is there");
    simulation.step(Step::Handle(ONE)).expect("it waits");
    simulation.step(Step::Initiate(TWO, SnapshotId::new(1))).expect("it was asked");
    simulation.fail(ONE).expect("it is there");
    assert_eq!(simulation.failed_snapshots().len(), 1);
    simulation.step(Step::Deliver(LinkId::new(0))).expect("it was sent before");
    assert_eq!(copies.load(Ordering::Relaxed), 0);
}

/// Messages sent at the moment when a snapshot is begun are sent before noon, though clocks agree
/// and noon is at once.
#[test]
fn noon_is_never_at_once() {
    let ring = Topology::ring(2).expect("two nodes are a ring");
    for ahead in [Duration::ZERO, secs(5)] {
        let clocks = PhysicalTime::new(Duration::ZERO, secs(1));
        let time = clocks.clock(ONE, Clock::ahead(ahead)).clock(TWO, Clock::ahead(ahead));
        let builder = Simulation::builder(ring.clone()).algorithm(Algorithm::PhysicalTime(time));
        let builder = builder.latency(Latency::Constant(LEAST));
        let mut simulation = builder.start(|_| Relay).expect("no setting is wrong");
        simulation.inject(ONE, Counted(Arc::default())).expect("it is there");
        simulation.step(Step::Handle(ONE)).expect("it waits");
        simulation.begin_snapshot().expect("no node has failed");
        simulation.run_until(secs(3));
        let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
        assert_eq!((snapshot.in_flight().count(), snapshot.verify()), (1, Ok(())));
    }
}

/// The longest times there are.
#[test]
fn times_without_end_are_times() {
    let ring = Topology::ring(2).expect("two nodes are a ring");
    let time =
        PhysicalTime::new(Duration::MAX, Duration::MAX).clock(TWO, Clock::behind(Duration::MAX));
    let builder = Simulation::builder(ring).algorithm(Algorithm::PhysicalTime(time));
    let mut simulation = builder.start(|_| Relay).expect("no setting is wrong");
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run(100);
    assert_eq!((simulation.snapshots().len(), simulation.now()), (1, Duration::MAX));
    let text = simulation.schedule().to_string();
    assert_eq!(text.parse(), Ok(simulation.schedule()), "{text}");
}

//! Messages, states and processes that panic when they are dropped, in any number, do not harm the
//! thread that drops them. Two panics at once would end the whole process, and these tests with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::yield_now;
use std::time::Duration;

use consistent_cut::{
    Context, Link, LinkId, NodeId, OnFailure, Process, SnapshotError, SnapshotOptions, System,
    SystemBuilder, Topology,
};

use crate::gate::Gate;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::watchdog::finishes;

/// Panics when it is dropped while armed. A clone panics as the original does.
#[derive(Clone, Debug)]
struct Doomed(Arc<AtomicBool>);

impl Drop for Doomed {
    fn drop(&mut self) {
        assert!(!self.0.load(Ordering::Relaxed), "a doomed value is dropped");
    }
}

#[derive(Clone, Debug)]
enum Order {
    /// No task. The handler drops the message safely.
    Mine(Doomed),
    /// Send this many mines on a link.
    SendMines(LinkId, usize),
    Send(LinkId, Box<Order>),
    Wait(Gate),
    WaitAndPanic(Gate),
    Slow(Slow),
    Panic,
}

/// A message that waits when it is dropped.
#[derive(Clone, Debug)]
struct Slow(Gate);

impl Drop for Slow {
    fn drop(&mut self) {
        self.0.pass();
    }
}

struct Miner {
    doom: Arc<AtomicBool>,
    /// Whether its states are doomed.
    has_doomed_states: bool,
    /// The gate at which it waits when it is asked for its state.
    state_gate: Option<Gate>,
    /// Whether it is doomed itself.
    itself: Option<Doomed>,
    /// The number of states recorded in all.
    records: Arc<AtomicUsize>,
}

impl Process for Miner {
    type State = Option<Doomed>;
    type Message = Order;

    fn on_message(&mut self, _: Link, order: Order, ctx: &mut Context<'_, Order>) {
        match order {
            Order::Mine(mine) => std::mem::forget(mine),
            Order::SendMines(link, mines) => {
                let mine = || Order::Mine(Doomed(Arc::clone(&self.doom)));
                (0..mines).for_each(|_| ctx.send_on(link, mine()));
            }
            Order::Send(link, order) => ctx.send_on(link, *order),
            Order::Wait(gate) => gate.pass(),
            Order::WaitAndPanic(gate) => {
                gate.pass();
                panic!("told to");
            }
            Order::Slow(slow) => std::mem::forget(slow),
            Order::Panic => panic!("told to"),
        }
    }

    fn state(&self) -> Option<Doomed> {
        self.records.fetch_add(1, Ordering::Relaxed);
        self.state_gate.iter().for_each(Gate::pass);
        self.has_doomed_states.then(|| Doomed(Arc::clone(&self.doom)))
    }
}

/// A system of miners, and the switch that arms every mine.
struct Mined {
    system: Option<System<Miner>>,
    armed: Arc<AtomicBool>,
    records: Arc<AtomicUsize>,
}

impl Mined {
    fn new(
        topology: Topology,
        settings: impl FnOnce(SystemBuilder<Miner>) -> SystemBuilder<Miner>,
        dress: impl Fn(NodeId, &mut Miner),
    ) -> Mined {
        let armed = Arc::new(AtomicBool::new(true));
        let records = Arc::new(AtomicUsize::new(0));
        let system = settings(System::builder(topology)).spawn(|node| {
            let doom = Arc::clone(&armed);
            let records = Arc::clone(&records);
            let mut miner =
                Miner { doom, has_doomed_states: false, state_gate: None, itself: None, records };
            dress(node, &mut miner);
            miner
        });
        Mined { system: Some(system.unwrap()), armed, records }
    }

    fn tell(&self, index: u32, order: Order) {
        assert!(self.inject(node(index), order).is_ok(), "the node is up");
    }

    /// Makes a node wait in a handler.
    fn hold(&self, index: u32) -> Gate {
        let gate = Gate::new();
        self.tell(index, Order::Wait(gate.clone()));
        gate.await_arrivals(1);
        gate
    }

    fn await_records(&self, records: usize) {
        while self.records.load(Ordering::Relaxed) < records {
            yield_now();
        }
    }

    fn await_sent(&self, link: u32, sent: u64) {
        while self.link_traffic()[link as usize].sent < sent {
            yield_now();
        }
    }

    /// No node has failed since.
    fn end(self) {
        assert_eq!(self.failures(), []);
        let ended = self.shutdown_each().unwrap();
        // The test may drop the values that it is given.
        self.armed.store(false, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
    }
}

impl std::ops::Deref for Mined {
    type Target = System<Miner>;

    fn deref(&self) -> &System<Miner> {
        self.system.as_ref().expect("not dropped")
    }
}

/// Drops of values that the test itself holds do no harm.
impl Drop for Mined {
    fn drop(&mut self) {
        self.armed.store(false, Ordering::Relaxed);
    }
}

const LINK: LinkId = LinkId::new(0);

fn line(settings: impl FnOnce(SystemBuilder<Miner>) -> SystemBuilder<Miner>) -> Mined {
    Mined::new(Topology::line(2).unwrap(), settings, |_, _| {})
}

#[test]
fn mines_on_links_and_from_outside_are_dropped_at_the_shutdown() {
    finishes(|| {
        on_both_policies(|policy| {
            for capacity in [2, 1000] {
                let mined = line(|builder| builder.marker_policy(policy).capacity(capacity));
                let gate = mined.hold(1);
                mined.tell(0, Order::SendMines(LINK, 700));
                (0..20).for_each(|_| mined.tell(1, Order::Mine(Doomed(Arc::clone(&mined.armed)))));
                mined.await_sent(0, 700);
                std::thread::scope(|scope| {
                    let end = scope.spawn(|| mined.shutdown_each().unwrap());
                    // The node hears of the end in its handler, and leaves the mines where they
                    // are.
                    while mined.snapshot_with(SnapshotOptions::new()).is_ok() {}
                    gate.open();
                    assert!(end.join().unwrap().iter().all(Result::is_ok));
                });
            }
        });
    });
}

#[test]
fn mines_in_records_that_are_given_up_harm_neither_node_nor_coordinator() {
    finishes(|| {
        on_both_policies(|policy| {
            // Node 1 records by the marker of node 2, with its link from 0 open, since 0 waits for
            // 3.
            let links = [(0, 1), (2, 1), (3, 0)];
            let settings =
                |builder: SystemBuilder<Miner>| builder.marker_policy(policy).keep_snapshots(1);
            let mined =
                Mined::new(Topology::from_links(4, links).unwrap(), settings, |n, miner| {
                    miner.has_doomed_states = n == node(1);
                });
            let gate = mined.hold(3);
            for round in 1..=20 {
                let pending = mined.begin_snapshot();
                mined.await_records(2 * round as usize);
                mined.tell(0, Order::SendMines(LINK, 50));
                while mined.link_traffic()[0].received != Some(50 * round) {
                    yield_now();
                }
                pending.cancel();
                assert!(matches!(pending.wait(), Err(SnapshotError::Cancelled { .. })));
            }
            gate.open();
            // The registry keeps the snapshot, and drops it at the end of the system.
            mined.snapshot().unwrap().verify().unwrap();
            mined.end();
        });
    });
}

#[test]
fn mines_in_snapshots_that_are_forgotten_harm_no_coordinator() {
    finishes(|| {
        for remembered in [0, 1, 2] {
            let ring = Topology::ring(2).unwrap();
            let mined = Mined::new(
                ring,
                |builder| builder.history(remembered).keep_snapshots(remembered),
                |_, miner| {
                    miner.has_doomed_states = true;
                },
            );
            let counts = || mined.snapshot_counts().completed;
            for round in 1..=20 {
                drop(mined.begin_snapshot());
                while counts() < round && mined.snapshot_counts().under_way() > 0 {
                    yield_now();
                }
            }
            assert_eq!(counts(), 20);
            mined.end();
        }
    });
}

/// Node 1 is asked for a doomed state, behind 50 mines that it has recorded, when the coordinator
/// ends.
#[test]
fn mines_in_a_report_that_finds_no_coordinator_harm_no_node() {
    finishes(|| {
        on_both_policies(|policy| {
            let gate = Gate::new();
            let settings = |builder: SystemBuilder<Miner>| builder.marker_policy(policy);
            let mined = Mined::new(Topology::ring(2).unwrap(), settings, |at, miner| {
                miner.has_doomed_states = at == node(1);
                miner.state_gate = (at == node(1)).then(|| gate.clone());
            });
            let mut periodic = mined.every(Duration::from_secs(100_000));
            let held = mined.hold(1);
            mined.tell(0, Order::SendMines(LINK, 50));
            mined.await_sent(0, 50);
            let pending = mined.begin_snapshot_with(SnapshotOptions::at([node(1)]));
            held.open();
            gate.await_arrivals(1);
            std::thread::scope(|scope| {
                let end = scope.spawn(|| mined.shutdown_each().unwrap());
                assert!(matches!(pending.wait(), Err(SnapshotError::ShutDown { .. })));
                // The first is due at once. The second is never due, so it waits until the
                // coordinator is gone.
                assert!(periodic.next().is_none() && periodic.next().is_none());
                gate.open();
                assert!(end.join().unwrap().iter().all(Result::is_ok));
            });
        });
    });
}

#[test]
fn mines_that_a_failed_node_leaves_behind_harm_nobody_else() {
    finishes(|| {
        on_both_policies(|policy| {
            let mined = line(|b| b.marker_policy(policy).on_failure(OnFailure::Continue));
            let gate = mined.hold(1);
            mined.tell(0, Order::SendMines(LINK, 700));
            mined.tell(1, Order::Panic);
            (0..20).for_each(|_| mined.tell(1, Order::Mine(Doomed(Arc::clone(&mined.armed)))));
            mined.await_sent(0, 700);
            gate.open();
            while mined.failures().is_empty() {
                yield_now();
            }
            // Messages sent to the node from now on are dropped.
            mined.tell(0, Order::SendMines(LINK, 50));
            mined.await_sent(0, 750);
            assert_eq!(mined.snapshot().unwrap().failures()[0].panic, "told to");
            assert_eq!(mined.failures().len(), 1);
        });
    });
}

#[test]
fn mines_that_come_while_a_node_is_taken_apart_do_not_take_down_their_sender() {
    finishes(|| {
        let fan = Topology::from_links(3, [(0, 1), (0, 2)]).unwrap();
        let mined = Mined::new(fan, |b| b.on_failure(OnFailure::Continue), |_, _| {});
        for index in [1, 2] {
            let link = LinkId::new(index - 1);
            let (panic, drop) = (Gate::new(), Gate::new());
            mined.tell(index, Order::WaitAndPanic(panic.clone()));
            panic.await_arrivals(1);
            mined.tell(0, Order::Send(link, Box::new(Order::Slow(Slow(drop.clone())))));
            mined.await_sent(index - 1, 1);
            panic.open();
            drop.await_arrivals(1);
            // The node is dropping the messages that were there.
            mined.tell(0, Order::SendMines(link, 1));
            mined.await_sent(index - 1, 2);
            drop.open();
        }
        while mined.failures().len() < 2 {
            yield_now();
        }
        mined.tell(0, Order::Panic);
        // If the end is not noticed, this wait never ends.
        let Err(error) = mined.join() else { panic!("all have failed") };
        assert_eq!(error.to_string().matches("told to").count(), 3, "{error}");
    });
}

#[test]
fn processes_that_nobody_takes_are_dropped_one_by_one() {
    finishes(|| {
        let doomed = || {
            Mined::new(
                Topology::ring(3).unwrap(),
                |b| b.on_failure(OnFailure::Continue),
                |_, miner| {
                    miner.itself = Some(Doomed(Arc::clone(&miner.doom)));
                },
            )
        };
        let mut mined = doomed();
        drop(mined.system.take());

        let mined = doomed();
        mined.tell(0, Order::Panic);
        while mined.failures().is_empty() {
            yield_now();
        }
        let error = mined.shutdown().err().unwrap();
        assert_eq!(error.to_string(), "node 0 panicked: told to");
    });
}

#[test]
fn states_of_a_snapshot_whose_time_was_up_harm_nobody() {
    finishes(|| {
        let mined = Mined::new(
            Topology::ring(3).unwrap(),
            |b| b,
            |_, miner| {
                miner.has_doomed_states = true;
            },
        );
        let gate = mined.hold(2);
        for _ in 0..20 {
            let options = SnapshotOptions::new().timeout(Duration::from_millis(1));
            let error = mined.snapshot_with(options).unwrap_err();
            assert!(matches!(error, SnapshotError::TimedOut { .. }), "{error}");
        }
        gate.open();
        mined.snapshot().map(std::mem::forget).unwrap();
        mined.end();
    });
}

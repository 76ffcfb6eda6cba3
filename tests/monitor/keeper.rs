//! A process that keeps a number and follows orders.

use std::fmt;
use std::sync::Arc;
use std::thread::yield_now;

use consistent_cut::monitor::{Monitor, MonitorBuilder, MonitorEvent, MonitorEvents};
use consistent_cut::property::Verdict;
use consistent_cut::{
    Context, Invariant, Link, NodeId, OnFailure, PendingSnapshot, Process, SnapshotError,
    SnapshotId, StableProperty, System, Topology,
};
use crossbeam_channel::bounded;

use crate::gate::Gate;

pub(crate) struct Keeper {
    amount: u64,
    /// A test counts the clones to learn whether the process is dropped.
    _alive: Arc<()>,
}

/// An order to a keeper.
#[derive(Clone)]
pub(crate) struct Note(Arc<dyn Fn(&mut u64) + Send + Sync>);

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note")
    }
}

impl Process for Keeper {
    type State = u64;
    type Message = Note;

    fn on_message(&mut self, _: Link, note: Note, _: &mut Context<'_, Note>) {
        (note.0)(&mut self.amount);
    }

    fn state(&self) -> u64 {
        self.amount
    }
}

pub(crate) type Keepers = System<Keeper>;
pub(crate) type Watching = (Monitor<u64, Note>, MonitorEvents<u64, Note>);
pub(crate) type Event = MonitorEvent<u64, Note>;

pub(crate) const FIRST: NodeId = NodeId::new(0);
pub(crate) const SECOND: NodeId = NodeId::new(1);

/// Two keepers of zero. The others go on when one fails.
pub(crate) fn keepers() -> Keepers {
    counted_keepers(OnFailure::Continue).0
}

/// The count is held once by each keeper that lives, and here.
pub(crate) fn counted_keepers(on_failure: OnFailure) -> (Keepers, Arc<()>) {
    let alive = Arc::new(());
    let builder = System::builder(Topology::ring(2).unwrap()).on_failure(on_failure);
    let keeper = |_| Keeper { amount: 0, _alive: Arc::clone(&alive) };
    (builder.spawn(keeper).unwrap(), alive)
}

pub(crate) fn note(act: impl Fn(&mut u64) + Send + Sync + 'static) -> Note {
    Note(Arc::new(act))
}

/// Gives a keeper an order, which it follows some time.
pub(crate) fn tell(system: &Keepers, node: NodeId, act: impl Fn(&mut u64) + Send + Sync + 'static) {
    system.inject(node, note(act)).unwrap();
}

/// Gives the first keeper a number. Every snapshot that begins after this call shows it.
pub(crate) fn set(system: &Keepers, amount: u64) {
    let (tx, rx) = bounded(1);
    tell(system, FIRST, move |kept| {
        *kept = amount;
        tx.send(()).unwrap();
    });
    rx.recv().unwrap();
}

/// Makes a keeper wait in its handler, at a gate that the test has to open. Returns when it does.
pub(crate) fn hold(system: &Keepers, node: NodeId) -> Gate {
    let gate = Gate::new();
    let held = gate.clone();
    tell(system, node, move |_| held.pass());
    gate.await_arrivals(1);
    gate
}

/// Waits until a snapshot was asked for.
pub(crate) fn await_snapshot(system: &Keepers, id: u64) -> PendingSnapshot<u64, Note> {
    loop {
        match system.find_snapshot(SnapshotId::new(id)) {
            Ok(pending) => return pending,
            Err(_) => yield_now(),
        }
    }
}

/// Cancels a snapshot as soon as it is in the registry, perhaps before the coordinator has heard of
/// it, and waits for its end.
pub(crate) fn cancel(system: &Keepers, id: u64) {
    let pending = await_snapshot(system, id);
    pending.cancel();
    let ended = pending.wait();
    assert!(matches!(ended, Err(SnapshotError::Cancelled { .. })), "{ended:?}");
}

/// Waits until the monitor has looked at this many snapshots more. All of them but the first begin
/// after this call.
pub(crate) fn await_rounds(monitor: &Monitor<u64, Note>, rounds: u64) {
    let enough = monitor.effort().snapshots + rounds + 1;
    while monitor.effort().snapshots < enough {
        yield_now();
    }
}

/// The first keeper has at most `limit`.
pub(crate) fn at_most(limit: u64) -> Invariant<u64, Note> {
    Invariant::with_reason(format!("at most {limit}"), move |snapshot| {
        match *snapshot.state(FIRST) {
            amount if amount > limit => Err(format!("there is {amount}")),
            _ => Ok(()),
        }
    })
}

/// The first keeper has at least `limit`.
pub(crate) fn at_least(limit: u64) -> StableProperty<u64, Note> {
    StableProperty::with_reason(format!("at least {limit}"), move |snapshot| {
        let amount = *snapshot.state(FIRST);
        let reason = format!("there is {amount}");
        Verdict::of(amount >= limit, reason)
    })
}

/// One snapshot right after the other.
pub(crate) fn hurried(system: &Keepers) -> MonitorBuilder<u64, Note> {
    system.monitor().cost(1.0)
}

/// An event without the snapshot's number, which depends on when things happen.
pub(crate) fn text(event: &Event) -> String {
    let text = event.to_string();
    let words = text.split(' ').filter(|word| word.trim_end_matches(':').parse::<u64>().is_err());
    words.collect::<Vec<_>>().join(" ")
}

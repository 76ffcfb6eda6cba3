//! A stage on which puppets play: a system of puppets. The test gives each node its orders.

use std::ops::Deref;
use std::sync::Arc;
use std::thread::yield_now;

use consistent_cut::{
    Context, InjectError, LinkId, LinkTraffic, MarkerPolicy, NodeId, PendingSnapshot,
    SnapshotError, SnapshotOptions, System, SystemBuilder, Topology,
};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use parking_lot::Mutex;

use crate::channel_law::{self, Snapshot};
use crate::gate::Gate;
use crate::note::{Action, Note};
use crate::puppet::{Puppet, Record};

/// Is called whenever the puppet of a node is asked for its state, and is dropped with the puppet.
struct Listener {
    node: NodeId,
    recordings: Sender<NodeId>,
    _alive: Arc<()>,
}

impl Listener {
    /// Listens after the puppet's own action at that moment.
    fn attend(self, puppet: &mut Puppet) {
        let before = puppet.at_state.take();
        puppet.at_state = Some(Arc::new(move || {
            if let Some(action) = &before {
                action();
            }
            self.hear();
        }));
    }

    fn hear(&self) {
        // A test that is over listens no more.
        let _ = self.recordings.send(self.node);
    }
}

/// A system of puppets. Gates that it knows are opened at its end, so that a test that fails does
/// not hang.
pub(crate) struct Stage {
    system: System<Puppet>,
    /// The number of messages injected into each node.
    told: Mutex<Vec<u64>>,
    recordings: Receiver<NodeId>,
    gates: Mutex<Vec<Gate>>,
    alive: Arc<()>,
}

impl Stage {
    pub(crate) fn new(topology: Topology, policy: MarkerPolicy) -> Stage {
        Stage::set(topology, |builder| builder.marker_policy(policy), |_| {})
    }

    /// A stage with settings of the system, and with puppets that are dressed before the start.
    pub(crate) fn set(
        topology: Topology,
        settings: impl FnOnce(SystemBuilder<Puppet>) -> SystemBuilder<Puppet>,
        mut dress: impl FnMut(&mut Puppet),
    ) -> Stage {
        let topology = Arc::new(topology);
        let (recordings, recorded) = unbounded();
        let alive = Arc::new(());
        let system = settings(System::builder(Arc::clone(&topology))).spawn(|node| {
            let mut puppet = Puppet::new(node, &topology);
            dress(&mut puppet);
            let recordings = recordings.clone();
            Listener { node, recordings, _alive: Arc::clone(&alive) }.attend(&mut puppet);
            puppet
        });
        Stage {
            system: system.expect("the machine has room for a few threads"),
            told: Mutex::new(vec![0; topology.node_count()]),
            recordings: recorded,
            gates: Mutex::new(Vec::new()),
            alive,
        }
    }

    /// Injects a note that makes the node do something.
    pub(crate) fn tell(
        &self,
        node: NodeId,
        action: impl Fn(&mut Puppet, &mut Context<'_, Note>) + Send + Sync + 'static,
    ) {
        self.inject_next(node, Some(Arc::new(action))).expect("the node is up");
    }

    /// Injects a note that makes the node do nothing.
    pub(crate) fn give(&self, node: NodeId) -> Result<(), InjectError<Note>> {
        self.inject_next(node, None)
    }

    /// Injects a note that makes the node do nothing, if the system accepts it. The next note takes
    /// the number of a refused one.
    pub(crate) fn try_give(&self, node: NodeId) -> bool {
        let mut told = self.told.lock();
        let note = Note::from_outside(self.topology(), node, told[node.index()] + 1);
        let is_taken = self.system.inject(node, note).is_ok();
        told[node.index()] += u64::from(is_taken);
        is_taken
    }

    /// Several threads may call this: under the lock the numbers enter in their order.
    fn inject_next(&self, node: NodeId, action: Option<Action>) -> Result<(), InjectError<Note>> {
        let mut told = self.told.lock();
        told[node.index()] += 1;
        let note = Note::from_outside(self.topology(), node, told[node.index()]);
        self.system.inject(node, Note { action, ..note })
    }

    /// Makes the node send `count` notes on a link, in one handler.
    pub(crate) fn tell_to_send(&self, node: NodeId, link: LinkId, count: u64) {
        self.tell(node, move |puppet, ctx| {
            (0..count).for_each(|_| puppet.send_on(ctx, link));
        });
    }

    /// Waits until the counts of a link are these: the messages sent, and those of them that wait
    /// for room.
    pub(crate) fn await_traffic(&self, link: LinkId, sent: u64, waiting: u64) {
        let is_so = |traffic: &LinkTraffic| (traffic.sent, traffic.waiting) == (sent, waiting);
        while !is_so(&self.link_traffic()[link.index()]) {
            yield_now();
        }
    }

    /// Waits until the node has handled all its orders so far, and its sends have left.
    pub(crate) fn settle(&self, node: NodeId) {
        let (tx, rx) = bounded(1);
        self.tell(node, move |_, _| tx.send(()).expect("the test waits"));
        rx.recv().expect("the node is up");
    }

    /// Makes the node wait in a handler, at a new gate. Returns when the node waits.
    pub(crate) fn hold(&self, node: NodeId) -> Gate {
        let gate = self.gate();
        let held = gate.clone();
        self.tell(node, move |_, _| held.pass());
        gate.await_arrivals(1);
        gate
    }

    /// A new gate, which opens at the end of the stage.
    pub(crate) fn gate(&self) -> Gate {
        let gate = Gate::new();
        self.keep(&gate);
        gate
    }

    /// Makes the gate open at the end of the stage.
    pub(crate) fn keep(&self, gate: &Gate) {
        self.gates.lock().push(gate.clone());
    }

    /// Waits until the node has recorded one more state. Use it with one snapshot under way.
    pub(crate) fn await_recording(&self, node: NodeId) {
        while self.recordings.recv().expect("the node is up") != node {}
    }

    /// The nodes that have recorded states for which no call has waited: in order, and once per
    /// state.
    pub(crate) fn recordings(&self) -> Vec<NodeId> {
        let mut nodes: Vec<_> = self.recordings.try_iter().collect();
        nodes.sort_unstable();
        nodes
    }

    /// Waits until the coordinator knows that a node has failed.
    pub(crate) fn await_failure(&self, node: NodeId) {
        while self.failures().iter().all(|failure| failure.node != node) {
            yield_now();
        }
    }

    /// Waits until a node that was told to panic has failed, and returns the error of the next
    /// snapshot. Earlier snapshots may complete, with the message that makes the node panic in
    /// flight.
    pub(crate) fn await_down(&self, node: NodeId) -> SnapshotError {
        while self.give(node).is_ok() {
            yield_now();
        }
        self.snapshot().expect_err("a node has failed")
    }

    /// Begins a snapshot at an idle node, and returns when the markers of that node have left.
    pub(crate) fn begin_at(
        &self,
        initiator: NodeId,
    ) -> Result<PendingSnapshot<Record, Note>, SnapshotError> {
        let pending = self.begin_snapshot_with(SnapshotOptions::at([initiator]));
        self.await_recording(initiator);
        self.settle(initiator);
        Ok(pending)
    }

    /// A whole snapshot, checked.
    pub(crate) fn checked_snapshot(&self) -> Arc<Snapshot> {
        let snapshot = self.snapshot().expect("no node has failed");
        channel_law::check(&snapshot);
        snapshot
    }

    /// The number of puppets that have not been dropped.
    pub(crate) fn alive(&self) -> Alive {
        Alive(Arc::clone(&self.alive))
    }
}

impl Deref for Stage {
    type Target = System<Puppet>;

    fn deref(&self) -> &System<Puppet> {
        &self.system
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.gates.lock().iter().for_each(Gate::open);
    }
}

/// Counts puppets, and outlives the stage.
pub(crate) struct Alive(Arc<()>);

impl Alive {
    /// The puppets left once the stage is gone.
    pub(crate) fn count(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

//! A cluster of puppets. The test gives each node its orders.

use std::ops::Deref;
use std::sync::Arc;

use consistent_cut::{Context, InjectError, LinkId, NodeId};
use crossbeam_channel::bounded;
use parking_lot::Mutex;

use crate::channel_law::{self, Snapshot};
use crate::gate::Gate;
use crate::note::{Action, Note};
use crate::puppet::Puppet;
use crate::workers::{Ended, Plan, Running};

/// A cluster of puppets. Gates that it knows are opened at its end, so that a test that fails does
/// not hang. A node that is held holds the other nodes of its worker too.
pub(crate) struct Stage {
    /// Dropped before the cluster, which waits for its workers.
    gates: OpenedAtTheEnd,
    /// The number of messages injected into each node.
    told: Mutex<Vec<u64>>,
    cluster: Running<Puppet>,
}

#[derive(Default)]
struct OpenedAtTheEnd(Mutex<Vec<Gate>>);

impl Stage {
    pub(crate) fn new(plan: Plan) -> Stage {
        Stage::dressed(plan, |_| {})
    }

    /// A stage with puppets that are dressed before the start.
    pub(crate) fn dressed(
        plan: Plan,
        dress: impl Fn(&mut Puppet) + Send + Sync + 'static,
    ) -> Stage {
        Stage::over(plan, |plan| {
            plan.start(move |node, topology| {
                let mut puppet = Puppet::new(node, topology);
                dress(&mut puppet);
                puppet
            })
        })
    }

    /// A stage over a cluster that `start` starts.
    pub(crate) fn over(plan: Plan, start: impl FnOnce(Plan) -> Running<Puppet>) -> Stage {
        let nodes = plan.topology.node_count();
        let cluster = start(plan);
        Stage { gates: OpenedAtTheEnd::default(), told: Mutex::new(vec![0; nodes]), cluster }
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

    /// The next note takes the number of a refused one.
    fn inject_next(&self, node: NodeId, action: Option<Action>) -> Result<(), InjectError<Note>> {
        let mut told = self.told.lock();
        let number = told[node.index()] + 1;
        let note = Note::from_outside(self.topology(), node, number);
        self.cluster.inject(node, Note { action, ..note })?;
        told[node.index()] = number;
        Ok(())
    }

    /// Makes the node send `count` notes on a link, in one handler.
    pub(crate) fn tell_to_send(&self, node: NodeId, link: LinkId, count: u64) {
        self.tell(node, move |puppet, ctx| {
            (0..count).for_each(|_| puppet.send_on(ctx, link));
        });
    }

    /// Waits until the node has handled all its orders so far.
    pub(crate) fn settle(&self, node: NodeId) {
        let (tx, rx) = bounded(1);
        self.tell(node, move |_, _| tx.send(()).expect("the test waits"));
        rx.recv().expect("the node is up");
    }

    /// Makes the node and its worker wait in a handler, at a new gate. Returns when they wait.
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
        self.gates.0.lock().push(gate.clone());
        gate
    }

    /// Waits until the coordinator knows that a node has failed.
    pub(crate) fn await_failure(&self, node: NodeId) {
        while self.failures().iter().all(|failure| failure.node != node) {
            std::thread::yield_now();
        }
    }

    /// A whole snapshot, checked.
    pub(crate) fn checked_snapshot(&self) -> Arc<Snapshot> {
        let snapshot = self.snapshot().expect("no node has failed");
        channel_law::check(&snapshot);
        snapshot
    }

    /// Shuts the cluster down.
    pub(crate) fn end(self) -> Ended<Puppet> {
        drop(self.gates);
        self.cluster.end()
    }

    /// Waits for the end of the cluster.
    pub(crate) fn join(self) -> Ended<Puppet> {
        drop(self.gates);
        self.cluster.join()
    }
}

impl Deref for Stage {
    type Target = Running<Puppet>;

    fn deref(&self) -> &Running<Puppet> {
        &self.cluster
    }
}

impl Drop for OpenedAtTheEnd {
    fn drop(&mut self) {
        self.0.lock().iter().for_each(Gate::open);
    }
}

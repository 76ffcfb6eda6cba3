//! One worker's part of a cluster, driven by its operator: the nodes, the coordinator if it is the
//! first worker, and the ways in from outside.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::coordination::Coordination;
use super::parcel::{Item, Parcel};
use super::worker::Worker;
use crate::id::NodeId;
use crate::process::{Emitted, Process};
use crate::runtime::{Clock, Command};
use crate::sync::Receiver;

/// A state or a message that can travel to another process of the cluster. Every type that serde
/// can write and read is portable.
pub trait Portable: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Portable for T {}

/// A request from outside that goes to a node.
pub(super) enum FromOutside<M> {
    Inject(NodeId, M),
    ToNode(NodeId, Command),
}

pub(super) struct Station<P: Process> {
    pub(super) worker: Worker<P>,
    /// Only the first worker has a coordinator.
    pub(super) head: Option<Head<P::State, P::Message>>,
    clock: ClusterClock,
}

/// What only the first worker has.
pub(super) struct Head<S, M> {
    pub(super) coordination: Coordination<S, M>,
    pub(super) outside: Receiver<FromOutside<M>>,
    /// Whether the workers were told to start.
    has_started: bool,
    /// Whether the coordinator has heard something that it has not acted on.
    is_behind: bool,
}

impl<S, M> Head<S, M> {
    pub(super) fn new(coordination: Coordination<S, M>, outside: Receiver<FromOutside<M>>) -> Self {
        Head { coordination, outside, has_started: false, is_behind: false }
    }
}

impl<P: Process> Station<P> {
    pub(super) fn new(
        worker: Worker<P>,
        head: Option<Head<P::State, P::Message>>,
        clock: Clock,
    ) -> Self {
        let clock = ClusterClock { clock, zero: Duration::ZERO, ahead: Duration::ZERO };
        Station { worker, head, clock }
    }

    /// Takes in parcels from other workers.
    pub(super) fn take_in(&mut self, parcels: impl Iterator<Item = Parcel<P::State, P::Message>>) {
        for Parcel { visits, notices, .. } in parcels {
            if let Some(now) = self.worker.take_in(visits) {
                self.clock.set(now);
                self.worker.start();
            }
            if let Some(head) = &mut self.head {
                head.coordination.hear(notices);
            }
        }
    }

    /// Does a bounded part of the work that there is.
    pub(super) fn turn(&mut self) {
        let now = self.clock.read();
        self.start_workers(now);
        self.lead();
        self.worker.turn(now);
    }

    /// Takes the parcels for other workers. Notices of this worker's nodes go to the coordinator
    /// beside it at once.
    pub(super) fn take_parcels(&mut self) -> Vec<Parcel<P::State, P::Message>> {
        let mut parcels: Vec<_> = self.worker.take_parcels().collect();
        if let Some(head) = &mut self.head
            && let Some(at) = parcels.iter().position(|parcel| parcel.to == 0)
        {
            head.coordination.hear(parcels.swap_remove(at).notices);
            head.is_behind = true;
        }
        parcels
    }

    pub(super) fn take_emitted(&mut self) -> Vec<Emitted<P::Message>> {
        self.worker.take_emitted()
    }

    pub(super) fn has_work(&self) -> bool {
        self.worker.has_work() || self.head.as_ref().is_some_and(|head| head.is_behind)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.worker.has_ended()
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.read()
    }

    /// When there is something to do if nothing comes before.
    pub(super) fn wake(&self) -> Option<Duration> {
        let head = self.head.as_ref().and_then(|head| head.coordination.wake());
        head.into_iter().chain(self.worker.next_due()).min()
    }

    /// The coordinator's first item to each worker.
    fn start_workers(&mut self, now: Duration) {
        let Some(head) = self.head.as_mut().filter(|head| !head.has_started) else { return };
        head.has_started = true;
        self.worker.send_to_others(|| Item::Start { now });
        self.worker.start();
    }

    /// Lets in what comes from outside, and carries out what the coordinator wants.
    ///
    /// Callers are heard first. A message that was accepted before a call for the last snapshot is
    /// then on its way to its node before the node is told to halt.
    fn lead(&mut self) {
        let Some(head) = &mut self.head else { return };
        head.is_behind = false;
        head.coordination.hear_callers();
        let worker = &mut self.worker;
        head.outside.drain(usize::MAX, |request| match request {
            FromOutside::Inject(node, message) => {
                worker.send_to_node(node, Item::Injected { node, message });
            }
            FromOutside::ToNode(node, command) => worker.send(Some(node), command),
        });
        for (node, command) in head.coordination.act() {
            worker.send(node, command);
        }
    }
}

/// The time on the coordinator's clock, as far as a worker knows it. A worker learns it when the
/// cluster starts, late by the time that a parcel takes. No node runs before.
struct ClusterClock {
    clock: Clock,
    /// The time on `clock` when the coordinator's time was learnt.
    zero: Duration,
    /// The coordinator's time then.
    ahead: Duration,
}

impl ClusterClock {
    fn set(&mut self, now: Duration) {
        (self.zero, self.ahead) = (self.clock.now(), now);
    }

    fn read(&self) -> Duration {
        self.clock.now().saturating_sub(self.zero) + self.ahead
    }
}

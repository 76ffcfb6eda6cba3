//! One worker's part of a cluster, driven by its operator: the nodes, and on the first worker the
//! ways to the coordinator and in from outside.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::coordinator::ToCoordinator;
use super::order::Order;
use super::parcel::{Item, Parcel};
use super::processes::Fate;
use super::worker::Worker;
use crate::id::NodeId;
use crate::process::{Emitted, Process};
use crate::runtime::Command;
use crate::sync::Receiver;

/// A state or a message that can travel to another process of the cluster. Every type that serde
/// can write and read is portable.
///
/// Between processes timely writes values with bincode, which does not name types or fields. Some
/// of serde's attributes need those, and cannot be read back: `untagged`, `tag`, `flatten`,
/// `skip_serializing_if`; nor can `serde_json::Value`. Such a value ends all processes when it
/// arrives in another one.
pub trait Portable: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Portable for T {}

pub(super) struct Station<P: Process> {
    pub(super) worker: Worker<P>,
    /// Only the first worker has a coordinator.
    pub(super) head: Option<Head<P::State, P::Message>>,
    /// That of all processes, where `start` has begun this worker.
    fate: Option<Arc<Fate>>,
}

/// What only the first worker has.
pub(super) struct Head<S, M> {
    pub(super) coordinator: ToCoordinator<S, M>,
    pub(super) orders: Receiver<Order<M>>,
    /// Whether the workers were told to start.
    pub(super) has_started: bool,
}

impl<P: Process> Station<P> {
    pub(super) fn new(worker: Worker<P>) -> Self {
        Station { worker, head: None, fate: Fate::of_this_thread() }
    }

    /// Takes in parcels from other workers.
    pub(super) fn take_in(&mut self, parcels: impl Iterator<Item = Parcel<P::State, P::Message>>) {
        for Parcel { visits, notices, .. } in parcels {
            if let Some(now) = self.worker.take_in(visits) {
                self.worker.clock.set(now);
                self.worker.start();
            }
            if let Some(head) = &self.head {
                head.coordinator.pass_on(notices);
            }
        }
    }

    /// Does a bounded part of the work that there is.
    pub(super) fn turn(&mut self) {
        if self.fate.as_ref().is_some_and(|fate| fate.lost().is_some()) {
            return self.worker.end();
        }
        self.start_workers(self.worker.clock.now());
        self.obey();
        self.worker.turn();
    }

    /// Ends the wait of a caller whose checkpoint is under way, if the first worker has ended.
    #[cfg(feature = "checkpoint")]
    pub(super) fn end_waits(&mut self) {
        if let Some(head) = self.head.as_mut().filter(|_| self.worker.has_ended()) {
            head.coordinator.saved = None;
        }
    }

    /// Takes the parcels for other workers. On the first worker, notices for the coordinator are
    /// passed on at once.
    pub(super) fn take_parcels(&mut self) -> Vec<Parcel<P::State, P::Message>> {
        let mut parcels: Vec<_> = self.worker.take_parcels().collect();
        if let Some(head) = &self.head
            && let Some(at) = parcels.iter().position(|parcel| parcel.to == 0)
        {
            head.coordinator.pass_on(parcels.swap_remove(at).notices);
        }
        parcels
    }

    pub(super) fn take_emitted(&mut self) -> Vec<Emitted<P::Message>> {
        self.worker.take_emitted()
    }

    pub(super) fn has_work(&self) -> bool {
        self.worker.has_work()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.worker.has_ended()
    }

    pub(super) fn now(&self) -> Duration {
        self.worker.clock.now()
    }

    /// Ends this worker, and hands back the processes of nodes that have not failed. Without the
    /// first worker no snapshot ends, so the whole cluster ends with it.
    pub(super) fn leave(&mut self) -> Vec<(NodeId, P)> {
        // The other workers wait for their start before they obey.
        self.start_workers(self.worker.clock.now());
        if let Some(head) = &self.head
            && !self.worker.has_ended()
        {
            head.coordinator.shut_down();
            // The coordinator's own order may come too late for this worker to carry it out.
            self.worker.send(None, Command::ShutDown);
        }
        let processes = self.worker.take_processes();
        #[cfg(feature = "checkpoint")]
        self.end_waits();
        processes
    }

    /// When there is something to do if nothing comes before.
    pub(super) fn wake(&self) -> Option<Duration> {
        self.worker.next_due()
    }

    /// The coordinator's first item to each worker.
    fn start_workers(&mut self, now: Duration) {
        let Some(head) = self.head.as_mut().filter(|head| !head.has_started) else { return };
        head.has_started = true;
        self.worker.send_to_others(|| Item::Start { now: Box::new(now) });
        self.worker.start();
    }

    /// Carries out the orders that have come.
    fn obey(&mut self) {
        let Some(head) = &self.head else { return };
        let worker = &mut self.worker;
        head.orders.drain(usize::MAX, |order| match order {
            Order::Inject(node, message) => worker.send_injected(node, message),
            Order::ToNode(node, command) => worker.send(Some(node), command),
            Order::ToAll(command) => worker.send(None, command),
            #[cfg(feature = "checkpoint")]
            Order::Save(step) => {
                worker.send_to_others(|| Item::Save(Box::new(step)));
                worker.save_step(step);
            }
        });
    }
}

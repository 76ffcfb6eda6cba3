//! The post room of a worker: what its nodes have put out, sorted by where it goes.

use std::sync::Arc;

use super::parcel::{ALL, Item, Notice, Parcel, Visit};
use super::places::{Place, Places};
use super::regions::Regions;
use crate::id::{LinkId, NodeId};
use crate::process::Emitted;
use crate::runtime::Recordings;
use crate::topology::{Link, Topology};

/// Sorts items by worker. Items between two nodes of the same worker never leave it.
pub(super) struct Post<S, M> {
    topology: Arc<Topology>,
    places: Arc<Places>,
    /// The worker itself.
    here: u32,
    /// What is to be done at nodes of this worker.
    pub(super) regions: Regions<M>,
    /// The parcel for each worker. That for this worker holds notices alone.
    parcels: Vec<Parcel<S, M>>,
    /// The workers whose parcels are not empty.
    begun: Vec<u32>,
    /// Recordings since the last turn ended.
    pub(super) recordings: Recordings<S, M>,
    /// Messages that nodes have emitted, in the order in which they did.
    pub(super) emitted: Vec<Emitted<M>>,
}

impl<S, M> Post<S, M> {
    pub(super) fn new(topology: Arc<Topology>, places: Arc<Places>, here: u32) -> Self {
        let nodes = places.nodes_on(here).count();
        let parcels = (0..places.workers() as u32).map(Parcel::new).collect();
        Post {
            topology,
            places,
            here,
            regions: Regions::new(nodes as u32),
            parcels,
            begun: Vec::new(),
            recordings: Recordings::new(),
            emitted: Vec::new(),
        }
    }

    pub(super) fn places(&self) -> Arc<Places> {
        Arc::clone(&self.places)
    }

    /// Sends a message to the target of its link.
    #[inline]
    pub(super) fn send(&mut self, Link { id: link, target, .. }: Link, message: M) {
        self.put(self.places.of(target), Item::Message { link, message });
    }

    /// Sends messages to the target of their link.
    pub(super) fn send_all(&mut self, link: LinkId, messages: Vec<M>) {
        let link = self.ends_of(link);
        messages.into_iter().for_each(|message| self.send(link, message));
    }

    /// Sends an item to the target of a link.
    pub(super) fn send_to_target(&mut self, link: LinkId, item: Item<M>) {
        self.put(self.places.of(self.ends_of(link).target), item);
    }

    /// Sends an item to the source of a link.
    pub(super) fn send_to_source(&mut self, link: LinkId, item: Item<M>) {
        self.put(self.places.of(self.ends_of(link).source), item);
    }

    /// Sends an item to a node.
    pub(super) fn send_to_node(&mut self, node: NodeId, item: Item<M>) {
        self.put(self.places.of(node), item);
    }

    /// The workers other than this.
    pub(super) fn others(&self) -> impl Iterator<Item = u32> + use<S, M> {
        let here = self.here;
        (0..self.parcels.len() as u32).filter(move |worker| *worker != here)
    }

    /// Sends an item for a whole worker.
    pub(super) fn send_to_worker(&mut self, worker: u32, item: Item<M>) {
        self.parcel(worker).visits.push(Visit { at: ALL, item });
    }

    /// Tells the coordinator.
    pub(super) fn tell(&mut self, notice: Notice<S, M>) {
        self.parcel(0).notices.push(notice);
    }

    /// Takes the parcels that are not empty.
    pub(super) fn take_parcels(&mut self) -> impl Iterator<Item = Parcel<S, M>> {
        let parcels = &mut self.parcels;
        self.begun.drain(..).map(|worker| parcels[worker as usize].take())
    }

    #[inline]
    fn put(&mut self, Place { worker, at }: Place, item: Item<M>) {
        if worker == self.here {
            self.regions.visit(at, item);
        } else {
            self.parcel(worker).visits.push(Visit { at, item });
        }
    }

    fn parcel(&mut self, worker: u32) -> &mut Parcel<S, M> {
        let parcel = &mut self.parcels[worker as usize];
        if parcel.is_empty() {
            self.begun.push(worker);
        }
        parcel
    }

    /// Links and items come from the same topology.
    fn ends_of(&self, link: LinkId) -> Link {
        self.topology.links()[link.index()]
    }
}

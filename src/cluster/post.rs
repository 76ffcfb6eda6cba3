//! The post room of a worker: what its nodes have put out, sorted by where it goes.

use std::sync::Arc;
use std::time::Duration;

use super::parcel::{ALL, Item, Notice, Parcel, Visit};
use super::places::{Place, Places};
use super::regions::Regions;
#[cfg(feature = "checkpoint")]
use super::worker::saving::Kept;
use crate::id::{LinkId, NodeId};
use crate::process::Emitted;
use crate::protocol::Report;
use crate::runtime::Recordings;
use crate::topology::{Link, Topology};

/// Recordings of which each is at most this much later than the one before are told together.
const SAME_TIME: Duration = Duration::from_millis(1);

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
    /// Copies of recordings, while a checkpoint is under way.
    #[cfg(feature = "checkpoint")]
    pub(super) kept: Option<Kept<S, M>>,
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
            #[cfg(feature = "checkpoint")]
            kept: None,
        }
    }

    /// The worker itself.
    #[cfg(feature = "checkpoint")]
    pub(super) fn here(&self) -> u32 {
        self.here
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
    pub(super) fn send_all(&mut self, link: Link, messages: Vec<M>) {
        messages.into_iter().for_each(|message| self.send(link, message));
    }

    /// Sends an item to the target of a link.
    pub(super) fn send_to_target(&mut self, link: Link, item: Item<M>) {
        self.put(self.places.of(link.target), item);
    }

    /// Sends an item to the source of a link.
    pub(super) fn send_to_source(&mut self, link: LinkId, item: Item<M>) {
        // Links and items come from the same topology.
        self.put(self.places.of(self.topology.links()[link.index()].source), item);
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

    /// Puts messages that a node has emitted behind the others. They have no numbers yet.
    pub(super) fn emit(&mut self, node: NodeId, messages: Vec<M>) {
        self.emitted.extend(messages.into_iter().map(|message| Emitted {
            node,
            number: 0,
            message,
        }));
    }

    /// Numbers the emitted messages from the place `first` on. All are of one node, and the last of
    /// them has the number `last`.
    pub(super) fn number_emitted(&mut self, first: usize, last: u64) {
        for (back, emitted) in self.emitted[first..].iter_mut().rev().enumerate() {
            emitted.number = last - back as u64;
        }
    }

    /// Tells the coordinator.
    pub(super) fn tell(&mut self, notice: Notice<S, M>) {
        self.parcel(0).notices.push(notice);
    }

    /// Adds a recording that is made now. Recordings that were made at another time go first.
    pub(super) fn record(&mut self, report: Report<S, M>, now: Duration) {
        if now > self.recordings.at + SAME_TIME {
            self.tell_recordings();
        }
        #[cfg(feature = "checkpoint")]
        if let (Some(kept), Report::Node(record)) = (&mut self.kept, &report) {
            kept.keep(record, now);
        }
        self.recordings.push(report, now);
    }

    /// Tells the coordinator of the recordings so far.
    pub(super) fn tell_recordings(&mut self) {
        if let Some(recordings) = self.recordings.take() {
            self.tell(Notice::Recordings(recordings));
        }
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::placement::Placement;
    use crate::id::SnapshotId;

    /// Node 0 and node 2 of a ring are on worker 0, node 1 and node 3 on worker 1.
    fn post(here: u32) -> Post<(), u64> {
        let topology = Arc::new(Topology::ring(4).expect("a ring"));
        let placement = Placement::by(|node| node.index() % 2);
        let places = Arc::new(Places::new(&topology, &placement, 2).expect("fits"));
        Post::new(topology, places, here)
    }

    fn link(index: u32) -> LinkId {
        LinkId::new(index)
    }

    /// The words for what goes to one place, in order.
    fn words<'a>(visits: impl Iterator<Item = &'a Visit<u64>>) -> Vec<(u32, String)> {
        let word = |item: &Item<u64>| match item {
            Item::Message { message, .. } => message.to_string(),
            Item::Marker { .. } => "marker".to_owned(),
            Item::Acknowledged { .. } => "acknowledged".to_owned(),
            other => format!("{other:?}"),
        };
        visits.map(|visit| (visit.at, word(&visit.item))).collect()
    }

    #[test]
    fn what_goes_to_one_worker_keeps_its_order() {
        let mut post = post(0);
        post.send_all(post.topology.links()[0], vec![1, 2]);
        post.send_to_target(
            post.topology.links()[0],
            Item::Marker { link: link(0), snapshot: SnapshotId::new(1) },
        );
        // Link 3 comes from node 3, which gets the acknowledgement.
        post.send_to_source(link(3), Item::Acknowledged { link: link(3), received: 1 });
        post.send_all(post.topology.links()[0], vec![3]);
        post.send_all(post.topology.links()[2], vec![4]);
        let parcels: Vec<_> = post.take_parcels().collect();
        let [parcel] = &parcels[..] else { panic!("{parcels:?}") };
        assert_eq!(parcel.to, 1);
        let expected = [(0, "1"), (0, "2"), (0, "marker"), (1, "acknowledged"), (0, "3"), (1, "4")];
        let expected: Vec<_> = expected.map(|(at, word)| (at, word.to_owned())).into();
        assert_eq!(words(parcel.visits.iter()), expected);
        assert_eq!(post.take_parcels().count(), 0, "they were taken");
        assert!(post.regions.is_empty());
    }

    #[test]
    fn what_stays_on_the_worker_goes_to_its_regions_and_notices_to_the_first() {
        let mut post = post(1);
        post.send_all(post.topology.links()[0], vec![7]);
        post.send_to_node(NodeId::new(3), Item::Injected { node: NodeId::new(3), message: 8 });
        post.tell(Notice::Requested(NodeId::new(3)));
        let parcels: Vec<_> = post.take_parcels().collect();
        let [parcel] = &parcels[..] else { panic!("{parcels:?}") };
        assert_eq!((parcel.to, parcel.visits.len(), parcel.notices.len()), (0, 0, 1));
        let region = post.regions.enter().expect("it has work");
        let first = post.regions.next_visit(region).expect("two items");
        let second = post.regions.next_visit(region).expect("two items");
        assert_eq!((first.at, second.at), (0, 1));
        assert!(post.regions.next_visit(region).is_none());
    }

    #[test]
    fn emitted_messages_are_numbered_up_to_the_last_of_their_node() {
        let mut post = post(0);
        post.emit(NodeId::new(0), vec![10, 20]);
        post.number_emitted(0, 2);
        post.emit(NodeId::new(2), vec![30]);
        post.emit(NodeId::new(2), vec![40, 50]);
        post.number_emitted(2, 9);
        let numbers = post.emitted.iter().map(|emitted| (emitted.number, emitted.message));
        assert!(numbers.eq([(1, 10), (2, 20), (7, 30), (8, 40), (9, 50)]));
    }
}

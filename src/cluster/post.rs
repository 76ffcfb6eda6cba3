//! The post room of a worker: what its nodes have put out, sorted by where it goes.

use std::sync::Arc;
use std::time::Duration;

use super::parcel::{ALL, Item, Notice, Parcel, Row, Visits};
use super::places::{Place, Places};
use super::regions::Regions;
#[cfg(feature = "checkpoint")]
use super::worker::saving::Kept;
use crate::id::{LinkId, NodeId};
use crate::process::Emitted;
use crate::protocol::Report;
use crate::runtime::{Command, Recordings};
use crate::topology::{Link, Topology};

/// Recordings of which each is at most this much later than the one before are told together.
const SAME_TIME: Duration = Duration::from_millis(1);

/// This many messages of a link are one item. Fewer wait one by one, which needs no memory beside
/// that of the items. On the way to another worker two are a row already, since a row is shorter.
pub(super) const ROW: usize = 4;

/// The most emptied rows that are kept.
const KEPT_ROWS: usize = 1024;

/// The memory of visits that have come is not kept if it is for more items than this.
const MOST_VISITS: usize = 16_384;

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
    /// The memory of visits that have come.
    emptied: Vec<Visits<M>>,
    /// How many messages and other items the parcels hold.
    leaving: usize,
    /// Rows without messages and without memory for them.
    rows: Vec<Row<M>>,
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
            emptied: Vec::new(),
            leaving: 0,
            rows: Vec::new(),
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
    #[inline(always)]
    pub(super) fn send(&mut self, Link { id: link, target, .. }: Link, message: M) {
        self.put(self.places.of(target), Item::Message { link, message });
    }

    /// Sends messages in a row to the target of their link, and leaves `messages` empty.
    #[inline]
    pub(super) fn send_row(&mut self, link: Link, messages: &mut Vec<M>) {
        let Place { worker, at } = self.places.of(link.target);
        if worker != self.here && messages.len() > 1 {
            self.leaving += messages.len();
            self.parcel(worker).visits.push_row(at, link.id, messages);
        } else if messages.len() < ROW {
            messages.drain(..).for_each(|message| self.send(link, message));
        } else {
            self.put_row(at, link.id, std::mem::take(messages));
        }
    }

    /// Puts messages in a row into the mailbox of a node of this worker.
    pub(super) fn put_row(&mut self, at: u32, link: LinkId, messages: Vec<M>) {
        let mut row = self.rows.pop().unwrap_or_default();
        *row = messages.into();
        self.regions.put(at, Item::Row { link, messages: row });
    }

    /// Takes the memory of an emptied row. The row itself is kept for other messages.
    #[inline]
    pub(super) fn memory_of(&mut self, mut emptied: Row<M>) -> Vec<M> {
        let memory = std::mem::take(&mut *emptied).into();
        if self.rows.len() < KEPT_ROWS {
            self.rows.push(emptied);
        }
        memory
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

    /// Sends an injected message to its node.
    pub(super) fn inject(&mut self, node: NodeId, message: M) {
        self.put(self.places.of(node), Item::Injected { node, message });
    }

    /// Sends a command to a node.
    pub(super) fn command(&mut self, node: NodeId, command: Command) {
        let Place { worker, at } = self.places.of(node);
        let item = Item::ToNode(Box::new(command));
        if worker == self.here {
            self.regions.command(at, item);
        } else {
            self.parcel(worker).visits.push(at, item);
        }
    }

    /// How many messages and other items wait to leave for other workers.
    #[inline]
    pub(super) fn leaving(&self) -> usize {
        self.leaving
    }

    /// The workers other than this.
    pub(super) fn others(&self) -> impl Iterator<Item = u32> + use<S, M> {
        let here = self.here;
        (0..self.parcels.len() as u32).filter(move |worker| *worker != here)
    }

    /// Sends an item for a whole worker.
    pub(super) fn send_to_worker(&mut self, worker: u32, item: Item<M>) {
        self.parcel(worker).visits.push(ALL, item);
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
        self.leaving = 0;
        let Post { parcels, emptied, .. } = self;
        self.begun
            .drain(..)
            .map(|worker| parcels[worker as usize].take(emptied.pop().unwrap_or_else(Visits::new)))
    }

    /// Takes the memory of visits that have come, for those that leave next.
    pub(super) fn reuse(&mut self, emptied: Visits<M>) {
        if self.emptied.len() < self.parcels.len() && (1..=MOST_VISITS).contains(&emptied.room()) {
            self.emptied.push(emptied);
        }
    }

    // A message is written where it stays, and not copied on the way. A copy of fields that were just
    // written would wait for them.
    #[inline(always)]
    fn put(&mut self, Place { worker, at }: Place, item: Item<M>) {
        if worker == self.here {
            self.regions.put(at, item);
        } else {
            self.leaving += 1;
            self.parcel(worker).visits.push(at, item);
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

    /// The words for what goes to one worker, in order.
    fn words(mut parcel: Parcel<(), u64>) -> Vec<(u32, String)> {
        let (visits, mut in_rows) = parcel.visits.drain();
        let mut word = |item: &Item<u64>| match item {
            Item::Message { message, .. } => message.to_string(),
            Item::RowApart { messages, .. } => {
                format!("{:?}", in_rows.by_ref().take(*messages as usize).collect::<Vec<_>>())
            }
            Item::Marker { .. } => "marker".to_owned(),
            Item::Acknowledged { .. } => "acknowledged".to_owned(),
            other => format!("{other:?}"),
        };
        let words = visits.map(|visit| (visit.at, word(&visit.item))).collect();
        assert_eq!(in_rows.next(), None, "each row has its messages");
        words
    }

    #[test]
    fn what_goes_to_one_worker_keeps_its_order() {
        let mut post = post(0);
        let links = post.topology.links().to_vec();
        post.send_row(links[0], &mut vec![1, 2]);
        let marker = Item::Marker { link: link(0), snapshot: SnapshotId::new(1) };
        post.send_to_target(links[0], marker);
        // Link 3 comes from node 3, which gets the acknowledgement.
        post.send_to_source(link(3), Item::Acknowledged { link: link(3), received: 1 });
        post.send_row(links[0], &mut (10..10 + ROW as u64).collect());
        post.send_row(links[0], &mut vec![3]);
        post.send_row(links[2], &mut (20..25).collect());
        assert_eq!(post.leaving(), 2 + ROW + 1 + 5 + 2);
        let mut parcels: Vec<_> = post.take_parcels().collect();
        assert_eq!((parcels.len(), parcels[0].to), (1, 1));
        let expected = [
            (0, "[1, 2]"),
            (0, "marker"),
            (1, "acknowledged"),
            (0, "[10, 11, 12, 13]"),
            (0, "3"),
            (1, "[20, 21, 22, 23, 24]"),
        ];
        let expected: Vec<_> = expected.map(|(at, word)| (at, word.to_owned())).into();
        assert_eq!(words(parcels.remove(0)), expected);
        assert_eq!((post.take_parcels().count(), post.leaving()), (0, 0), "they were taken");
        assert!(post.regions.is_empty());
    }

    #[test]
    fn what_stays_on_the_worker_goes_to_its_regions_and_notices_to_the_first() {
        let mut post = post(1);
        post.send_row(post.topology.links()[0], &mut vec![7]);
        post.send_row(post.topology.links()[0], &mut (1..=ROW as u64).collect());
        post.inject(NodeId::new(3), 8);
        post.tell(Notice::Requested(NodeId::new(3)));
        let parcels: Vec<_> = post.take_parcels().collect();
        let [parcel] = &parcels[..] else { panic!("{parcels:?}") };
        assert_eq!((parcel.to, parcel.visits.is_empty(), parcel.notices.len()), (0, true, 1));
        let region = post.regions.enter().expect("it has work");
        assert_eq!(post.regions.next_node(region), Some(0));
        let Some(Item::Message { message: 7, .. }) = post.regions.take_item(0) else { panic!() };
        let Some(Item::Row { messages, .. }) = post.regions.take_item(0) else { panic!() };
        assert!(messages.iter().copied().eq(1..=ROW as u64));
        assert_eq!(post.memory_of(messages).capacity(), ROW, "the memory is used again");
        assert_eq!(post.regions.next_node(region), Some(1));
        assert_eq!(post.regions.next_node(region), None);
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

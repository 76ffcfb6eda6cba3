//! A world of nodes without threads: links, a collector, and a log of all that happened, one step at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::protocol::{
    BeginError, CollectorCore, Envelope, MarkerPolicy, Missing, NodeCore, Output, Report,
};
use consistent_cut::{GlobalSnapshot, LinkId, NodeId, SnapshotId, Topology};

use crate::chance::Chance;
use crate::node::Node;
use crate::teller::{Character, Ledger, Note, Task, Teller, Value};

pub(crate) type Snapshot = GlobalSnapshot<Ledger, Note>;

/// A handler that ran: at a node, as its which-th (from 0), for which message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) node: NodeId,
    pub(crate) step: u64,
    /// Link and number of the message; `None` for `on_start`.
    pub(crate) received: Option<(LinkId, u64)>,
}

/// How a link may break its promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LinkFault {
    /// Markers have a queue of their own, which is served first.
    MarkersOvertake,
    /// Every second message is put before the one sent just ahead of it.
    MessagesSwap,
    /// A message passes the marker ahead of it.
    MessagesPassMarkers,
}

/// What travels on a link, and when a link with delays may deliver it.
#[derive(Debug)]
struct Parcel {
    envelope: Envelope<Note>,
    due: u64,
}

pub(crate) struct World {
    pub(crate) topology: Arc<Topology>,
    pub(crate) nodes: Vec<Box<dyn Node>>,
    pub(crate) collector: CollectorCore<Ledger, Note>,
    pub(crate) link_fault: Option<LinkFault>,
    /// Draws how many ticks longer than one each envelope travels.
    pub(crate) delays: Option<Chance>,
    /// Whether reports wait for [`bring_report`](Self::bring_report).
    pub(crate) hold_reports: bool,
    /// Whether [`hop`](Self::hop) takes two calls.
    pub(crate) split_hops: bool,
    queues: Vec<VecDeque<Parcel>>,
    pub(crate) reports: Vec<Report<Ledger, Note>>,
    /// Steps taken: the collector's clock.
    moves: u64,
    /// Ticks passed: the clock of links with delays.
    ticks: u64,

    /// Every message ever put on a link, environment links included.
    pub(crate) log: Vec<Vec<Note>>,
    pub(crate) events: Vec<Event>,
    /// Markers put on each link, by id.
    pub(crate) markers: BTreeMap<(LinkId, SnapshotId), u32>,
    /// Messages injected at a node by the time it reported its state.
    pub(crate) injected_at_record: BTreeMap<(SnapshotId, NodeId), u64>,
    /// Ids begun and not abandoned.
    pub(crate) begun: BTreeSet<SnapshotId>,
    pub(crate) requests: Vec<NodeId>,
    /// In the order in which they completed.
    pub(crate) snapshots: Vec<Snapshot>,
}

impl World {
    /// Nodes that have not started.
    pub(crate) fn new(topology: Arc<Topology>, node: impl Fn(NodeId) -> Box<dyn Node>) -> Self {
        World {
            nodes: topology.nodes().map(node).collect(),
            collector: CollectorCore::new(Arc::clone(&topology)),
            link_fault: None,
            delays: None,
            hold_reports: false,
            split_hops: false,
            queues: topology.links().iter().map(|_| VecDeque::new()).collect(),
            reports: Vec::new(),
            moves: 0,
            ticks: 0,
            log: topology.all_links().map(|_| Vec::new()).collect(),
            events: Vec::new(),
            markers: BTreeMap::new(),
            injected_at_record: BTreeMap::new(),
            begun: BTreeSet::new(),
            requests: Vec::new(),
            snapshots: Vec::new(),
            topology,
        }
    }

    /// Node cores whose tellers do only what they are told; started.
    pub(crate) fn quiet(topology: Topology, policy: MarkerPolicy) -> Self {
        let mut world = World::cores(&Arc::new(topology), policy, Character::default());
        world.start_all();
        world
    }

    pub(crate) fn cores(
        topology: &Arc<Topology>,
        policy: MarkerPolicy,
        character: Character,
    ) -> Self {
        World::new(Arc::clone(topology), |node| {
            let teller = Teller::new(node, topology, character);
            Box::new(NodeCore::new(node, Arc::clone(topology), teller, policy))
        })
    }

    pub(crate) fn start_all(&mut self) {
        self.topology.nodes().for_each(|node| self.start(node));
    }
}

/// Steps.
impl World {
    pub(crate) fn start(&mut self, node: NodeId) {
        self.step(node, |core| core.start());
    }

    /// Delivers the head of a link; false if nothing is on it.
    pub(crate) fn deliver(&mut self, link: LinkId) -> bool {
        let Some(parcel) = self.queues[link.index()].pop_front() else { return false };
        let target = self.topology.links()[link.index()].target;
        self.step(target, |core| core.arrive(link, parcel.envelope));
        true
    }

    /// Delivers everything on a link, one after the other.
    pub(crate) fn deliver_all(&mut self, link: LinkId) {
        while self.deliver(link) {}
    }

    /// Delivers the head of a link and has its target process something, in one call or in two.
    pub(crate) fn hop(&mut self, link: LinkId) {
        let Some(parcel) = self.queues[link.index()].pop_front() else { return };
        let target = self.topology.links()[link.index()].target;
        let split = self.split_hops;
        self.step(target, |core| {
            if split {
                core.arrive(link, parcel.envelope);
                core.process_next();
            } else {
                core.arrive_and_process(link, parcel.envelope);
            }
        });
    }

    pub(crate) fn process(&mut self, node: NodeId) -> bool {
        let mut handled = false;
        self.step(node, |core| handled = core.process_next());
        handled
    }

    pub(crate) fn process_all(&mut self, node: NodeId) {
        while self.process(node) {}
    }

    /// A message from outside: tasks for its receiver; or, without any, one coin and a reason to pay on.
    pub(crate) fn inject(&mut self, node: NodeId, tasks: &[Task]) {
        let link = self.topology.environment_link(node).expect("a node of the topology").id;
        let number = self.log[link.index()].len() as u64 + 1;
        let (amount, hops) = if tasks.is_empty() { (1, 2) } else { (0, 0) };
        let note = Note { link, number, amount: Value::Own(amount), hops, tasks: tasks.to_vec() };
        self.log[link.index()].push(note.clone());
        self.step(node, |core| core.arrive(link, Envelope::Message(note)));
    }

    /// Injects and processes all that waits at the node.
    pub(crate) fn tell(&mut self, node: NodeId, tasks: &[Task]) {
        self.inject(node, tasks);
        self.process_all(node);
    }

    /// Begins a snapshot at the collector. The initiators are still to be asked.
    pub(crate) fn announce(
        &mut self,
        id: SnapshotId,
        initiators: &[NodeId],
    ) -> Result<(), BeginError> {
        self.collector.begin(id, initiators, Duration::from_nanos(self.moves))?;
        self.begun.insert(id);
        Ok(())
    }

    /// Has a node initiate a snapshot.
    pub(crate) fn ask(&mut self, id: SnapshotId, node: NodeId) {
        self.step(node, |core| core.begin_snapshot(id));
    }

    /// Begins a snapshot and asks all its initiators at once.
    pub(crate) fn begin(&mut self, id: u64, initiators: &[NodeId]) -> SnapshotId {
        let id = SnapshotId::new(id);
        self.announce(id, initiators).unwrap_or_else(|error| panic!("{error}"));
        initiators.iter().for_each(|&node| self.ask(id, node));
        id
    }

    /// Gives up a snapshot at the collector; the nodes are still to be told.
    pub(crate) fn abandon(&mut self, id: SnapshotId) -> Option<Missing> {
        self.begun.remove(&id);
        self.collector.abandon(id)
    }

    pub(crate) fn abandon_at(&mut self, id: SnapshotId, node: NodeId) {
        self.step(node, |core| core.abandon_snapshot(id));
    }

    /// Brings one of the waiting reports to the collector.
    pub(crate) fn bring_report(&mut self, index: usize) {
        let report = self.reports.swap_remove(index);
        self.add(report);
    }

    /// Lets everything happen that still can.
    pub(crate) fn settle(&mut self) {
        loop {
            let before = self.moves;
            for link in 0..self.queues.len() {
                self.deliver_all(LinkId::new(link as u32));
            }
            for node in
                self.topology.nodes().filter(|&node| self.can_process(node)).collect::<Vec<_>>()
            {
                self.process_all(node);
            }
            while !self.reports.is_empty() {
                self.bring_report(0);
            }
            if before == self.moves && !self.idle() {
                return;
            }
        }
    }

    /// Tells all nodes that nothing else will happen; whether one of them then did something.
    fn idle(&mut self) -> bool {
        let idle = |node: &NodeId| self.nodes[node.index()].has_leftovers();
        let left: Vec<_> = self.topology.nodes().filter(idle).collect();
        left.iter().for_each(|&node| self.step(node, |core| core.idle()));
        !left.is_empty()
    }

    /// One more unit of time for links with delays.
    pub(crate) fn tick(&mut self) {
        self.ticks += 1;
    }
}

/// What a step does to the world.
impl World {
    fn step(&mut self, node: NodeId, call: impl FnOnce(&mut dyn Node)) {
        self.moves += 1;
        let core = self.nodes[node.index()].as_mut();
        let before = core.teller().ledger.steps;
        call(core);
        let teller = core.teller();
        if teller.ledger.steps > before {
            assert_eq!(teller.ledger.steps, before + 1, "one handler a call");
            self.events.push(Event { node, step: before, received: teller.last });
        }
        for output in core.drain() {
            self.carry_out(node, output);
        }
    }

    fn carry_out(&mut self, node: NodeId, output: Output<Ledger, Note>) {
        match output {
            Output::Send { link, slot, envelope } => {
                assert_eq!(self.topology.out_slot(link), Some(slot), "{link} of {node}");
                self.put(link, envelope);
            }
            Output::Report(report) => self.report(report),
            Output::RequestSnapshot => self.requests.push(node),
            Output::Stopped => {}
        }
    }

    fn put(&mut self, link: LinkId, envelope: Envelope<Note>) {
        match &envelope {
            Envelope::Message(note) => self.log[link.index()].push(note.own_copy()),
            Envelope::Marker(id) => *self.markers.entry((link, *id)).or_default() += 1,
        }
        let longer = self.delays.as_mut().map_or(0, |chance| chance.below(5) as u64);
        let queue = &mut self.queues[link.index()];
        let place = self.link_fault.map_or(queue.len(), |fault| fault.place(queue, &envelope));
        queue.insert(place, Parcel { envelope, due: self.ticks + 1 + longer });
    }

    fn report(&mut self, report: Report<Ledger, Note>) {
        if let Report::Node(record) = &report {
            let link = self.topology.environment_link(record.node).expect("a node").id;
            let injected = self.log[link.index()].len() as u64;
            self.injected_at_record.entry((record.snapshot, record.node)).or_insert(injected);
        }
        if self.hold_reports {
            self.reports.push(report);
        } else {
            self.add(report);
        }
    }

    fn add(&mut self, report: Report<Ledger, Note>) {
        if let Some(snapshot) = self.collector.add(report, Duration::from_nanos(self.moves)) {
            let twice = self.snapshots.iter().any(|earlier| earlier.id() == snapshot.id());
            assert!(!twice, "{} completed twice", snapshot.id());
            self.snapshots.push(snapshot);
        }
    }
}

/// Questions.
impl World {
    pub(crate) fn on_link(&self, link: LinkId) -> usize {
        self.queues[link.index()].len()
    }

    /// Whether the head of the link has travelled long enough.
    pub(crate) fn is_due(&self, link: LinkId) -> bool {
        self.queues[link.index()].front().is_some_and(|parcel| parcel.due <= self.ticks)
    }

    pub(crate) fn can_process(&self, node: NodeId) -> bool {
        let core = &self.nodes[node.index()];
        !core.is_stopped() && core.waiting() > 0
    }

    pub(crate) fn ledger(&self, node: NodeId) -> &Ledger {
        &self.nodes[node.index()].teller().ledger
    }

    pub(crate) fn has_recorded(&self, id: SnapshotId, node: NodeId) -> bool {
        self.injected_at_record.contains_key(&(id, node))
    }

    /// The snapshot with this id, which must have completed.
    pub(crate) fn snapshot(&self, id: SnapshotId) -> &Snapshot {
        let found = self.snapshots.iter().find(|snapshot| snapshot.id() == id);
        found.unwrap_or_else(|| panic!("{id} has not completed: {:?}", self.collector.missing(id)))
    }

    /// The numbers of the messages recorded on a link.
    pub(crate) fn recorded(&self, id: SnapshotId, link: LinkId) -> Vec<u64> {
        self.snapshot(id).channel(link).messages().iter().map(|note| note.number).collect()
    }

    pub(crate) fn live_snapshots(&self) -> usize {
        self.nodes.iter().map(|node| node.live_snapshots()).sum()
    }
}

impl LinkFault {
    /// Where the new envelope goes; at the end of an honest link.
    fn place(self, queue: &VecDeque<Parcel>, new: &Envelope<Note>) -> usize {
        let last_is_marker = queue.back().map(|parcel| parcel.envelope.is_marker());
        match (self, new) {
            (LinkFault::MarkersOvertake, Envelope::Marker(_)) => {
                queue.iter().take_while(|parcel| parcel.envelope.is_marker()).count()
            }
            (LinkFault::MessagesSwap, Envelope::Message(note))
                if last_is_marker == Some(false) && note.number % 2 == 0 =>
            {
                queue.len() - 1
            }
            (LinkFault::MessagesPassMarkers, Envelope::Message(_))
                if last_is_marker == Some(true) =>
            {
                queue.len() - 1
            }
            _ => queue.len(),
        }
    }
}

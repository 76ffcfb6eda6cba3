//! A world of nodes without threads: links, a collector, and a log of all that happened, one step
//! at a time.

mod back;
mod causes;
mod effects;
mod failing;
mod questions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::causality::Trace;
use consistent_cut::protocol::{
    Abandoned, BeginError, CollectorCore, Envelope, MarkerPolicy, NodeCore, Report,
};
use consistent_cut::{GlobalSnapshot, Link, LinkId, NodeId, SnapshotId, TimerId, Topology};

use crate::chance::Chance;
use crate::link_fault::LinkFault;
use crate::node::Node;
use crate::oracles::Violation;
use crate::sights::Sight;
use crate::teller::{Cause, Character, Ledger, Note, Task, Teller, Value, moves};

use causes::Causes;

pub(crate) type Snapshot = GlobalSnapshot<Ledger, Note>;

/// A handler that ran: its node, its number at the node (from 0), and its cause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) node: NodeId,
    pub(crate) step: u64,
    pub(crate) cause: Cause,
}

/// An envelope on a link, and the tick from which a link with delays may deliver it.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) envelope: Envelope<Note>,
    due: u64,
}

/// A link as the world knows it, without asking its sender.
#[derive(Clone, Copy, Debug, Default)]
struct Room {
    capacity: Option<u64>,
    /// Messages handed to the target.
    delivered: u64,
    /// The delivered messages that the target has processed.
    processed: u64,
    /// The processed messages of which the sender was told.
    told: u64,
}

pub(crate) struct World {
    pub(crate) topology: Arc<Topology>,
    pub(crate) nodes: Vec<Box<dyn Node>>,
    pub(crate) collector: CollectorCore<Ledger, Note>,
    pub(crate) link_fault: Option<LinkFault>,
    /// Draws the ticks, beyond one, that each envelope travels.
    pub(crate) delays: Option<Chance>,
    /// Whether reports wait for [`bring_report`](Self::bring_report).
    pub(crate) hold_reports: bool,
    /// Whether the sender is told of processed messages by [`acknowledge`](Self::acknowledge) only.
    pub(crate) hold_acknowledgements: bool,
    /// Whether [`hop`](Self::hop) takes two calls.
    pub(crate) split_hops: bool,
    queues: Vec<VecDeque<Parcel>>,
    /// Markers that go back on links with a capacity. An acknowledgement passes none.
    backs: Vec<VecDeque<SnapshotId>>,
    rooms: Vec<Room>,
    /// Nodes that have run a handler, or were stopped, and were not asked to process since then.
    stirred: BTreeSet<NodeId>,
    /// Reports on their way, with the times at which they were made.
    pub(crate) reports: Vec<(Report<Ledger, Note>, Duration)>,
    /// Steps taken: the clock of collector and timers.
    moves: u64,
    /// Ticks passed: the clock of links with delays.
    ticks: u64,

    /// The snapshot that the nodes went on from, if they did not start.
    pub(crate) origin: Option<Snapshot>,
    /// Nodes that have failed.
    pub(crate) down: BTreeSet<NodeId>,
    /// Every message ever put on a link, environment links included.
    pub(crate) log: Vec<Vec<Note>>,
    pub(crate) events: Vec<Event>,
    causes: Causes,
    /// Markers put on each link, by id, and markers that went back.
    pub(crate) markers: BTreeMap<(LinkId, SnapshotId), u32>,
    pub(crate) returned: BTreeMap<(LinkId, SnapshotId), u32>,
    /// The timers pending at each node, and when they are due.
    timers: BTreeMap<(NodeId, TimerId), Duration>,
    /// Messages injected at a node by the time it reported its state.
    pub(crate) injected_at_record: BTreeMap<(SnapshotId, NodeId), u64>,
    /// The timers pending at that time, and how long they had left.
    pub(crate) timers_at_record: BTreeMap<(SnapshotId, NodeId), Vec<(TimerId, Duration)>>,
    recorded_at: BTreeMap<(SnapshotId, NodeId), u64>,
    /// Ids begun and not abandoned, with the nodes that they go without.
    pub(crate) begun: BTreeMap<SnapshotId, Vec<NodeId>>,
    pub(crate) requests: Vec<NodeId>,
    /// The snapshots, in the order in which they completed.
    pub(crate) snapshots: Vec<Snapshot>,
    /// Reports that the collector handed back.
    pub(crate) refused: Vec<Report<Ledger, Note>>,
    /// The faults that were noticed when they happened.
    pub(crate) breaches: Vec<Violation>,
    pub(crate) seen: BTreeSet<Sight>,
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
            hold_acknowledgements: false,
            split_hops: false,
            queues: topology.links().iter().map(|_| VecDeque::new()).collect(),
            backs: topology.links().iter().map(|_| VecDeque::new()).collect(),
            rooms: topology.all_links().map(|_| Room::default()).collect(),
            stirred: BTreeSet::new(),
            reports: Vec::new(),
            moves: 0,
            ticks: 0,
            origin: None,
            down: BTreeSet::new(),
            log: topology.all_links().map(|_| Vec::new()).collect(),
            events: Vec::new(),
            causes: Causes::new(Trace::new(Arc::clone(&topology))),
            markers: BTreeMap::new(),
            returned: BTreeMap::new(),
            timers: BTreeMap::new(),
            injected_at_record: BTreeMap::new(),
            timers_at_record: BTreeMap::new(),
            recorded_at: BTreeMap::new(),
            begun: BTreeMap::new(),
            requests: Vec::new(),
            snapshots: Vec::new(),
            refused: Vec::new(),
            breaches: Vec::new(),
            seen: BTreeSet::new(),
            topology,
        }
    }

    /// Node cores whose tellers do only what they are told; started.
    pub(crate) fn quiet(topology: Topology, policy: MarkerPolicy) -> Self {
        World::quiet_with_room(topology, policy, &[])
    }

    /// As [`quiet`](Self::quiet), with capacities for links by number.
    pub(crate) fn quiet_with_room(
        topology: Topology,
        policy: MarkerPolicy,
        capacities: &[(u32, u64)],
    ) -> Self {
        let mut world = World::cores(&Arc::new(topology), policy, Character::default());
        for &(link, capacity) in capacities {
            world.set_capacity(LinkId::new(link), capacity);
        }
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
            let mut core = NodeCore::new(node, Arc::clone(topology), teller, policy);
            if node.index() % 2 == 0 {
                core.keep_apart();
            }
            Box::new(core)
        })
    }

    /// Before the start.
    pub(crate) fn set_capacity(&mut self, link: LinkId, capacity: u64) {
        self.rooms[link.index()].capacity = Some(capacity);
        let Link { source, target, .. } = self.topology.links()[link.index()];
        for end in [source, target] {
            self.nodes[end.index()].set_capacity(link, capacity);
        }
        self.collector.set_capacity(link, capacity);
        self.causes.set_capacity(link, capacity);
    }

    pub(crate) fn start_all(&mut self) {
        self.topology.nodes().for_each(|node| self.start(node));
    }
}

/// The steps of a world.
impl World {
    pub(crate) fn start(&mut self, node: NodeId) {
        self.step(node, |core| core.start());
    }

    /// Delivers the head of a link. False if the link is empty. Messages to a node that has failed
    /// are lost.
    pub(crate) fn deliver(&mut self, link: LinkId) -> bool {
        let Some((target, envelope)) = self.take_off(link) else { return false };
        self.step(target, |core| core.arrive(link, envelope));
        self.drain_if_down(link);
        true
    }

    /// Delivers everything on a link, one after the other.
    pub(crate) fn deliver_all(&mut self, link: LinkId) {
        while self.deliver(link) {}
    }

    /// Delivers the head of a link and has its target process something, in one call or in two.
    pub(crate) fn hop(&mut self, link: LinkId) {
        let Some((target, envelope)) = self.take_off(link) else { return };
        let split = self.split_hops;
        let mut handled = None;
        self.step(target, |core| {
            handled = if split {
                core.arrive(link, envelope);
                core.process_next()
            } else {
                core.deliver_and_process(link, envelope)
            };
        });
        self.drain_if_down(link);
        self.after_processing(target, handled);
    }

    pub(crate) fn process(&mut self, node: NodeId) -> bool {
        let mut handled = None;
        self.step(node, |core| handled = core.process_next());
        self.after_processing(node, handled)
    }

    pub(crate) fn process_all(&mut self, node: NodeId) {
        while self.process(node) {}
    }

    /// Lets a node handle the timer that is due next; false if none is due by now, or it handles
    /// nothing.
    pub(crate) fn fire(&mut self, node: NodeId) -> bool {
        let (now, mut fired) = (self.now(), false);
        self.step(node, |core| fired = core.fire_timer(now));
        fired
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, moves: u64) {
        self.moves += moves;
    }

    /// Stops a node from outside.
    pub(crate) fn stop(&mut self, node: NodeId) {
        self.stirred.insert(node);
        self.step(node, |core| core.stop());
    }

    /// A message from outside: tasks for its receiver; or, without any, one coin and a reason to
    /// pay on. A node that has failed takes none.
    pub(crate) fn inject(&mut self, node: NodeId, tasks: &[Task]) {
        if self.down.contains(&node) {
            return;
        }
        let link = self.topology.environment_link(node).expect("a node of the topology").id;
        let number = self.log[link.index()].len() as u64 + 1;
        let (amount, hops) = if tasks.is_empty() { (1, 2) } else { (0, 0) };
        let note = Note { link, number, amount: Value::Own(amount), hops, tasks: tasks.to_vec() };
        // A record that a node makes in the call, before it takes the message in, does not count
        // the message.
        let logged = note.clone();
        self.step(node, |core| core.arrive(link, Envelope::Message(note)));
        self.log[link.index()].push(logged);
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
        self.collector.begin(id, initiators, self.now())?;
        let without = self.collector.failures().iter().map(|failure| failure.node.id).collect();
        self.begun.insert(id, without);
        Ok(())
    }

    /// Makes a node initiate a snapshot.
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
    pub(crate) fn abandon(&mut self, id: SnapshotId) -> Option<Abandoned<Ledger, Note>> {
        self.begun.remove(&id);
        self.collector.abandon(id)
    }

    /// Hands out the copies of the node.
    pub(crate) fn abandon_at(&mut self, id: SnapshotId, node: NodeId) -> Vec<Note> {
        let mut copied = Vec::new();
        self.step(node, |core| copied = core.abandon_snapshot(id));
        copied
    }

    /// Brings one of the waiting reports to the collector.
    pub(crate) fn bring_report(&mut self, index: usize) {
        let (report, at) = self.reports.swap_remove(index);
        self.add(report, at);
    }

    /// Takes all possible steps, and lets time pass until the last timer is due.
    pub(crate) fn settle(&mut self) {
        loop {
            let before = self.moves;
            for link in 0..self.queues.len() {
                self.deliver_all(LinkId::new(link as u32));
            }
            let nodes = self.topology.nodes();
            for node in nodes.filter(|&node| self.can_process(node)).collect::<Vec<_>>() {
                self.process_all(node);
            }
            for link in (0..self.backs.len()).map(|index| LinkId::new(index as u32)) {
                while self.bring_back(link) {}
            }
            for link in self.unacknowledged().collect::<Vec<_>>() {
                self.acknowledge(link);
            }
            while !self.reports.is_empty() {
                self.bring_report(0);
            }
            if before == self.moves && !self.idle() && !self.wait_for_timer() {
                return;
            }
        }
    }

    /// Tells all nodes that nothing else will happen. Returns whether a node then did something.
    fn idle(&mut self) -> bool {
        let idle =
            |node: &NodeId| !self.has_failed(*node) && self.nodes[node.index()].has_leftovers();
        let left: Vec<_> = self.topology.nodes().filter(idle).collect();
        left.iter().for_each(|&node| self.step(node, |core| core.idle()));
        !left.is_empty()
    }

    /// Waits until a timer is due that can fire. Returns whether a timer fired.
    fn wait_for_timer(&mut self) -> bool {
        let able = self.topology.nodes().filter(|&node| self.may_handle(node));
        let next = able.filter_map(|node| Some((self.nodes[node.index()].next_timer()?, node)));
        let Some((due, node)) = next.min() else { return false };
        self.moves = self.moves.max(due.as_nanos() as u64);
        self.fire(node)
    }

    /// One more unit of time for links with delays.
    pub(crate) fn tick(&mut self) {
        self.ticks += 1;
    }

    pub(crate) fn now(&self) -> Duration {
        moves(self.moves)
    }
}

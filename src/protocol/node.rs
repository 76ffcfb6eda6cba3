//! The node core: a process, the messages that wait for it, and one recorder for each live snapshot.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::message::{Envelope, EnvironmentRecord, LinkRecord, NodeRecord, Output, Report};
use super::policy::MarkerPolicy;
use super::recorder::Recorder;
use super::rules;
use super::seen::SeenIds;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::outbox::{Effect, Outbox};
use crate::process::{Context, Process};
use crate::topology::{Link, Topology};

/// A link was named that does not end at this node.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{link} does not end at {node}: deliver an envelope to the target of its link")]
pub struct NotAnInLink {
    /// The node that was to take the envelope.
    pub node: NodeId,
    /// The link it was said to come on.
    pub link: LinkId,
}

/// One node, without a thread: the process, what has arrived for it, and its part in each live snapshot.
///
/// See the [module page](crate::protocol) for the order of calls.
pub struct NodeCore<P: Process> {
    node: NodeId,
    topology: Arc<Topology>,
    /// By slot; the environment link stands behind the others.
    in_links: Box<[Link]>,
    process: P,
    policy: MarkerPolicy,
    stopped: bool,
    /// What has arrived and was not received, in the order of arrival.
    inbox: VecDeque<Arrival<P::Message>>,
    /// Messages sent on each out-link, by slot.
    sent: Box<[u64]>,
    /// Messages received on each in-link, by slot.
    received: Box<[u64]>,
    injected: u64,
    recorders: Vec<Recorder<P::Message>>,
    seen: SeenIds,
    outbox: Outbox<P::Message>,
    /// The reports whose places are marked in the outbox.
    reports: Vec<Report<P::State, P::Message>>,
}

struct Arrival<M> {
    slot: usize,
    envelope: Envelope<M>,
}

/// Calls from outside, in the order in which a driver uses them.
impl<P: Process> NodeCore<P> {
    /// A node that has not started.
    ///
    /// # Panics
    /// If `node` is not in `topology`.
    pub fn new(node: NodeId, topology: Arc<Topology>, process: P, policy: MarkerPolicy) -> Self {
        let Some(environment) = topology.environment_link(node) else {
            panic!("{node} is not in the topology, which has {topology}");
        };
        let in_links: Box<[Link]> =
            topology.in_links(node).iter().copied().chain([environment]).collect();
        NodeCore {
            node,
            process,
            policy,
            stopped: false,
            inbox: VecDeque::new(),
            sent: vec![0; topology.out_links(node).len()].into(),
            received: vec![0; in_links.len()].into(),
            in_links,
            injected: 0,
            recorders: Vec::new(),
            seen: SeenIds::default(),
            outbox: Outbox::new(),
            reports: Vec::new(),
            topology,
        }
    }

    /// Runs the process's `on_start`. Call it once, before anything else.
    pub fn start(&mut self) {
        self.outbox.roll_back();
        let mut ctx = Context::new(self.node, &self.topology, &mut self.outbox);
        self.process.on_start(&mut ctx);
        self.commit_effects();
    }

    /// Takes in what a link delivers. Each link's envelopes must come in the order in which they were put on
    /// it; an injected message comes on the node's environment link.
    ///
    /// # Errors
    /// If the link does not end at this node; nothing has changed then.
    pub fn arrive(
        &mut self,
        link: LinkId,
        envelope: Envelope<P::Message>,
    ) -> Result<(), NotAnInLink> {
        let slot = self.in_slot(link)?;
        self.count_injected(slot, &envelope);
        self.take_in(slot, envelope);
        Ok(())
    }

    /// As [`arrive`](Self::arrive) followed by [`process_next`](Self::process_next), without the way through the
    /// inbox where nothing waits there.
    ///
    /// # Errors
    /// If the link does not end at this node; nothing has changed then.
    #[inline]
    pub fn arrive_and_process(
        &mut self,
        link: LinkId,
        envelope: Envelope<P::Message>,
    ) -> Result<bool, NotAnInLink> {
        let slot = self.in_slot(link)?;
        self.count_injected(slot, &envelope);
        match envelope {
            Envelope::Message(message) if self.inbox.is_empty() && !self.stopped => {
                rules::receive_message(self, slot, &message);
                self.handle(slot, message);
                Ok(true)
            }
            envelope => {
                self.take_in(slot, envelope);
                Ok(self.process_next())
            }
        }
    }

    /// Makes this node an initiator of the snapshot. If the snapshot has reached it already, nothing happens.
    pub fn begin_snapshot(&mut self, snapshot: SnapshotId) {
        rules::initiate(self, snapshot);
    }

    /// Forgets a snapshot that has failed, or will never be: its records are freed, and its markers, should
    /// any still come, change nothing.
    pub fn abandon_snapshot(&mut self, snapshot: SnapshotId) {
        self.seen.insert(snapshot);
        self.recorders.retain(|recorder| recorder.snapshot != snapshot);
    }

    /// Lets the process handle the next message. False if none waits, or the process has stopped this node.
    pub fn process_next(&mut self) -> bool {
        while !self.stopped {
            let Some(Arrival { slot, envelope }) = self.inbox.pop_front() else { return false };
            match envelope {
                Envelope::Marker(snapshot) => rules::receive_marker(self, slot, snapshot),
                Envelope::Message(message) => {
                    if self.policy == MarkerPolicy::InOrder {
                        rules::receive_message(self, slot, &message);
                    }
                    self.handle(slot, message);
                    return true;
                }
            }
        }
        false
    }

    /// What is to be done, in order. A driver carries out all of it before the next call; what it drops is lost.
    #[inline]
    pub fn drain_output(&mut self) -> impl Iterator<Item = Output<P::State, P::Message>> {
        let out_links = self.topology.out_links(self.node);
        let send = |slot: u32, envelope| {
            let slot = slot as usize;
            Some(Output::Send { link: out_links[slot].id, slot, envelope })
        };
        let mut reports = std::mem::take(&mut self.reports).into_iter();
        self.outbox.drain().filter_map(move |effect| match effect {
            Effect::Send { slot, message } => send(slot, Envelope::Message(message)),
            Effect::Marker { slot, snapshot } => send(slot, Envelope::Marker(snapshot)),
            Effect::Report => reports.next().map(Output::Report),
            Effect::RequestSnapshot => Some(Output::RequestSnapshot),
            Effect::Stop => Some(Output::Stopped),
        })
    }

    /// The process, as it is now.
    pub fn process(&self) -> &P {
        &self.process
    }

    /// Ends the node and hands out its process.
    pub fn into_process(self) -> P {
        self.process
    }

    /// How many envelopes have arrived and were not handled yet.
    pub fn waiting(&self) -> usize {
        self.inbox.len()
    }

    /// How many snapshots this node still records.
    pub fn live_snapshots(&self) -> usize {
        self.recorders.len()
    }

    /// Whether the process has stopped this node.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }
}

/// Messages: in, through the process, and out.
impl<P: Process> NodeCore<P> {
    /// The end of a link, where the marker policy decides who goes first.
    fn take_in(&mut self, slot: usize, envelope: Envelope<P::Message>) {
        if self.policy == MarkerPolicy::Overtaking {
            match &envelope {
                Envelope::Marker(snapshot) => return rules::receive_marker(self, slot, *snapshot),
                Envelope::Message(message) => rules::receive_message(self, slot, message),
            }
        }
        self.inbox.push_back(Arrival { slot, envelope });
    }

    #[inline]
    fn handle(&mut self, slot: usize, message: P::Message) {
        self.received[slot] += 1;
        let link = self.in_links[slot];
        self.outbox.roll_back();
        let mut ctx = Context::new(self.node, &self.topology, &mut self.outbox);
        self.process.on_message(link, message, &mut ctx);
        self.commit_effects();
    }

    /// A handler has returned: what it asked for happens now. A stop comes last, since it may make the node
    /// record, and the handler's sends belong before that.
    #[inline]
    fn commit_effects(&mut self) {
        let mut stop = false;
        for effect in self.outbox.commit() {
            match effect {
                Effect::Send { slot, .. } => self.sent[*slot as usize] += 1,
                Effect::Stop => stop = true,
                _ => {}
            }
        }
        if stop {
            self.stop();
        }
    }

    /// From now on nothing is received, so no marker may wait its turn behind messages: whatever waits moves
    /// back to the end of its link, where markers are handled on arrival.
    fn stop(&mut self) {
        self.stopped = true;
        if self.policy == MarkerPolicy::InOrder {
            self.policy = MarkerPolicy::Overtaking;
            // What came from outside goes first: a recording closes that link at once, and wants all of it.
            let environment = self.environment_slot();
            let (outside, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.inbox)
                .into_iter()
                .partition(|arrival| arrival.slot == environment);
            for Arrival { slot, envelope } in outside.into_iter().chain(others) {
                self.take_in(slot, envelope);
            }
        }
    }

    #[inline]
    fn count_injected(&mut self, slot: usize, envelope: &Envelope<P::Message>) {
        if slot == self.environment_slot() {
            self.injected += u64::from(!envelope.is_marker());
        }
    }

    /// The place of a link among those that end here. A link that ends elsewhere has its place there, and here
    /// that place is another link's or nobody's.
    #[inline]
    fn in_slot(&self, link: LinkId) -> Result<usize, NotAnInLink> {
        let slot = self.topology.in_slot(link).unwrap_or(usize::MAX);
        match self.in_links.get(slot) {
            Some(found) if found.id == link => Ok(slot),
            _ => Err(NotAnInLink { node: self.node, link }),
        }
    }

    fn environment_slot(&self) -> usize {
        self.received.len() - 1
    }
}

/// What the [`rules`] act upon.
impl<P: Process> NodeCore<P> {
    pub(super) fn has_recorded(&self, snapshot: SnapshotId) -> bool {
        self.seen.contains(snapshot)
    }

    /// Puts a marker on each link that leaves this node, behind everything sent so far.
    pub(super) fn put_markers(&mut self, snapshot: SnapshotId) {
        // A topology's limit keeps the count of links within 32 bits.
        for slot in 0..self.sent.len() as u32 {
            self.outbox.put(Effect::Marker { slot, snapshot });
        }
    }

    fn put_report(&mut self, report: Report<P::State, P::Message>) {
        self.reports.push(report);
        self.outbox.put(Effect::Report);
    }

    /// Records state and counts, and opens a recording of every in-link.
    pub(super) fn record_state(&mut self, snapshot: SnapshotId) {
        self.seen.insert(snapshot);
        let recorder = self.open_recorder(snapshot);
        let (environment_received, received) = self.received.split_last().unwrap_or((&0, &[]));
        self.put_report(Report::Node(NodeRecord {
            snapshot,
            node: self.node,
            state: self.process.state(),
            sent: self.sent.clone(),
            received: received.into(),
            environment: EnvironmentRecord {
                sent: self.injected,
                received: *environment_received,
                messages: self.waiting_on(self.environment_slot()).cloned().collect(),
            },
        }));
        if !recorder.is_done() {
            self.recorders.push(recorder);
        }
    }

    pub(super) fn copy_to_open_recorders(&mut self, slot: usize, message: &P::Message) {
        for recorder in &mut self.recorders {
            recorder.copy(slot, message);
        }
    }

    /// Ends the recording of one in-link, and with the last one this node's part in the snapshot. A link
    /// that is closed already, and a snapshot that is over here, change nothing.
    pub(super) fn close_link(&mut self, slot: usize, snapshot: SnapshotId) {
        let Some(at) = self.recorders.iter().position(|live| live.snapshot == snapshot) else {
            return;
        };
        let Some(messages) = self.recorders[at].close(slot) else { return };
        let link = self.in_links[slot].id;
        self.put_report(Report::Link(LinkRecord { snapshot, link, messages }));
        if self.recorders[at].is_done() {
            self.recorders.swap_remove(at);
        }
    }

    /// Where markers are handled on arrival, what waits in the inbox has not been received: it is still on
    /// its link, and the recording starts with it.
    fn open_recorder(&self, snapshot: SnapshotId) -> Recorder<P::Message> {
        let mut recorder = Recorder::new(snapshot, self.environment_slot());
        if self.policy == MarkerPolicy::Overtaking {
            for Arrival { slot, envelope } in &self.inbox {
                if let Envelope::Message(message) = envelope {
                    recorder.copy(*slot, message);
                }
            }
        }
        recorder
    }

    fn waiting_on(&self, slot: usize) -> impl Iterator<Item = &P::Message> {
        self.inbox.iter().filter_map(move |arrival| match &arrival.envelope {
            Envelope::Message(message) if arrival.slot == slot => Some(message),
            _ => None,
        })
    }
}

impl<P: Process> fmt::Debug for NodeCore<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeCore")
            .field("node", &self.node)
            .field("policy", &self.policy)
            .field("stopped", &self.stopped)
            .field("waiting", &self.inbox.len())
            .field("live_snapshots", &self.recorders.len())
            .finish_non_exhaustive()
    }
}

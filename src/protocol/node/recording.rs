//! The actions of the [`rules`](crate::protocol::rules): they record the node and its in-links.

use super::InEnd;
use super::NodeCore;
use crate::causality::Logged;
use crate::id::SnapshotId;
use crate::outbox::Effect;
use crate::process::Process;
use crate::protocol::message::{EnvironmentRecord, LinkRecord, NodeRecord, OutputRecord};
use crate::protocol::recorder::Recorder;

impl<P: Process> NodeCore<P> {
    /// Makes the cut at this node. Counts, timers and injected messages are recorded, and a
    /// recording opens for every in-link whose sender has not failed. The state follows with
    /// [`put_state`](Self::put_state).
    pub(in crate::protocol) fn cut(&mut self, snapshot: SnapshotId) {
        self.seen.insert(snapshot);
        if let Some(log) = &mut self.log {
            log.push(Logged::Recorded(snapshot));
        }
        let recorder = self.open_recorder(snapshot);
        let record = self.record_all_but_state(snapshot);
        self.records.push_without_state(record);
        if !recorder.is_done() {
            if self.recorders.is_empty() {
                // Mostly there is no other, and during a snapshot every node has one.
                self.recorders.reserve_exact(1);
            }
            self.recorders.push(recorder);
        }
    }

    /// Puts a marker on each link that leaves this node, behind all earlier sends. The marker also
    /// goes back to the sender on each in-link with a capacity, except where the sender's own
    /// marker has come by the time the returned marker leaves.
    pub(in crate::protocol) fn put_markers(&mut self, snapshot: SnapshotId) {
        let out_links = self.topology.out_links(self.node);
        // The place of the state follows.
        self.outbox.reserve(out_links.len() + 1);
        for link in out_links {
            self.outbox.put(Effect::Marker { link: link.id, snapshot });
        }
        if self.in_ends.iter().any(|end| end.returns_markers) {
            self.outbox.put(Effect::Returns(snapshot));
        }
    }

    /// Puts the place of the state, behind the markers. Then closes the links that ended before the
    /// cut.
    pub(in crate::protocol) fn put_state(&mut self, snapshot: SnapshotId) {
        self.outbox.put(Effect::State(snapshot));
        for slot in 0..self.in_ends.len() {
            if self.in_ends[slot].has_ended {
                self.close_link(slot, snapshot);
            }
        }
    }

    /// Takes the states that this node owes to recordings. [`drain_output`](Self::drain_output)
    /// takes them on its way, behind the markers. A driver calls this before where
    /// [`Process::state`] must not run during the drain, since it may panic.
    pub fn record_states(&mut self) {
        self.records.take_states(&self.process);
    }

    /// Puts the record of a link. `more` links of the snapshot are still open.
    fn put_report(&mut self, record: LinkRecord<P::Message>, more: usize) {
        self.records.push_link(record, more);
        self.outbox.put(Effect::Closed);
    }

    /// The record that this node would make now. It tells a driver the real state.
    pub fn record(&self, snapshot: SnapshotId) -> NodeRecord<P::State, P::Message> {
        self.record_all_but_state(snapshot).with_state(self.process.state())
    }

    fn record_all_but_state(&self, snapshot: SnapshotId) -> NodeRecord<(), P::Message> {
        let environment = self.environment_slot();
        let received = |end: &InEnd| end.received;
        NodeRecord {
            snapshot,
            node: self.node,
            state: (),
            stopped: self.stopped,
            drains: self.drains,
            sent: self.outbox.links.sent().collect(),
            received: self.in_ends[..environment].iter().map(received).collect(),
            acknowledged: self.outbox.links.acknowledged(),
            timers: self.timers.records(),
            output: OutputRecord { emitted: self.emitted(), ..OutputRecord::default() },
            environment: EnvironmentRecord {
                sent: self.injected,
                received: self.in_ends.get(environment).map_or(0, received),
                messages: self.inbox.messages_on(environment).cloned().collect(),
            },
        }
    }

    /// Opens the recordings of a snapshot. Attended messages have not been received: they are still
    /// on their links, so the recordings start with them.
    fn open_recorder(&self, snapshot: SnapshotId) -> Recorder<P::Message> {
        let mut recorder = Recorder::new(snapshot, self.environment_slot());
        for (slot, message) in self.inbox.attended() {
            recorder.copy(slot, message);
        }
        recorder
    }

    /// Ends the recording of one in-link, and with the last link this node's part in the snapshot.
    /// Nothing changes if the link is closed already, or if the snapshot is over here.
    pub(in crate::protocol) fn close_link(&mut self, slot: usize, snapshot: SnapshotId) {
        let Some(at) = self.recorders.iter().position(|live| live.snapshot == snapshot) else {
            return;
        };
        let Some(messages) = self.recorders[at].close(slot) else { return };
        let link = self.in_ends[slot].link.id;
        let more = self.recorders[at].open();
        self.put_report(LinkRecord { snapshot, link, messages }, more);
        if self.recorders[at].is_done() {
            self.end_recorder(at);
        }
    }

    /// Takes out a recorder. Between snapshots a node keeps no memory for them.
    pub(super) fn end_recorder(&mut self, at: usize) -> Recorder<P::Message> {
        let recorder = self.recorders.swap_remove(at);
        if self.recorders.is_empty() {
            self.recorders = Vec::new();
        }
        recorder
    }

    /// Closes an in-link permanently.
    pub(in crate::protocol) fn end_link(&mut self, slot: usize) {
        self.in_ends[slot].has_ended = true;
        let live: Vec<SnapshotId> = self.recorders.iter().map(|live| live.snapshot).collect();
        live.into_iter().for_each(|snapshot| self.close_link(slot, snapshot));
    }
}

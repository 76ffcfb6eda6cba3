//! A recorder written without the crate's core, and many ways to get it wrong.
//!
//! Without a fault, the recorder handles markers on arrival, like [`MarkerPolicy::Overtaking`].
//! Each [`Fault`] breaks one rule, and the oracles must notice it (`wrong_algorithms_are_caught`).
//!
//! [`MarkerPolicy::Overtaking`]: consistent_cut::MarkerPolicy::Overtaking

mod as_node;
mod room;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use consistent_cut::protocol::{
    Envelope, EnvironmentRecord, LinkRecord, NodeRecord, Output, OutputRecord, Report,
};
use consistent_cut::{LinkId, NodeId, SnapshotId, Topology};

use crate::fault::Fault;
use crate::teller::{Act, Ledger, Note, Teller};
use room::{Alarms, Room};

pub(crate) struct Recorder {
    node: NodeId,
    topology: Arc<Topology>,
    teller: Teller,
    fault: Fault,
    stopped: bool,
    inbox: VecDeque<(LinkId, Note)>,
    injected: u64,
    /// In-links that have a capacity and come from other nodes.
    limited: BTreeSet<LinkId>,
    /// The state of each out-link.
    rooms: BTreeMap<LinkId, Room>,
    alarms: Alarms,
    /// Messages kept back since the world last asked.
    newly_held: Vec<Note>,
    /// In-links whose senders have failed.
    ended: BTreeSet<LinkId>,
    met: BTreeSet<SnapshotId>,
    /// Snapshots for which `MarkersTwice` has sent its second markers.
    marked_again: BTreeSet<SnapshotId>,
    live: Vec<Part>,
    /// Snapshots whose recording (`HandlerSendsAfterMarkers`) or markers (`MarkersDeferred`) wait
    /// for a handler.
    put_off: Vec<SnapshotId>,
    output: Vec<Output<Ledger, Note>>,
}

/// The part of this node in one live snapshot.
struct Part {
    id: SnapshotId,
    /// The record to report when the part is done. `None` if it was reported at once, which is
    /// right.
    record: Option<NodeRecord<Ledger, Note>>,
    open: BTreeMap<LinkId, Vec<Note>>,
    /// Open links whose marker has come all the same.
    overdue: BTreeSet<LinkId>,
    markers: usize,
}

impl Recorder {
    pub(crate) fn new(
        topology: &Arc<Topology>,
        teller: Teller,
        node: NodeId,
        fault: Fault,
    ) -> Self {
        Recorder {
            node,
            topology: Arc::clone(topology),
            teller,
            fault,
            stopped: false,
            inbox: VecDeque::new(),
            injected: 0,
            limited: BTreeSet::new(),
            rooms: topology.out_links(node).iter().map(|l| (l.id, Room::default())).collect(),
            alarms: Alarms::default(),
            newly_held: Vec::new(),
            ended: BTreeSet::new(),
            met: BTreeSet::new(),
            marked_again: BTreeSet::new(),
            live: Vec::new(),
            put_off: Vec::new(),
            output: Vec::new(),
        }
    }

    /// A node records, puts out its markers, and opens its in-links.
    fn record(&mut self, id: SnapshotId, came_on: Option<LinkId>) {
        if self.fault == Fault::OneSlot {
            self.live.clear();
        }
        self.met.insert(id);
        let open = self
            .topology
            .in_links(self.node)
            .iter()
            .map(|link| (link.id, self.waiting_on(link.id)));
        let open = open.collect();
        let record = self.node_record(id);
        let late = matches!(self.fault, Fault::StateTakenLate | Fault::StateTakenTwice);
        let record = if late { Some(record) } else { self.report_node(record) };
        self.live.push(Part { id, record, open, overdue: BTreeSet::new(), markers: 0 });
        match self.fault {
            Fault::MarkersDeferred => self.put_off.push(id),
            _ => self.put_markers(id, came_on),
        }
        if self.fault == Fault::DoneAtRecord {
            self.close_all(id);
        }
        if self.fault != Fault::OpenAfterEnd {
            self.ended.clone().into_iter().for_each(|link| self.report_link(link, id));
        }
        self.finish(id);
    }

    fn put_markers(&mut self, id: SnapshotId, came_on: Option<LinkId>) {
        let links = self.topology.out_links(self.node);
        let forgotten = usize::from(self.fault == Fault::MarkerForgotten && links.len() > 1);
        let markers: Vec<_> = links[forgotten..].iter().map(|link| link.id).collect();
        for link in markers {
            if self.fault == Fault::MarkerNeedsRoom && self.rooms[&link].is_full() {
                self.hold_back(link, Envelope::Marker(id));
            } else {
                self.put(link, Envelope::Marker(id));
            }
        }
        if self.fault != Fault::MarkerNotReturned {
            self.return_markers(id, came_on);
        }
    }

    /// On each link with a capacity the marker goes back to the link's sender, except on the link
    /// that it came on and on links whose sender has failed.
    fn return_markers(&mut self, snapshot: SnapshotId, came_on: Option<LinkId>) {
        for link in self.topology.in_links(self.node) {
            let link = link.id;
            let is_open = came_on != Some(link) && !self.ended.contains(&link);
            if self.limited.contains(&link) && is_open {
                self.output.push(Output::Return { link, snapshot });
            }
        }
    }

    fn put(&mut self, link: LinkId, envelope: Envelope<Note>) {
        self.output.push(match envelope {
            Envelope::Message(note) => Output::Messages { link, messages: vec![note] },
            Envelope::Marker(snapshot) => Output::Marker { link, snapshot },
            Envelope::End => unreachable!("a driver puts it"),
        });
    }

    /// A message leaves with or without room. A wrong recorder lets it wait here.
    fn send(&mut self, link: LinkId, note: Note) {
        self.rooms.get_mut(&link).expect("an out-link").sent += 1;
        let waits_here = matches!(
            self.fault,
            Fault::WaitingLeftOut | Fault::MarkerPassesWaiting | Fault::MarkerNeedsRoom
        );
        if waits_here && self.rooms[&link].is_full() {
            self.newly_held.push(note.clone());
            self.hold_back(link, Envelope::Message(note));
        } else {
            self.put(link, Envelope::Message(note));
        }
    }

    fn hold_back(&mut self, link: LinkId, envelope: Envelope<Note>) {
        self.rooms.get_mut(&link).expect("an out-link").held.push_back(envelope);
    }

    /// Held messages leave, as far as there is room.
    fn let_go(&mut self, link: LinkId) {
        while let Some(envelope) = self.rooms.get_mut(&link).and_then(Room::next_to_leave) {
            self.put(link, envelope);
        }
    }

    fn is_blocked(&self) -> bool {
        self.rooms.values().any(Room::is_full)
    }

    fn may_handle(&self) -> bool {
        !self.stopped && (!self.is_blocked() || self.fault == Fault::HandlesWhenBlocked)
    }

    fn take_end(&mut self, link: LinkId) {
        self.ended.insert(link);
        let ids: Vec<_> = self.live.iter().map(|part| part.id).collect();
        for id in ids {
            self.report_link(link, id);
            self.finish(id);
        }
    }

    fn take_marker(&mut self, link: LinkId, id: SnapshotId) {
        if !self.knows(id) {
            self.record(id, Some(link));
        } else if self.fault == Fault::MarkersTwice && self.marked_again.insert(id) {
            self.put_markers(id, None);
        }
        if self.fault == Fault::MarkerClosesForEveryId {
            let ids: Vec<_> = self.live.iter().map(|part| part.id).collect();
            ids.into_iter().for_each(|id| self.close(link, id));
        }
        self.close(link, id);
    }

    fn close(&mut self, link: LinkId, id: SnapshotId) {
        let state = self.teller.ledger.clone();
        let Some(part) = self.live.iter_mut().find(|part| part.id == id) else { return };
        part.markers += 1;
        if let Some(record) = part.record.as_mut().filter(|_| self.fault == Fault::StateTakenTwice)
        {
            record.state = state;
        }
        match self.fault {
            Fault::FirstLinkRecordedToo if part.markers == 1 => _ = part.overdue.insert(link),
            Fault::AllOpenUntilDone => _ = part.overdue.insert(link),
            Fault::OnlyFirstLinkCloses if part.markers > 1 => {}
            _ => self.report_link(link, id),
        }
        self.finish(id);
    }

    fn close_all(&mut self, id: SnapshotId) {
        let part = self.live.iter().find(|part| part.id == id);
        let open: Vec<_> = part.into_iter().flat_map(|part| part.open.keys().copied()).collect();
        open.into_iter().for_each(|link| self.report_link(link, id));
    }

    /// Ends this node's part if no open link still waits for its marker.
    fn finish(&mut self, id: SnapshotId) {
        let Some(at) = self.live.iter().position(|part| part.id == id) else { return };
        if self.live[at].open.len() > self.live[at].overdue.len() {
            return;
        }
        self.close_all(id);
        let part = self.live.remove(at);
        let late = part.record.map(|record| match self.fault {
            Fault::StateTakenLate => self.node_record(id),
            _ => record,
        });
        late.and_then(|record| self.report_node(record));
    }

    fn take_message(&mut self, link: LinkId, note: Note) {
        let copied = self.copy(link, &note);
        if !(copied && self.fault == Fault::RecordingSwallows) {
            self.inbox.push_back((link, note));
        }
    }

    fn copy(&mut self, link: LinkId, note: &Note) -> bool {
        let newest = self.live.len().saturating_sub(1);
        let first = if self.fault == Fault::OnlyNewestRecords { newest } else { 0 };
        let mut copied = false;
        for part in &mut self.live[first..] {
            if let Some(messages) = part.open.get_mut(&link) {
                messages.push(note.clone());
                copied = true;
            }
        }
        copied
    }

    fn commit(&mut self, acts: Vec<Act>) {
        if self.fault == Fault::HandlerSendsAfterMarkers {
            let asked = std::mem::take(&mut self.put_off);
            asked.into_iter().for_each(|id| self.begin_now(id));
        }
        for act in acts {
            match act {
                Act::Send(link, note) => self.send(link, note),
                Act::Time(alarm) => self.alarms.take(alarm),
                Act::Request => self.output.push(Output::RequestSnapshot),
                Act::Stop => {
                    self.stopped = true;
                    self.output.push(Output::Stopped);
                }
                Act::Panic => panic!("the teller was told to panic"),
            }
        }
        let late = std::mem::take(&mut self.put_off);
        late.into_iter().for_each(|id| self.put_markers(id, None));
    }

    fn begin_now(&mut self, id: SnapshotId) {
        if !self.knows(id) {
            self.record(id, None);
        }
    }

    fn knows(&self, id: SnapshotId) -> bool {
        match self.fault {
            Fault::SeenPerNode => !self.met.is_empty(),
            _ => self.met.contains(&id),
        }
    }

    fn waiting_on(&self, link: LinkId) -> Vec<Note> {
        self.inbox.iter().filter(|(on, _)| *on == link).map(|(_, note)| note.clone()).collect()
    }

    fn node_record(&self, snapshot: SnapshotId) -> NodeRecord<Ledger, Note> {
        let state = self.teller.ledger.clone();
        let link = self.topology.environment_link(self.node).expect("a node of the topology");
        let (&received, links) = state.counts.received.split_last().expect("an environment link");
        let sent = match self.fault {
            Fault::WaitingLeftOut => self.rooms.values().map(Room::left).collect(),
            _ => state.counts.sent.clone().into(),
        };
        let timers = match self.fault {
            Fault::TimersLeftOut => Vec::new(),
            _ => self.alarms.records(),
        };
        NodeRecord {
            snapshot,
            node: self.node,
            stopped: self.stopped,
            sent,
            received: links.into(),
            drains: false,
            acknowledged: self.rooms.values().map(Room::known).collect(),
            timers,
            output: OutputRecord::default(),
            environment: EnvironmentRecord {
                sent: self.injected,
                received,
                messages: self.waiting_on(link.id),
            },
            state,
        }
    }

    /// `None`: nothing is left to report.
    fn report_node(
        &mut self,
        record: NodeRecord<Ledger, Note>,
    ) -> Option<NodeRecord<Ledger, Note>> {
        self.output.push(Output::Report(Report::Node(record)));
        None
    }

    fn report_link(&mut self, link: LinkId, snapshot: SnapshotId) {
        let Some(part) = self.live.iter_mut().find(|part| part.id == snapshot) else { return };
        let Some(mut messages) = part.open.remove(&link) else { return };
        part.overdue.remove(&link);
        if self.fault == Fault::RecordedInAnotherOrder {
            messages.reverse();
        }
        self.output.push(Output::Report(Report::Link(LinkRecord { snapshot, link, messages })));
    }
}

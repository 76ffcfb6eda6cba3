//! The recorder as a node of a world.

use std::time::Duration;

use consistent_cut::protocol::{Envelope, Output};
use consistent_cut::{LinkId, NodeId, SnapshotId};

use super::Recorder;
use crate::fault::Fault;
use crate::node::Node;
use crate::teller::{Cause, Ledger, Note, Teller};
use crate::world::Snapshot;

impl Node for Recorder {
    fn set_capacity(&mut self, link: LinkId, messages: u64) {
        if let Some(room) = self.rooms.get_mut(&link) {
            room.capacity = Some(messages);
        } else {
            self.limited.insert(link);
        }
    }

    fn start(&mut self) {
        let acts = self.teller.run(Cause::Start);
        self.commit(acts);
    }

    fn restore(&mut self, snapshot: &Snapshot, node: NodeId) {
        let topology = self.topology.clone();
        for (link, room) in &mut self.rooms {
            let channel = snapshot.channel(*link);
            (room.sent, room.processed) = (channel.sent(), channel.received());
        }
        let environment = topology.environment_link(node).expect("a node of the topology");
        self.injected = snapshot.channel(environment.id).sent();
        for link in topology.in_links(node).iter().chain([&environment]) {
            let messages = snapshot.channel(link.id).messages().iter().cloned();
            self.inbox.extend(messages.map(|note| (link.id, note)));
        }
        match self.fault {
            Fault::RestoreDrops => self.inbox.clear(),
            Fault::RestoreReorders => self.inbox.make_contiguous().reverse(),
            _ => {}
        }
        for pending in snapshot.timers(node) {
            self.alarms.restore(pending);
        }
        if self.teller.become_again(snapshot.state(node).clone()) {
            let acts = self.teller.run(Cause::Restore);
            self.commit(acts);
        }
        self.stopped |= snapshot.is_stopped(node);
    }

    fn arrive(&mut self, link: LinkId, envelope: Envelope<Note>) {
        let from_outside = self.topology.out_slot(link).is_none();
        match envelope {
            Envelope::Marker(id) => self.take_marker(link, id),
            Envelope::End => self.take_end(link),
            Envelope::Message(note) => {
                self.injected += u64::from(from_outside);
                self.take_message(link, note);
            }
        }
    }

    fn process_next(&mut self) -> Option<LinkId> {
        if !self.may_handle() {
            return None;
        }
        let (link, note) = self.inbox.pop_front()?;
        if self.fault == Fault::CopiedAgain {
            self.copy(link, &note);
        }
        let acts = self.teller.take(link, note);
        self.commit(acts);
        Some(link)
    }

    fn begin_snapshot(&mut self, id: SnapshotId) {
        if self.fault == Fault::HandlerSendsAfterMarkers && !self.stopped {
            self.put_off.push(id);
        } else {
            self.begin_now(id);
        }
    }

    fn abandon_snapshot(&mut self, id: SnapshotId) -> Vec<Note> {
        self.met.insert(id);
        let at = self.live.iter().position(|part| part.id == id);
        let open = at.map(|at| self.live.remove(at).open).unwrap_or_default();
        open.into_values().flatten().collect()
    }

    fn fire_timer(&mut self, now: Duration) -> bool {
        if !self.may_handle() {
            return false;
        }
        let Some(timer) = self.alarms.take_due(now) else { return false };
        let acts = self.teller.run(Cause::Timer(timer));
        self.commit(acts);
        true
    }

    fn stop(&mut self) {
        self.stopped = true;
    }

    fn marker_returned(&mut self, _: LinkId, id: SnapshotId) {
        self.begin_now(id);
    }

    fn acknowledge(&mut self, link: LinkId, processed: u64) {
        let twice = self.fault == Fault::CreditTwice;
        let room = self.rooms.get_mut(&link).expect("an out-link");
        let more = processed - room.processed.min(processed);
        room.processed += more + u64::from(twice) * more;
        self.let_go(link);
    }

    fn tell_time(&mut self, now: Duration) {
        self.alarms.tell_time(now);
    }

    fn drain(&mut self) -> Vec<Output<Ledger, Note>> {
        std::mem::take(&mut self.output)
    }

    fn teller(&self) -> &Teller {
        &self.teller
    }

    fn waiting(&self) -> usize {
        self.inbox.len()
    }

    fn live_snapshots(&self) -> usize {
        self.live.len()
    }

    fn is_stopped(&self) -> bool {
        self.stopped
    }

    fn full_links(&self) -> Vec<LinkId> {
        self.rooms.iter().filter(|(_, room)| room.is_full()).map(|(&link, _)| link).collect()
    }

    fn wants_time(&self) -> bool {
        self.alarms.want_time()
    }

    fn next_timer(&self) -> Option<Duration> {
        self.alarms.next().map(|(due, _)| due)
    }

    fn drain_held_back(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.newly_held)
    }

    fn has_leftovers(&self) -> bool {
        !self.put_off.is_empty()
    }

    fn idle(&mut self) {
        self.commit(Vec::new());
    }
}

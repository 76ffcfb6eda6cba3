//! Items on their way to nodes, and nodes that handle what has arrived.

use super::{ITEMS_IN_A_TURN, MESSAGES_IN_A_ROW, Worker};
use crate::cluster::parcel::Item;
use crate::cluster::post::Visit;
use crate::id::LinkId;
use crate::process::Process;
use crate::protocol::Envelope;

/// Why a core accepts every arrival.
const PLACED: &str = "items go to the worker of the node at which their link ends";

impl<P: Process> Worker<P> {
    /// Delivers items that have come from other workers.
    pub(super) fn deliver_inbound(&mut self) {
        for _ in 0..ITEMS_IN_A_TURN {
            let Some(first) = self.inbound.front_mut() else { return };
            let Some(item) = first.next() else {
                self.inbound.pop_front();
                continue;
            };
            match self.post.place_for(&item) {
                Some(place) => self.deliver(place.at, item),
                None => self.obey(&item),
            }
            if self.has_ended() {
                return;
            }
        }
    }

    /// Delivers items from nodes of this worker.
    pub(super) fn deliver_local(&mut self) {
        for _ in 0..ITEMS_IN_A_TURN {
            let Some(Visit { at, item }) = self.post.next_local() else { return };
            self.deliver(at, item);
        }
    }

    /// Lets nodes handle messages that have waited at them.
    pub(super) fn handle_ready(&mut self) {
        for _ in 0..ITEMS_IN_A_TURN {
            let Some(at) = self.ready.pop_front() else { return };
            self.current = at;
            let slot = &mut self.slots[at as usize];
            slot.is_ready = false;
            if slot.has_failed {
                continue;
            }
            if slot.core.meet_markers() {
                self.flush(at);
            }
            let mut in_a_row = 0..MESSAGES_IN_A_ROW;
            let row = self.slots[at as usize].core.process_row(|| in_a_row.next().is_some());
            self.flush(at);
            if let Some((link, _)) = row {
                self.tell_sender(at, link);
            }
        }
    }

    #[inline]
    fn deliver(&mut self, at: u32, item: Item<P::Message>) {
        self.current = at;
        let slot = &mut self.slots[at as usize];
        if slot.has_failed {
            return;
        }
        let core = &mut slot.core;
        match item {
            Item::Message { link, message } => return self.deliver_message(at, link, message),
            Item::Marker { link, snapshot } => {
                core.arrive(link, Envelope::Marker(snapshot)).expect(PLACED);
            }
            Item::End(link) => core.arrive(link, Envelope::End).expect(PLACED),
            Item::Returned { link, snapshot } => core.marker_returned(link, snapshot),
            Item::Acknowledged { link, received } => core.acknowledge(link, received),
            Item::Injected { node, message } => {
                if let Some(link) = self.topology.environment_link(node) {
                    core.arrive(link.id, Envelope::Message(message)).expect(PLACED);
                }
            }
            Item::ToNode(_, command) => self.obey_at(at, command),
            Item::ToAll(_) | Item::Start { .. } => {}
        }
        self.flush(at);
    }

    /// Lets the node handle a message at once if it can, and else keeps the message for it.
    #[inline]
    fn deliver_message(&mut self, at: u32, link: LinkId, message: P::Message) {
        let slot = &mut self.slots[at as usize];
        let mut message = Some(message);
        slot.core.process_from(link, || message.take()).expect(PLACED);
        if let Some(message) = message {
            slot.core.arrive(link, Envelope::Message(message)).expect(PLACED);
        }
        if let Some(limited) = slot.limited(link) {
            limited.arrive(1);
            self.flush(at);
            self.tell_sender(at, link);
        } else {
            self.flush(at);
        }
    }

    /// Tells the sender of a link with a limit what was received, if the sender must know. The
    /// node's output has left before: markers go back ahead of the acknowledgements behind them.
    fn tell_sender(&mut self, at: u32, link: LinkId) {
        let slot = &mut self.slots[at as usize];
        let received = slot.core.received_on(link).unwrap_or(0);
        if slot.limited(link).is_some_and(|limited| limited.must_tell(received)) {
            self.post.send_to_source(link, Item::Acknowledged { link, received });
        }
    }
}

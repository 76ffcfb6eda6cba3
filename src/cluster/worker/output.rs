//! The output of nodes.

use super::Worker;
use crate::cluster::parcel::{Item, Notice};
use crate::id::{LinkId, NodeId};
use crate::panics::discard;
use crate::process::Process;
use crate::protocol::Output;
use crate::topology::{Link, Topology};

impl<P: Process> Worker<P> {
    /// Carries out a node's output, and notes what the node waits for.
    #[inline]
    pub(super) fn flush(&mut self, at: u32) {
        let (core, post) = (&mut self.slots[at as usize].core, &mut self.post);
        if core.has_output() && !core.lend_messages(|link, messages| post.send_row(link, messages))
        {
            self.carry_out(at);
        }
        self.look_at(at);
    }

    #[cold]
    fn carry_out(&mut self, at: u32) {
        let now = self.clock.now();
        let Worker { topology, slots, post, requesting, .. } = self;
        let slot = &mut slots[at as usize];
        let node = slot.node;
        // A panic comes here, and not while the output is drained.
        slot.core.record_states();
        let (first, mut has_stopped) = (post.emitted.len(), false);
        let mut leaving = Leaving::new(topology, node);
        for output in slot.core.drain_output() {
            match output {
                Output::Messages { link, mut messages } => {
                    post.send_row(leaving.find(link), &mut messages);
                }
                Output::Marker { link, snapshot } => {
                    post.send_to_target(leaving.find(link), Item::Marker { link, snapshot });
                }
                Output::Return { link, snapshot } => {
                    post.send_to_source(link, Item::Returned { link, snapshot });
                }
                Output::Report(report) => post.record(report, now),
                Output::Emitted(messages) => post.emit(node, messages),
                Output::Reply(to, message) => post.tell(Notice::Reply(to, message)),
                Output::Discarded(message) => discard(message),
                Output::RequestSnapshot => drop(requesting.insert(node)),
                Output::Stopped => has_stopped = true,
            }
        }
        post.number_emitted(first, slot.core.emitted());
        if has_stopped {
            let is_stopped = slot.core.is_stopped();
            post.tell(if is_stopped { Notice::Stopped(node) } else { Notice::Halted(node) });
        }
    }

    /// Lists the node if there is something to do at it, and plans its timers.
    #[inline]
    fn look_at(&mut self, at: u32) {
        let slot = &mut self.slots[at as usize];
        let mark = self.marks[at as usize];
        if self.post.regions.has_mail(at) {
            self.post.regions.list(at);
        }
        if slot.core.waiting() > 0 {
            if slot.core.may_receive() {
                self.post.regions.list(at);
            } else if slot.core.meet_markers() {
                // The node handles no messages, and only looks after the markers that wait there.
                return self.flush(at);
            }
        }
        if slot.core.wants_time() {
            // Handlers of this turn may have taken long. A timer counts from the end of its own.
            slot.core.tell_time(self.clock.now());
        }
        if mark.is_timed || slot.core.next_timer().is_some() {
            self.plan_timer(at);
        }
    }

    fn plan_timer(&mut self, at: u32) {
        let slot = &mut self.slots[at as usize];
        let next = slot.core.next_timer().filter(|_| slot.core.may_handle());
        if next != slot.due {
            if let Some(before) = std::mem::replace(&mut slot.due, next) {
                self.due.remove(&(before, at));
            }
            self.due.extend(next.map(|due| (due, at)));
            self.marks[at as usize].is_timed = next.is_some();
        }
    }
}

/// The links that leave a node, by id. Outputs name them mostly in the order in which they stand
/// side by side, and a link is then found there, and not far away among the links of all nodes.
pub(super) struct Leaving<'a> {
    topology: &'a Topology,
    next: std::slice::Iter<'a, Link>,
}

impl<'a> Leaving<'a> {
    pub(super) fn new(topology: &'a Topology, node: NodeId) -> Self {
        Leaving { topology, next: topology.out_links(node).iter() }
    }

    /// The link with this id, which leaves the node.
    pub(super) fn find(&mut self, id: LinkId) -> Link {
        match self.next.as_slice().first() {
            Some(next) if next.id == id => {
                self.next.next();
                *next
            }
            _ => self.topology.links()[id.index()],
        }
    }
}

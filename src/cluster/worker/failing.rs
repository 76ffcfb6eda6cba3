//! Nodes that have panicked.

use super::Worker;
use super::output::Leaving;
use crate::cluster::parcel::{Item, Notice};
use crate::driver::NodeFailure;
use crate::panics::{catch, discard};
use crate::process::Process;
use crate::protocol::Output;

impl<P: Process> Worker<P> {
    /// Ends a node that has panicked: the messages of handlers that have returned leave, and then
    /// the end of each of its links. Senders to the node wait no longer.
    pub(super) fn fail(&mut self, at: u32, panic: String) {
        self.discard_mail(at);
        self.take_batches_back(at);
        let Worker { topology, slots, marks, post, due, .. } = self;
        let slot = &mut slots[at as usize];
        marks[at as usize].has_failed = true;
        if let Some(planned) = slot.due.take() {
            due.remove(&(planned, at));
        }
        // The rest of the output belongs to snapshots, in which the node takes no part any more.
        let (node, first) = (slot.node, post.emitted.len());
        let mut leaving = Leaving::new(topology, node);
        let mut outputs = slot.core.drain_output();
        while let Ok(Some(output)) = catch(|| outputs.next()) {
            match output {
                Output::Messages { link, mut messages } => {
                    post.send_row(leaving.find(link), &mut messages);
                }
                Output::Emitted(messages) => post.emit(node, messages),
                others => discard(others),
            }
        }
        drop(outputs);
        post.number_emitted(first, slot.core.emitted());
        for &link in topology.out_links(slot.node) {
            post.send_to_target(link, Item::End(link.id));
        }
        for limited in slot.limited.iter().flatten() {
            let link = limited.link;
            post.send_to_source(link, Item::Acknowledged { link, received: u64::MAX });
        }
        let node = topology.named(slot.node);
        // A snapshot that has all records of the node goes on.
        post.tell_recordings();
        post.tell(Notice::Failed(NodeFailure { node, panic }));
    }
}

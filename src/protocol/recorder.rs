//! One live snapshot at one node: the in-links that are open, and the messages recorded on each.

use crate::id::SnapshotId;

/// Records the in-links of a node for one snapshot, from the moment at which the node recorded its
/// own state until each link's marker has come.
#[derive(Debug)]
pub(super) struct Recorder<M> {
    pub(super) snapshot: SnapshotId,
    /// The recording of each in-link, by slot; `None` once the link is closed.
    links: Box<[Option<Vec<M>>]>,
    open: usize,
}

impl<M> Recorder<M> {
    /// A recorder whose in-links are all open and empty.
    pub(super) fn new(snapshot: SnapshotId, in_links: usize) -> Self {
        Recorder {
            snapshot,
            links: (0..in_links).map(|_| Some(Vec::new())).collect(),
            open: in_links,
        }
    }

    /// Copies a message of an open link. A message of a closed link was sent after the cut and is
    /// ignored.
    pub(super) fn copy(&mut self, slot: usize, message: &M)
    where
        M: Clone,
    {
        if let Some(Some(messages)) = self.links.get_mut(slot) {
            messages.push(message.clone());
        }
    }

    /// Closes a link and hands out its recorded messages; `None` if the link was closed before.
    pub(super) fn close(&mut self, slot: usize) -> Option<Vec<M>> {
        let messages = self.links.get_mut(slot)?.take()?;
        self.open -= 1;
        Some(messages)
    }

    /// The first of the links that are still open, from this slot on.
    pub(super) fn next_open(&self, from: usize) -> Option<usize> {
        (from..self.links.len()).find(|&slot| self.links[slot].is_some())
    }

    /// The messages recorded on the links that are still open.
    pub(super) fn into_messages(self) -> Vec<M> {
        let mut all = Vec::new();
        self.links.into_iter().flatten().for_each(|mut messages| all.append(&mut messages));
        all
    }

    pub(super) fn is_done(&self) -> bool {
        self.open == 0
    }
}

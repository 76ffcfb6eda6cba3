//! One live snapshot at one node: the in-links that are open, and the messages recorded on each.

use super::open_links::OpenLinks;
use crate::id::SnapshotId;

/// Records the in-links of a node for one snapshot, from the moment at which the node recorded its
/// own state until each link's marker has come.
#[derive(Debug)]
pub(super) struct Recorder<M> {
    pub(super) snapshot: SnapshotId,
    open: OpenLinks,
    in_links: u32,
    /// The recording of each in-link, by slot. Empty until the first message is copied: most
    /// recordings have no message.
    messages: Box<[Vec<M>]>,
}

impl<M> Recorder<M> {
    /// A recorder whose in-links are all open and empty.
    pub(super) fn new(snapshot: SnapshotId, in_links: usize) -> Self {
        let open = OpenLinks::new(in_links);
        // A node has fewer links than there are numbers of links.
        Recorder { snapshot, open, in_links: in_links as u32, messages: Box::new([]) }
    }

    /// Copies a message of an open link. A message of a closed link was sent after the cut and is
    /// ignored.
    pub(super) fn copy(&mut self, slot: usize, message: &M)
    where
        M: Clone,
    {
        if !self.open.is_open(slot) {
            return;
        }
        if self.messages.is_empty() {
            self.messages = (0..self.in_links).map(|_| Vec::new()).collect();
        }
        self.messages[slot].push(message.clone());
    }

    /// Closes a link and hands out its recorded messages; `None` if the link was closed before.
    pub(super) fn close(&mut self, slot: usize) -> Option<Vec<M>> {
        let was_open = self.open.close(slot);
        was_open.then(|| self.messages.get_mut(slot).map(std::mem::take).unwrap_or_default())
    }

    /// The first of the links that are still open, from this slot on.
    pub(super) fn next_open(&self, from: usize) -> Option<usize> {
        self.open.next(from)
    }

    /// How many links are still open.
    pub(super) fn open(&self) -> usize {
        self.open.count()
    }

    /// The messages recorded on the links that are still open.
    pub(super) fn into_messages(self) -> Vec<M> {
        let mut all = Vec::new();
        self.messages.into_iter().for_each(|mut messages| all.append(&mut messages));
        all
    }

    pub(super) fn is_done(&self) -> bool {
        self.open.count() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_vectors_for_messages_once_there_is_one_on_an_open_link() {
        let mut recorder = Recorder::new(SnapshotId::new(1), 3);
        assert_eq!(recorder.close(0), Some(vec![]));
        recorder.copy(0, &1);
        recorder.copy(3, &2);
        assert!(recorder.messages.is_empty(), "sent after the cut, or on no link of these");
        recorder.copy(2, &3);
        assert_eq!((recorder.close(1), recorder.close(2)), (Some(vec![]), Some(vec![3])));
        assert_eq!((recorder.close(2), recorder.is_done()), (None, true));
    }
}

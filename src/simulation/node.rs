//! A simulated node: the core that runs its process, and the algorithm by which it takes part in
//! snapshots.

use super::lecture::{Effects, NodeView, OlderAlgorithm, Reading};
use crate::causality::Logged;
use crate::id::{LinkId, SnapshotId};
use crate::process::{Process, Restore};
use crate::protocol::{Envelope, NodeCore, Output};
use crate::snapshot::NodeImage;
use crate::topology::Link;

/// The one interface that a simulation has to a node, whichever algorithm runs there. The core
/// itself runs the algorithm of Chandy and Lamport. An older algorithm may stand in front of the
/// core: it sees everything that arrives, and the core then sees no markers.
pub(super) struct Node<P: Process> {
    core: NodeCore<P>,
    older: Option<Box<Older<P>>>,
}

struct Older<P: Process> {
    algorithm: Box<dyn OlderAlgorithm<P>>,
    effects: Effects<P::State, P::Message>,
}

impl<P: Process> Older<P> {
    fn at<'a>(
        &'a mut self,
        core: &'a NodeCore<P>,
    ) -> (&'a mut dyn OlderAlgorithm<P>, NodeView<'a, P>) {
        (&mut *self.algorithm, NodeView { core, effects: &mut self.effects })
    }
}

impl<P: Process> Node<P> {
    pub(super) fn new(core: NodeCore<P>, older: Option<Box<dyn OlderAlgorithm<P>>>) -> Self {
        let stand = |algorithm| Box::new(Older { algorithm, effects: Effects::default() });
        Node { core, older: older.map(stand) }
    }

    #[inline]
    pub(super) fn core(&self) -> &NodeCore<P> {
        &self.core
    }

    /// The core, for calls that have nothing to do with snapshots.
    #[inline]
    pub(super) fn core_mut(&mut self) -> &mut NodeCore<P> {
        &mut self.core
    }

    /// Restores the node from the state that a snapshot recorded. This call takes the place of the
    /// start. `stamp` returns the time that the clock of a link's sender shows: an older algorithm
    /// needs to know when messages in flight were sent.
    pub(super) fn restore(
        &mut self,
        image: NodeImage<P::State, P::Message>,
        stamp: impl Fn(Link) -> Option<Reading>,
    ) where
        P: Restore,
    {
        self.core.restore(image);
        let Some(older) = &mut self.older else { return };
        for &link in self.core.in_links() {
            for message in self.core.waiting_on(link.id) {
                older.algorithm.receive_message(link.id, message, stamp(link));
            }
        }
    }

    /// Lets the node record of its own accord; at noon, if its algorithm goes by time.
    pub(super) fn begin_snapshot(&mut self, snapshot: SnapshotId, noon: Option<Reading>) {
        match &mut self.older {
            None => self.core.begin_snapshot(snapshot),
            Some(older) => {
                let (algorithm, mut node) = older.at(&self.core);
                algorithm.initiate(&mut node, snapshot, noon);
            }
        }
    }

    /// Takes in a marker that comes back on a link. An older algorithm sends no markers back.
    pub(super) fn marker_returned(&mut self, link: LinkId, snapshot: SnapshotId) {
        self.core.marker_returned(link, snapshot);
    }

    /// Takes in an envelope that a link delivers. `stamp` is the time that the sender's clock
    /// showed at the sending.
    #[inline]
    pub(super) fn arrive(
        &mut self,
        link: LinkId,
        envelope: Envelope<P::Message>,
        stamp: Option<Reading>,
    ) {
        if let Some(older) = &mut self.older {
            let (algorithm, mut node) = older.at(&self.core);
            match &envelope {
                Envelope::Message(message) => algorithm.receive_message(link, message, stamp),
                &Envelope::Marker(snapshot) => {
                    node.effects.log.push(Logged::Marker(snapshot, link));
                    return algorithm.receive_marker(&mut node, snapshot);
                }
                Envelope::End => return,
            }
        }
        // Links and cores come from the same topology.
        let arrived = self.core.arrive(link, envelope);
        debug_assert!(arrived.is_ok(), "{arrived:?}");
    }

    /// Lets the process handle the next message. Returns the link on which the message came.
    #[inline]
    pub(super) fn process_next(&mut self) -> Option<LinkId> {
        let link = self.core.process_next()?;
        if let Some(older) = &mut self.older {
            older.algorithm.handled(link);
        }
        Some(link)
    }

    /// Ends the node's wait for messages that belong to the snapshot.
    pub(super) fn close(&mut self, snapshot: SnapshotId) {
        if let Some(older) = &mut self.older {
            let (algorithm, mut node) = older.at(&self.core);
            algorithm.close(&mut node, snapshot);
        }
    }

    pub(super) fn abandon_snapshot(&mut self, snapshot: SnapshotId) {
        match &mut self.older {
            None => drop(self.core.abandon_snapshot(snapshot)),
            Some(older) => older.algorithm.abandon(snapshot),
        }
    }

    /// Takes out the node's output. The output of an older algorithm comes behind the messages that
    /// were sent before, since no handler has run in the same step.
    #[inline]
    pub(super) fn drain_output(&mut self) -> impl Iterator<Item = Output<P::State, P::Message>> {
        let older = self.older.iter_mut().flat_map(|older| older.effects.output.drain(..));
        self.core.drain_output().chain(older)
    }

    #[inline]
    pub(super) fn reuse_batch(&mut self, emptied: Vec<P::Message>) {
        self.core.reuse_batch(emptied);
    }

    pub(super) fn drain_log(&mut self) -> impl Iterator<Item = Logged> {
        let older = self.older.iter_mut().flat_map(|older| older.effects.log.drain(..));
        self.core.drain_log().chain(older)
    }
}

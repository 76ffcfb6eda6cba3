//! The algorithm: the rules of K. M. Chandy and L. Lamport, *Distributed Snapshots: Determining
//! Global States of Distributed Systems*, ACM Transactions on Computer Systems 3(1), 1985, section
//! 3.1, one function per rule.
//!
//! On its link, a marker separates the messages sent before the sender recorded from the messages
//! sent after. A node records its state at the first marker that it meets, or by its own decision.
//! Each later marker closes one more link. Messages that arrive on a link in between were sent
//! before the cut and received after it: they were in flight, and they are the link's recorded
//! state. A node's part is done when all its in-links are closed. The snapshot is done when the
//! part of every node is done. Section 3.2 of the paper shows that this happens: each node
//! reachable from an initiator gets a marker on every in-link.
//!
//! Beyond the paper, a link can have a capacity. Then acknowledgements, which travel from a link's
//! receiver to its sender, make room. An acknowledgement is a message too. So the marker goes back
//! on the link ahead of the acknowledgements given after the recording
//! ([`receive_returned_marker`]).
//!
//! Every rule names one snapshot and touches the records of that snapshot alone, so any number of
//! snapshots can overlap.

use super::node::NodeCore;
use super::recorder::Recorder;
use crate::id::SnapshotId;
use crate::process::Process;

/// Starts a snapshot at an initiator: the initiator records and sends markers. An initiator that
/// was asked before, or that a marker of this snapshot has reached before, does nothing.
pub(super) fn initiate<P: Process>(node: &mut NodeCore<P>, snapshot: SnapshotId) {
    if !node.has_recorded(snapshot) {
        send_markers(node, snapshot);
    }
}

/// The marker-sending rule: a node records its state, and puts one marker on each of its out-links
/// before any further message.
///
/// Messages and markers share one ordered output, so messages that the node sends next stand behind
/// the markers.
///
/// The paper records first and then sends. Here the *cut* comes first: [`cut`](NodeCore::cut) fixes
/// the counts and opens the recordings. Then the node puts the markers, and last the place of the
/// state. [`Process::state`] fills that place while the output is drained, after the markers have
/// left. So a snapshot pays the time of one `state()` call, and not the sum of the calls along a
/// path. The recorded state is the same: a state changes only in a handler, and a node takes all
/// owed states before a handler runs ([`NodeCore::record_states`]).
///
/// The marker also goes back on each in-link with a capacity. An in-link whose own marker has come
/// by the time the returned marker leaves is left out, since its sender has recorded
/// ([`receive_returned_marker`]).
pub(super) fn send_markers<P: Process>(node: &mut NodeCore<P>, snapshot: SnapshotId) {
    node.cut(snapshot);
    node.put_markers(snapshot);
    node.put_state(snapshot);
}

/// The marker-receiving rule: the first marker makes a node record its state. Every marker, the
/// first one too, closes the link that it came on. The link's state is the list of messages that
/// [`receive_message`] copied while the link was open. The link of the first marker has an empty
/// state, since the node records and closes that link in one step.
pub(super) fn receive_marker<P: Process>(
    node: &mut NodeCore<P>,
    slot: usize,
    snapshot: SnapshotId,
) {
    if !node.has_recorded(snapshot) {
        send_markers(node, snapshot);
    }
    node.close_link(slot, snapshot);
}

/// Beyond the paper: the marker of a snapshot comes back on a link with a capacity, since the
/// receiver has recorded. The sender records, if it has not recorded before. No recording closes,
/// since messages do not travel in this direction.
///
/// Acknowledgements that the receiver gave before it recorded may arrive before or after the
/// marker. An acknowledgement in flight is not recorded, since the counts n and m tell it.
/// Acknowledgements given after the recording come behind this marker. So no room that was made
/// outside the cut is used inside it.
pub(super) fn receive_returned_marker<P: Process>(node: &mut NodeCore<P>, snapshot: SnapshotId) {
    initiate(node, snapshot);
}

/// The work between the rules: a message that comes after the node recorded and before the link's
/// marker is copied to the link's state. The process gets the message all the same.
pub(super) fn receive_message<M: Clone>(recorders: &mut [Recorder<M>], slot: usize, message: &M) {
    for recorder in recorders {
        recorder.copy(slot, message);
    }
}

/// Beyond the paper: the sender of a link has failed, so its marker will not come. The link closes
/// here for every snapshot under way. For every later snapshot the link closes at the moment at
/// which this node records.
pub(super) fn receive_end<P: Process>(node: &mut NodeCore<P>, slot: usize) {
    node.end_link(slot);
}

//! The algorithm: the rules of K. M. Chandy and L. Lamport, *Distributed Snapshots: Determining
//! Global States of Distributed Systems*, ACM Transactions on Computer Systems 3(1), 1985, section
//! 3.1, a function each.
//!
//! A marker separates, on its link, the messages sent before the sender recorded from those sent
//! after. By the first marker it meets, or by its own decision, a node records its state; each
//! later marker closes one more link. What arrived on a link in between was sent before the cut and
//! received after it: it was in flight, and is the link's recorded state. A node's part is done
//! when all its in-links are closed, and the snapshot when every node's part is (section 3.2: that
//! happens, since each node reachable from an initiator gets a marker on every in-link).
//!
//! Beyond the paper, a link can have a capacity. Then room is made by acknowledgements, which
//! travel from a link's receiver to its sender, and an acknowledgement is a message too: the marker
//! goes back on the link ahead of the acknowledgements given after the recording
//! ([`receive_returned_marker`]).
//!
//! Every rule names one snapshot and touches its records alone, so any number of snapshots can
//! overlap.

use super::node::NodeCore;
use super::recorder::Recorder;
use crate::id::SnapshotId;
use crate::process::Process;

/// An initiator starts a snapshot of its own accord: it records and sends markers. One that a
/// marker of this snapshot has reached before, or that was asked before, has nothing left to do.
pub(super) fn initiate<P: Process>(node: &mut NodeCore<P>, snapshot: SnapshotId) {
    if !node.has_recorded(snapshot) {
        send_markers(node, snapshot);
    }
}

/// The marker-sending rule: a node records its state, and puts one marker on each link that leaves
/// it before any further message.
///
/// Messages and markers share one ordered output, so what the node sends next stands behind the
/// markers.
///
/// The paper records first and then sends. Here the *cut* comes first: [`cut`](NodeCore::cut) fixes
/// the counts and opens the recordings. Then the markers are put, and last the place of the state,
/// which [`Process::state`] fills while the output is drained, after the markers before it have
/// left. So a snapshot pays the time of one `state()` call, and not the sum of the calls along a
/// path. The recorded state is the same: a state changes only in a handler, and a node takes all
/// states that it owes before a handler runs ([`NodeCore::record_states`]).
///
/// On links with a capacity that end at the node the marker also goes back, except on those that it
/// has come on by the time it leaves: their senders have recorded ([`receive_returned_marker`]).
pub(super) fn send_markers<P: Process>(node: &mut NodeCore<P>, snapshot: SnapshotId) {
    node.cut(snapshot);
    node.put_markers(snapshot);
    node.put_state(snapshot);
}

/// The marker-receiving rule: the first marker makes a node record its state; this and every later
/// one closes the link that it came on. The link's state is what [`receive_message`] copied while
/// the link was open: for the first marker nothing, since the node records and closes the link in
/// one step.
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
/// receiver has recorded. The sender records, if it has not. No recording closes: messages do not
/// travel in this direction.
///
/// The acknowledgements that the receiver gave before it recorded may arrive before or after: an
/// acknowledgement in flight is not recorded, since the counts n and m tell it. Those given after
/// the recording come behind this marker. So no room is used inside the cut that was made outside
/// it.
pub(super) fn receive_returned_marker<P: Process>(node: &mut NodeCore<P>, snapshot: SnapshotId) {
    initiate(node, snapshot);
}

/// What lies between the rules: a message that comes after the node recorded and before the link's
/// marker is copied to the link's state. The process gets the message all the same.
pub(super) fn receive_message<M: Clone>(recorders: &mut [Recorder<M>], slot: usize, message: &M) {
    for recorder in recorders {
        recorder.copy(slot, message);
    }
}

/// Beyond the paper: the sender of a link has failed, and no marker will come on it. The link
/// closes here for every snapshot under way, and for every later one in the moment in which this
/// node records.
pub(super) fn receive_end<P: Process>(node: &mut NodeCore<P>, slot: usize) {
    node.end_link(slot);
}

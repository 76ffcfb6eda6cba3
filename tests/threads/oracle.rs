//! The channel law, checked by content: the notes recorded on a link are exactly those numbered from
//! `received + 1` to `sent`, by the counts that its two ends recorded of themselves.

use consistent_cut::{ChannelState, GlobalSnapshot, NodeId};

use crate::counts::{Counts, Note};

pub(crate) type Snapshot = GlobalSnapshot<Counts, Note>;

/// Panics unless every link obeys the law.
pub(crate) fn check(snapshot: &Snapshot) {
    snapshot.verify().expect("a snapshot passes its own verification");
    let topology = snapshot.topology();
    for link in topology.all_links() {
        let channel = snapshot.channel(link.id);
        let in_slot = topology.in_slot(link.id).expect("a known link");
        let received = snapshot.state(link.target).received[in_slot];
        let sent = match topology.out_slot(link.id) {
            Some(slot) => snapshot.state(link.source).sent[slot],
            // Nobody inside counts what was injected; law and numbers must fit all the same.
            None => channel.sent(),
        };
        assert_eq!((channel.sent(), channel.received()), (sent, received), "{link}\n{snapshot}");
        let recorded: Vec<_> = channel.messages().iter().map(|n| (n.link, n.number)).collect();
        let due: Vec<_> = (received + 1..=sent).map(|number| (link.id, number)).collect();
        assert_eq!(recorded, due, "{link}\n{snapshot}");
    }
}

/// Panics unless `later`, which began after `earlier` had ended, is at least as far everywhere.
pub(crate) fn check_order(earlier: &Snapshot, later: &Snapshot) {
    for (node, before) in earlier.states() {
        let after = later.state(node);
        let sent = before.sent.iter().zip(&after.sent);
        let received = before.received.iter().zip(&after.received);
        for (slot, (before, after)) in sent.chain(received).enumerate() {
            let (first, second) = (earlier.id(), later.id());
            assert!(before <= after, "{node} goes back from {first} to {second} at place {slot}");
        }
    }
}

/// The numbers of the notes recorded on a link.
pub(crate) fn numbers(channel: &ChannelState<Note>) -> Vec<u64> {
    channel.messages().iter().map(|note| note.number).collect()
}

/// Notes held by nodes.
pub(crate) fn held(snapshot: &Snapshot) -> u64 {
    snapshot.states().map(|(_, counts)| counts.held).sum()
}

/// Nodes by number, for short tests.
pub(crate) fn node(index: u32) -> NodeId {
    NodeId::new(index)
}

//! The channel law, checked by content. The messages of a snapshot on a link are exactly those
//! numbered from `received + 1` to `sent`, in order, by the counts that the two ends recorded
//! themselves.

use consistent_cut::{ChannelState, GlobalSnapshot, Link, LinkId};

use super::counts::Counts;
use super::note::Note;
use super::puppet::Record;

/// The snapshot of puppets.
pub(crate) type Snapshot = GlobalSnapshot<Record, Note>;

/// A state that holds the counts of its process.
pub(crate) trait Counting {
    fn counts(&self) -> &Counts;
}

/// A message that knows its number.
pub(crate) trait Numbered {
    fn link(&self) -> LinkId;
    fn number(&self) -> u64;
}

impl Counting for Record {
    fn counts(&self) -> &Counts {
        &self.counts
    }
}

impl Numbered for Note {
    fn link(&self) -> LinkId {
        self.link
    }

    fn number(&self) -> u64 {
        self.number
    }
}

/// # Panics
/// If a link does not obey the law.
#[track_caller]
pub(crate) fn check(snapshot: &Snapshot) {
    snapshot.verify().expect("a snapshot passes its own verification");
    for link in snapshot.topology().all_links() {
        // No state in the snapshot counts messages from outside, or from a node that has failed.
        let uncounted = snapshot.channel(link.id).sent();
        if let Err(fault) = on_link(snapshot, link, uncounted) {
            panic!("{fault}\n{snapshot}");
        }
    }
}

/// The law on one link; `uncounted` messages were sent on it if no recorded state counts them.
/// Nothing is in flight to a node that has failed.
pub(crate) fn on_link<S: Counting, M: Numbered>(
    snapshot: &GlobalSnapshot<S, M>,
    link: Link,
    uncounted: u64,
) -> Result<(), String> {
    let topology = snapshot.topology();
    let channel = snapshot.channel(link.id);
    let target = snapshot.find_state(link.target);
    let sent = match (topology.out_slot(link.id), snapshot.find_state(link.source)) {
        (Some(slot), Some(state)) => state.counts().sent[slot],
        _ => uncounted,
    };
    let slot = topology.in_slot(link.id).expect("a link of the topology");
    let received = target.map_or(sent, |state| state.counts().received[slot]);
    let due = (received + 1..=sent).map(|number| (link.id, number));
    let recorded = channel.messages().iter().map(|message| (message.link(), message.number()));
    let is_lawful = recorded.clone().eq(due)
        && (channel.sent(), channel.received()) == (sent, received)
        && channel.link() == link;
    if is_lawful {
        return Ok(());
    }
    Err(format!(
        "{} on {link}: the states say {sent} sent and {received} received; \
         the snapshot says {} and {}, and shows {:?}",
        snapshot.id(),
        channel.sent(),
        channel.received(),
        recorded.collect::<Vec<_>>()
    ))
}

/// # Panics
/// Unless `later`, which began after `earlier` had ended, is at least as far everywhere.
#[track_caller]
pub(crate) fn check_order(earlier: &Snapshot, later: &Snapshot) {
    for (node, before) in earlier.states() {
        let (before, after) = (&before.counts, &later.state(node).counts);
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
    snapshot.states().map(|(_, record)| record.held).sum()
}

/// The progress of each node: messages received, by node and link.
pub(crate) fn progress(snapshot: &Snapshot) -> Vec<u64> {
    snapshot.states().flat_map(|(_, record)| record.counts.received.clone()).collect()
}

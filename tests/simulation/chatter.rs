//! A process whose messages are numbered on each link, so that a snapshot can be checked by content.

use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, Topology};

/// Sends on, a few times, what it receives; on which links and how often depends on what that was and on nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Chatter {
    /// Messages sent when it starts.
    pub(crate) opening: u64,
    pub(crate) counts: Counts,
}

/// Messages sent on each out-link and received on each in-link, the environment link last, by what the process itself has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sent: Vec<u64>,
    pub(crate) received: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Which of its link's messages this is, from 1.
    pub(crate) number: u64,
    /// How often it may still be sent on.
    pub(crate) hops: u64,
}

impl Chatter {
    pub(crate) fn new(topology: &Topology, node: NodeId, opening: u64) -> Chatter {
        let counts = Counts {
            sent: vec![0; topology.out_links(node).len()],
            received: vec![0; topology.in_links(node).len() + 1],
        };
        Chatter { opening, counts }
    }

    /// Sends on the link of this slot, counted round and round.
    fn send(&mut self, slot: u64, hops: u64, ctx: &mut Context<'_, Note>) {
        let links = ctx.out_links();
        if !links.is_empty() {
            let slot = (slot % links.len() as u64) as usize;
            self.counts.sent[slot] += 1;
            ctx.send_on(links[slot].id, Note { number: self.counts.sent[slot], hops });
        }
    }
}

impl Process for Chatter {
    type State = Counts;
    type Message = Note;

    fn on_start(&mut self, ctx: &mut Context<'_, Note>) {
        (0..self.opening).for_each(|slot| self.send(slot, 6, ctx));
    }

    fn on_message(&mut self, from: Link, note: Note, ctx: &mut Context<'_, Note>) {
        let slot = ctx.in_links().iter().position(|link| link.id == from.id);
        let slot = slot.unwrap_or(self.counts.received.len() - 1);
        self.counts.received[slot] += 1;
        assert_eq!(note.number, self.counts.received[slot], "{from} keeps its order");
        // None, one or two.
        let sends = (note.number * 7 + note.hops * 5 + slot as u64) % 3;
        (0..sends.min(note.hops)).for_each(|n| self.send(note.number + n, note.hops - 1, ctx));
    }

    fn state(&self) -> Counts {
        self.counts.clone()
    }
}

pub(crate) type Snapshot = GlobalSnapshot<Counts, Note>;

/// With n sent and m received by the processes' own counts, a link holds its messages m+1..n.
pub(crate) fn assert_channel_law(snapshot: &Snapshot) {
    snapshot.verify().expect("the numbers obey the law");
    let topology = snapshot.topology();
    for channel in snapshot.channels() {
        let link = channel.link();
        let Some(receiver) = snapshot.find_state(link.target) else { continue };
        let slot = topology.in_slot(link.id).expect("it ends there");
        let received = receiver.received[slot];
        let sender = snapshot.find_state(link.source);
        let sent = match (sender, topology.out_slot(link.id)) {
            (Some(sender), Some(slot)) => sender.sent[slot],
            // From outside, or by a node that has failed.
            _ => channel.sent(),
        };
        assert_eq!((channel.sent(), channel.received()), (sent, received), "{link}: {snapshot}");
        let numbers: Vec<_> = channel.messages().iter().map(|note| note.number).collect();
        assert_eq!(numbers, (received + 1..=sent).collect::<Vec<_>>(), "{link}: {snapshot}");
    }
}

/// How far each node has come: messages received, by node and link.
pub(crate) fn progress(snapshot: &Snapshot) -> Vec<u64> {
    snapshot.states().flat_map(|(_, counts)| counts.received.clone()).collect()
}

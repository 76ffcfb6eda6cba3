//! What the processes of these tests record: how many messages they have sent and received on each link.
//! With the messages numbered by link, that tells which messages a snapshot must show on which link.

use std::fmt;
use std::sync::Arc;

use consistent_cut::{Context, Link, LinkId, NodeId, Topology};

use crate::puppet::Puppet;

/// The recorded state of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// By out-slot.
    pub(crate) sent: Vec<u64>,
    /// By in-slot; the environment link is the last.
    pub(crate) received: Vec<u64>,
    /// Messages that the node keeps for a while before it passes them on.
    pub(crate) held: u64,
    /// Whether `on_start` has returned.
    pub(crate) started: bool,
    /// The timers that were due, in the order in which the node heard of them.
    pub(crate) fired: Vec<u64>,
}

/// What a puppet is to do when the note reaches it.
pub(crate) type Action = Arc<dyn Fn(&mut Puppet, &mut Context<'_, Note>) + Send + Sync>;

/// Message `number` of `link`, counted from 1.
pub(crate) struct Note {
    pub(crate) link: LinkId,
    pub(crate) number: u64,
    pub(crate) action: Option<Action>,
    /// Panics when it is cloned.
    pub(crate) fragile: bool,
}

impl Counts {
    pub(crate) fn new(node: NodeId, topology: &Topology) -> Self {
        Counts {
            sent: vec![0; topology.out_links(node).len()],
            received: vec![0; topology.in_links(node).len() + 1],
            held: 0,
            started: false,
            fired: Vec::new(),
        }
    }

    /// The next note for `link`, which leaves this node.
    pub(crate) fn next(&mut self, topology: &Topology, link: LinkId) -> Note {
        let slot = topology.out_slot(link).expect("a link of the topology");
        self.sent[slot] += 1;
        Note::new(link, self.sent[slot])
    }

    /// Counts a note, and panics if a link has lost, doubled or reordered one.
    pub(crate) fn receive(&mut self, topology: &Topology, from: Link, note: &Note) {
        let received = &mut self.received[topology.in_slot(from.id).expect("a known link")];
        *received += 1;
        assert_eq!((note.link, note.number), (from.id, *received), "the wrong note came on {from}");
    }

    /// Notes received, on all links together.
    pub(crate) fn handled(&self) -> u64 {
        self.received.iter().sum()
    }

    /// Notes received from outside.
    pub(crate) fn injected(&self) -> u64 {
        *self.received.last().expect("the environment link is always there")
    }
}

impl Note {
    pub(crate) fn new(link: LinkId, number: u64) -> Self {
        Note { link, number, action: None, fragile: false }
    }
}

impl Clone for Note {
    fn clone(&self) -> Self {
        assert!(!self.fragile, "this note does not let itself be cloned");
        Note { action: self.action.clone(), ..*self }
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} of {}", self.number, self.link)
    }
}

//! The message of a puppet.

use std::fmt;
use std::sync::Arc;

use consistent_cut::{Context, LinkId, NodeId, Topology};

use super::puppet::Puppet;

/// An action of a puppet.
pub(crate) type Action = Arc<dyn Fn(&mut Puppet, &mut Context<'_, Note>) + Send + Sync>;

/// Message `number` of `link`, counted from 1. An action stays behind when the note goes to another
/// process.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Note {
    pub(crate) link: LinkId,
    pub(crate) number: u64,
    /// The number of times that a chatter may still pass it on.
    pub(crate) hops: u64,
    /// The action of its receiver.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) action: Option<Action>,
    /// Panics when it is cloned.
    pub(crate) fragile: bool,
}

impl Note {
    pub(crate) fn new(link: LinkId, number: u64) -> Self {
        Note { link, number, hops: 0, action: None, fragile: false }
    }

    /// Message `number` from outside to `node`.
    pub(crate) fn from_outside(topology: &Topology, node: NodeId, number: u64) -> Self {
        Note::new(topology.environment_link(node).expect("a known node").id, number)
    }

    pub(crate) fn with_hops(self, hops: u64) -> Self {
        Note { hops, ..self }
    }

    pub(crate) fn with_action(
        self,
        action: impl Fn(&mut Puppet, &mut Context<'_, Note>) + Send + Sync + 'static,
    ) -> Self {
        Note { action: Some(Arc::new(action)), ..self }
    }
}

impl Clone for Note {
    fn clone(&self) -> Self {
        assert!(!self.fragile, "this note does not let itself be cloned");
        Note { action: self.action.clone(), ..*self }
    }
}

/// Actions cannot be compared. A number is given once on a link, so it identifies the note.
impl PartialEq for Note {
    fn eq(&self, other: &Self) -> bool {
        (self.link, self.number, self.hops) == (other.link, other.number, other.hops)
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} of {}", self.number, self.link)
    }
}

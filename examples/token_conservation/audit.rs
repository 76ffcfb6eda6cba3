//! What must hold in every snapshot, and from one to the next.

use consistent_cut::VerifyError;
use thiserror::Error;

use super::Snapshot;
use super::holder::{Message, Token};

/// Checks snapshots that are taken one after another.
pub(crate) struct Audit {
    /// By token: whether it can still be there. At first all can.
    left: Vec<bool>,
}

/// What a snapshot has disproved.
#[derive(Debug, Error)]
pub(crate) enum Violation {
    #[error(transparent)]
    ChannelLaw(#[from] VerifyError),
    #[error("{snapshot} shows token {} in two places", .token.0)]
    Twice { snapshot: String, token: Token },
    #[error("{snapshot} shows token {}, which the snapshot before did not", .token.0)]
    CameBack { snapshot: String, token: Token },
    #[error(
        "{snapshot} shows {left} tokens and {discarded} discards, but there were {start} at the start"
    )]
    Lost { snapshot: String, left: u64, discarded: u64, start: u64 },
}

impl Audit {
    pub(crate) fn new(tokens: u32) -> Self {
        Audit { left: vec![true; tokens as usize] }
    }

    /// Checks the channel law, the invariant "every token is in one place: at a node, on a link, or discarded",
    /// and that no token is there that the snapshot before did not show: its absence is stable. So there are
    /// never more tokens than at the start, nor than in the snapshot before.
    ///
    /// Returns how many tokens are left.
    pub(crate) fn check(&mut self, snapshot: &Snapshot) -> Result<u64, Violation> {
        snapshot.verify()?;
        let found = self.find_tokens(snapshot)?;
        let left = found.iter().filter(|found| **found).count() as u64;
        let discarded = snapshot.states().map(|(_, purse)| purse.discarded).sum();
        let start = found.len() as u64;
        if left + discarded != start {
            let snapshot = snapshot.id().to_string();
            return Err(Violation::Lost { snapshot, left, discarded, start });
        }
        self.left = found;
        Ok(left)
    }

    /// By token: whether the snapshot shows it.
    fn find_tokens(&self, snapshot: &Snapshot) -> Result<Vec<bool>, Violation> {
        let mut found = vec![false; self.left.len()];
        for token in tokens(snapshot) {
            let index = token.0 as usize;
            if std::mem::replace(&mut found[index], true) {
                return Err(Violation::Twice { snapshot: snapshot.id().to_string(), token });
            }
            if !self.left[index] {
                return Err(Violation::CameBack { snapshot: snapshot.id().to_string(), token });
            }
        }
        Ok(found)
    }
}

/// Every token of the global state: those at nodes, then those on links.
fn tokens(snapshot: &Snapshot) -> impl Iterator<Item = Token> {
    let at_nodes = snapshot.states().flat_map(|(_, purse)| purse.kept.iter().copied());
    let on_links = snapshot.in_flight().filter_map(|(_, message)| match message {
        Message::Token(token) => Some(*token),
        Message::Nudge => None,
    });
    at_nodes.chain(on_links)
}

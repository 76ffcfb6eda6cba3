//! The laws of every snapshot, and of each step from one snapshot to the next.

use std::sync::Arc;

use consistent_cut::property::{
    Invariant, InvariantViolated, StableProperty, conserved, token_lost,
};
use consistent_cut::{NodeId, VerifyError};
use thiserror::Error;

use super::Snapshot;
use super::holder::{Message, Purse, Token};

/// Checks snapshots that are taken one after another.
pub(crate) struct Audit {
    /// By token: whether it can still be there. At first all tokens can.
    left: Vec<bool>,
    conserved: Invariant<Purse, Message>,
}

/// A claim that a snapshot has disproved.
#[derive(Debug, Error)]
pub(crate) enum Violation {
    #[error(transparent)]
    ChannelLaw(#[from] VerifyError),
    #[error("{snapshot} shows token {} in two places", .token.0)]
    Twice { snapshot: String, token: Token },
    #[error("{snapshot} shows token {}, which the snapshot before did not", .token.0)]
    CameBack { snapshot: String, token: Token },
    #[error(transparent)]
    Lost(#[from] InvariantViolated<Purse, Message>),
}

impl Audit {
    pub(crate) fn new(tokens: u32) -> Self {
        let conserved =
            conserved("the number of tokens and discards", tokens.into(), count, Message::tokens);
        Audit { left: vec![true; tokens as usize], conserved }
    }

    /// Checks the channel law, the invariant "every token is in one place: at a node, on a link, or
    /// discarded", and that the snapshot before showed each of its tokens, since the absence of a
    /// token is stable. So there are never more tokens than at the start, nor than in the snapshot
    /// before.
    pub(crate) fn check(&mut self, snapshot: &Arc<Snapshot>) -> Result<(), Violation> {
        snapshot.verify()?;
        self.left = self.find_tokens(snapshot)?;
        self.conserved.check(snapshot).into_result()?;
        Ok(())
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

/// Fewer than one token is left, and no node makes tokens.
pub(crate) fn no_token_left() -> StableProperty<Purse, Message> {
    token_lost(1, |_, purse: &Purse| purse.kept(), Message::tokens).named("no token left")
}

/// The tokens that a node keeps, and those that it has discarded.
fn count(_: NodeId, purse: &Purse) -> u64 {
    purse.kept() + purse.discarded
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

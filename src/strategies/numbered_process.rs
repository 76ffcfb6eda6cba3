//! A process that numbers its messages.

use std::sync::Arc;

use proptest::sample::Index;

use crate::id::NodeId;
use crate::process::{Context, Process};
use crate::topology::Link;

/// A message of a [`NumberedProcess`]: a token that travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NumberedMessage {
    /// The number of the message on its link, from 1.
    pub number: u64,
    /// How often the token will be passed on after this link.
    pub hops_left: u32,
}

/// The counts of a [`NumberedProcess`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NumberedState {
    /// How many messages the process has sent, for each of its out-links in their order.
    pub sent: Vec<u64>,
    /// How many messages the process has received, for each of its in-links in their order.
    pub received: Vec<u64>,
    /// How many tokens have come to rest at the process.
    pub resting: u64,
    /// Whether the messages of each link came in the order of their numbers, with none left out.
    pub in_order: bool,
}

/// A process that passes tokens on and numbers the messages of each link. It counts its messages
/// itself, so a snapshot can be checked without the counts that the crate keeps: see
/// [`NumberedSystem::check`](super::NumberedSystem::check).
#[derive(Clone, Debug)]
pub struct NumberedProcess {
    /// The hops of each token that starts here.
    starts: Vec<u32>,
    /// The out-links on which a node passes tokens on, one entry for each token. Behind the last
    /// entry comes the first again.
    turns: Arc<[Index]>,
    /// The place in the turns. It begins at the node's number.
    passed_on: usize,
    state: NumberedState,
}

impl NumberedProcess {
    pub(super) fn new(node: NodeId, starts: Vec<u32>, turns: Arc<[Index]>) -> Self {
        let state = NumberedState { in_order: true, ..NumberedState::default() };
        NumberedProcess { starts, turns, passed_on: node.index(), state }
    }

    /// Passes a token on, or keeps it.
    fn pass_on(&mut self, hops: u32, ctx: &mut Context<'_, NumberedMessage>) {
        let out_links = ctx.out_links();
        if hops == 0 || out_links.is_empty() {
            self.state.resting += 1;
            return;
        }
        let slot = match self.turns.len() {
            0 => 0,
            turns => self.turns[self.passed_on % turns].index(out_links.len()),
        };
        self.passed_on += 1;
        self.state.sent[slot] += 1;
        let message = NumberedMessage { number: self.state.sent[slot], hops_left: hops - 1 };
        ctx.send_on(out_links[slot], message);
    }
}

impl Process for NumberedProcess {
    type State = NumberedState;
    type Message = NumberedMessage;

    fn on_start(&mut self, ctx: &mut Context<'_, NumberedMessage>) {
        self.state.sent = vec![0; ctx.out_links().len()];
        self.state.received = vec![0; ctx.in_links().len()];
        for hops in std::mem::take(&mut self.starts) {
            self.pass_on(hops, ctx);
        }
    }

    fn on_message(
        &mut self,
        from: Link,
        message: NumberedMessage,
        ctx: &mut Context<'_, NumberedMessage>,
    ) {
        // An injected message has no in-link, and its number means nothing.
        let slot = ctx.topology().in_slot(from.id);
        if let Some(received) = slot.and_then(|slot| self.state.received.get_mut(slot)) {
            *received += 1;
            self.state.in_order &= message.number == *received;
        }
        self.pass_on(message.hops_left, ctx);
    }

    fn state(&self) -> NumberedState {
        self.state.clone()
    }
}

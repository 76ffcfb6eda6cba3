//! The process that every node runs.

use std::collections::VecDeque;

use consistent_cut::{Context, Link, NodeId, Process};
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::options::Options;

/// A token knows its number, so that a token which a snapshot shows twice is found out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token(pub(crate) u32);

/// The messages of nodes.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    Token(Token),
    /// Asks the receiver to pass on a token that it keeps. See [`Holder`].
    Nudge,
}

impl Message {
    /// The number of tokens that the message brings.
    pub(crate) fn tokens(&self) -> u64 {
        match self {
            Message::Token(_) => 1,
            Message::Nudge => 0,
        }
    }
}

/// The state that a snapshot records of a node. It owns its data, so it does not change once
/// recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Purse {
    /// The tokens that the node keeps for now, oldest first.
    pub(crate) kept: VecDeque<Token>,
    /// How many tokens the node has thrown away.
    pub(crate) discarded: u64,
    /// How many messages the node has handled.
    pub(crate) handled: u64,
}

impl Purse {
    /// How many tokens the node keeps.
    pub(crate) fn kept(&self) -> u64 {
        self.kept.len() as u64
    }
}

/// A node that gets a token throws it away, or passes it on at once, or keeps it for a while.
///
/// A process acts only when a message comes, so if nodes only kept tokens, in the end all tokens
/// would be kept and nothing would ever move again. Hence a node that keeps a token sends a nudge
/// in its place. The nudge wanders as a token does until it meets a node that keeps tokens, and the
/// oldest of these goes on. With one message under way for each token, the system stays alive as
/// long as there is a token, even the last one, and a snapshot finds tokens both at nodes and on
/// links.
pub(crate) struct Holder {
    purse: Purse,
    discard: f64,
    generator: Xoshiro256PlusPlus,
}

impl Holder {
    /// Deals the tokens out: to each of the `nodes` every `nodes`th one.
    pub(crate) fn new(node: NodeId, nodes: usize, options: &Options) -> Self {
        let dealt = (0..options.tokens).skip(node.index()).step_by(nodes);
        // Each node has a generator of its own, so its choices do not depend on the interleaving of
        // threads.
        let seed = options.seed.wrapping_add((node.index() as u64) << 32);
        Holder {
            purse: Purse { kept: dealt.map(Token).collect(), ..Purse::default() },
            discard: options.discard,
            generator: Xoshiro256PlusPlus::seed_from_u64(seed),
        }
    }

    fn receive(&mut self, token: Token, ctx: &mut Context<'_, Message>) {
        if self.generator.random_bool(self.discard) {
            self.purse.discarded += 1;
        } else if self.generator.random_bool(0.5) {
            self.purse.kept.push_back(token);
            self.send(Message::Nudge, ctx);
        } else {
            self.send(Message::Token(token), ctx);
        }
    }

    fn be_nudged(&mut self, ctx: &mut Context<'_, Message>) {
        match self.purse.kept.pop_front() {
            Some(token) => self.send(Message::Token(token), ctx),
            None => self.send(Message::Nudge, ctx),
        }
    }

    /// Sends on a random link. A node without an out-link keeps its tokens for good.
    fn send(&mut self, message: Message, ctx: &mut Context<'_, Message>) {
        match (ctx.out_links().choose(&mut self.generator), message) {
            (Some(link), message) => ctx.send_on(link, message),
            (None, Message::Token(token)) => self.purse.kept.push_back(token),
            (None, Message::Nudge) => {}
        }
    }
}

impl Process for Holder {
    type State = Purse;
    type Message = Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
        for token in std::mem::take(&mut self.purse.kept) {
            self.receive(token, ctx);
        }
    }

    fn on_message(&mut self, _from: Link, message: Message, ctx: &mut Context<'_, Message>) {
        self.purse.handled += 1;
        match message {
            Message::Token(token) => self.receive(token, ctx),
            Message::Nudge => self.be_nudged(ctx),
        }
    }

    fn state(&self) -> Purse {
        self.purse.clone()
    }
}

//! A searcher: owns a part of the positions, and tells the others which positions it reaches.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, TimerId};

use crate::puzzle::Position;

/// A position, and in how many moves it can be reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    position: Position,
    moves: u32,
}

/// The state of a searcher, as a snapshot records it: no more than is needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// Positions it has found so far.
    pub(crate) found: usize,
    /// Positions whose neighbours it has yet to look at.
    pub(crate) open: usize,
}

pub(crate) struct Searcher {
    start: Option<Position>,
    moves: BTreeMap<Position, u32>,
    open: VecDeque<Position>,
}

/// The number of positions that a searcher looks at before it takes in messages.
const BATCH: usize = 64;
const GO_ON: TimerId = TimerId::new(1);

impl Searcher {
    /// The owner of the start begins there.
    pub(crate) fn new(node: NodeId, searchers: usize, start: Position) -> Self {
        let is_owner = start.owner(searchers) == node.index();
        Searcher { start: is_owner.then_some(start), moves: BTreeMap::new(), open: VecDeque::new() }
    }

    /// The positions found, with the numbers of moves.
    pub(crate) fn into_moves(self) -> BTreeMap<Position, u32> {
        self.moves
    }

    fn reach(&mut self, Reached { position, moves }: Reached, ctx: &mut Context<'_, Reached>) {
        let known = self.moves.entry(position).or_insert(u32::MAX);
        if moves < *known {
            *known = moves;
            self.open.push_back(position);
            ctx.set_timer(GO_ON, Duration::ZERO);
        }
    }

    fn expand(&mut self, position: Position, ctx: &mut Context<'_, Reached>) {
        let moves = self.moves[&position] + 1;
        // Every searcher has a link to every searcher, itself too, in the order of the nodes.
        let links = ctx.out_links();
        for position in position.neighbours() {
            ctx.send_on(links[position.owner(links.len())].id, Reached { position, moves });
        }
    }
}

impl Process for Searcher {
    type State = Progress;
    type Message = Reached;

    fn on_start(&mut self, ctx: &mut Context<'_, Reached>) {
        if let Some(position) = self.start {
            self.reach(Reached { position, moves: 0 }, ctx);
        }
    }

    fn on_message(&mut self, _: Link, reached: Reached, ctx: &mut Context<'_, Reached>) {
        self.reach(reached, ctx);
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, Reached>) {
        for _ in 0..BATCH {
            let Some(position) = self.open.pop_front() else { return };
            self.expand(position, ctx);
        }
        ctx.set_timer(GO_ON, Duration::ZERO);
    }

    fn state(&self) -> Progress {
        Progress { found: self.moves.len(), open: self.open.len() }
    }
}

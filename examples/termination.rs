//! A parallel search that has to know when it is done. Threads explore the graph of the 8-puzzle
//! together. Each thread owns a part of the positions, and tells the others which positions it
//! reaches. No thread can see that all work is done; a snapshot can.
//!
//! ```text
//! cargo run --release --example termination
//! cargo run --release --example termination -- --searchers 16
//! cargo run --release --example termination -- --help
//! ```

#[path = "common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use consistent_cut::property::{Detection, terminated};
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, System, TimerId, Topology};

use common::options::LONGEST_PAUSE;
use common::say;

/// The squares, row by row: a tile from 1 to 8, or 0 for the hole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Position([u8; 9]);

impl Position {
    /// All tiles in order, with the hole behind them.
    const SOLVED: Position = Position([1, 2, 3, 4, 5, 6, 7, 8, 0]);

    /// The positions that are one move away: two, three or four.
    fn neighbours(self) -> impl Iterator<Item = Position> {
        let hole = self.0.iter().position(|tile| *tile == 0).unwrap_or_default();
        let (row, column) = (hole / 3, hole % 3);
        let squares = [
            (row > 0).then(|| hole - 3),
            (row < 2).then(|| hole + 3),
            (column > 0).then(|| hole - 1),
            (column < 2).then(|| hole + 1),
        ];
        squares.into_iter().flatten().map(move |square| {
            let mut tiles = self.0;
            tiles.swap(hole, square);
            Position(tiles)
        })
    }

    /// The searcher that owns the position. It is always the same searcher, and each owns about as
    /// many positions.
    fn owner(self, searchers: usize) -> usize {
        let number = self.0.iter().fold(0_u64, |number, tile| number * 9 + u64::from(*tile));
        (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % searchers
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let square = |tile: &u8| if *tile == 0 { '.' } else { char::from(b'0' + tile) };
        let rows = self.0.chunks(3).map(|row| row.iter().map(square).collect::<String>());
        f.write_str(&rows.collect::<Vec<_>>().join("/"))
    }
}

/// A position, and in how many moves it can be reached.
#[derive(Clone, Copy, Debug)]
struct Reached {
    position: Position,
    moves: u32,
}

/// The state of a searcher, as a snapshot records it: no more than is needed.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// Positions it has found so far.
    found: usize,
    /// Positions whose neighbours it has yet to look at.
    open: usize,
}

struct Searcher {
    start: Option<Position>,
    moves: BTreeMap<Position, u32>,
    open: VecDeque<Position>,
}

/// The number of positions that a searcher looks at before it takes in messages.
const BATCH: usize = 64;
const GO_ON: TimerId = TimerId::new(1);

impl Searcher {
    /// The owner of the start begins there.
    fn new(node: NodeId, searchers: usize, start: Position) -> Self {
        let is_owner = start.owner(searchers) == node.index();
        Searcher { start: is_owner.then_some(start), moves: BTreeMap::new(), open: VecDeque::new() }
    }

    /// The positions found, with the numbers of moves.
    fn into_moves(self) -> BTreeMap<Position, u32> {
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

const HEADING: &str = "     time   positions   to be looked at   in flight   searchers at rest";

fn line(snapshot: &GlobalSnapshot<Progress, Reached>) -> String {
    let (mut found, mut open, mut at_rest) = (0, 0, 0);
    for (_, progress) in snapshot.states() {
        found += progress.found;
        open += progress.open;
        at_rest += usize::from(progress.open == 0);
    }
    let (at, in_flight) = (snapshot.timings().began().as_secs_f64(), snapshot.in_flight().count());
    format!("{at:7.3} s   {found:9}   {open:15}   {in_flight:9}   {at_rest:17}")
}

/// The same numbers of moves as one thread finds, breadth first.
fn check(searchers: Vec<Searcher>) -> Result<(), Box<dyn Error>> {
    let found: BTreeMap<_, _> = searchers.into_iter().flat_map(Searcher::into_moves).collect();
    let right = by_one_thread();
    if found != right {
        return Err(
            "the search has stopped too early: one thread finds other numbers of moves".into()
        );
    }
    let most = found.values().max().copied().unwrap_or_default();
    let farthest: Vec<_> =
        found.iter().filter(|(_, moves)| **moves == most).map(|(position, _)| position).collect();
    say!(
        "{} positions, {most} moves at most, to {farthest:?}: one thread finds the same.",
        found.len()
    );
    Ok(())
}

fn by_one_thread() -> BTreeMap<Position, u32> {
    let mut moves = BTreeMap::from([(Position::SOLVED, 0)]);
    let mut open = VecDeque::from([(Position::SOLVED, 0)]);
    while let Some((position, so_far)) = open.pop_front() {
        for next in position.neighbours() {
            if let Entry::Vacant(place) = moves.entry(next) {
                place.insert(so_far + 1);
                open.push_back((next, so_far + 1));
            }
        }
    }
    moves
}

#[derive(Parser)]
#[command(about = "A parallel search that stops exactly when it is done")]
struct Options {
    /// The number of threads that search
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=200))]
    searchers: u16,
    /// The pause from one snapshot to the next, in milliseconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=LONGEST_PAUSE))]
    pause: u64,
}

fn main() -> ExitCode {
    common::finish(search(&common::options::read()))
}

fn search(options: &Options) -> Result<(), Box<dyn Error>> {
    let searchers = usize::from(options.searchers);
    say!("{searchers} threads look for the fewest moves to every position of the 8-puzzle.\n");
    // Each searcher has a link to each searcher, and to itself.
    let links = (0..searchers).flat_map(|from| (0..searchers).map(move |to| (from, to)));
    let system = System::builder(Topology::from_links(searchers, links)?)
        .spawn(|node| Searcher::new(node, searchers, Position::SOLVED))?;

    let done = terminated(|_, progress: &Progress| progress.open == 0);
    say!("{}", HEADING);
    let mut only_seemed_done = 0;
    for result in system.every(Duration::from_millis(options.pause)) {
        let snapshot = result?;
        say!("{}", line(&snapshot));
        match done.detect(&snapshot) {
            Detection::HoldsNow(finding) => {
                say!("\nThe search is done: {}.", finding.reason);
                break;
            }
            Detection::DidNotHoldAtStart(_) => {
                only_seemed_done += u32::from(snapshot.states().all(|(_, state)| state.open == 0));
            }
        }
    }
    say!(
        "Earlier snapshots in which all searchers were at rest, though messages were in flight: {only_seemed_done}.\n"
    );
    check(system.shutdown()?)
}

//! The lines that show the search, and the check of its result.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::error::Error;

use consistent_cut::GlobalSnapshot;

use crate::common::say;
use crate::puzzle::Position;
use crate::searcher::{Progress, Reached, Searcher};

pub(crate) const HEADING: &str =
    "     time   positions   to be looked at   in flight   searchers at rest";

pub(crate) fn line(snapshot: &GlobalSnapshot<Progress, Reached>) -> String {
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
pub(crate) fn check(searchers: Vec<Searcher>) -> Result<(), Box<dyn Error>> {
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

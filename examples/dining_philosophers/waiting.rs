//! The requests of philosophers and forks.

use consistent_cut::property::{Deadlock, Request, find_deadlock};
use consistent_cut::{GlobalSnapshot, Link, NodeId};

use crate::table::{Seat, Word};

pub(crate) type Snapshot = GlobalSnapshot<Seat, Word>;

/// A philosopher who has asked for a fork waits for it, and a fork that is taken waits for the
/// philosopher who has it.
pub(crate) fn find(snapshot: &Snapshot) -> Option<Deadlock> {
    find_deadlock(snapshot, request, grants)
}

fn request(_: NodeId, seat: &Seat) -> Request {
    match seat {
        Seat::Philosopher { wants: Some(fork), .. } => Request::All(vec![*fork]),
        Seat::Fork { holder: Some(philosopher), .. } => Request::All(vec![*philosopher]),
        Seat::Philosopher { wants: None, .. } | Seat::Fork { holder: None, .. } => Request::Nothing,
    }
}

/// A grant is a fork on its way to the philosopher who asked for it, or on its way back.
fn grants(_: Link, word: &Word, _: &Seat) -> bool {
    matches!(word, Word::Give | Word::Return)
}

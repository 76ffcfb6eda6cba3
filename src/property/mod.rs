//! What a snapshot tells for good: detectors of stable properties, pure functions of a [`GlobalSnapshot`](crate::GlobalSnapshot).
//!
//! | detector | finds |
//! |---|---|
//! | [`find_deadlock`] | nodes that wait for each other, with requests for all, any, or some of others |
//! | [`find_full_links`] | nodes that wait for each other because links are full, without a line of yours |
//! | [`find_garbage`] | objects that no reference leads to, at nodes or in flight |
//!
//! Each page states the model in which the property is stable, and proves it. What a detector finds in a snapshot is so from the snapshot's
//! end on, and what was so when the snapshot began is found.

mod deadlock;
mod garbage;

pub use deadlock::{
    Deadlock, DeadlockCause, Gone, Request, WaitForGraph, find_deadlock, find_full_links,
};
pub use garbage::{Garbage, Heap, find_garbage};

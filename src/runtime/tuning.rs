//! Figures that speed depends on, and nothing else.
//!
//! Models are small and have no time, so loom explores the same code with other figures.

use std::time::Duration;

use crate::sync::IS_MODEL;

/// Messages of a link that are handed over together, at most. Half a kilobyte each and more make
/// the batches smaller ([`batch_of`]).
const MOST_IN_A_BATCH: usize = if IS_MODEL { 2 } else { 64 };

/// The size of a batch in bytes, at most, where a message is not larger than that.
const BATCH_BYTES: usize = 32 << 10;

/// How many messages of a type make a batch.
pub(crate) const fn batch_of<T>() -> usize {
    let size = if size_of::<T>() == 0 { 1 } else { size_of::<T>() };
    let fitting = BATCH_BYTES / size;
    if fitting == 0 {
        1
    } else if fitting < MOST_IN_A_BATCH {
        fitting
    } else {
        MOST_IN_A_BATCH
    }
}

/// More messages than this on a link mean that its receiver does not keep up. Its sender gives way
/// when it has handed over: a backlog that no cache holds slows both, and takes memory without end
/// where the link has no capacity.
pub(crate) const CROWD: u64 = 1 << 14;

/// A sender looks for that after so many messages of a link.
pub(crate) const LOOK_FOR_CROWD_EVERY: usize = 1 << 9;

/// Memory of batches that a node has received is kept for this many batches, until it goes to those
/// that the node sends.
pub(crate) const EMPTIED_BATCHES: usize = 4;

/// Messages that a node takes from one link, or from its inbox, before it looks elsewhere. More
/// spreads the cost of the look; something urgent cuts it short.
pub(crate) const MESSAGES_A_TURN: usize = 256;

/// Batches that a node takes from one link before it looks elsewhere, however small they are.
pub(crate) const BATCHES_A_TURN: usize = if IS_MODEL { 1 } else { MESSAGES_A_TURN };

/// Handlers are slow if one takes longer than this, on an average over a turn. Then each hands over
/// what it has sent.
pub(crate) const SLOW_HANDLER: Duration = Duration::from_micros(1);

/// Quick handlers run one after the other for about so long before they hand over.
pub(crate) const LONGEST_ROW: Duration = Duration::from_micros(8);

/// Room is shown before this part of a link's capacity has been made (one of so many), or after
/// each message if that is less.
pub(crate) const SHARE_OF_ROOM: u64 = 16;

/// A node with more in-links than this has their senders mark those to look at.
pub(crate) const MANY_LINKS: usize = if IS_MODEL { 2 } else { 8 };

/// Whether a sender looks for sleepers after each message, and not only where it hands over at the
/// end of its turn. The look at the end is the one that has to be right: what the early one can do
/// is for the models of single parts.
pub(crate) const LOOK_AT_ONCE: bool = !IS_MODEL || cfg!(test);

/// Whether what is received is counted where nobody can wait for it: for observers.
pub(crate) const COUNT_UNLIMITED: bool = !IS_MODEL;

/// A node that finds nothing to do looks again after a pause of some processor cycles, so many
/// times. They add up to a few microseconds.
pub(crate) const PAUSES: u32 = 126;

/// If pauses were of no use last time, so many times without them follow.
pub(crate) const TIMES_WITHOUT_PAUSES: u32 = 16;

/// What comes within this time after the pauses would have come within somewhat more of them.
pub(crate) const SOON: Duration = Duration::from_micros(6);

/// Then it looks again after others have had their turn: at least so often, and for so long.
pub(crate) const LEAST_LOOKS: u32 = 3;
/// See [`LEAST_LOOKS`].
pub(crate) const LOOK_FOR: Duration = Duration::from_micros(30);

/// Messages that a link holds if nothing else is said. No model fills it.
pub(crate) const DEFAULT_CAPACITY: u64 = if IS_MODEL { u64::MAX } else { 1 << 16 };

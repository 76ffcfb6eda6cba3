//! The constants on which speed depends.
//!
//! A model is small and has no time, so under loom the same code has other constants.

use std::time::Duration;

use crate::sync::IS_MODEL;

/// The most messages in a batch. Messages of more than half a kilobyte make smaller batches
/// ([`batch_of`]).
const MOST_IN_A_BATCH: usize = if IS_MODEL { 2 } else { 64 };

/// The most bytes in a batch, unless a single message is larger.
const BATCH_BYTES: usize = 32 << 10;

/// How many messages of a type fill a batch.
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

/// If a link has more messages than this, its receiver does not keep up. Its sender then yields
/// after a hand-over. A backlog that fits no cache slows both down, and its memory grows without
/// bound if the link has no capacity.
pub(crate) const CROWD: u64 = 1 << 14;

/// How many messages of a link a sender hands over between two checks for a crowd ([`CROWD`]).
pub(crate) const LOOK_FOR_CROWD_EVERY: usize = 1 << 9;

/// How many batches' memory a node keeps, of batches that it has received. It reuses this memory
/// for batches that it sends.
pub(crate) const EMPTIED_BATCHES: usize = 4;

/// The most bytes that a node reserves in advance for its reports to the coordinator.
pub(crate) const REPORT_BYTES: usize = 8 << 10;

/// How many messages a node takes from one link, or from its inbox, before it looks elsewhere. A
/// larger number spreads the cost of the look. Urgent things end the turn earlier.
pub(crate) const MESSAGES_A_TURN: usize = 256;

/// How many batches a node takes from one link before it looks elsewhere, however small they are.
pub(crate) const BATCHES_A_TURN: usize = if IS_MODEL { 1 } else { MESSAGES_A_TURN };

/// Handlers are slow if they take longer than this on average over a turn. Each slow handler hands
/// over its own messages.
pub(crate) const SLOW_HANDLER: Duration = Duration::from_micros(1);

/// How long a row of quick handlers runs before its messages are handed over.
pub(crate) const LONGEST_ROW: Duration = Duration::from_micros(8);

/// A link's capacity divided by this number is the most room that a row of handlers makes before
/// the room is shown. If the result is less than two messages, each handler is a row of its own.
pub(crate) const SHARE_OF_ROOM: u64 = 16;

/// At a node with more in-links than this, senders mark the links that the node is to look at.
pub(crate) const MANY_LINKS: usize = if IS_MODEL { 2 } else { 8 };

/// Whether a sender looks for sleepers after each message too, and not only after the hand-over at
/// the end of its turn. Only the look at the end must be correct. The models of single parts
/// explore the early look.
pub(crate) const LOOK_AT_ONCE: bool = !IS_MODEL || cfg!(test);

/// Whether received messages are counted on unlimited links, where no sender waits. Only observers
/// read this count.
pub(crate) const COUNT_UNLIMITED: bool = !IS_MODEL;

/// How many times a node that finds nothing to do looks again with pauses of some processor cycles.
/// The pauses add up to a few microseconds.
pub(crate) const PAUSES: u32 = 126;

/// How many times a node skips the pauses after they were of no use.
pub(crate) const TIMES_WITHOUT_PAUSES: u32 = 16;

/// If something comes within this time after the pauses, slightly longer pauses would have caught
/// it.
pub(crate) const SOON: Duration = Duration::from_micros(6);

/// After the pauses, the node looks again after it has yielded to other threads: at least this
/// number of times, and for at least [`LOOK_FOR`] or [`LOOK_LONGER`].
pub(crate) const LEAST_LOOKS: u32 = 3;

/// How long a node looks again in any case. This is about what a wake-up costs.
pub(crate) const LOOK_FOR: Duration = Duration::from_micros(30);

/// How long a node looks again if it last slept for less than this. The longer look would have
/// caught what woke the node, at a lower cost than that of the wake-up.
pub(crate) const LOOK_LONGER: Duration = Duration::from_micros(100);

/// How many messages a link holds by default. No model fills it.
pub(crate) const DEFAULT_CAPACITY: u64 = if IS_MODEL { u64::MAX } else { 1 << 16 };

//! The words between the caller of a checkpoint and the workers that write it.

use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoints;
use crate::id::SnapshotId;
use crate::sync::{Mutex, Receiver, Sender, awaited_channel};

/// A step of a checkpoint, for every worker. Steps of earlier checkpoints have lower numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SaveStep {
    pub(super) number: u64,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    /// Keep copies of what nodes record from now on.
    Keep,
    /// Write the copies of this snapshot, which is complete, and drop all others.
    Write(SnapshotId),
    /// Drop all copies.
    Forget,
}

/// A worker's answer to a step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SaveReply {
    pub(super) number: u64,
    pub(super) worker: u32,
    pub(super) answer: Answer,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Keeps,
    /// This worker was given no checkpoints, or a store that others do not share.
    CannotWrite(String),
    /// The list of parts that were written, in postcard.
    Written(Vec<u8>),
    Failed(String),
}

/// The checkpoints of the first worker, and the answers of all.
pub(super) struct Saving<S, M> {
    pub(super) checkpoints: Mutex<Option<Checkpoints<S, M>>>,
    /// Held by the caller whose checkpoint is under way.
    pub(super) turn: Mutex<Turn>,
}

/// The caller whose checkpoint is under way.
pub(super) struct Turn {
    /// The number of the last checkpoint.
    pub(super) number: u64,
    /// Ends with the first worker.
    pub(super) replies: Receiver<SaveReply>,
}

impl<S, M> Saving<S, M> {
    pub(super) fn new() -> (Sender<SaveReply>, Self) {
        let (tx, replies) = awaited_channel();
        let (checkpoints, turn) = (Mutex::new(None), Mutex::new(Turn { number: 0, replies }));
        (tx, Saving { checkpoints, turn })
    }
}

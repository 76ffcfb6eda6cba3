//! Checkpoints of a cluster, which all of its workers write.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use thiserror::Error;

use super::handle::ClusterHandle;
use super::order::Order;
use super::saving::{Answer, SaveReply, SaveStep, Turn, What};
use crate::checkpoint::ahead::List;
use crate::checkpoint::{Checkpoints, Record, SaveError};
use crate::driver::Ending;
use crate::id::SnapshotId;
use crate::runtime::Clock;
use crate::snapshot::{GlobalSnapshot, SnapshotError};

/// A checkpoint of a cluster.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClusterCheckpoint<S, M> {
    /// The record of the checkpoint.
    pub record: Record,
    /// The snapshot that was saved.
    pub snapshot: Arc<GlobalSnapshot<S, M>>,
}

/// The reason why a cluster has saved no checkpoint. The store has no part of it, and the cluster
/// goes on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClusterSaveError {
    /// There is no snapshot to save.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The first worker was not told where to save.
    #[error("no worker knows where to save: call Cluster::save_to on each")]
    NoCheckpoints,
    /// A worker cannot write a checkpoint together with others.
    #[error(
        "worker {worker} cannot write its nodes: {why}; give every worker the same shared store"
    )]
    CannotWrite {
        /// The worker's index among the workers of all processes.
        worker: usize,
        /// The reason.
        why: String,
    },
    /// A worker has not written the parts of its nodes.
    #[error("worker {worker} has not written its nodes: {why}")]
    Worker {
        /// The worker's index among the workers of all processes.
        worker: usize,
        /// The error of its store, or of the codec.
        why: String,
    },
    /// Some workers have not answered within the timeout of a snapshot.
    #[error(
        "workers {workers:?} have not answered: look whether their handlers block, and save again"
    )]
    Silent {
        /// The indices of these workers.
        workers: Vec<usize>,
    },
    /// The cluster has ended.
    #[error("the cluster has ended: {0}")]
    Ended(Ending),
    /// The first worker has not saved the checkpoint.
    #[error(transparent)]
    Save(#[from] SaveError),
}

/// Checkpoints (features `checkpoint` and `timely`).
impl<S, M> ClusterHandle<S, M> {
    /// Takes a snapshot and saves it where [`Cluster::save_to`](super::Cluster::save_to) says. Each
    /// worker encodes and writes the parts of its own nodes. The first worker then writes the links
    /// and the record, which makes the checkpoint visible.
    ///
    /// If the store cannot be [shared](crate::checkpoint::Store::is_shared), the calling thread
    /// writes all parts, and only the first worker needs to know the store.
    ///
    /// Calls in several threads take turns. The call waits for the snapshot as
    /// [`snapshot`](Self::snapshot) does, and then for the store of each worker, which has no
    /// timeout.
    ///
    /// # Errors
    /// If the snapshot fails, if a worker or this one cannot write, or if the cluster ends. No part
    /// of the checkpoint is visible then, except that a fault at the very end may hide a success.
    /// At once, in a worker's thread.
    pub fn checkpoint(&self) -> Result<ClusterCheckpoint<S, M>, ClusterSaveError> {
        self.client.check_thread()?;
        let checkpoints = self.saving.checkpoints.lock().clone();
        let checkpoints = checkpoints.ok_or(ClusterSaveError::NoCheckpoints)?;
        if !checkpoints.is_shared() {
            let snapshot = self.begin_snapshot().wait_anywhere()?;
            let record = checkpoints.save(&snapshot)?;
            return Ok(ClusterCheckpoint { record, snapshot });
        }
        let mut turn = self.saving.turn.lock();
        turn.number += 1;
        let saved = self.save_together(&turn, &checkpoints);
        if saved.is_err() {
            self.take_step(&turn, What::Forget);
        }
        saved
    }

    /// All workers keep copies before the snapshot begins. So no marker reaches a node whose worker
    /// does not know that it has to write.
    fn save_together(
        &self,
        turn: &Turn,
        checkpoints: &Checkpoints<S, M>,
    ) -> Result<ClusterCheckpoint<S, M>, ClusterSaveError> {
        self.take_step(turn, What::Keep);
        self.gather(turn, Clock::deadline(self.client.timeout))?;
        let snapshot = self.begin_snapshot().wait_anywhere()?;
        let lists = self.write(turn, snapshot.id())?;
        let record = checkpoints.save_lists(&snapshot, &lists)?;
        Ok(ClusterCheckpoint { record, snapshot })
    }

    fn write(&self, turn: &Turn, snapshot: SnapshotId) -> Result<Vec<List>, ClusterSaveError> {
        self.take_step(turn, What::Write(snapshot));
        let written = self.gather(turn, None)?;
        let read = |(worker, bytes): (u32, Vec<u8>)| {
            let foreign = |error| failed(worker, format!("its answer cannot be read: {error}"));
            postcard::from_bytes(&bytes).map_err(foreign)
        };
        written.into_iter().map(read).collect()
    }

    /// Waits for the answer of each worker. Returns the bytes of those that have written.
    fn gather(
        &self,
        turn: &Turn,
        deadline: Option<Instant>,
    ) -> Result<Vec<(u32, Vec<u8>)>, ClusterSaveError> {
        let mut silent: BTreeSet<u32> = (0..self.workers).collect();
        let mut written = Vec::new();
        while !silent.is_empty() {
            let reply = match deadline {
                Some(deadline) => turn.replies.recv_until(deadline),
                None => turn.replies.recv(),
            };
            let Some(reply) = reply else { return Err(self.why_silent(&silent)) };
            let SaveReply { number, worker, answer } = reply;
            if number != turn.number || !silent.remove(&worker) {
                continue;
            }
            match answer {
                Answer::Keeps => {}
                Answer::Written(bytes) => written.push((worker, bytes)),
                Answer::Failed(why) => return Err(failed(worker, why)),
                Answer::CannotWrite(why) => {
                    let worker = worker as usize;
                    return Err(ClusterSaveError::CannotWrite { worker, why });
                }
            }
        }
        Ok(written)
    }

    fn take_step(&self, turn: &Turn, what: What) {
        // If the first worker is gone, no answer comes.
        if self.orders.send(Order::Save(SaveStep { number: turn.number, what })).is_ok() {
            (self.wake)();
        }
    }

    fn why_silent(&self, silent: &BTreeSet<u32>) -> ClusterSaveError {
        match self.why_ended(false) {
            Some(why) => ClusterSaveError::Ended(why),
            None => {
                let workers = silent.iter().map(|worker| *worker as usize).collect();
                ClusterSaveError::Silent { workers }
            }
        }
    }
}

fn failed(worker: u32, why: String) -> ClusterSaveError {
    ClusterSaveError::Worker { worker: worker as usize, why }
}

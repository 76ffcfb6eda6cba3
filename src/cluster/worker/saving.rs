//! Checkpoints: this worker writes the parts of its own nodes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use crate::checkpoint::Checkpoints;
use crate::checkpoint::ahead::List;
use crate::cluster::parcel::Notice;
use crate::cluster::saving::{Answer, SaveReply, SaveStep, What};
use crate::id::SnapshotId;
use crate::panics::{catch, discard};
use crate::process::Process;
use crate::protocol::NodeRecord;
use crate::snapshot::{OutputState, RecordedNode};
use crate::sync::{Receiver, Sender, channel, spawn};
use crate::topology::Topology;

/// The means with which a worker writes. A thread of its own encodes and writes, so that the worker
/// goes on with its nodes.
pub(in crate::cluster) struct Saver<S, M> {
    checkpoints: Checkpoints<S, M>,
    topology: Arc<Topology>,
    worker: u32,
    copy: fn(&NodeRecord<S, M>, Duration) -> RecordedNode<S, M>,
    /// Wakes the worker.
    wake: Arc<dyn Fn() + Send + Sync>,
    tx: Sender<SaveReply>,
    replies: Receiver<SaveReply>,
}

/// Copies of what the nodes of this worker record, for the checkpoint of this number.
pub(in crate::cluster) struct Kept<S, M> {
    number: u64,
    copy: fn(&NodeRecord<S, M>, Duration) -> RecordedNode<S, M>,
    nodes: BTreeMap<SnapshotId, Vec<RecordedNode<S, M>>>,
}

impl<S, M> Saver<S, M> {
    pub(in crate::cluster) fn new(
        checkpoints: Checkpoints<S, M>,
        topology: Arc<Topology>,
        worker: u32,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self
    where
        S: Clone,
        M: Clone,
    {
        let (tx, replies) = channel();
        Saver { checkpoints, topology, worker, copy: copy_of, wake, tx, replies }
    }
}

impl<S: Send + Sync + 'static, M: Send + Sync + 'static> Saver<S, M> {
    /// Begins to write. The answer comes later.
    fn write(&self, number: u64, nodes: Vec<RecordedNode<S, M>>) {
        let Saver { worker, .. } = *self;
        let (checkpoints, topology) = (self.checkpoints.clone(), Arc::clone(&self.topology));
        let (tx, wake) = (self.tx.clone(), Arc::clone(&self.wake));
        let name = format!("nodes of worker {worker}");
        let writing = spawn(name.clone(), None, move || {
            let answer = written(&checkpoints, &name, &topology, nodes);
            // A worker that is gone has ended.
            let _ = tx.send(SaveReply { number, worker, answer });
            wake();
        });
        if let Err(error) = writing {
            let answer = Answer::Failed(format!("no thread to write: {error}"));
            let _ = self.tx.send(SaveReply { number, worker, answer });
        }
    }
}

impl<S, M> Kept<S, M> {
    pub(in crate::cluster) fn keep(&mut self, record: &NodeRecord<S, M>, at: Duration) {
        self.nodes.entry(record.snapshot).or_default().push((self.copy)(record, at));
    }
}

/// Users' values are dropped one by one.
impl<S, M> Drop for Kept<S, M> {
    fn drop(&mut self) {
        std::mem::take(&mut self.nodes).into_values().flatten().for_each(discard);
    }
}

impl<P> Worker<P>
where
    P: Process,
    P::State: Send + Sync + 'static,
    P::Message: Send + Sync + 'static,
{
    /// Sets where this worker writes.
    pub(in crate::cluster) fn save_by(
        &mut self,
        checkpoints: Checkpoints<P::State, P::Message>,
        topology: Arc<Topology>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) where
        P::State: Clone,
        P::Message: Clone,
    {
        self.saver = Some(Saver::new(checkpoints, topology, self.post.here(), wake));
    }

    /// Takes a step of a checkpoint.
    pub(in crate::cluster) fn save_step(&mut self, SaveStep { number, what }: SaveStep) {
        match what {
            What::Keep => self.keep_copies(number),
            What::Forget => self.post.kept = None,
            What::Write(snapshot) => self.write_copies(number, snapshot),
        }
    }

    fn keep_copies(&mut self, number: u64) {
        let answer = match &self.saver {
            None => Answer::CannotWrite("it was not told where to save".to_owned()),
            Some(saver) if !saver.checkpoints.is_shared() => {
                Answer::CannotWrite("other processes do not share its store".to_owned())
            }
            Some(saver) => {
                self.post.kept = Some(Kept { number, copy: saver.copy, nodes: BTreeMap::new() });
                Answer::Keeps
            }
        };
        self.answer(number, answer);
    }

    fn write_copies(&mut self, number: u64, snapshot: SnapshotId) {
        let kept = self.post.kept.take().filter(|kept| kept.number == number);
        let (Some(mut kept), Some(saver)) = (kept, &self.saver) else {
            return self.answer(number, Answer::Failed("it has kept no copies".to_owned()));
        };
        let mut nodes = kept.nodes.remove(&snapshot).unwrap_or_default();
        nodes.sort_unstable_by_key(|recorded| recorded.node);
        saver.write(number, nodes);
    }

    /// Passes on the answers of threads that have written.
    pub(super) fn tell_of_written(&mut self) {
        let Some(saver) = &self.saver else { return };
        let post = &mut self.post;
        saver.replies.drain(usize::MAX, |reply| post.tell(Notice::Saved(reply)));
    }

    fn answer(&mut self, number: u64, answer: Answer) {
        let worker = self.post.here();
        self.post.tell(Notice::Saved(SaveReply { number, worker, answer }));
    }
}

/// Writes the parts of these nodes.
fn written<S, M>(
    checkpoints: &Checkpoints<S, M>,
    name: &str,
    topology: &Topology,
    nodes: Vec<RecordedNode<S, M>>,
) -> Answer {
    let result = catch(|| checkpoints.write_list(name, topology, &nodes));
    nodes.into_iter().for_each(discard);
    let encoded = |list: List| postcard::to_stdvec(&list).map_err(|error| error.to_string());
    let list = match result {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("the code of the store panicked: {panic}")),
    };
    list.and_then(encoded).map_or_else(Answer::Failed, Answer::Written)
}

/// The node as the merged snapshot will have it.
fn copy_of<S: Clone, M: Clone>(record: &NodeRecord<S, M>, at: Duration) -> RecordedNode<S, M> {
    RecordedNode {
        node: record.node,
        state: record.state.clone(),
        stopped: record.stopped,
        drains: record.drains,
        timers: record.timers.iter().map(|timer| timer.pending(at)).collect(),
        output: OutputState::new(record.output.emitted, record.output.untaken.to_vec()),
    }
}

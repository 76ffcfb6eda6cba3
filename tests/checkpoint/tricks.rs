//! A store and a sink that the test holds back, makes fail, and asks for the order of events.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{collections::BTreeMap, collections::BTreeSet, fmt};

use consistent_cut::checkpoint::{
    Change, CheckpointId, Checkpoints, ContentHash, Format, MemoryStore, Meta, Part, Record, Sink,
    Store, StoreError, View,
};
use consistent_cut::{Emitted, NodeId};
use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};

use crate::support::gate::Gate;

/// What happened, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    /// A checkpoint with this many messages that were emitted, per node that has emitted some.
    Saved(BTreeMap<NodeId, u64>),
    /// The sink took this message of this node.
    Took(NodeId, u64, String),
}

pub(crate) type Log = Arc<Mutex<Vec<Did>>>;

/// A store in memory with faults. Clones are the same store.
#[derive(Clone, Default)]
pub(crate) struct TrickStore(Arc<Inner>);

#[derive(Default)]
struct Inner {
    store: MemoryStore,
    log: Log,
    gate: Mutex<Option<Gate>>,
    failing_commits: AtomicU32,
    failing_views: AtomicU32,
    panicking_commits: AtomicU32,
    damaged: Mutex<BTreeSet<CheckpointId>>,
}

/// Takes one from a number, unless it is zero. Returns whether it has.
fn takes_one(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

impl TrickStore {
    pub(crate) fn new(log: &Log) -> Self {
        TrickStore(Arc::new(Inner { log: Arc::clone(log), ..Inner::default() }))
    }

    pub(crate) fn checkpoints<S, M>(&self) -> Checkpoints<S, M>
    where
        S: Serialize + DeserializeOwned + 'static,
        M: Serialize + DeserializeOwned + 'static,
    {
        Checkpoints::new(self.clone(), Format::default())
    }

    /// Holds the next commits back at a gate.
    pub(crate) fn hold(&self) -> Gate {
        let gate = Gate::new();
        *self.0.gate.lock() = Some(gate.clone());
        gate
    }

    pub(crate) fn fail_commits(&self, times: u32) {
        self.0.failing_commits.store(times, Ordering::SeqCst);
    }

    pub(crate) fn panic_commits(&self, times: u32) {
        self.0.panicking_commits.store(times, Ordering::SeqCst);
    }

    pub(crate) fn fail_views(&self, times: u32) {
        self.0.failing_views.store(times, Ordering::SeqCst);
    }

    /// Damages a checkpoint: its parts cannot be read any more.
    pub(crate) fn damage(&self, id: CheckpointId) {
        self.0.damaged.lock().insert(id);
    }

    pub(crate) fn saved(&self) -> usize {
        let log = self.0.log.lock();
        log.iter().filter(|did| matches!(did, Did::Saved(_))).count()
    }
}

impl fmt::Debug for TrickStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrickStore")
    }
}

impl Store for TrickStore {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        if takes_one(&self.0.failing_views) {
            return Err(StoreError::Other("the disk is away".to_owned()));
        }
        Ok(Box::new(TrickView { view: self.0.store.view()?, inner: &self.0 }))
    }

    fn commit(&self, change: Change) -> Result<(), StoreError> {
        let gate = self.0.gate.lock().clone();
        gate.into_iter().for_each(|gate| gate.pass());
        if takes_one(&self.0.failing_commits) {
            return Err(StoreError::Other("the disk is full".to_owned()));
        }
        assert!(!takes_one(&self.0.panicking_commits), "the store panics");
        let parts = change.parts.iter().flat_map(|(_, parts)| parts);
        let emitted = parts.filter_map(|part| match part.kind {
            consistent_cut::checkpoint::PartKind::Output { node, emitted, .. } => {
                Some((node, emitted))
            }
            _ => None,
        });
        let emitted = emitted.collect();
        self.0.store.commit(change)?;
        self.0.log.lock().push(Did::Saved(emitted));
        Ok(())
    }
}

struct TrickView<'a> {
    view: Box<dyn View + 'a>,
    inner: &'a Inner,
}

impl View for TrickView<'_> {
    fn meta(&self) -> Result<Meta, StoreError> {
        self.view.meta()
    }

    fn records(&self) -> Result<Vec<Record>, StoreError> {
        self.view.records()
    }

    fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, StoreError> {
        if self.inner.damaged.lock().contains(&id) { Ok(Vec::new()) } else { self.view.parts(id) }
    }

    fn blob(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.view.blob(hash)
    }

    fn has_blob(&self, hash: &ContentHash) -> Result<bool, StoreError> {
        self.view.has_blob(hash)
    }
}

/// A sink that keeps its messages in the log. Clones are the same sink.
#[derive(Clone)]
pub(crate) struct TrickSink {
    log: Log,
    /// How the next calls fail, the last first.
    faults: Arc<Mutex<Vec<Fault>>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Keep this many messages of the call, and then fail.
    After(usize),
    Panic,
    /// Panic when asked for the last number.
    PanicInLast,
}

impl TrickSink {
    pub(crate) fn new(log: &Log) -> Self {
        TrickSink { log: Arc::clone(log), faults: Arc::default() }
    }

    pub(crate) fn fail(&self, times: usize, fault: Fault) {
        self.faults.lock().extend(std::iter::repeat_n(fault, times));
    }

    pub(crate) fn mend(&self) {
        self.faults.lock().clear();
    }

    /// The messages of a node that the sink took: their numbers and texts.
    pub(crate) fn of(&self, wanted: NodeId) -> Vec<(u64, String)> {
        let log = self.log.lock();
        let of_node = log.iter().filter_map(|did| match did {
            Did::Took(node, number, text) if *node == wanted => Some((*number, text.clone())),
            _ => None,
        });
        of_node.collect()
    }
}

impl<M: fmt::Display + 'static> Sink<M> for TrickSink {
    fn last(&mut self, node: NodeId) -> u64 {
        let is_panicking = matches!(self.faults.lock().last(), Some(Fault::PanicInLast));
        if is_panicking {
            self.faults.lock().pop();
            panic!("the sink does not know");
        }
        self.of(node).last().map_or(0, |(number, _)| *number)
    }

    fn take(&mut self, messages: &[Emitted<M>]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let fault = self.faults.lock().pop();
        let taken = match fault {
            None => messages.len(),
            Some(Fault::After(taken)) => taken,
            Some(_) => panic!("the sink panics"),
        };
        let took = messages.iter().take(taken);
        let took = took.map(|got| Did::Took(got.node, got.number, got.message.to_string()));
        self.log.lock().extend(took);
        fault.map_or(Ok(()), |fault| Err(format!("the sink is full: {fault:?}").into()))
    }
}

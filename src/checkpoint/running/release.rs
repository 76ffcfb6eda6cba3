//! The release of emitted messages after their checkpoint is durable.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::sink::Sink;
use crate::id::NodeId;
use crate::panics::{catch, discard_all};
use crate::process::Emitted;
use crate::runtime::Outputs;
use crate::snapshot::GlobalSnapshot;
use crate::topology::Topology;

/// Hands emitted messages to a sink after a checkpoint that holds them is durable.
///
/// A message stays in the system, where snapshots record it, until a checkpoint that holds it is
/// durable. Only then is it taken out and handed to the sink. If the sink fails, the messages wait
/// here, and no further checkpoint may be written, since that checkpoint would not hold them.
pub(crate) struct Release<M> {
    outputs: Outputs<M>,
    sink: Box<dyn Sink<M>>,
    topology: Arc<Topology>,
    /// Whether the sink was found to fit the system.
    is_checked: bool,
    waiting: Vec<Emitted<M>>,
    /// How many messages the sink has kept in failed calls, since the last call that succeeded.
    partly: u64,
    /// Whether a node was copying its messages when they were to be taken out.
    is_behind: bool,
}

impl<M: 'static> Release<M> {
    pub(crate) fn new(
        outputs: Outputs<M>,
        sink: Box<dyn Sink<M>>,
        topology: Arc<Topology>,
    ) -> Self {
        let waiting = Vec::new();
        Release { outputs, sink, topology, is_checked: false, waiting, partly: 0, is_behind: false }
    }

    /// Refuses a sink that has more messages than the system can have released. The system would
    /// emit others under the same numbers, and the sink would not get them.
    fn check(&mut self) -> Result<(), String> {
        if self.is_checked {
            return Ok(());
        }
        let (sink, outputs, topology) = (&mut self.sink, &self.outputs, &self.topology);
        catch_fault(|| {
            let mut nodes = topology.nodes();
            let is_ahead = |node: &NodeId| sink.last(*node) > outputs.most_taken(*node);
            let Some(node) = nodes.find(is_ahead) else { return Ok(()) };
            Err(format!(
                "the sink has more messages of {} than the {} that the checkpoint has from which \
                 the system goes on: use the newest checkpoint of the sink's own store, or another \
                 sink",
                topology.describe(node),
                outputs.most_taken(node)
            ))
        })?;
        self.is_checked = true;
        Ok(())
    }

    /// The sink, for the next system. Messages that wait here are dropped: the checkpoint holds
    /// them.
    pub(crate) fn into_sink(self) -> Box<dyn Sink<M>> {
        discard_all(self.waiting);
        self.sink
    }

    /// Takes out the messages that a durable checkpoint holds, and hands them to the sink. Returns
    /// how many there were, or the error of the sink.
    pub(crate) fn up_to<S>(&mut self, durable: &GlobalSnapshot<S, M>) -> Result<u64, String> {
        self.check()?;
        self.is_behind = false;
        for recorded in &durable.parts().nodes {
            match self.outputs.take_up_to(recorded.node, recorded.output.emitted()) {
                Some(taken) => self.waiting.extend(taken),
                None => self.is_behind = true,
            }
        }
        // The sink may have messages from before a crash. They are not released again.
        self.leave_out_kept()?;
        self.rest()
    }

    /// Whether messages of the last checkpoint are still in the system, since a node was copying
    /// them for another snapshot. The next checkpoint has them too.
    pub(crate) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Hands the messages that wait to the sink.
    pub(crate) fn rest(&mut self) -> Result<u64, String> {
        self.check()?;
        // The sink may have kept some of them in a call that failed.
        self.partly += self.leave_out_kept()?;
        if !self.waiting.is_empty() {
            let (sink, waiting) = (&mut self.sink, &self.waiting);
            catch_fault(|| sink.take(waiting).map_err(|error| error.to_string()))?;
        }
        let released = self.waiting.len() as u64;
        discard_all(self.waiting.drain(..));
        Ok(released + std::mem::take(&mut self.partly))
    }

    /// Leaves out the messages that the sink has kept. Returns how many there were.
    fn leave_out_kept(&mut self) -> Result<u64, String> {
        let (sink, waiting) = (&mut self.sink, &mut self.waiting);
        catch_fault(|| {
            let (before, mut last) = (waiting.len(), BTreeMap::new());
            let mut last = |node| *last.entry(node).or_insert_with(|| sink.last(node));
            waiting.retain(|emitted| emitted.number > last(emitted.node));
            Ok((before - waiting.len()) as u64)
        })
    }
}

/// Calls the sink. A panic is an error too.
fn catch_fault<T>(call: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch(call).unwrap_or_else(|panic| Err(format!("the sink panicked: {panic}")))
}

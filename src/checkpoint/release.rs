//! The release of emitted messages after their checkpoint is durable.

use std::error::Error;

use super::sink::Sink;
use crate::panics::catch;
use crate::process::Emitted;
use crate::runtime::Outputs;
use crate::snapshot::GlobalSnapshot;

/// Hands emitted messages to a sink once a checkpoint covers them.
///
/// A message stays in the system, where snapshots see it, until a checkpoint that has it is
/// durable. Only then is it taken out and handed to the sink. If the sink refuses, the messages
/// wait here, and no further checkpoint may be written: that checkpoint would not have them.
pub(super) struct Release<M> {
    outputs: Outputs<M>,
    sink: Box<dyn Sink<M>>,
    waiting: Vec<Emitted<M>>,
}

impl<M: 'static> Release<M> {
    pub(super) fn new(outputs: Outputs<M>, sink: Box<dyn Sink<M>>) -> Self {
        Release { outputs, sink, waiting: Vec::new() }
    }

    /// The sink, for the next system. Messages that wait come again from the checkpoint.
    pub(super) fn into_sink(self) -> Box<dyn Sink<M>> {
        self.sink
    }

    /// Takes out the messages that a durable checkpoint covers, and hands them to the sink. Returns
    /// how many there were.
    pub(super) fn up_to<S>(
        &mut self,
        durable: &GlobalSnapshot<S, M>,
    ) -> Result<u64, Box<dyn Error + Send + Sync>> {
        for recorded in &durable.parts().nodes {
            let taken = self.outputs.take_up_to(recorded.node, recorded.output.emitted());
            self.waiting.extend(taken);
        }
        self.rest()
    }

    /// Hands the messages that wait to the sink.
    pub(super) fn rest(&mut self) -> Result<u64, Box<dyn Error + Send + Sync>> {
        let sink = &mut self.sink;
        catch(|| {
            // Messages that the sink has from before a crash, or from a call that failed.
            self.waiting.retain(|emitted| emitted.number > sink.last(emitted.node));
            if self.waiting.is_empty() { Ok(()) } else { sink.take(&self.waiting) }
        })
        .unwrap_or_else(|panic| Err(format!("the sink panicked: {panic}").into()))?;
        let released = self.waiting.len() as u64;
        self.waiting.clear();
        Ok(released)
    }
}

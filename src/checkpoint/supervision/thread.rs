//! The thread that saves checkpoints of a system, and restarts the system after a failure.

use std::sync::Arc;
use std::time::Duration;

use super::event::{Cause, SupervisionEvent};
use super::policy::RestartPolicy;
use super::supervised::{End, Shared, Wish};
use crate::checkpoint::checkpoints::Checkpoints;
use crate::checkpoint::resume::ResumeError;
use crate::checkpoint::running::event::CheckpointEvent;
use crate::checkpoint::running::release::Release;
use crate::checkpoint::running::rounds::{Failures, Over, Rounds};
use crate::checkpoint::running::sink::Sink;
use crate::id::NodeId;
use crate::meters::restarted;
use crate::panics::{catch, discard, discard_all};
use crate::process::{Process, Restore};
use crate::runtime::{Clock, ShutdownError, System, SystemBuilder};
use crate::sync::Mutex;

pub(super) type Report = Box<dyn FnMut(SupervisionEvent) + Send>;

pub(super) struct SupervisorThread<P: Process> {
    pub(super) builder: SystemBuilder<P>,
    pub(super) checkpoints: Checkpoints<P::State, P::Message>,
    pub(super) process: Box<dyn FnMut(NodeId) -> P + Send>,
    pub(super) policy: RestartPolicy,
    pub(super) sink: Option<Box<dyn Sink<P::Message>>>,
    pub(super) report: Arc<Mutex<Report>>,
    pub(super) shared: Arc<Shared<P>>,
    pub(super) clock: Clock,
    /// The times of the restarts that count against the budget.
    pub(super) restarts: Vec<Duration>,
    /// How many restarts there were in all.
    pub(super) total: u32,
    /// How many restarts there were since a checkpoint was saved.
    pub(super) in_vain: u32,
}

impl<P: Restore> SupervisorThread<P>
where
    P::State: Clone,
{
    /// Supervises the system until there is a reason to end. `started` is the report of its start.
    pub(super) fn run(mut self, started: SupervisionEvent) {
        self.tell(started);
        // A panic here is one of the recorder of metrics.
        let end = catch(|| self.supervise()).unwrap_or_else(End::Panicked);
        self.tell(SupervisionEvent::Over);
        self.shared.end(end);
    }

    /// Watches one system after the other.
    fn supervise(&mut self) -> End {
        loop {
            let system = self.shared.system();
            let cause = match self.watch(&system) {
                Ok(end) => return end,
                Err(cause) => cause,
            };
            self.tell(SupervisionEvent::Failed(cause.clone()));
            self.shut_down(&system);
            if let Some(end) = self.bring_back(cause) {
                return end;
            }
            // This may be the last handle of the old system.
            discard(system);
        }
    }

    /// Saves checkpoints of a system until it has ended or failed.
    fn watch(&mut self, system: &System<P>) -> Result<End, Cause> {
        let mut rounds = self.rounds(system);
        if !self.shared.watch_with(&rounds.sampler) {
            return Ok(self.obey(system, rounds));
        }
        let saved = rounds.counts.lock().saved;
        let over = rounds.run();
        if rounds.counts.lock().saved > saved {
            self.in_vain = 0;
        }
        let result = match over {
            Over::Settled => Ok(End::Settled),
            Over::GivenUp => return Ok(self.obey(system, rounds)),
            Over::Ended | Over::Stuck(_) if !system.failures().is_empty() => {
                Err(Cause::NodesFailed(system.failures()))
            }
            Over::Ended => Ok(End::ShutDown),
            Over::Stuck(error) => Err(Cause::Stuck(error)),
        };
        self.sink = rounds.release.map(Release::into_sink);
        result
    }

    fn rounds(&mut self, system: &System<P>) -> Rounds<P::State, P::Message> {
        let report = Arc::clone(&self.report);
        let report = move |event: CheckpointEvent| {
            report.lock()(SupervisionEvent::Checkpoint(event));
        };
        let sink = self.sink.take();
        Rounds {
            sampler: Arc::new(system.sampler("SystemBuilder::supervise")),
            checkpoints: self.checkpoints.clone(),
            period: self.policy.period,
            release: sink
                .map(|sink| Release::new(system.outputs(), sink, Arc::clone(system.topology()))),
            report: Box::new(report),
            counts: Arc::clone(&self.shared.counts),
            most_failures: self.policy.failed_snapshots,
            failures: Failures::default(),
        }
    }

    /// Ends the supervision as the handle has asked.
    fn obey(&mut self, system: &System<P>, mut rounds: Rounds<P::State, P::Message>) -> End {
        if self.shared.wish() == Some(Wish::Stop) {
            let end = stop(system, &mut rounds);
            if let End::NotSaved(_) = end {
                self.shut_down(system);
            }
            return end;
        }
        self.shut_down(system);
        End::Dropped
    }

    fn shut_down(&mut self, system: &System<P>) {
        match system.shutdown_within(self.policy.give_up_after) {
            Ok(processes) => discard_all(processes),
            Err(ShutdownError::NotEnded { nodes, .. }) => {
                self.tell(SupervisionEvent::GivenUp(nodes));
            }
            // All threads have ended.
            Err(_) => {}
        }
    }

    /// Starts a system from the last good checkpoint. Returns the end of the supervision if no
    /// system was started.
    fn bring_back(&mut self, mut cause: Cause) -> Option<End> {
        loop {
            if !self.has_budget() {
                return Some(End::BudgetUsed { cause, restarts: self.total });
            }
            let after = self.policy.pause(self.in_vain);
            self.total += 1;
            self.in_vain = self.in_vain.saturating_add(1);
            restarted(cause.word());
            self.tell(SupervisionEvent::Restarting { restart: self.total, after });
            if !self.shared.pause(Clock::deadline(after)) {
                return Some(End::Down(cause));
            }
            let Err(error) = self.start() else { return None };
            cause = Cause::NotResumed(Arc::new(error));
            self.tell(SupervisionEvent::Failed(cause.clone()));
        }
    }

    fn start(&mut self) -> Result<(), ResumeError> {
        let (builder, process) = (self.builder.clone(), &mut self.process);
        let started = catch(|| builder.restore_or_spawn(&self.checkpoints, process));
        let resumed = started.unwrap_or_else(|panic| Err(ResumeError::Panicked(panic)))?;
        self.shared.set_system(resumed.system);
        let (from, damaged) = (resumed.from, resumed.damaged);
        self.tell(SupervisionEvent::Started { from, damaged });
        Ok(())
    }

    /// Whether the budget allows one more restart now.
    fn has_budget(&mut self) -> bool {
        let now = self.clock.now();
        self.restarts.retain(|at| now.saturating_sub(*at) < self.policy.within);
        if self.restarts.len() >= self.policy.restarts as usize {
            return false;
        }
        self.restarts.push(now);
        true
    }

    fn tell(&self, event: SupervisionEvent) {
        self.report.lock()(event);
    }
}

/// Stops the nodes and saves a last checkpoint.
fn stop<P: Process>(system: &System<P>, rounds: &mut Rounds<P::State, P::Message>) -> End {
    // These messages have left the system, so a checkpoint that is saved now would not hold them.
    if !rounds.release_rest() {
        return End::NotSaved(None);
    }
    match system.snapshot_and_stop() {
        Ok(last) if rounds.save(&last) => {
            // If the sink refuses messages now, the checkpoint still holds them.
            rounds.release_up_to(&last);
            End::Stopped
        }
        Ok(_) => End::NotSaved(None),
        Err(error) => End::NotSaved(Some(error)),
    }
}

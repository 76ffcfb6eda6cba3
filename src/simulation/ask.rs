//! Calls that take a snapshot, or ask a node, and run the simulation until the answer is there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::agenda::Agenda;
use super::world::Simulation;
use crate::driver::InjectError;
use crate::id::{NodeId, ReplyTo, SnapshotId};
use crate::process::Process;
use crate::property::{Check, Detection, Invariant, StableProperty};
use crate::protocol::BeginError;
use crate::snapshot::{DEFAULT_TIMEOUT, GlobalSnapshot, Silent, SnapshotError, SnapshotOptions};
use crate::topology::NamedNode;

/// How many steps may be taken in one moment, plus how many more for each node and link. Where
/// messages take no time, a timeout never ends a wait.
const STEPS_AT_ONCE: u64 = 1_000_000;
const STEPS_OF_EACH: u64 = 1_000;

/// Why a simulation has not taken a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TakeSnapshotError {
    /// The snapshot could not begin.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The snapshot has failed.
    #[error(transparent)]
    Failed(#[from] SnapshotError),
    /// The snapshot is not complete and stays under way: it may become complete in later steps.
    #[error("{snapshot} is not complete {why}: {missing}; it stays under way")]
    NotComplete {
        /// The snapshot.
        snapshot: SnapshotId,
        /// Why no more steps were taken.
        why: RunEnd,
        /// The nodes whose records the snapshot still waits for.
        missing: Silent,
    },
}

/// Why a question to a simulated node has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AskError<M> {
    /// The question was not accepted. The error hands it back.
    #[error(transparent)]
    Refused(#[from] InjectError<M>),
    /// No handler has replied.
    #[error("{node} was asked, and no handler has replied {why}")]
    NoReply {
        /// The node that was asked.
        node: NamedNode,
        /// Why no more steps were taken.
        why: RunEnd,
    },
}

/// Why a simulation took no more steps for a snapshot, or for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunEnd {
    /// This timeout has passed.
    TimeIsUp(Duration),
    /// No step is possible. Perhaps the next step would be that of a paused node.
    NothingLeft,
    /// This many steps were taken in one moment, which is the limit. Where messages take no time, a
    /// timeout never ends a wait.
    TooManySteps(u64),
}

/// The calls of [`System`](crate::System) of the same names, for a simulation that runs by time.
impl<P: Process> Simulation<P> {
    /// Takes a snapshot: begins it and takes the steps that are [due](Self::advance) until the
    /// snapshot is complete, for at most a minute of the simulation's time.
    ///
    /// # Errors
    /// If the snapshot cannot begin, or if a node that it needs fails. If the snapshot is not
    /// complete when the minute has passed, when no step is possible, as where a node is
    /// [paused](Self::pause), or after too many steps in one moment: a million, and a thousand more
    /// for each node and link. An incomplete snapshot stays under way.
    pub fn snapshot(
        &mut self,
    ) -> Result<Arc<GlobalSnapshot<P::State, P::Message>>, TakeSnapshotError> {
        self.snapshot_with(SnapshotOptions::new())
    }

    /// As [`snapshot`](Self::snapshot), with chosen initiators, or with another timeout in the
    /// simulation's time. Initiators are those of
    /// [`begin_snapshot_with`](Self::begin_snapshot_with).
    ///
    /// # Errors
    /// The errors of [`snapshot`](Self::snapshot).
    pub fn snapshot_with(
        &mut self,
        options: SnapshotOptions,
    ) -> Result<Arc<GlobalSnapshot<P::State, P::Message>>, TakeSnapshotError> {
        let timeout = options.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let id = self.begin_snapshot_with(options)?;
        let run_end = self.run_to_the_end_of(id, timeout);
        let complete = self.snapshots.iter().rev().find(|snapshot| snapshot.id() == id);
        let failed = self.failed.iter().rev().find(|(failed, _)| *failed == id);
        match (run_end, complete, failed) {
            (None, Some(snapshot), _) => Ok(Arc::clone(snapshot)),
            (None, None, Some((_, error))) => Err(error.clone().into()),
            (why, ..) => {
                let missing = self.collector.missing(id).unwrap_or_default();
                let missing = Silent::recording(missing, &self.topology);
                let why = why.unwrap_or(RunEnd::NothingLeft);
                Err(TakeSnapshotError::NotComplete { snapshot: id, why, missing })
            }
        }
    }

    /// Takes a snapshot and looks for a stable property in it.
    ///
    /// # Errors
    /// The errors of [`snapshot`](Self::snapshot).
    pub fn detect(
        &mut self,
        property: &StableProperty<P::State, P::Message>,
    ) -> Result<Detection<P::State, P::Message>, TakeSnapshotError> {
        Ok(property.detect(&self.snapshot()?))
    }

    /// Takes a snapshot and checks whether it breaks an invariant.
    ///
    /// # Errors
    /// The errors of [`snapshot`](Self::snapshot).
    pub fn check(
        &mut self,
        invariant: &Invariant<P::State, P::Message>,
    ) -> Result<Check<P::State, P::Message>, TakeSnapshotError> {
        Ok(invariant.check(&self.snapshot()?))
    }

    /// Asks a node: injects the message that `question` makes, and takes the steps that are
    /// [due](Self::advance) until a handler [replies](crate::Context::reply).
    ///
    /// # Errors
    /// If the message is not accepted. If no handler has replied when `timeout` has passed, when no
    /// step is possible, or after too many steps in one moment, with the limit of
    /// [`snapshot`](Self::snapshot).
    pub fn ask(
        &mut self,
        node: NodeId,
        question: impl FnOnce(ReplyTo) -> P::Message,
        timeout: Duration,
    ) -> Result<P::Message, AskError<P::Message>> {
        let id = self.outputs.open();
        let injected = self.inject(node, question(id));
        let run_end = injected.map(|()| self.run_due(timeout, |now| !now.outputs.is_answered(id)));
        let answer = self.outputs.close(id);
        match (run_end?, answer) {
            (_, Some(message)) => Ok(message),
            (why, None) => {
                let why = why.unwrap_or(RunEnd::NothingLeft);
                Err(AskError::NoReply { node: self.topology.named(node), why })
            }
        }
    }

    /// Takes steps until a snapshot is complete or has failed. Returns why the steps ended, if it
    /// is for another reason.
    fn run_to_the_end_of(&mut self, id: SnapshotId, timeout: Duration) -> Option<RunEnd> {
        self.run_due(timeout, |now| now.collector.live().any(|live| live == id))
    }

    /// Takes steps that are due as long as `goes_on` says so. Returns why the steps ended, if it is
    /// for another reason.
    fn run_due(
        &mut self,
        timeout: Duration,
        goes_on: impl Fn(&Simulation<P>) -> bool,
    ) -> Option<RunEnd> {
        let until = self.now.saturating_add(timeout);
        let parts = self.topology.node_count() + self.topology.link_count();
        let most = STEPS_AT_ONCE + STEPS_OF_EACH * parts as u64;
        let mut at_once = 0;
        while goes_on(self) {
            if at_once == most {
                return Some(RunEnd::TooManySteps(most));
            }
            let before = self.now;
            if self.advance_until(until).is_none() {
                return Some(self.run_end(until, timeout));
            }
            at_once = if self.now == before { at_once + 1 } else { 0 };
        }
        None
    }

    /// Why no step is due until the given time.
    fn run_end(&mut self, until: Duration, timeout: Duration) -> RunEnd {
        if self.agenda.as_ref().and_then(Agenda::next_due).is_none() {
            return RunEnd::NothingLeft;
        }
        self.now = self.now.max(until);
        RunEnd::TimeIsUp(timeout)
    }
}

impl fmt::Display for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunEnd::TimeIsUp(timeout) => write!(f, "after {timeout:?}"),
            RunEnd::NothingLeft => f.write_str("and nothing is left to happen"),
            RunEnd::TooManySteps(steps) => write!(
                f,
                "after {steps} steps that took no time (give links a latency, or run it by steps)"
            ),
        }
    }
}

//! A snapshot and what it shows, asked for in one call.

use std::sync::Arc;
use std::time::Duration;

use super::world::{Simulation, SnapshotOf};
use crate::error::{Silent, SnapshotError};
use crate::id::SnapshotId;
use crate::process::Process;
use crate::property::{Check, Detection, Invariant, StableProperty};
use crate::protocol::BeginError;
use crate::snapshot::SnapshotOptions;

/// How long a snapshot may take if nothing else is said, in the simulation's time; as on threads.
const TIMEOUT: Duration = Duration::from_secs(60);

/// So many steps may be taken in one moment. Where messages take no time, time never ends a wait.
const STEPS_AT_ONCE: u32 = 1_000_000;

/// The calls of [`System`](crate::System) of the same names, for a simulation that runs by time.
impl<P: Process> Simulation<P> {
    /// Takes a snapshot: begins it and takes the steps that are [due](Self::advance) until it is
    /// complete.
    ///
    /// # Errors
    /// If it cannot begin, or a node that it needs fails; and if it is not complete after a minute
    /// of the simulation's time, after a million steps in one moment, or when nothing is left to
    /// happen, as where a node is [paused](Self::pause). It then stays under way.
    pub fn snapshot(&mut self) -> Result<SnapshotOf<P>, SnapshotError> {
        self.snapshot_with(SnapshotOptions::new())
    }

    /// As [`snapshot`](Self::snapshot), with initiators of your choice, or another timeout in the
    /// simulation's time.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn snapshot_with(
        &mut self,
        options: SnapshotOptions,
    ) -> Result<SnapshotOf<P>, SnapshotError> {
        let timeout = options.timeout.unwrap_or(TIMEOUT);
        let next = SnapshotId::new(self.next_id);
        let id = self.begin_snapshot_with(options).map_err(|error| match error {
            BeginError::Coverage(error) => error.into(),
            BeginError::NodeDown(failure) => SnapshotError::NodeDown { snapshot: next, failure },
            // Ids are given out once.
            BeginError::IdUsed(snapshot) => SnapshotError::ShutDown { snapshot },
        })?;
        self.run_to_the_end_of(id, self.now.saturating_add(timeout));
        let complete = self.snapshots.iter().rev().find(|snapshot| snapshot.id() == id);
        let failed = self.failed.iter().rev().find(|(failed, _)| *failed == id);
        match (complete, failed) {
            (Some(snapshot), _) => Ok(Arc::clone(snapshot)),
            (None, Some((_, error))) => Err(error.clone()),
            (None, None) => {
                let missing = self.collector.missing(id).unwrap_or_default();
                let missing = Silent::recording(missing, &self.topology);
                Err(SnapshotError::TimedOut { snapshot: id, timeout, missing })
            }
        }
    }

    /// Takes a snapshot and looks for a stable property in it.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn detect(
        &mut self,
        property: &StableProperty<P::State, P::Message>,
    ) -> Result<Detection<P::State, P::Message>, SnapshotError> {
        Ok(property.detect(&self.snapshot()?))
    }

    /// Takes a snapshot and looks whether it breaks an invariant.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn check(
        &mut self,
        invariant: &Invariant<P::State, P::Message>,
    ) -> Result<Check<P::State, P::Message>, SnapshotError> {
        Ok(invariant.check(&self.snapshot()?))
    }

    /// Takes steps until a snapshot is complete or has failed, or its time is up.
    fn run_to_the_end_of(&mut self, id: SnapshotId, until: Duration) {
        let mut at_once = 0;
        while self.collector.live().any(|live| live == id) && at_once < STEPS_AT_ONCE {
            let before = self.now;
            if self.advance_until(until).is_none() {
                return;
            }
            at_once = if self.now == before { at_once + 1 } else { 0 };
        }
    }
}

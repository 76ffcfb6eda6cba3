//! Runs of numbered systems, and their schedules.

use proptest::collection::SizeRange;
use proptest::prelude::{BoxedStrategy, Strategy};
use thiserror::Error;

use super::choices::{Choices, choices};
use super::numbered_process::NumberedProcess;
use super::numbered_system::{NumberedSystem, numbered_systems};
use super::topologies::topologies;
use crate::driver::SpawnError;
use crate::protocol::BeginError;
use crate::simulation::{Schedule, Simulation};

/// A numbered system, and the choices that make a run of it.
#[derive(Clone, Debug)]
pub struct NumberedRun {
    /// The system.
    pub system: NumberedSystem,
    /// The choices.
    pub choices: Choices,
}

/// Why a run cannot be simulated. No run of [`runs`] fails.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The simulation does not start.
    #[error(transparent)]
    Start(#[from] SpawnError),
    /// A snapshot does not begin.
    #[error(transparent)]
    Begin(#[from] BeginError),
}

/// Runs of [`topologies`] with a number of nodes from this range, of up to 100 choices. A run
/// shrinks as its system and its choices do.
pub fn runs(nodes: impl Into<SizeRange>) -> BoxedStrategy<NumberedRun> {
    (numbered_systems(topologies(nodes)), choices(0..=100))
        .prop_map(|(system, choices)| NumberedRun { system, choices })
        .boxed()
}

/// Schedules of [`runs`]. Each schedule is possible in its system, and shrinks to others that are
/// possible.
pub fn schedules(nodes: impl Into<SizeRange>) -> BoxedStrategy<Schedule> {
    runs(nodes)
        .prop_filter_map("the run cannot be simulated", |run| {
            run.simulate().ok().map(|simulation| simulation.schedule())
        })
        .boxed()
}

impl NumberedRun {
    /// Makes the choices, and then takes every step that is left. Then all snapshots are complete,
    /// and every token rests or waits for room on a link.
    ///
    /// # Errors
    /// Runs that come from [`runs`] give no error.
    pub fn simulate(&self) -> Result<Simulation<NumberedProcess>, RunError> {
        let mut simulation = self.system.simulation()?;
        self.choices.drive(&mut simulation)?;
        while simulation.advance().is_some() {}
        Ok(simulation)
    }
}

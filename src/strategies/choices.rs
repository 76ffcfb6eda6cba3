//! Choices of the next step, for any simulation.

use proptest::collection::{SizeRange, vec};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::Index;

use crate::process::Process;
use crate::protocol::BeginError;
use crate::simulation::Simulation;

/// A choice of what happens next in a simulation.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Choice {
    /// One of the steps that are possible then is taken. If no step is possible, nothing happens.
    Step(Index),
    /// A snapshot begins.
    BeginSnapshot,
}

/// A series of choices, which fits every simulation: each choice picks among the steps that are
/// possible in its turn.
#[derive(Clone, Debug, Default)]
pub struct Choices(Vec<Choice>);

/// A series of choices, with a length from this range. One choice in ten begins a snapshot. A
/// series shrinks to fewer choices, and to steps that come earlier among those that are possible.
///
/// A pause of a node needs no choice of its own: a node pauses while none of its steps is chosen.
pub fn choices(length: impl Into<SizeRange>) -> BoxedStrategy<Choices> {
    let choice = prop_oneof![
        9 => any::<Index>().prop_map(Choice::Step),
        1 => Just(Choice::BeginSnapshot),
    ];
    vec(choice, length).prop_map(Choices).boxed()
}

impl Choices {
    /// The choices, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Choice] {
        &self.0
    }

    /// How many of the choices begin a snapshot.
    #[must_use]
    pub fn snapshots(&self) -> usize {
        self.0.iter().filter(|choice| matches!(choice, Choice::BeginSnapshot)).count()
    }

    /// Makes the choices in a simulation. Returns how many steps were taken: a choice takes no step
    /// if no step is possible.
    ///
    /// # Errors
    /// If a snapshot cannot begin.
    pub fn drive<P: Process>(&self, simulation: &mut Simulation<P>) -> Result<u64, BeginError> {
        let mut taken = 0;
        for choice in &self.0 {
            match choice {
                Choice::BeginSnapshot => {
                    simulation.begin_snapshot()?;
                }
                Choice::Step(index) => taken += u64::from(take(simulation, *index)),
            }
        }
        Ok(taken)
    }
}

/// Takes a step, if one is possible.
fn take<P: Process>(simulation: &mut Simulation<P>, index: Index) -> bool {
    let enabled = simulation.enabled();
    let step = (!enabled.is_empty()).then(|| enabled[index.index(enabled.len())]);
    step.is_some_and(|step| simulation.step(step).is_ok())
}

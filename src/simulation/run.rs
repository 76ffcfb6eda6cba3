//! Runs of many steps, chosen by time, by chance, by an adversary, or by a schedule.

use std::sync::Arc;
use std::time::Duration;

use super::agenda::Agenda;
use super::back_queue::BackQueue;
use super::schedule::{Action, Schedule};
use super::step::{NotEnabled, Step};
use super::world::Simulation;
use crate::chance::Chance;
use crate::id::NodeId;
use crate::process::Process;
use crate::property::{Detection, StableProperty};

/// Chooses what happens next. A closure of this form is an adversary.
pub trait Adversary<P: Process> {
    /// Chooses one of the possible steps, `enabled`, of which there is at least one. `None` ends
    /// the run.
    fn choose(&mut self, simulation: &Simulation<P>, enabled: &[Step]) -> Option<Step>;
}

impl<P: Process, F: FnMut(&Simulation<P>, &[Step]) -> Option<Step>> Adversary<P> for F {
    fn choose(&mut self, simulation: &Simulation<P>, enabled: &[Step]) -> Option<Step> {
        self(simulation, enabled)
    }
}

/// An adversary that chooses any possible step, each with the same probability.
#[derive(Clone, Debug)]
pub struct AtRandom(Chance);

impl AtRandom {
    /// An adversary with this seed. The same seed makes the same choices on every machine.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        AtRandom(Chance::new(seed))
    }
}

impl<P: Process> Adversary<P> for AtRandom {
    fn choose(&mut self, _: &Simulation<P>, enabled: &[Step]) -> Option<Step> {
        Some(enabled[self.0.below(enabled.len())])
    }
}

impl<P: Process> Simulation<P> {
    /// Takes the step that is due next, and returns it; `None` if no step is left. Steps that are
    /// due at the same time come in the order in which they became possible.
    #[inline]
    pub fn advance(&mut self) -> Option<Step> {
        self.advance_until(Duration::MAX)
    }

    /// Takes every step that is due until this time, and moves time on to it. Returns how many
    /// steps were taken.
    pub fn run_until(&mut self, time: Duration) -> u64 {
        let mut taken = 0;
        while self.advance_until(time).is_some() {
            taken += 1;
        }
        self.now = self.now.max(time);
        taken
    }

    /// Takes at most `most` steps in the order in which they are due. Returns how many steps were
    /// taken: fewer if no step was left.
    ///
    /// Nodes with heartbeats, or with other timers that are set again and again, always have a step
    /// left. A run of such nodes ends by time ([`run_until`](Self::run_until)), by a condition
    /// ([`run_while`](Self::run_while)), or when a stable property holds
    /// ([`run_until_holds`](Self::run_until_holds)).
    pub fn run(&mut self, most: u64) -> u64 {
        self.run_while(most, |_| true)
    }

    /// As [`run`](Self::run), as long as the condition is true. The condition is asked before each
    /// step.
    pub fn run_while(&mut self, most: u64, mut goes_on: impl FnMut(&Self) -> bool) -> u64 {
        (0..most).take_while(|_| goes_on(self) && self.advance().is_some()).count() as u64
    }

    /// As [`run`](Self::run), until a stable property holds in the [real
    /// state](Self::global_state). Returns how many steps this took: the fewest possible. `None` if
    /// the property does not hold after `most` steps, or if it does not hold and no step is left.
    /// Before each step the call looks at the whole real state, which it clones.
    ///
    /// ```
    /// use std::time::Duration;
    /// use consistent_cut::property::Termination;
    /// use consistent_cut::simulation::Simulation;
    /// use consistent_cut::{Context, Link, NodeId, Process, TimerId, Topology};
    ///
    /// const HEARTBEAT: TimerId = TimerId::new(0);
    ///
    /// /// Passes a message on as often as it says. Its heart beats for good.
    /// struct Relay;
    ///
    /// impl Process for Relay {
    ///     type State = ();
    ///     type Message = u32;
    ///     fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
    ///         ctx.set_timer(HEARTBEAT, Duration::from_millis(1));
    ///     }
    ///     fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, u32>) {
    ///         ctx.set_timer(timer, Duration::from_millis(1));
    ///     }
    ///     fn on_message(&mut self, _: Link, hops: u32, ctx: &mut Context<'_, u32>) {
    ///         if hops > 0 { ctx.send_on(ctx.out_links()[0], hops - 1) }
    ///     }
    ///     fn state(&self) {}
    /// }
    ///
    /// let mut simulation = Simulation::builder(Topology::ring(3)?).start(|_| Relay)?;
    /// simulation.inject(NodeId::new(0), 10)?;
    /// let done = Termination::new(|_, &()| true).ignoring_timers(|_, timer| timer == HEARTBEAT);
    /// // Eleven are handled, of which ten were delivered by a link.
    /// assert_eq!(simulation.run_until_holds(&done.property(), 1_000_000), Some(21));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_until_holds(
        &mut self,
        property: &StableProperty<P::State, P::Message>,
        most: u64,
    ) -> Option<u64> {
        let taken = self.run_while(most, |simulation| !simulation.holds(property));
        self.holds(property).then_some(taken)
    }

    /// Lets an adversary choose at most `most` steps. Returns how many steps were taken: fewer if
    /// no step was possible any more, or if the adversary ended the run.
    ///
    /// # Errors
    /// If the adversary chooses a step that is not possible.
    pub fn run_by(
        &mut self,
        adversary: &mut impl Adversary<P>,
        most: u64,
    ) -> Result<u64, NotEnabled> {
        self.agenda = None;
        for taken in 0..most {
            if self.enabled.steps().is_empty() {
                return Ok(taken);
            }
            let Some(step) = adversary.choose(self, self.enabled.steps()) else { return Ok(taken) };
            if !self.enabled.contains(step) {
                return Err(NotEnabled(step));
            }
            self.take(step);
        }
        Ok(most)
    }

    /// Whether a property holds in the real state. If every node has failed, there is no real state
    /// and the answer is no.
    fn holds(&self, property: &StableProperty<P::State, P::Message>) -> bool {
        self.global_state().is_some_and(|state| {
            matches!(property.detect(&Arc::new(state)), Detection::HoldsNow(_))
        })
    }

    #[inline]
    pub(super) fn advance_until(&mut self, time: Duration) -> Option<Step> {
        if self.agenda.is_none() {
            self.plan_all();
        }
        loop {
            let agenda = self.agenda.as_mut()?;
            if agenda.next_due()? > time {
                return None;
            }
            let (due, step) = agenda.next()?;
            self.forget_plan(step);
            // A planned step may have become impossible, or may be due later by now.
            if self.enabled.contains(step) && self.due(step).is_none_or(|really| really <= due) {
                self.take(step);
                return Some(step);
            }
            if let Step::Handle(node) | Step::Fire(node) = step {
                self.look_at(node);
            }
        }
    }

    fn forget_plan(&mut self, step: Step) {
        match step {
            Step::Handle(node) => self.conditions[node.index()].plans_to_handle = false,
            Step::Fire(node) => self.conditions[node.index()].plans_to_fire = None,
            Step::Deliver(_) | Step::Return(_) | Step::Initiate(..) | Step::Close(..) => {}
        }
    }

    /// Plans every step that is possible, and every envelope that is under way.
    fn plan_all(&mut self) {
        let mut agenda = Agenda::default();
        for (link, queue) in self.topology.links().iter().zip(&self.links) {
            if !self.conditions[link.target.index()].is_paused {
                queue.dues().for_each(|due| agenda.plan(Step::Deliver(link.id), due));
            }
            if !self.conditions[link.source.index()].is_paused {
                let dues = queue.back.iter().flat_map(BackQueue::dues);
                dues.for_each(|due| agenda.plan(Step::Return(link.id), due));
            }
        }
        self.appointments.all().for_each(|(step, due)| agenda.plan(step, due));
        self.agenda = Some(agenda);
        for node in self.topology.nodes() {
            let condition = &mut self.conditions[node.index()];
            (condition.plans_to_handle, condition.plans_to_fire) = (false, None);
            self.look_at(node);
        }
    }

    /// Repeats the actions of a schedule, from the start: with the same processes, the run is the
    /// same. `inject` gives the messages from outside. Its arguments are the node, and the number
    /// of the message among those injected there, from 0.
    ///
    /// # Errors
    /// If an action is not possible: then the schedule is not of this simulation.
    pub fn replay(
        &mut self,
        schedule: &Schedule,
        mut inject: impl FnMut(NodeId, u64) -> P::Message,
    ) -> Result<(), ReplayError> {
        let mut injected = vec![0; self.topology.node_count()];
        self.agenda = None;
        for (index, (at, action)) in schedule.actions().iter().enumerate() {
            self.now = self.now.max(*at);
            let done = match action {
                &Action::Step(step) => self.step(step).is_ok(),
                Action::Begin(snapshot, initiators) => {
                    self.begin_snapshot_at(initiators) == Ok(*snapshot)
                }
                &Action::Inject(node) => {
                    let nth = injected.get_mut(node.index()).map(|count| {
                        *count += 1;
                        *count - 1
                    });
                    nth.is_some_and(|nth| self.inject(node, inject(node, nth)).is_ok())
                }
                &Action::Pause(node) => self.pause(node).is_ok(),
                &Action::Resume(node) => self.resume(node).is_ok(),
                &Action::Stop(node) => self.stop_node(node).is_ok(),
                &Action::StopAndDrain(node) => self.stop_node_and_drain(node).is_ok(),
                &Action::Fail(node) => self.fail(node).is_ok(),
            };
            if !done {
                return Err(ReplayError { index, action: action.clone() });
            }
        }
        Ok(())
    }
}

/// A schedule does not fit the simulation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{action}\", action {index} of the schedule, is not possible here: replay it from the start of a simulation with the same \
     topology, settings and processes"
)]
pub struct ReplayError {
    /// The place of the action, from 0.
    pub index: usize,
    /// The action.
    pub action: Action,
}

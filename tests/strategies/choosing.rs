//! Choices drive any simulation, of any process.

use consistent_cut::simulation::Simulation;
use consistent_cut::strategies::{choices, topologies};
use consistent_cut::{Context, Link, Process};
use proptest::{prop_assert, prop_assert_eq};

use crate::support::{fails, holds};

/// Sends a message on each link at its start, and passes messages on.
struct Echo;

impl Process for Echo {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        ctx.send_all(());
    }

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        if let Some(link) = ctx.out_links().first() {
            ctx.send_on(*link, ());
        }
    }

    fn state(&self) {}
}

#[test]
fn each_choice_is_a_step_or_a_snapshot() {
    holds(200, &(topologies(1..=5), choices(0..=60)), |(topology, choices)| {
        let mut simulation = Simulation::builder(topology).start(|_| Echo).map_err(fails)?;
        let taken = choices.drive(&mut simulation).map_err(fails)? as usize;
        let steps = choices.as_slice().len() - choices.snapshots();
        prop_assert!(taken <= steps);
        prop_assert_eq!(simulation.schedule().actions().len(), taken + choices.snapshots());
        Ok(())
    });
}

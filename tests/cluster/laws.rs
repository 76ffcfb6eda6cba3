//! The laws, on clusters of one to four workers under load.

use std::sync::Arc;

use consistent_cut::{Context, Link, Topology};

use super::support::channel_law::{Snapshot, check, check_order};
use super::support::note::Note;
use super::support::puppet::{Habit, Puppet};
use super::workers::Plan;

/// Passes on every note without end, and starts with one note on each link.
struct Forwarding;

impl Habit for Forwarding {
    fn on_start(&mut self, puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
        for link in ctx.out_links() {
            puppet.send_on(ctx, link.id);
        }
    }

    fn on_note(&mut self, puppet: &mut Puppet, _: Link, note: &Note, ctx: &mut Context<'_, Note>) {
        let links = ctx.out_links();
        if !links.is_empty() {
            puppet.send_on(ctx, links[note.number as usize % links.len()].id);
        }
    }
}

#[test]
fn snapshots_under_load_obey_the_channel_law() {
    for workers in 1..=4 {
        let topology = Topology::complete(9).expect("complete");
        let plan = Plan::new(workers, topology);
        let process =
            |node, topology: &Topology| Puppet::new(node, topology).with_habit(Forwarding);
        plan.run(process, |handle| {
            let mut last: Option<Arc<Snapshot>> = None;
            for _ in 0..200 {
                let snapshot = handle.snapshot().expect("complete");
                check(&snapshot);
                if let Some(last) = &last {
                    check_order(last, &snapshot);
                }
                last = Some(snapshot);
            }
        });
    }
}

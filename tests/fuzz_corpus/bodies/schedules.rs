//! Schedules of simulations.

use consistent_cut::simulation::{Schedule, Simulation};
use consistent_cut::{Context, Link, NodeId, Process, Topology};

/// Passes a message on as many times as the message says, and asks for a snapshot at the end.
struct Relay(u32);

impl Process for Relay {
    type State = u32;
    type Message = u8;

    fn on_start(&mut self, ctx: &mut Context<'_, u8>) {
        if ctx.id() == NodeId::new(0) {
            ctx.send_on(ctx.out_links()[0], 3);
        }
    }

    fn on_message(&mut self, _: Link, hops: u8, ctx: &mut Context<'_, u8>) {
        self.0 += 1;
        match hops {
            0 => ctx.request_snapshot(),
            _ => ctx.send_on(ctx.out_links()[0], hops - 1),
        }
    }

    fn state(&self) -> u32 {
        self.0
    }
}

/// Reads a schedule, writes it, and replays it in a small simulation, which may refuse it. Every
/// snapshot obeys the channel law.
///
/// # Panics
/// If one of these rules is broken.
pub fn schedule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let schedule: Schedule = match text.parse() {
        Ok(schedule) => schedule,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let again: Schedule = schedule.to_string().parse().expect("what is written is a schedule");
    assert_eq!(again, schedule);

    let ring = Topology::ring(3).expect("three nodes are a ring");
    let builder = Simulation::builder(ring).capacity(2).traced();
    let mut simulation = builder.start(|_| Relay(0)).expect("no setting is wrong");
    if let Err(refused) = simulation.replay(&schedule, |_, nth| nth.min(5) as u8) {
        assert_eq!(refused.action, schedule.actions()[refused.index].1);
    }
    for snapshot in simulation.snapshots() {
        snapshot.verify().expect("the channel law holds");
    }
}

//! A ring whose nodes pass messages on for some hops, and send each other heartbeats for good.

use std::time::Duration;

use consistent_cut::property::Termination;
use consistent_cut::simulation::{Latency, Simulation};
use consistent_cut::{Context, Link, Process, StableProperty, TimerId, Topology};

const BEAT: u64 = 0;

pub(crate) struct Heart(u64);

impl Process for Heart {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        ctx.set_timer(TimerId::new(3), Duration::from_millis(10));
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, u64>) {
        ctx.send_on(ctx.out_links()[0], BEAT);
        ctx.set_timer(timer, Duration::from_millis(10));
    }

    fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        self.0 += u64::from(hops == BEAT);
        if hops > 1 {
            ctx.send_on(ctx.out_links()[0], hops - 1);
        }
    }

    fn state(&self) -> u64 {
        self.0
    }
}

pub(crate) fn ring() -> Simulation<Heart> {
    let topology = Topology::ring(3).expect("three nodes are a ring");
    let builder =
        Simulation::builder(topology).latency(Latency::Constant(Duration::from_millis(7)));
    builder.start(|_| Heart(0)).expect("no setting is wrong")
}

pub(crate) fn property() -> StableProperty<u64, u64> {
    Termination::new(|_, _| true)
        .ignoring_timers(|_, timer| timer == TimerId::new(3))
        .ignoring_messages(|_, hops| *hops == BEAT)
        .property()
}

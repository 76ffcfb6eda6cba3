//! What snapshots cost.

use std::time::{Duration, Instant};

use consistent_cut::{Context, Link, Process, System, Topology};

use crate::figures::median;
use crate::flood::{Flood, Idle};
use crate::goal::{Goals, Wanted};
use crate::under_snapshots::{Snapshots, TOKENS, run};

pub(crate) fn measure(goals: &mut Goals) {
    let hops = goals.scaled(10_000_000) / TOKENS;
    for (name, snapshots, least) in [
        ("throughput, snapshots back to back", Snapshots::Every(Duration::ZERO), 0.85),
        ("throughput, ten snapshots a second", Snapshots::Every(Duration::from_millis(100)), 0.98),
        ("throughput, traced", Snapshots::NoneTraced, 0.6),
    ] {
        goals.ratio(name, Wanted::AtLeast(least), || {
            let without = run(Snapshots::None, hops.max(2)).0;
            run(snapshots, hops.max(2)).0 / without
        });
    }
    for (name, topology, rounds) in [
        ("idle snapshot against a flood, ring of 100", Topology::ring(100), 60),
        ("idle snapshot against a flood, complete graph of 32", Topology::complete(32), 60),
        ("idle snapshot against a flood, ring of 1,000", Topology::ring(1_000), 8),
    ] {
        idle(goals, name, &topology.unwrap(), goals.scaled(rounds) as usize);
    }
    backlog(goals);
}

fn idle(goals: &mut Goals, name: &str, topology: &Topology, rounds: usize) {
    if !goals.wants(name) {
        return;
    }
    let system = System::builder(topology.clone()).spawn(|_| Idle).unwrap();
    let flood = Flood::start(topology);
    goals.ratio(name, Wanted::AtMost(1.3), || {
        let (mut snapshots, mut floods) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            snapshots.push(time(|| drop(system.snapshot().unwrap())));
            floods.push(time(|| flood.round()));
        }
        median(&snapshots) / median(&floods)
    });
    flood.stop();
}

/// The second node never handles a message: it has stopped.
struct Backlog(u64);

impl Process for Backlog {
    type State = ();
    type Message = [u64; 2];

    fn on_start(&mut self, ctx: &mut Context<'_, [u64; 2]>) {
        match ctx.out_links() {
            [link] => (0..self.0).for_each(|number| ctx.send_on(link.id, [number; 2])),
            _ => ctx.stop(),
        }
    }

    fn on_message(&mut self, _: Link, _: [u64; 2], _: &mut Context<'_, [u64; 2]>) {}

    fn state(&self) {}
}

fn backlog(goals: &mut Goals) {
    const NAME: &str = "messages recorded a second, backlog of 1,000,000";
    if !goals.wants(NAME) {
        return;
    }
    let mut growth = f64::NAN;
    let mut empty = 0.0;
    for messages in [0, 1_000, 10_000, 100_000, 1_000_000] {
        let messages = goals.scaled(messages);
        let seconds: Vec<f64> = (0..goals.rounds()).map(|_| behind(messages)).collect();
        let seconds = median(&seconds);
        if messages == 0 {
            empty = seconds;
        }
        growth = messages as f64 / (seconds - empty).max(1e-9) / 1e6;
        println!("  behind {messages:>9} messages: {:>10.1} µs", seconds * 1e6);
    }
    goals.figure(NAME, Wanted::AtLeast(20.0), growth, " M");
}

/// The time of the first snapshot behind so many messages.
fn behind(messages: u64) -> f64 {
    let topology = Topology::line(2).unwrap();
    let link = topology.links()[0].id;
    let system = System::builder(topology).unbounded().spawn(|_| Backlog(messages)).unwrap();
    while system.traffic_on(link).unwrap().sent < messages {
        std::thread::yield_now();
    }
    let start = Instant::now();
    let snapshot = system.snapshot().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(snapshot.channel(link).messages().len() as u64, messages);
    seconds
}

fn time(what: impl FnOnce()) -> f64 {
    let start = Instant::now();
    what();
    start.elapsed().as_secs_f64()
}

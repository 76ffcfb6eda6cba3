//! Deliveries per second of a simulation, for each way in which its steps can be chosen.
//!
//! `cargo bench --bench simulation` measures. Any other command, such as `cargo test --benches`,
//! makes a short run that only shows that the bench works. One thread does all the work, so the
//! figures are rates of this machine. The ways compare alike on other machines.
#![allow(clippy::disallowed_methods, reason = "a bench measures time")]
#![allow(missing_docs)]

#[path = "support/figures.rs"]
mod figures;

use std::time::Duration;

use consistent_cut::simulation::{AtRandom, Latency, Simulation};
use consistent_cut::{Context, Link, Process, Topology};

use figures::{median, speed};

/// Passes tokens on.
struct Relay {
    tokens: u64,
    seen: u64,
}

impl Process for Relay {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        for token in 0..self.tokens {
            ctx.send_on(ctx.out_links()[0], token);
        }
    }

    fn on_message(&mut self, _: Link, token: u64, ctx: &mut Context<'_, u64>) {
        self.seen = self.seen.wrapping_mul(31).wrapping_add(token);
        let links = ctx.out_links();
        ctx.send_on(links[token as usize % links.len()].id, token);
    }

    fn state(&self) -> u64 {
        self.seen
    }
}

#[derive(Clone, Copy)]
enum Way {
    ByTime(Latency),
    AtRandom,
}

fn main() {
    let (rounds, deliveries) = if figures::is_bench() { (7, 2_000_000) } else { (1, 2_000) };
    let ms = Duration::from_millis(1);
    let ways = [
        ("by time, constant", Way::ByTime(Latency::Constant(ms))),
        ("by time, exponential", Way::ByTime(Latency::Exponential { mean: ms })),
        ("by time, heavy tail", Way::ByTime(Latency::HeavyTail { least: ms })),
        ("at random", Way::AtRandom),
    ];
    let topologies = [
        ("ring of 64", Topology::ring(64)),
        ("complete graph of 16", Topology::complete(16)),
        ("random, 1,000 nodes, 4,000 links", Topology::random_strongly_connected(1_000, 3_000, 1)),
    ];
    println!("{:<36}{:<24}{:>16}{:>18}", "", "", "deliveries/s", "no schedule");
    for (name, topology) in topologies {
        let topology = topology.expect("a topology");
        for (way_name, way) in ways {
            let figures = [true, false].map(|writes| {
                let speeds: Vec<_> = (0..rounds)
                    .map(|_| speed(|| run(&topology, way, writes, deliveries)))
                    .collect();
                median(&speeds) / 1e6
            });
            println!("{name:<36}{way_name:<24}{:>14.1} M{:>16.1} M", figures[0], figures[1]);
        }
    }
}

fn run(topology: &Topology, way: Way, writes: bool, deliveries: u64) -> u64 {
    let builder = Simulation::builder(topology.clone()).seed(1);
    let builder = match way {
        Way::ByTime(latency) => builder.latency(latency),
        Way::AtRandom => builder,
    };
    let builder = if writes { builder } else { builder.without_schedule() };
    let start = |_| Relay { tokens: 10, seen: 0 };
    let mut simulation = builder.start(start).expect("no setting is wrong");
    // A message is delivered and then handled.
    let steps = 2 * deliveries;
    match way {
        Way::ByTime(_) => simulation.run(steps),
        Way::AtRandom => {
            simulation.run_by(&mut AtRandom::new(1), steps).expect("it chooses what is possible")
        }
    };
    simulation.deliveries()
}

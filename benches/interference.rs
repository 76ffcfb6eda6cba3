//! What snapshots cost the application: messages per second without any, with ten a second, and with one after the other, in
//! turn and in one run; and what it costs to trace.
//!
//! `cargo bench --bench interference`; anything else is a short run that only shows that it works.
#![allow(clippy::disallowed_methods, reason = "a bench measures time")]
#![allow(missing_docs)]

#[path = "support/figures.rs"]
mod figures;

use std::thread;
use std::time::Duration;

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Sender, unbounded};
use figures::{median, speed};

const NODES: usize = 8;
const TOKENS: u64 = 1_000;

/// Passes tokens on until they have made their hops.
struct Hop {
    tokens: u64,
    hops: u64,
    done: Sender<()>,
}

impl Process for Hop {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        for _ in 0..self.tokens {
            ctx.send_on(ctx.out_links()[0].id, self.hops);
        }
    }

    fn on_message(&mut self, _: Link, hops_left: u64, ctx: &mut Context<'_, u64>) {
        match hops_left {
            1 => self.done.send(()).unwrap(),
            _ => ctx.send_on(ctx.out_links()[0].id, hops_left - 1),
        }
    }

    fn state(&self) -> u64 {
        self.tokens
    }
}

#[derive(Clone, Copy)]
enum Snapshots {
    None,
    Every(Duration),
    /// None, and every event is logged.
    NoneTraced,
}

fn main() {
    let (rounds, hops) = if figures::is_bench() { (11, 20_000) } else { (1, 20) };
    let kinds = [
        ("no snapshots", Snapshots::None),
        ("ten a second", Snapshots::Every(Duration::from_millis(100))),
        ("one after the other", Snapshots::Every(Duration::ZERO)),
        ("no snapshots, traced", Snapshots::NoneTraced),
    ];
    let mut speeds = [const { Vec::new() }; 4];
    let mut taken = [0; 4];
    for _ in 0..rounds {
        for (kind, (_, snapshots)) in kinds.iter().enumerate() {
            // A log of all hops would take gigabytes.
            let hops = if let Snapshots::NoneTraced = snapshots { hops / 10 } else { hops };
            let (speed, count) = run(*snapshots, hops);
            speeds[kind].push(speed);
            taken[kind] += count;
        }
    }
    println!("ring of {NODES}, {TOKENS} tokens");
    println!(
        "{:<22}{:>14}{:>11}{:>8}   ratio of each round",
        "", "messages/s", "snapshots", "ratio"
    );
    for (kind, (name, _)) in kinds.iter().enumerate() {
        let ratios: Vec<f64> =
            speeds[kind].iter().zip(&speeds[0]).map(|(with, without)| with / without).collect();
        println!(
            "{name:<22}{:>12.1} M{:>11}{:>8.2}   {}",
            median(&speeds[kind]) / 1e6,
            taken[kind],
            median(&ratios),
            ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" "),
        );
    }
}

/// Messages per second, and how many snapshots were taken meanwhile.
fn run(snapshots: Snapshots, hops: u64) -> (f64, usize) {
    let (tx, done) = unbounded();
    let builder = System::builder(Topology::ring(NODES).unwrap());
    let builder = if let Snapshots::NoneTraced = snapshots { builder.traced() } else { builder };
    let system = builder
        .spawn(|node| Hop {
            tokens: if node.index() == 0 { TOKENS } else { 0 },
            hops,
            done: tx.clone(),
        })
        .unwrap();
    let periodic = match snapshots {
        Snapshots::None | Snapshots::NoneTraced => None,
        Snapshots::Every(period) => Some(system.every(period)),
    };
    thread::scope(|scope| {
        let taking = periodic.map(|periodic| {
            scope.spawn(|| periodic.map(|snapshot| snapshot.unwrap().verify().unwrap()).count())
        });
        let speed = speed(|| {
            (0..TOKENS).for_each(|_| done.recv().unwrap());
            TOKENS * hops
        });
        drop(system);
        (speed, taking.map_or(0, |taking| taking.join().unwrap()))
    })
}

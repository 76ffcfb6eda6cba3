//! How long a snapshot takes while 10,000 messages are queued at nodes whose handler takes 100
//! microseconds, under both marker policies. A backlog costs time where markers wait behind it, and
//! none where they overtake it.
//!
//! `cargo bench --bench marker_policy` measures. Any other command makes a short run that only
//! shows that the bench works.
#![allow(clippy::disallowed_methods, reason = "a bench measures time, and its handlers take some")]
#![allow(missing_docs)]

use std::thread::sleep;
use std::time::{Duration, Instant};

use consistent_cut::{Context, GlobalSnapshot, Link, MarkerPolicy, Process, System, Topology};

const NODES: usize = 4;
const HANDLER: Duration = Duration::from_micros(100);

/// Sends its backlog to the next node, and takes its time for each message that it gets.
struct Slow {
    backlog: usize,
    handled: u64,
}

impl Process for Slow {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        for number in 0..self.backlog {
            ctx.send_on(ctx.out_links()[0], number as u64);
        }
    }

    fn on_message(&mut self, _: Link, _: u64, _: &mut Context<'_, u64>) {
        sleep(HANDLER);
        self.handled += 1;
    }

    fn state(&self) -> u64 {
        self.handled
    }
}

fn main() {
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let (rounds, backlog) = if is_bench { (5, 10_000) } else { (1, 40) };

    println!("a ring of {NODES}, {backlog} messages queued at each, {HANDLER:?} a message");
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let overtaking = measure(MarkerPolicy::Overtaking, backlog);
        let in_order = measure(MarkerPolicy::InOrder, backlog);
        ratios.push(in_order.as_secs_f64() / overtaking.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    println!("in order takes {:.0} times as long (median of {rounds})", ratios[rounds / 2]);
}

fn measure(policy: MarkerPolicy, backlog: usize) -> Duration {
    let builder = System::builder(Topology::ring(NODES).unwrap()).marker_policy(policy);
    let system = builder.spawn(|_| Slow { backlog, handled: 0 }).unwrap();
    while system.link_traffic().iter().take(NODES).any(|link| link.sent < backlog as u64) {
        std::thread::yield_now();
    }
    let start = Instant::now();
    let snapshot = system.snapshot().unwrap();
    let took = start.elapsed();
    snapshot.verify().unwrap();
    println!(
        "{:<12}{:>12}   {} messages recorded",
        format!("{policy:?}"),
        format!("{took:.1?}"),
        in_flight(&snapshot)
    );
    took
}

fn in_flight(snapshot: &GlobalSnapshot<u64, u64>) -> usize {
    snapshot.in_flight().count()
}

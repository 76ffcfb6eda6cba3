//! The throughput of a busy ring with checkpoints, beside its throughput without.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use consistent_cut::checkpoint::{Checkpointer, Checkpoints, FileStore, Format};
use consistent_cut::{Context, Link, Process, System, Topology};

use crate::figures::{Pairs, is_bench, listed};
use crate::sizes::file;

const NODES: usize = 8;
const TOKENS: u64 = 125;

/// Passes tokens on and counts them.
struct Passer {
    passed: u64,
    all: Arc<AtomicU64>,
}

impl Process for Passer {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        (0..TOKENS).for_each(|token| ctx.send_on(ctx.out_links()[0], token));
    }

    fn on_message(&mut self, _: Link, token: u64, ctx: &mut Context<'_, u64>) {
        self.passed += 1;
        if self.passed.is_multiple_of(1024) {
            self.all.fetch_add(1024, Ordering::Relaxed);
        }
        ctx.send_on(ctx.out_links()[0], token);
    }

    fn state(&self) -> u64 {
        self.passed
    }
}

/// Messages per second over `time`, with a checkpoint in each `period`, or with none.
fn speed(period: Option<Duration>, time: Duration) -> f64 {
    let all = Arc::new(AtomicU64::new(0));
    let topology = Topology::ring(NODES).unwrap();
    let passer = |_| Passer { passed: 0, all: Arc::clone(&all) };
    let system = System::builder(topology).spawn(passer).unwrap();
    let path = file("busy");
    let checkpoints = Checkpoints::new(FileStore::create(&path).unwrap(), Format::default());
    let checkpointer =
        period.map(|period| system.checkpointer(&checkpoints).period(period).start().unwrap());
    let (began, first) = (Instant::now(), all.load(Ordering::Relaxed));
    while began.elapsed() < time {
        std::thread::sleep(time / 10);
    }
    let messages = all.load(Ordering::Relaxed) - first;
    let speed = messages as f64 / began.elapsed().as_secs_f64();
    let counts = checkpointer.as_ref().map(Checkpointer::counts);
    drop(checkpointer);
    if let Some(counts) = counts {
        assert!(counts.saved > 0 || !is_bench(), "{counts:?}");
        assert_eq!(counts.saves_failed, 0, "{counts:?}");
    }
    drop((system, checkpoints));
    std::fs::remove_file(path).unwrap();
    speed
}

/// Whether both goals are met.
pub(crate) fn measure() -> bool {
    let (rounds, time) = if is_bench() { (11, 2_000) } else { (1, 20) };
    let time = Duration::from_millis(time);
    println!(
        "A ring of {NODES} with {} tokens, with checkpoints against without",
        NODES as u64 * TOKENS
    );
    let goals = [("one per second", 1_000, 0.97), ("ten per second", 100, 0.9)];
    let met = goals.map(|(name, period, goal)| {
        let with = || speed(Some(Duration::from_millis(period)), time);
        let pairs = Pairs::measure(rounds, || speed(None, time), with);
        let (ratio, ratios) = (pairs.ratio(), listed(&pairs.ratios()));
        let met = ratio >= goal || !is_bench();
        let missed = if met { "" } else { "  missed" };
        println!("{name:>14}{ratio:>8.2}  at least {goal}{missed}   {ratios}");
        met
    });
    println!();
    met == [true; 2]
}

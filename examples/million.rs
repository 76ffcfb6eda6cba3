//! A million nodes on a few worker threads: tokens walk a random graph without end, and snapshots
//! count them while they run, one a second where the machine is fast enough. The sum must always be
//! the same.
//!
//! ```text
//! cargo run --release --example million --features timely
//! cargo run --release --example million --features timely -- --nodes 100000 --workers 4
//! ```

#[path = "common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use clap::Parser;
use consistent_cut::cluster::{Cluster, ClusterHandle, ClusterSettings, Placement};
use consistent_cut::property::{Check, conserved};
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, Topology};
use indicatif::{ProgressBar, ProgressStyle};
use timely::Config;

use common::say;

#[derive(Parser)]
struct Options {
    /// How many nodes the graph has; it has four links a node
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(2..))]
    nodes: u32,
    /// How many tokens walk the graph
    #[arg(long, default_value_t = 100_000)]
    tokens: u32,
    /// How many worker threads run the nodes
    #[arg(short, long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    workers: u8,
    /// How many snapshots to take, at most one a second
    #[arg(long, default_value_t = 5)]
    snapshots: u32,
}

/// Passes each token on, on one of its links after the other.
struct Walker {
    /// The tokens that the node begins with.
    tokens: u32,
    seen: u64,
}

impl Process for Walker {
    /// How many tokens the node has seen.
    type State = u64;
    /// How many hops the token has made.
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        for _ in 0..self.tokens {
            ctx.send_on(ctx.out_links()[0], 0);
        }
    }

    fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        self.seen += 1;
        let links = ctx.out_links();
        ctx.send_on(links[self.seen as usize % links.len()], hops + 1);
    }

    fn state(&self) -> u64 {
        self.seen
    }
}

fn main() -> ExitCode {
    common::finish(run(&common::options::read()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (nodes, tokens, workers) = (options.nodes, options.tokens, usize::from(options.workers));
    let empty = memory();
    let links = 3 * nodes as usize;
    let topology = Arc::new(Topology::random_strongly_connected(nodes as usize, links, 7)?);
    say!("{topology}, {tokens} tokens, {workers} worker threads");
    say!("the graph takes {:.0} MB", memory() - empty);

    let (tx, handles) = channel();
    let walker = move |node: NodeId| {
        let node = node.index() as u32;
        Walker { tokens: tokens / nodes + u32::from(node < tokens % nodes), seen: 0 }
    };
    let threads = timely::execute(Config::process(workers), move |worker| {
        let cluster = worker.dataflow::<u64, _, _>(|scope| {
            let (placement, settings) = (Placement::blocks(), ClusterSettings::new());
            let built = Cluster::build(scope, &topology, &placement, &settings, walker);
            built.expect("default settings fit every topology").0
        });
        if let Some(handle) = cluster.handle() {
            tx.send(handle.clone()).expect("the main thread waits for the handle");
        }
        while !cluster.has_ended() {
            worker.step_or_park(None);
        }
    })?;
    let handle = handles.recv()?;
    let watched = watch(&handle, options.snapshots, tokens.into());
    handle.shut_down();
    threads.join();
    watched?;
    say!("Every snapshot has all {tokens} tokens.");
    Ok(())
}

/// Takes a snapshot every second, and prints a line for each.
fn watch(
    handle: &ClusterHandle<u64, u64>,
    snapshots: u32,
    tokens: u64,
) -> Result<(), Box<dyn Error>> {
    let all = conserved("tokens", tokens, |_, _| 0, |_| 1);
    let bar = ProgressBar::new(u64::from(snapshots));
    bar.set_style(ProgressStyle::with_template("{bar:30} snapshot {pos} of {len}")?);
    let mut last: Option<(Duration, u64)> = None;
    for snapshot in handle.every(Duration::from_secs(1)).take(snapshots as usize) {
        let snapshot: Arc<GlobalSnapshot<u64, u64>> = snapshot?;
        snapshot.verify()?;
        if let Check::Violated(finding) = all.check(&snapshot) {
            return Err(finding.to_string().into());
        }
        let (id, timings, memory) = (snapshot.id(), snapshot.timings(), memory());
        let (at, took) = (timings.began(), timings.duration());
        let hops = snapshot.states().map(|(_, seen)| *seen).sum();
        let speed = last.map_or(String::new(), |(then, before): (Duration, u64)| {
            let seconds = (at - then).as_secs_f64();
            format!("; {:.1} million hops a second", (hops - before) as f64 / seconds / 1e6)
        });
        last = Some((at, hops));
        let seconds = at.as_secs_f64();
        bar.suspend(|| say!("{seconds:>5.1} s  {id} took {took:.1?}; {memory:.0} MB{speed}"));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// The resident memory of this program in megabytes, as Linux tells it; zero elsewhere.
fn memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1e3
}

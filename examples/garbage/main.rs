//! Garbage collection across nodes. Each node has a part of a heap. Objects refer to each other
//! from node to node, and references travel in messages. An object to which no root and no message
//! leads in a snapshot is garbage from then on. That holds for cycles too, which counts of
//! references would keep. Garbage is freed while the nodes go on.
//!
//! ```text
//! cargo run --release --example garbage
//! cargo run --release --example garbage -- --nodes 20 --rounds 50
//! cargo run --release --example garbage -- --help
//! ```

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod cycles;
mod heap;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use consistent_cut::property::{Garbage, find_garbage};
use consistent_cut::{GlobalSnapshot, NodeId, System, Topology};

use common::options::LONGEST_PAUSE;
use common::say;
use heap::{Heap, Mutator, ObjectId, Word};

type Snapshot = GlobalSnapshot<Heap, Word>;

#[derive(Parser)]
#[command(about = "Frees objects that no reference reaches any more, while the nodes go on")]
struct Options {
    /// The number of nodes, a thread each
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    nodes: u32,
    /// The number of collections
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// The pause from one collection to the next, in milliseconds
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(..=LONGEST_PAUSE))]
    pause: u64,
    /// Seed of what nodes do; threads still interleave as they like
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    common::finish(collect(&common::options::read()))
}

fn collect(options: &Options) -> Result<(), Box<dyn Error>> {
    let topology = Topology::random_strongly_connected(
        options.nodes as usize,
        3 * options.nodes as usize,
        options.seed,
    )?;
    let neighbours = topology.clone();
    let system = System::builder(topology).spawn(|node| {
        let neighbours = neighbours.out_links(node).iter().map(|link| link.target);
        Mutator::new(node, neighbours, options.seed)
    })?;
    say!("round      time   objects   in use   garbage   of it on cycles   references in flight");
    let rounds = system.every(Duration::from_millis(options.pause)).take(options.rounds as usize);
    for (round, result) in (1..).zip(rounds) {
        let snapshot = result?;
        let garbage = find(&snapshot);
        say!("{}", line(round, &snapshot, &garbage));
        for (node, numbers) in by_node(&garbage) {
            system.inject(node, Word::Free(numbers))?;
        }
    }
    end(&system)
}

fn find(snapshot: &Snapshot) -> Garbage<ObjectId> {
    find_garbage(
        snapshot,
        |node, state, heap| {
            heap.root(ObjectId::root_of(node));
            for (&number, references) in &state.objects {
                heap.object(ObjectId { node, number }, references.iter().copied());
            }
        },
        |_, word| word.references(),
    )
}

fn line(round: u32, snapshot: &Snapshot, garbage: &Garbage<ObjectId>) -> String {
    let at = snapshot.timings().began().as_secs_f64();
    let dead = garbage.objects().len();
    let kept = cycles::kept_by_counts(snapshot, garbage);
    let in_flight: usize = snapshot.in_flight().map(|(_, word)| word.references().len()).sum();
    let (live, all) = (garbage.live(), garbage.live() + dead);
    format!("{round:5}   {at:5.2} s   {all:7}   {live:6}   {dead:7}   {kept:15}   {in_flight:20}")
}

fn by_node(garbage: &Garbage<ObjectId>) -> impl Iterator<Item = (NodeId, Vec<u64>)> {
    let of_one_node = garbage.objects().chunk_by(|(one, _), (next, _)| one.node == next.node);
    of_one_node.map(|chunk| (chunk[0].0.node, chunk.iter().map(|(id, _)| id.number).collect()))
}

/// Checks that no object was freed in use. Otherwise a reference would lead to no object, and a
/// node that followed the reference would have panicked.
fn end(system: &System<Mutator>) -> Result<(), Box<dyn Error>> {
    let last = system.snapshot_and_stop()?;
    let garbage = find(&last);
    if !garbage.dangling().is_empty() {
        return Err(format!("{:?} were freed, and are in use", garbage.dangling()).into());
    }
    let freed: u64 = last.states().map(|(_, heap)| heap.freed).sum();
    say!("\n{freed} objects were freed, and no reference in use leads to any of them.");
    Ok(())
}

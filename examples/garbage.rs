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

#[path = "common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use consistent_cut::property::{Garbage, find_garbage};
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, System, TimerId, Topology};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use common::options::LONGEST_PAUSE;
use common::say;

/// An object: the node it is on, and its number there. No number is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ObjectId {
    node: NodeId,
    number: u64,
}

#[derive(Clone, Debug)]
enum Word {
    /// A reference to `to` is to be kept by `by`, an object of the receiver.
    Refer { by: ObjectId, to: ObjectId },
    /// From the collector: these are garbage.
    Free(Vec<u64>),
}

impl ObjectId {
    fn root_of(node: NodeId) -> Self {
        ObjectId { node, number: ROOT }
    }
}

impl Word {
    /// The references that the message carries.
    fn references(&self) -> Vec<ObjectId> {
        match self {
            Word::Refer { by, to } => vec![*by, *to],
            Word::Free(_) => Vec::new(),
        }
    }
}

/// The state of a node, as a snapshot records it: the references of each object. Number 0 is the
/// root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Heap {
    objects: BTreeMap<u64, Vec<ObjectId>>,
    freed: u64,
}

/// Allocates objects, hands references on and drops them, all at random. A node never touches an
/// object that it cannot reach.
struct Mutator {
    node: NodeId,
    heap: Heap,
    next: u64,
    generator: Xoshiro256PlusPlus,
}

const WORK: TimerId = TimerId::new(1);
const ROOT: u64 = 0;

impl Mutator {
    /// Every root refers to the roots of the node's neighbours, so that references can wander.
    fn new(node: NodeId, neighbours: impl IntoIterator<Item = NodeId>, seed: u64) -> Self {
        let seed = seed.wrapping_add((node.index() as u64) << 32);
        let roots = neighbours.into_iter().map(ObjectId::root_of).collect();
        let heap = Heap { objects: BTreeMap::from([(ROOT, roots)]), freed: 0 };
        Mutator { node, heap, next: 1, generator: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    fn plan(&mut self, ctx: &mut Context<'_, Word>) {
        ctx.set_timer(WORK, Duration::from_micros(self.generator.random_range(1..=100)));
    }

    /// An object of this node that its root reaches.
    fn walk(&mut self) -> u64 {
        let mut at = ROOT;
        for _ in 0..self.generator.random_range(0..6) {
            let references = self.references_of(at).iter();
            let here: Vec<_> = references.filter(|to| to.node == self.node).copied().collect();
            if here.is_empty() {
                break;
            }
            at = here[self.generator.random_range(0..here.len())].number;
        }
        at
    }

    fn references_of(&self, object: u64) -> &Vec<ObjectId> {
        self.heap
            .objects
            .get(&object)
            .unwrap_or_else(|| panic!("object {object}, which is live, was collected"))
    }

    fn refer(&mut self, by: u64, to: ObjectId) {
        let references = self.heap.objects.get_mut(&by);
        references.unwrap_or_else(|| panic!("object {by}, which is live, was collected")).push(to);
    }

    fn allocate(&mut self, by: u64) {
        let number = self.next;
        self.next += 1;
        self.heap.objects.insert(number, Vec::new());
        self.refer(by, ObjectId { node: self.node, number });
    }

    /// Gives one object to which this object refers a new reference: to another such object, to
    /// itself, or to this object.
    fn hand_on(&mut self, object: u64, ctx: &mut Context<'_, Word>) {
        let mut known = self.references_of(object).clone();
        if known.is_empty() {
            return;
        }
        let by = known[self.generator.random_range(0..known.len())];
        known.push(ObjectId { node: self.node, number: object });
        let to = known[self.generator.random_range(0..known.len())];
        if by.node == self.node {
            self.refer(by.number, to);
        } else if ctx.out_links().iter().any(|link| link.target == by.node) {
            ctx.send(by.node, Word::Refer { by, to });
        }
    }

    /// Drops a reference. The root keeps its references to other roots.
    fn forget(&mut self, object: u64) {
        let references = self.references_of(object).iter().enumerate();
        let others: Vec<_> =
            references.filter(|(_, to)| to.number != ROOT).map(|(place, _)| place).collect();
        if others.is_empty() {
            return;
        }
        let place = others[self.generator.random_range(0..others.len())];
        if let Some(references) = self.heap.objects.get_mut(&object) {
            references.swap_remove(place);
        }
    }
}

impl Process for Mutator {
    type State = Heap;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        self.plan(ctx);
    }

    fn on_message(&mut self, _: Link, word: Word, _: &mut Context<'_, Word>) {
        match word {
            Word::Refer { by, to } => self.refer(by.number, to),
            Word::Free(garbage) => {
                // An object that two snapshots have found is reported twice, and freed once.
                let freed = garbage.iter().filter_map(|object| self.heap.objects.remove(object));
                self.heap.freed += freed.count() as u64;
            }
        }
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, Word>) {
        let object = self.walk();
        match self.generator.random_range(0..10) {
            0..3 => self.allocate(object),
            3..7 => self.hand_on(object, ctx),
            _ => self.forget(object),
        }
        self.plan(ctx);
    }

    fn state(&self) -> Heap {
        self.heap.clone()
    }
}

/// The number of objects in the garbage that counts of references would never free: the objects on
/// cycles, and those to which cycles refer. Counts would free the others one after the other.
fn kept_by_counts(snapshot: &Snapshot, garbage: &Garbage<ObjectId>) -> usize {
    let mut counts: BTreeMap<_, usize> = garbage.objects().iter().map(|(id, _)| (*id, 0)).collect();
    for id in garbage.objects().iter().map(|(id, _)| id) {
        for to in references(snapshot, id) {
            counts.entry(*to).and_modify(|count| *count += 1);
        }
    }
    let mut free: Vec<_> =
        counts.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut freed = 0;
    while let Some(id) = free.pop() {
        freed += 1;
        for to in references(snapshot, &id) {
            let Some(count) = counts.get_mut(to) else { continue };
            *count -= 1;
            if *count == 0 {
                free.push(*to);
            }
        }
    }
    counts.len() - freed
}

fn references<'a>(snapshot: &'a Snapshot, id: &ObjectId) -> &'a [ObjectId] {
    snapshot.state(id.node).objects.get(&id.number).map_or(&[], Vec::as_slice)
}

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
    let kept = kept_by_counts(snapshot, garbage);
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

//! A node's part of a heap that is spread over many nodes. Objects refer to each other across
//! nodes.

use std::collections::BTreeMap;
use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, TimerId};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// An object: the node it is on, and its number there. No number is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ObjectId {
    pub(crate) node: NodeId,
    pub(crate) number: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Word {
    /// A reference to `to` is to be kept by `by`, an object of the receiver.
    Refer { by: ObjectId, to: ObjectId },
    /// From the collector: these are garbage.
    Free(Vec<u64>),
}

impl ObjectId {
    pub(crate) fn root_of(node: NodeId) -> Self {
        ObjectId { node, number: ROOT }
    }
}

impl Word {
    /// The references that the message carries.
    pub(crate) fn references(&self) -> Vec<ObjectId> {
        match self {
            Word::Refer { by, to } => vec![*by, *to],
            Word::Free(_) => Vec::new(),
        }
    }
}

/// The state of a node, as a snapshot records it: the references of each object. Number 0 is the
/// root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heap {
    pub(crate) objects: BTreeMap<u64, Vec<ObjectId>>,
    pub(crate) freed: u64,
}

/// Allocates objects, hands references on and drops them, all at random. A node never touches an
/// object that it cannot reach.
pub(crate) struct Mutator {
    node: NodeId,
    heap: Heap,
    next: u64,
    generator: Xoshiro256PlusPlus,
}

const WORK: TimerId = TimerId::new(1);
const ROOT: u64 = 0;

impl Mutator {
    /// Every root refers to the roots of the node's neighbours, so that references can wander.
    pub(crate) fn new(
        node: NodeId,
        neighbours: impl IntoIterator<Item = NodeId>,
        seed: u64,
    ) -> Self {
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

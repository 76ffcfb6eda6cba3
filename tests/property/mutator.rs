//! A process that makes objects, and copies, sends, stores and drops references to them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, TimerId};

use crate::chance::Chance;

/// The node that made the object, and the object's number at that node.
pub(crate) type Id = (u32, u32);

#[derive(Debug)]
pub(crate) struct Mutator {
    chance: Chance,
    /// The number of steps that it has yet to take of its own accord.
    rounds: u32,
    pub(crate) recorded: Recorded,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) objects: BTreeMap<Id, Vec<Id>>,
    pub(crate) held: Vec<Id>,
    pub(crate) handled: u64,
    /// The number of objects that it has made.
    pub(crate) made: u32,
    /// Objects that a node wanted to use here and that were not there.
    pub(crate) missed: Vec<Id>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// References for the receiver to hold.
    Take(Vec<Id>),
    /// Asks for the references in an object.
    Read(Id),
    /// Asks to store the second reference in the first object.
    Store(Id, Id),
    /// These objects are garbage. The message holds names and no references.
    Delete(Vec<Id>),
}

impl Word {
    pub(crate) fn references(&self) -> Vec<Id> {
        match self {
            Word::Take(references) => references.clone(),
            Word::Read(object) => vec![*object],
            Word::Store(object, reference) => vec![*object, *reference],
            Word::Delete(_) => Vec::new(),
        }
    }
}

impl Mutator {
    pub(crate) fn new(chance: &mut Chance) -> Mutator {
        let rounds = 3 + chance.below(6) as u32;
        let recorded = Recorded::default();
        Mutator { chance: Chance::new(chance.number()), rounds, recorded }
    }

    fn wait(&mut self, ctx: &mut Context<'_, Word>) {
        if self.rounds > 0 {
            self.rounds -= 1;
            let after = Duration::from_millis(self.chance.below(5) as u64);
            ctx.set_timer(TimerId::new(0), after);
        }
    }

    /// The references that the node can use, and the objects here to which they lead.
    fn in_reach(&self) -> (Vec<Id>, Vec<Id>) {
        let mut references = self.recorded.held.clone();
        let (mut here, mut next) = (BTreeSet::new(), 0);
        while let Some(&reference) = references.get(next) {
            next += 1;
            let inner = self.recorded.objects.get(&reference);
            if let Some(inner) = inner.filter(|_| here.insert(reference)) {
                references.extend(inner);
            }
        }
        (references, here.into_iter().collect())
    }

    fn act(&mut self, ctx: &mut Context<'_, Word>) {
        let (references, here) = self.in_reach();
        if references.is_empty() || self.chance.one_in(4) {
            return self.make(ctx.id(), &references);
        }
        let reference = self.chance.pick(&references);
        let neighbours: Vec<_> = ctx.neighbours().collect();
        match self.chance.below(8) {
            0 | 1 => self.drop_one(),
            2 if !here.is_empty() => {
                let object = self.chance.pick(&here);
                self.store(object, reference);
            }
            3 if !here.is_empty() => {
                let object = self.chance.pick(&here);
                self.recorded.objects.entry(object).or_default().pop();
            }
            4 | 5 => {
                ctx.send(self.chance.pick(&neighbours), Word::Take(vec![reference]));
                self.recorded.held.retain(|held| *held != reference);
            }
            6 => {
                let owner = NodeId::new(reference.0);
                if ctx.link_to(owner).is_some() {
                    let other = self.chance.pick(&references);
                    ctx.send(owner, Word::Store(reference, other));
                }
            }
            _ => {
                let owner = NodeId::new(reference.0);
                if ctx.link_to(owner).is_some() {
                    ctx.send(owner, Word::Read(reference));
                }
            }
        }
    }

    fn make(&mut self, node: NodeId, references: &[Id]) {
        let id = (node.index() as u32, self.recorded.made);
        self.recorded.made += 1;
        let inner = if references.is_empty() || self.chance.one_in(2) {
            Vec::new()
        } else {
            vec![self.chance.pick(references)]
        };
        self.recorded.objects.insert(id, inner);
        self.recorded.held.push(id);
    }

    fn drop_one(&mut self) {
        let held = &mut self.recorded.held;
        if !held.is_empty() {
            held.swap_remove(self.chance.below(held.len()));
        }
    }

    fn store(&mut self, object: Id, reference: Id) {
        match self.recorded.objects.get_mut(&object) {
            Some(inner) => inner.push(reference),
            None => self.recorded.missed.push(object),
        }
    }
}

impl Process for Mutator {
    type State = Recorded;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        self.make(ctx.id(), &[]);
        self.wait(ctx);
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, Word>) {
        self.recorded.handled += 1;
        self.act(ctx);
        self.wait(ctx);
    }

    fn on_message(&mut self, from: Link, word: Word, ctx: &mut Context<'_, Word>) {
        self.recorded.handled += 1;
        match word {
            Word::Take(references) => self.recorded.held.extend(references),
            Word::Store(object, reference) => self.store(object, reference),
            Word::Read(object) => match self.recorded.objects.get(&object) {
                Some(inner) => ctx.send(from.source, Word::Take(inner.clone())),
                None => self.recorded.missed.push(object),
            },
            Word::Delete(objects) => {
                self.recorded.objects.retain(|object, _| !objects.contains(object));
            }
        }
    }

    fn state(&self) -> Recorded {
        self.recorded.clone()
    }
}

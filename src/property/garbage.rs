//! Distributed garbage: objects that no reference leads to, at any node or in any message.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::id::NodeId;
use crate::snapshot::GlobalSnapshot;
use crate::topology::{Link, Topology};

/// Finds the objects that no reference leads to any more, at any node or in any message.
///
/// Every object that was garbage when the snapshot began is found, unless it has been deleted
/// meanwhile. An object that is found is garbage when the snapshot has ended, and in every later
/// state: it can be deleted.
///
/// `objects` is called with each node's state. It adds to the [`Heap`] the objects that are at the
/// node, and the references that the node itself holds. `references` returns the references that a
/// message carries. An object's id is any value that no other object has. The time is linear in
/// nodes, links, messages, objects and references, except that ids are sorted.
///
/// ```
/// use consistent_cut::property::find_garbage;
/// use consistent_cut::simulation::Simulation;
/// use consistent_cut::{Context, Link, NodeId, Process, Topology};
///
/// /// Has made two objects that refer to each other, and sends off its only reference to them.
/// struct Maker(Vec<u32>);
///
/// impl Process for Maker {
///     type State = Vec<u32>;
///     type Message = u32;
///     fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
///         self.0.drain(..).for_each(|reference| ctx.send_on(ctx.out_links()[0], reference));
///     }
///     fn on_message(&mut self, _: Link, _: u32, _: &mut Context<'_, u32>) {} // forgets it
///     fn state(&self) -> Vec<u32> { self.0.clone() }
/// }
///
/// let mut simulation = Simulation::builder(Topology::ring(2)?)
///     .start(|node| Maker(if node.index() == 0 { vec![7] } else { vec![] }))?;
/// let found = |simulation: &Simulation<Maker>| {
///     let state = simulation.global_state().expect("no node has failed");
///     find_garbage(
///         &state,
///         |node, held, heap| {
///             held.iter().for_each(|&reference| heap.root(reference));
///             if node.index() == 0 {
///                 heap.object(7, [8]);
///                 heap.object(8, [7]);
///             }
///         },
///         |_, &reference| [reference],
///     )
/// };
/// assert!(found(&simulation).is_empty(), "the reference is in flight");
/// simulation.run(100);
/// assert_eq!(found(&simulation).objects(), [(7, NodeId::new(0)), (8, NodeId::new(0))]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The model
///
/// 1. A node holds references: [its own](Heap::root), and those in its objects. A message carries
///    references.
/// 2. A handler can use the references that its node holds itself and those that its message
///    carries, and then the references in objects of its node that these lead to, from one to the
///    next. It may copy references that it can use: to its node's own, into objects of its node
///    that it can reach, and into messages. It may drop any.
/// 3. A new object has an id that no object had before.
/// 4. An object is deleted only after it has become garbage. The decision may be made in a handler,
///    or outside the system by the result of a snapshot. A decision from outside passes no link, so
///    the cuts of other snapshots do not take account of it.
/// 5. An injected message carries references only to objects that some node has among its own
///    references and never drops. It is not enough that a path leads to the object when the
///    reference is injected: an injection passes no link either, so the snapshot may show one node
///    after it has dropped the last reference, and another node before the message has come in.
///
/// A failed node has no objects: objects to which only failed nodes refer are garbage. References
/// in messages to a node that has stopped count as held, though the node never receives them.
///
/// # Why garbage is stable
///
/// Let U be the ids that no path of references leads to from a node's own references or from a
/// message. So neither these nor references in objects outside U lead into U. Consider the first
/// event that changes this.
///
/// * The event is not a handler. A handler starts with its node's own references and those of its
///   message, and follows references in objects. No reference that it can use leads into U, so it
///   copies none that does. A new object is not in U (rule 3), and the references in it are such
///   copies.
/// * The event is not an injection. An object to which an injected reference leads is among some
///   node's own references by then (rule 5), so the object is not in U. In the execution that leads
///   through the recorded state, later events of other nodes may come first; that node keeps the
///   reference all the same.
/// * No other event makes references: a message that travels carries what it carried, and a node
///   that stops keeps what it has. Where a node fails or an object is deleted, references go away.
///
/// So there is no such event, no path into U comes to be, and every object of U stays garbage. The
/// proof asks nothing about deletions: whenever and however objects are deleted, and whatever the
/// decision, [`objects`](Garbage::objects) is right.
///
/// The cut is consistent, so a reference that was sent before the cut has either been received
/// before the cut or is in flight at the cut. With cuts that are not consistent, or without the
/// messages in flight, objects in use are called garbage: [the older
/// algorithms](crate::simulation::Algorithm) show it.
///
/// # What if a reference dangles?
///
/// A reference [dangles](Garbage::dangling) in the recorded state if something in use holds it and
/// its object is not there. Under the rules above there are three reasons, and the snapshot alone
/// cannot tell them apart:
///
/// * The object's node has failed.
/// * The object was in use when the snapshot began, or was made since. Then it became garbage and
///   was deleted while the snapshot was under way, by a decision from outside. This happens if
///   *another* snapshot, which ended before this one, has shown the object to be garbage: this
///   snapshot may have recorded the holder before the holder dropped the reference, and the
///   object's node after the deletion. The deletion was right.
/// * The object was made while the snapshot was under way, and a reference to it was injected.
///
/// Proof: let the object's node not have failed. If the object had been garbage when the snapshot
/// began, its id would be in U from then on, also in the recorded state, and no reference in use
/// would lead to it. So the object was in use, or was not yet made. A copy of its reference that
/// has come through links alone comes from the handler that made the object. This handler is before
/// the cut, since the cut is consistent. So the object was made before the cut. As it is not there,
/// it was deleted before its node recorded. If the decision had been made in a handler, its reasons
/// would be before the cut too, as is everything that came to that handler through links. Then the
/// object would be garbage in the recorded state.
///
/// So a dangling reference shows that **an object was deleted too early** (against rule 4) under
/// three conditions. No node has failed. References to new objects are not injected. Each snapshot
/// begins after the snapshots have ended by which objects are deleted: one snapshot after the
/// other. If snapshots overlap, take a new one, and look at it while no object is deleted by the
/// results of others.
#[must_use]
pub fn find_garbage<S, M, O: Ord, R: IntoIterator<Item = O>>(
    snapshot: &GlobalSnapshot<S, M>,
    mut objects: impl FnMut(NodeId, &S, &mut Heap<O>),
    mut references: impl FnMut(Link, &M) -> R,
) -> Garbage<O> {
    let mut heap = Heap::new();
    for (node, state) in snapshot.states() {
        heap.node = node;
        objects(node, state, &mut heap);
    }
    for (link, message) in snapshot.in_flight() {
        heap.roots.extend(references(link, message));
    }
    heap.into_garbage(Arc::clone(snapshot.topology()))
}

/// The input of [`find_garbage`]: the objects at nodes, and the references that lead to them.
#[derive(Clone, Debug)]
pub struct Heap<O> {
    /// The node whose objects are being added.
    node: NodeId,
    objects: Vec<Object<O>>,
    /// The references in all objects.
    references: Vec<O>,
    roots: Vec<O>,
}

#[derive(Clone, Debug)]
struct Object<O> {
    id: O,
    node: NodeId,
    /// The places of the object's references in the heap.
    references: Range<usize>,
}

impl<O> Heap<O> {
    fn new() -> Self {
        let node = NodeId::new(0);
        Heap { node, objects: Vec::new(), references: Vec::new(), roots: Vec::new() }
    }

    /// Adds an object at this node, with these references to other objects, at whichever nodes
    /// those are. Objects with the same id are one object, with the references of all.
    pub fn object(&mut self, id: O, references: impl IntoIterator<Item = O>) {
        let start = self.references.len();
        self.references.extend(references);
        self.objects.push(Object { id, node: self.node, references: start..self.references.len() });
    }

    /// Adds a reference that the node itself holds, at whichever node its object is.
    pub fn root(&mut self, id: O) {
        self.roots.push(id);
    }
}

impl<O: Ord> Heap<O> {
    fn into_garbage(mut self, topology: Arc<Topology>) -> Garbage<O> {
        self.objects.sort_by(|one, other| one.id.cmp(&other.id).then(one.node.cmp(&other.node)));
        let roots = self.references.len()..self.references.len() + self.roots.len();
        self.references.append(&mut self.roots);
        let (names, targets) = resolve(self.references, &self.objects);
        let (is_live, is_dangling) = reach(roots, &targets, &self.objects);

        let live = is_live.iter().filter(|is_live| **is_live).count();
        let dead = self.objects.into_iter().zip(is_live).filter(|(_, is_live)| !is_live);
        let objects = dead.map(|(object, _)| (object.id, object.node)).collect();
        let dangling = names.into_iter().filter(|(_, reference)| is_dangling[*reference]);
        let mut dangling: Vec<_> = dangling.map(|(id, _)| id).collect();
        dangling.dedup();
        Garbage { objects, live, dangling, topology }
    }
}

/// Returns the references sorted by id, each with its number. Also returns for each reference, by
/// number, the place of the first object with its id.
///
/// References are sorted, not looked up one by one: lookups go all over memory, which takes ten
/// times as long.
fn resolve<O: Ord>(
    references: Vec<O>,
    objects: &[Object<O>],
) -> (Vec<(O, usize)>, Vec<Option<usize>>) {
    let mut targets = vec![None; references.len()];
    let mut names: Vec<_> = references.into_iter().zip(0..).collect();
    names.sort_unstable();
    let mut place = 0;
    for (id, reference) in &names {
        while objects.get(place).is_some_and(|object| object.id < *id) {
            place += 1;
        }
        targets[*reference] = objects.get(place).filter(|object| object.id == *id).map(|_| place);
    }
    (names, targets)
}

/// Returns which objects are reached from the roots, by place, and which references lead to no
/// object, by number.
fn reach<O: Eq>(
    roots: Range<usize>,
    targets: &[Option<usize>],
    objects: &[Object<O>],
) -> (Vec<bool>, Vec<bool>) {
    let mut is_live = vec![false; objects.len()];
    let mut is_dangling = vec![false; targets.len()];
    let mut open = vec![roots];
    while let Some(references) = open.pop() {
        for reference in references {
            let Some(first) = targets[reference] else {
                is_dangling[reference] = true;
                continue;
            };
            // Objects with the same id are reached together: if the first is live, they were all
            // here before.
            for (object, is_live) in objects[first..].iter().zip(&mut is_live[first..]) {
                if *is_live || object.id != objects[first].id {
                    break;
                }
                *is_live = true;
                open.push(object.references.clone());
            }
        }
    }
    (is_live, is_dangling)
}

/// The result of [`find_garbage`]: which objects are garbage, and how many are in use.
///
/// `Display` names the first objects that are garbage, with their nodes.
#[derive(Clone, Debug)]
pub struct Garbage<O> {
    objects: Vec<(O, NodeId)>,
    live: usize,
    dangling: Vec<O>,
    topology: Arc<Topology>,
}

impl<O> Garbage<O> {
    /// The objects that are garbage, by id, each with its node.
    #[must_use]
    pub fn objects(&self) -> &[(O, NodeId)] {
        &self.objects
    }

    /// Whether no object is garbage.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// How many objects are in use.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live
    }

    /// The ids of objects that are not there though something in use refers to them, in order.
    ///
    /// An object that was deleted too early is among them. So are the objects of failed nodes, and
    /// objects that were rightly deleted by the result of *another* snapshot that ended while this
    /// one was under way. See [what it means](find_garbage#what-if-a-reference-dangles).
    #[must_use]
    pub fn dangling(&self) -> &[O] {
        &self.dangling
    }
}

/// How many objects a text names.
const NAMED: usize = 10;

impl<O: fmt::Debug> fmt::Display for Garbage<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.objects.len() + self.live;
        write!(f, "{} of {all} objects are garbage", self.objects.len())?;
        for (index, (id, node)) in self.objects.iter().take(NAMED).enumerate() {
            let separator = if index == 0 { ": " } else { ", " };
            write!(f, "{separator}{id:?} at {}", self.topology.describe(*node))?;
        }
        match self.objects.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

//! References that dangle though every deletion was right: the decision came from outside, by the
//! result of another snapshot.

use std::sync::Arc;

use consistent_cut::property::{Garbage, find_garbage};
use consistent_cut::simulation::{AtRandom, Simulation, Step};
use consistent_cut::{
    Context, GlobalSnapshot, Link, LinkId, NodeId, Process, SnapshotId, SnapshotOptions, Topology,
};

use crate::by_hand::{l, n};
use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;

/// Holds a reference to object 7, or has that object.
struct Keeper {
    holds: bool,
    has: bool,
}

#[derive(Clone, Debug)]
enum Order {
    Drop,
    Delete,
}

impl Process for Keeper {
    type State = (bool, bool);
    type Message = Order;

    fn on_message(&mut self, _: Link, order: Order, _: &mut Context<'_, Order>) {
        match order {
            Order::Drop => self.holds = false,
            Order::Delete => self.has = false,
        }
    }

    fn state(&self) -> (bool, bool) {
        (self.holds, self.has)
    }
}

fn look(state: &GlobalSnapshot<(bool, bool), Order>) -> Garbage<u32> {
    find_garbage(
        state,
        |_, &(holds, has), heap| {
            if holds {
                heap.root(7);
            }
            if has {
                heap.object(7, []);
            }
        },
        |_, _| [],
    )
}

/// A line of nodes with links in both directions: the first holds the reference, the last has the
/// object.
struct Line {
    simulation: Simulation<Keeper>,
    last: NodeId,
}

impl Line {
    fn new(nodes: usize) -> Self {
        let last = n(nodes as u32 - 1);
        let links = (1..nodes).flat_map(|node| [(node - 1, node), (node, node - 1)]);
        let topology = Topology::from_links(nodes, links).expect("nodes and links fit");
        let start = |node| Keeper { holds: node == n(0), has: node == last };
        let simulation = Simulation::builder(topology).start(start).expect("nothing is wrong");
        Line { simulation, last }
    }

    /// The node runs the order at once.
    fn tell(&mut self, node: NodeId, order: Order) {
        self.simulation.inject(node, order).expect("the node is up");
        self.simulation.step(Step::Handle(node)).expect("it waits there");
    }

    fn begin(&mut self, node: NodeId) -> SnapshotId {
        let id = self
            .simulation
            .begin_snapshot_with(SnapshotOptions::at([node]))
            .expect("it reaches all");
        self.step(Step::Initiate(node, id));
        id
    }

    fn step(
        &mut self,
        step: Step,
    ) -> Vec<Arc<GlobalSnapshot<<Keeper as Process>::State, <Keeper as Process>::Message>>> {
        self.simulation.step(step).expect("it is possible").to_vec()
    }

    fn deliver(
        &mut self,
        link: LinkId,
    ) -> Vec<Arc<GlobalSnapshot<<Keeper as Process>::State, <Keeper as Process>::Message>>> {
        self.step(Step::Deliver(link))
    }

    fn is_in_use(&self) -> bool {
        self.simulation.process(n(0)).is_some_and(|holder| holder.holds)
    }

    fn is_deleted(&self) -> bool {
        self.simulation.process(self.last).is_some_and(|owner| !owner.has)
    }
}

/// Links 0 and 1 join nodes 0 and 1, and links 2 and 3 join nodes 1 and 2. The first snapshot
/// records the holder before it drops the reference. By the result of the second snapshot the
/// object is garbage, and is deleted. Then the first snapshot records the object's node.
#[test]
fn a_reference_dangles_where_another_snapshot_has_decided_on_the_deletion() {
    let mut line = Line::new(3);
    let first = line.begin(n(0));
    let second = line.begin(n(1));
    line.tell(n(0), Order::Drop);
    line.deliver(l(1)); // node 0 records for the second, behind its marker of the first
    line.deliver(l(2)); // and node 2, before any marker of the first
    assert!(line.deliver(l(3)).is_empty());
    assert!(line.deliver(l(0)).is_empty(), "the first reaches node 1");
    let ended = line.deliver(l(0));
    assert_eq!(ended.iter().map(|ended| ended.id()).collect::<Vec<_>>(), [second]);
    let decision = look(&ended[0]);
    assert_eq!((decision.objects(), decision.dangling()), (&[(7, n(2))][..], &[][..]));

    line.tell(n(2), Order::Delete);
    line.simulation.run(100);
    let ended = line.simulation.snapshots().last().expect("there are two");
    assert_eq!(ended.id(), first);
    assert_eq!((look(ended).objects(), look(ended).dangling()), (&[][..], &[7][..]));
    // No deletion was wrong, and a new snapshot shows that.
    line.begin(n(0));
    line.simulation.run(100);
    let third = look(line.simulation.snapshots().last().expect("there are three"));
    assert_eq!((third.objects(), third.dangling()), (&[][..], &[][..]));
}

/// One random run, with deletions as soon as a snapshot shows that they are right.
struct Run {
    line: Line,
    /// For each snapshot, whether the object was in use when the snapshot began.
    was_in_use: Vec<bool>,
    looked_at: usize,
    dangled: usize,
}

impl Run {
    fn go(seed: u64) -> usize {
        let mut chance = Chance::new(seed);
        let line = Line::new(2 + chance.below(4));
        let mut run = Run { line, was_in_use: Vec::new(), looked_at: 0, dangled: 0 };
        let mut at_random = AtRandom::new(chance.number());
        for _ in 0..40 {
            match chance.below(20) {
                0..=2 => {
                    run.was_in_use.push(run.line.is_in_use());
                    let node = NodeId::new(chance.below(run.line.last.index() + 1) as u32);
                    run.line
                        .simulation
                        .begin_snapshot_with(SnapshotOptions::at([node]))
                        .expect("it reaches all");
                }
                3 => run.line.tell(n(0), Order::Drop),
                _ => drop(run.line.simulation.run_by(&mut at_random, 1)),
            }
            run.look();
        }
        run.dangled
    }

    fn look(&mut self) {
        while let Some(snapshot) = self.line.simulation.snapshots().get(self.looked_at).cloned() {
            self.looked_at += 1;
            let found = look(&snapshot);
            if !found.is_empty() {
                assert!(!self.line.is_in_use(), "it is garbage");
                self.line.tell(self.line.last, Order::Delete);
            }
            if !found.dangling().is_empty() {
                self.dangled += 1;
                let index = snapshot.id().get() as usize - 1;
                assert!(self.was_in_use[index], "{} began after it was garbage", snapshot.id());
                assert!(self.line.is_deleted(), "and it was deleted meanwhile");
            }
        }
        let real = look(&self.line.simulation.global_state().expect("no node has failed"));
        assert!(real.dangling().is_empty(), "no deletion was wrong");
    }
}

#[test]
fn a_reference_dangles_only_where_its_object_was_in_use_when_the_snapshot_began() {
    let mut dangled = 0;
    let all = for_each_seed(0..scaled(500), |seed| dangled += Run::go(seed));
    assert!(!all || dangled > 0, "no reference ever dangled");
}

//! A random run of a world: the topology, the traffic, the snapshots and the order of all steps are drawn from a seed.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::{LinkId, NodeId, SnapshotId, Topology};

use crate::chance::Chance;
use crate::sights::Sight;
use crate::teller::{Character, Task};
use crate::world::World;

/// What is drawn before the world is built.
pub(crate) struct Plan {
    pub(crate) topology: Arc<Topology>,
    pub(crate) character: Character,
    chance: Chance,
}

impl Plan {
    pub(crate) fn draw(seed: u64) -> Plan {
        let mut chance = Chance::new(seed);
        let topology = Arc::new(draw_topology(&mut chance));
        let character = Character {
            temper: chance.number(),
            opening: chance.below(5) as u8,
            ..Character::default()
        };
        Plan { topology, character, chance }
    }

    /// Runs a world of this topology, whose nodes have not started, until nothing is left to do.
    pub(crate) fn run(self, world: &mut World) -> BTreeSet<Sight> {
        let mut run = Run::draw(world, self.chance);
        while run.step() {}
        run.world.settle();
        run.sights.extend(Sight::of(run.world));
        run.sights
    }
}

/// Half of them strongly connected; the others have whatever links come, also several in parallel and from a
/// node to itself.
fn draw_topology(chance: &mut Chance) -> Topology {
    let topology = if chance.one_in(2) {
        let (nodes, extra) = (1 + chance.below(6), chance.below(7));
        Topology::random_strongly_connected(nodes, extra, chance.number())
    } else {
        let nodes = 1 + chance.below(5);
        let links: Vec<_> =
            (0..chance.below(9)).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
        Topology::from_links(nodes, links)
    };
    topology.expect("nodes and links fit")
}

/// The kinds of step, as indices of the weights.
#[derive(Clone, Copy)]
enum Step {
    Start,
    Deliver,
    Process,
    Announce,
    Ask,
    Inject,
    Report,
    Abandon,
    AbandonAtNode,
    Hop,
}

const STEPS: [Step; 10] = [
    Step::Start,
    Step::Deliver,
    Step::Process,
    Step::Announce,
    Step::Ask,
    Step::Inject,
    Step::Report,
    Step::Abandon,
    Step::AbandonAtNode,
    Step::Hop,
];

struct Run<'a> {
    world: &'a mut World,
    chance: Chance,
    /// How eager each kind of step is.
    bias: [usize; 10],
    /// How fast each link is; slow ones starve.
    speed: Vec<usize>,
    unstarted: Vec<NodeId>,
    /// Ids of snapshots still to begin.
    ids: Vec<SnapshotId>,
    asks: Vec<(SnapshotId, NodeId)>,
    injections: usize,
    /// Whether injected tasks may stop their node.
    stopping: bool,
    abandonments: usize,
    untold: Vec<(SnapshotId, NodeId)>,
    sights: BTreeSet<Sight>,
}

impl<'a> Run<'a> {
    fn draw(world: &'a mut World, mut chance: Chance) -> Self {
        let mut unstarted: Vec<_> = world.topology.nodes().collect();
        chance.shuffle(&mut unstarted);
        world.hold_reports = chance.one_in(2);
        let mut bias = STEPS.map(|_| chance.pick(&[1, 3, 10]));
        bias[Step::Start as usize] = chance.pick(&[3, 1000]);
        bias[Step::Abandon as usize] = 1;
        Run {
            speed: world.topology.links().iter().map(|_| chance.pick(&[1, 10, 10])).collect(),
            unstarted,
            ids: draw_ids(&mut chance),
            asks: Vec::new(),
            injections: chance.below(9),
            stopping: chance.one_in(3),
            abandonments: usize::from(chance.one_in(4)),
            untold: Vec::new(),
            sights: BTreeSet::new(),
            world,
            bias,
            chance,
        }
    }

    /// Takes one of the steps that are possible; false if none is.
    fn step(&mut self) -> bool {
        let ready = self.links_ready();
        let weights =
            STEPS.map(|step| self.choices(step, &ready).min(1) * self.bias[step as usize]);
        let Some(drawn) = self.chance.weighted(&weights) else { return false };
        let choice = self.chance.below(self.choices(STEPS[drawn], &ready));
        match STEPS[drawn] {
            Step::Start => self.world.start(self.unstarted.swap_remove(choice)),
            Step::Deliver => self.on_some_link(&ready, |world, link| _ = world.deliver(link)),
            Step::Hop => self.on_some_link(&ready, World::hop),
            Step::Process => self.process(choice),
            Step::Announce => self.announce(),
            Step::Ask => self.ask(choice),
            Step::Inject => self.inject(),
            Step::Report => self.world.bring_report(choice),
            Step::Abandon => self.abandon(choice),
            Step::AbandonAtNode => {
                let (id, node) = self.untold.swap_remove(choice);
                self.world.abandon_at(id, node);
            }
        }
        true
    }

    /// How many steps of this kind are possible.
    fn choices(&self, step: Step, ready: &[usize]) -> usize {
        let only_started = |count| if self.unstarted.is_empty() { count } else { 0 };
        match step {
            Step::Start => self.unstarted.len(),
            Step::Deliver | Step::Hop => ready.iter().filter(|&&speed| speed > 0).count(),
            Step::Process => {
                self.world.topology.nodes().filter(|&n| self.world.can_process(n)).count()
            }
            Step::Announce => self.ids.len(),
            Step::Ask => self.asks.iter().filter(|(_, node)| self.has_started(*node)).count(),
            Step::Inject => only_started(self.injections),
            Step::Report => self.world.reports.len(),
            Step::Abandon if self.abandonments > 0 => self.world.collector.live().len(),
            Step::Abandon => 0,
            Step::AbandonAtNode => only_started(self.untold.len()),
        }
    }

    fn has_started(&self, node: NodeId) -> bool {
        !self.unstarted.contains(&node)
    }

    /// Of each link, its speed if it can deliver and zero if not.
    fn links_ready(&self) -> Vec<usize> {
        let ready = |id| self.world.on_link(id) > 0;
        let links = self.world.topology.links().iter().zip(&self.speed);
        links
            .map(
                |(link, &speed)| {
                    if ready(link.id) && self.has_started(link.target) { speed } else { 0 }
                },
            )
            .collect()
    }

    fn on_some_link(&mut self, ready: &[usize], call: impl FnOnce(&mut World, LinkId)) {
        if let Some(link) = self.chance.weighted(ready) {
            call(self.world, LinkId::new(link as u32));
        }
    }

    fn process(&mut self, choice: usize) {
        let mut able = self.world.topology.nodes().filter(|&node| self.world.can_process(node));
        if let Some(node) = able.nth(choice) {
            self.world.process(node);
        }
    }

    /// Begins a snapshot at the node that asked for one, or at some nodes, and whoever else is needed.
    fn announce(&mut self) {
        let id = self.ids.pop().expect("an id is left");
        let count = self.world.topology.node_count();
        let wanted = match self.world.requests.pop() {
            Some(node) => vec![node],
            None if self.chance.one_in(8) => self.world.topology.nodes().collect(),
            None => (0..self.chance.below(3))
                .map(|_| NodeId::new(self.chance.below(count) as u32))
                .collect(),
        };
        let initiators = self.world.topology.cover_with(&wanted);
        if self.world.collector.live().len() > 0 {
            self.sights.insert(Sight::Overlap);
        }
        self.world.announce(id, &initiators).expect("the initiators cover, and the id is new");
        self.asks.extend(initiators.into_iter().map(|node| (id, node)));
    }

    fn ask(&mut self, choice: usize) {
        let mut askable = (0..self.asks.len()).filter(|&ask| self.has_started(self.asks[ask].1));
        let ask = askable.nth(choice).expect("one that was counted");
        let (id, node) = self.asks.swap_remove(ask);
        if self.world.has_recorded(id, node) {
            self.sights.insert(Sight::ReachedBeforeAsked);
        }
        self.world.ask(id, node);
    }

    fn inject(&mut self) {
        self.injections -= 1;
        let node = NodeId::new(self.chance.below(self.world.topology.node_count()) as u32);
        let links: Vec<_> = self.world.topology.out_links(node).iter().map(|l| l.id).collect();
        let mut tasks = Vec::new();
        for _ in 0..self.chance.below(4) {
            tasks.push(match self.chance.below(4) {
                0 => Task::Request,
                1 if self.stopping => Task::Stop,
                _ if links.is_empty() => continue,
                _ => Task::Send(self.chance.pick(&links), 2),
            });
        }
        self.world.inject(node, &tasks);
    }

    fn abandon(&mut self, choice: usize) {
        self.abandonments -= 1;
        let id = self.world.collector.live().nth(choice).expect("a live snapshot");
        self.world.abandon(id).expect("it is live");
        self.sights.insert(Sight::Abandoned);
        self.untold.extend(self.world.topology.nodes().map(|node| (id, node)));
    }
}

/// One to five ids: counted from zero, counted down, or scattered up to the largest there is.
fn draw_ids(chance: &mut Chance) -> Vec<SnapshotId> {
    let count = 1 + chance.below(5) as u64;
    let kind = chance.below(3);
    // Five steps of this size stay above zero.
    let distance = 1 + (chance.number() >> 3);
    let number = |i: u64| match kind {
        0 => count - 1 - i,
        1 => i,
        _ => u64::MAX - i * distance,
    };
    (0..count).map(number).map(SnapshotId::new).collect()
}

//! A random run of a world. The traffic, the snapshots, the failures and the order of all steps are
//! drawn from a seed.

use std::collections::BTreeSet;

use consistent_cut::{LinkId, NodeId, SnapshotId};

use crate::chance::Chance;
use crate::sights::Sight;
use crate::teller::Task;
use crate::world::World;

/// The id of the snapshot at the end of a run.
const LAST_ID: SnapshotId = SnapshotId::new(77);

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
    Acknowledge,
    Return,
    Fire,
    Stop,
    Fail,
    Exclude,
}

const STEPS: [Step; 16] = [
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
    Step::Acknowledge,
    Step::Return,
    Step::Fire,
    Step::Stop,
    Step::Fail,
    Step::Exclude,
];

pub(crate) struct Run<'a> {
    world: &'a mut World,
    chance: &'a mut Chance,
    /// The weight of each kind of step.
    bias: [usize; 16],
    /// The speed of each link. Slow links starve.
    speed: Vec<usize>,
    unstarted: Vec<NodeId>,
    /// Ids of snapshots still to begin.
    ids: Vec<SnapshotId>,
    asks: Vec<(SnapshotId, NodeId)>,
    injections: usize,
    /// Whether injected tasks may stop their node.
    stopping: bool,
    abandonments: usize,
    /// Nodes still to be stopped from outside, and to fail.
    stops: usize,
    failures: usize,
    /// Nodes of whose failure the collector does not know.
    failed: Vec<NodeId>,
    untold: Vec<(SnapshotId, NodeId)>,
    sights: BTreeSet<Sight>,
}

impl<'a> Run<'a> {
    pub(crate) fn draw(
        world: &'a mut World,
        chance: &'a mut Chance,
        mut unstarted: Vec<NodeId>,
    ) -> Self {
        chance.shuffle(&mut unstarted);
        world.hold_reports = chance.one_in(2);
        world.hold_acknowledgements = chance.one_in(2);
        let mut bias = STEPS.map(|_| chance.pick(&[1, 3, 10]));
        bias[Step::Start as usize] = chance.pick(&[3, 1000]);
        for rare in [Step::Abandon, Step::Stop, Step::Fail] {
            bias[rare as usize] = 1;
        }
        Run {
            speed: world.topology.links().iter().map(|_| chance.pick(&[1, 10, 10])).collect(),
            unstarted,
            ids: draw_ids(chance),
            asks: Vec::new(),
            injections: chance.below(9),
            stopping: chance.one_in(3),
            abandonments: usize::from(chance.one_in(4)),
            stops: usize::from(chance.one_in(5)),
            failures: chance.pick(&[0, 0, 0, 0, 1, 2]),
            failed: Vec::new(),
            untold: Vec::new(),
            sights: BTreeSet::new(),
            world,
            bias,
            chance,
        }
    }

    /// Runs until nothing is left to do, takes one more snapshot of the world at rest, and returns
    /// the sights.
    pub(crate) fn finish(mut self) -> BTreeSet<Sight> {
        while self.step() {}
        self.world.settle();
        if self.has_nodes() {
            self.ids.push(LAST_ID);
            self.announce();
            for (id, node) in std::mem::take(&mut self.asks) {
                self.world.ask(id, node);
            }
            self.world.settle();
            let completed = self.world.snapshots.last().is_some_and(|s| s.id() == LAST_ID);
            if completed && self.world.is_deadlocked() {
                self.sights.insert(Sight::Deadlock);
            }
        }
        self.sights.extend(Sight::of(self.world));
        self.sights
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
            Step::Acknowledge => {
                let link = self.world.unacknowledged().nth(choice);
                self.world.acknowledge(link.expect("one that was counted"));
            }
            Step::Return => {
                let link = self.returns().nth(choice);
                self.world.bring_back(link.expect("one that was counted"));
            }
            Step::Fire => {
                let mut able = self.world.topology.nodes().filter(|&n| self.world.can_fire(n));
                let node = able.nth(choice).expect("one that was counted");
                self.world.fire(node);
            }
            Step::Stop => self.stop(choice),
            Step::Fail => self.fail(choice),
            Step::Exclude => {
                let node = self.failed.swap_remove(choice);
                let lost = self.world.node_failed(node);
                lost.into_iter().for_each(|id| self.give_up(id));
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
            Step::Announce if self.has_nodes() => self.ids.len(),
            Step::Announce => 0,
            Step::Ask => self.asks.iter().filter(|(_, node)| self.has_started(*node)).count(),
            Step::Inject => only_started(self.injections),
            Step::Report => self.world.reports.len(),
            Step::Abandon if self.abandonments > 0 => self.world.collector.live().len(),
            Step::Abandon => 0,
            Step::AbandonAtNode => only_started(self.untold.len()),
            Step::Acknowledge => self.world.unacknowledged().count(),
            Step::Return => self.returns().count(),
            Step::Fire => self.world.topology.nodes().filter(|&n| self.world.can_fire(n)).count(),
            Step::Stop => only_started(self.stops.min(1) * self.alive().count()),
            Step::Fail => only_started(self.failures.min(1) * self.alive().count()),
            Step::Exclude => self.failed.len(),
        }
    }

    /// Links on which markers go back to nodes that have started.
    fn returns(&self) -> impl Iterator<Item = LinkId> {
        let links = self.world.topology.links();
        self.world.backs().filter(|link| self.has_started(links[link.index()].source))
    }

    fn alive(&self) -> impl Iterator<Item = NodeId> {
        self.world.topology.nodes().filter(|&node| !self.world.has_failed(node))
    }

    /// Whether some node has not failed.
    fn has_nodes(&self) -> bool {
        self.world.collector.failures().len() < self.world.topology.node_count()
    }

    fn has_started(&self, node: NodeId) -> bool {
        !self.unstarted.contains(&node)
    }

    /// The speed of each link, or zero if it cannot deliver.
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

    /// Begins a snapshot at the node that asked for one, or at some nodes, and at the other nodes
    /// that are needed.
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
        let covering = self.world.collector.cover_with(&wanted);
        if self.world.collector.live().len() > 0 {
            self.sights.insert(Sight::Overlap);
        }
        // Where markers go back, fewer initiators may be enough.
        let initiators = if self.world.announce(id, &wanted).is_ok() {
            if covering.len() > wanted.len() {
                self.sights.insert(Sight::CoveredBackwards);
            }
            wanted
        } else {
            self.world.announce(id, &covering).expect("the initiators cover, and the id is new");
            covering
        };
        let able = initiators.into_iter().filter(|&node| !self.world.has_failed(node));
        self.asks.extend(able.map(|node| (id, node)));
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
        let timer = self.chance.below(3) as u64;
        for _ in 0..self.chance.below(4) {
            tasks.push(match self.chance.below(6) {
                4 => Task::SetTimer(timer, self.chance.below(50) as u64),
                5 => Task::CancelTimer(timer),
                0 => Task::Request,
                1 if self.stopping => Task::Stop,
                _ if links.is_empty() => continue,
                _ => Task::Send(self.chance.pick(&links), 2),
            });
        }
        self.world.inject(node, &tasks);
    }

    fn stop(&mut self, choice: usize) {
        self.stops -= 1;
        let node = self.alive().nth(choice).expect("one that was counted");
        if !self.world.nodes[node.index()].is_stopped() && !self.ids.is_empty() {
            self.sights.insert(Sight::StoppedFromOutside);
        }
        self.world.stop(node);
    }

    fn fail(&mut self, choice: usize) {
        self.failures -= 1;
        let node = self.alive().nth(choice).expect("one that was counted");
        self.world.fail(node);
        self.asks.retain(|(_, asked)| *asked != node);
        self.failed.push(node);
    }

    fn abandon(&mut self, choice: usize) {
        self.abandonments -= 1;
        let id = self.world.collector.live().nth(choice).expect("a live snapshot");
        self.world.abandon(id).expect("it is live");
        self.give_up(id);
    }

    /// Tells the nodes, sooner or later, that a snapshot is over.
    fn give_up(&mut self, id: SnapshotId) {
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

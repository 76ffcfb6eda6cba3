//! The drawn parts of a random run: topology, capacities and tempers. Also the lives of its world.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::Topology;

use crate::chance::Chance;
use crate::random_run::Run;
use crate::sights::Sight;
use crate::teller::Character;
use crate::world::World;

/// The parts that are drawn before the world is built.
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
            timers: chance.one_in(2),
            greets: chance.one_in(2),
            ..Character::default()
        };
        Plan { topology, character, chance }
    }

    /// Runs a world of this topology, whose nodes have not started, until nothing is left to do.
    /// Now and then a second world goes on from a snapshot of the first.
    pub(crate) fn run(mut self, build: impl Fn(&Plan) -> World) -> Lives {
        let mut first = build(&self);
        draw_capacities(&mut first, &mut self.chance);
        let unstarted = first.topology.nodes().collect();
        let mut sights = Run::draw(&mut first, &mut self.chance, unstarted).finish();
        let whole: Vec<_> = first.snapshots.iter().filter(|s| s.failures().is_empty()).collect();
        if whole.is_empty() || !self.chance.one_in(3) || !first.violations().is_empty() {
            return Lives { worlds: vec![first], sights };
        }
        let mut second = build(&self);
        draw_capacities(&mut second, &mut self.chance);
        second.go_on_from(&first, whole[self.chance.below(whole.len())]);
        sights.extend(Run::draw(&mut second, &mut self.chance, Vec::new()).finish());
        Lives { worlds: vec![first, second], sights }
    }
}

/// One world, or two. The second went on from a snapshot of the first.
pub(crate) struct Lives {
    pub(crate) worlds: Vec<World>,
    pub(crate) sights: BTreeSet<Sight>,
}

impl Lives {
    pub(crate) fn assert_sound(&self) {
        self.worlds.iter().for_each(World::assert_sound);
    }

    /// All facts about the worlds, except those that only the nodes know.
    pub(crate) fn text(&self) -> String {
        let text = |w: &World| format!("{:?} {:?} {:?}", w.events, w.log, w.snapshots);
        self.worlds.iter().map(text).collect()
    }
}

/// In half of the worlds some links have room for one to five messages.
fn draw_capacities(world: &mut World, chance: &mut Chance) {
    if chance.one_in(2) {
        return;
    }
    let odds = chance.pick(&[1, 2, 4]);
    for link in world.topology.clone().links() {
        if chance.one_in(odds) {
            world.set_capacity(link.id, 1 + chance.below(5) as u64);
        }
    }
}

/// Half of the topologies are strongly connected. The others have random links, also parallel links
/// and links from a node to itself.
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

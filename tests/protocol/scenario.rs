//! One short script in virtual time that tells most wrong algorithms from the right one.
//!
//! Three nodes hold 20 tokens each. An envelope put on a link at tick t may be delivered from tick
//! t + 1 + d on, with d drawn from 0 to 4, and never before the one ahead of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::{LinkId, MarkerPolicy, NodeId, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::fault::Fault;
use crate::sights::Sight;
use crate::teller::{Character, Sharing, Task};
use crate::world::{Snapshot, World};

const TRIANGLE: &str = "N1 <-> N2 \n N1 <-> N10 \n N2 <-> N10";

const SCRIPT: &str = "snapshot N1; send N10 N2 1; tick; send N10 N2 1; send N10 N1 2; send N1 N10 2; \
    send N2 N1 2; tick; snapshot N1; send N2 N1 2; tick; tick; send N10 N1 1";

const CHARACTER: Character = Character {
    balance: 20,
    temper: 0,
    opening: 0,
    timers: false,
    greets: false,
    sharing: Sharing::Nothing,
};

/// At an effort of 1.
const SEEDS: u64 = 1_000;

/// The number of seeds for each wrong algorithm, at an effort of 1.
const SEEDS_TO_CATCH: u64 = 20;

#[test]
fn every_choice_of_delays_is_consistent_when_markers_overtake() {
    check_delays(MarkerPolicy::Overtaking);
}

#[test]
fn every_choice_of_delays_is_consistent_when_markers_wait_their_turn() {
    check_delays(MarkerPolicy::InOrder);
}

fn check_delays(policy: MarkerPolicy) {
    let topology = triangle();
    let mut seen = BTreeSet::new();
    let all = for_each_seed(0..scaled(SEEDS), |seed| {
        let mut world = World::cores(&topology, policy, CHARACTER);
        play(&mut world, seed);
        world.assert_sound();
        assert_eq!(world.snapshots.len(), 2);
        // Both snapshots follow the same links from the same node, so the first stays ahead of the
        // second.
        assert!(world.snapshots.is_sorted_by_key(Snapshot::id));
        seen.extend(Sight::of(&world));
        if world.snapshots[0].timings().ended() > world.snapshots[1].timings().began() {
            seen.insert(Sight::Overlap);
        }
    });
    let expected = [Sight::InFlight, Sight::Overlap, Sight::NeverOccurred];
    assert!(!all || seen.is_superset(&expected.into()), "seen only {seen:?}");
}

#[test]
fn the_script_catches_all_wrong_algorithms_of_the_paper() {
    let topology = triangle();
    let mut missed = Vec::new();
    for_each_seed(0..scaled(SEEDS_TO_CATCH), |seed| {
        let mut world = Fault::None.world(&topology, CHARACTER);
        play(&mut world, seed);
        world.assert_sound();
    });
    for fault in Fault::ALL.into_iter().filter(|f| !Fault::BEYOND_THE_PAPER.contains(f)) {
        let mut caught = 0;
        for_each_seed(0..scaled(SEEDS_TO_CATCH), |seed| {
            let mut world = fault.world(&topology, CHARACTER);
            play(&mut world, seed);
            caught += u32::from(!world.violations().is_empty());
        });
        eprintln!("{caught} choices of delays catch {fault:?}");
        if caught == 0 {
            missed.push(fault);
        }
    }
    assert_eq!(missed, []);
}

fn triangle() -> Arc<Topology> {
    Arc::new(TRIANGLE.parse().expect("an edge list"))
}

/// Plays the script. In half of the runs nodes process messages at once, in the others now and
/// then.
fn play(world: &mut World, seed: u64) {
    let mut chance = Chance::new(seed);
    world.delays = Some(Chance::new(chance.number()));
    let eager = chance.one_in(2);
    world.start_all();
    let mut id = 0;
    for command in SCRIPT.split("; ") {
        match *command.split(' ').collect::<Vec<_>>() {
            ["snapshot", node] => {
                id += 1;
                let node = named(world, node);
                world.begin(id, &[node]);
            }
            ["send", from, to, tokens] => {
                let (from, to) = (named(world, from), named(world, to));
                let link = world.topology.link_between(from, to).expect("every pair is linked").id;
                world.tell(from, &[Task::Send(link, tokens.parse().expect("a number"))]);
            }
            ["tick"] => tick(world, &mut chance, eager),
            _ => panic!("no command: {command}"),
        }
    }
    while (0..6).any(|link| world.on_link(LinkId::new(link)) > 0) {
        tick(world, &mut chance, eager);
    }
    world.settle();
}

fn tick(world: &mut World, chance: &mut Chance, eager: bool) {
    world.tick();
    let mut links: Vec<_> = world.topology.links().iter().map(|link| link.id).collect();
    chance.shuffle(&mut links);
    for link in links {
        while world.is_due(link) {
            world.deliver(link);
        }
    }
    let nodes: Vec<_> = world.topology.nodes().filter(|_| eager || chance.one_in(3)).collect();
    nodes.into_iter().for_each(|node| world.process_all(node));
}

fn named(world: &World, name: &str) -> NodeId {
    world.topology.node_named(name).expect("a node of the triangle")
}

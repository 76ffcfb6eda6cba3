//! Tests of the queues of a worker.

use super::*;
use crate::chance::Chance;
use crate::id::LinkId;

const NODES: u32 = 1000;

fn message(message: u64) -> Item<u64> {
    Item::Message { link: LinkId::new(0), message }
}

fn number(item: &Item<u64>) -> u64 {
    match item {
        Item::Message { message, .. } => *message,
        other => panic!("{other:?}"),
    }
}

/// Items come at random, also while the worker is in a region. Each is handed out once, those of a
/// node in their order, and neither a region with work nor a node with mail is ever forgotten.
#[test]
fn each_item_comes_once_and_those_of_a_node_in_their_order() {
    for seed in 0..20 {
        let mut chance = Chance::new(seed);
        let mut regions = Regions::new(NODES);
        let (mut sent, mut had) = (vec![0_u64; NODES as usize], vec![0_u64; NODES as usize]);
        // Few nodes get many items, or many nodes get few.
        let (mut left, nodes) = (30_000, [NODES, 5][seed as usize % 2] as usize);
        loop {
            for _ in 0..chance.below(40).min(left) {
                left -= 1;
                let at = chance.below(nodes);
                sent[at] += 1;
                regions.put(at as u32, message(sent[at]));
            }
            let Some(region) = regions.enter() else {
                if left == 0 {
                    break;
                }
                continue;
            };
            for _ in 0..chance.below(6) {
                let Some(at) = regions.next_node(region) else { break };
                assert_eq!(at >> REGION_BITS, region);
                for _ in 0..chance.below(30) {
                    let first = regions.first_item(at).map(|item| number(item));
                    let taken = regions.take_item(at);
                    assert_eq!(taken.as_ref().map(number), first);
                    let Some(taken) = first else { break };
                    had[at as usize] += 1;
                    assert_eq!(taken, had[at as usize], "at {at}, seed {seed}");
                }
                // A handler sends to a node of the same region.
                if chance.below(3) == 0 && left > 0 {
                    left -= 1;
                    let to = region << REGION_BITS;
                    sent[to as usize] += 1;
                    regions.put(to, message(sent[to as usize]));
                }
                if regions.has_mail(at) {
                    regions.list(at);
                }
            }
            regions.leave(region);
        }
        assert!(regions.is_empty());
        assert_eq!(had, sent, "seed {seed}");
        assert!((0..NODES).all(|at| !regions.has_mail(at)));
    }
}

/// A region that always has more to do stands behind the others each time.
#[test]
fn no_region_waits_for_more_than_one_stay_in_each_other() {
    let mut regions = Regions::new(NODES);
    let count = regions.regions.len() as u32;
    (0..count).for_each(|region| regions.put(region << REGION_BITS, message(0)));
    for round in 0..3 {
        for expected in 0..count {
            let region = regions.enter().expect("all have work");
            assert_eq!(region, expected, "in round {round}");
            let at = regions.next_node(region).expect("one has mail");
            assert!(regions.take_item(at).is_some());
            regions.put(at, message(0));
            regions.leave(region);
        }
    }
}

/// A node that always has more mail is visited once in a round, as the others are.
#[test]
fn no_node_waits_for_more_than_one_visit_to_each_other() {
    let mut regions = Regions::new(NODES);
    let nodes = [3, 7, 200];
    for at in [nodes, nodes].concat() {
        regions.put(at, message(0));
    }
    for _ in 0..3 {
        for expected in nodes {
            assert_eq!(regions.next_positions(0, 1).next(), Some(expected));
            assert_eq!(regions.next_node(0), Some(expected), "it is listed once");
            regions.put(expected, message(0));
        }
    }
}

#[test]
fn a_command_for_all_reaches_each_position_once() {
    for nodes in [0, 1, 255, 256, 257, NODES] {
        let mut regions: Regions<u64> = Regions::new(nodes);
        regions.command_all(|| message(1));
        let mut reached = Vec::new();
        while let Some(region) = regions.enter() {
            while let Some(Visit { at, .. }) = regions.next_command(region) {
                reached.extend(regions.rest_from(at));
            }
            regions.leave(region);
        }
        assert!(reached.into_iter().eq(0..nodes), "{nodes} nodes");
    }
}

#[test]
fn the_memory_of_a_burst_is_given_back() {
    let mut regions = Regions::new(1);
    for round in 0..3 {
        assert_eq!(regions.enter(), None);
        (0..100_000).for_each(|number| regions.put(0, message(number)));
        assert_eq!(regions.enter(), Some(0));
        assert_eq!(regions.next_node(0), Some(0));
        while regions.take_item(0).is_some() {}
        regions.leave(0);
        assert_eq!(regions.regions[0].mail.memory(), 0, "in round {round}");
    }
}

/// A region that is never empty uses the memory of items that were taken.
#[test]
fn items_that_come_and_go_need_no_more_memory() {
    let mut regions = Regions::new(1);
    (0..10).for_each(|number| regions.put(0, message(number)));
    for number in 10..100_000 {
        assert_eq!(regions.take_item(0).as_ref().map(self::number), Some(number - 10));
        regions.put(0, message(number));
    }
    assert!(regions.regions[0].mail.memory() < 3000);
}

#[test]
fn all_items_are_taken_out_at_the_end() {
    let mut regions = Regions::new(NODES);
    regions.command(900, message(0));
    for at in [3, 900, 4, 300] {
        regions.put(at, message(u64::from(at)));
    }
    let taken: Vec<_> = regions.clear().map(|item| number(&item)).collect();
    assert_eq!(taken, [0, 3, 4, 300, 900]);
    assert!(regions.is_empty() && regions.enter().is_none());
    regions.put(900, message(1));
    assert_eq!(regions.enter(), Some(900 >> REGION_BITS));
    assert_eq!(regions.next_node(900 >> REGION_BITS), Some(900));
}

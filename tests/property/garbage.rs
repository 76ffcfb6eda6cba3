//! Distributed garbage, case by case.

use consistent_cut::Topology;
use consistent_cut::property::{Garbage, find_garbage};

use crate::by_hand::{ByHand, n};

/// The references that a node holds, and its objects with theirs.
type Node = (Vec<u32>, Vec<(u32, Vec<u32>)>);

fn node(held: &[u32], objects: &[(u32, &[u32])]) -> Node {
    (held.to_vec(), objects.iter().map(|(id, inner)| (*id, inner.to_vec())).collect())
}

fn ring<const N: usize>(nodes: [Node; N]) -> ByHand<Node, u32> {
    ByHand::new(Topology::ring(N).expect("a few nodes"), nodes)
}

fn find(state: &ByHand<Node, u32>) -> Garbage<u32> {
    find_garbage(
        &state.record(),
        |_, (held, objects), heap| {
            held.iter().for_each(|&reference| heap.root(reference));
            for (id, references) in objects {
                heap.object(*id, references.iter().copied());
            }
        },
        |_, &reference| [reference],
    )
}

fn ids(state: &ByHand<Node, u32>) -> Vec<u32> {
    find(state).objects().iter().map(|(id, _)| *id).collect()
}

#[test]
fn what_a_node_holds_is_in_use_wherever_it_is() {
    let state = ring([node(&[2], &[(1, &[])]), node(&[], &[(2, &[3])]), node(&[], &[(3, &[])])]);
    let found = find(&state);
    assert_eq!((found.objects(), found.live()), (&[(1, n(0))][..], 2));
    assert_eq!(found.to_string(), "1 of 3 objects are garbage: 1 at node 0");
    assert!(!found.is_empty());
}

#[test]
fn a_cycle_across_nodes_is_garbage_when_nothing_leads_there() {
    let cycle =
        [node(&[], &[(1, &[2])]), node(&[], &[(2, &[3])]), node(&[], &[(3, &[1, 9]), (9, &[])])];
    assert_eq!(find(&ring(cycle.clone())).objects(), [(1, n(0)), (2, n(1)), (3, n(2)), (9, n(2))]);
    let mut held = cycle;
    held[0].0.push(3);
    assert!(find(&ring(held)).is_empty());
}

#[test]
fn what_a_message_carries_is_in_use() {
    let state = ring([node(&[], &[(1, &[2])]), node(&[], &[(2, &[])])]);
    assert_eq!(ids(&state), [1, 2]);
    assert_eq!(ids(&state.clone().in_flight(1, [2])), [1]);
    assert_eq!(ids(&state.clone().in_flight(0, [1, 1])), [0; 0]);
    assert_eq!(ids(&state.injected(1, [1])), [0; 0], "from outside too");
}

#[test]
fn references_that_lead_nowhere_are_told() {
    let state = ring([node(&[7, 1], &[(1, &[8, 7]), (2, &[9])]), node(&[], &[(3, &[])])]);
    let found = find(&state.clone().in_flight(0, [5]));
    assert_eq!(found.dangling(), [5, 7, 8], "9 is referred to by garbage alone");
    assert_eq!(ids(&state), [2, 3]);
}

#[test]
fn a_node_that_is_down_has_neither_objects_nor_references() {
    let state = ring([node(&[3], &[(1, &[2])]), node(&[1], &[(2, &[])]), node(&[], &[(3, &[])])]);
    assert_eq!(ids(&state), [0; 0]);
    let found = find(&state.clone().failed(0));
    assert_eq!((found.objects(), found.dangling()), (&[(2, n(1)), (3, n(2))][..], &[1][..]));
    assert_eq!(ids(&state.stopped(0)), [0; 0], "one that has stopped has");
}

/// A wrong cut may show this.
#[test]
fn an_object_told_of_twice_is_one() {
    let twice = |held: &[u32]| {
        ring([node(held, &[(1, &[2])]), node(&[], &[(1, &[3]), (2, &[]), (3, &[])])])
    };
    assert!(find(&twice(&[1])).is_empty());
    assert_eq!(ids(&twice(&[2])), [1, 1, 3]);
}

#[test]
fn only_the_first_are_named() {
    let objects: Vec<_> = (0..12).map(|id| (id, &[][..])).collect();
    let text = find(&ring([node(&[], &objects)])).to_string();
    assert!(text.starts_with("12 of 12 objects are garbage: 0 at node 0, 1 at node 0, "), "{text}");
    assert!(text.ends_with("9 at node 0 and 2 more"), "{text}");
    assert_eq!(find(&ring([node(&[], &[])])).to_string(), "0 of 0 objects are garbage");
}

/// Recursion would overflow the stack.
#[test]
fn a_list_of_a_million_objects_is_followed_to_its_end() {
    let last = 1_000_000;
    let objects: Vec<_> = (0..=last).map(|id| (id, vec![id + 1])).collect();
    let found = find(&ring([(vec![5], objects)]));
    assert_eq!(
        (found.objects().len(), found.live(), found.dangling()),
        (5, 999_996, &[last + 1][..])
    );
}

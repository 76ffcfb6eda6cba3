//! Topologies come back the same, in both formats, with their names.

use consistent_cut::Topology;
use serde_json::json;

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::formats::{copies, refusal};
use crate::systems;

/// At an effort of 1.
const DRAWS: u64 = 400;

#[track_caller]
fn assert_comes_back(topology: &Topology) {
    for copy in copies(topology) {
        assert!(copy == *topology, "{copy:?} and {topology:?}");
        for node in topology.nodes() {
            assert_eq!(copy.name(node), topology.name(node));
            assert_eq!(copy.out_links(node), topology.out_links(node));
            assert_eq!(copy.in_links(node), topology.in_links(node));
            let name = topology.name(node).unwrap_or_default();
            assert_eq!(copy.node_named(name), topology.node_named(name));
        }
    }
}

#[test]
fn drawn_topologies_come_back() {
    let (mut named, mut plain) = (0, 0);
    let all = for_each_seed(0..scaled(DRAWS), |seed| {
        let topology = systems::topology(&mut Chance::new(seed));
        let has_names = topology.name(consistent_cut::NodeId::new(0)).is_some();
        *(if has_names { &mut named } else { &mut plain }) += 1;
        assert_comes_back(&topology);
    });
    assert!(!all || (named > DRAWS / 4 && plain > DRAWS / 4), "{named} {plain}");
}

/// The shapes and digraphs of the strategies, without names and with names.
#[cfg(feature = "proptest")]
#[test]
fn topologies_of_the_strategies_come_back() {
    use consistent_cut::strategies::topologies;
    use proptest::test_runner::{Config, TestRunner};

    let config = Config { cases: scaled(100) as u32, ..Config::default() };
    let tested = TestRunner::new(config).run(&topologies(1..=5), |topology| {
        assert_comes_back(&topology);
        assert_comes_back(&systems::named(&topology));
        Ok(())
    });
    tested.expect("each comes back");
}

/// A format for people has names and numbers as a person would write them.
#[test]
fn a_person_can_write_a_topology() {
    let named = json!({ "nodes": ["b", "a"], "links": [["a", "b"], ["b", "b"], ["a", "b"]] });
    let topology: Topology = serde_json::from_value(named.clone()).expect("it is a topology");
    assert_eq!(serde_json::to_value(&topology).expect("it is written"), named);
    assert_eq!(
        topology.links().iter().map(|link| link.source.index()).collect::<Vec<_>>(),
        [1, 0, 1]
    );
    let plain = json!({ "nodes": 2, "links": [[1, 0], [0, 0], [1, 0]] });
    let same: Topology = serde_json::from_value(plain.clone()).expect("it is a topology");
    assert_eq!(serde_json::to_value(&same).expect("it is written"), plain);
    assert_eq!(topology.links(), same.links());
}

#[test]
fn other_values_are_refused() {
    let form = "a topology has `nodes`, a list of names or a number, and `links`, a list of pairs \
                of names or of numbers";
    let none = "a topology needs at least one node: declare a node or a link";
    let cases = [
        (
            json!({ "nodes": 2, "links": [[0, 2]] }),
            "link 0 has an end at node 2, but there are 2 nodes, numbered from 0: correct the link \
             or raise the number of nodes",
        ),
        (json!({ "nodes": 0, "links": [] }), none),
        (json!({ "nodes": [], "links": [] }), none),
        (
            json!({ "nodes": 1_u64 << 40, "links": [] }),
            "a topology has at most 1073741823 nodes: ask for fewer",
        ),
        (
            json!({ "nodes": ["a", "b"], "links": [["a", "c"]] }),
            "a link has an end at `c`, which is not among the nodes",
        ),
        (
            json!({ "nodes": ["a", "b", "a"], "links": [] }),
            "node 0 and node 2 are both named `a`: give each node a name of its own",
        ),
        (
            json!({ "nodes": ["a", " b"], "links": [] }),
            "` b` cannot name a node: use visible characters, and blanks only between them",
        ),
        (json!({ "nodes": ["a", "b"], "links": [[0, 1]] }), form),
        (json!({ "nodes": 2, "links": [["a", "b"]] }), form),
        (json!({ "nodes": 2 }), form),
        (json!({ "nodes": -1, "links": [] }), form),
    ];
    for (value, expected) in cases {
        assert_eq!(refusal::<Topology>(&value), expected, "{value}");
    }
}

/// The form of a compact format has two lists that can disagree.
#[test]
fn other_bytes_are_refused() {
    type Compact<'a> = (usize, Option<&'a [&'a str]>, &'a [(u32, u32)]);
    let read = |compact: Compact<'_>| {
        let bytes = postcard::to_stdvec(&compact).expect("it is written");
        postcard::from_bytes::<Topology>(&bytes)
    };
    assert!(read((2, None, &[(1, 0)])).is_ok());
    assert!(read((2, Some(&["a", "b"]), &[(1, 0)])).is_ok());
    let wrong: [Compact<'_>; 6] = [
        (2, None, &[(2, 0)]),
        (0, None, &[]),
        (2, Some(&["a"]), &[]),
        (2, Some(&["a", "b", "c"]), &[]),
        (2, Some(&["a", "a"]), &[]),
        (2, Some(&["a", ""]), &[]),
    ];
    for compact in wrong {
        assert!(read(compact).is_err(), "{compact:?}");
    }
}

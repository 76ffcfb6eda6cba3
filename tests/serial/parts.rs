//! Parts that do not make a snapshot: each reason has its error, with a text that says what to do.

use std::mem::discriminant;

use consistent_cut::{
    ChannelState, GlobalSnapshot, LinkId, NodeTiming, OutputState, PartsError, SnapshotId, Timings,
};

use crate::example::{Parts, parts, words};
use crate::formats::{assert_same, copies};
use crate::ids::node;

#[track_caller]
fn error_after(change: impl FnOnce(&mut Parts)) -> PartsError {
    let mut parts = parts();
    change(&mut parts);
    GlobalSnapshot::from_parts(parts).expect_err("they do not fit together")
}

#[track_caller]
fn assert_refused(text: &str, change: impl FnOnce(&mut Parts)) {
    assert_eq!(error_after(change).to_string(), text);
}

/// The state of a link with other numbers and messages.
fn changed(parts: &Parts, index: usize, sent: u64, messages: &[&str]) -> ChannelState<String> {
    let old = &parts.channels[index];
    let channel = ChannelState::new(old.link(), sent, old.received(), words(messages));
    channel.with_acknowledged(old.acknowledged()).with_capacity(old.capacity())
}

#[test]
fn the_example_is_a_snapshot() {
    let snapshot = GlobalSnapshot::from_parts(parts()).expect("the parts fit together");
    copies(&snapshot).iter().for_each(|copy| assert_same(copy, &snapshot));
    let again = GlobalSnapshot::from_parts(snapshot.clone().into_parts());
    assert_same(&again.expect("they were a snapshot"), &snapshot);
}

#[test]
fn an_id_above_the_highest_is_refused() {
    assert_refused(
        "snapshot 5 of life 2a is above snapshot 4 of life 2a, the highest id given out: raise the \
         highest id",
        |parts| parts.highest_id = SnapshotId::new(4).in_life(0x2a),
    );
    // The highest id is of the life of the snapshot.
    assert_refused(
        "snapshot 5 of life 2a is above snapshot 9, the highest id given out: raise the highest id",
        |parts| parts.highest_id = SnapshotId::new(9),
    );
}

#[test]
fn unknown_nodes_are_refused() {
    let text = "node 3 is not in the topology, which has 3 nodes: leave its parts out";
    assert_refused(text, |parts| parts.initiators.push(node(3)));
    assert_refused(text, |parts| parts.nodes[1].node = node(3));
    assert_refused(text, |parts| parts.failures[0].node.id = node(3));
    assert_refused(text, |parts| {
        let timing = NodeTiming { node: node(3), ..parts.timings.nodes()[0] };
        parts.timings = Timings::new(parts.timings.began(), vec![timing], parts.timings.ended());
    });
}

#[test]
fn each_node_has_one_part() {
    let missing = "node 1 (b) has neither a state nor a failure: give it one of the two";
    assert_refused(missing, |parts| drop(parts.nodes.pop()));
    let missing = "node 2 (c) has neither a state nor a failure: give it one of the two";
    assert_refused(missing, |parts| drop(parts.failures.pop()));
    let twice = "node 2 (c) has more than one part: keep one state or one failure";
    assert_refused(twice, |parts| parts.failures.push(parts.failures[0].clone()));
    assert_refused(twice, |parts| {
        parts.nodes.push(parts.nodes[0].clone());
        parts.nodes[2].node = node(2);
    });
    let out_of_turn = |name: &str| {
        format!("{name} is out of order: put recorded nodes in the order of their ids, each once")
    };
    assert_refused(&out_of_turn("node 0 (a)"), |parts| parts.nodes.reverse());
    assert_refused(&out_of_turn("node 1 (b)"), |parts| parts.nodes.push(parts.nodes[1].clone()));
}

/// A failure without a name has none to be wrong.
#[test]
fn a_failure_has_the_name_of_its_node() {
    let text = "a failure is of node 2 (a), and the topology has node 2 (c): give the topology's \
                name, or none";
    assert_refused(text, |parts| parts.failures[0].node.name = Some("a".into()));
    let mut nameless = parts();
    nameless.failures[0].node.name = None;
    assert!(GlobalSnapshot::from_parts(nameless).is_ok());
}

#[test]
fn the_parts_of_a_node_fit_together() {
    let timers = "the timers of node 0 (a) are not in the order of their ids, each once: sort them";
    assert_refused(timers, |parts| parts.nodes[0].timers.reverse());
    assert_refused(timers, |parts| {
        parts.nodes[0].timers[1].timer = parts.nodes[0].timers[0].timer;
    });
    assert_refused(
        "node 1 (b) drains its in-links and has not stopped: mark it as stopped too",
        |parts| parts.nodes[1].stopped = false,
    );
    assert_refused(
        "node 1 (b) has emitted 1 messages, and 2 were not taken: raise the count",
        |parts| parts.nodes[1].output = OutputState::new(1, words(&["x", "y"])),
    );
}

#[test]
fn each_link_has_its_place() {
    let count = |given: usize| {
        format!(
            "there are states of {given} links, and the topology has 7, environment links \
             included: give each link one state"
        )
    };
    assert_refused(&count(6), |parts| drop(parts.channels.pop()));
    assert_refused(&count(8), |parts| parts.channels.push(parts.channels[0].clone()));
    let other = |link: &str, given: u32| {
        format!(
            "in the place of {link} stands a state of link {given}: sort the states by id, with \
             the ends that the topology has"
        )
    };
    assert_refused(&other("link 1 from node 1 (b) to node 0 (a)", 2), |parts| {
        parts.channels.swap(1, 2);
    });
    assert_refused(&other("environment link of node 2 (c)", 5), |parts| {
        parts.channels[6] = parts.channels[5].clone();
    });
    // The number is right, and an end is not.
    assert_refused(&other("link 1 from node 1 (b) to node 0 (a)", 1), |parts| {
        let mut link = parts.channels[1].link();
        link.target = node(1);
        parts.channels[1] = ChannelState::new(link, 1, 1, Vec::new());
    });
}

#[test]
fn links_obey_the_channel_law() {
    let broken = |text: &str| format!("snapshot 5 of life 2a breaks the channel law: {text}");
    let link = "link 0 from node 0 (a) to node 1 (b)";
    assert_refused(&broken(&format!("{link} has 5 sent, 3 received, 1 recorded")), |parts| {
        parts.channels[0] = changed(parts, 0, 5, &["five"]);
    });
    assert_refused(&broken(&format!("{link} has 2 sent, 3 received, 2 recorded")), |parts| {
        parts.channels[0] = changed(parts, 0, 2, &["four", "five"]);
    });
    let known =
        format!("{link} has 5 sent, 3 received, 2 recorded, and its sender knew of 4 received");
    assert_refused(&broken(&known), |parts| {
        parts.channels[0] = parts.channels[0].clone().with_acknowledged(4);
    });
    assert_refused(
        &broken("environment link of node 0 (a) has 3 sent, 1 received, 1 recorded"),
        |parts| parts.channels[4] = changed(parts, 4, 3, &["injected"]),
    );
}

/// Each variant has its case here, and no two cases share a variant.
#[test]
fn every_variant_is_told_apart() {
    let errors = [
        error_after(|parts| parts.highest_id = SnapshotId::new(0)),
        error_after(|parts| parts.initiators.push(node(9))),
        error_after(|parts| drop(parts.nodes.pop())),
        error_after(|parts| parts.failures.push(parts.failures[0].clone())),
        error_after(|parts| parts.failures[0].node.name = Some("b".into())),
        error_after(|parts| parts.nodes.reverse()),
        error_after(|parts| parts.nodes[0].timers.reverse()),
        error_after(|parts| parts.nodes[1].stopped = false),
        error_after(|parts| parts.nodes[0].output = OutputState::new(0, words(&["x"]))),
        error_after(|parts| drop(parts.channels.pop())),
        error_after(|parts| parts.channels.swap(0, 1)),
        error_after(|parts| parts.channels[1] = changed(parts, 1, 2, &[])),
    ];
    for (place, error) in errors.iter().enumerate() {
        let same = errors.iter().filter(|other| discriminant(*other) == discriminant(error));
        assert_eq!(same.count(), 1, "{place}: {error}");
    }
    let [.., PartsError::OtherLink { given, .. }, PartsError::Law(law)] = &errors else {
        panic!("{errors:?}")
    };
    assert_eq!(*given, LinkId::new(1));
    assert_eq!(law.violations[0].sent, 2);
}

//! Snapshots that were edited: their contents, their counts, and their mark as edited.

use std::time::Duration;

use consistent_cut::{EditError, GlobalSnapshot, NodeId, TimerId, Topology};

use crate::by_hand::{ByHand, l, n};

/// Two nodes. Link 0 has m = 5 and messages 6, 7 and 8, link 1 has none, and one message from
/// outside is for node 1.
fn recorded() -> GlobalSnapshot<u32, char> {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let state = ByHand::new(topology, [10, 11]).in_flight(0, ['a', 'x', 'b']).received(0, 5);
    state.injected(1, ['x']).record()
}

/// n and m of a link.
fn counts(snapshot: &GlobalSnapshot<u32, char>, link: u32) -> (u64, u64) {
    let channel = snapshot.channel(l(link));
    (channel.sent(), channel.received())
}

/// The environment link of node 1.
const OUTSIDE: u32 = 3;

#[test]
fn dropped_messages_count_as_received() {
    let before = recorded();
    let mut editor = before.edit();
    assert_eq!(editor.retain_messages(|_, message| *message != 'x'), 2);
    let edited = editor.finish().expect("it obeys the law");
    edited.verify().expect("it obeys the law");
    assert_eq!(edited.channel(l(0)).messages(), ['a', 'b']);
    assert_eq!([0, 1, OUTSIDE].map(|link| counts(&edited, link)), [(8, 6), (0, 0), (1, 1)]);
    assert_eq!(counts(&before, 0), (8, 5), "the original is as it was");
}

#[test]
fn added_messages_count_as_sent() {
    let mut editor = recorded().edit();
    editor.messages_mut(l(1)).expect("it is there").push('c');
    editor.messages_mut(l(0)).expect("it is there").insert(0, 'd');
    editor.messages_mut(l(OUTSIDE)).expect("it is there").extend(['e', 'f']);
    let edited = editor.finish().expect("it obeys the law");
    edited.verify().expect("it obeys the law");
    assert_eq!(edited.channel(l(0)).messages(), ['d', 'a', 'x', 'b']);
    assert_eq!([0, 1, OUTSIDE].map(|link| counts(&edited, link)), [(9, 5), (1, 0), (3, 0)]);
}

#[test]
fn changed_messages_change_no_count() {
    let mut editor = recorded().edit();
    let messages = editor.messages_mut(l(0)).expect("it is there");
    messages[1] = 'y';
    messages.swap(0, 2);
    let edited = editor.finish().expect("it obeys the law");
    assert_eq!(edited.channel(l(0)).messages(), ['b', 'y', 'a']);
    assert_eq!(counts(&edited, 0), (8, 5));
}

/// So the edited snapshot is not older than its original, nor are snapshots of a system that goes
/// on from it.
#[test]
fn counts_only_grow() {
    let before = recorded();
    let mut editor = before.edit();
    editor.retain_messages(|link, _| link.id != l(0));
    editor.messages_mut(l(1)).expect("it is there").push('c');
    let edited = editor.finish().expect("it obeys the law");
    let moved = edited.diff(&before).expect("it is newer");
    let moved: Vec<_> = moved.links().iter().map(|link| (link.sent, link.received)).collect();
    assert_eq!(moved, [(0, 3), (1, 0)]);
}

#[test]
fn states_and_timers_are_changed() {
    let mut editor = recorded().edit();
    *editor.state_mut(n(0)).expect("it is up") += 5;
    editor.set_state(n(1), 7).expect("it is there");
    let second = Duration::from_secs(1);
    for (timer, remaining) in [(2, second), (1, second), (2, Duration::ZERO), (3, second)] {
        editor.set_timer(n(1), TimerId::new(timer), remaining).expect("it is up");
    }
    editor.cancel_timer(n(1), TimerId::new(3)).expect("it is up");
    editor.cancel_timer(n(1), TimerId::new(9)).expect("nothing happens");
    let edited = editor.finish().expect("it obeys the law");
    assert_eq!(edited.states().map(|(_, state)| *state).collect::<Vec<_>>(), [15, 7]);
    let timers: Vec<_> =
        edited.timers(n(1)).iter().map(|timer| (timer.timer.get(), timer.remaining)).collect();
    assert_eq!(timers, [(1, second), (2, Duration::ZERO)]);
}

/// Then a system can be restored from the snapshot.
#[test]
fn a_node_that_was_down_is_brought_back_by_a_state() {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let state = ByHand::new(topology.clone(), [10, 11]).in_flight(0, ['a']).failed(0).record();
    assert!(state.check_fits(&topology).is_err());
    let mut editor = state.edit();
    let refused = editor.messages_mut(l(1)).expect_err("node 0 has failed").to_string();
    assert!(refused.starts_with("node 0 has failed in the snapshot: give it a state"), "{refused}");
    assert!(matches!(editor.state_mut(n(0)), Err(EditError::NodeFailed { .. })));
    assert!(editor.set_timer(n(0), TimerId::new(1), Duration::ZERO).is_err());
    editor.set_state(n(0), 3).expect("it is there");
    editor.messages_mut(l(1)).expect("node 0 is up now").push('b');
    let edited = editor.finish().expect("it obeys the law");
    edited.check_fits(&topology).expect("every node takes part");
    assert_eq!(
        edited.states().map(|(node, state)| (node, *state)).collect::<Vec<_>>(),
        [(n(0), 3), (n(1), 11)]
    );
    assert!(edited.failures().is_empty());
    assert_eq!([0, 1].map(|link| counts(&edited, link)), [(1, 0), (1, 0)]);
}

#[test]
fn what_is_not_there_is_not_edited() {
    let mut editor = recorded().edit();
    let unknown = editor.set_state(n(2), 1).expect_err("there are two");
    assert_eq!(unknown, EditError::UnknownNode { node: n(2), nodes: 2 });
    assert!(editor.state_mut(NodeId::ENVIRONMENT).is_err());
    let unknown = editor.messages_mut(l(4)).expect_err("there are four");
    assert_eq!(unknown, EditError::UnknownLink { link: l(4), links: 4 });
    let edited = editor.finish().expect("nothing has changed");
    assert_eq!(counts(&edited, 0), (8, 5));
}

/// An edited snapshot is not a recorded state, even where nothing was changed.
#[test]
fn an_edited_snapshot_says_so() {
    let before = recorded();
    assert!(!before.is_edited());
    assert!(!before.to_string().contains("edited"));
    assert!(format!("{before:?}").contains("is_edited: false"), "{before:?}");
    let edited = before.edit().finish().expect("nothing has changed");
    assert!(edited.is_edited());
    assert!(edited.to_string().starts_with("snapshot 1, edited, of 2 nodes, 2 links, started"));
    assert!(format!("{edited:?}").contains("is_edited: true"), "{edited:?}");
    assert!(edited.edit().finish().expect("nothing has changed").is_edited(), "for good");
}

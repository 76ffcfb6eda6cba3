//! The printed form of a snapshot: all parts of the snapshot can be told apart.

use consistent_cut::Topology;

use crate::by_hand::ByHand;
use crate::ids::node;
use crate::ring::{Cue, ring, snapshot, tell};

/// The text without its first line, which tells times.
fn body(text: &str) -> &str {
    text.split_once('\n').expect("there are nodes").1
}

#[test]
fn parallel_links_are_told_apart_and_stopped_nodes_are_marked() {
    let topology = Topology::from_links(2, [(0, 1), (0, 1), (1, 1)]).expect("links fit");
    let state = ByHand::new(topology, ['a', 'b']).stopped(1);
    let state = state.in_flight(0, ['c']).in_flight(1, ['d', 'e']).injected(1, ['f']);
    assert_eq!(
        body(&state.record().to_string()),
        "\x20 0: 'a'\n\
         \x20 1: 'b' (stopped)\n\
         \x20 link 0, 0 -> 1: ['c']\n\
         \x20 link 1, 0 -> 1: ['d', 'e']\n\
         \x20 (outside) -> 1: ['f']\n\
         \x20 1 of 3 links empty"
    );
    let down = state.failed(1).record().to_string();
    assert!(down.contains("  1: failed, node 1 panicked: by hand\n"), "{down}");
}

#[test]
fn pending_timers_are_shown_with_the_time_that_is_left() {
    let mut ring = ring(&[3]);
    tell(&mut ring, node(0), Cue::SetTimer);
    let shown = snapshot(&mut ring).to_string();
    assert_eq!(body(&shown), "  0: 3 (timer 1 in 1.0s)\n  1 of 1 link empty");
    tell(&mut ring, node(0), Cue::Stop);
    ring.run_until(std::time::Duration::from_secs(2));
    let shown = snapshot(&mut ring).to_string();
    assert_eq!(body(&shown), "  0: 3 (stopped, timer 1 overdue)\n  1 of 1 link empty");
}

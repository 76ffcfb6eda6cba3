//! The changes between two snapshots.

use consistent_cut::simulation::Step;
use consistent_cut::{DiffError, LinkDiff, LinkId, NodeChange, SnapshotId, TimerId};

use crate::ids::node;
use crate::ring::{Cue, ring, snapshot, tell};

#[test]
fn states_and_links_that_changed_are_shown() {
    let mut ring = ring(&[9, 0, 0]);
    tell(&mut ring, node(0), Cue::Pass(2));
    let older = snapshot(&mut ring);
    assert!(older.diff(&older).expect("it is as old").is_empty());
    ring.step(Step::Handle(node(1))).expect("the 2 wait there");
    tell(&mut ring, node(0), Cue::Pass(3));
    tell(&mut ring, node(1), Cue::Stop);
    let newer = snapshot(&mut ring);

    let diff = newer.diff(&older).expect("it is older");
    assert_eq!(
        diff.nodes(),
        [
            (node(0), NodeChange::State { older: &7, newer: &4 }),
            (node(1), NodeChange::State { older: &0, newer: &2 }),
            (node(1), NodeChange::Stopped),
        ]
    );
    let links: Vec<_> = newer.topology().all_links().collect();
    let moved = |link: usize, sent, received, in_flight| LinkDiff {
        link: links[link],
        sent,
        received,
        in_flight,
    };
    assert_eq!(diff.links(), [moved(0, 1, 1, 1), moved(3, 1, 1, 0), moved(4, 1, 1, 0)]);
    assert_eq!(
        diff.to_string(),
        "snapshot 1 to snapshot 2\
         \n  node 0: 7, then 4\
         \n  node 1: 0, then 2\
         \n  node 1: stopped\
         \n  link 0 from node 0 to node 1: 1 sent, 1 received, 1 in flight\
         \n  environment link of node 0: 1 sent, 1 received, 0 in flight\
         \n  environment link of node 1: 1 sent, 1 received, 0 in flight"
    );
    assert_eq!(diff.touched(), [node(0), node(1)].into());
    let nothing = newer.diff(&newer).expect("it is as old");
    assert_eq!(nothing.to_string(), "snapshot 2 to snapshot 2: nothing moved");
}

#[test]
fn a_node_that_went_down_is_shown_without_its_links() {
    let mut ring = ring(&[9, 0, 0]);
    let older = snapshot(&mut ring);
    tell(&mut ring, node(0), Cue::Pass(2));
    ring.fail(node(1)).expect("it is there");
    let newer = snapshot(&mut ring);
    let diff = newer.diff(&older).expect("it is older");
    assert!(matches!(diff.nodes(), [(first, _), (_, NodeChange::Failed(_))] if *first == node(0)));
    let moved: Vec<_> = diff.links().iter().map(|moved| moved.link.id).collect();
    assert_eq!(moved, [LinkId::new(3)], "the environment link of node 0");
    assert!(diff.to_string().contains("node 1: failed with \"failed from outside\""), "{diff}");
    assert_eq!(sign(older.diff(&newer).expect_err("it is newer")), "node 1 had failed by then");
}

fn sign(error: DiffError) -> String {
    match error {
        DiffError::NotOlder { sign, .. } => sign,
        error => panic!("{error}"),
    }
}

/// A change of the time that is left does not count as a change.
#[test]
fn timers_that_are_set_or_gone_are_shown() {
    let mut ring = ring(&[9, 0]);
    let none = snapshot(&mut ring);
    tell(&mut ring, node(1), Cue::SetTimer);
    let pending = snapshot(&mut ring);
    ring.run_until(std::time::Duration::from_millis(10));
    let later = snapshot(&mut ring);
    ring.run(10);
    let over = snapshot(&mut ring);

    let timer = TimerId::new(1);
    let set = pending.diff(&none).expect("it is older");
    assert_eq!(set.nodes(), [(node(1), NodeChange::TimerSet(timer))]);
    assert!(later.diff(&pending).expect("it is older").is_empty());
    let gone = over.diff(&later).expect("it is older");
    assert_eq!(gone.nodes(), [(node(1), NodeChange::TimerGone(timer))]);
    assert!(set.to_string().contains("\n  node 1: timer 1 set"), "{set}");
    assert!(gone.to_string().contains("\n  node 1: timer 1 no longer pending"), "{gone}");
}

#[test]
fn a_newer_one_is_refused() {
    let mut ring = ring(&[9, 0]);
    let older = snapshot(&mut ring);
    tell(&mut ring, node(0), Cue::Take(0));
    let newer = snapshot(&mut ring);
    tell(&mut ring, node(1), Cue::Stop);
    let last = snapshot(&mut ring);
    let refused = older.diff(&newer).expect_err("it is newer");
    let is_named =
        matches!(refused, DiffError::NotOlder { older, .. } if older == SnapshotId::new(2));
    assert!(is_named, "{refused}");
    assert_eq!(sign(refused), "more had passed on environment link of node 0 by then");
    assert_eq!(sign(older.diff(&last).expect_err("newer")), "node 1 had stopped by then");
}

/// One message more on a link, which its receiver has not received yet.
#[test]
fn one_that_is_newer_by_a_sent_message_is_refused() {
    let mut ring = ring(&[9, 0]);
    let older = snapshot(&mut ring);
    ring.inject(node(1), Cue::Take(0)).expect("the node is up");
    let newer = snapshot(&mut ring);
    let refused = older.diff(&newer).expect_err("it is newer");
    assert_eq!(sign(refused), "more had passed on environment link of node 1 by then");
}

#[test]
fn snapshots_of_other_topologies_are_refused() {
    let two = snapshot(&mut ring(&[1, 1]));
    let three = snapshot(&mut ring(&[1, 1, 1]));
    let refused = three.diff(&two).expect_err("another ring");
    assert_eq!(refused, DiffError::OtherNodes { older: 2, newer: 3 });
    let line = consistent_cut::Topology::line(2).expect("two nodes are a line");
    let builder = consistent_cut::simulation::Simulation::builder(line);
    let mut line = builder.start(|_| crate::ring::Player::default()).expect("no setting is wrong");
    let refused = snapshot(&mut line).diff(&two).expect_err("a line is no ring");
    assert!(matches!(refused, DiffError::OtherLink { .. }), "{refused}");
}

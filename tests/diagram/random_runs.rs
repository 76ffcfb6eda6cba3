//! The facts, for random runs of random systems.

use std::collections::BTreeSet;

use consistent_cut::causality::{Cut, MarkKind, Trace};
use consistent_cut::diagram::SpaceTime;
use consistent_cut::simulation::{AtRandom, Simulation};
use consistent_cut::{NodeId, SnapshotId, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::chatter::chatter;
use crate::facts::{assert_arrows, assert_marks, assert_places, assert_whole};
use crate::note::Note;
use crate::picture::Picture;
use crate::policies::BOTH_POLICIES;
use crate::puppet::Puppet;

/// A run of up to six nodes, with parallel links and self-links, in which snapshots begin and now
/// and then a message is injected or a node fails. The run may stop at any step.
pub(crate) fn random_run(chance: &mut Chance) -> Simulation<Puppet> {
    let nodes = 1 + chance.below(6);
    let links: Vec<_> =
        (0..1 + chance.below(10)).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
    let topology = Topology::from_links(nodes, links).expect("nodes and links fit");
    let policy = chance.pick(&BOTH_POLICIES);
    let builder = Simulation::builder(topology.clone()).marker_policy(policy).traced();
    let opening = chance.below(4) as u64;
    let mut simulation =
        builder.start(|node| chatter(&topology, node, opening)).expect("no setting is wrong");
    let mut adversary = AtRandom::new(chance.number());
    let mut injected = vec![0; nodes];
    for _ in 0..2 + chance.below(6) {
        let steps = chance.below(20) as u64;
        simulation.run_by(&mut adversary, steps).expect("chance chooses what is possible");
        let node = chance.below(nodes);
        let id = NodeId::new(node as u32);
        match chance.below(4) {
            0 => {
                injected[node] += 1;
                let note = Note::from_outside(&topology, id, injected[node]).with_hops(2);
                // A node that has failed accepts no message, and counts none.
                if simulation.inject(id, note).is_err() {
                    injected[node] -= 1;
                }
            }
            1 if chance.one_in(5) => drop(simulation.fail(id)),
            // If every node has failed, no snapshot begins.
            _ => drop(simulation.begin_snapshot()),
        }
    }
    let steps = chance.below(40) as u64;
    simulation.run_by(&mut adversary, steps).expect("chance chooses what is possible");
    simulation
}

/// The snapshots for which some node recorded.
fn snapshots(trace: &Trace) -> BTreeSet<SnapshotId> {
    let of = |kind| match kind {
        MarkKind::Recorded(snapshot) => Some(snapshot),
        MarkKind::Marker(..) | MarkKind::MarkerReturned(..) => None,
    };
    trace.marks().iter().filter_map(|mark| of(mark.kind)).collect()
}

#[test]
fn a_snapshots_picture_is_that_of_its_cut() {
    let (mut drawn, mut in_flight, mut markers) = (0, 0, 0);
    let all = for_each_seed(0..100, |seed| {
        let simulation = random_run(&mut Chance::new(seed));
        let trace = simulation.trace().expect("it is traced");
        for snapshot in snapshots(trace) {
            let cut = trace.cut_of(snapshot).expect("it has recorded");
            let svg =
                SpaceTime::new(trace).snapshot(snapshot).to_svg().expect("it is of the trace");
            let picture = Picture::read(&svg);
            assert_whole(trace, &cut, &picture);
            assert_marks(trace, snapshot, &picture);
            assert_places(trace.events().iter(), &cut, &picture);
            assert_arrows(trace, &picture);
            drawn += 1;
            in_flight += picture.all("in-flight").len();
            markers += picture.all("marker").len();
        }
    });
    assert!(
        !all || (drawn > 100 && in_flight > 100 && markers > 200),
        "{drawn} {in_flight} {markers}"
    );
}

#[test]
fn a_rearranged_picture_has_a_straight_cut() {
    let mut moved = 0;
    let all = for_each_seed(0..100, |seed| {
        let simulation = random_run(&mut Chance::new(seed));
        let trace = simulation.trace().expect("it is traced");
        for snapshot in snapshots(trace) {
            let cut = trace.cut_of(snapshot).expect("it has recorded");
            // The cut of a snapshot that failed need not be consistent.
            let Ok(witness) = trace.witness(&cut) else { continue };
            let svg = SpaceTime::rearranged(&witness).snapshot(snapshot).to_svg();
            let svg = svg.expect("it is of the trace");
            let picture = Picture::read(&svg);
            assert_whole(trace, &cut, &picture);
            let order = witness.before().chain(witness.after());
            assert_places(order, &cut, &picture);
            assert_arrows(trace, &picture);
            let crossings = picture.crossings(0);
            assert!(crossings.iter().all(|x| *x == crossings[0]), "{crossings:?}");
            assert_eq!(picture.all("cut").len(), 1, "the snapshot's cut is the witness's");
            assert_eq!(picture.all("recording").len(), trace.topology().node_count());
            moved += witness.swaps();
        }
    });
    assert!(!all || moved > 50, "{moved}");
}

#[test]
fn any_cut_is_drawn_as_it_is() {
    let (mut inconsistent, mut consistent) = (0, 0);
    let all = for_each_seed(0..100, |seed| {
        let mut chance = Chance::new(seed);
        let simulation = random_run(&mut chance);
        let trace = simulation.trace().expect("it is traced");
        let nodes = trace.topology().nodes();
        let cut = Cut::new(nodes.map(|node| chance.below(trace.events_of(node).len() + 1)));
        let svg = SpaceTime::new(trace).cut(&cut).to_svg().expect("it is of the trace");
        let picture = Picture::read(&svg);
        assert_whole(trace, &cut, &picture);
        assert_places(trace.events().iter(), &cut, &picture);
        assert!(picture.all("marker").is_empty() && picture.all("recording").is_empty());
        let is_consistent = cut.check(trace).is_ok();
        assert_eq!(picture.all("inconsistent").is_empty(), is_consistent);
        assert_eq!(svg.contains("inconsistent: the cut includes"), !is_consistent);
        if is_consistent { consistent += 1 } else { inconsistent += 1 }
    });
    assert!(!all || (inconsistent > 20 && consistent > 10), "{inconsistent} {consistent}");
}

#[test]
fn the_same_run_gives_the_same_picture() {
    let draw = |seed| {
        let simulation = random_run(&mut Chance::new(seed));
        let trace = simulation.trace().expect("it is traced");
        let picture = SpaceTime::new(trace).label_events(|event| event.cause.to_string());
        snapshots(trace)
            .into_iter()
            .fold(picture, SpaceTime::snapshot)
            .to_svg()
            .expect("all are there")
    };
    for_each_seed(0..20, |seed| assert_eq!(draw(seed), draw(seed)));
}

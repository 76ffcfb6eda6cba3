//! Snapshots of random systems come back the same, and systems restored from the copies go on as
//! from the originals.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::{Link, NodeId, System, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::formats::{assert_same, copies};
use crate::systems::{Run, Settings, varied};
use crate::walker::{Snapshot, Walker, from_outside};

/// At an effort of 1.
const RUNS: u64 = 80;

/// The contents of snapshots that must be seen, or the runs prove little.
const SIGHTS: [&str; 20] = [
    "acknowledged",
    "bounded link",
    "draining",
    "edited",
    "emitted",
    "emitted and taken",
    "failed",
    "highest id above its own",
    "in flight",
    "injected",
    "later life",
    "named",
    "overdue timer",
    "parallel links",
    "pending timer",
    "self-link",
    "several initiators",
    "stopped",
    "unbounded link",
    "unnamed",
];

fn sights(snapshot: &Snapshot) -> impl Iterator<Item = &'static str> {
    let parts = snapshot.parts();
    let links = parts.topology.links();
    let ends = || links.iter().map(|link| (link.source, link.target));
    let timers = || parts.nodes.iter().flat_map(|node| &node.timers);
    let outputs = || parts.nodes.iter().map(|node| &node.output);
    let channels = || parts.channels.iter();
    let is_named = parts.topology.name(NodeId::new(0)).is_some();
    let seen = [
        channels().any(|channel| channel.acknowledged() > 0),
        channels().any(|channel| channel.capacity().is_some()),
        parts.nodes.iter().any(|node| node.drains),
        parts.is_edited,
        outputs().any(|output| !output.untaken().is_empty()),
        outputs().any(|output| output.taken() > 0),
        !parts.failures.is_empty(),
        parts.highest_id > parts.id,
        snapshot.in_flight().any(|(link, _)| !link.is_environment()),
        snapshot.in_flight().any(|(link, _)| link.is_environment()),
        parts.id.life() > 0,
        is_named,
        timers().any(|timer| !timer.overdue.is_zero()),
        ends().collect::<BTreeSet<_>>().len() < links.len(),
        timers().any(|timer| !timer.remaining.is_zero()),
        links.iter().any(Link::is_self_link),
        parts.initiators.len() > 1,
        parts.nodes.iter().any(|node| node.stopped && !node.drains),
        channels().any(|channel| channel.capacity().is_none() && !channel.link().is_environment()),
        !is_named,
    ];
    SIGHTS.into_iter().zip(seen).filter_map(|(sight, is_seen)| is_seen.then_some(sight))
}

#[test]
fn a_copy_is_the_snapshot_and_runs_on_like_it() {
    let (mut seen, mut restored) = (BTreeSet::new(), 0);
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let mut chance = Chance::new(seed);
        let settings = Settings::draw(&mut chance);
        let mut run = Run::start(&settings);
        run.live(&mut chance, 24);
        for snapshot in run.snapshots() {
            let snapshot = varied(snapshot, &mut chance);
            let copies = copies(&snapshot);
            copies.iter().for_each(|copy| assert_same(copy, &snapshot));
            seen.extend(sights(&snapshot));
            if snapshot.failures().is_empty() {
                restored += 1;
                assert_run_on_alike(&settings, &snapshot, &copies, &mut chance);
            }
        }
    });
    let missing: Vec<_> = SIGHTS.iter().filter(|sight| !seen.contains(*sight)).collect();
    assert!(!all || (missing.is_empty() && restored > RUNS), "{restored}; never seen: {missing:?}");
}

/// Everything that happens after a restore follows from the snapshot and the seed.
fn assert_run_on_alike(
    settings: &Settings,
    original: &Snapshot,
    copies: &[Snapshot; 2],
    chance: &mut Chance,
) {
    let seed = chance.number();
    let run_on = |from: &Snapshot| {
        let mut run = Run::of(settings.restore(from));
        run.live(&mut Chance::new(seed), 8);
        run
    };
    let mut expected = run_on(original);
    let outputs: Vec<_> = expected.simulation.outputs().collect();
    for copy in copies {
        let mut again = run_on(copy);
        assert_eq!(again.simulation.outputs().collect::<Vec<_>>(), outputs);
        assert_eq!(again.simulation.schedule(), expected.simulation.schedule());
        let (states, expected) = (again.snapshots(), expected.snapshots());
        assert_eq!(states.len(), expected.len());
        states.iter().zip(&expected).for_each(|(state, expected)| assert_same(state, expected));
    }
}

/// A restored system on threads gives out ids of a life of its own.
#[test]
fn a_snapshot_of_a_restored_system_keeps_its_life() {
    let topology = Arc::new(Topology::ring(3).expect("three nodes are a ring"));
    let builder = || System::builder(Arc::clone(&topology)).capacity(2);
    let system = builder().spawn(|_| Walker::default()).expect("three threads");
    system.inject(NodeId::new(1), from_outside(NodeId::new(1), 0)).expect("it is up");
    let first = system.snapshot_and_stop().expect("no node fails");
    let [from_text, from_bytes] = copies(&*first);
    assert_same(&from_text, &first);
    assert_same(&from_bytes, &first);
    let system = builder().restore(&from_text, |_| Walker::default()).expect("it fits");
    let second = system.snapshot_and_stop().expect("no node fails");
    assert!(second.id().life() > 0 && second.id().number() == 2, "{}", second.id());
    assert!(second.states().all(|(_, path)| path.restores == 1));
    copies(&*second).iter().for_each(|copy| assert_same(copy, &second));
}

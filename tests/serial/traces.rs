//! Traces come back the same, with room, marks, texts and times, and a copy can be replayed and
//! continued as the original.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::causality::{Cause, Logged, MarkKind, Replay, Trace};
use consistent_cut::{NodeId, System};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::formats::copies;
use crate::systems::{Run, Settings};
use crate::walker::{Snapshot, Walker, from_outside};

/// At an effort of 1.
const SIMULATED: u64 = 40;
/// Of this many runs one is drawn, since drawing takes longer than all other checks.
const DRAWN: u64 = 16;
const ON_THREADS: u64 = 8;

/// The contents of traces that must be seen, or the runs prove little.
const SIGHTS: [&str; 9] = [
    "capacity",
    "dropped by a stopped node",
    "environment",
    "marker",
    "marker that came back",
    "recording",
    "start",
    "time above zero",
    "timer",
];

fn sights(trace: &Trace) -> impl Iterator<Item = &'static str> {
    let any = |is: fn(&Cause) -> bool| trace.events().iter().any(|event| is(&event.cause));
    let any_mark = |is: fn(&MarkKind) -> bool| trace.marks().iter().any(|mark| is(&mark.kind));
    let links = trace.topology().link_count();
    let seen = [
        trace.topology().links().iter().any(|link| trace.capacity(link.id).is_some()),
        any(|cause| matches!(cause, Cause::Discarded { .. })),
        trace
            .events()
            .iter()
            .filter_map(|event| event.cause.received())
            .any(|(link, _)| link.index() >= links),
        any_mark(|kind| matches!(kind, MarkKind::Marker(..))),
        any_mark(|kind| matches!(kind, MarkKind::MarkerReturned(..))),
        any_mark(|kind| matches!(kind, MarkKind::Recorded(_))),
        any(|cause| matches!(cause, Cause::Start)),
        trace.events().iter().any(|event| trace.time_of(event).is_some_and(|time| !time.is_zero())),
        any(|cause| matches!(cause, Cause::Timer(_))),
    ];
    SIGHTS.into_iter().zip(seen).filter_map(|(sight, is_seen)| is_seen.then_some(sight))
}

/// Everything that a trace tells.
#[track_caller]
fn assert_same(copy: &Trace, original: &Trace) {
    assert!(**copy.topology() == **original.topology());
    assert_eq!(copy.events(), original.events());
    assert_eq!(copy.marks(), original.marks());
    assert_eq!(copy.clocks(), original.clocks());
    for event in original.events() {
        assert_eq!(copy.time_of(event), original.time_of(event), "{event:?}");
        assert_eq!(copy.state_text(event), original.state_text(event), "{event:?}");
    }
    for link in original.topology().all_links() {
        assert_eq!(copy.capacity(link.id), original.capacity(link.id), "{link}");
        // The last numbers have no text.
        for number in 0..40 {
            let text = copy.message_text(link.id, number);
            assert_eq!(text, original.message_text(link.id, number), "{link}");
            assert_eq!(copy.sender(link.id, number), original.sender(link.id, number), "{link}");
            assert_eq!(copy.receiver(link.id, number), original.receiver(link.id, number));
        }
    }
}

/// A picture by time shows the times of the marks of snapshots too.
#[cfg(feature = "diagram")]
#[track_caller]
fn assert_same_picture(copy: &Trace, original: &Trace, snapshots: &[Snapshot]) {
    use consistent_cut::diagram::SpaceTime;
    let picture = |trace| {
        let by_time = SpaceTime::new(trace).by_time();
        let picture = snapshots.iter().fold(by_time, |all, one| all.snapshot(one.id()));
        picture.to_svg().expect("a simulation's")
    };
    assert!(picture(copy) == picture(original), "the pictures differ");
}

#[cfg(not(feature = "diagram"))]
fn assert_same_picture(_: &Trace, _: &Trace, _: &[Snapshot]) {}

/// Snapshots of the run lie at the same cuts, and fresh processes come to their states.
fn assert_same_cuts(copy: &Trace, original: &Trace, snapshots: &[Snapshot], injected: &[u64]) {
    for snapshot in snapshots {
        let (id, cut) = (snapshot.id(), copy.cut_of(snapshot.id()));
        assert_eq!(cut, original.cut_of(id));
        assert_eq!((copy.began(id), copy.ended(id)), (original.began(id), original.ended(id)));
        let cut = cut.expect("some node has recorded");
        cut.check_snapshot(copy, snapshot).unwrap_or_else(|error| panic!("{error}: {snapshot}"));
        let witness = copy.witness(&cut).expect("the cut is consistent");
        let mut replay = replay(copy, injected);
        replay.run(witness.before()).expect("as it was");
        replay.compare(snapshot).expect("as it was");
        replay.run(witness.after()).expect("as it was");
    }
}

fn replay<'a>(trace: &'a Trace, injected: &[u64]) -> Replay<'a, Walker> {
    let mut replay = Replay::new(trace, |_| Walker::default());
    for (node, &count) in trace.topology().nodes().zip(injected) {
        (0..count).for_each(|nth| replay.inject(node, from_outside(node, nth)));
    }
    replay
}

/// The next event of each node: its time, and the room that the node has learnt of, are those of
/// the original.
fn assert_goes_on_alike(mut copy: Trace, mut original: Trace) {
    for node in original.topology().clone().nodes() {
        copy.add(node, Logged::handled(Cause::Start, [])).expect("it can start");
        original.add(node, Logged::handled(Cause::Start, [])).expect("it can start");
    }
    assert_same(&copy, &original);
}

#[test]
fn a_trace_of_a_simulation_comes_back() {
    let mut seen = BTreeSet::new();
    let all = for_each_seed(0..scaled(SIMULATED), |seed| {
        let mut chance = Chance::new(seed);
        let mut run = Run::start(&Settings::draw(&mut chance));
        run.live(&mut chance, 24);
        let trace = run.simulation.trace().expect("it is traced");
        seen.extend(sights(trace));
        let complete: Vec<_> =
            run.simulation.snapshots().iter().map(|snapshot| (**snapshot).clone()).collect();
        for copy in copies(trace) {
            assert_same(&copy, trace);
            if seed % DRAWN == 0 {
                assert_same_picture(&copy, trace, &complete);
            }
            assert_same_cuts(&copy, trace, &complete, &run.injected);
            let mut replay = replay(&copy, &run.injected);
            replay.run(copy.events()).expect("as it was");
            if let Some(state) = run.simulation.global_state() {
                replay.compare(&state).expect("as it was");
            }
            assert_goes_on_alike(copy, trace.clone());
        }
    });
    let missing: Vec<_> = SIGHTS.iter().filter(|sight| !seen.contains(*sight)).collect();
    assert!(!all || missing.is_empty(), "never seen: {missing:?}");
}

#[test]
fn a_trace_of_threads_comes_back() {
    for_each_seed(0..scaled(ON_THREADS), |seed| {
        let mut chance = Chance::new(seed);
        let topology = Arc::new(crate::systems::topology(&mut chance));
        let builder = System::builder(Arc::clone(&topology)).capacity(2).traced_with_texts();
        let system = builder.spawn(|_| Walker::default()).expect("the machine has threads");
        let mut injected = vec![0; topology.node_count()];
        for _ in 0..4 {
            let node = NodeId::new(chance.below(injected.len()) as u32);
            let word = from_outside(node, injected[node.index()]);
            system.inject(node, word).expect("it is up");
            injected[node.index()] += 1;
        }
        let snapshot = system.snapshot().expect("no node fails");
        let ended = system.shutdown().expect("no node fails");
        let trace = system.trace().expect("it is traced, and has ended");
        for copy in copies(&trace) {
            assert_same(&copy, &trace);
            assert_same_cuts(&copy, &trace, &[(*snapshot).clone()], &injected);
            let mut replay = replay(&copy, &injected);
            replay.run(copy.events()).expect("as it was");
            for (node, walker) in topology.nodes().zip(&ended) {
                assert_eq!(replay.process(node).map(|process| &process.0), Some(&walker.0));
            }
            assert_goes_on_alike(copy, trace.clone());
        }
    });
}

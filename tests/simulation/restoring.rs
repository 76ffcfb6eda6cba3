//! A simulation goes on from a snapshot as if it had never stopped: all runs of a workload whose
//! result does not depend on the interleaving end alike.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::simulation::{
    Algorithm, AtRandom, Latency, PhysicalTime, Simulation, SimulationBuilder, Step,
};
use consistent_cut::{Context, Link, LinkId, NodeId, Process, Restore, RestoreError, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::merge::{self, Merge, MergeSnapshot, Merged};
use crate::policies::BOTH_POLICIES;

/// At an effort of 1.
const RUNS: u64 = 30;
/// Messages from outside in each run, all for node 2.
const INJECTED: u64 = 5;
const TARGET: NodeId = NodeId::new(2);

fn draw(chance: &mut Chance, topology: &Arc<Topology>) -> SimulationBuilder<Merge> {
    let latency = chance.pick(&[
        Latency::default(),
        Latency::Uniform(Duration::from_micros(1), Duration::from_micros(50)),
        Latency::Exponential { mean: Duration::from_micros(40) },
    ]);
    let policy = chance.pick(&BOTH_POLICIES);
    let builder = Simulation::builder(Arc::clone(topology)).latency(latency).marker_policy(policy);
    let builder = builder.seed(chance.number()).without_schedule();
    if chance.one_in(3) { builder } else { builder.capacity(1 + chance.below(8)) }
}

/// Takes at most this many steps, by time or at random.
fn run(simulation: &mut Simulation<Merge>, chance: &mut Chance, most: u64) -> u64 {
    if chance.one_in(2) {
        return simulation.run(most);
    }
    let mut at_random = AtRandom::new(chance.number());
    simulation.run_by(&mut at_random, most).expect("each step is possible")
}

/// Injects the messages that are left, runs to the end, and returns the final states.
fn finish(mut simulation: Simulation<Merge>, chance: &mut Chance) -> Vec<Merged> {
    let state = simulation.global_state().expect("no node has failed");
    let environment = state.topology().environment_link(TARGET).expect("it is there");
    for value in state.channel(environment.id).sent()..INJECTED {
        simulation.inject(TARGET, value).expect("it is up");
    }
    run(&mut simulation, chance, u64::MAX);
    let state = simulation.global_state().expect("no node has failed");
    assert!(merge::is_over(&state), "{state}");
    state.verify().expect("counts go on");
    merge::states(&state)
}

fn start(builder: SimulationBuilder<Merge>, topology: &Topology) -> Simulation<Merge> {
    builder.start(|node| Merge::new(node, topology)).expect("no setting is wrong")
}

fn restore(
    builder: SimulationBuilder<Merge>,
    from: &MergeSnapshot,
) -> Result<Simulation<Merge>, RestoreError> {
    builder.restore(from, |node| Merge::new(node, from.topology()))
}

/// The next message from outside, unless all have come, in this life or those before.
fn inject(simulation: &mut Simulation<Merge>, next: &mut u64) {
    if *next < INJECTED {
        simulation.inject(TARGET, *next).expect("it is up");
        *next += 1;
    }
}

/// Some steps, messages from outside and snapshots.
fn live(simulation: &mut Simulation<Merge>, chance: &mut Chance, next: &mut u64) {
    for _ in 0..1 + chance.below(3) {
        let most = chance.below(400) as u64;
        run(simulation, chance, most);
        inject(simulation, next);
        simulation.begin_snapshot().expect("no node has failed");
    }
    let most = chance.below(400) as u64;
    run(simulation, chance, most);
}

#[test]
fn a_restored_run_ends_as_if_it_had_never_stopped() {
    let topologies = merge::topologies();
    let references = topologies.each_ref().map(|topology| {
        let simulation = start(Simulation::builder(Arc::clone(topology)), topology);
        finish(simulation, &mut Chance::new(0))
    });
    let (mut in_flight, mut timers, mut lives) = (0, 0, 0);
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let mut chance = Chance::new(seed);
        let which = chance.below(2);
        let topology = &topologies[which];
        let mut simulation = start(draw(&mut chance, topology), topology);
        let mut next = 0;
        for _ in 0..3 {
            live(&mut simulation, &mut chance, &mut next);
            let snapshots = simulation.snapshots().to_vec();
            if snapshots.is_empty() {
                break;
            }
            let from = &snapshots[chance.below(snapshots.len())];
            in_flight += from.in_flight().count();
            timers += topology.nodes().map(|node| from.timers(node).len()).sum::<usize>();
            lives += 1;
            simulation = restore(draw(&mut chance, topology), from).expect("it fits");
            let id = simulation.begin_snapshot().expect("no node has failed");
            assert_eq!(id.get(), from.highest_id().get() + 1);
            let environment = topology.environment_link(TARGET).expect("it is there");
            next = from.channel(environment.id).sent();
        }
        assert_eq!(finish(simulation, &mut chance), references[which]);
    });
    assert!(
        !all || (in_flight > 0 && timers > 0 && lives > 2 * scaled(RUNS)),
        "{in_flight} {timers} {lives}"
    );
}

/// Compared before anything happens: states, links with their counts, and timers.
#[test]
fn a_restored_simulation_is_what_was_recorded() {
    let topologies = merge::topologies();
    for_each_seed(0..scaled(RUNS), |seed| {
        let mut chance = Chance::new(seed);
        let topology = &topologies[chance.below(2)];
        let mut simulation = start(draw(&mut chance, topology), topology);
        live(&mut simulation, &mut chance, &mut 0);
        for from in simulation.snapshots() {
            let again = restore(draw(&mut chance, topology), from).expect("it fits");
            let state = again.global_state().expect("no node has failed");
            assert_eq!(merge::states(&state), merge::states(from));
            for (recorded, now) in from.channels().iter().zip(state.channels()) {
                let recorded = (recorded.sent(), recorded.received(), recorded.messages());
                assert_eq!((now.sent(), now.received(), now.messages()), recorded);
            }
            assert!(topology.nodes().all(|node| state.timers(node) == from.timers(node)));
        }
    });
}

/// A sender whose messages wait for room is held up from the start. The counts of both lives decide
/// when it goes on.
#[test]
fn room_is_counted_over_both_lives() {
    let [_, ring] = merge::topologies();
    let mut simulation = start(Simulation::builder(Arc::clone(&ring)).capacity(1), &ring);
    simulation.run(100);
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run(100);
    let from = &simulation.snapshots()[0];
    assert!(from.channels().iter().any(|channel| channel.received() > 1));
    let again = restore(Simulation::builder(Arc::clone(&ring)).capacity(1), from).expect("it fits");
    let reference = start(Simulation::builder(Arc::clone(&ring)), &ring);
    let [again, reference] =
        [again, reference].map(|simulation| finish(simulation, &mut Chance::new(1)));
    assert_eq!(again, reference);
}

/// Messages are dropped and added at random, where no links form a cycle that could be full. No
/// node waits for room in vain, and all sent messages are received or were dropped.
#[test]
fn counts_of_an_edited_snapshot_fit_together() {
    let [net, _] = merge::topologies();
    let (mut dropped, mut added) = (0, 0);
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let mut chance = Chance::new(seed);
        let mut simulation = start(draw(&mut chance, &net), &net);
        live(&mut simulation, &mut chance, &mut 0);
        let Some(from) = simulation.snapshots().last() else { return };
        let mut editor = from.edit();
        dropped += editor.retain_messages(|_, _| chance.one_in(2));
        for link in net.all_links() {
            let messages = editor.messages_mut(link.id).expect("all are up");
            (0..chance.below(4)).for_each(|nth| messages.insert(0, nth as u64));
            added += messages.len();
        }
        let edited = editor.finish().expect("it obeys the law");
        let mut again = restore(draw(&mut chance, &net), &edited).expect("it fits");
        run(&mut again, &mut chance, 200);
        again.begin_snapshot().expect("no node has failed");
        run(&mut again, &mut chance, u64::MAX);
        let rest = again.global_state().expect("no node has failed");
        assert!(merge::is_over(&rest), "{rest}");
        for state in [&*again.snapshots()[0], &rest] {
            state.verify().expect("counts go on");
            state.diff(&edited).expect("it is newer");
        }
        assert!(rest.channels().iter().all(|channel| channel.sent() == channel.received()));
    });
    assert!(!all || (dropped > 0 && added > 0), "{dropped} {added}");
}

/// Runs from the same snapshot are equal, as are runs from the same start.
#[test]
fn a_restored_run_is_replayed() {
    let [net, _] = merge::topologies();
    let mut simulation = start(Simulation::builder(Arc::clone(&net)), &net);
    live(&mut simulation, &mut Chance::new(3), &mut 0);
    let from = simulation.snapshots().first().expect("it is complete");
    let again =
        || restore(Simulation::builder(Arc::clone(&net)).capacity(2), from).expect("it fits");
    let mut first = again();
    first.inject(TARGET, 8).expect("it is up");
    live(&mut first, &mut Chance::new(4), &mut { INJECTED });
    let mut second = again();
    second.replay(&first.schedule(), |_, _| 8).expect("it is the same");
    let states = [&first, &second].map(Simulation::global_state);
    let [first, second] = states.map(|state| state.expect("no node has failed").to_string());
    assert_eq!(first, second);
}

/// Restored messages were sent before any noon, so an algorithm that trusts clocks finds them where
/// they wait.
#[test]
fn clocks_know_of_restored_messages() {
    let [_, ring] = merge::topologies();
    let mut simulation = start(Simulation::builder(Arc::clone(&ring)), &ring);
    simulation.begin_snapshot().expect("no node has failed");
    let first = simulation.enabled().iter().find(|step| matches!(step, Step::Initiate(..)));
    simulation.step(*first.expect("node 0 is asked to")).expect("it is possible");
    simulation.run_by(&mut markers_alone, 1_000).expect("each step is possible");
    let from = &simulation.snapshots()[0];
    assert_eq!(from.in_flight().count(), 3, "nothing was handled");

    let time = PhysicalTime::new(Duration::from_millis(1), Duration::from_millis(1));
    let builder = Simulation::builder(Arc::clone(&ring)).algorithm(Algorithm::PhysicalTime(time));
    let mut again = restore(builder, from).expect("it fits");
    // Noon comes before any of these messages is handled, and then patience ends.
    again.begin_snapshot().expect("no node has failed");
    let mut clocks_alone = |_: &Simulation<Merge>, enabled: &[Step]| {
        enabled.iter().find(|step| !matches!(step, Step::Handle(_))).copied()
    };
    again.run_by(&mut clocks_alone, 1_000).expect("each step is possible");
    let seen = &again.snapshots()[0];
    seen.verify().expect("all three are there");
    assert_eq!(seen.in_flight().count(), 3);
}

fn markers_alone(_: &Simulation<Merge>, enabled: &[Step]) -> Option<Step> {
    enabled.iter().find(|step| matches!(step, Step::Deliver(_))).copied()
}

/// Notes the messages in their order.
struct Notes(Vec<u64>);

impl Process for Notes {
    type State = Vec<u64>;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        let first = 10 * ctx.id().index() as u64;
        (first..first + 2).for_each(|note| ctx.send_on(ctx.out_links()[0], note));
    }

    fn on_message(&mut self, _: Link, note: u64, _: &mut Context<'_, u64>) {
        self.0.push(note);
    }

    fn state(&self) -> Vec<u64> {
        self.0.clone()
    }
}

impl Restore for Notes {
    fn on_restore(&mut self, state: Vec<u64>, _: &mut Context<'_, u64>) {
        self.0 = state;
    }
}

/// The messages come as in another possible run: links by number, and the environment link last.
#[test]
fn the_order_among_links_is_not_kept() {
    let topology = Topology::from_links(3, [(0, 2), (1, 2), (2, 2)]).expect("links fit");
    let make = |_| Notes(Vec::new());
    let mut simulation = Simulation::builder(topology.clone()).start(make).expect("it starts");
    simulation.inject(TARGET, 90).expect("it is up");
    for link in [1, 0, 1, 0, 2, 2] {
        simulation.step(Step::Deliver(LinkId::new(link))).expect("it is under way");
    }
    let state = simulation.global_state().expect("no node has failed");
    let mut again = Simulation::builder(topology).restore(&state, make).expect("it fits");
    let notes = |simulation: &mut Simulation<Notes>| {
        simulation.run(100);
        simulation.process(TARGET).expect("it is there").0.clone()
    };
    assert_eq!(notes(&mut simulation), [90, 10, 0, 11, 1, 20, 21]);
    assert_eq!(notes(&mut again), [0, 1, 10, 11, 20, 21, 90]);
}

#[test]
fn a_snapshot_of_a_system_on_threads_goes_on_in_a_simulation() {
    let [net, _] = merge::topologies();
    let system = merge::start(merge::builder(&net, 4), &net);
    let snapshot = system.snapshot().expect("it completes");
    let mut reference = merge::finish(&system);
    let again = restore(Simulation::builder(Arc::clone(&net)), &snapshot).expect("it fits");
    let simulated = finish(again, &mut Chance::new(1));
    // Nothing was injected into the system.
    reference[TARGET.index()].outside = simulated[TARGET.index()].outside;
    assert_eq!(simulated, reference);
}

#[test]
fn what_does_not_fit_is_refused() {
    let [net, ring] = merge::topologies();
    let mut simulation = start(Simulation::builder(Arc::clone(&ring)), &ring);
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run(1_000);
    let from = &simulation.snapshots()[0];
    let error = restore(Simulation::builder(net), from).expect_err("it has other nodes");
    assert!(matches!(error, RestoreError::OtherNodes { recorded: 5, given: 6 }), "{error}");
    let error = restore(Simulation::builder(ring).capacity(0), from).expect_err("no room");
    assert!(matches!(error, RestoreError::Spawn(_)), "{error}");
}

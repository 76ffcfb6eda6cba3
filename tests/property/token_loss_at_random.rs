//! Token loss in random runs: tokens that go round, rest for a while, and now and then are dropped.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::property::{Check, assert_conserved, conserved, token_lost};
use consistent_cut::simulation::{Algorithm, Latency, Simulation};
use consistent_cut::{Context, Detection, Link, Process, StableProperty, TimerId, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::course::{
    Course, LEAST, MOST, Order, Wrong, any_builder, any_topology, clocks, compare,
};

const RUNS: u64 = 20_000;
const RESTED: TimerId = TimerId::new(1);

/// What must be seen sometimes, or the runs prove little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    /// It holds, in a snapshot that began before the loss.
    FoundOnTheWay,
    /// A token was lost while the snapshot was under way, and the snapshot does not show it.
    JustMissed,
    /// Nothing is lost, and tokens are in flight.
    InFlight,
    /// Nothing is lost, and a token lies where a node has stopped.
    Stranded,
}

const ALL: [Sight; 4] = [Sight::FoundOnTheWay, Sight::JustMissed, Sight::InFlight, Sight::Stranded];

/// Passes tokens on, after a rest; a token is a message, with the hops that it may still make.
#[derive(Clone, Debug)]
struct Holder {
    resting: Vec<u64>,
    dropped: u64,
    /// It drops the token that it gets when it has got so many.
    drops: u64,
    received: u64,
}

impl Holder {
    fn draw(chance: &mut Chance, most_tokens: usize) -> Holder {
        let tokens = chance.below(most_tokens + 1);
        let drops = if chance.one_in(3) { 1 + chance.below(12) as u64 } else { u64::MAX };
        Holder { resting: vec![8; tokens], dropped: 0, drops, received: 0 }
    }
}

impl Process for Holder {
    /// Tokens that rest.
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        ctx.set_timer(RESTED, LEAST);
    }

    fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        self.received += 1;
        if self.received == self.drops {
            self.dropped += 1;
            return;
        }
        self.resting.push(hops);
        ctx.set_timer(RESTED, Duration::from_micros(300 * self.received));
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, u64>) {
        let links = ctx.out_links();
        let (leaving, staying): (Vec<_>, Vec<_>) =
            self.resting.drain(..).partition(|&hops| hops > 0 && !links.is_empty());
        self.resting = staying;
        for (nth, hops) in leaving.into_iter().enumerate() {
            ctx.send_on(links[(nth + hops as usize) % links.len()].id, hops - 1);
        }
    }

    fn state(&self) -> u64 {
        self.resting.len() as u64
    }
}

/// How many tokens were dropped, as those know who did.
fn dropped(simulation: &Simulation<Holder>) -> u64 {
    let nodes = simulation.topology().nodes();
    nodes.filter_map(|node| simulation.process(node)).map(|holder| holder.dropped).sum()
}

fn tokens(simulation: &Simulation<Holder>) -> u64 {
    let nodes = simulation.topology().nodes();
    nodes.filter_map(|node| simulation.process(node)).map(Process::state).sum()
}

fn lost(tokens: u64) -> StableProperty<u64, u64> {
    token_lost(tokens, |_, resting: &u64| *resting, |_| 1)
}

#[test]
fn true_in_a_snapshot_is_true_at_its_end_and_false_there_was_false_at_its_beginning() {
    let mut sights = BTreeSet::new();
    let all = for_each_seed(0..RUNS, |seed| {
        let mut chance = Chance::new(seed);
        let topology = any_topology(&mut chance);
        let builder = any_builder(&topology, &mut chance);
        let draw = |_| Holder::draw(&mut chance, 2);
        let simulation = builder.start(draw).expect("no setting is wrong");
        let all_tokens = tokens(&simulation);
        let order = chance.pick(&[Order::ByTime, Order::AtRandom]);
        let mut course = Course::new(simulation, chance, order, dropped);
        let most = course.chance.below(20);
        course.go_on(most);
        if course.chance.one_in(3) {
            let node = course.any_node();
            course.simulation.stop(node).expect("it is there");
        }
        // What is lost by now is not looked for.
        let before = dropped(&course.simulation);
        course.finish();
        let property = lost(all_tokens - before);
        for look in &course.looks {
            let (detection, wrong) = compare(&property, look, |dropped| dropped > before);
            assert_eq!(wrong, None, "{detection}\n{}", look.snapshot);
            sights.extend(sights_of(&detection, look, before));
            if look.ended.truth == before {
                let left = all_tokens - before;
                assert_conserved(&look.snapshot, left, |_, resting| *resting, |_| 1);
            }
        }
    });
    let missing: Vec<_> = ALL.iter().filter(|sight| !sights.contains(sight)).collect();
    assert!(!all || missing.is_empty(), "never seen: {missing:?}");
}

fn sights_of(
    detection: &Detection<u64, u64>,
    look: &crate::course::Look<Holder>,
    before: u64,
) -> Vec<Sight> {
    let snapshot = &*look.snapshot;
    let is_found = matches!(detection, Detection::HoldsNow(_));
    let is_stranded = |node| snapshot.is_stopped(node) && *snapshot.state(node) > 0;
    let cases = [
        (is_found && look.began.truth == before, Sight::FoundOnTheWay),
        (!is_found && look.ended.truth > before, Sight::JustMissed),
        (!is_found && snapshot.in_flight().next().is_some(), Sight::InFlight),
        (!is_found && snapshot.topology().nodes().any(is_stranded), Sight::Stranded),
    ];
    cases.into_iter().filter_map(|(is_seen, sight)| is_seen.then_some(sight)).collect()
}

/// What goes wrong if another algorithm takes the snapshots: with the loss, and with the sum of all tokens.
fn wrong_with(algorithm: impl Fn(&mut Chance, &Topology) -> Algorithm) -> (BTreeSet<Wrong>, bool) {
    let (mut wrong, mut is_conserved) = (BTreeSet::new(), true);
    for_each_seed(0..1_000, |seed| {
        let mut chance = Chance::new(seed);
        let topology = Arc::new(Topology::complete(2 + chance.below(3)).expect("enough nodes"));
        let builder = Simulation::builder(Arc::clone(&topology))
            .algorithm(algorithm(&mut chance, &topology))
            .latency(Latency::Uniform(LEAST, MOST))
            .seed(chance.number());
        let draw = |_| Holder::draw(&mut chance, 1);
        let simulation = builder.start(draw).expect("no setting is wrong");
        let all_tokens = tokens(&simulation);
        let mut course = Course::new(simulation, chance, Order::ByTime, dropped);
        let (most, property) = (course.chance.below(60), lost(all_tokens));
        course.go_on(most);
        course.finish();
        let total = conserved("tokens", all_tokens, |_, resting: &u64| *resting, |_| 1);
        for look in &course.looks {
            wrong.extend(compare(&property, look, |dropped| dropped > 0).1);
            if look.ended.truth == 0 {
                is_conserved &= matches!(total.check(&look.snapshot), Check::Held(_));
            }
        }
    });
    (wrong, is_conserved)
}

#[test]
fn the_same_runs_are_right_with_chandy_and_lamport() {
    assert_eq!(wrong_with(|_, _| Algorithm::ChandyLamport), (BTreeSet::new(), true));
}

/// It takes what is in flight for lost.
#[test]
fn the_better_algorithm_sees_losses_that_are_none() {
    let wrong = wrong_with(|_, _| Algorithm::Better);
    assert_eq!(wrong, (BTreeSet::from([Wrong::FalseAlarm]), false));
}

/// It misses what comes late.
#[test]
fn nodes_without_patience_see_losses_that_are_none() {
    let (wrong, is_conserved) =
        wrong_with(|chance, topology| clocks(chance, topology, LEAST, LEAST));
    assert!(wrong.contains(&Wrong::FalseAlarm) && !is_conserved, "{wrong:?}");
}

/// It sees a token twice, which makes up for one that is lost.
#[test]
fn clocks_that_differ_miss_losses() {
    let (wrong, is_conserved) =
        wrong_with(|chance, topology| clocks(chance, topology, MOST * 2, MOST * 5));
    assert_eq!((wrong, is_conserved), (BTreeSet::from([Wrong::Missed]), false));
}

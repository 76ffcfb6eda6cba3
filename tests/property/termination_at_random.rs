//! Termination in random runs: computations that spread by messages and timers, with nodes that stop and fail.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::property::terminated;
use consistent_cut::simulation::{Algorithm, Latency, Simulation};
use consistent_cut::{Context, Detection, GlobalSnapshot, Link, Process, TimerId, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::course::{
    Course, LEAST, Look, MOST, Order, Wrong, any_builder, any_topology, clocks, compare,
};

const RUNS: u64 = 20_000;
const AT_WORK: TimerId = TimerId::new(1);
const AFTERTHOUGHT: TimerId = TimerId::new(2);

/// What must be seen sometimes, or the runs prove little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    /// It holds, in a snapshot that began before the end of the run.
    FoundOnTheWay,
    /// It came true while the snapshot was under way, and the snapshot does not show it.
    JustMissed,
    /// All are passive, and a message is in flight.
    MessageAlone,
    /// Nothing is left but a message from outside.
    InjectedAlone,
    /// All are passive and nothing is in flight, but a timer is pending.
    TimerAlone,
    /// It holds though a node has stopped in the middle of its work.
    StoppedAtWork,
    /// It holds though a message is in flight, which nobody will handle.
    MessageToStopped,
    /// It holds without a node that is down.
    WithoutANode,
}

const ALL: [Sight; 8] = [
    Sight::FoundOnTheWay,
    Sight::JustMissed,
    Sight::MessageAlone,
    Sight::InjectedAlone,
    Sight::TimerAlone,
    Sight::StoppedAtWork,
    Sight::MessageToStopped,
    Sight::WithoutANode,
];

/// Works off the jobs that it gets, at once or one after another by a timer; each job makes new ones for other nodes.
#[derive(Clone, Debug)]
struct Worker {
    is_quick: bool,
    /// How deep each job may still branch.
    jobs: Vec<u64>,
    /// How often it still comes back to its work, when it seems to be done.
    afterthoughts: usize,
    /// How many handlers have run.
    handled: u64,
    /// It stops when so many have.
    lifetime: u64,
}

impl Worker {
    fn draw(chance: &mut Chance) -> Worker {
        let lifetime = if chance.one_in(4) { 1 + chance.below(6) as u64 } else { u64::MAX };
        let (jobs, afterthoughts) = (vec![5; chance.below(2)], chance.below(2));
        Worker { is_quick: chance.one_in(3), jobs, afterthoughts, handled: 0, lifetime }
    }

    fn rest_or_work(&mut self, ctx: &mut Context<'_, u64>) {
        if self.handled >= self.lifetime {
            ctx.stop();
        } else if !self.jobs.is_empty() {
            ctx.set_timer(AT_WORK, Duration::from_micros(self.jobs.len() as u64 * 700));
        } else if self.afterthoughts > 0 {
            ctx.set_timer(AFTERTHOUGHT, MOST);
        }
    }

    fn work(&mut self, depth: u64, ctx: &mut Context<'_, u64>) {
        let links = ctx.out_links();
        let branches = (depth * 5 + self.handled * 7) % 3;
        for branch in 0..branches.min(depth) {
            if let Some(link) = links.get((self.handled + branch) as usize % links.len().max(1)) {
                ctx.send_on(link.id, depth - 1);
            }
        }
    }
}

impl Process for Worker {
    /// Jobs to do.
    type State = usize;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        self.rest_or_work(ctx);
    }

    fn on_message(&mut self, _: Link, depth: u64, ctx: &mut Context<'_, u64>) {
        self.handled += 1;
        if self.is_quick {
            self.work(depth, ctx);
        } else {
            self.jobs.push(depth);
        }
        self.rest_or_work(ctx);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, u64>) {
        self.handled += 1;
        if timer == AFTERTHOUGHT {
            self.afterthoughts -= 1;
            self.work(3, ctx);
        } else if let Some(depth) = self.jobs.pop() {
            self.work(depth, ctx);
        }
        self.rest_or_work(ctx);
    }

    fn state(&self) -> usize {
        self.jobs.len()
    }
}

/// How many handlers have run: had the computation terminated, none would after that, and this would be what it is at the end of the run.
fn handled(simulation: &Simulation<Worker>) -> u64 {
    let nodes = simulation.topology().nodes();
    nodes.filter_map(|node| simulation.process(node)).map(|worker| worker.handled).sum()
}

fn course(simulation: Simulation<Worker>, chance: Chance, order: Order) -> Course<Worker> {
    Course::new(simulation, chance, order, handled)
}

/// All that comes from outside, before the first snapshot.
fn disturb(course: &mut Course<Worker>) {
    for _ in 0..course.chance.below(6) {
        let node = course.any_node();
        match course.chance.below(8) {
            0 => course.simulation.stop(node).expect("it is there"),
            1 => course.simulation.fail(node).expect("it is there"),
            2..=4 => {
                // A node that is down takes none.
                let _ = course.simulation.inject(node, 5);
            }
            _ => {
                let most = course.chance.below(12);
                course.go_on(most);
            }
        }
    }
}

#[test]
fn true_in_a_snapshot_is_true_at_its_end_and_false_there_was_false_at_its_beginning() {
    let property = terminated(|_, jobs: &usize| *jobs == 0);
    let mut sights = BTreeSet::new();
    let all = for_each_seed(0..RUNS, |seed| {
        let mut chance = Chance::new(seed);
        let topology = any_topology(&mut chance);
        let builder = any_builder(&topology, &mut chance);
        let simulation = builder.start(|_| Worker::draw(&mut chance)).expect("no setting is wrong");
        let order = chance.pick(&[Order::ByTime, Order::AtRandom]);
        let mut course = course(simulation, chance, order);
        disturb(&mut course);
        let at_the_end = course.finish();
        for look in &course.looks {
            let (detection, wrong) = compare(&property, look, |handled| handled == at_the_end);
            assert_eq!(wrong, None, "{detection}\n{}", look.snapshot);
            sights.extend(sights_of(&detection, look, at_the_end));
        }
        let last = course.looks.last().map(|look| property.detect(&look.snapshot));
        assert!(!matches!(last, Some(Detection::DidNotHoldAtStart(_))), "it began after the end");
    });
    let missing: Vec<_> = ALL.iter().filter(|sight| !sights.contains(sight)).collect();
    assert!(!all || missing.is_empty(), "never seen: {missing:?}");
}

fn sights_of(
    detection: &Detection<usize, u64>,
    look: &Look<Worker>,
    at_the_end: u64,
) -> Vec<Sight> {
    let snapshot = &*look.snapshot;
    let is_found = matches!(detection, Detection::HoldsNow(_));
    let is_in_flight = snapshot.in_flight().next().is_some();
    let comes_from_outside = snapshot.in_flight().all(|(link, _)| link.is_environment());
    let at_work = snapshot.states().filter(|(_, jobs)| **jobs > 0);
    let alone = !is_found && is_in_flight && all_are_passive(snapshot);
    let cases = [
        (is_found && look.began.truth < at_the_end, Sight::FoundOnTheWay),
        (!is_found && look.ended.truth == at_the_end, Sight::JustMissed),
        (alone && !comes_from_outside, Sight::MessageAlone),
        (alone && comes_from_outside, Sight::InjectedAlone),
        (!is_found && !is_in_flight && all_are_passive(snapshot), Sight::TimerAlone),
        (is_found && at_work.count() > 0, Sight::StoppedAtWork),
        (is_found && is_in_flight, Sight::MessageToStopped),
        (is_found && !snapshot.down().is_empty(), Sight::WithoutANode),
    ];
    cases.into_iter().filter_map(|(is_seen, sight)| is_seen.then_some(sight)).collect()
}

fn all_are_passive(snapshot: &GlobalSnapshot<usize, u64>) -> bool {
    snapshot.states().all(|(_, jobs)| *jobs == 0)
}

/// What goes wrong if another algorithm takes the snapshots.
fn wrong_with(algorithm: impl Fn(&mut Chance, &Topology) -> Algorithm) -> BTreeSet<Wrong> {
    let property = terminated(|_, jobs: &usize| *jobs == 0);
    let mut wrong = BTreeSet::new();
    for_each_seed(0..1_000, |seed| {
        let mut chance = Chance::new(seed);
        let topology = Arc::new(Topology::ring(2 + chance.below(3)).expect("enough nodes"));
        let builder = Simulation::builder(Arc::clone(&topology))
            .algorithm(algorithm(&mut chance, &topology))
            .latency(Latency::Uniform(LEAST, MOST))
            .seed(chance.number());
        let simulation = builder.start(|_| Worker::draw(&mut chance)).expect("no setting is wrong");
        let mut course = course(simulation, chance, Order::ByTime);
        let at_the_end = course.finish();
        let compared =
            course.looks.iter().map(|look| compare(&property, look, |h| h == at_the_end));
        wrong.extend(compared.filter_map(|(_, wrong)| wrong));
    });
    wrong
}

#[test]
fn the_same_runs_are_right_with_chandy_and_lamport() {
    assert_eq!(wrong_with(|_, _| Algorithm::ChandyLamport), BTreeSet::new());
}

/// It forgets what is in flight.
#[test]
fn the_better_algorithm_sees_false_terminations() {
    let wrong = wrong_with(|_, _| Algorithm::Better);
    assert_eq!(wrong, BTreeSet::from([Wrong::FalseAlarm]));
}

/// It misses what comes late.
#[test]
fn clocks_see_false_terminations() {
    let wrong = wrong_with(|chance, topology| clocks(chance, topology, LEAST, LEAST));
    assert_eq!(wrong, BTreeSet::from([Wrong::FalseAlarm]));
}

//! Handlers that ask for snapshots.

use std::collections::BTreeSet;
use std::time::Duration;

use consistent_cut::simulation::{Algorithm, AtRandom, Clock, Latency, PhysicalTime, Simulation};
use consistent_cut::{Context, Link, NodeId, Process, Topology};

use crate::chance::{Chance, for_each_seed};

/// Passes a number on, counted down, and asks for a snapshot at some of them; one node at its start
/// too.
#[derive(Default)]
struct Asker(u64);

impl Process for Asker {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        if ctx.id() == NodeId::new(0) {
            ctx.request_snapshot();
            ctx.send_on(ctx.out_links()[0], 30);
        }
    }

    fn on_message(&mut self, _: Link, left: u64, ctx: &mut Context<'_, u64>) {
        self.0 += 1;
        if left.is_multiple_of(7) {
            ctx.request_snapshot();
        }
        if left > 0 {
            ctx.send_on(ctx.out_links()[0], left - 1);
        }
    }

    fn state(&self) -> u64 {
        self.0
    }
}

fn algorithms() -> [Algorithm; 3] {
    let ms = Duration::from_millis;
    let time = PhysicalTime::new(ms(1), ms(20)).clock(NodeId::new(1), Clock::behind(ms(1)));
    [Algorithm::ChandyLamport, Algorithm::MarkersOnly, Algorithm::PhysicalTime(time)]
}

/// A handler's request is not written into the schedule: in the replay the handler asks again.
#[test]
fn a_run_whose_handlers_ask_for_snapshots_replays() {
    let mut seen = BTreeSet::new();
    let all = for_each_seed(0..300, |seed| {
        let mut chance = Chance::new(seed);
        let topology = Topology::ring(1 + chance.below(4)).expect("a node at least");
        let algorithm = &algorithms()[chance.below(3)];
        let begin = || {
            let latency = Latency::Exponential { mean: Duration::from_millis(2) };
            let builder = Simulation::builder(topology.clone()).algorithm(algorithm.clone());
            builder
                .latency(latency)
                .seed(seed)
                .start(|_| Asker::default())
                .expect("nothing is wrong")
        };
        let mut simulation = begin();
        for _ in 0..8 {
            simulation.run(chance.below(20) as u64);
            let mut at_random = AtRandom::new(chance.number());
            simulation.run_by(&mut at_random, chance.below(20) as u64).expect("what is possible");
        }
        simulation.run(100_000);
        assert_eq!(simulation.enabled(), []);
        assert_eq!(simulation.snapshots().len(), 6, "at the start, and at 28, 21, 14, 7 and 0");
        let mut again = begin();
        let schedule = simulation.schedule().to_string().parse().expect("as it was written");
        again.replay(&schedule, |_, _| unreachable!("nothing is injected")).expect("as it was");
        let text = |of: &Simulation<Asker>| format!("{:?} {:?}", of.snapshots(), of.now());
        assert_eq!(text(&again), text(&simulation));
        seen.insert(format!("{algorithm:?}"));
    });
    assert!(!all || seen.len() == 3, "{seen:?}");
}

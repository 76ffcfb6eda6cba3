//! The core satisfies every oracle in thousands of random runs, under both marker policies; and
//! those runs have seen all sights.

use std::collections::BTreeSet;

use consistent_cut::MarkerPolicy;

use crate::chance::for_each_seed;
use crate::effort::scaled;
use crate::fault::Fault;
use crate::plan::{Lives, Plan};
use crate::policies::on_both_policies;
use crate::sights::Sight;
use crate::world::{Snapshot, World};

/// At an effort of 1.
const SEEDS: u64 = 500;

#[test]
fn every_snapshot_is_consistent_when_markers_overtake() {
    check_all_seeds(MarkerPolicy::Overtaking);
}

#[test]
fn every_snapshot_is_consistent_when_markers_wait_their_turn() {
    check_all_seeds(MarkerPolicy::InOrder);
}

fn check_all_seeds(policy: MarkerPolicy) {
    let mut seen = BTreeSet::new();
    let all = for_each_seed(0..scaled(SEEDS), |seed| {
        let lives = Plan::draw(seed).run(|plan| cores(plan, policy));
        lives.assert_sound();
        seen.extend(lives.sights);
    });
    if all {
        assert_eq!(seen, Sight::ALL.into(), "the runs have not shown all that they should");
    }
}

#[test]
fn the_core_records_what_an_independent_recorder_does() {
    for_each_seed(0..scaled(100), |seed| {
        let ours = Plan::draw(seed).run(|plan| cores(plan, MarkerPolicy::Overtaking));
        let theirs = Plan::draw(seed).run(|plan| Fault::None.world(&plan.topology, plan.character));
        // The order in which an end completes several snapshots is left open.
        assert_eq!(sorted(ours).text(), sorted(theirs).text());
    });
}

#[test]
fn a_seed_gives_the_same_run_every_time() {
    for_each_seed(0..scaled(20), |seed| {
        let [first, second] = [MarkerPolicy::InOrder; 2]
            .map(|policy| Plan::draw(seed).run(|plan| cores(plan, policy)).text());
        assert_eq!(first, second);
    });
}

/// `process_from` gives the same results as single calls.
#[test]
fn one_call_for_arriving_and_processing_does_what_two_calls_do() {
    on_both_policies(|policy| {
        for_each_seed(0..scaled(50), |seed| {
            let [one, two] = [false, true].map(|split| {
                let build = |plan: &Plan| {
                    let mut world = cores(plan, policy);
                    world.split_hops = split;
                    world
                };
                Plan::draw(seed).run(build).text()
            });
            assert_eq!(one, two, "{policy:?}");
        });
    });
}

fn sorted(mut lives: Lives) -> Lives {
    lives.worlds.iter_mut().for_each(|world| world.snapshots.sort_by_key(Snapshot::id));
    lives
}

fn cores(plan: &Plan, policy: MarkerPolicy) -> World {
    World::cores(&plan.topology, policy, plan.character)
}

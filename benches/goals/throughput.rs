//! Messages per second, beside loops written by hand.

use crate::goal::{Goals, Wanted};
use crate::support::by_hand::{Batches, OneByOne};
use crate::support::workload::{Capacity, Workload};
use crate::support::{by_hand, on_a_system};

type ByHand = fn(Workload, Capacity, u64) -> f64;

pub(crate) fn measure(goals: &mut Goals) {
    let singly = "against single messages";
    let ratios = beside(goals, singly, Wanted::AtLeast(1.5), by_hand::run::<OneByOne>, 2_000_000);
    goals.mean(singly, Wanted::AtLeast(3.0), &ratios, ALL);
    let batches = "against batches of 64";
    let ratios = beside(goals, batches, Wanted::Anything, by_hand::run::<Batches>, 10_000_000);
    goals.mean(batches, Wanted::AtLeast(0.5), &ratios, ALL);
}

const ALL: usize = Workload::ALL.len() * Capacity::ALL.len();

/// The ratio for each workload and capacity that is wanted.
fn beside(goals: &mut Goals, way: &str, each: Wanted, by_hand: ByHand, messages: u64) -> Vec<f64> {
    let messages = goals.scaled(messages);
    let mut ratios = Vec::new();
    for workload in Workload::ALL {
        for capacity in Capacity::ALL {
            ratios.extend(goals.ratio(
                &format!("{workload}, {capacity}, {way}"),
                each,
                || by_hand(workload, capacity, messages),
                || on_a_system::run(workload, capacity, messages),
            ));
        }
    }
    ratios
}

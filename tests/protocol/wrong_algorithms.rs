//! Each wrong algorithm is caught by its oracles. The right algorithm, written in the same way,
//! passes. A weakened oracle fails this test.

use std::collections::{BTreeMap, BTreeSet};

use crate::chance::for_each_seed;
use crate::effort::scaled;
use crate::fault::Fault;
use crate::oracles::Oracle::{
    self, Causality, ChannelLaw, Completion, Conservation, OneMarker, Reachability, Room, Timers,
};
use crate::plan::{Lives, Plan};
use crate::world::World;

const SEEDS: u64 = 400;

/// The least number of seeds for each wrong algorithm, at an effort of 1.
const FURTHER_SEEDS: u64 = 30;

/// The oracles that notice each fault on some seed. All other oracles never notice it. Causality
/// alone catches every recorder whose cut or channels are wrong. The recorders that it misses fail
/// to end, or record the right events with wrong values.
const CAUGHT_BY: [(Fault, &[Oracle]); 34] = [
    // A node that stays blocked, or fails, never lets the markers of its handler go.
    (
        Fault::MarkersDeferred,
        &[ChannelLaw, Causality, Reachability, OneMarker, Completion, Conservation],
    ),
    (Fault::HandlerSendsAfterMarkers, &[ChannelLaw, Causality, Reachability, Timers, Conservation]),
    (Fault::StateTakenLate, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::StateTakenTwice, &[ChannelLaw, Causality, Reachability, Timers, Conservation]),
    (Fault::StateShared, &[Reachability, Conservation]),
    (Fault::MessagesShared, &[ChannelLaw, Reachability, Conservation]),
    (Fault::RecordingSwallows, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::DoneAtRecord, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::FirstLinkRecordedToo, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::OnlyFirstLinkCloses, &[ChannelLaw, Causality, Reachability, Completion, Conservation]),
    (Fault::AllOpenUntilDone, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::OneSlot, &[Completion]),
    (Fault::OnlyNewestRecords, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::MarkerClosesForEveryId, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::SeenPerNode, &[OneMarker, Completion]),
    (Fault::MarkersTwice, &[OneMarker]),
    (Fault::MarkerForgotten, &[OneMarker, Completion]),
    (Fault::RecordedInAnotherOrder, &[ChannelLaw, Causality, Reachability]),
    (Fault::MarkersOvertake, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::MessagesSwap, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::MessagesPassMarkers, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::EndsOvertake, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::WaitingLeftOut, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::MarkerPassesWaiting, &[ChannelLaw, Causality, Reachability, Conservation]),
    (
        Fault::MarkerNeedsRoom,
        &[ChannelLaw, Causality, Reachability, OneMarker, Completion, Conservation],
    ),
    (Fault::HandlesWhenBlocked, &[Reachability, Room]),
    (Fault::CreditTwice, &[ChannelLaw, Reachability, Room]),
    (Fault::MarkerNotReturned, &[ChannelLaw, Causality, Reachability, OneMarker, Completion]),
    (Fault::AcknowledgementsPassMarkers, &[ChannelLaw, Causality]),
    (Fault::CopiedAgain, &[ChannelLaw, Causality, Reachability, Conservation]),
    (Fault::OpenAfterEnd, &[Completion]),
    (Fault::TimersLeftOut, &[Timers]),
    (Fault::RestoreDrops, &[ChannelLaw, Reachability, Conservation]),
    (Fault::RestoreReorders, &[ChannelLaw, Reachability, Conservation]),
];

#[test]
fn each_wrong_algorithm_is_caught_by_its_oracles() {
    assert_eq!(CAUGHT_BY.map(|(fault, _)| fault), Fault::ALL);
    let mut wrong = Vec::new();
    for (fault, oracles) in CAUGHT_BY {
        let mut seeds = BTreeMap::<Oracle, u32>::new();
        let all = for_each_seed(0..SEEDS, |seed| {
            // The expected oracles have noticed the fault. Further seeds show that no other oracle
            // does.
            if seeds.len() >= oracles.len() && seed >= scaled(FURTHER_SEEDS) {
                return;
            }
            for oracle in oracles_that_catch(fault, seed) {
                *seeds.entry(oracle).or_default() += 1;
            }
        });
        eprintln!("{fault:?} is caught by {seeds:?}");
        if all {
            let caught: Vec<_> = seeds.into_keys().collect();
            if caught != oracles {
                wrong.push((fault, caught));
            }
        }
    }
    assert!(wrong.is_empty(), "caught by others than expected: {wrong:#?}");
}

#[test]
fn the_right_algorithm_by_the_same_hand_passes() {
    for_each_seed(0..SEEDS, |seed| {
        assert_eq!(oracles_that_catch(Fault::None, seed), BTreeSet::new());
    });
}

/// Sums prove little: a total stays what it is when messages change places, and the channel law
/// notices.
#[test]
fn conservation_is_blind_to_order_and_the_channel_law_is_not() {
    for fault in [Fault::RecordedInAnotherOrder, Fault::MessagesSwap] {
        let mut noticed = 0;
        let all = for_each_seed(0..SEEDS, |seed| {
            let lives = run(fault, seed);
            // Money lost with a failed node is counted by its place in the order.
            if lives.worlds.iter().any(|world| !world.down.is_empty()) {
                return;
            }
            let oracles = caught_in(&lives);
            assert!(!oracles.contains(&Conservation), "{fault:?}");
            noticed += u32::from(oracles.contains(&ChannelLaw));
        });
        assert!(noticed > 0 || !all, "{fault:?}");
    }
}

fn oracles_that_catch(fault: Fault, seed: u64) -> BTreeSet<Oracle> {
    caught_in(&run(fault, seed))
}

fn run(fault: Fault, seed: u64) -> Lives {
    Plan::draw(seed).run(|plan| fault.world(&plan.topology, plan.character))
}

fn caught_in(lives: &Lives) -> BTreeSet<Oracle> {
    let violations = lives.worlds.iter().flat_map(World::violations);
    violations.map(|violation| violation.oracle).collect()
}

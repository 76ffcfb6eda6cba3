//! Outputs that a driver drains late. Until a handler runs, the moment makes no difference.

use consistent_cut::MarkerPolicy;
use consistent_cut::protocol::{Envelope, NodeCore};

use crate::brief::{core, l, links, marker, message, on_both_policies, outputs, s};
use crate::chance::Chance;
use crate::teller::Teller;

const IN_LINKS: u32 = 3;
const SNAPSHOTS: u64 = 3;

/// A call that runs no handler.
enum Call {
    Arrive(u32, Envelope<crate::teller::Note>),
    Begin(u64),
    Acknowledge(u64),
}

/// Calls at random. Each link carries a marker of each snapshot, and messages between them.
fn calls(chance: &mut Chance) -> Vec<Call> {
    let (mut sent, mut marked) = ([0; IN_LINKS as usize], [0; IN_LINKS as usize]);
    let mut calls = Vec::new();
    while marked.iter().any(|marked| *marked < SNAPSHOTS) {
        let link = chance.below(IN_LINKS as usize);
        match chance.below(6) {
            0 if marked[link] < SNAPSHOTS => {
                marked[link] += 1;
                calls.push(Call::Arrive(link as u32, marker(marked[link])));
            }
            1 => calls.push(Call::Begin(1 + chance.below(SNAPSHOTS as usize) as u64)),
            2 => calls.push(Call::Acknowledge(0)),
            _ => {
                sent[link] += 1;
                calls.push(Call::Arrive(link as u32, message(link as u32, sent[link], &[])));
            }
        }
    }
    calls
}

/// Makes the calls, and lets the messages be handled in the end.
fn run(policy: MarkerPolicy, seed: u64, drains_at_once: bool) -> Vec<String> {
    let topology = links(4, &[(1, 0), (2, 0), (3, 0), (0, 1), (0, 2)]);
    let mut core: NodeCore<Teller> = core(topology, 0, policy);
    let mut told = outputs(&mut core);
    for call in calls(&mut Chance::new(seed)) {
        match call {
            Call::Arrive(link, envelope) => core.arrive(l(link), envelope).unwrap(),
            Call::Begin(snapshot) => core.begin_snapshot(s(snapshot)),
            Call::Acknowledge(received) => core.acknowledge(l(3), received),
        }
        if drains_at_once {
            told.extend(outputs(&mut core));
        }
    }
    told.extend(outputs(&mut core));
    loop {
        let has_met = core.meet_markers();
        told.extend(outputs(&mut core));
        if core.process_next().is_none() && !has_met {
            return told;
        }
        told.extend(outputs(&mut core));
    }
}

#[test]
fn outputs_that_are_drained_late_are_the_same() {
    on_both_policies(|policy| {
        for seed in 0..200 {
            let at_once = run(policy, seed, true);
            let markers = at_once.iter().filter(|text| text.contains(": marker")).count();
            assert_eq!(markers as u64, 2 * SNAPSHOTS, "each snapshot has reached the node");
            assert_eq!(run(policy, seed, false), at_once, "seed {seed}");
        }
    });
}

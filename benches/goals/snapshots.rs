//! The cost of snapshots and of tracing.

use consistent_cut::Topology;

use crate::goal::{Goals, Wanted};
use crate::support::figures::{median, time};
use crate::support::flood::{Flood, idle_system};
use crate::support::keeping_flood::KeepingFlood;
use crate::support::under_snapshots::{Snapshots, TOKENS, run};

pub(crate) fn measure(goals: &mut Goals) {
    let hops = goals.scaled(20_000_000).max(2 * TOKENS) / TOKENS;
    for (name, snapshots, least) in [
        ("throughput, snapshots back to back, against none", Snapshots::BACK_TO_BACK, 0.85),
        ("throughput, ten snapshots per second, against none", Snapshots::TEN_A_SECOND, 0.98),
        ("throughput, traced, against not", Snapshots::NoneTraced, 0.6),
    ] {
        let hops = match snapshots {
            // Each round is long enough for some snapshots.
            Snapshots::TEN_A_SECOND => 3 * hops,
            // The log takes memory.
            Snapshots::NoneTraced => hops / 2,
            _ => hops,
        };
        goals.ratio(
            name,
            Wanted::AtLeast(least),
            || run(Snapshots::None, hops).0,
            || run(snapshots, hops).0,
        );
    }
    for (name, topology, times) in [
        ("idle snapshot against a flood, ring of 100", Topology::ring(100), 60),
        ("idle snapshot against a flood, complete graph of 32", Topology::complete(32), 60),
        ("idle snapshot against a flood, ring of 1,000", Topology::ring(1_000), 8),
    ] {
        if goals.wants(name) {
            let topology = topology.unwrap();
            let flood = Flood::start(&topology);
            idle(goals, (name, Wanted::AtMost(1.3)), &topology, times, &|| flood.round());
            flood.stop();
        }
    }
    let name = "idle snapshot against a flood with records, complete graph of 32";
    if goals.wants(name) {
        let topology = Topology::complete(32).unwrap();
        let flood = KeepingFlood::start(&topology);
        idle(goals, (name, Wanted::Anything), &topology, 60, &|| flood.round());
        flood.stop();
    }
}

fn idle(
    goals: &mut Goals,
    (name, wanted): (&str, Wanted),
    topology: &Topology,
    times: u64,
    flood: &dyn Fn(),
) {
    let (system, times) = (idle_system(topology), goals.scaled(times));
    let middle = |what: &dyn Fn()| median(&(0..times).map(|_| time(what)).collect::<Vec<_>>());
    goals.ratio(name, wanted, || middle(flood), || middle(&|| drop(system.snapshot().unwrap())));
}

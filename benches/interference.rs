//! The cost of snapshots for the application: messages per second without snapshots, with ten per
//! second, and with snapshots back to back, in turn and in one run. Also the cost of a trace.
//!
//! Back to back, quicker snapshots are more snapshots, so the ratio tells little. So the bench also
//! prints how long one snapshot keeps the machine from messages.
//!
//! `cargo bench --bench interference` measures. Any other command makes a short run that only shows
//! that the bench works.
#![allow(missing_docs)]

mod support;

use support::figures::{self, listed, median};
use support::under_snapshots::{NODES, Snapshots, TOKENS, run};

fn main() {
    let (rounds, hops) = if figures::is_bench() { (11, 20_000) } else { (1, 20) };
    let kinds = [
        ("no snapshots", Snapshots::None),
        ("ten per second", Snapshots::TEN_A_SECOND),
        ("one after the other", Snapshots::BACK_TO_BACK),
        ("no snapshots, traced", Snapshots::NoneTraced),
    ];
    let mut speeds = [const { Vec::new() }; 4];
    let mut taken = [0; 4];
    let mut lost = [0.0; 4];
    for _ in 0..rounds {
        for (kind, (_, snapshots)) in kinds.iter().enumerate() {
            // A log of all hops would take gigabytes.
            let hops = if let Snapshots::NoneTraced = snapshots { hops / 10 } else { hops };
            let (speed, count) = run(*snapshots, hops);
            speeds[kind].push(speed);
            taken[kind] += count;
            let messages = (TOKENS * hops) as f64;
            lost[kind] += messages / speed - messages / speeds[0][speeds[0].len() - 1];
        }
    }
    println!("ring of {NODES}, {TOKENS} tokens");
    println!(
        "{:<22}{:>14}{:>11}{:>10}{:>8}   ratio of each round",
        "", "messages/s", "snapshots", "each", "ratio"
    );
    for (kind, (name, _)) in kinds.iter().enumerate() {
        let ratios: Vec<f64> =
            speeds[kind].iter().zip(&speeds[0]).map(|(with, without)| with / without).collect();
        println!(
            "{name:<22}{:>12.1} M{:>11}{:>10}{:>8.2}   {}",
            median(&speeds[kind]) / 1e6,
            taken[kind],
            each(taken[kind], lost[kind]),
            median(&ratios),
            listed(&ratios),
        );
    }
}

/// How long one of `snapshots` keeps the machine from messages. A few snapshots tell nothing.
fn each(snapshots: usize, seconds: f64) -> String {
    match snapshots {
        0..1_000 => "-".to_owned(),
        _ => format!("{:.1} µs", seconds * 1e6 / snapshots as f64),
    }
}

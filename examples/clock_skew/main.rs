//! How often is a snapshot wrong that trusts clocks? Nodes pass tokens around while their clocks
//! differ: by nothing up to a hundred times a message's latency. Each run takes one snapshot by
//! each algorithm, and the trace of the run tells whether the snapshot is right.
//!
//! ```text
//! cargo run --release --example clock_skew
//! cargo run --release --example clock_skew -- --runs 1000 --plot skew.svg
//! cargo run --release --example clock_skew -- --help
//! ```

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod plot;
mod run;
mod table;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use common::{say, shown};
use run::{Algorithms, Counts};

#[derive(Parser)]
#[command(about = "How often snapshots are wrong, by algorithm and skew of the clocks")]
struct Options {
    /// The number of runs, over all skews; each run is done by all three algorithms
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// The number of nodes in each run; each has a link to each other
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..=64))]
    nodes: u32,
    /// The seed of the first run
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file for the plot, in SVG
    #[arg(long, default_value = "target/clock_skew.svg")]
    plot: PathBuf,
}

/// The option that names the file of the plot.
const PLOT: &str = "--plot";

/// The largest difference of the clocks, in latencies of a message.
const SKEWS: [f64; 12] = [0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// The results for one skew.
struct Row {
    skew: f64,
    counts: Algorithms<Counts>,
}

fn main() -> ExitCode {
    common::finish(measure(&common::options::read()))
}

fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    common::files::check(PLOT, &options.plot)?;
    let runs = options.runs.div_ceil(SKEWS.len() as u64);
    say!(
        "{} nodes in a complete graph; messages take 1 to 3 ms, 2 ms in the mean. Clocks differ by up to the skew.\n",
        options.nodes
    );
    let progress = ProgressBar::new(runs * SKEWS.len() as u64);
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {eta} left")?);
    let mut rows = Vec::new();
    for skew in SKEWS {
        let mut counts = Algorithms::default();
        // The same runs for each skew.
        for nth in 0..runs {
            let seed = options.seed.wrapping_add(nth);
            run::run(seed, options.nodes, skew, &mut counts)?;
            progress.inc(1);
        }
        rows.push(Row { skew, counts });
    }
    progress.finish_and_clear();
    table::print(&rows);
    common::files::write(PLOT, &options.plot, &plot::draw(&rows)?)?;
    say!("\nThe plot: {}", shown(&options.plot.display()));
    match rows.iter().find_map(|row| row.counts.chandy_lamport.first_wrong) {
        Some(seed) => Err(format!(
            "seed {seed}: a snapshot by Chandy and Lamport is wrong, which should never happen"
        )
        .into()),
        None => Ok(()),
    }
}

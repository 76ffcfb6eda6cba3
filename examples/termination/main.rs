//! A parallel search that has to know when it is done. Threads explore the graph of the 8-puzzle
//! together. Each thread owns a part of the positions, and tells the others which positions it
//! reaches. No thread can see that all work is done; a snapshot can.
//!
//! ```text
//! cargo run --release --example termination
//! cargo run --release --example termination -- --searchers 16
//! cargo run --release --example termination -- --help
//! ```

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod puzzle;
mod report;
mod searcher;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use consistent_cut::property::{Detection, terminated};
use consistent_cut::{System, Topology};

use common::options::LONGEST_PAUSE;
use common::say;
use puzzle::Position;
use searcher::{Progress, Searcher};

#[derive(Parser)]
#[command(about = "A parallel search that stops exactly when it is done")]
struct Options {
    /// The number of threads that search
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=200))]
    searchers: u16,
    /// The pause from one snapshot to the next, in milliseconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=LONGEST_PAUSE))]
    pause: u64,
}

fn main() -> ExitCode {
    common::finish(search(&common::options::read()))
}

fn search(options: &Options) -> Result<(), Box<dyn Error>> {
    let searchers = usize::from(options.searchers);
    say!("{searchers} threads look for the fewest moves to every position of the 8-puzzle.\n");
    // Each searcher has a link to each searcher, and to itself.
    let links = (0..searchers).flat_map(|from| (0..searchers).map(move |to| (from, to)));
    let system = System::builder(Topology::from_links(searchers, links)?)
        .spawn(|node| Searcher::new(node, searchers, Position::SOLVED))?;

    let done = terminated(|_, progress: &Progress| progress.open == 0);
    say!("{}", report::HEADING);
    let mut only_seemed_done = 0;
    for result in system.every(Duration::from_millis(options.pause)) {
        let snapshot = result?;
        say!("{}", report::line(&snapshot));
        match done.detect(&snapshot) {
            Detection::HoldsNow(finding) => {
                say!("\nThe search is done: {}.", finding.reason);
                break;
            }
            Detection::DidNotHoldAtStart(_) => {
                only_seemed_done += u32::from(snapshot.states().all(|(_, state)| state.open == 0));
            }
        }
    }
    say!(
        "Earlier snapshots in which all searchers were at rest, though messages were in flight: {only_seemed_done}.\n"
    );
    report::check(system.shutdown()?)
}

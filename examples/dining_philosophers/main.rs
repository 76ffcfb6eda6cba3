//! Dining philosophers, each a thread, and each fork is a thread too. A philosopher takes the left
//! fork first and then waits for the right one. In the end all of them wait, and the wait never
//! ends. Snapshots find this deadlock, and name the cycle.
//!
//! ```text
//! cargo run --release --example dining_philosophers
//! cargo run --release --example dining_philosophers -- --ordered
//! cargo run --release --example dining_philosophers -- --runs 200
//! cargo run --release --example dining_philosophers -- --help
//! ```

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod evening;
mod table;
mod waiting;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use consistent_cut::property::Deadlock;
use indicatif::{ProgressBar, ProgressStyle};

use common::options::LONGEST_PAUSE;
use common::{say, shown};
use evening::{End, Evening};
use table::Manners;

#[derive(Clone, Parser)]
#[command(about = "Philosophers who deadlock for real, and snapshots that find it")]
struct Options {
    /// The number of philosophers, a thread each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    philosophers: u32,
    /// Each takes the fork with the lower number first: then there is no deadlock
    #[arg(long)]
    ordered: bool,
    /// With --ordered, the number of meals of each until the evening ends
    #[arg(long, default_value_t = 300)]
    meals: u64,
    /// The number of snapshots at most
    #[arg(long, default_value_t = 10_000)]
    snapshots: u64,
    /// The pause from one snapshot to the next, in milliseconds
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=LONGEST_PAUSE))]
    pause: u64,
    /// Seed of their thoughts; threads still interleave as they like
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of evenings, one after the other; several are summed up in one line
    #[arg(long, default_value_t = 1)]
    runs: u64,
    /// The file for the drawing of the deadlock, in DOT
    #[arg(long, default_value = "target/dining_philosophers.dot")]
    drawing: PathBuf,
}

/// The option that names the file of the drawing.
const DRAWING: &str = "--drawing";

impl Options {
    fn manners(&self) -> Manners {
        if self.ordered { Manners::Ordered } else { Manners::LeftFirst }
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(self.pause)
    }
}

fn main() -> ExitCode {
    let options: Options = common::options::read();
    common::finish(match options.runs {
        1 => one_evening(&options),
        _ => many_evenings(&options),
    })
}

fn one_evening(options: &Options) -> Result<(), Box<dyn Error>> {
    if !options.ordered {
        common::files::check(DRAWING, &options.drawing)?;
    }
    let philosophers = options.philosophers;
    say!(
        "{philosophers} philosophers, who take {}.\n",
        match options.manners() {
            Manners::LeftFirst => "the left fork first",
            Manners::Ordered => "the fork with the lower number first",
        }
    );
    let mut evening = Evening::begin(options, options.seed)?;
    match evening.watch(|line| say!("   {line}"))? {
        End::AllHaveEaten { snapshots } => {
            say!(
                "\nEach philosopher has eaten {} times, and none of {snapshots} snapshots shows a deadlock.",
                options.meals
            );
        }
        End::Deadlock { deadlock, .. } if options.ordered => {
            return Err(format!("{deadlock}, which ordered forks rule out").into());
        }
        End::Deadlock { deadlock, .. } => {
            print_cycle(&evening, &deadlock);
            evening.check_that_nobody_moves(&deadlock)?;
            say!("A last snapshot shows the same: since then no philosopher has moved.");
            common::files::write(DRAWING, &options.drawing, &deadlock.to_dot())?;
            let path = shown(&options.drawing.display());
            say!("The nodes and their waits: {path} (dot -Tsvg draws it).");
        }
    }
    Ok(())
}

fn print_cycle(evening: &Evening, deadlock: &Deadlock) {
    say!("\nA deadlock of {} nodes:", deadlock.nodes().len());
    let cycle = deadlock.cycle().unwrap_or_default();
    for (node, next) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
        say!("   {} waits for {}", evening.name(*node), evening.name(*next));
    }
    say!();
}

/// Each evening's deadlock is found, and a last snapshot confirms it.
fn many_evenings(options: &Options) -> Result<(), Box<dyn Error>> {
    let progress = ProgressBar::new(options.runs);
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} evenings, {eta} left")?);
    let (mut deadlocks, mut snapshots_in_all) = (0, 0);
    for run in 0..options.runs {
        let mut evening = Evening::begin(options, options.seed.wrapping_add(run))?;
        match evening.watch(|_| {})? {
            End::AllHaveEaten { snapshots } => snapshots_in_all += snapshots,
            End::Deadlock { deadlock, snapshots } => {
                evening.check_that_nobody_moves(&deadlock)?;
                deadlocks += 1;
                snapshots_in_all += snapshots;
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    say!(
        "{} evenings, {snapshots_in_all} snapshots: {deadlocks} deadlocks were found, and no philosopher moved after one.",
        options.runs
    );
    Ok(())
}

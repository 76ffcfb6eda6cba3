//! Random systems, one after the other. Each is used by all calls of the crate and checked at every
//! step. The search is for faults that no other test looks for.
//!
//! ```text
//! cargo test --release --test soak -- --minutes 5 --seed 7
//! cargo test --release --test soak -- --replay 1234567890
//! ```

mod audit;
mod caller;
mod chatterer;
#[path = "../../examples/common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod life;
mod options;
mod progress;
mod run;
mod setup;
mod tally;
mod verdict;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rand::Rng;

use common::say;
use options::Options;
use run::Run;
use tally::Tally;
use watch::Pulse;

/// The pause between two printed lines, where there is no terminal to show a bar.
const LINE_EVERY: Duration = Duration::from_secs(60);

fn main() {
    let options = common::options::read::<Options>();
    let (tally, pulse) = (Arc::new(Tally::default()), Arc::new(Pulse::default()));
    watch::hook_panics(Arc::clone(&pulse));
    watch::start_watchdog(Arc::clone(&pulse));
    let bar = open_bar(options.time());
    soak(&options, &tally, &pulse, &bar);
    bar.finish_and_clear();
    say!("{tally}");
}

fn soak(options: &Options, tally: &Arc<Tally>, pulse: &Arc<Pulse>, bar: &ProgressBar) {
    let mut seeds = setup::generator(options.seed);
    let (threads, start) = (watch::threads(), watch::now());
    let mut next_line = LINE_EVERY;
    loop {
        let seed = options.replay.unwrap_or_else(|| seeds.next_u64() >> 16);
        pulse.begin(seed);
        let run = Run::new(seed, tally, pulse);
        if options.verbose {
            let (shape, topology) = (run.setup.shape, &run.setup.topology);
            bar.suspend(|| say!("{seed}: {shape}, {topology}, {:?}", run.setup.manner));
        }
        life::live(&run, threads);
        Tally::add(&tally.systems, 1);
        tally.remember(watch::memory().unwrap_or(0));

        let elapsed = start.elapsed();
        bar.set_position(elapsed.as_secs());
        bar.set_message(tally.brief());
        if bar.is_hidden() && elapsed > next_line {
            say!("{:>5} s: {}", elapsed.as_secs(), tally.brief());
            next_line = elapsed + LINE_EVERY;
        }
        if elapsed >= options.time() {
            return;
        }
    }
}

/// Shown on standard error if that is a terminal.
fn open_bar(time: Duration) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:20} {pos} of {len} s: {wide_msg}");
    let bar = ProgressBar::new(time.as_secs());
    bar.with_style(style.expect("the template is right").progress_chars("=> "))
}

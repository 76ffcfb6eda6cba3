//! The command line.

use std::time::Duration;

use clap::Parser;

/// Runs random systems one after the other, makes all calls that a caller may make, and checks all
/// answers.
///
/// Each system is drawn from a seed: topology, settings, processes, callers, faults. The checks:
/// every snapshot is right, message by message; every error fits the calls that were made; no
/// caller hangs; every thread ends. The first fault ends the run, with the seed of the system and
/// the command that runs it again.
#[derive(Debug, Parser)]
#[command(name = "soak")]
pub(crate) struct Options {
    /// How long to go on, in minutes; the last system is finished
    #[arg(long, value_name = "NUMBER", conflicts_with = "seconds")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    minutes: Option<u32>,

    /// How long to go on, in seconds [default: 60]
    #[arg(long, value_name = "NUMBER")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,

    /// Seed of all random choices; threads still interleave as they like, so runs differ
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Run the one system of this seed: once, or again and again if a time is given
    #[arg(long, value_name = "SEED")]
    pub(crate) replay: Option<u64>,

    /// Print a line for each system before it starts
    #[arg(long)]
    pub(crate) verbose: bool,
}

impl Options {
    pub(crate) fn time(&self) -> Duration {
        let minutes = self.minutes.map(|minutes| 60 * u64::from(minutes));
        let seconds = minutes.or(self.seconds.map(u64::from));
        Duration::from_secs(seconds.unwrap_or(if self.replay.is_some() { 0 } else { 60 }))
    }
}

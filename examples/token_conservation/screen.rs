//! The display while the system runs: a line for each snapshot, and below the lines a progress bar.

use std::time::Duration;

use consistent_cut::Topology;
use indicatif::{ProgressBar, ProgressStyle};

use super::Snapshot;
use super::census;
use super::common::say;
use super::options::Options;
use super::summary::Summary;

/// How many characters stand for all the tokens of the start.
const GAUGE: u64 = 21;
/// About how many characters the places may take.
const PLACES: usize = 44;

/// Lines go to standard output; the bar goes to standard error, and only if that is a terminal.
pub(crate) struct Screen {
    tokens: u64,
    bar: ProgressBar,
}

impl Screen {
    /// Prints the setting of the run, and the head of the table.
    pub(crate) fn open(
        options: &Options,
        topology: &Topology,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let style = ProgressStyle::with_template("{bar:40} {pos} of {len} tokens gone, {msg}")?;
        let bar = ProgressBar::new(options.tokens.into()).with_style(style.progress_chars("=> "));
        let screen = Screen { tokens: options.tokens.into(), bar };
        screen.print(&format!(
            "{topology} ({}); tokens: {}, discarded on arrival with probability {}; seed: {}",
            options.topology, options.tokens, options.discard, options.seed,
        ));
        if let Some(note) = options.note_on(topology) {
            screen.print(&note);
        }
        screen
            .print("\nsnapshot   tokens = nodes + links  [# at nodes = on links]   waited  where");
        Ok(screen)
    }

    /// Prints a snapshot on one line.
    pub(crate) fn show(&self, snapshot: &Snapshot, waited: Duration) {
        let (census, topology) = (census::take(snapshot), snapshot.topology());
        let (tokens, at_nodes) = (census.total(), census.at_nodes());
        self.bar.set_position(self.tokens - tokens.min(self.tokens));
        self.bar.set_message(snapshot.id().to_string());
        self.print(&format!(
            "{:>8} {:>8} = {:>5} + {:>5}  [{}] {:>8}  {}",
            snapshot.id().get(),
            tokens,
            at_nodes,
            tokens - at_nodes,
            self.gauge(tokens, at_nodes),
            format!("{waited:.1?}"),
            census::richest(&census, topology, PLACES),
        ));
    }

    /// Gives the system time to move on, and the person time to read.
    #[allow(clippy::disallowed_methods, reason = "it paces the display and synchronises nothing")]
    pub(crate) fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    /// Takes the bar away and prints the summary.
    pub(crate) fn close(&self, summary: &Summary) {
        self.bar.finish_and_clear();
        self.print(&format!("\n{summary}"));
    }

    /// `####====== `: of the tokens of the start, those at nodes, those on links, and those gone.
    fn gauge(&self, tokens: u64, at_nodes: u64) -> String {
        // Rounded up, so that a last token still shows.
        let marks = |tokens: u64| (tokens * GAUGE).div_ceil(self.tokens) as usize;
        let (present, at_nodes) = (marks(tokens), marks(at_nodes));
        let on_links = present.saturating_sub(at_nodes);
        let gauge = "#".repeat(at_nodes) + &"=".repeat(on_links);
        format!("{gauge:<width$}", width = GAUGE as usize)
    }

    /// Prints a line, with the bar out of its way.
    fn print(&self, line: &str) {
        self.bar.suspend(|| say!("{line}"));
    }
}

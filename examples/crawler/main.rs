//! A web crawler with a loop that fills up. Fetchers hand pages to parsers, and parsers hand the
//! links in the pages back. Each fetcher and parser is a thread. A page has more than one link, so
//! more and more messages are under way. When the links between the threads are full, all threads
//! wait for room. Snapshots find this deadlock, though no line here defines a deadlock.
//!
//! ```text
//! cargo run --release --example crawler
//! cargo run --release --example crawler -- --unbounded-feedback
//! cargo run --release --example crawler -- --help
//! ```

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod crawl;
mod pipeline;
mod site;
mod view;
mod worker;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use consistent_cut::Topology;
use consistent_cut::property::{Deadlock, Finding};

use common::options::LONGEST_PAUSE;
use common::{say, shown};
use crawl::{Crawl, End};
use worker::{Item, Progress};

#[derive(Parser)]
#[command(
    about = "A crawler whose threads come to wait for each other, and snapshots that find it"
)]
struct Options {
    /// The number of fetchers, a thread each
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    fetchers: u32,
    /// The number of parsers, a thread each
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    parsers: u32,
    /// The number of pages of the site
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pages: u64,
    /// The number of messages that a link has room for
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    capacity: u32,
    /// The links back to the fetchers have room for any number of messages, so the crawl comes to
    /// its end
    #[arg(long)]
    unbounded_feedback: bool,
    /// The time to fetch a page, in microseconds
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    fetch: u64,
    /// The number of snapshots at most
    #[arg(long, default_value_t = 1_000)]
    snapshots: usize,
    /// The pause from one snapshot to the next, in milliseconds
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(..=LONGEST_PAUSE))]
    pause: u64,
    /// The file for the drawing of the deadlock, in DOT
    #[arg(long, default_value = "target/crawler.dot")]
    drawing: PathBuf,
}

/// The option that names the file of the drawing.
const DRAWING: &str = "--drawing";

impl Options {
    fn capacity(&self) -> usize {
        self.capacity as usize
    }

    fn fetch_time(&self) -> Duration {
        Duration::from_micros(self.fetch)
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(self.pause)
    }
}

fn main() -> ExitCode {
    common::finish(run(&common::options::read()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if !options.unbounded_feedback {
        common::files::check(DRAWING, &options.drawing)?;
    }
    let Options { fetchers, parsers, pages, capacity, .. } = options;
    let links_back = if options.unbounded_feedback { "holds any number" } else { "does too" };
    say!("A site of {pages} pages, {fetchers} fetchers and {parsers} parsers.");
    say!("A link to a parser holds {capacity} messages; a link back {links_back}.\n");
    let crawl = Crawl::begin(options)?;
    say!("{}", view::HEADING);
    match crawl.watch(options, |snapshot| say!("{}", view::line(snapshot)))? {
        End::Done(finding) => tell_that_it_is_done(&finding, options),
        End::Deadlock(deadlock, _) if options.unbounded_feedback => {
            Err(format!("{deadlock}, though no parser ever waits").into())
        }
        End::Deadlock(deadlock, found_in) => {
            print_cycle(&deadlock, found_in.topology());
            let moved = crawl.what_moved(&deadlock, &found_in, options)?;
            say!("A later snapshot shows that none of them has moved.\nFrom {moved}");
            common::files::write(DRAWING, &options.drawing, &deadlock.to_dot())?;
            let path = shown(&options.drawing.display());
            say!("The nodes and their waits: {path} (dot -Tsvg draws it).");
            say!("With --unbounded-feedback no parser ever waits, and the crawl comes to its end.");
            Ok(())
        }
    }
}

fn tell_that_it_is_done(
    finding: &Finding<Progress, Item>,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    say!("\nThe crawl is done: {}.", finding.reason);
    let fetched = view::pages_fetched(&finding.snapshot);
    if fetched as u64 != options.pages {
        return Err(format!("{fetched} of {} pages were fetched", options.pages).into());
    }
    say!("All {fetched} pages were fetched, each once.");
    if !options.unbounded_feedback {
        say!("The links had room enough; with a smaller --capacity they fill up.");
    }
    Ok(())
}

fn print_cycle(deadlock: &Deadlock, topology: &Topology) {
    say!("\nA deadlock of {} nodes, with this cycle:", deadlock.nodes().len());
    let cycle = deadlock.cycle().unwrap_or_default();
    for (node, next) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
        let [node, next] = [node, next].map(|node| topology.label(*node));
        say!("   {node} waits for room on the link to {next}");
    }
    say!();
}

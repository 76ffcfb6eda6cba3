//! Counts the words of a text in a pipeline with links back. Saves ten checkpoints per second, and
//! goes on from the last one when it is started again.
//!
//! ```text
//! cargo run --release --features checkpoint --example checkpoint_restart -- --crash-after 20000
//! cargo run --release --features checkpoint --example checkpoint_restart
//! cargo run --release --features checkpoint --example checkpoint_restart -- --fresh --supervise
//! ```
//!
//! The first command aborts in the middle of the text, without running a destructor, as `kill -9`
//! would end it. The second goes on, with the lines, words and credits that were in flight. The
//! third recovers within the process from a node that panics. The second and the third compare
//! their result with the count of a plain loop.

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod count;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use consistent_cut::checkpoint::{
    CheckpointEvent, Checkpoints, FileStore, Format, LineSink, LoadError, RestartPolicy,
    SupervisionEvent, Which,
};
use consistent_cut::{GlobalSnapshot, System};
use indicatif::{ProgressBar, ProgressStyle};

use common::say;
use count::{CREDITS, Faults, Message, Node, Run, State, topology, words};

#[derive(Parser)]
#[command(about = "Counts words, and goes on from its last checkpoint after a crash")]
struct Options {
    /// The text
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/LICENSE-APACHE"))]
    text: PathBuf,
    /// How many times the text is read
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    times: u64,
    /// The folder for the checkpoints and the result
    #[arg(long, default_value_os_t = std::env::temp_dir().join("consistent-cut-words"))]
    folder: PathBuf,
    /// Removes the checkpoints of earlier runs first
    #[arg(long)]
    fresh: bool,
    /// Aborts when this many lines were read in this run: no destructor runs
    #[arg(long)]
    crash_after: Option<u64>,
    /// Makes a counter panic once, and restarts the system from its last checkpoint
    #[arg(long)]
    supervise: bool,
    /// The time from one checkpoint to the next, in milliseconds
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    period: u64,
}

fn main() -> ExitCode {
    common::finish(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if options.fresh {
        remove(&options.folder)?;
    }
    fs::create_dir_all(&options.folder)?;
    let checkpoints = checkpoints(&options.folder.join("checkpoints"))?;
    say!("{}", beginning(&checkpoints)?);
    let run = Run {
        text: options.text.clone(),
        times: options.times,
        faults: Faults {
            crash_after: options.crash_after,
            panic_after: options.supervise.then_some(5_000),
        },
        lines: Arc::new(AtomicU64::new(0)),
        has_panicked: Arc::new(AtomicBool::new(false)),
    };
    let period = Duration::from_millis(options.period);
    let result = options.folder.join("result.txt");
    match options.supervise {
        false => alone(&run, &checkpoints, period, &result)?,
        true => supervised(&run, &checkpoints, period, &result)?,
    }
    compare(&result, &run)?;
    remove(&options.folder)?;
    Ok(())
}

fn remove(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn checkpoints(path: &Path) -> Result<Checkpoints<State, Message>, Box<dyn Error>> {
    let store = if path.exists() { FileStore::open(path)? } else { FileStore::create(path)? };
    Ok(Checkpoints::new(store, Format::default().application(env!("CARGO_PKG_VERSION"))))
}

/// The text about the checkpoint from which this run goes on.
fn beginning(checkpoints: &Checkpoints<State, Message>) -> Result<String, LoadError> {
    let loaded = match checkpoints.load(Which::Newest) {
        Err(LoadError::Empty) => return Ok("There is no checkpoint: this run starts anew.".into()),
        loaded => loaded?,
    };
    let in_flight = |wanted: fn(&Message) -> bool| count_in_flight(&loaded.snapshot, wanted);
    let damaged: String = loaded.damaged.iter().map(|damage| format!("\n({damage})")).collect();
    let lines = loaded.snapshot.states().find_map(|(_, state)| match state {
        State::Splitter { lines } => Some(*lines),
        _ => None,
    });
    Ok(format!(
        "This run goes on from {}: {} lines were split; {} lines, {} words and {} credits are in flight.{damaged}",
        loaded.record.id,
        lines.unwrap_or(0),
        in_flight(|message| matches!(message, Message::Line(_))),
        in_flight(|message| matches!(message, Message::Word(_))),
        in_flight(|message| matches!(message, Message::Credit | Message::LineEnds)),
    ))
}

fn count_in_flight(
    snapshot: &GlobalSnapshot<State, Message>,
    wanted: fn(&Message) -> bool,
) -> usize {
    snapshot.in_flight().filter(|(_, message)| wanted(message)).count()
}

/// Runs the system, with checkpoints, until every node has stopped.
fn alone(
    run: &Run,
    checkpoints: &Checkpoints<State, Message>,
    period: Duration,
    result: &Path,
) -> Result<(), Box<dyn Error>> {
    let resumed =
        System::builder(topology()).restore_or_spawn(checkpoints, |node| Node::new(node, run))?;
    let bar = progress(run);
    let shown = bar.clone();
    let lines = Arc::clone(&run.lines);
    let checkpointer = resumed
        .system
        .checkpointer(checkpoints)
        .period(period)
        .release_to(LineSink::open(result)?)
        .on_event(move |event| {
            shown.set_position(lines.load(Ordering::Relaxed));
            if !matches!(event, CheckpointEvent::Saved(_) | CheckpointEvent::Skipped(_)) {
                shown.println(event.to_string());
            }
        })
        .start()?;
    let counts = checkpointer.events();
    checkpointer.join();
    bar.finish_and_clear();
    let saved = counts.filter(|event| matches!(event, CheckpointEvent::Saved(_))).count();
    say!("{saved} checkpoints were saved in this run.");
    resumed.system.join()?;
    Ok(())
}

/// Runs the system under supervision, with a node that panics once.
fn supervised(
    run: &Run,
    checkpoints: &Checkpoints<State, Message>,
    period: Duration,
    result: &Path,
) -> Result<(), Box<dyn Error>> {
    let bar = progress(run);
    let (shown, nodes) = (bar.clone(), run.clone());
    let lines = Arc::clone(&run.lines);
    let supervised = System::builder(topology())
        .supervise(checkpoints, move |node| Node::new(node, &nodes))
        .policy(RestartPolicy::default().period(period))
        .release_to(LineSink::open(result)?)
        .on_event(move |event| {
            shown.set_position(lines.load(Ordering::Relaxed));
            let is_usual = matches!(
                event,
                SupervisionEvent::Checkpoint(
                    CheckpointEvent::Saved(_) | CheckpointEvent::Skipped(_)
                ) | SupervisionEvent::Over
            );
            if !is_usual {
                shown.suspend(|| say!("{event}"));
            }
        })
        .start()?;
    supervised.join()?;
    bar.finish_and_clear();
    Ok(())
}

fn progress(run: &Run) -> ProgressBar {
    let lines = fs::read_to_string(&run.text).map_or(0, |text| text.lines().count() as u64);
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} lines");
    let bar = ProgressBar::new(lines * run.times);
    bar.with_style(style.expect("the template is right"))
}

/// Compares the released totals with those of a plain loop.
fn compare(result: &Path, run: &Run) -> Result<(), Box<dyn Error>> {
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for word in fs::read_to_string(&run.text)?.lines().flat_map(words) {
        *expected.entry(word).or_default() += run.times;
    }
    let mut totals = BTreeMap::new();
    for line in fs::read_to_string(result)?.lines() {
        let total = line.rsplit('\t').next().and_then(|total| total.split_once(' '));
        let (word, times) = total.ok_or("a line of the result has no total")?;
        if totals.insert(word.to_owned(), times.parse()?).is_some() {
            return Err(format!("{word} was released twice").into());
        }
    }
    if totals != expected {
        return Err("the count differs from that of a plain loop".into());
    }
    let mut most: Vec<_> = totals.iter().collect();
    most.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
    say!("{} words, as a plain loop counts them:", totals.values().sum::<u64>());
    most.iter().take(5).for_each(|(word, times)| say!("  {times:>7}  {word}"));
    say!("No line was lost or counted twice, with up to {CREDITS} lines under way at once.");
    Ok(())
}

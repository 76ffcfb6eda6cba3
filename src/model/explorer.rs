//! The search: its limits, how it went, and what is kept of a failure.

use std::any::Any;
use std::env;
use std::fmt;
use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tracing_subscriber::{EnvFilter, fmt as log};

use super::files::{Checkpoint, broken, default_failures};
use crate::panics::text_of;
use crate::sync::{Progress, begin, note_steps};

/// How many preemptions are explored if nothing else is said.
const PREEMPTIONS: usize = 2;

/// How many steps an execution may have if nothing else is said. A small system takes some hundreds.
const BRANCHES: usize = 10_000;

/// A thread of a model that takes no step for so long is taken for stuck, if nothing else is said.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// Limits are looked at this often.
const EXECUTIONS_BETWEEN_LOOKS: usize = 100;

/// The checkpoint is written this often.
const EXECUTIONS_BETWEEN_CHECKPOINTS: usize = 20_000;

/// Explores a model with the limits of [`Explorer::new`].
///
/// # Panics
/// If an execution does.
pub fn check(model: impl Fn() + Send + Sync + 'static) -> Exploration {
    Explorer::new().check(model)
}

/// From here to the execution's end, or to [`explore`], nothing is searched: one order of steps is taken.
///
/// # Panics
/// Outside a model, and where nothing is explored already.
pub fn stop_exploring() {
    loom::stop_exploring();
}

/// Goes on with the search after [`stop_exploring`].
///
/// # Panics
/// Outside a model, and where the search goes on already.
pub fn explore() {
    loom::explore();
}

/// A search and its limits. See the [module page](super).
#[derive(Clone, Debug)]
#[must_use = "a search begins with `check`"]
pub struct Explorer {
    preemptions: Option<usize>,
    branches: usize,
    executions: Option<usize>,
    duration: Option<Duration>,
    checkpoint: Checkpoint,
    failures: Option<PathBuf>,
    stuck_after: Duration,
}

impl Default for Explorer {
    fn default() -> Self {
        Explorer::new()
    }
}

impl Explorer {
    /// At most two preemptions and 10,000 steps an execution, and as many executions and as much time as it takes, unless loom's
    /// variables say otherwise.
    pub fn new() -> Self {
        let from_env = loom::model::Builder::new();
        let branches = env::var_os("LOOM_MAX_BRANCHES").map_or(BRANCHES, |_| from_env.max_branches);
        Explorer {
            preemptions: from_env.preemption_bound.or(Some(PREEMPTIONS)),
            branches,
            executions: from_env.max_permutations,
            duration: from_env.max_duration,
            checkpoint: Checkpoint::of_variable(from_env.checkpoint_file),
            failures: None,
            stuck_after: STUCK_AFTER,
        }
    }

    /// Explores executions with at most this many preemptions.
    pub fn preemptions(mut self, most: usize) -> Self {
        self.preemptions = Some(most);
        self
    }

    /// Explores every execution. Affordable for the smallest of models alone.
    pub fn exhaustive(mut self) -> Self {
        self.preemptions = None;
        self
    }

    /// Fails an execution with more steps than this: as a rule one that waits in a loop.
    pub fn branches(mut self, most: usize) -> Self {
        self.branches = most;
        self
    }

    /// Ends the search after so many executions, give or take a hundred; with a [checkpoint](Self::checkpoint), 20,000.
    pub fn executions(mut self, most: usize) -> Self {
        self.executions = Some(most);
        self
    }

    /// Ends the search after this time, within a hundred executions; with a [checkpoint](Self::checkpoint), 20,000.
    pub fn duration(mut self, most: Duration) -> Self {
        self.duration = Some(most);
        self
    }

    /// Keeps in this file how far the search has come, and goes on from there if the file exists: for searches of hours, and for
    /// the file that a failing execution leaves behind.
    pub fn checkpoint(mut self, file: impl Into<PathBuf>) -> Self {
        self.checkpoint = Checkpoint::OfSearch(file.into());
        self
    }

    /// Ends the search when a thread of the model takes no step for this long, at most twice as
    /// long: as a rule a handler that goes round in a loop, of which loom's limits know nothing.
    /// Ten seconds if not set. Set more where handlers compute for long.
    pub fn stuck_after(mut self, time: Duration) -> Self {
        self.stuck_after = time;
        self
    }

    /// Keeps failing executions in this directory. If not set, in `model-failures` in the directory
    /// that cargo builds in.
    pub fn failures_in(mut self, directory: impl Into<PathBuf>) -> Self {
        self.failures = Some(directory.into());
        self
    }

    /// Explores the model.
    ///
    /// # Panics
    /// If an execution does, deadlocks, or has more steps than allowed. Standard error then tells
    /// how to run this execution alone. If `LOOM_CHECKPOINT_FILE` names no file from which a search
    /// can go on. If a thread [is stuck](Self::stuck_after): the panic names
    /// its node, and the thread of the machine that ran the search is left behind, busy.
    #[expect(clippy::disallowed_methods, reason = "how long the search takes, no time of a model")]
    pub fn check(&self, model: impl Fn() + Send + Sync + 'static) -> Exploration {
        if let Some(problem) = self.checkpoint.problem() {
            panic!("{problem}");
        }
        let model: Model = Arc::new(model);
        let start = Instant::now();
        let every = match self.checkpoint {
            Checkpoint::None => EXECUTIONS_BETWEEN_LOOKS,
            Checkpoint::OfVariable(_) | Checkpoint::OfSearch(_) => EXECUTIONS_BETWEEN_CHECKPOINTS,
        };
        let search = self.search(&model, self.checkpoint.path(), every);
        if let Err(payload) = search.result {
            if let (0, Some(file)) = (search.executions, self.checkpoint.path()) {
                panic!("{}", broken(file, &text_of(payload)));
            }
            self.keep(&model, search.executions);
            resume_unwind(payload);
        }
        let took = start.elapsed();
        let next = search.executions + 1;
        let reached = self.executions.is_some_and(|most| next >= most)
            || self.duration.is_some_and(|most| took >= most);
        Exploration {
            executions: search.executions,
            preemptions: self.preemptions,
            is_complete: !(reached && next % every == 0),
            took,
        }
    }

    /// Runs a search in a thread of its own, and watches it.
    fn search(&self, model: &Model, checkpoint: Option<&Path>, every: usize) -> Search {
        let progress = Arc::new(Progress::default());
        let (done, ended) = mpsc::channel();
        let (noted, explorer) = (Arc::clone(&progress), self.clone());
        let (model, checkpoint) = (Arc::clone(model), checkpoint.map(Path::to_path_buf));
        let name = thread::current().name().unwrap_or("model").to_owned();
        let searching = thread::Builder::new().name(name).spawn(move || {
            note_steps(noted);
            let search = explorer.run(&model, checkpoint.as_deref(), every);
            // Received, unless the search was taken for stuck.
            let _ = done.send(search);
        });
        searching.expect("a search takes one thread of the machine");
        let mut steps = None;
        loop {
            match ended.recv_timeout(self.stuck_after) {
                Ok(search) => return search,
                Err(mpsc::RecvTimeoutError::Disconnected) => panic!("the search has failed"),
                Err(mpsc::RecvTimeoutError::Timeout) if steps == Some(progress.steps()) => {
                    panic!("{}", stuck(progress.at().as_deref(), self.stuck_after));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => steps = Some(progress.steps()),
            }
        }
    }

    fn run(&self, model: &Model, checkpoint: Option<&Path>, every: usize) -> Search {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = self.preemptions;
        builder.max_branches = self.branches;
        builder.max_permutations = self.executions;
        builder.max_duration = self.duration;
        builder.checkpoint_file = checkpoint.map(Path::to_path_buf);
        builder.checkpoint_interval = every;

        let executions = Arc::new(AtomicUsize::new(0));
        let (counted, model) = (Arc::clone(&executions), Arc::clone(model));
        let log = log::Subscriber::builder()
            .with_env_filter(EnvFilter::from_env("LOOM_LOG"))
            .with_test_writer()
            .with_ansi(shows_colours())
            .without_time()
            .finish();
        let explore = AssertUnwindSafe(|| {
            builder.check(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                begin();
                model();
            });
        });
        let result = tracing::subscriber::with_default(log, || catch_unwind(explore));
        Search { executions: executions.load(Ordering::Relaxed), result }
    }

    /// A file that no other search of this process has, and none of an earlier one.
    fn new_file(&self, failed: usize) -> PathBuf {
        static FILES: AtomicUsize = AtomicUsize::new(1);
        let (process, nth) = (std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
        let directory = self.failures.clone().unwrap_or_else(default_failures);
        let file = directory.join(format!("consistent-cut-model-{process}-{nth}-{failed}.json"));
        // loom would go on from what is there.
        let _ = std::fs::remove_file(&file);
        file
    }

    /// Searches up to the execution that failed once more, and keeps how that began.
    fn keep(&self, model: &Model, failed: usize) {
        if let (Some(file), 1) = (self.checkpoint.path(), failed) {
            eprintln!("The first execution from {} failed.", file.display());
            return;
        }
        let file = self.new_file(failed);
        eprintln!("Execution {failed} failed. It runs once more, to be kept.");
        let unlimited = Explorer { executions: None, duration: None, ..self.clone() };
        let again = unlimited.search(model, Some(&file), failed);
        let bound =
            self.preemptions.map_or(String::new(), |most| format!("LOOM_MAX_PREEMPTIONS={most} "));
        if again.executions == failed && again.result.is_err() && file.exists() {
            eprintln!(
                "To run execution {failed} alone and see each step, set LOOM_CHECKPOINT_FILE={} {bound}LOOM_LOG=consistent_cut=trace and run \
                 this test alone.\n{THREADS}",
                file.display(),
            );
        } else {
            eprintln!(
                "Execution {failed} cannot be run alone: it did not fail again. A model does the same in each execution: no random \
                 numbers, no clock, no hash order, nothing left over from the executions before."
            );
        }
    }
}

/// Whether somebody looks at the steps who sees colours, and has not refused them
/// (<https://no-color.org>).
fn shows_colours() -> bool {
    let refuses = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refuses
}

/// What is said of a thread that takes no step.
fn stuck(thread: Option<&str>, after: Duration) -> String {
    let thread = thread.unwrap_or("the model, outside its system's threads,");
    format!(
        "{thread} has taken no step for {after:?}, so the search cannot go on: a handler has to return. Look for a loop without an \
         end; one that waits for another thread calls model::thread::yield_now. If it computes for long, allow more \
         (Explorer::stuck_after)"
    )
}

/// How to read what loom says of threads.
const THREADS: &str = "LOOM_LOG=trace shows loom's own steps too. Of its threads, 0 is the model's own; a system adds its coordinator \
                       and then its nodes, in their order. \"deadlock\" means that each waits for another.";

type Model = Arc<dyn Fn() + Send + Sync>;

struct Search {
    executions: usize,
    result: Result<(), Box<dyn Any + Send>>,
}

/// How a search went in which nothing failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exploration {
    /// Executions explored.
    pub executions: usize,
    /// The bound of preemptions; `None` if there was none.
    pub preemptions: Option<usize>,
    /// Whether every execution within the bound was explored. False if a limit of executions or time ended the search.
    pub is_complete: bool,
    /// How long it took.
    pub took: Duration,
}

impl Exploration {
    /// Whether every execution that there is was explored.
    #[must_use]
    pub fn is_exhaustive(&self) -> bool {
        self.is_complete && self.preemptions.is_none()
    }
}

impl fmt::Display for Exploration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} executions in {:.1?}: ", self.executions, self.took)?;
        match (self.is_complete, self.preemptions) {
            (true, None) => write!(f, "all there are"),
            (true, Some(most)) => write!(f, "all with at most {most} preemptions"),
            (false, None) => write!(f, "a limit ended the search"),
            (false, Some(most)) => {
                write!(f, "a limit ended the search among those with at most {most} preemptions")
            }
        }
    }
}

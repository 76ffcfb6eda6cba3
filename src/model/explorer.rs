//! The search: its limits, its result, and the files that a failure leaves.

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

/// How many preemptions are explored by default.
const PREEMPTIONS: usize = 2;

/// How many steps an execution may have by default. A small system takes some hundreds.
const BRANCHES: usize = 10_000;

/// By default, a thread of a model that takes no step for this time counts as stuck.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// The limits are checked once in this number of executions.
const EXECUTIONS_BETWEEN_LOOKS: usize = 100;

/// The checkpoint is written once in this number of executions.
const EXECUTIONS_BETWEEN_CHECKPOINTS: usize = 20_000;

/// Explores a model with the limits of [`Explorer::new`].
///
/// # Panics
/// If an execution panics.
pub fn check(model: impl Fn() + Send + Sync + 'static) -> Exploration {
    Explorer::new().check(model)
}

/// Stops the search from here to the execution's end, or to [`explore`]: one order of steps is
/// taken, and others are not searched.
///
/// # Panics
/// Outside a model, and if the search has been stopped already.
pub fn stop_exploring() {
    loom::stop_exploring();
}

/// Continues the search after [`stop_exploring`].
///
/// # Panics
/// Outside a model, and if the search is running already.
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
    /// Allows at most two preemptions and 10,000 steps per execution, and sets no limit of
    /// executions or time. loom's variables override these defaults.
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

    /// Explores executions with at most `most` preemptions.
    pub fn preemptions(mut self, most: usize) -> Self {
        self.preemptions = Some(most);
        self
    }

    /// Explores every execution. This takes too long for all but the smallest models.
    pub fn exhaustive(mut self) -> Self {
        self.preemptions = None;
        self
    }

    /// Fails an execution with more than `most` steps: as a rule an execution that waits in a loop.
    pub fn branches(mut self, most: usize) -> Self {
        self.branches = most;
        self
    }

    /// Ends the search within a hundred executions of `most`; with a
    /// [checkpoint](Self::checkpoint), within 20,000.
    pub fn executions(mut self, most: usize) -> Self {
        self.executions = Some(most);
        self
    }

    /// Ends the search within a hundred executions after this time; with a
    /// [checkpoint](Self::checkpoint), within 20,000.
    pub fn duration(mut self, most: Duration) -> Self {
        self.duration = Some(most);
        self
    }

    /// Keeps the progress of the search in this file, and continues from there if the file exists.
    /// This is for searches that take hours, and for the file that a failing execution leaves.
    pub fn checkpoint(mut self, file: impl Into<PathBuf>) -> Self {
        self.checkpoint = Checkpoint::OfSearch(file.into());
        self
    }

    /// Ends the search when a thread of the model takes no step for this time, and at the latest
    /// after twice this time. As a rule such a thread is a handler in an endless loop, which loom's
    /// limits do not notice. Ten seconds if not set. Set more if handlers compute for a long time.
    pub fn stuck_after(mut self, time: Duration) -> Self {
        self.stuck_after = time;
        self
    }

    /// Keeps failing executions in this directory. If not set, they are kept in `model-failures` in
    /// the directory in which cargo builds.
    pub fn failures_in(mut self, directory: impl Into<PathBuf>) -> Self {
        self.failures = Some(directory.into());
        self
    }

    /// Explores the model.
    ///
    /// # Panics
    /// If an execution panics, deadlocks, or has more steps than allowed. Standard error then tells
    /// how to run this execution alone. If `LOOM_CHECKPOINT_FILE` names no file from which a search
    /// can continue. If a thread [is stuck](Self::stuck_after): the panic names its node, and the
    /// machine's thread that ran the search keeps running.
    #[expect(clippy::disallowed_methods, reason = "how long the search takes, no time of a model")]
    pub fn check(&self, model: impl Fn() + Send + Sync + 'static) -> Exploration {
        // A model is checked by a test, which fails by a panic: see above.
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
            is_complete: !(reached && next.is_multiple_of(every)),
            took,
        }
    }

    /// Runs a search in its own thread, and watches the search.
    fn search(&self, model: &Model, checkpoint: Option<&Path>, every: usize) -> Search {
        let progress = Arc::new(Progress::default());
        let (done, ended) = mpsc::channel();
        let (noted, explorer) = (Arc::clone(&progress), self.clone());
        let (model, checkpoint) = (Arc::clone(model), checkpoint.map(Path::to_path_buf));
        let name = thread::current().name().unwrap_or("model").to_owned();
        let searching = thread::Builder::new().name(name).spawn(move || {
            note_steps(noted);
            let search = explorer.run(&model, checkpoint.as_deref(), every);
            // The watcher receives this, unless it took the search for stuck.
            let _ = done.send(search);
        });
        searching.expect("a search takes one thread of the machine");
        let mut steps = None;
        loop {
            match ended.recv_timeout(self.stuck_after) {
                Ok(search) => return search,
                // The search's thread panicked outside of any execution, and has said why.
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

    /// The name of a file that neither another search of this process nor an earlier process has.
    fn new_file(&self, failed: usize) -> PathBuf {
        static FILES: AtomicUsize = AtomicUsize::new(1);
        let (process, nth) = (std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
        let directory = self.failures.clone().unwrap_or_else(default_failures);
        let file = directory.join(format!("consistent-cut-model-{process}-{nth}-{failed}.json"));
        // loom would continue from an existing file.
        let _ = std::fs::remove_file(&file);
        file
    }

    /// Searches again up to the execution that failed, and keeps how that execution began.
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
                "To run execution {failed} alone and see each step, set LOOM_CHECKPOINT_FILE={} \
                 {bound}LOOM_LOG=consistent_cut=trace and run this test alone.\n{THREADS}",
                file.display(),
            );
        } else {
            eprintln!(
                "Execution {failed} cannot be run alone: it did not fail again. A model must \
                 do the same in each execution: no random numbers, no clock, no hash order, and \
                 nothing left over from earlier executions."
            );
        }
    }
}

/// Whether the steps are printed to a terminal, and colours are not refused
/// (<https://no-color.org>).
fn shows_colours() -> bool {
    let refuses = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refuses
}

/// The text of a panic about a thread that takes no step.
fn stuck(thread: Option<&str>, after: Duration) -> String {
    let thread = thread.unwrap_or("the model, outside its system's threads,");
    format!(
        "{thread} has taken no step for {after:?}, so the search cannot go on: a handler must \
         return. Look for an endless loop; a loop that waits for another thread must call \
         model::thread::yield_now. If the handler computes for long, allow more time \
         (Explorer::stuck_after)"
    )
}

/// How to read the thread numbers that loom prints.
const THREADS: &str = "LOOM_LOG=trace shows loom's own steps too. Thread 0 is the model's own; a \
                       system adds its coordinator and then its nodes, in their order. \
                       \"deadlock\" means that each thread waits for another.";

type Model = Arc<dyn Fn() + Send + Sync>;

struct Search {
    executions: usize,
    result: Result<(), Box<dyn Any + Send>>,
}

/// The result of a search without a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exploration {
    /// How many executions were explored.
    pub executions: usize,
    /// The bound on preemptions; `None` if there was no bound.
    pub preemptions: Option<usize>,
    /// Whether every execution within the bound was explored. False if a limit of executions or
    /// time ended the search.
    pub is_complete: bool,
    /// How long the search took.
    pub took: Duration,
}

impl Exploration {
    /// Whether every execution there is was explored.
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

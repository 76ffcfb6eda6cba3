//! The search itself: its limits, its messages, and a failure that is kept and runs alone.
#![cfg(loom)]

#[path = "explored/one_message.rs"]
mod one_message;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use consistent_cut::model::{Exploration, Explorer};
use consistent_cut::{
    Context, Link, NodeId, Process, SnapshotOptions, System, TimerId, Topology, model,
};

use one_message::{Node, in_flight};

fn counted(explorer: &Explorer) -> (Exploration, usize) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    let explored = explorer.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        in_flight();
    });
    (explored, executions.load(Ordering::Relaxed))
}

#[test]
fn a_search_tells_how_far_it_came() {
    let (all, executions) = counted(&Explorer::new().preemptions(1));
    assert!(all.is_complete && !all.is_exhaustive());
    assert_eq!((all.executions, all.preemptions), (executions, Some(1)));
    assert!(all.to_string().ends_with("all with at most 1 preemptions"), "{all}");

    let (some, executions) = counted(&Explorer::new().preemptions(1).executions(150));
    assert!(!some.is_complete);
    assert_eq!(some.executions, executions);
    assert!((100..=250).contains(&executions), "{some}");

    let (none, _) = counted(&Explorer::new().exhaustive().executions(100));
    assert!(!none.is_exhaustive(), "a limit ended it: {none}");
}

/// The panic of a search.
fn failure_of(search: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(search)).expect_err("some execution fails");
    let text = payload.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*payload.downcast_ref::<&str>().expect("a text")).to_owned())
}

/// No call asks for the snapshot that is waited for. The threads of the system unwind, or never run
/// again.
#[test]
fn a_deadlock_is_told_to_the_caller() {
    let directory = empty_directory("deadlock");
    let explorer = Explorer::new().preemptions(1).failures_in(&directory);
    let text = failure_of(|| {
        explorer.check(|| {
            let topology = Topology::line(2).expect("two nodes are a line");
            let system = System::builder(topology).spawn(|_| Node).expect("two nodes fit");
            system.subscribe().next();
        });
    });
    assert!(text.starts_with("deadlock"), "{text}");
    assert_eq!(fs::read_dir(&directory).expect("it is there").count(), 1, "it is kept");
}

/// The same for a model that waits in vain for a thread of its own.
#[test]
fn a_deadlock_of_threads_of_the_model_is_told_too() {
    let explorer = Explorer::new().preemptions(0).failures_in(empty_directory("threads"));
    let text = failure_of(|| {
        explorer.check(|| {
            let topology = Topology::ring(1).expect("one node is a ring");
            let system = System::builder(topology).spawn(|_| Node).expect("one node fits");
            let mut outcomes = system.subscribe();
            let waiter = model::thread::spawn(move || drop(outcomes.next()));
            waiter.join().expect("it never ends");
        });
    });
    assert!(text.starts_with("deadlock"), "{text}");
}

/// Waits in its handler for another handler's effect, or for an event that never comes.
struct Spinning {
    goes_round: fn(),
}

impl Process for Spinning {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {
        (self.goes_round)();
    }

    fn state(&self) {}
}

fn failure_of_spinning(explorer: &Explorer, goes_round: fn()) -> String {
    failure_of(|| {
        explorer.check(move || {
            let topology = Topology::from_named_links([("a", "b")]).expect("two nodes");
            let system = System::builder(topology).spawn(|_| Spinning { goes_round });
            let system = system.expect("two nodes fit");
            system.inject(NodeId::new(1), ()).expect("it runs");
            let _ = system.snapshot();
        });
    })
}

/// A handler that never takes a step is invisible to loom, whatever loom's limits.
#[test]
fn a_handler_that_never_returns_ends_the_search_and_is_named() {
    let limits = Explorer::new().preemptions(0).branches(100).executions(1);
    let limits = limits.duration(Duration::from_millis(1)).stuck_after(Duration::from_secs(1));
    let text = failure_of_spinning(&limits, || {
        loop {
            std::hint::spin_loop();
        }
    });
    assert!(text.starts_with("node 1 (b) has taken no step for 1s"), "{text}");
    assert!(text.contains("handler") && text.contains("yield_now"), "{text}");
}

/// The limit of steps ends the search.
#[test]
fn a_handler_that_never_returns_and_takes_steps_ends_the_search() {
    let explorer = Explorer::new().preemptions(0).failures_in(empty_directory("spinning"));
    let text = failure_of_spinning(&explorer, || {
        loop {
            model::thread::yield_now();
        }
    });
    assert!(text.contains("maximum number of branches"), "{text}");
}

/// The same outside a handler.
#[test]
fn a_model_that_never_returns_ends_the_search_too() {
    let explorer = Explorer::new().stuck_after(Duration::from_secs(1));
    let text = failure_of(|| {
        explorer.check(|| {
            loop {
                std::hint::spin_loop();
            }
        });
    });
    assert!(
        text.starts_with("the model, outside its system's threads, has taken no step"),
        "{text}"
    );
}

/// A limit that ends a search does not keep a failure from being kept.
#[test]
fn a_failure_is_kept_whatever_the_limits_of_its_search() {
    let directory = empty_directory("limits");
    let explorer = Explorer::new().preemptions(1).executions(10).failures_in(&directory);
    fails_sometimes(&explorer);
    assert_eq!(fs::read_dir(&directory).expect("it is there").count(), 1, "it is kept");
    fails_sometimes(&explorer);
    assert_eq!(fs::read_dir(&directory).expect("it is there").count(), 2, "in a file of its own");
}

#[test]
fn whatever_needs_time_is_refused() {
    type Use = fn(&System<Node>) -> ();
    let directory = empty_directory("time");
    let second = Duration::from_secs(1);
    let uses: [Use; 3] = [
        |system| drop(system.begin_snapshot().wait_timeout(Duration::from_secs(1))),
        |system| drop(system.every(Duration::from_secs(1)).next()),
        |system| {
            let options = SnapshotOptions::new().timeout(Duration::from_secs(1));
            drop(system.begin_snapshot_with(options));
        },
    ];
    let refused = uses.map(|needs_time| {
        failure_of(|| {
            Explorer::new().failures_in(&directory).check(move || {
                let topology = Topology::ring(1).expect("one node is a ring");
                needs_time(&System::builder(topology).spawn(|_| Node).expect("one node fits"));
            });
        })
    });
    let builder = || System::<Node>::builder(Topology::ring(1).expect("one node is a ring"));
    let settings = [
        failure_of(|| drop(builder().snapshot_timeout(second))),
        failure_of(|| drop(builder().min_pause(second))),
    ];
    for text in refused.iter().chain(&settings) {
        assert!(text.contains("a model has no time"), "{text}");
    }
    drop(builder().snapshot_timeout(Duration::MAX).min_pause(Duration::ZERO));
}

/// Sets a timer.
struct Alarm;

impl Process for Alarm {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        ctx.set_timer(TimerId::new(1), Duration::from_secs(1));
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) {}
}

#[test]
fn a_node_that_sets_a_timer_fails_and_says_why() {
    Explorer::new().preemptions(0).check(|| {
        let topology = Topology::ring(1).expect("one node is a ring");
        let system = System::builder(topology).spawn(|_| Alarm).expect("one node fits");
        let error = system.join().map(drop).expect_err("the node fails");
        assert!(error.to_string().contains("a model has no time"), "{error}");
    });
}

#[test]
fn more_nodes_than_loom_has_threads_for_are_refused() {
    model::check(|| {
        let topology = Topology::ring(4).expect("four nodes are a ring");
        let error = System::builder(topology).spawn(|_| Node).expect_err("too many threads");
        let texts = format!("{error}: {:?}", std::error::Error::source(&error));
        assert!(texts.contains("three nodes"), "{texts}");
    });
}

fn empty_directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("loom_explorer").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("cargo gives tests a directory");
    directory
}

/// Fails in the executions in which the message is not in flight at the cut. The first execution is
/// not one of them.
fn fails_sometimes(explorer: &Explorer) -> usize {
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    let search = || {
        explorer.check(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            assert_eq!(in_flight(), 1, "the link is empty");
        });
    };
    let text = failure_of(search);
    assert!(text.contains("the link is empty"), "{text}");
    executions.load(Ordering::Relaxed)
}

#[test]
fn a_failing_execution_is_kept_and_runs_alone() {
    let directory = empty_directory("failure");
    let explorer = Explorer::new().preemptions(1).failures_in(&directory);

    let until_failure = fails_sometimes(&explorer);
    assert!(until_failure > 2, "the first execution is fine, and each one runs twice");
    let kept: Vec<PathBuf> = fs::read_dir(&directory)
        .expect("it is there")
        .map(|file| file.expect("readable").path())
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fails_sometimes(&explorer.checkpoint(&kept[0])), 1, "it is the first from there");
}

//! The files of a search: the checkpoint from which it goes on, and the failing execution that it
//! keeps.
#![cfg(loom)]

#[path = "explored/one_message.rs"]
mod one_message;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use consistent_cut::model::Explorer;
use consistent_cut::{Context, Link, NodeId, Process, System, Topology};

use one_message::in_flight;

/// The panic of a search.
fn failure_of(search: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(search)).expect_err("some execution fails");
    let text = payload.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*payload.downcast_ref::<&str>().expect("a text")).to_owned())
}

fn empty_directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("loom_files").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("cargo gives tests a directory");
    directory
}

#[test]
fn searches() {
    Explorer::new().preemptions(0).check(|| assert!(in_flight() < 2));
}

/// Runs a test of this file in a process of its own, with a checkpoint in loom's variable.
fn test_with_variable(test: &str, file: &Path) -> String {
    let this = std::env::current_exe().expect("this test is a program");
    let mut command = std::process::Command::new(this);
    command.args(["--exact", test, "--nocapture"]).env("LOOM_CHECKPOINT_FILE", file);
    let output = command.output().expect("it can run once more");
    assert!(!output.status.success(), "it fails");
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Without this refusal the whole search would run, or a fault of the file would be taken for a
/// failure of the model.
#[test]
fn a_checkpoint_in_the_variable_that_is_none_is_refused_by_its_name() {
    let directory = empty_directory("variable");
    let (absent, empty) = (directory.join("absent.json"), directory.join("empty.json"));
    let broken = directory.join("broken.json");
    fs::write(&empty, " \n").expect("the directory is there");
    fs::write(&broken, "{ \"path\": ").expect("the directory is there");
    for (file, why) in [(&absent, "cannot be read"), (&empty, "is empty"), (&broken, "no search")] {
        let told = test_with_variable("searches", file);
        let named = file.to_str().expect("a name in UTF-8");
        assert!(told.contains(named) && told.contains(why), "{told}");
        assert!(!told.contains("Execution"), "{told}");
    }
    assert!(!absent.exists(), "none is made");
    let told = test_with_variable("searches", &absent);
    assert!(told.contains("which LOOM_CHECKPOINT_FILE names") && told.contains("unset"), "{told}");
}

/// A checkpoint that a search itself keeps need not exist before.
#[test]
fn a_checkpoint_of_the_search_is_made_and_is_refused_where_it_is_empty() {
    let directory = empty_directory("own_checkpoint");
    let file = directory.join("new.json");
    let explorer = Explorer::new().preemptions(0);
    explorer.clone().checkpoint(&file).check(|| assert!(in_flight() < 2));
    fs::write(&file, "").expect("the directory is there");
    let text = failure_of(|| {
        explorer.checkpoint(&file).check(|| assert!(in_flight() < 2));
    });
    assert!(text.contains("new.json is empty") && text.contains("remove"), "{text}");
}

/// Fails at once, in a directory that is not named. Only the tests below run this test and the next
/// one.
#[test]
#[ignore = "fails on purpose: a test below runs it in a process of its own"]
fn fails_somewhere() {
    Explorer::new().preemptions(1).check(|| assert_eq!(in_flight(), 1, "the link is empty"));
}

/// Stops when it gets a message.
struct Stopping;

impl Process for Stopping {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        ctx.stop();
    }

    fn state(&self) {}
}

#[test]
#[ignore = "fails on purpose: a test below runs it in a process of its own"]
fn fails_after_an_injection() {
    Explorer::new().preemptions(0).check(|| {
        let topology = Topology::ring(1).expect("one node is a ring");
        let system = System::builder(topology).spawn(|_| Stopping).expect("one node fits");
        system.inject(NodeId::new(0), ()).expect("it runs");
        system.join().expect("no node fails");
        panic!("the end");
    });
}

/// Runs one of the two in a process of its own.
fn failing(test: &str, variables: &[(&str, &str)]) -> String {
    let this = std::env::current_exe().expect("this test is a program");
    let mut command = std::process::Command::new(this);
    command.args(["--ignored", "--exact", test, "--nocapture"]);
    command.envs(variables.iter().copied());
    let output = command.output().expect("it can run once more");
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn file_in(told: &str) -> PathBuf {
    let (_, behind) = told.split_once("LOOM_CHECKPOINT_FILE=").expect("it names a file");
    behind.split_whitespace().next().expect("it names a file").into()
}

#[test]
fn a_failure_is_kept_in_the_directory_that_cargo_builds_in() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in there");
    let file = file_in(&failing("fails_somewhere", &[]));
    assert!(file.starts_with(target) && file.exists(), "{}", file.display());
    let named = empty_directory("target");
    let name = named.to_str().expect("a name in UTF-8");
    let file = file_in(&failing("fails_somewhere", &[("CARGO_TARGET_DIR", name)]));
    assert!(file.starts_with(&named) && file.exists(), "{}", file.display());
}

/// The output has no colours where a program reads it or it goes into a file.
#[test]
fn steps_have_no_colours_but_on_a_terminal() {
    let file = file_in(&failing("fails_somewhere", &[]));
    let file = file.to_str().expect("a name in UTF-8");
    let told = failing(
        "fails_somewhere",
        &[
            ("LOOM_CHECKPOINT_FILE", file),
            ("LOOM_MAX_PREEMPTIONS", "1"),
            ("LOOM_LOG", "consistent_cut=trace"),
        ],
    );
    assert!(told.contains("has recorded its state"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
}

#[test]
fn what_came_from_outside_came_on_the_environment_link() {
    let told = failing("fails_after_an_injection", &[("LOOM_LOG", "consistent_cut=trace")]);
    assert!(told.contains("node 0 has handled a message from its environment link"), "{told}");
}

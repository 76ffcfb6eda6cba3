//! Models that can fail: each of these faults, put into a copy of the sources, is caught by a
//! model.
//!
//! The copy is built once, with all faults in it; a variable says which one is in force. A fault
//! whose text is no longer found in the sources fails the test too: change the fault along with the
//! sources.
#![cfg(loom)]

mod fault;

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{available_parallelism, scope};

use fault::{Edit, Fault, Model, SWITCH, faults};

/// The parts that cargo needs to build the copy.
const PARTS: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "CHANGELOG.md",
    "README.md",
    "benches",
    "examples",
    "src",
    "tests",
];

/// The changed sources.
struct Sources {
    root: PathBuf,
}

impl Sources {
    fn new() -> Sources {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("cargo gives tests a directory");
        for part in PARTS {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(part);
            if from.exists() {
                copy(&from, &root.join(part));
            }
        }
        Sources { root }
    }

    /// Changes a file.
    fn change(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        fs::write(&path, change(text)).expect("the copy is ours");
    }

    fn apply(&self, fault: &Fault) {
        for Edit { file, from, to } in fault.edits {
            self.change(file, |text| {
                let name = fault.name;
                assert_eq!(text.matches(from).count(), 1, "{name}: {file} has other text by now");
                text.replace(from, to)
            });
        }
    }

    fn cargo_test(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command.args(["test", "--release"]).args(arguments).current_dir(&self.root);
        // The copy's target directory is beside that of this test, so that unchanged parts are not
        // built again.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in target");
        command.env("CARGO_TARGET_DIR", target).env("TMPDIR", &self.root);
        command.env_remove("LOOM_MAX_PREEMPTIONS");
        command
    }

    fn run(&self, model: Model, fault: Option<&str>) -> Output {
        let mut command = match model {
            Model::Of(file, test) => self.cargo_test(&["--test", file, "--", "--exact", test]),
            Model::Unit(test) => {
                let mut command = self.cargo_test(&["--lib", "--", "--exact", test]);
                command.env("LOOM_MAX_PREEMPTIONS", "5");
                command
            }
        };
        match fault {
            Some(name) => command.env("CONSISTENT_CUT_FAULT", name),
            None => command.env("LOOM_MAX_PREEMPTIONS", "1"),
        };
        command.output().expect("cargo runs")
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        // The file is written anew and not copied, because cargo compares times.
        fs::write(to, fs::read(from).expect("readable")).expect("the copy is ours");
        return;
    }
    fs::create_dir_all(to).expect("the copy is ours");
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

/// `None` if the fault is caught with the expected text.
fn escapes(copy: &Sources, fault: &Fault) -> Option<String> {
    let output = copy.run(fault.caught_by, Some(fault.name));
    let text = text(&output);
    let ran = text.contains("running 1 test");
    let is_aborted = output.status.code().is_none() || text.contains("aborting");
    if ran && !is_aborted && !output.status.success() && text.contains(fault.says) {
        println!("caught: {}", fault.name);
        return None;
    }
    // The panic and its words, or the end of the output where there was no panic.
    let from = text.find("panicked at").unwrap_or(text.len().saturating_sub(2_000));
    let words: Vec<_> = text[from..].lines().take(8).collect();
    Some(format!("{} (not \"{}\"):\n{}", fault.name, fault.says, words.join("\n")))
}

#[test]
fn every_fault_is_caught() {
    let copy = Sources::new();
    copy.change("src/lib.rs", |text| text + SWITCH);
    // Otherwise cargo would take the copy for the crate itself, and mix up the builds of the two.
    copy.change("Cargo.toml", |text| text.replacen("version = \"", "version = \"9", 1));
    faults().for_each(|fault| copy.apply(fault));

    let files = faults().filter_map(|fault| match fault.caught_by {
        Model::Of(file, _) => Some(file),
        Model::Unit(_) => None,
    });
    let files: BTreeSet<_> = files.collect();
    let targets: Vec<_> = files.into_iter().flat_map(|file| ["--test", file]).collect();
    let build = copy.cargo_test(&[&["--no-run", "--lib"], &targets[..]].concat()).output();
    let build = build.expect("cargo runs");
    assert!(build.status.success(), "{}", text(&build));

    // With no fault in force the models hold. A quick search is enough to tell that the changes
    // themselves break nothing.
    for model in faults().map(|fault| fault.caught_by).collect::<BTreeSet<_>>() {
        let whole = copy.run(model, None);
        // A quick search need not see every case that a full search sees.
        let is_sound = whole.status.success() || text(&whole).contains("never seen: ");
        assert!(is_sound, "{model:?} without a fault: {}", text(&whole));
    }

    let all: Vec<_> = faults().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut escaped = Vec::new();
        while let Some(fault) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            escaped.extend(escapes(&copy, fault));
        }
        escaped
    };
    let escaped: Vec<String> = scope(|scope| {
        let workers = available_parallelism().map_or(1, NonZero::get);
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no worker panics")).collect()
    });
    assert!(escaped.is_empty(), "not caught: {}", escaped.join("\n\n"));
}

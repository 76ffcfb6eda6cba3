//! A child process is killed at random moments and started again, and ends with the result of an
//! undisturbed run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use consistent_cut::checkpoint::{Checkpoints, FileStore, Format, LineSink, LoadError, Which};
use consistent_cut::{GlobalSnapshot, NodeId, System};

use crate::folder::Folder;
use crate::parade::{
    Body, COLLECTOR, INJECTED, LINES, Message, Node, RELAY, State, TICKER, TICKS, digest, topology,
};
use crate::support::chance::Chance;
use crate::support::effort::scaled;

/// The variable that makes the child's test run: the folder of the run.
const FOLDER: &str = "CONSISTENT_CUT_CHILD";

fn checkpoints(folder: &Path) -> Checkpoints<State, Message> {
    let path = folder.join("store");
    let store = if path.exists() { FileStore::open(path) } else { FileStore::create(path) };
    Checkpoints::new(store.expect("a store that was killed opens"), Format::default())
}

/// The body of the child: goes on from the newest checkpoint, up to the end.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let checkpoints = checkpoints(&folder);
    let lines = folder.join("lines");
    let resumed = System::builder(topology())
        .restore_or_spawn(&checkpoints, |node| Node::new(node, &lines))
        .expect("it goes on");
    let system = resumed.system;
    let released = LineSink::open(folder.join("released")).expect("the file can be written");
    let checkpointer = system
        .checkpointer(&checkpoints)
        .period(Duration::from_millis(2))
        .release_to(released)
        .start()
        .expect("a thread");
    // The counts of the environment link tell which messages the checkpoint has.
    let environment = system.topology().environment_link(RELAY).expect("a node").id;
    let injected = system.traffic_on(environment).expect("a link").sent;
    for number in injected + 1..=INJECTED {
        let message = Message { number, body: Body::Injected(number) };
        system.inject(RELAY, message).expect("the relay runs");
    }
    checkpointer.join();
    let failures = system.failures();
    assert!(failures.is_empty(), "{failures:?}");
    fs::write(folder.join("done"), "").expect("the file can be written");
}

fn start_child(folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().expect("this program has a file"));
    child.args(["--exact", "kill::child", "--nocapture"]).env(FOLDER, folder);
    child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a child")
}

/// Kills the child after a random time, unless it has ended by then. Returns whether it has ended.
#[expect(
    clippy::disallowed_methods,
    reason = "the moment of the kill is random, and orders nothing"
)]
fn kill_at_some_time(mut child: Child, chance: &mut Chance) -> bool {
    let limit = if chance.one_in(3) { 6_000 } else { 60_000 };
    std::thread::sleep(Duration::from_micros(chance.below(limit) as u64));
    if let Some(status) = child.try_wait().expect("the child can be asked") {
        let output = child.wait_with_output().expect("the child has ended");
        assert!(status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return true;
    }
    child.kill().expect("the child can be killed");
    let output = child.wait_with_output().expect("the child was killed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    false
}

fn new_run() -> Folder {
    let folder = Folder::new();
    let mut lines = String::new();
    (1..=LINES).for_each(|line| writeln!(lines, "{line}").expect("a text grows"));
    fs::write(folder.file("lines"), lines).expect("a file");
    folder
}

#[test]
fn a_program_that_is_killed_at_any_moment_ends_with_the_undisturbed_result() {
    // At an effort of 100, 3,000 kills: 2,927 left a checkpoint behind, and 144 runs came to their
    // end (2 cores of an Intel Xeon, 115 s).
    let kills = scaled(30);
    let mut chance = Chance::new(17);
    let (mut killed, mut runs, mut with_checkpoint) = (0, 0, 0);
    let mut folder = new_run();
    while killed < kills {
        let has_ended = kill_at_some_time(start_child(&folder.path()), &mut chance);
        let newest = if folder.file("store").exists() {
            checkpoints(&folder.path()).load(Which::Newest)
        } else {
            Err(LoadError::Empty)
        };
        match newest {
            Ok(loaded) => {
                loaded.snapshot.verify().expect("the law holds");
                with_checkpoint += 1;
                if has_ended {
                    check_end(&loaded.snapshot, &folder.file("released"));
                }
            }
            Err(LoadError::Empty) => assert!(!has_ended),
            Err(error) => panic!("after a kill: {error}"),
        }
        if has_ended {
            runs += 1;
            folder = new_run();
        } else {
            killed += 1;
        }
    }
    println!("{killed} kills, {with_checkpoint} with a checkpoint, {runs} runs to the end");
    assert!(with_checkpoint > kills / 4, "the kills came before the first checkpoint");
    // The run under way ends undisturbed.
    let status = start_child(&folder.path()).wait().expect("the child ends");
    assert!(status.success());
    let last = checkpoints(&folder.path()).load(Which::Newest).expect("it is good");
    check_end(&last.snapshot, &folder.file("released"));
}

/// The end is that of an undisturbed run: everything came once, and was released once, in order.
pub(crate) fn check_end(last: &GlobalSnapshot<State, Message>, released: &Path) {
    let end = last.state(COLLECTOR);
    let sum = LINES * (LINES + 1) / 2;
    assert_eq!((end.items, end.sum, end.ticks, end.injected), (LINES, sum, TICKS, INJECTED));
    assert!(last.topology().nodes().all(|node| last.is_stopped(node)));
    let mut by_node: BTreeMap<NodeId, Vec<(u64, u64)>> = BTreeMap::new();
    for line in fs::read_to_string(released).expect("the file is there").lines() {
        let numbers: Vec<u64> =
            line.split('\t').map(|word| word.parse().expect("a number")).collect();
        let [node, number, report] = numbers[..] else { panic!("{line}") };
        by_node.entry(NodeId::new(node as u32)).or_default().push((number, report));
    }
    let numbers = |node, count| {
        let lines = by_node.get(node).into_iter().flatten();
        assert!(lines.map(|(number, _)| *number).eq(1..=count), "{by_node:?}");
    };
    numbers(&COLLECTOR, LINES / 50);
    numbers(&TICKER, TICKS);
    assert!(by_node[&TICKER].iter().all(|(number, report)| number == report));
    let of_released = by_node[&COLLECTOR].iter().fold(0, |before, (_, sum)| digest(before, *sum));
    assert_eq!(of_released, end.digest, "something else was released than the last run emitted");
}

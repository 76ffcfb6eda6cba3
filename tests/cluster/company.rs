//! Child processes of this test program that are the processes of one cluster.

use std::collections::VecDeque;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio, exit};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use consistent_cut::cluster::{
    Cluster, ClusterError, ClusterHandle, ClusterSettings, Placement, ProcessConfig, start,
};
use consistent_cut::property::StableProperty;
use consistent_cut::{AskError, Ending, InjectError, Loss, NodeId, SnapshotError, Topology};

use super::joining::free_addresses;
use super::laws::Forwarding;
use crate::channel_law::{Snapshot, check, check_order};
use crate::note::Note;
use crate::puppet::{Puppet, Record};

/// The variable that makes the child's test run, and its values.
pub(crate) const TASK: &str = "CONSISTENT_CUT_CHILD_TASK";

/// A process that is to end takes this number of snapshots.
const SNAPSHOTS: u64 = 250;

/// This many snapshots are under way at a time.
const AT_A_TIME: usize = 3;

/// The arguments that make this program a child.
pub(crate) const CHILD: [&str; 3] = ["--exact", "company::child", "--nocapture"];

/// The body of a child.
#[test]
fn child() {
    let Ok(task) = env::var(TASK) else { return };
    let config = ProcessConfig::from_env().expect("good").expect("the parent has set it");
    let attempt = config.attempt();
    let limits = ClusterSettings::new().capacity(2);
    match task.as_str() {
        "end" => println!("\nEND {}", run(config, false)),
        "end with limits" => println!("\nEND {}", run_with(config, limits, false)),
        "go on" => println!("\nEND {}", run(config, true)),
        // The second process fails at the first attempt.
        "fail once" if (attempt, config.process()) == (1, 1) => exit(3),
        "fail once" | "end in order" => exit(i32::from(run(config, false) != "in order")),
        "fail" => exit(3),
        #[cfg(feature = "object-store")]
        other if other.starts_with(crate::checkpoints::SAVE_IN) => {
            println!("\nEND {}", crate::checkpoints::run_and_save(config, other));
        }
        other => panic!("no such task: {other}"),
    }
}

/// Runs a process. The first takes snapshots, and goes on until a process is lost if it is to.
/// Returns its end in words.
fn run(config: ProcessConfig, goes_on: bool) -> String {
    run_with(config, ClusterSettings::new(), goes_on)
}

fn run_with(config: ProcessConfig, settings: ClusterSettings, goes_on: bool) -> String {
    let topology = Arc::new(Topology::complete(9).expect("complete"));
    let config = config.application("these tests", &topology);
    let (tx, handles) = channel();
    let is_first = config.process() == 0;
    let running = start(&config, move |worker, _| {
        let cluster = worker.dataflow::<u64, _, _>(|scope| {
            let process = |node| Puppet::new(node, &topology).with_habit(Forwarding(1));
            let placement = Placement::hashed();
            Cluster::build(scope, &topology, &placement, &settings, process).map(|(part, _)| part)
        })?;
        if let Some(handle) = cluster.handle() {
            tx.send(handle.clone())?;
        }
        while !cluster.has_ended() {
            worker.step_or_park(None);
        }
        Ok(())
    });
    let running = match running {
        Ok(running) => running,
        Err(error) => return format!("not begun: {error}"),
    };
    if is_first {
        // The worker may be lost before it has sent the handle.
        if let Ok(handle) = handles.recv() {
            lead(&handle, goes_on);
        }
    }
    match running.join() {
        Ok(_) => "in order".to_owned(),
        Err(ClusterError::PeerLost(lost)) => {
            let how = match lost.loss {
                Loss::Closed => "closed",
                Loss::Silent(_) => "silent",
                _ => "failed",
            };
            format!("lost {} {how} {}", lost.process, lost.epoch)
        }
        Err(error) => format!("otherwise: {error}"),
    }
}

/// Takes snapshots, and looks at the errors when a process is lost.
fn lead(handle: &ClusterHandle<Record, Note>, goes_on: bool) {
    let mut last: Option<Arc<Snapshot>> = None;
    let mut under_way = VecDeque::new();
    for number in 0.. {
        if number == SNAPSHOTS && !goes_on {
            return handle.shut_down();
        }
        let begun = under_way.len()..AT_A_TIME;
        under_way.extend(begun.map(|_| handle.begin_snapshot()));
        let Some(next) = under_way.pop_front() else { unreachable!("some are under way") };
        let snapshot = match next.wait() {
            Ok(snapshot) => snapshot,
            Err(error) => return check_ended(handle, &error),
        };
        check(&snapshot);
        if let Some(last) = &last {
            check_order(last, &snapshot);
        }
        last = Some(snapshot);
        if number == 0 {
            println!("\nREADY");
        }
    }
}

/// Every call of the handle returns, and names the lost process.
fn check_ended(handle: &ClusterHandle<Record, Note>, error: &SnapshotError) {
    let SnapshotError::ProcessLost { snapshot, lost, missing } = error else { panic!("{error}") };
    let text = error.to_string();
    assert!(text.contains(&snapshot.to_string()) && text.contains(&lost.to_string()), "{text}");
    // A snapshot waits for a stopped process until that is lost, and says for which nodes and links.
    // This process itself, once stopped, may learn of it between two snapshots.
    let is_silent = matches!(lost.loss, Loss::Silent(_)) && lost.process != 0;
    assert!(!is_silent || !missing.suspects.is_empty(), "{text}");
    assert!(!is_silent || text.contains("recorded"), "{text}");
    let node = NodeId::new(0);
    let note = || Note::from_outside(handle.topology(), node, 1);
    let Err(InjectError::Ended { why: Ending::ProcessLost(by), .. }) = handle.inject(node, note())
    else {
        panic!("a message is taken")
    };
    assert_eq!(&by, lost);
    let long = Duration::from_secs(600);
    let asked = handle.ask(node, |_| note(), long);
    assert!(!matches!(asked, Ok(_) | Err(AskError::TimedOut { .. })), "{asked:?}");
    let later = handle.snapshot().expect_err("no snapshot begins any more");
    assert!(matches!(later, SnapshotError::ProcessLost { .. }), "{later}");
    let never = StableProperty::new("never", |_: &Snapshot| false);
    assert!(handle.wait_until(&never, long).is_err());
    assert!(handle.wait_until_settled(long));
}

/// The children. They are killed when this is dropped.
pub(crate) struct Company {
    children: Vec<Member>,
}

struct Member {
    child: Child,
    output: BufReader<ChildStdout>,
    said: String,
}

impl Company {
    /// Starts the processes of a cluster with this task.
    pub(crate) fn start(
        task: &str,
        processes: usize,
        change: impl Fn(ProcessConfig) -> ProcessConfig,
    ) -> Self {
        let addresses = free_addresses(processes);
        let children = (0..processes).map(|process| {
            let config = change(ProcessConfig::new(process, addresses.clone()));
            let mut child = Command::new(env::current_exe().expect("this program has a file"));
            child.args(CHILD).env(TASK, task).envs(config.to_env());
            let mut child =
                child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a child");
            let output = BufReader::new(child.stdout.take().expect("a pipe"));
            Member { child, output, said: String::new() }
        });
        Company { children: children.collect() }
    }

    /// Waits until the first process has its first snapshot.
    pub(crate) fn wait_until_ready(&mut self) {
        let first = &mut self.children[0];
        while !first.said.ends_with("READY\n") {
            let read = first.output.read_line(&mut first.said).expect("a pipe");
            if read == 0 {
                let all = 0..self.children.len();
                let ends: Vec<_> = all.map(|process| self.say_all_of(process)).collect();
                panic!("the first process has ended:\n{}", ends.join("\n"));
            }
        }
    }

    pub(crate) fn kill(&mut self, process: usize) {
        self.children[process].child.kill().expect("it can be killed");
    }

    /// Sends a signal by its name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, process: usize, signal: &str) {
        let pid = self.children[process].child.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status();
        assert!(status.expect("there is a command `kill`").success());
    }

    /// Waits until a process has ended. Returns what it says about its end, or all that it says.
    pub(crate) fn end_of(&mut self, process: usize) -> String {
        let member = &mut self.children[process];
        member.output.read_to_string(&mut member.said).expect("a pipe");
        if let Some((_, end)) = member.said.split_once("\nEND ") {
            return end.lines().next().unwrap_or_default().to_owned();
        }
        let errors = self.errors_of(process);
        format!("{}{errors}", self.children[process].said)
    }

    /// # Panics
    /// If a process that has ended has said something on standard error, where a panic would be.
    pub(crate) fn check_that_it_was_quiet(&mut self, process: usize) {
        assert_eq!(self.errors_of(process), "", "process {process}");
    }

    /// How a process has ended, and what it has said on standard error.
    fn say_all_of(&mut self, process: usize) -> String {
        let (end, errors) = (self.end_of(process), self.errors_of(process));
        format!("process {process}: {end}\n{errors}")
    }

    fn errors_of(&mut self, process: usize) -> String {
        let mut text = String::new();
        if let Some(mut errors) = self.children[process].child.stderr.take() {
            errors.read_to_string(&mut text).expect("a pipe");
        }
        text
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        for member in &mut self.children {
            // It may have ended.
            let _ = member.child.kill();
            let _ = member.child.wait();
        }
    }
}

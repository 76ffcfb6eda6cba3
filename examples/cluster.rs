//! Several processes of the operating system run one system, and one of them is killed. All start
//! again from the last checkpoint, in another number, and come to the right result.
//!
//! ```text
//! cargo run --release --example cluster --features timely,object-store
//! ```
//!
//! Walkers go from node to node. Each step is added to a count and to a digest of its node, so a
//! step that is lost or made twice changes the result. The program starts itself as three processes
//! with one worker thread each. Twenty times a second they save a checkpoint in a folder that all
//! of them share: each worker writes its own nodes, and the first process makes the checkpoint
//! visible. When some are saved, the second process is killed with SIGKILL. The launcher then
//! starts two processes with two workers each: a checkpoint fits any number of them.

#[path = "common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use consistent_cut::checkpoint::{Checkpoints, Format, LoadError, SharedStore, Which};
use consistent_cut::cluster::{
    Attempt, Cluster, ClusterHandle, ClusterSettings, LaunchEvent, LaunchPlan, Launched, Placement,
    ProcessConfig, WorkerError, execute, launch,
};
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, Restore, Topology};
use serde::{Deserialize, Serialize};

use common::say;

const NODES: usize = 2_000;
const STEPS_OF_EACH: u64 = 5_000;
const ALL_STEPS: u64 = NODES as u64 * STEPS_OF_EACH;

/// Each node has links to the nodes that are so much further on a ring.
const STRIDES: [usize; 3] = [1, 41, 701];

/// How many checkpoints are saved before a process is killed.
const CHECKPOINTS_BEFORE: u64 = 5;

const PERIOD: Duration = Duration::from_millis(50);

/// The variable that tells a child where the checkpoints are.
const FOLDER: &str = "CONSISTENT_CUT_EXAMPLE_FOLDER";

/// A walker on its way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Walker {
    number: u64,
    steps: u64,
}

/// The steps that have come to a node, and the walkers that rest there.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Tally {
    steps: u64,
    digest: u64,
    resting: u64,
}

/// A node. A walker starts at each.
struct Place(NodeId, Tally);

impl Walker {
    /// A number that depends on the walker and on its steps so far.
    fn chance(self) -> u64 {
        let mixed = (self.number << 32 | self.steps).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 31)
    }

    fn direction(self) -> usize {
        (self.chance() % STRIDES.len() as u64) as usize
    }
}

impl Tally {
    /// A walker has made a step to this node. Returns whether it goes on.
    fn add(&mut self, node: usize, walker: Walker) -> bool {
        self.steps += 1;
        self.digest = self.digest.wrapping_add(walker.chance().wrapping_mul(2 * node as u64 + 1));
        let goes_on = walker.steps < STEPS_OF_EACH;
        self.resting += u64::from(!goes_on);
        goes_on
    }

    fn and(self, other: Tally) -> Tally {
        Tally {
            steps: self.steps + other.steps,
            digest: self.digest.wrapping_add(other.digest),
            resting: self.resting + other.resting,
        }
    }
}

impl Process for Place {
    type State = Tally;
    type Message = Walker;

    fn on_start(&mut self, ctx: &mut Context<'_, Walker>) {
        send(Walker { number: self.0.index() as u64, steps: 0 }, ctx);
    }

    fn on_message(&mut self, _: Link, walker: Walker, ctx: &mut Context<'_, Walker>) {
        if self.1.add(self.0.index(), walker) {
            send(walker, ctx);
        }
    }

    fn state(&self) -> Tally {
        self.1
    }
}

impl Restore for Place {
    fn on_restore(&mut self, recorded: Tally, _: &mut Context<'_, Walker>) {
        self.1 = recorded;
    }
}

/// Makes the walker's next step.
fn send(walker: Walker, ctx: &mut Context<'_, Walker>) {
    let link = ctx.out_links()[walker.direction()].id;
    ctx.send_on(link, Walker { steps: walker.steps + 1, ..walker });
}

/// The result, by a plain loop.
fn walk_alone() -> Tally {
    let mut all = Tally::default();
    for number in 0..NODES as u64 {
        let (mut walker, mut node) = (Walker { number, steps: 0 }, number as usize);
        loop {
            node = (node + STRIDES[walker.direction()]) % NODES;
            walker.steps += 1;
            if !all.add(node, walker) {
                break;
            }
        }
    }
    all
}

fn main() -> ExitCode {
    common::finish(match ProcessConfig::from_env() {
        Ok(None) => start_processes(),
        Ok(Some(config)) => be_a_process(config),
        Err(error) => Err(error.into()),
    })
}

/// The program that the user starts.
fn start_processes() -> Result<(), Box<dyn Error>> {
    say!("{NODES} walkers on {NODES} nodes make {STEPS_OF_EACH} steps each.");
    let folder =
        std::env::temp_dir().join(format!("consistent-cut-cluster-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = launch_in(&folder);
    fs::remove_dir_all(&folder)?;
    result
}

fn launch_in(folder: &Path) -> Result<(), Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let plan_folder = folder.to_owned();
    let plan = move |attempt: &Attempt| {
        let (processes, workers) = if attempt.number == 1 { (3, 1) } else { (2, 2) };
        // The launcher's thread hands a panic on as an error.
        let plan = LaunchPlan::on_loopback(&program, processes).expect("a machine with ports");
        plan.workers(workers).env(FOLDER, &plan_folder)
    };
    let launched = launch(plan).on_event(tell).start()?;
    if has_enough_checkpoints(folder, &launched) && launched.kill(1) {
        say!("Process 1 is killed with SIGKILL.");
    }
    let attempts = launched.wait()?;
    let result = fs::read_to_string(folder.join("result"))?;
    let alone = walk_alone();
    say!("After {attempts} attempts: {result}");
    say!("A plain loop has: {}", in_words(alone));
    if result == in_words(alone) { Ok(()) } else { Err("the results differ".into()) }
}

fn tell(event: &LaunchEvent) {
    match event {
        LaunchEvent::Started { attempt, epoch, processes } => {
            say!("Attempt {attempt} has epoch {epoch} and {} processes.", processes.len());
        }
        LaunchEvent::Ended(ended) => {
            say!("Process {} has ended ({}): all others end too.", ended.process, ended.status);
        }
        _ => {}
    }
}

/// Waits until the first process says that enough checkpoints are saved. False if the launch has
/// ended before.
#[expect(clippy::disallowed_methods, reason = "a file says no word when it comes")]
fn has_enough_checkpoints(folder: &Path, launched: &Launched) -> bool {
    while !folder.join("enough").exists() && !launched.has_ended() {
        std::thread::sleep(Duration::from_millis(5));
    }
    folder.join("enough").exists()
}

/// The checkpoints in the folder that all processes share.
fn checkpoints(folder: &Path) -> Result<Checkpoints<Tally, Walker>, Box<dyn Error>> {
    let store = SharedStore::in_folder(folder.join("checkpoints"))?;
    Ok(Checkpoints::new(store, Format::default()).keep(2))
}

/// One of the processes.
fn be_a_process(config: ProcessConfig) -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::var_os(FOLDER).ok_or("the launcher gives a folder")?);
    let links = (0..NODES).flat_map(|node| STRIDES.map(|stride| (node, (node + stride) % NODES)));
    let topology = Arc::new(Topology::from_links(NODES, links)?);
    let config = config.application("walkers", &topology);
    let checkpoints = checkpoints(&folder)?;
    let from = match checkpoints.load(Which::Newest) {
        Err(LoadError::Empty) => None,
        loaded => Some(Arc::new(loaded?.snapshot)),
    };
    if let (Some(snapshot), 0) = (&from, config.process()) {
        say!("All go on from {}: {} of {ALL_STEPS} steps.", snapshot.id(), sum(snapshot).steps);
    }
    let (tx, handles) = channel();
    let leader = std::thread::Builder::new().spawn(move || lead(&handles, &folder))?;
    execute(&config, move |worker, _| {
        let cluster = worker.dataflow::<u64, _, _>(|scope| {
            let (placement, settings) = (Placement::few_cut_links(), ClusterSettings::new());
            let place = |node| Place(node, Tally::default());
            let built = match &from {
                None => Cluster::build(scope, &topology, &placement, &settings, place),
                Some(from) => {
                    Cluster::restore(scope, &topology, &placement, &settings, from, place)
                }
            };
            built.map(|(cluster, _)| cluster)
        })?;
        cluster.save_to(&checkpoints);
        if let Some(handle) = cluster.handle() {
            tx.send(handle.clone())?;
        }
        while !cluster.has_ended() {
            worker.step_or_park(None);
        }
        Ok(())
    })?;
    match leader.join() {
        Ok(result) => result.map_err(|error| -> Box<dyn Error> { error }),
        Err(_) => Err("the thread that takes snapshots has panicked".into()),
    }
}

/// Saves checkpoints until all walkers rest. Only the first process has a handle.
fn lead(
    handles: &Receiver<ClusterHandle<Tally, Walker>>,
    folder: &Path,
) -> Result<(), WorkerError> {
    let Ok(handle) = handles.recv() else { return Ok(()) };
    let result = save_until_all_rest(&handle, folder);
    handle.shut_down();
    result
}

fn save_until_all_rest(
    handle: &ClusterHandle<Tally, Walker>,
    folder: &Path,
) -> Result<(), WorkerError> {
    let mut saved = 0;
    while !handle.wait_until_settled(PERIOD) {
        let snapshot = handle.checkpoint()?.snapshot;
        let all = sum(&snapshot);
        if all.resting == NODES as u64 {
            fs::write(folder.join("result"), in_words(all))?;
            return Ok(());
        }
        saved += 1;
        if saved <= CHECKPOINTS_BEFORE {
            say!("Saved {}: {} of {ALL_STEPS} steps.", snapshot.id(), all.steps);
        }
        if saved == CHECKPOINTS_BEFORE {
            fs::write(folder.join("enough"), "")?;
        }
    }
    Ok(())
}

fn sum(snapshot: &GlobalSnapshot<Tally, Walker>) -> Tally {
    snapshot.states().fold(Tally::default(), |all, (_, tally)| all.and(*tally))
}

fn in_words(Tally { steps, digest, resting }: Tally) -> String {
    format!("{steps} of {ALL_STEPS} steps, digest {digest:016x}, {resting} walkers rest")
}

//! Nodes panic at random events, and the supervised system ends with the result of an undisturbed
//! run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use consistent_cut::checkpoint::{
    Checkpoints, Format, LineSink, MemoryStore, RestartPolicy, SupervisionEvent, Which,
};
use consistent_cut::{Context, Link, NodeId, Process, Restore, System, TimerId};
use parking_lot::Mutex;

use crate::folder::Folder;
use crate::kill::check_end;
use crate::parade::{Body, INJECTED, LINES, Message, Node, RELAY, State, topology};
use crate::support::chance::{Chance, for_seeds_until_all_is_seen};
use crate::support::effort::scaled;
use crate::support::watchdog::finishes;

/// The places of panics beside `on_restore`, each with a number of events that a run has there.
const PLACES: [(&str, usize); 4] =
    [("on_start", 10), ("on_message", 12_000), ("on_timer", 250), ("state", 60)];

/// The events at which nodes panic, counted by place, over all nodes and all lives.
#[derive(Clone)]
struct Stumbles(Arc<Inner>);

struct Inner {
    events: [AtomicU64; 4],
    /// The events at which a node panics, by place.
    at: [Mutex<Vec<u64>>; 4],
    /// How many restores panic.
    restores: AtomicU64,
    /// The places of the panics.
    places: Mutex<Vec<&'static str>>,
}

impl Stumbles {
    fn new(chance: &mut Chance) -> Self {
        let mut at: [Vec<u64>; 4] = Default::default();
        for _ in 0..=chance.below(4) {
            let place = chance.below(4);
            at[place].push(chance.below(PLACES[place].1) as u64);
        }
        let inner = Inner {
            events: Default::default(),
            at: at.map(Mutex::new),
            restores: AtomicU64::new(chance.below(3) as u64),
            places: Mutex::default(),
        };
        Stumbles(Arc::new(inner))
    }

    fn count(&self, place: &'static str) {
        let index = PLACES.iter().position(|(name, _)| *name == place).expect("a place");
        let event = self.0.events[index].fetch_add(1, Ordering::SeqCst);
        if self.0.at[index].lock().contains(&event) {
            self.panic(place);
        }
    }

    fn restore(&self) {
        let left = &self.0.restores;
        let takes =
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if takes.is_ok() {
            self.panic("on_restore");
        }
    }

    fn panic(&self, place: &'static str) -> ! {
        self.0.places.lock().push(place);
        // The panic hook is left out, since it would print thousands of lines.
        std::panic::resume_unwind(Box::new(format!("stumbled in {place}")));
    }
}

/// A node of the parade that panics before or after its handler.
struct Stumbling {
    node: Node,
    stumbles: Stumbles,
}

impl Process for Stumbling {
    type State = State;
    type Message = Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
        self.stumbles.count("on_start");
        self.node.on_start(ctx);
        self.stumbles.count("on_start");
    }

    fn on_message(&mut self, from: Link, message: Message, ctx: &mut Context<'_, Message>) {
        self.stumbles.count("on_message");
        self.node.on_message(from, message, ctx);
        // By now the state has changed, and messages were put.
        self.stumbles.count("on_message");
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Message>) {
        self.stumbles.count("on_timer");
        self.node.on_timer(timer, ctx);
        self.stumbles.count("on_timer");
    }

    fn state(&self) -> State {
        self.stumbles.count("state");
        self.node.state()
    }
}

impl Restore for Stumbling {
    fn on_restore(&mut self, state: State, ctx: &mut Context<'_, Message>) {
        self.stumbles.restore();
        self.node.on_restore(state, ctx);
    }
}

/// Injects the messages that no checkpoint has yet, into the system that runs now. A message that
/// was injected after the last checkpoint is lost with its system, so the numbers of the link tell
/// what is to come.
fn inject_all(system: impl Fn() -> Arc<System<Stumbling>>) {
    loop {
        let system = system();
        let environment = system.topology().environment_link(RELAY).expect("a node").id;
        let injected = system.traffic_on(environment).expect("a link").sent;
        let mut numbers = injected + 1..=INJECTED;
        let all = numbers.all(|number| {
            system.inject(RELAY, Message { number, body: Body::Injected(number) }).is_ok()
        });
        if all && is_over(&system) {
            return;
        }
    }
}

/// Waits until a system has ended. Returns whether all its nodes have stopped by themselves.
fn is_over(system: &System<Stumbling>) -> bool {
    loop {
        match system.snapshot() {
            Ok(snapshot) if system.topology().nodes().all(|node| snapshot.is_stopped(node)) => {
                return true;
            }
            Ok(_) => {}
            // The system that comes next may be the last.
            Err(_) => return system.failures().is_empty(),
        }
    }
}

fn run(lines: &Path, released: &Path, seed: u64) -> Vec<&'static str> {
    let mut chance = Chance::new(seed);
    let stumbles = Stumbles::new(&mut chance);
    let checkpoints = Checkpoints::new(MemoryStore::new(), Format::default());
    let (of_nodes, lines) = (stumbles.clone(), lines.to_owned());
    let process = move |node: NodeId| {
        let node = Node::new(node, &lines);
        Stumbling { node, stumbles: of_nodes.clone() }
    };
    let policy = RestartPolicy::default()
        .period(Duration::from_micros(chance.pick(&[0, 500, 5_000])))
        .restarts(u32::MAX, Duration::MAX)
        .back_off(Duration::ZERO, Duration::ZERO);
    let supervised = System::builder(topology())
        .supervise(&checkpoints, process)
        .policy(policy)
        .release_to(LineSink::open(released).expect("a new file"))
        .start()
        .expect("it starts");
    let events = supervised.events();
    inject_all(|| supervised.system());
    supervised.join().expect("it ends by itself");
    let last = checkpoints.load(Which::Newest).expect("it is good");
    last.snapshot.verify().expect("the law holds");
    check_end(&last.snapshot, released);
    let restarts =
        events.filter(|event| matches!(event, SupervisionEvent::Restarting { .. })).count();
    let places = stumbles.0.places.lock().clone();
    assert!(restarts >= 1 || places.is_empty());
    places
}

#[test]
fn nodes_that_panic_at_any_event_change_nothing_in_the_result() {
    finishes(|| {
        let folder = Folder::new();
        let mut lines = String::new();
        (1..=LINES).for_each(|line| writeln!(lines, "{line}").expect("a text grows"));
        fs::write(folder.file("lines"), lines).expect("a file");
        let all = BTreeSet::from(["on_message", "on_restore", "on_start", "on_timer", "state"]);
        let is_all = |seen: &BTreeSet<_>| *seen == all;
        for_seeds_until_all_is_seen(scaled(8), BTreeSet::new(), is_all, |seed, places| {
            let released = folder.file(&format!("released-{seed}"));
            places.extend(run(&folder.file("lines"), &released, seed));
        });
    });
}

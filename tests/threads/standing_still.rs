//! A node that is found deadlocked on full links never handles a message again, however the system
//! ends.

use consistent_cut::property::find_deadlock_on_full_links;
use consistent_cut::{Context, Link, NodeId, Process, System, Topology};

/// In this many ends of a system, threads come in every order more than once.
const RUNS: usize = 50;

/// More than any run needs.
const SNAPSHOTS: usize = 1_000_000;

const NODES: usize = 6;
const OUTSIDER: NodeId = NodeId::new(NODES as u32);

/// Answers each message with two, and fails when it is told to.
struct Gossip {
    handled: u64,
}

#[derive(Clone)]
enum Word {
    Hello,
    Fail,
}

impl Gossip {
    fn say(&self, ctx: &mut Context<'_, Word>) {
        if let Some(&Link { id, .. }) = ctx.out_links().first() {
            ctx.send_on(id, Word::Hello);
            ctx.send_on(id, Word::Hello);
        }
    }
}

impl Process for Gossip {
    type State = u64;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        self.say(ctx);
    }

    fn on_message(&mut self, _: Link, word: Word, ctx: &mut Context<'_, Word>) {
        assert!(matches!(word, Word::Hello), "it was told to fail");
        self.handled += 1;
        self.say(ctx);
    }

    fn state(&self) -> u64 {
        self.handled
    }
}

/// A ring whose links fill up, and one node beside it.
fn ring_and_outsider() -> System<Gossip> {
    let ring = (0..NODES).map(|node| (node, (node + 1) % NODES));
    let topology = Topology::from_links(NODES + 1, ring).expect("nodes and links fit");
    System::builder(topology).capacity(8).spawn(|_| Gossip { handled: 0 }).expect("it starts")
}

/// The number of messages that each node of the ring has handled when all are deadlocked.
fn until_all_are_deadlocked(system: &System<Gossip>) -> Vec<u64> {
    let mut snapshots = (0..SNAPSHOTS).map(|_| system.snapshot().expect("no node fails"));
    let found = snapshots.find(|snapshot| {
        find_deadlock_on_full_links(snapshot).is_some_and(|found| found.nodes().len() == NODES)
    });
    let found = found.expect("soon there is a deadlock");
    found.states().take(NODES).map(|(_, handled)| *handled).collect()
}

/// The number of messages that each node has handled when the system has ended.
fn at_the_end(system: &System<Gossip>) -> Vec<u64> {
    let ended = system.shutdown_each().expect("it is the first time");
    let ring = ended.iter().take(NODES);
    ring.map(|node| node.as_ref().expect("no node in the ring fails").handled).collect()
}

#[test]
fn nobody_moves_when_the_system_is_shut_down() {
    for run in 0..RUNS {
        let system = ring_and_outsider();
        let found = until_all_are_deadlocked(&system);
        assert_eq!(at_the_end(&system), found, "run {run}");
    }
}

#[test]
fn nobody_moves_when_a_failure_elsewhere_stops_the_system() {
    for run in 0..RUNS {
        let system = ring_and_outsider();
        let found = until_all_are_deadlocked(&system);
        system.inject(OUTSIDER, Word::Fail).expect("it is up");
        while system.snapshot().is_ok() {}
        assert_eq!(at_the_end(&system), found, "run {run}");
    }
}

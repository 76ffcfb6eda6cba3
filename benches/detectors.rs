//! Time of each detector by the size of the snapshot it looks at.
//!
//! `cargo bench --bench detectors` measures. Any other command, such as `cargo test --benches`,
//! makes a short run that only shows that the bench works. An element is a node, a link, a message,
//! an object or a reference. A detector is linear where its time per element stays the same. Each
//! ratio is to the row above. The ratio is higher where a snapshot no longer fits into the
//! processor's caches. The last two sizes do not fit: compare these.
#![allow(clippy::disallowed_methods, reason = "a bench measures time")]
#![allow(missing_docs)]

#[path = "support/figures.rs"]
mod figures;

use std::time::Instant;

use consistent_cut::property::{
    Request, Verdict, conserved, find_deadlock, find_deadlock_on_full_links, find_garbage,
    terminated,
};
use consistent_cut::simulation::Simulation;
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, Topology};

use State::{Empty, Full, Stopped};

/// Links that leave each node, objects at each, and references in each object.
const LINKS: usize = 4;
const OBJECTS: u64 = 20;
const REFERENCES: u64 = 2;

type Snapshot = GlobalSnapshot<Member, u64>;

/// A node that has sent its messages and waits. The node does nothing else: a detector looks at the
/// snapshot alone.
#[derive(Clone)]
struct Member {
    node: NodeId,
    nodes: u64,
    messages: u64,
}

impl Process for Member {
    type State = Member;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        for number in 0..self.messages {
            let links = ctx.out_links();
            ctx.send_on(links[number as usize % links.len()].id, self.some_object(number));
        }
    }

    fn on_message(&mut self, _: Link, _: u64, _: &mut Context<'_, u64>) {}

    fn state(&self) -> Member {
        self.clone()
    }
}

impl Member {
    /// An object anywhere, a different one for each number.
    fn some_object(&self, number: u64) -> u64 {
        let scattered =
            (self.node.index() as u64 * 1_000_003 + number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (scattered >> 16) % (self.nodes * OBJECTS)
    }
}

/// A detector that is timed: its name, the state it looks at, the number of elements it looks at,
/// and the call, which returns how much it has found.
struct Detector {
    name: &'static str,
    state: State,
    elements: fn(&Snapshot) -> usize,
    run: fn(&Snapshot) -> usize,
}

#[derive(Clone, Copy)]
enum State {
    /// Every message is in flight, and every link over its capacity.
    Full,
    /// The same, and every node has stopped.
    Stopped,
    /// No message was sent.
    Empty,
}

/// A look for termination ends with the first sign of life, so both states have terminated. In the
/// first, all nodes have stopped, so the messages wake no node. In the second, no message is there,
/// and each node is asked.
const DETECTORS: [Detector; 8] = [
    detector("deadlock, found: all wait for all", Full, parts, deadlock),
    detector("deadlock, none: one grants, in turn", Full, parts, no_deadlock),
    detector("full links, found", Full, nodes_and_links, full_links),
    detector("garbage, most is in use", Full, parts_and_objects, garbage),
    detector("garbage, all", Full, parts_and_objects, all_garbage),
    detector("conservation, holds", Full, parts, conservation),
    detector("termination: all have stopped", Stopped, parts, termination),
    detector("termination: nothing is in flight", Empty, nodes_and_links, termination),
];

const fn detector(
    name: &'static str,
    state: State,
    elements: fn(&Snapshot) -> usize,
    run: fn(&Snapshot) -> usize,
) -> Detector {
    Detector { name, state, elements, run }
}

fn main() {
    let (rounds, sizes) = if figures::is_bench() {
        (9, &[(100, 10_000), (1_000, 100_000), (10_000, 1_000_000), (20_000, 2_000_000)][..])
    } else {
        (1, &[(10, 100), (20, 200)][..])
    };
    let snapshots: Vec<_> =
        sizes.iter().map(|&(nodes, messages)| Snapshots::take(nodes, messages)).collect();
    println!(
        "{:<38}{:>8}{:>12}{:>12}{:>10}{:>8}",
        "", "nodes", "messages", "time", "ns each", "ratio"
    );
    for detector in &DETECTORS {
        let mut above = None;
        for (snapshots, (nodes, _)) in snapshots.iter().zip(sizes) {
            let snapshot = snapshots.of(detector.state);
            let messages = snapshot.in_flight().count();
            // Other work of the machine makes a run longer, never shorter.
            let times = (0..rounds).map(|_| time(detector, snapshot));
            let (time, elements) =
                (times.fold(f64::MAX, f64::min), (detector.elements)(snapshot) as f64);
            let each = time / elements * 1e9;
            let ratio = each / above.replace(each).unwrap_or(each);
            let (name, time) = (detector.name, time * 1e3);
            println!("{name:<38}{nodes:>8}{messages:>12}{time:>9.2} ms{each:>10.1}{ratio:>8.2}");
        }
    }
}

/// Seconds.
fn time(detector: &Detector, snapshot: &Snapshot) -> f64 {
    let start = Instant::now();
    let found = (detector.run)(snapshot);
    let time = start.elapsed().as_secs_f64();
    std::hint::black_box(found);
    time
}

/// Real states of one size.
struct Snapshots {
    full: Snapshot,
    stopped: Snapshot,
    empty: Snapshot,
}

impl Snapshots {
    fn take(nodes: usize, messages: usize) -> Self {
        let mut simulation = simulation(nodes, messages);
        let full = state(&simulation);
        for node in full.topology().nodes() {
            simulation.stop_node(node).expect("it is there");
        }
        Snapshots { full, stopped: state(&simulation), empty: state(&self::simulation(nodes, 0)) }
    }

    fn of(&self, state: State) -> &Snapshot {
        match state {
            Full => &self.full,
            Stopped => &self.stopped,
            Empty => &self.empty,
        }
    }
}

/// Nodes that have sent all their messages, before any is delivered.
fn simulation(nodes: usize, messages: usize) -> Simulation<Member> {
    let topology = Topology::random_strongly_connected(nodes, nodes * (LINKS - 1), 1);
    let builder =
        Simulation::builder(topology.expect("nodes and links fit")).capacity(1).without_schedule();
    let member = |node| Member { node, nodes: nodes as u64, messages: (messages / nodes) as u64 };
    builder.start(member).expect("no setting is wrong")
}

fn state(simulation: &Simulation<Member>) -> Snapshot {
    simulation.global_state().expect("no node has failed")
}

fn nodes_and_links(snapshot: &Snapshot) -> usize {
    snapshot.topology().node_count() + snapshot.topology().link_count()
}

fn parts(snapshot: &Snapshot) -> usize {
    nodes_and_links(snapshot) + snapshot.in_flight().count()
}

fn parts_and_objects(snapshot: &Snapshot) -> usize {
    parts(snapshot) + snapshot.topology().node_count() * (OBJECTS * (1 + REFERENCES)) as usize
}

fn deadlock(snapshot: &Snapshot) -> usize {
    let topology = snapshot.topology();
    let request = |node, _: &Member| Request::All(topology.neighbours(node).collect());
    // No message has that value.
    let found = find_deadlock(snapshot, request, |_, object, _| *object == u64::MAX);
    found.map_or(0, |found| found.nodes().len())
}

/// Node 0 runs, and the others go on one after the other.
fn no_deadlock(snapshot: &Snapshot) -> usize {
    let topology = snapshot.topology();
    let request = |node: NodeId, _: &Member| match node.index() {
        0 => Request::Nothing,
        _ => Request::Any(topology.neighbours(node).collect()),
    };
    let found = find_deadlock(snapshot, request, |_, object, _| *object == u64::MAX);
    found.map_or(0, |found| found.nodes().len())
}

fn full_links(snapshot: &Snapshot) -> usize {
    find_deadlock_on_full_links(snapshot).map_or(0, |found| found.nodes().len())
}

fn garbage(snapshot: &Snapshot) -> usize {
    garbage_where(snapshot, true)
}

fn all_garbage(snapshot: &Snapshot) -> usize {
    garbage_where(snapshot, false)
}

fn garbage_where(snapshot: &Snapshot, carry: bool) -> usize {
    let found = find_garbage(
        snapshot,
        |node, member, heap| {
            let first = node.index() as u64 * OBJECTS;
            for id in first..first + OBJECTS {
                let reference = |number| member.some_object(id * REFERENCES + number);
                heap.object(id, (0..REFERENCES).map(reference));
            }
        },
        |_, object| carry.then_some(*object),
    );
    found.objects().len()
}

/// Every reference that was sent is in flight.
fn conservation(snapshot: &Snapshot) -> usize {
    let sent = snapshot.states().next().map_or(0, |(_, first)| first.messages * first.nodes);
    // Each message is one reference.
    let in_message = |object: &u64| u64::from(*object != u64::MAX);
    let invariant = conserved("references", sent, |_, _| 0, in_message);
    found(&invariant.into_predicate().evaluate(snapshot))
}

fn termination(snapshot: &Snapshot) -> usize {
    let property = terminated(|_, member: &Member| member.messages == 0);
    found(&property.into_predicate().evaluate(snapshot))
}

/// The detector has to find this.
fn found(verdict: &Verdict) -> usize {
    assert!(verdict.is_true(), "it was made that way");
    verdict.reason().len()
}

//! The memory of a node beside its process, as it is with very many nodes on one thread. This is a
//! test crate by itself, and it has one test: the resident memory of the process tells the figures.
#![cfg(all(target_os = "linux", not(loom)))]
#![expect(clippy::unwrap_used, reason = "a test may say no more than that")]

use std::collections::VecDeque;
use std::sync::Arc;

use consistent_cut::protocol::{Envelope, NodeCore, Output};
use consistent_cut::{Context, Link, LinkId, MarkerPolicy, NodeId, Process, SnapshotId, Topology};

const NODES: usize = 20_000;
/// Of 4 KiB each.
const PAGES: &str = "/proc/self/statm";

/// Passes messages on, to its links in turn.
struct Passer(u64);

impl Process for Passer {
    type State = u64;
    type Message = u64;

    fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        self.0 += 1;
        let links = ctx.out_links();
        ctx.send_on(links[self.0 as usize % links.len()], hops + 1);
    }

    fn state(&self) -> u64 {
        self.0
    }
}

/// Very many nodes, and one queue for all links.
struct Machine {
    cores: Vec<NodeCore<Passer>>,
    queue: VecDeque<(Link, Envelope<u64>)>,
    reports: usize,
}

impl Machine {
    /// Handles every envelope that is in the queue now.
    fn round(&mut self) {
        for _ in 0..self.queue.len() {
            let (link, envelope) = self.queue.pop_front().unwrap();
            let node = link.target.index();
            let core = &mut self.cores[node];
            core.warm();
            match envelope {
                Envelope::Message(message) => {
                    let mut message = Some(message);
                    assert_eq!(core.process_from(link.id, || message.take()), Ok(1));
                }
                other => {
                    core.arrive(link.id, other).unwrap();
                    assert_eq!(core.process_next(), None);
                }
            }
            self.drain(node);
        }
    }

    fn drain(&mut self, node: usize) {
        let Machine { cores, queue, reports, .. } = self;
        let core = &mut cores[node];
        let links = |id: LinkId, core: &NodeCore<Passer>| {
            *core.out_links().iter().find(|link| link.id == id).unwrap()
        };
        if core.lend_messages(|link, messages| {
            queue.extend(messages.drain(..).map(|message| (link, Envelope::Message(message))));
        }) {
            return;
        }
        let outputs: Vec<_> = core.drain_output().collect();
        for output in outputs {
            match output {
                Output::Marker { link, snapshot } => {
                    queue.push_back((links(link, core), Envelope::Marker(snapshot)));
                }
                Output::Report(_) => *reports += 1,
                other => unreachable!("{other:?}"),
            }
        }
    }
}

fn resident() -> usize {
    let pages = std::fs::read_to_string(PAGES).unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// The most bytes of a node with this many links in and out, beside its process: when it is new,
/// when it has handled messages, and when it has taken part in snapshots.
fn measure(degree: usize, policy: MarkerPolicy) -> [usize; 3] {
    let steps = (0..NODES).flat_map(|node| (1..=degree).map(move |by| (node, (node + by) % NODES)));
    let topology = Arc::new(Topology::from_links(NODES, steps).unwrap());
    let mut queue: VecDeque<_> =
        topology.links().iter().map(|link| (*link, Envelope::End)).collect();
    queue.reserve(4 * queue.len());
    queue.extend(queue.clone());
    queue.clear();
    // Some memory that was given back would hide the first nodes.
    let cores = Vec::with_capacity(NODES);
    let before = resident();
    let bytes = || resident().saturating_sub(before) / NODES - size_of::<Passer>();
    let mut machine = Machine { cores, queue, reports: 0 };
    for node in topology.nodes() {
        let mut core = NodeCore::new(node, Arc::clone(&topology), Passer(0), policy);
        core.start();
        machine.cores.push(core);
    }
    let new = bytes();
    let first = topology.links().iter().filter(|link| link.id.index() % (8 * degree) == 0);
    machine.queue.extend(first.map(|link| (*link, Envelope::Message(0))));
    (0..16 * degree).for_each(|_| machine.round());
    let busy = bytes();
    // The messages wait, or the memory of their copies would count. The markers go from node to
    // node, so few nodes record at a time.
    let messages = std::mem::take(&mut machine.queue);
    for id in 1..=3 {
        machine.cores[0].begin_snapshot(SnapshotId::new(id));
        machine.drain(0);
        while !machine.queue.is_empty() {
            machine.round();
        }
    }
    machine.queue = messages;
    machine.round();
    assert_eq!(machine.reports, 3 * NODES * (degree + 1), "every node has taken part");
    let node = NodeId::new(7);
    assert!(machine.cores[node.index()].process().0 > 0, "every node has handled messages");
    [new, busy, bytes()]
}

#[test]
fn a_node_takes_little_memory_beside_its_process() {
    // Memory that was given back hides what is taken later, so each kind has a process of its own.
    const KIND: &str = "CONSISTENT_CUT_TEST_MEMORY";
    let kinds = [
        (1, MarkerPolicy::Overtaking, 472),
        (1, MarkerPolicy::InOrder, 640),
        (4, MarkerPolicy::Overtaking, 1024),
        (4, MarkerPolicy::InOrder, 1200),
    ];
    if let Ok(kind) = std::env::var(KIND) {
        let (degree, policy, most) = kinds[kind.parse::<usize>().unwrap()];
        let bytes = measure(degree, policy);
        println!("{degree} links in and out, {policy:?}: {bytes:?} bytes");
        assert!(bytes.iter().all(|&bytes| bytes <= most), "{bytes:?}, at most {most}");
        return;
    }
    for kind in 0..kinds.len() {
        let test = std::process::Command::new(std::env::current_exe().unwrap())
            .env(KIND, kind.to_string())
            .arg("--nocapture")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&test.stdout);
        println!("{said}");
        assert!(test.status.success(), "{said}{}", String::from_utf8_lossy(&test.stderr));
    }
}

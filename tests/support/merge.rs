//! A workload whose result does not depend on the interleaving: every node takes from its in-links
//! in turn, and waits while the link whose turn it is has no message (a network of G. Kahn, *The
//! Semantics of a Simple Language for Parallel Programming*, 1974). So runs with and without
//! snapshots, stops and restarts must end alike.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::{
    Context, GlobalSnapshot, Link, NodeId, Process, Restore, System, SystemBuilder, TimerId,
    Topology,
};

/// A value that is passed on. Its lowest byte is the number of hops left.
pub(crate) type Value = u64;
pub(crate) type MergeSnapshot = GlobalSnapshot<Merged, Value>;

const TICKS: u64 = 60;
const HOPS: u64 = 0xff;
const TICK: TimerId = TimerId::new(0);

/// The state of a node: the values that it has taken so far, as one number, and the values that
/// wait for their turn.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Merged {
    waiting: Vec<VecDeque<Value>>,
    turn: usize,
    hash: u64,
    taken: u64,
    /// Times that a source has sent.
    ticks: u64,
    /// The values from outside, in their order.
    pub(crate) outside: u64,
    /// The number of starts of the process, and the number of restores.
    pub(crate) starts: u64,
    pub(crate) restores: u64,
}

pub(crate) struct Merge {
    node: NodeId,
    state: Merged,
}

impl Merge {
    pub(crate) fn new(node: NodeId, topology: &Topology) -> Self {
        let waiting = vec![VecDeque::new(); topology.in_links(node).len()];
        let (turn, hash, taken, ticks, outside, starts, restores) = (0, 0, 0, 0, 0, 0, 0);
        let state = Merged { waiting, turn, hash, taken, ticks, outside, starts, restores };
        Merge { node, state }
    }

    /// A source sends some values on each of its links, at every tick of its timer, and stops after
    /// the last.
    fn tick(&mut self, ctx: &mut Context<'_, Value>) {
        self.state.ticks += 1;
        for (slot, link) in (0..).zip(ctx.out_links()) {
            for nth in 0..=(self.state.ticks + slot) % 4 {
                let seed = self.node.index() as u64 * 1000 + slot * 100 + nth;
                ctx.send_on(link, mix(seed, self.state.ticks) << 8 | 6);
            }
        }
        if self.state.ticks < TICKS {
            ctx.set_timer(TICK, Duration::from_micros(self.state.ticks % 3 * 40));
        } else {
            ctx.stop();
        }
    }

    fn take(&mut self, value: Value, ctx: &mut Context<'_, Value>) {
        self.state.taken += 1;
        self.state.hash = mix(self.state.hash, value);
        let (links, hash) = (ctx.out_links(), self.state.hash);
        if value & HOPS > 0 && !links.is_empty() {
            let link = links[(hash >> 8) as usize % links.len()];
            ctx.send_on(link, value & !HOPS ^ (hash << 8) | ((value & HOPS) - 1));
        }
    }
}

impl Process for Merge {
    type State = Merged;
    type Message = Value;

    fn on_start(&mut self, ctx: &mut Context<'_, Value>) {
        self.state.starts += 1;
        if ctx.in_links().is_empty() {
            ctx.set_timer(TICK, Duration::ZERO);
        } else if self.node.index().is_multiple_of(2)
            && ctx.topology().link_count() == ctx.topology().node_count()
        {
            // In a ring every second node begins with one value.
            ctx.send_on(ctx.out_links()[0], (7 + self.node.index() as u64) << 8 | HOPS);
        }
    }

    fn on_message(&mut self, from: Link, value: Value, ctx: &mut Context<'_, Value>) {
        if from.is_environment() {
            self.state.outside = mix(self.state.outside, value);
            return;
        }
        let slot = ctx.topology().in_slot(from.id).expect("a known link");
        self.state.waiting[slot].push_back(value);
        while let Some(value) = self.state.waiting[self.state.turn].pop_front() {
            self.state.turn = (self.state.turn + 1) % self.state.waiting.len();
            self.take(value, ctx);
        }
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Value>) {
        assert_eq!(timer, TICK);
        self.tick(ctx);
    }

    fn state(&self) -> Merged {
        self.state.clone()
    }
}

impl Restore for Merge {
    fn on_restore(&mut self, state: Merged, _: &mut Context<'_, Value>) {
        assert_eq!(self.state.starts + self.state.restores, 0, "a process is restored once");
        self.state = Merged { restores: state.restores + 1, ..state };
    }
}

/// The order of the mixed values matters.
pub(crate) fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 3
}

/// Two sources, three nodes that merge, parallel links, a sink; and a ring of five.
pub(crate) fn topologies() -> [Arc<Topology>; 2] {
    let net = [(0, 2), (1, 2), (1, 3), (2, 3), (2, 4), (2, 4), (3, 5), (4, 5)];
    [Topology::from_links(6, net).unwrap(), Topology::ring(5).unwrap()].map(Arc::new)
}

pub(crate) fn builder(topology: &Arc<Topology>, capacity: usize) -> SystemBuilder<Merge> {
    System::builder(Arc::clone(topology)).capacity(capacity)
}

/// Starts the workload from its beginning.
pub(crate) fn start(builder: SystemBuilder<Merge>, topology: &Topology) -> System<Merge> {
    builder.spawn(|node| Merge::new(node, topology)).expect("the machine has room")
}

/// Whether nothing will happen any more.
pub(crate) fn is_over(snapshot: &MergeSnapshot) -> bool {
    let is_idle = |node| snapshot.timers(node).is_empty();
    snapshot.in_flight().next().is_none() && snapshot.topology().nodes().all(is_idle)
}

/// Waits until nothing happens any more, and returns the states of the nodes, without the counts of
/// starts.
pub(crate) fn finish(system: &System<Merge>) -> Vec<Merged> {
    loop {
        let snapshot = system.snapshot().unwrap();
        snapshot.verify().unwrap();
        if is_over(&snapshot) {
            return states(&snapshot);
        }
    }
}

pub(crate) fn states(snapshot: &MergeSnapshot) -> Vec<Merged> {
    snapshot.states().map(|(_, state)| Merged { restores: 0, ..state.clone() }).collect()
}

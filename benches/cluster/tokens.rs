//! The workload of all sides: tokens that never stop, and the count of their hops.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use consistent_cut::{Context, Link, NodeId, Process, Topology};

use crate::support::figures::is_bench;

/// The hops of this process, by all sides in turn.
static HOPS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Hops that are not yet in `HOPS`.
    static UNCOUNTED: Cell<u64> = const { Cell::new(0) };
}

/// Counts a hop.
#[inline]
pub(crate) fn count() {
    UNCOUNTED.with(|uncounted| {
        let hops = uncounted.get() + 1;
        uncounted.set(hops % 1024);
        if hops == 1024 {
            HOPS.fetch_add(hops, Ordering::Relaxed);
        }
    });
}

/// Hops per second of this process, while both sides of the engine are at work.
pub(crate) fn speed() -> f64 {
    let pause = if is_bench() { Duration::from_millis(500) } else { Duration::from_millis(20) };
    // A large system takes seconds to start.
    let first = HOPS.load(Ordering::Relaxed);
    while HOPS.load(Ordering::Relaxed) < first + 1_000_000 && is_bench() {
        sleep(Duration::from_millis(1));
    }
    sleep(pause);
    let (start, before) = (Instant::now(), HOPS.load(Ordering::Relaxed));
    sleep(pause);
    let hops = HOPS.load(Ordering::Relaxed) - before;
    hops as f64 / start.elapsed().as_secs_f64()
}

/// A topology, and how many tokens go round in it.
#[derive(Clone)]
pub(crate) struct Workload {
    pub(crate) topology: Arc<Topology>,
    pub(crate) tokens: usize,
}

impl Workload {
    pub(crate) fn ring(nodes: usize, tokens: usize) -> Self {
        Workload { topology: Arc::new(Topology::ring(nodes).unwrap()), tokens }
    }

    /// A random graph with four links a node.
    pub(crate) fn graph(nodes: usize, tokens: usize) -> Self {
        let topology = Topology::random_strongly_connected(nodes, 3 * nodes, 7).unwrap();
        Workload { topology: Arc::new(topology), tokens }
    }

    /// A square of at most this many nodes, each with links to and from its neighbours: nearly four
    /// links per node, all to near nodes. No tokens go round.
    pub(crate) fn square(nodes: usize) -> Self {
        let side = nodes.isqrt();
        Workload { topology: Arc::new(Topology::grid(side, side).unwrap()), tokens: 0 }
    }

    /// How many tokens a node begins with.
    pub(crate) fn tokens_at(&self, node: NodeId) -> u64 {
        let (nodes, node) = (self.topology.node_count(), node.index());
        ((node + 1) * self.tokens / nodes - node * self.tokens / nodes) as u64
    }

    pub(crate) fn process(&self, node: NodeId) -> Relay {
        Relay { tokens: self.tokens_at(node), seen: 0 }
    }
}

/// Passes each token on, on one of its links in turn.
pub(crate) struct Relay {
    tokens: u64,
    seen: u64,
}

/// The link on which a node passes on the token that it sees next.
#[inline]
pub(crate) fn choose(links: &[Link], seen: u64) -> Link {
    links[if links.len() == 1 { 0 } else { seen as usize % links.len() }]
}

impl Process for Relay {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        for token in 0..self.tokens {
            ctx.send_on(choose(ctx.out_links(), token), 0);
        }
    }

    #[inline]
    fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        count();
        self.seen += 1;
        ctx.send_on(choose(ctx.out_links(), self.seen), hops + 1);
    }

    fn state(&self) -> u64 {
        self.seen
    }
}

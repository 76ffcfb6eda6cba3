//! A system drawn from a seed.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::{LinkId, MarkerPolicy, OnFailure, System, SystemBuilder, Topology};
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::chatterer::{Chatterer, Manner};

/// Enough for the handlers here.
const STACK_SIZE: usize = 256 * 1024;
/// A snapshot that has begun and takes longer than this has lost a message or marker.
pub(crate) const GENEROUS: Duration = Duration::from_secs(30);

/// The part of the setup that is the same in all generations of a system.
pub(crate) struct Setup {
    pub(crate) shape: &'static str,
    pub(crate) topology: Arc<Topology>,
    pub(crate) manner: Manner,
    pub(crate) callers: usize,
    pub(crate) generations: u64,
    pub(crate) on_failure: OnFailure,
    /// The number of panics that may be ordered, and the number of stops.
    pub(crate) panics: usize,
    pub(crate) stops: usize,
}

/// The part of the setup that each generation draws anew.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    policy: MarkerPolicy,
    capacity: Capacity,
    of_links: Vec<(LinkId, usize)>,
    pub(crate) max_concurrent_snapshots: usize,
    pub(crate) min_pause: Duration,
    pub(crate) history: usize,
    /// The number of complete snapshots that the history keeps with their values.
    pub(crate) kept: usize,
    pub(crate) run: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Capacity {
    Usual,
    Unbounded,
    Of(usize),
}

impl Setup {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut generator = generator(seed);
        let rng = &mut generator;
        let nodes = if rng.random_ratio(1, 30) { 500 } else { rng.random_range(1..=40) };
        let (shape, topology) = draw_topology(nodes, rng);
        Setup {
            shape,
            topology: Arc::new(topology),
            manner: draw_manner(rng),
            callers: rng.random_range(1..=5),
            generations: pick(&[1, 1, 2, 3, 4], rng),
            on_failure: pick(&[OnFailure::Stop, OnFailure::Continue, OnFailure::Continue], rng),
            panics: pick(&[0, 0, 0, 1, 3], rng),
            stops: pick(&[0, 0, 0, 1, 5], rng),
        }
    }
}

impl Settings {
    pub(crate) fn draw(setup: &Setup, seed: u64, generation: u64) -> Self {
        let mut generator = generator(seed ^ (generation + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let rng = &mut generator;
        Settings {
            policy: pick(&[MarkerPolicy::Overtaking, MarkerPolicy::InOrder], rng),
            capacity: draw_capacity(rng),
            of_links: draw_link_capacities(&setup.topology, rng),
            max_concurrent_snapshots: pick(&[1, 2, 5, 64, 64, 1000], rng),
            min_pause: Duration::from_millis(pick(&[0, 0, 0, 1, 20], rng)),
            history: pick(&[0, 1, 3, 16, 100], rng),
            kept: pick(&[0, 0, 1, 5, 100], rng),
            run: Duration::from_millis(pick(&[0, 10, 50, 200, 800], rng)),
        }
    }

    pub(crate) fn builder(&self, setup: &Setup) -> SystemBuilder<Chatterer> {
        let mut builder = System::<Chatterer>::builder(Arc::clone(&setup.topology))
            .marker_policy(self.policy)
            .on_failure(setup.on_failure)
            .max_concurrent_snapshots(self.max_concurrent_snapshots)
            .min_pause(self.min_pause)
            .history(self.history)
            .keep_snapshots(self.kept)
            .snapshot_timeout(GENEROUS)
            .stack_size(STACK_SIZE);
        builder = match self.capacity {
            Capacity::Usual => builder,
            Capacity::Unbounded => builder.unbounded(),
            Capacity::Of(messages) => builder.capacity(messages),
        };
        let links = self.of_links.iter();
        links.fold(builder, |builder, &(link, messages)| builder.link_capacity(link, messages))
    }

    /// Whether a snapshot may have to wait for its turn in the queue.
    pub(crate) fn has_queue(&self) -> bool {
        self.max_concurrent_snapshots < 64 || !self.min_pause.is_zero()
    }
}

pub(crate) fn generator(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

pub(crate) fn pick<T: Copy>(among: &[T], rng: &mut Xoshiro256PlusPlus) -> T {
    *among.choose(rng).expect("a choice of something")
}

fn draw_topology(nodes: usize, rng: &mut Xoshiro256PlusPlus) -> (&'static str, Topology) {
    let (shape, topology) = match rng.random_range(0..7) {
        0 => ("ring", Topology::ring(nodes)),
        1 => ("line", Topology::line(nodes)),
        2 => ("two-way line", Topology::line(nodes).and_then(Topology::with_reverse_links)),
        3 => ("star", Topology::star(nodes)),
        4 => ("complete", Topology::complete(nodes.min(40))),
        5 => ("connected", {
            let extra = rng.random_range(0..=2 * nodes);
            Topology::random_strongly_connected(nodes, extra, rng.random())
        }),
        _ => ("random", Topology::from_links(nodes, random_links(nodes, rng))),
    };
    (shape, topology.expect("a topology of at least one node"))
}

/// One to four links from each node to any node, itself included. Some links are parallel.
fn random_links(nodes: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<(usize, usize)> {
    let mut links = Vec::new();
    for node in 0..nodes {
        for _ in 0..rng.random_range(1..=4) {
            let link = (node, rng.random_range(0..nodes));
            links.push(link);
            if rng.random_ratio(1, 8) {
                links.push(link);
            }
        }
    }
    links
}

fn draw_manner(rng: &mut Xoshiro256PlusPlus) -> Manner {
    Manner {
        opening: pick(&[0, 1, 1, 2, 5, 50], rng),
        credit: pick(&[0, 1, 3, 10, 100], rng),
        source_credit: pick(&[10, 1000, 20_000], rng),
        spin: pick(&[0, 0, 100, 2000], rng),
        timers: pick(&[0, 1, 3], rng),
        longest_timer: Duration::from_micros(pick(&[10, 1000, 30_000], rng)),
        request_one_in: pick(&[50, 1000, 100_000], rng),
    }
}

fn draw_capacity(rng: &mut Xoshiro256PlusPlus) -> Capacity {
    let capacities = [1, 2, 5, 100].map(Capacity::Of);
    match rng.random_range(0..6) {
        0 => Capacity::Usual,
        1 => Capacity::Unbounded,
        at => capacities[at - 2],
    }
}

fn draw_link_capacities(topology: &Topology, rng: &mut Xoshiro256PlusPlus) -> Vec<(LinkId, usize)> {
    if topology.link_count() == 0 || rng.random_bool(0.6) {
        return Vec::new();
    }
    let links = rng.random_range(1..=4);
    let draw = |_| {
        let link = topology.links().choose(rng).expect("a link").id;
        (link, pick(&[1, 2, 5, 1000], rng))
    };
    (0..links).map(draw).collect()
}

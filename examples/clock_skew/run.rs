//! One run by each algorithm, and whether its snapshot is right.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::causality::CutError;
use consistent_cut::simulation::{Algorithm, Clock, Latency, PhysicalTime, Simulation};
use consistent_cut::{Context, Link, Process, TimerId, Topology};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// The mean latency of a message. Every latency is between half and one and a half times the mean.
const LATENCY: Duration = Duration::from_millis(2);

/// A value for each algorithm.
#[derive(Clone, Debug, Default)]
pub(crate) struct Algorithms<T> {
    pub(crate) physical: T,
    pub(crate) markers_only: T,
    pub(crate) chandy_lamport: T,
}

/// How many snapshots were wrong, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) snapshots: u64,
    /// A message was received before the cut and sent after it.
    pub(crate) inconsistent: u64,
    /// The cut was consistent, and the links' states were not those of the cut.
    pub(crate) lossy: u64,
    /// The number of tokens was wrong.
    pub(crate) miscounted: u64,
    /// The seed of the first wrong snapshot.
    pub(crate) first_wrong: Option<u64>,
}

impl Counts {
    pub(crate) fn wrong(&self) -> u64 {
        self.inconsistent + self.lossy
    }
}

/// Keeps each token for some milliseconds, and passes it to the next neighbour in turn.
struct Juggler {
    /// Tokens held.
    tokens: u64,
    /// Tokens that have come so far.
    came: u64,
}

impl Juggler {
    fn catch(&mut self, ctx: &mut Context<'_, ()>) {
        self.tokens += 1;
        self.came += 1;
        let kept = Duration::from_micros(1_000 + self.came * 7_919 % 12_000);
        ctx.set_timer(TimerId::new(self.came), kept);
    }
}

impl Process for Juggler {
    type State = u64;
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        self.catch(ctx);
    }

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        self.catch(ctx);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, ()>) {
        self.tokens -= 1;
        let links = ctx.out_links();
        ctx.send_on(links[timer.get() as usize % links.len()].id, ());
    }

    fn state(&self) -> u64 {
        self.tokens
    }
}

/// The same run by each algorithm: the same seed gives the same latencies until the snapshot
/// begins.
pub(crate) fn run(
    seed: u64,
    nodes: u32,
    skew: f64,
    counts: &mut Algorithms<Counts>,
) -> Result<(), Box<dyn Error>> {
    let topology = Arc::new(Topology::complete(nodes as usize)?);
    let physical = Algorithm::PhysicalTime(clocks(seed, &topology, LATENCY.mul_f64(skew)));
    take(seed, &topology, physical, &mut counts.physical)?;
    take(seed, &topology, Algorithm::MarkersOnly, &mut counts.markers_only)?;
    take(seed, &topology, Algorithm::ChandyLamport, &mut counts.chandy_lamport)
}

/// Each clock is ahead or behind by at most half the skew. All nodes wait for the slowest message.
fn clocks(seed: u64, topology: &Topology, skew: Duration) -> PhysicalTime {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let half = skew.as_nanos() as i64 / 2;
    let time = PhysicalTime::new(LATENCY, LATENCY * 2 + skew);
    topology.nodes().fold(time, |time, node| {
        let offset = random.random_range(-half..=half);
        let by = Duration::from_nanos(offset.unsigned_abs());
        time.clock(node, if offset < 0 { Clock::behind(by) } else { Clock::ahead(by) })
    })
}

fn take(
    seed: u64,
    topology: &Arc<Topology>,
    algorithm: Algorithm,
    counts: &mut Counts,
) -> Result<(), Box<dyn Error>> {
    let latency = Latency::Uniform(LATENCY / 2, LATENCY * 3 / 2);
    let mut simulation = Simulation::builder(Arc::clone(topology))
        .algorithm(algorithm)
        .latency(latency)
        .seed(seed)
        .without_schedule()
        .traced()
        .start(|node| Juggler { tokens: 0, came: 3 * node.index() as u64 })?;
    simulation.run_until(LATENCY * 20);
    simulation.begin_snapshot()?;
    while simulation.snapshots().is_empty() {
        simulation.advance().ok_or("the tokens have come to rest")?;
    }
    let snapshot = &simulation.snapshots()[0];
    let trace = simulation.trace()?;
    let cut = trace.cut_of(snapshot.id()).ok_or("no node has recorded")?;
    match cut.check_snapshot(trace, snapshot) {
        Ok(()) => {}
        Err(error) => {
            let is_inconsistent = matches!(error, CutError::Inconsistent { .. });
            counts.inconsistent += u64::from(is_inconsistent);
            counts.lossy += u64::from(!is_inconsistent);
            counts.first_wrong = counts.first_wrong.or(Some(seed));
        }
    }
    let held: u64 = snapshot.states().map(|(_, held)| held).sum();
    let tokens = held + snapshot.in_flight().count() as u64;
    counts.miscounted += u64::from(tokens != topology.node_count() as u64);
    counts.snapshots += 1;
    Ok(())
}

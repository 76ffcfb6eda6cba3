//! The pause of a node with a large state: the time of `state()`, with a plain map and with a map
//! that shares its memory with its clones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
use imbl::OrdMap;
use parking_lot::Mutex;

use crate::figures::{is_bench, median};

/// The pauses in seconds.
type Pauses = Arc<Mutex<Vec<f64>>>;

trait Map: Clone + Send + Sync + 'static {
    fn new() -> Self;
    fn put(&mut self, key: u64, value: u64);
}

impl Map for BTreeMap<u64, u64> {
    fn new() -> Self {
        BTreeMap::new()
    }

    fn put(&mut self, key: u64, value: u64) {
        self.insert(key, value);
    }
}

impl Map for OrdMap<u64, u64> {
    fn new() -> Self {
        OrdMap::new()
    }

    fn put(&mut self, key: u64, value: u64) {
        self.insert(key, value);
    }
}

struct Large<T> {
    map: T,
    pauses: Pauses,
}

impl<T: Map> Process for Large<T> {
    type State = T;
    type Message = u64;

    fn on_message(&mut self, _: Link, key: u64, _: &mut Context<'_, u64>) {
        self.map.put(key, key + 1);
    }

    fn state(&self) -> T {
        let began = Instant::now();
        let state = self.map.clone();
        self.pauses.lock().push(began.elapsed().as_secs_f64());
        state
    }
}

/// The median of the pauses in seconds.
fn pause<T: Map>(entries: u64, snapshots: u64) -> f64 {
    let pauses = Pauses::default();
    let mut map = T::new();
    (0..entries).for_each(|key| map.put(key, key));
    let mut large = Some(Large { map, pauses: Arc::clone(&pauses) });
    let topology = Topology::from_links(1, []).unwrap();
    let system = System::builder(topology).spawn(|_| large.take().unwrap()).unwrap();
    for snapshot in 0..snapshots {
        // The entries change between the snapshots.
        (0..1_000).for_each(|n| {
            system.inject(NodeId::new(0), (snapshot * 7_919 + n * 104_729) % entries).unwrap();
        });
        drop(system.snapshot().unwrap());
    }
    drop(system);
    let pauses = pauses.lock();
    median(&pauses)
}

/// Whether the goal is met.
pub(crate) fn measure() -> bool {
    let (entries, snapshots) = if is_bench() { (1_000_000, 20) } else { (1_000, 2) };
    let plain = pause::<BTreeMap<u64, u64>>(entries, snapshots);
    let shared = pause::<OrdMap<u64, u64>>(entries, snapshots);
    println!("The pause of a node with {entries} entries");
    println!("{:>24}{:>12.1} µs", "BTreeMap, cloned", plain * 1e6);
    println!("{:>24}{:>12.1} µs", "imbl::OrdMap, cloned", shared * 1e6);
    let met = shared * 100.0 <= plain || !is_bench();
    println!("{:>24}{:>10.0}      at least 100", "times shorter", plain / shared);
    met
}

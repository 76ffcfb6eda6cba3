//! A small system whose states and messages are numbers in lists, for tests of stores.

use std::sync::Arc;

use consistent_cut::checkpoint::{Checkpoints, Format, Store};
use consistent_cut::simulation::Simulation;
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, Restore, Topology};

pub(crate) type Snapshot = GlobalSnapshot<Vec<u64>, Vec<u64>>;
pub(crate) type Numbers = Checkpoints<Vec<u64>, Vec<u64>>;

/// Keeps its list, and the lists that come.
pub(crate) struct Keeper(pub(crate) Vec<u64>);

impl Process for Keeper {
    type State = Vec<u64>;
    type Message = Vec<u64>;

    fn on_message(&mut self, _: Link, list: Vec<u64>, _: &mut Context<'_, Vec<u64>>) {
        self.0.extend(list);
    }

    fn state(&self) -> Vec<u64> {
        self.0.clone()
    }
}

impl Restore for Keeper {
    fn on_restore(&mut self, list: Vec<u64>, _: &mut Context<'_, Vec<u64>>) {
        self.0 = list;
    }
}

/// A ring of three nodes. The list of node 0 begins at `from`, and those of the others are always
/// the same. A message waits at node 2.
pub(crate) fn numbers(from: u64) -> Snapshot {
    of_ring(Topology::ring(3).expect("three nodes"), |node| match node.index() {
        0 => (from * 1_000..from * 1_000 + 100).collect(),
        other => vec![other as u64; 100],
    })
}

/// A snapshot with these states, and a message at the last node.
pub(crate) fn of_ring(topology: Topology, state: impl Fn(NodeId) -> Vec<u64>) -> Snapshot {
    let topology = Arc::new(topology);
    let builder = Simulation::builder(Arc::clone(&topology));
    let mut simulation = builder.start(|node| Keeper(state(node))).expect("no setting is wrong");
    let last = topology.nodes().next_back().expect("one node");
    simulation.inject(last, vec![7; 100]).expect("it is up");
    simulation.global_state().expect("no node has failed")
}

pub(crate) fn stored(store: impl Store) -> Numbers {
    Checkpoints::new(store, Format::default())
}

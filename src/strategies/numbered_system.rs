//! Systems of numbered processes.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Strategy, any};
use proptest::sample::Index;
use proptest::{bool, option};

use super::numbered_process::{NumberedMessage, NumberedProcess, NumberedState};
use super::wrong_snapshot::{WrongSnapshot, check};
use crate::driver::SpawnError;
use crate::id::NodeId;
use crate::protocol::MarkerPolicy;
use crate::simulation::Simulation;
use crate::snapshot::GlobalSnapshot;
use crate::topology::Topology;

/// A system in which nodes pass tokens on, in messages that are numbered on each link. Each token
/// comes to rest after some hops, so every run ends.
#[derive(Clone, Debug)]
pub struct NumberedSystem {
    topology: Arc<Topology>,
    /// The node at which each token starts, and its hops.
    tokens: Vec<(NodeId, u32)>,
    turns: Arc<[Index]>,
    policy: MarkerPolicy,
    capacity: Option<usize>,
}

/// The most tokens of a system, the most hops of a token, and the largest capacity of links.
const MOST_TOKENS: usize = 12;
const MOST_HOPS: u32 = 12;
const MOST_CAPACITY: usize = 4;

/// Systems with one of these topologies. They have up to 12 tokens with up to 12 hops each, either
/// marker policy, and links with no capacity or a capacity of up to 4 messages. A system shrinks to
/// fewer tokens, fewer hops, overtaking markers and no capacity, and its topology shrinks too.
pub fn numbered_systems<S>(topologies: S) -> BoxedStrategy<NumberedSystem>
where
    S: Strategy<Value = Topology> + 'static,
{
    let tokens = vec((any::<Index>(), 0..=MOST_HOPS), 0..=MOST_TOKENS);
    let turns = vec(any::<Index>(), 1..=8);
    (topologies, tokens, turns, bool::ANY, option::of(1..=MOST_CAPACITY))
        .prop_map(|(topology, tokens, turns, is_in_order, capacity)| {
            let nodes: Vec<NodeId> = topology.nodes().collect();
            let at = |(node, hops): (Index, u32)| (*node.get(&nodes), hops);
            let policy = if is_in_order { MarkerPolicy::InOrder } else { MarkerPolicy::Overtaking };
            NumberedSystem {
                topology: Arc::new(topology),
                tokens: tokens.into_iter().map(at).collect(),
                turns: turns.into(),
                policy,
                capacity,
            }
        })
        .boxed()
}

impl NumberedSystem {
    /// The topology.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// How many tokens there are at any moment of a run into which no token is injected.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.tokens.len() as u64
    }

    /// When a node handles a marker.
    #[must_use]
    pub fn marker_policy(&self) -> MarkerPolicy {
        self.policy
    }

    /// How many messages each link holds; `None` if there is no limit.
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    /// The process of a node, not started yet, for instance for [`SystemBuilder::spawn`].
    ///
    /// [`SystemBuilder::spawn`]: crate::SystemBuilder::spawn
    #[must_use]
    pub fn process(&self, node: NodeId) -> NumberedProcess {
        let starts = self.tokens.iter().filter(|(at, _)| *at == node).map(|(_, hops)| *hops);
        NumberedProcess::new(node, starts.collect(), Arc::clone(&self.turns))
    }

    /// A simulation of the system, started and traced.
    ///
    /// # Errors
    /// Systems that come from [`numbered_systems`] give no error.
    pub fn simulation(&self) -> Result<Simulation<NumberedProcess>, SpawnError> {
        let builder = Simulation::builder(Arc::clone(&self.topology));
        let builder = builder.marker_policy(self.policy).traced();
        let builder = match self.capacity {
            Some(capacity) => builder.capacity(capacity),
            None => builder,
        };
        builder.start(|node| self.process(node))
    }

    /// Checks a snapshot of the system by the counts of its processes. Each link must hold the
    /// messages that its sender had sent and its receiver had not received, in order. No token may
    /// be lost or counted twice. The crate's own counts are checked too
    /// ([`verify`](GlobalSnapshot::verify)).
    ///
    /// # Errors
    /// If something is wrong; the error names the first fault. A snapshot that lacks a node, or of
    /// a system into which a message was injected, cannot be checked.
    pub fn check(
        &self,
        snapshot: &GlobalSnapshot<NumberedState, NumberedMessage>,
    ) -> Result<(), WrongSnapshot> {
        check(&self.topology, self.tokens(), snapshot)
    }
}

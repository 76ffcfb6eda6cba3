//! Which worker runs which node.

use std::fmt;
use std::sync::Arc;

use super::build_error::BuildError;
use super::few_cut_links::few_cut_links;
use crate::id::NodeId;
use crate::topology::Topology;

/// Which worker runs which node. Every worker of a cluster must be given the same placement.
///
/// A placement changes how fast a cluster is, and nothing else: nodes keep their numbers and names.
/// A checkpoint does not hold it.
#[derive(Clone)]
pub struct Placement(Rule);

#[derive(Clone)]
enum Rule {
    Blocks,
    Hashed,
    FewCutLinks,
    By(Arc<dyn Fn(NodeId) -> usize + Send + Sync>),
}

impl Placement {
    /// Gives each worker a block of nodes that follow each other. The blocks are equally long, or
    /// differ by one. This suits a topology whose neighbours have numbers close to each other, such
    /// as a ring or a grid.
    #[must_use]
    pub fn blocks() -> Self {
        Placement(Rule::Blocks)
    }

    /// Spreads the nodes by a hash of their number. This suits a topology in which some blocks of
    /// nodes have far more to do than others.
    #[must_use]
    pub fn hashed() -> Self {
        Placement(Rule::Hashed)
    }

    /// Keeps nodes together that have links to each other, so that few links lead from one worker
    /// to another. No worker gets more than its share of the nodes, rounded up.
    ///
    /// The nodes are visited along their links, and each goes to the worker that has most of its
    /// neighbours by then, full workers less likely (the linear deterministic greedy rule of
    /// Stanton and Kliot, *Streaming Graph Partitioning for Large Distributed Graphs*, KDD 2012).
    /// Then pairs of nodes change places, as long as that cuts fewer links, for 16 rounds at most.
    /// The cost of each round is linear in links, and in nodes times workers.
    #[must_use]
    pub fn few_cut_links() -> Self {
        Placement(Rule::FewCutLinks)
    }

    /// Places each node on the worker that `worker_of` returns, counted from 0.
    #[must_use]
    pub fn by(worker_of: impl Fn(NodeId) -> usize + Send + Sync + 'static) -> Self {
        Placement(Rule::By(Arc::new(worker_of)))
    }

    /// The worker of each node, by node.
    pub(super) fn workers(
        &self,
        topology: &Topology,
        workers: usize,
    ) -> Result<Box<[u32]>, BuildError> {
        let nodes = topology.node_count();
        let place = |node: NodeId| match &self.0 {
            Rule::Blocks => Ok((node.index() as u64 * workers as u64 / nodes as u64) as u32),
            Rule::Hashed => Ok((spread(node.index() as u64) % workers as u64) as u32),
            Rule::By(worker_of) => match worker_of(node) {
                worker if worker < workers => Ok(worker as u32),
                worker => {
                    Err(BuildError::NoSuchWorker { node: topology.named(node), worker, workers })
                }
            },
            Rule::FewCutLinks => Ok(0),
        };
        match &self.0 {
            Rule::FewCutLinks => Ok(few_cut_links(topology, workers)),
            _ => topology.nodes().map(place).collect(),
        }
    }
}

/// Mixes the bits of a number, as the finaliser of SplitMix64 does.
fn spread(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl fmt::Debug for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Rule::Blocks => "Placement::blocks()",
            Rule::Hashed => "Placement::hashed()",
            Rule::FewCutLinks => "Placement::few_cut_links()",
            Rule::By(_) => "Placement::by(..)",
        })
    }
}

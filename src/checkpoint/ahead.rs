//! Checkpoints that several processes write.

use super::catalog::save_again;
use super::checkpoints::Checkpoints;
use super::contents::node_list::{WrittenNodes, write_nodes};
use super::contents::save_error::SaveError;
use super::store::record::{Counts, Record};
use super::store::store_error::StoreError;
use crate::runtime::Clock;
use crate::snapshot::{GlobalSnapshot, RecordedNode};
use crate::topology::Topology;

pub(crate) use super::contents::writing::List;

/// For the driver whose nodes are in several processes.
impl<S, M> Checkpoints<S, M> {
    /// Whether several processes can write one checkpoint.
    pub(crate) fn is_shared(&self) -> bool {
        self.catalog.store.is_shared()
    }

    /// Writes the parts of some nodes, in the order of their ids. A later
    /// [`save_lists`](Self::save_lists) makes them part of a checkpoint. The store must be shared.
    pub(crate) fn write_list(
        &self,
        name: &str,
        topology: &Topology,
        nodes: &[RecordedNode<S, M>],
    ) -> Result<List, SaveError> {
        save_again(|| {
            let clock = Clock::start();
            let view = self.catalog.store.view()?;
            let damaged = self.damaged_contents();
            let WrittenNodes { part, blobs, named, counts } =
                write_nodes(name.to_owned(), topology, nodes, &*self.format, &*view, &damaged)?;
            let counts = Counts { encoding: clock.now(), ..counts };
            let ahead = self.catalog.store.write_ahead(blobs, &named)?;
            Ok(List { part, ahead, counts })
        })
    }

    /// Saves a snapshot whose nodes were written by other processes. If the lists do not fit the
    /// snapshot, or if their contents may be gone, this process writes the nodes itself.
    pub(crate) fn save_lists(
        &self,
        snapshot: &GlobalSnapshot<S, M>,
        lists: &[List],
    ) -> Result<Record, SaveError> {
        // The lists have the recordings that the snapshot was made of. If one ever lacked a node, the
        // checkpoint would lack it too.
        let listed: usize = lists.iter().map(|list| list.counts.nodes).sum();
        if listed != snapshot.parts().nodes.len() {
            return self.save(snapshot);
        }
        match self.save_with(snapshot, lists) {
            Err(SaveError::Store(StoreError::Expired)) => self.save(snapshot),
            saved => saved,
        }
    }
}

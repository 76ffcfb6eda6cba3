//! The nodes of one process as a list of parts, which another process makes a part of a checkpoint.

use std::collections::BTreeSet;
use std::slice;

use super::chunks::Cutter;
use super::codec::CodecError;
use super::format::AnyFormat;
use super::save_error::SaveError;
use super::writing::Writer;
use crate::checkpoint::store::id::ContentHash;
use crate::checkpoint::store::memory_store::blobs_of;
use crate::checkpoint::store::record::{Counts, Part, PartKind};
use crate::checkpoint::store::store::View;
use crate::snapshot::RecordedNode;
use crate::topology::Topology;

/// Parts of nodes, and the blobs that the store does not have.
pub(crate) struct WrittenNodes {
    pub(crate) part: Part,
    pub(crate) blobs: Vec<(ContentHash, Vec<u8>)>,
    /// All blobs that these parts name, and those of their list.
    pub(crate) named: Vec<ContentHash>,
    pub(crate) counts: Counts,
}

/// Writes the parts of some nodes, as a list of this name.
pub(crate) fn write_nodes<S, M>(
    name: String,
    topology: &Topology,
    nodes: &[RecordedNode<S, M>],
    format: &dyn AnyFormat<S, M>,
    view: &dyn View,
    damaged: &BTreeSet<ContentHash>,
) -> Result<WrittenNodes, SaveError> {
    let mut writer =
        Writer { topology, format, cutter: Cutter::new(view, damaged), parts: Vec::new() };
    nodes.iter().try_for_each(|node| writer.node(node))?;
    nodes.iter().try_for_each(|node| writer.output(node))?;
    let parts = std::mem::take(&mut writer.parts);
    let list = postcard::to_stdvec(&parts).map_err(CodecError::new);
    let list = list.map_err(|error| SaveError::Codec { part: name.clone(), error })?;
    let chunks = writer.cutter.cut(list)?;
    let part = Part { name, kind: PartKind::List { nodes: nodes.len() }, chunks };
    let named = blobs_of(&parts).chain(blobs_of(slice::from_ref(&part))).collect();
    let Cutter { blobs, bytes, new_bytes, .. } = writer.cutter;
    let counts = Counts { nodes: nodes.len(), bytes, new_bytes, ..Counts::default() };
    Ok(WrittenNodes { part, blobs, named, counts })
}

//! A snapshot taken apart into the parts of a checkpoint.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::chunks::{Cutter, pack};
use super::codec::CodecError;
use super::format::AnyFormat;
use super::save_error::SaveError;
use crate::checkpoint::store::id::ContentHash;
use crate::checkpoint::store::record::{Counts, Part, PartKind};
use crate::checkpoint::store::store::{Ahead, View};
use crate::checkpoint::store::store_error::StoreError;
use crate::panics::catch;
use crate::snapshot::{ChannelState, GlobalSnapshot, OutputState, RecordedNode};
use crate::topology::Topology;

/// Parts of nodes that one process has written ahead, on their way to the process that commits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct List {
    /// The part that names the list.
    pub(crate) part: Part,
    pub(crate) ahead: Ahead,
    pub(crate) counts: Counts,
}

/// The parts of a checkpoint, and the blobs that the store does not have.
pub(crate) struct Written {
    pub(crate) parts: Vec<Part>,
    pub(crate) blobs: Vec<(ContentHash, Vec<u8>)>,
    pub(crate) topology: ContentHash,
    pub(crate) counts: Counts,
}

/// Takes a snapshot apart. The order is: the topology, the snapshot as a whole, the nodes, their
/// outputs, the links. If there are lists, they stand in place of the nodes and their outputs.
pub(crate) fn take_apart<S, M>(
    snapshot: &GlobalSnapshot<S, M>,
    format: &dyn AnyFormat<S, M>,
    view: &dyn View,
    damaged: &BTreeSet<ContentHash>,
    lists: &[List],
) -> Result<Written, SaveError> {
    let topology = postcard::to_stdvec(&**snapshot.topology()).map_err(CodecError::new);
    let topology = topology.map_err(|error| SaveError::Codec { part: "topology".into(), error })?;
    let topology_hash = ContentHash::of(&topology);
    let mut writer = Writer {
        topology: snapshot.topology(),
        format,
        cutter: Cutter::new(view, damaged),
        parts: Vec::new(),
    };
    writer.add("topology", PartKind::Topology, topology)?;
    writer.add("snapshot", whole(snapshot), Vec::new())?;
    let parts = snapshot.parts();
    if lists.is_empty() {
        parts.nodes.iter().try_for_each(|node| writer.node(node))?;
        parts.nodes.iter().try_for_each(|node| writer.output(node))?;
    }
    writer.parts.extend(lists.iter().map(|list| list.part.clone()));
    parts.channels.iter().try_for_each(|channel| writer.link(channel))?;
    let Writer { cutter, parts, .. } = writer;
    let counts = Counts {
        nodes: snapshot.topology().node_count(),
        failed: snapshot.failures().len(),
        links: snapshot.topology().link_count(),
        in_flight: snapshot.in_flight().count(),
        untaken: snapshot.parts().nodes.iter().map(|node| node.output.untaken().len()).sum(),
        bytes: cutter.bytes + lists.iter().map(|list| list.counts.bytes).sum::<u64>(),
        new_bytes: cutter.new_bytes + lists.iter().map(|list| list.counts.new_bytes).sum::<u64>(),
        encoding: lists.iter().map(|list| list.counts.encoding).max().unwrap_or_default(),
        ..Counts::default()
    };
    Ok(Written { parts, blobs: cutter.blobs, topology: topology_hash, counts })
}

fn whole<S, M>(snapshot: &GlobalSnapshot<S, M>) -> PartKind {
    PartKind::Snapshot {
        highest_id: snapshot.highest_id(),
        initiators: snapshot.initiators().to_vec(),
        failures: snapshot.failures().to_vec(),
        timings: snapshot.timings().clone(),
        is_edited: snapshot.is_edited(),
    }
}

pub(super) struct Writer<'a, S, M> {
    pub(super) topology: &'a Topology,
    pub(super) format: &'a dyn AnyFormat<S, M>,
    pub(super) cutter: Cutter<'a>,
    pub(super) parts: Vec<Part>,
}

impl<S, M> Writer<'_, S, M> {
    fn add(
        &mut self,
        name: impl Into<String>,
        kind: PartKind,
        contents: Vec<u8>,
    ) -> Result<(), StoreError> {
        let chunks = self.cutter.cut(contents)?;
        self.parts.push(Part { name: name.into(), kind, chunks });
        Ok(())
    }

    pub(super) fn node(&mut self, recorded: &RecordedNode<S, M>) -> Result<(), SaveError> {
        let RecordedNode { node, stopped, drains, ref timers, .. } = *recorded;
        let name = self.topology.describe(node);
        let contents = own_code(|| self.format.encode_state(&recorded.state));
        let contents = contents.map_err(|error| SaveError::Codec { part: name.clone(), error })?;
        let kind = PartKind::Node { node, stopped, drains, timers: timers.clone() };
        Ok(self.add(name, kind, contents)?)
    }

    /// A node that has emitted nothing has no such part.
    pub(super) fn output(&mut self, recorded: &RecordedNode<S, M>) -> Result<(), SaveError> {
        let output: &OutputState<M> = &recorded.output;
        if output.emitted() == 0 {
            return Ok(());
        }
        let name = format!("output of {}", self.topology.describe(recorded.node));
        let contents = self.messages(&name, output.untaken())?;
        let kind = PartKind::Output {
            node: recorded.node,
            emitted: output.emitted(),
            untaken: output.untaken().len(),
        };
        Ok(self.add(name, kind, contents)?)
    }

    fn link(&mut self, channel: &ChannelState<M>) -> Result<(), SaveError> {
        let name = self.topology.describe_link(channel.link().id);
        let contents = self.messages(&name, channel.messages())?;
        let kind = PartKind::Link {
            link: channel.link().id,
            sent: channel.sent(),
            received: channel.received(),
            acknowledged: channel.acknowledged(),
            capacity: channel.capacity(),
        };
        Ok(self.add(name, kind, contents)?)
    }

    fn messages(&self, name: &str, messages: &[M]) -> Result<Vec<u8>, SaveError> {
        let encoded =
            messages.iter().map(|message| own_code(|| self.format.encode_message(message)));
        let encoded = encoded.collect::<Result<Vec<_>, _>>();
        let failed = |error| SaveError::Codec { part: name.to_owned(), error };
        Ok(pack(encoded.map_err(failed)?))
    }
}

/// Calls the code that writes a state or message. A panic is an error of the codec.
fn own_code(encode: impl FnOnce() -> Result<Vec<u8>, CodecError>) -> Result<Vec<u8>, CodecError> {
    catch(encode).unwrap_or_else(|panic| Err(CodecError::new(format!("it panicked: {panic}"))))
}

//! A snapshot put together from the parts of a checkpoint.

use std::fmt;
use std::sync::Arc;

use super::chunks::{BadBlob, join, unpack};
use super::codec::CodecError;
use super::format::{AnyFormat, Unread};
use super::load_error::{Damage, LoadError};
use crate::checkpoint::store::id::ContentHash;
use crate::checkpoint::store::record::{Part, PartKind, Record};
use crate::checkpoint::store::store::View;
use crate::checkpoint::store::store_error::StoreError;
use crate::driver::NodeFailure;
use crate::id::{NodeId, SnapshotId};
use crate::panics::catch;
use crate::snapshot::{
    ChannelState, GlobalSnapshot, OutputState, RecordedNode, SnapshotParts, Timings,
};
use crate::topology::Topology;

/// The hash of a checkpoint. It covers the fields of the record that never change, and the parts
/// with the hashes of their contents.
pub(crate) fn hash_of(record: &Record, parts: &[Part]) -> ContentHash {
    let Record { id, snapshot, written, codec, state_version, message_version, .. } = record;
    let Record { application, counts, .. } = record;
    let types = (codec, state_version, message_version);
    let all = (id, snapshot, written, types, application, counts, parts);
    // These are numbers, texts and lists, and a time after 1970: postcard always writes them.
    ContentHash::of(&postcard::to_stdvec(&all).unwrap_or_default())
}

/// Reads one checkpoint.
pub(crate) struct Reader<'a> {
    view: &'a dyn View,
    record: &'a Record,
}

/// The data of a snapshot besides its nodes and links.
struct Whole {
    highest_id: SnapshotId,
    initiators: Vec<NodeId>,
    failures: Vec<NodeFailure>,
    timings: Timings,
    is_edited: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(view: &'a dyn View, record: &'a Record) -> Self {
        Reader { view, record }
    }

    /// The parts of the checkpoint, checked by the checkpoint's hash. Their contents are checked
    /// when they are read.
    pub(crate) fn parts(&self) -> Result<Vec<Part>, LoadError> {
        let parts = self.view.parts(self.record.id);
        let parts = parts.map_err(|error| self.unreadable("its list of parts", error))?;
        if hash_of(self.record, &parts) != self.record.hash {
            let why = "the hash is not the one that was written";
            return Err(self.damaged("its list of parts", why));
        }
        if parts.iter().any(is_list) { self.expanded(parts) } else { Ok(parts) }
    }

    /// The parts, with those that are in lists in place of the lists. The order is as if one
    /// process had written them all.
    fn expanded(&self, parts: Vec<Part>) -> Result<Vec<Part>, LoadError> {
        let mut all = Vec::new();
        for part in parts {
            if !is_list(&part) {
                all.push(part);
                continue;
            }
            let listed = postcard::from_bytes(&self.contents(&part)?);
            let listed: Vec<Part> = listed.map_err(|error| self.damaged(&part.name, error))?;
            all.extend(listed);
        }
        all.sort_by_key(|part| place_of(&part.kind));
        Ok(all)
    }

    /// The contents of a part, checked by their hashes.
    pub(crate) fn contents(&self, part: &Part) -> Result<Vec<u8>, LoadError> {
        let joined = join(self.view, &part.chunks);
        let joined = joined.map_err(|error| self.unreadable(&part.name, error))?;
        joined.map_err(|BadBlob { hash, why }| {
            let (id, part) = (self.record.id, part.name.clone());
            LoadError::Damaged(Damage { id, part, why, contents: Some(hash) })
        })
    }

    /// Puts the snapshot together.
    pub(crate) fn snapshot<S, M>(
        &self,
        format: &dyn AnyFormat<S, M>,
    ) -> Result<GlobalSnapshot<S, M>, LoadError> {
        // The hash of the parts covers the codec and the versions too.
        let parts = self.parts()?;
        if self.record.codec != format.codec() {
            let (id, stored) = (self.record.id, self.record.codec.clone());
            return Err(LoadError::OtherCodec { id, stored, known: format.codec() });
        }
        let topology = Arc::new(self.topology(&parts)?);
        let whole = self.whole(&parts)?;
        let mut nodes: Vec<RecordedNode<S, M>> = Vec::with_capacity(parts.len());
        let mut channels = Vec::with_capacity(parts.len());
        for part in &parts {
            match &part.kind {
                PartKind::Topology | PartKind::Snapshot { .. } | PartKind::List { .. } => {}
                PartKind::Node { .. } => nodes.push(self.node(part, format)?),
                PartKind::Output { node, .. } => {
                    let output = self.output(part, format)?;
                    let Ok(at) = nodes.binary_search_by_key(node, |recorded| recorded.node) else {
                        return Err(self.damaged(&part.name, "its node has no state"));
                    };
                    nodes[at].output = output;
                }
                PartKind::Link { .. } => channels.push(self.link(part, &topology, format)?),
            }
        }
        let Whole { highest_id, initiators, failures, timings, is_edited } = whole;
        let id = self.record.snapshot;
        let parts = SnapshotParts {
            id,
            highest_id,
            topology,
            initiators,
            nodes,
            failures,
            channels,
            timings,
            is_edited,
        };
        GlobalSnapshot::from_parts(parts)
            .map_err(|error| self.damaged("the snapshot as a whole", error))
    }

    /// The topology of the checkpoint's system.
    pub(crate) fn topology(&self, parts: &[Part]) -> Result<Topology, LoadError> {
        let part = parts.iter().find(|part| part.kind == PartKind::Topology);
        let part = part.ok_or_else(|| self.damaged("topology", "it is missing"))?;
        postcard::from_bytes(&self.contents(part)?).map_err(|error| self.damaged(&part.name, error))
    }

    fn whole(&self, parts: &[Part]) -> Result<Whole, LoadError> {
        let whole = parts.iter().find_map(|part| match part.kind.clone() {
            PartKind::Snapshot { highest_id, initiators, failures, timings, is_edited } => {
                Some(Whole { highest_id, initiators, failures, timings, is_edited })
            }
            _ => None,
        });
        whole.ok_or_else(|| self.damaged("the snapshot as a whole", "it is missing"))
    }

    fn node<S, M>(
        &self,
        part: &Part,
        format: &dyn AnyFormat<S, M>,
    ) -> Result<RecordedNode<S, M>, LoadError> {
        let PartKind::Node { node, stopped, drains, timers } = part.kind.clone() else {
            return Err(self.damaged(&part.name, "it is not a node"));
        };
        let contents = self.contents(part)?;
        let state = own_code(|| format.decode_state(&contents, self.record));
        let state = state.map_err(|error| self.unread(part, "a state", error))?;
        let output = OutputState::new(0, Vec::new());
        Ok(RecordedNode { node, state, stopped, drains, timers, output })
    }

    fn output<S, M>(
        &self,
        part: &Part,
        format: &dyn AnyFormat<S, M>,
    ) -> Result<OutputState<M>, LoadError> {
        let PartKind::Output { emitted, .. } = part.kind else {
            return Err(self.damaged(&part.name, "it is not an output"));
        };
        Ok(OutputState::new(emitted, self.messages(part, format)?))
    }

    fn link<S, M>(
        &self,
        part: &Part,
        topology: &Topology,
        format: &dyn AnyFormat<S, M>,
    ) -> Result<ChannelState<M>, LoadError> {
        let PartKind::Link { link, sent, received, acknowledged, capacity } = part.kind else {
            return Err(self.damaged(&part.name, "it is not a link"));
        };
        let Some(link) = topology.link(link) else {
            return Err(self.damaged(&part.name, "it is not in the topology"));
        };
        let channel = ChannelState::new(link, sent, received, self.messages(part, format)?);
        Ok(channel.with_acknowledged(acknowledged).with_capacity(capacity))
    }

    fn messages<S, M>(
        &self,
        part: &Part,
        format: &dyn AnyFormat<S, M>,
    ) -> Result<Vec<M>, LoadError> {
        let contents = self.contents(part)?;
        let Some(packed) = unpack(&contents) else {
            return Err(self.damaged(&part.name, "its messages cannot be told apart"));
        };
        let decode = |bytes: &[u8]| own_code(|| format.decode_message(bytes, self.record));
        let messages = packed.into_iter().map(decode).collect::<Result<_, _>>();
        messages.map_err(|error| self.unread(part, "a message", error))
    }

    fn unread(&self, part: &Part, what: &'static str, error: Unread) -> LoadError {
        let (id, part) = (self.record.id, part.name.clone());
        match error {
            Unread::Version { stored, known } => {
                LoadError::OtherVersion { id, part, what, stored, known }
            }
            Unread::Codec(error) => LoadError::Codec { id, part, what, error },
        }
    }

    /// Damage that the store itself has found counts as damage of this checkpoint: others may be
    /// good.
    fn unreadable(&self, part: &str, error: StoreError) -> LoadError {
        match error {
            StoreError::Damaged(why) => self.damaged(part, why),
            error => LoadError::Store(error),
        }
    }

    fn damaged(&self, part: &str, why: impl fmt::Display) -> LoadError {
        let (part, why) = (part.to_owned(), format!("{why}"));
        LoadError::Damaged(Damage { id: self.record.id, part, why, contents: None })
    }
}

fn is_list(part: &Part) -> bool {
    matches!(part.kind, PartKind::List { .. })
}

/// The place of a part among others: its kind, and its number among those of its kind.
fn place_of(kind: &PartKind) -> (u8, usize) {
    match kind {
        PartKind::Topology => (0, 0),
        PartKind::Snapshot { .. } => (1, 0),
        PartKind::List { .. } => (2, 0),
        PartKind::Node { node, .. } => (3, node.index()),
        PartKind::Output { node, .. } => (4, node.index()),
        PartKind::Link { link, .. } => (5, link.index()),
    }
}

/// Calls the code that reads a state or message. A panic is an error of the codec.
fn own_code<T>(decode: impl FnOnce() -> Result<T, Unread>) -> Result<T, Unread> {
    catch(decode).unwrap_or_else(|panic| {
        Err(Unread::Codec(CodecError::new(format!("it panicked: {panic}"))))
    })
}

//! Snapshots as values of any format. A format for people, such as JSON, also has the names of
//! nodes and links.

use std::sync::Arc;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    ChannelState, Diff, GlobalSnapshot, NodeChange, OutputState, PendingTimer, RecordedNode,
    SnapshotParts, Timings,
};
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::{NamedLink, NamedNode, Topology};

/// The form of a snapshot. Its types are references where a snapshot is written, and values where
/// one is read.
#[derive(Serialize, Deserialize)]
#[serde(rename = "GlobalSnapshot")]
struct Form<T, I, N, F, L, C> {
    id: SnapshotId,
    highest_id: SnapshotId,
    edited: bool,
    topology: T,
    initiators: I,
    nodes: N,
    failures: F,
    links: L,
    timings: C,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "RecordedNode")]
struct NodeForm<S, T, M> {
    node: NodeId,
    /// The node's name; only in a format for people.
    name: Option<String>,
    state: S,
    stopped: bool,
    drains: bool,
    timers: T,
    emitted: u64,
    untaken: M,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "ChannelState")]
struct LinkForm<M> {
    link: LinkId,
    /// The names or numbers of both ends; only in a format for people.
    from: Option<String>,
    to: Option<String>,
    sent: u64,
    received: u64,
    acknowledged: u64,
    capacity: Option<u64>,
    messages: M,
}

type OwnedForm<S, M> = Form<
    Topology,
    Vec<NodeId>,
    Vec<NodeForm<S, Vec<PendingTimer>, Vec<M>>>,
    Vec<NodeFailure>,
    Vec<LinkForm<Vec<M>>>,
    Timings,
>;

impl<S: Serialize, M: Serialize> Serialize for GlobalSnapshot<S, M> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        let parts = self.parts();
        let topology = &*parts.topology;
        let for_people = serializer.is_human_readable();
        let node = |recorded| node_form(recorded, for_people.then_some(topology));
        let link = |channel| link_form(channel, for_people.then_some(topology));
        Form {
            id: parts.id,
            highest_id: parts.highest_id,
            edited: parts.is_edited,
            topology,
            initiators: &parts.initiators,
            nodes: parts.nodes.iter().map(node).collect::<Vec<_>>(),
            failures: &parts.failures,
            links: parts.channels.iter().map(link).collect::<Vec<_>>(),
            timings: &parts.timings,
        }
        .serialize(serializer)
    }
}

fn node_form<'a, S, M>(
    recorded: &'a RecordedNode<S, M>,
    names: Option<&Topology>,
) -> NodeForm<&'a S, &'a [PendingTimer], &'a [M]> {
    NodeForm {
        node: recorded.node,
        name: names.and_then(|topology| topology.name(recorded.node)).map(str::to_owned),
        state: &recorded.state,
        stopped: recorded.stopped,
        drains: recorded.drains,
        timers: &recorded.timers,
        emitted: recorded.output.emitted(),
        untaken: recorded.output.untaken(),
    }
}

fn link_form<'a, M>(channel: &'a ChannelState<M>, names: Option<&Topology>) -> LinkForm<&'a [M]> {
    LinkForm {
        link: channel.link().id,
        from: names.map(|topology| topology.label(channel.link().source)),
        to: names.map(|topology| topology.label(channel.link().target)),
        sent: channel.sent(),
        received: channel.received(),
        acknowledged: channel.acknowledged(),
        capacity: channel.capacity(),
        messages: channel.messages(),
    }
}

impl<'de, S: DeserializeOwned, M: DeserializeOwned> Deserialize<'de> for GlobalSnapshot<S, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = OwnedForm::<S, M>::deserialize(deserializer)?;
        let topology = Arc::new(form.topology);
        let nodes = form.nodes.into_iter().map(|node| recorded_node(node, &topology));
        let channels = form.links.into_iter().map(|link| channel_state(link, &topology));
        let parts = SnapshotParts {
            id: form.id,
            highest_id: form.highest_id,
            initiators: form.initiators,
            nodes: nodes.collect::<Result<_, _>>().map_err(D::Error::custom)?,
            failures: form.failures,
            channels: channels.collect::<Result<_, _>>().map_err(D::Error::custom)?,
            timings: form.timings,
            is_edited: form.edited,
            topology,
        };
        GlobalSnapshot::from_parts(parts).map_err(D::Error::custom)
    }
}

fn recorded_node<S, M>(
    form: NodeForm<S, Vec<PendingTimer>, Vec<M>>,
    topology: &Topology,
) -> Result<RecordedNode<S, M>, String> {
    check_name(form.name, || topology.label(form.node), || topology.describe(form.node))?;
    Ok(RecordedNode {
        node: form.node,
        state: form.state,
        stopped: form.stopped,
        drains: form.drains,
        timers: form.timers,
        output: OutputState::new(form.emitted, form.untaken),
    })
}

fn channel_state<M>(
    form: LinkForm<Vec<M>>,
    topology: &Topology,
) -> Result<ChannelState<M>, String> {
    let Some(link) = topology.link(form.link) else {
        return Err(format!("{} is not in the topology, which has {topology}", form.link));
    };
    for (given, end) in [(form.from, link.source), (form.to, link.target)] {
        check_name(given, || topology.label(end), || topology.describe_link(link.id))?;
    }
    let channel = ChannelState::new(link, form.sent, form.received, form.messages);
    Ok(channel.with_acknowledged(form.acknowledged).with_capacity(form.capacity))
}

/// Refuses a name that the topology does not give to this node.
fn check_name(
    given: Option<String>,
    expected: impl Fn() -> String,
    part: impl Fn() -> String,
) -> Result<(), String> {
    match given {
        Some(given) if given != expected() => {
            Err(format!("a name at {} is `{given}`, and the topology has `{}`", part(), expected()))
        }
        _ => Ok(()),
    }
}

#[derive(Serialize)]
#[serde(rename = "Diff")]
struct DiffForm<'a, S> {
    older: SnapshotId,
    newer: SnapshotId,
    nodes: Vec<ChangeForm<'a, S>>,
    links: Vec<MovedForm>,
}

#[derive(Serialize)]
#[serde(rename = "NodeChange")]
struct ChangeForm<'a, S> {
    node: NamedNode,
    change: &'a NodeChange<'a, S>,
}

#[derive(Serialize)]
#[serde(rename = "LinkDiff")]
struct MovedForm {
    link: NamedLink,
    sent: u64,
    received: u64,
    in_flight: usize,
}

impl<S: Serialize> Serialize for Diff<'_, S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        let topology = self.topology();
        let nodes = self.nodes().iter();
        let nodes = nodes.map(|(node, change)| ChangeForm { node: topology.named(*node), change });
        let links = self.links().iter().map(|moved| MovedForm {
            link: topology.named_link(moved.link),
            sent: moved.sent,
            received: moved.received,
            in_flight: moved.in_flight,
        });
        let (older, newer) = self.ids();
        DiffForm { older, newer, nodes: nodes.collect(), links: links.collect() }
            .serialize(serializer)
    }
}

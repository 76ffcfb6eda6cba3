//! The parts that a snapshot still waited for when it ended incomplete.

use std::fmt;
use std::time::Duration;

use crate::driver::Timeout;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::{Topology, counted};

/// The parts that a snapshot still waited for when it ended incomplete, in numbers and in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Silent {
    /// Nodes that had not recorded, ascending. For a last snapshot that has not begun: nodes that
    /// had not halted.
    pub nodes: Vec<NodeId>,
    /// Links that had not closed, ascending.
    pub links: Vec<LinkId>,
    /// Nodes that the snapshot had reached and that had not done their part, ascending. Look for
    /// the cause at these nodes first: all others may only wait behind them. See
    /// [`Missing::suspects`].
    pub suspects: Vec<NodeId>,
    stage: Stage,
    /// The text for the suspects with their names, and for the number of others.
    text: Box<str>,
}

/// How far a snapshot had come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// The snapshot waited for its turn.
    #[default]
    Queued,
    /// The snapshot had begun, or the nodes had been told to halt for it.
    UnderWay,
}

/// The parts that an incomplete snapshot still waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missing {
    /// Nodes that have not recorded, ascending.
    pub nodes: Vec<NodeId>,
    /// Links that have not closed, ascending.
    pub links: Vec<LinkId>,
    /// Nodes that the snapshot has reached and that have not done their part, ascending. A node
    /// that has not recorded is a suspect in two cases: it is an initiator, or the node at the
    /// other end of a link has recorded and its marker travels here. Such a marker comes from the
    /// source of an in-link, or back from the target of an out-link that has a capacity. A node
    /// that has recorded is a suspect if an in-link is open whose source has recorded. All other
    /// nodes and links may only wait behind the suspects. A marker leaves before `state()` is
    /// called, so a node whose neighbour has not recorded may be in its own `state()`.
    pub suspects: Vec<NodeId>,
}

impl Silent {
    /// The result of a snapshot that waited for its turn.
    pub(crate) fn queued() -> Self {
        Silent { text: "it waited for its turn behind others".into(), ..Silent::default() }
    }

    /// The result of a snapshot that came too late to begin.
    #[cfg(feature = "timely")]
    pub(crate) fn not_begun() -> Self {
        Silent { text: "it had not begun".into(), ..Silent::default() }
    }

    /// The result of a last snapshot that could not begin, since these nodes had not halted.
    pub(crate) fn halting(nodes: Vec<NodeId>, topology: &Topology) -> Self {
        let have = if nodes.len() == 1 { "has" } else { "have" };
        let text = format!("{} {have} not halted", topology.describe_some(&nodes)).into();
        let suspects = nodes.clone();
        Silent { nodes, links: Vec::new(), suspects, stage: Stage::UnderWay, text }
    }

    /// The result of a snapshot that had begun. The names come from the topology.
    pub(crate) fn recording(missing: Missing, topology: &Topology) -> Self {
        let text = describe(&missing, topology).into();
        let Missing { nodes, links, suspects } = missing;
        Silent { nodes, links, suspects, stage: Stage::UnderWay, text }
    }

    /// The advice for a timeout that was too short.
    fn advice(&self) -> &'static str {
        match self.stage {
            Stage::Queued => {
                "allow more snapshots at once (SystemBuilder::max_concurrent_snapshots)"
            }
            Stage::UnderWay => "look there for a handler or a state() that does not return",
        }
    }
}

/// Names the suspects, and counts the others that wait behind them.
fn describe(missing: &Missing, topology: &Topology) -> String {
    let Missing { nodes, links, suspects } = missing;
    let has_recorded = |node: &NodeId| nodes.binary_search(node).is_err();
    let (busy, silent): (Vec<NodeId>, Vec<NodeId>) =
        suspects.iter().partition(|node| has_recorded(node));
    let is_at_door = |link: &&LinkId| {
        let ends = topology.link(**link).map(|link| (link.source, link.target));
        ends.is_some_and(|(source, target)| has_recorded(&source) && has_recorded(&target))
    };
    let at_doors: Vec<LinkId> = links.iter().filter(is_at_door).copied().collect();
    let mut parts = Vec::new();
    match silent.len() {
        0 => {}
        1 => parts.push(format!("{} has not recorded its state", topology.describe_some(&silent))),
        _ => parts
            .push(format!("{} have not recorded their states", topology.describe_some(&silent))),
    }
    if !busy.is_empty() {
        let have = if busy.len() == 1 { "has" } else { "have" };
        let (busy, links) =
            (topology.describe_some(&busy), topology.describe_some_links(&at_doors));
        parts.push(format!("{busy} {have} recorded and not taken in the marker on {links}"));
    }
    let others = nodes.len() - silent.len();
    if others > 0 {
        parts.push(format!(
            "{} may only wait behind {}",
            counted(others, "other node"),
            if suspects.len() == 1 { "it" } else { "these" }
        ));
    }
    parts.join("; ")
}

/// The text of a snapshot whose timeout has passed.
pub(super) fn late(snapshot: SnapshotId, timeout: Duration, missing: &Silent) -> String {
    let advice = missing.advice();
    format!(
        "{snapshot} was not complete after {}: {missing}; {advice}, or give it more time \
         (SnapshotOptions::timeout, SystemBuilder::snapshot_timeout)",
        Timeout(timeout)
    )
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

//! Finds recorded values that change after their recording because they share memory with a
//! process.

use std::fmt::{self, Debug, Write};
use std::hash::{DefaultHasher, Hasher};

use crate::id::{LinkId, NodeId};
use crate::panics::catch;
use crate::protocol::{LinkRecord, NodeRecord, Report};
use crate::snapshot::{GlobalSnapshot, SnapshotError};
use crate::topology::Topology;

/// Makes digests of states and messages, from their `Debug` texts.
pub(crate) struct Digests<S, M> {
    state: fn(&S) -> Option<u64>,
    messages: fn(&[M]) -> Option<u64>,
}

/// A part of a snapshot, with the digest of its value.
pub(crate) type PartDigest = (Part, Option<u64>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    State(NodeId),
    /// The messages on one of the topology's links.
    Link(LinkId),
    /// The messages on the environment link of a node.
    Environment(NodeId),
    /// The messages that a node has emitted and that are not taken yet.
    Output(NodeId),
}

impl<S: Debug, M: Debug> Digests<S, M> {
    pub(crate) fn by_debug() -> Self {
        Digests { state: digest::<S>, messages: digest::<[M]> }
    }
}

impl<S, M> Digests<S, M> {
    /// The digests of a report. Called when the report is made, before a handler runs again.
    pub(crate) fn of(&self, report: &Report<S, M>) -> Vec<PartDigest> {
        match report {
            Report::Node(NodeRecord { node, state, output, environment, .. }) => {
                let digest = self.messages;
                vec![
                    (Part::State(*node), (self.state)(state)),
                    (Part::Environment(*node), digest(&environment.messages)),
                    (Part::Output(*node), digest(&output.untaken)),
                ]
            }
            Report::Link(LinkRecord { link, messages, .. }) => {
                vec![(Part::Link(*link), (self.messages)(messages))]
            }
        }
    }

    /// Compares the values of a complete snapshot with their digests from the recording.
    pub(crate) fn find_change(
        &self,
        recorded: &[PartDigest],
        snapshot: &GlobalSnapshot<S, M>,
    ) -> Option<SnapshotError> {
        let has_changed = |&&(part, then): &&PartDigest| {
            let now = self.now(part, snapshot);
            then.is_some() && now.is_some() && then != now
        };
        let (part, _) = recorded.iter().find(has_changed)?;
        let (node, what) = part.describe(snapshot.topology())?;
        Some(SnapshotError::SharedMemory { snapshot: snapshot.id(), node, what })
    }

    fn now(&self, part: Part, snapshot: &GlobalSnapshot<S, M>) -> Option<u64> {
        match part {
            Part::State(node) => (self.state)(snapshot.find_state(node)?),
            Part::Output(node) => (self.messages)(snapshot.output(node)?.untaken()),
            Part::Link(_) | Part::Environment(_) => {
                (self.messages)(snapshot.channel(part.link(snapshot.topology())?).messages())
            }
        }
    }
}

impl Part {
    fn link(self, topology: &Topology) -> Option<LinkId> {
        match self {
            Part::State(_) | Part::Output(_) => None,
            Part::Link(link) => Some(link),
            Part::Environment(node) => topology.environment_link(node).map(|link| link.id),
        }
    }

    /// The part in words, and the node that recorded it.
    fn describe(self, topology: &Topology) -> Option<(NodeId, String)> {
        let of_node = |node, what| Some((node, format!("{what} of {}", topology.describe(node))));
        match self {
            Part::State(node) => return of_node(node, "the state"),
            Part::Output(node) => return of_node(node, "an emitted message"),
            Part::Link(_) | Part::Environment(_) => {}
        }
        let link = topology.link(self.link(topology)?)?;
        Some((link.target, format!("a message on {}", topology.describe_link(link.id))))
    }
}

/// The digest of a value. `None` if `Debug` panics; the panic hook has reported the panic.
fn digest<T: Debug + ?Sized>(value: &T) -> Option<u64> {
    catch(|| {
        let mut text = Text(DefaultHasher::new());
        // Writing to a hasher does not fail. A value that refuses to print is not compared.
        write!(text, "{value:?}").ok().map(|()| text.0.finish())
    })
    .ok()
    .flatten()
}

/// Hashes the text that is written to it.
struct Text(DefaultHasher);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

impl<S, M> Clone for Digests<S, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, M> Copy for Digests<S, M> {}

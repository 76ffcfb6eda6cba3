//! The reports of a supervised system.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::contents::load_error::Damage;
use crate::checkpoint::resume::ResumeError;
use crate::checkpoint::running::event::CheckpointEvent;
use crate::checkpoint::store::record::Record;
use crate::driver::NodeFailure;
use crate::snapshot::SnapshotError;
use crate::topology::NamedNode;

/// A report of a [`Supervised`](super::Supervised) system.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SupervisionEvent {
    /// A system has started.
    Started {
        /// The checkpoint from which it goes on; `None` if it has started anew.
        from: Option<Record>,
        /// The newer checkpoints that are damaged, the newest first.
        damaged: Vec<Damage>,
    },
    /// A report about checkpoints.
    Checkpoint(CheckpointEvent),
    /// The system has failed and is being stopped, or a restart has failed.
    Failed(Cause),
    /// The threads of these nodes were given up, since their handlers did not return in time. The
    /// threads go on in the background until their handlers return. Messages that they send are
    /// dropped. An empty list means that the coordinator's thread was given up: the drop of a state
    /// or message has not returned.
    GivenUp(Vec<NamedNode>),
    /// The system is restarted after a pause.
    Restarting {
        /// The number of the restart, from 1, over the whole supervision.
        restart: u32,
        /// The pause.
        after: Duration,
    },
    /// The supervision has ended. This is the last report.
    Over,
}

/// The reason why a system is restarted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// Nodes have failed.
    NodesFailed(Vec<NodeFailure>),
    /// [Too many](super::RestartPolicy::failed_snapshots) snapshots have failed in a row. This is
    /// the error of the last one. After a timeout it names the silent nodes and links.
    Stuck(SnapshotError),
    /// The system could not be started again.
    NotResumed(Arc<ResumeError>),
}

impl Cause {
    /// The cause in a word, as metrics have it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Cause::NodesFailed(_) => "nodes_failed",
            Cause::Stuck(_) => "stuck",
            Cause::NotResumed(_) => "not_resumed",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::NodesFailed(failures) => {
                let all: Vec<_> = failures.iter().map(NodeFailure::to_string).collect();
                f.write_str(&all.join("; "))
            }
            Cause::Stuck(error) => write!(f, "snapshots fail: {error}"),
            Cause::NotResumed(error) => write!(f, "the system did not start: {error}"),
        }
    }
}

impl fmt::Display for SupervisionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SupervisionEvent::Started { from: None, .. } => f.write_str("started anew"),
            SupervisionEvent::Started { from: Some(record), damaged } => {
                write!(f, "went on from {record}")?;
                damaged.iter().try_for_each(|damage| write!(f, "; {damage}"))
            }
            SupervisionEvent::Checkpoint(event) => event.fmt(f),
            SupervisionEvent::Failed(cause) => write!(f, "failed: {cause}"),
            SupervisionEvent::GivenUp(nodes) if nodes.is_empty() => f.write_str(
                "gave up the coordinator: a state or message does not return from its drop",
            ),
            SupervisionEvent::GivenUp(nodes) => {
                let all: Vec<_> = nodes.iter().map(NamedNode::to_string).collect();
                write!(f, "gave up the threads of {}", all.join(", "))
            }
            SupervisionEvent::Restarting { restart, after } => {
                write!(f, "restart {restart} after {after:.1?}")
            }
            SupervisionEvent::Over => f.write_str("the supervision is over"),
        }
    }
}

//! The changes between two snapshots.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use super::{ChannelState, GlobalSnapshot, PendingTimer, RecordedNode};
use crate::driver::NodeFailure;
use crate::id::{NodeId, SnapshotId, TimerId};
use crate::topology::{Difference, Link, Topology, counted};

impl<S: PartialEq, M> GlobalSnapshot<S, M> {
    /// The changes since an older snapshot of the same system: messages sent and received on each
    /// link, nodes whose states are not equal or that have emitted messages, and timers that are
    /// pending in only one of the two.
    /// The time left to a timer differs between any two snapshots and is not compared. `Display`
    /// prints the changes for a person.
    ///
    /// ```
    /// # use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
    /// # struct Counter(u64);
    /// # impl Process for Counter {
    /// #     type State = u64;
    /// #     type Message = ();
    /// #     fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) { self.0 += 1 }
    /// #     fn state(&self) -> u64 { self.0 }
    /// # }
    /// let system = System::builder(Topology::ring(2)?).spawn(|_| Counter(0))?;
    /// let before = system.snapshot()?;
    /// system.inject(NodeId::new(1), ())?;
    /// let after = system.snapshot()?;
    /// println!("{}", after.diff(&before)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the topologies differ, or `older` is not older: on some link it has counted more. If two
    /// snapshots ran at the same time, each can be ahead on some link.
    pub fn diff<'a>(&'a self, older: &'a Self) -> Result<Diff<'a, S>, DiffError> {
        check_same(older.topology(), self.topology())?;
        let mut diff = Diff {
            topology: self.topology(),
            older: older.id(),
            newer: self.id(),
            links: Vec::new(),
            nodes: Vec::new(),
        };
        for node in self.topology().nodes() {
            diff.compare_node(node, older, self)?;
        }
        for (old, new) in older.channels().iter().zip(self.channels()) {
            // The counts of a node that has failed are not known.
            if older.counts_both_ends(old.link) && self.counts_both_ends(new.link) {
                diff.compare_link(old, new)?;
            }
        }
        Ok(diff)
    }
}

impl<S, M> GlobalSnapshot<S, M> {
    fn counts_both_ends(&self, link: Link) -> bool {
        let takes_part = |node| self.recorded(node).is_some();
        takes_part(link.target) && (link.is_environment() || takes_part(link.source))
    }
}

/// The changes from one snapshot to a later one, made by [`GlobalSnapshot::diff`].
#[derive(Debug)]
pub struct Diff<'a, S> {
    topology: &'a Topology,
    older: SnapshotId,
    newer: SnapshotId,
    links: Vec<LinkDiff>,
    nodes: Vec<(NodeId, NodeChange<'a, S>)>,
}

/// The changes on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkDiff {
    /// The link.
    pub link: Link,
    /// How many messages were sent on the link.
    pub sent: u64,
    /// How many messages were received from the link.
    pub received: u64,
    /// How many messages were in flight in the newer snapshot.
    pub in_flight: usize,
}

/// A change of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum NodeChange<'a, S> {
    /// The node's state has changed.
    State {
        /// The state in the older snapshot.
        older: &'a S,
        /// The state in the newer snapshot.
        newer: &'a S,
    },
    /// A timer is pending that was not pending before.
    TimerSet(TimerId),
    /// A timer is no longer pending: it fired, or was cancelled.
    TimerGone(TimerId),
    /// The node has emitted this many messages.
    Emitted(u64),
    /// The node has stopped.
    Stopped,
    /// The node has failed. The messages that have passed on its links are not known.
    Failed(&'a NodeFailure),
}

impl<'a, S> Diff<'a, S> {
    /// The links on which messages were sent or received, by id. Environment links are included.
    /// Links with an end that has failed are left out.
    #[must_use]
    pub fn links(&self) -> &[LinkDiff] {
        &self.links
    }

    /// The changes of nodes, by node. A node with several changes is listed several times.
    #[must_use]
    pub fn nodes(&self) -> &[(NodeId, NodeChange<'a, S>)] {
        &self.nodes
    }

    #[cfg(feature = "serde")]
    pub(super) fn topology(&self) -> &Topology {
        self.topology
    }

    /// The ids of the two snapshots, the older first.
    #[cfg(feature = "serde")]
    pub(super) fn ids(&self) -> (SnapshotId, SnapshotId) {
        (self.older, self.newer)
    }

    /// Whether no change is seen. Changes between the two snapshots can escape: a timer that fired
    /// and was set again is pending in both.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.nodes.is_empty()
    }

    /// The nodes that have changed, or that have sent or received a message. If one end of a link
    /// has failed, the link's messages are not known.
    #[must_use]
    pub fn touched(&self) -> BTreeSet<NodeId> {
        let changed = self.nodes.iter().map(|(node, _)| *node);
        let senders = self.links.iter().filter(|moved| moved.sent > 0);
        let receivers = self.links.iter().filter(|moved| moved.received > 0);
        let ends = senders.map(|moved| moved.link.source);
        let ends = ends.chain(receivers.map(|moved| moved.link.target));
        changed.chain(ends).filter(|node| *node != NodeId::ENVIRONMENT).collect()
    }

    fn not_older(&self, sign: String) -> DiffError {
        DiffError::NotOlder { older: self.older, newer: self.newer, sign }
    }
}

impl<'a, S: PartialEq> Diff<'a, S> {
    fn compare_node<M>(
        &mut self,
        node: NodeId,
        older: &'a GlobalSnapshot<S, M>,
        newer: &'a GlobalSnapshot<S, M>,
    ) -> Result<(), DiffError> {
        match (older.recorded(node), newer.recorded(node)) {
            (Some(was), Some(is)) => return self.compare_recorded(was, is),
            (Some(_), None) => {
                let failure = newer.failure(node).map(NodeChange::Failed);
                self.nodes.extend(failure.map(|failed| (node, failed)));
            }
            (None, Some(_)) => {
                let node = self.topology.describe(node);
                return Err(self.not_older(format!("{node} had failed by then")));
            }
            (None, None) => {}
        }
        Ok(())
    }

    fn compare_recorded<M>(
        &mut self,
        was: &'a RecordedNode<S, M>,
        is: &'a RecordedNode<S, M>,
    ) -> Result<(), DiffError> {
        let node = is.node;
        if was.stopped && !is.stopped {
            let node = self.topology.describe(node);
            return Err(self.not_older(format!("{node} had stopped by then")));
        }
        if was.state != is.state {
            let change = NodeChange::State { older: &was.state, newer: &is.state };
            self.nodes.push((node, change));
        }
        let set = missing_from(&was.timers, &is.timers).map(NodeChange::TimerSet);
        let gone = missing_from(&is.timers, &was.timers).map(NodeChange::TimerGone);
        self.nodes.extend(set.chain(gone).map(|change| (node, change)));
        let Some(emitted) = is.output.emitted().checked_sub(was.output.emitted()) else {
            let node = self.topology.describe(node);
            return Err(self.not_older(format!("{node} had emitted more by then")));
        };
        if emitted > 0 {
            self.nodes.push((node, NodeChange::Emitted(emitted)));
        }
        if !was.stopped && is.stopped {
            self.nodes.push((node, NodeChange::Stopped));
        }
        Ok(())
    }

    fn compare_link<M>(
        &mut self,
        old: &ChannelState<M>,
        new: &ChannelState<M>,
    ) -> Result<(), DiffError> {
        let link = new.link;
        let sent = new.sent.checked_sub(old.sent);
        let (Some(sent), Some(received)) = (sent, new.received.checked_sub(old.received)) else {
            let link = self.topology.describe_link(link.id);
            return Err(self.not_older(format!("more had passed on {link} by then")));
        };
        if sent + received > 0 {
            self.links.push(LinkDiff { link, sent, received, in_flight: new.messages.len() });
        }
        Ok(())
    }
}

/// The timers of `all` that are not among `others`. `others` must be sorted by id.
fn missing_from(others: &[PendingTimer], all: &[PendingTimer]) -> impl Iterator<Item = TimerId> {
    let is_missing =
        |timer: &TimerId| others.binary_search_by_key(timer, |other| other.timer).is_err();
    all.iter().map(|pending| pending.timer).filter(is_missing)
}

/// Checks that nodes and links are the same by number. The names of nodes may differ.
fn check_same(older: &Topology, newer: &Topology) -> Result<(), DiffError> {
    match older.difference(newer) {
        None => Ok(()),
        Some(Difference::Nodes(older, newer)) => Err(DiffError::OtherNodes { older, newer }),
        Some(Difference::Link(older, newer)) => {
            let (older, newer) = (older.to_string(), newer.to_string());
            Err(DiffError::OtherLink { older, newer })
        }
    }
}

/// The reason why two snapshots cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DiffError {
    /// The two have different numbers of nodes.
    #[error(
        "one snapshot is of {} and the other of {newer}: compare two of the same system",
        counted(*.older, "node")
    )]
    OtherNodes {
        /// How many nodes the older snapshot has.
        older: usize,
        /// How many nodes the newer snapshot has.
        newer: usize,
    },
    /// A link has other ends in one snapshot than in the other.
    #[error("one snapshot has {older} and the other {newer}: compare two of the same system")]
    OtherLink {
        /// The link in the older snapshot, in words.
        older: String,
        /// The link of that number in the newer snapshot, in words.
        newer: String,
    },
    /// The snapshot given as the older one is ahead of the other at some node or link.
    #[error(
        "{older} is not older than {newer} everywhere: {sign}; neither of two snapshots that ran at the same time may be older: \
         take one that ended before the other began"
    )]
    NotOlder {
        /// The snapshot given as the older one.
        older: SnapshotId,
        /// The other snapshot.
        newer: SnapshotId,
        /// The place where the snapshot is ahead, in words.
        sign: String,
    },
}

impl<S: fmt::Debug> fmt::Display for Diff<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.older, self.newer)?;
        if self.is_empty() {
            return f.write_str(": nothing moved");
        }
        for (node, change) in &self.nodes {
            write!(f, "\n  {}: ", self.topology.describe(*node))?;
            match change {
                NodeChange::State { older, newer } => write!(f, "{older:?}, then {newer:?}")?,
                NodeChange::TimerSet(timer) => write!(f, "{timer} set")?,
                NodeChange::TimerGone(timer) => write!(f, "{timer} no longer pending")?,
                NodeChange::Emitted(messages) => {
                    write!(
                        f,
                        "{} emitted",
                        counted(usize::try_from(*messages).unwrap_or(usize::MAX), "message")
                    )?;
                }
                NodeChange::Stopped => f.write_str("stopped")?,
                NodeChange::Failed(failure) => write!(f, "failed with {:?}", failure.panic)?,
            }
        }
        for LinkDiff { link, sent, received, in_flight } in &self.links {
            let link = self.topology.describe_link(link.id);
            write!(f, "\n  {link}: {sent} sent, {received} received, {in_flight} in flight")?;
        }
        Ok(())
    }
}

//! What a series of random runs must show somewhere, lest it pass because nothing happened.

use std::collections::BTreeSet;

use consistent_cut::NodeId;

use crate::world::{Snapshot, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sight {
    /// A snapshot with messages in flight.
    InFlight,
    /// A snapshot with several messages on one link.
    SeveralOnALink,
    /// A snapshot with nothing in flight while messages had been sent.
    EmptyLinks,
    /// A snapshot with injected messages that were not received.
    InjectedInFlight,
    /// Messages in flight on a link from a node to itself.
    SelfLinkInFlight,
    /// Two snapshots under way at once.
    Overlap,
    /// A snapshot that completed before one with a lower id that began earlier or later.
    OutOfIdOrder,
    /// An initiator that a marker had reached by the time it was asked.
    ReachedBeforeAsked,
    /// A snapshot that needed several initiators.
    SeveralInitiators,
    /// A snapshot of a state that the run never was in.
    NeverOccurred,
    /// A snapshot of a stopped node with messages on its in-links.
    StoppedInFlight,
    /// A snapshot that was given up.
    Abandoned,
}

impl Sight {
    pub(crate) const ALL: [Sight; 12] = [
        Sight::InFlight,
        Sight::SeveralOnALink,
        Sight::EmptyLinks,
        Sight::InjectedInFlight,
        Sight::SelfLinkInFlight,
        Sight::Overlap,
        Sight::OutOfIdOrder,
        Sight::ReachedBeforeAsked,
        Sight::SeveralInitiators,
        Sight::NeverOccurred,
        Sight::StoppedInFlight,
        Sight::Abandoned,
    ];

    /// What can be told from a settled run.
    pub(crate) fn of(world: &World) -> BTreeSet<Sight> {
        let mut seen = BTreeSet::new();
        let mut saw = |sight, yes| {
            if yes {
                seen.insert(sight);
            }
        };
        for snapshot in &world.snapshots {
            let mut on =
                snapshot.channels().iter().filter(|channel| !channel.messages().is_empty());
            saw(Sight::InFlight, on.clone().next().is_some());
            saw(Sight::SeveralOnALink, on.clone().any(|channel| channel.messages().len() > 2));
            saw(Sight::InjectedInFlight, on.clone().any(|channel| channel.link().is_environment()));
            saw(Sight::SelfLinkInFlight, on.clone().any(|channel| channel.link().is_self_link()));
            saw(
                Sight::StoppedInFlight,
                on.clone().any(|channel| has_stopped(world, snapshot, channel.link().target)),
            );
            let sent = snapshot.channels().iter().any(|channel| channel.sent() > 0);
            saw(Sight::EmptyLinks, sent && on.next().is_none());
            saw(Sight::SeveralInitiators, snapshot.initiators().len() > 1);
            saw(Sight::NeverOccurred, never_occurred(world, snapshot));
        }
        saw(Sight::OutOfIdOrder, !world.snapshots.is_sorted_by_key(Snapshot::id));
        seen
    }
}

/// Whether the node had made its last step by then.
fn has_stopped(world: &World, snapshot: &Snapshot, node: NodeId) -> bool {
    let stopped = world.nodes[node.index()].is_stopped();
    stopped && snapshot.state(node).steps == world.ledger(node).steps
}

/// Whether at no time all nodes were in their recorded states at once.
fn never_occurred(world: &World, snapshot: &Snapshot) -> bool {
    let (mut from, mut to) = (0, world.events.len());
    for (at, event) in world.events.iter().enumerate() {
        match event.step + 1 {
            reached if reached == snapshot.state(event.node).steps => from = from.max(at),
            left if left == snapshot.state(event.node).steps + 1 => to = to.min(at),
            _ => {}
        }
    }
    from >= to
}

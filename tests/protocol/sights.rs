//! The sights: events that a series of random runs must show, so that it cannot pass because
//! nothing happened.

use std::collections::BTreeSet;

use consistent_cut::{ChannelState, NodeId};

use crate::teller::Note;
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
    /// A node that recorded since a marker came back to it.
    ReachedBackwards,
    /// A snapshot whose initiators reach every node only with markers that go back.
    CoveredBackwards,
    /// An initiator that a marker had reached by the time it was asked.
    ReachedBeforeAsked,
    /// A snapshot that needed several initiators.
    SeveralInitiators,
    /// A snapshot of a state in which the run never was.
    NeverOccurred,
    /// A snapshot of a stopped node with messages on its in-links.
    StoppedInFlight,
    /// A snapshot that was given up.
    Abandoned,
    /// A node that recorded while messages of it waited for room.
    BlockedAtRecord,
    /// A link with more messages in flight than it has room for.
    WaitingInFlight,
    /// A snapshot of nodes that all wait for each other, completed with no other step left.
    Deadlock,
    /// A snapshot with a timer pending.
    TimerPending,
    /// A snapshot with a timer pending at a node that is blocked, so that the timer was overdue.
    TimerOverdue,
    /// A node that was stopped from outside with snapshots still to come.
    StoppedFromOutside,
    /// A link whose end closed a recording that was open.
    EndedLate,
    /// A node that recorded when one of its links had ended.
    RecordedAfterEnd,
    /// Messages in flight from a node that has failed.
    InFlightFromDown,
    /// A snapshot without a node that has failed.
    WithoutDown,
    /// A snapshot in a world that went on from another.
    AfterRestore,
    /// Messages in flight that were already in flight in an earlier life.
    InFlightOverLives,
}

impl Sight {
    pub(crate) const ALL: [Sight; 26] = [
        Sight::InFlight,
        Sight::SeveralOnALink,
        Sight::EmptyLinks,
        Sight::InjectedInFlight,
        Sight::SelfLinkInFlight,
        Sight::Overlap,
        Sight::OutOfIdOrder,
        Sight::ReachedBackwards,
        Sight::CoveredBackwards,
        Sight::ReachedBeforeAsked,
        Sight::SeveralInitiators,
        Sight::NeverOccurred,
        Sight::StoppedInFlight,
        Sight::Abandoned,
        Sight::BlockedAtRecord,
        Sight::WaitingInFlight,
        Sight::Deadlock,
        Sight::TimerPending,
        Sight::TimerOverdue,
        Sight::StoppedFromOutside,
        Sight::EndedLate,
        Sight::RecordedAfterEnd,
        Sight::InFlightFromDown,
        Sight::WithoutDown,
        Sight::AfterRestore,
        Sight::InFlightOverLives,
    ];

    /// The sights that a settled run shows.
    pub(crate) fn of(world: &World) -> BTreeSet<Sight> {
        let mut seen = world.seen.clone();
        let mut saw = |sight, yes| {
            if yes {
                seen.insert(sight);
            }
        };
        for snapshot in &world.snapshots {
            let channels = || snapshot.channels().iter();
            let on_links = || channels().filter(|channel| !channel.messages().is_empty());
            let mut on = on_links();
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
            saw(Sight::WaitingInFlight, on_links().any(|c| is_over_capacity(world, c)));
            let timers = || snapshot.states().flat_map(|(node, _)| snapshot.timers(node));
            saw(Sight::TimerPending, timers().next().is_some());
            saw(Sight::TimerOverdue, timers().any(|timer| timer.remaining.is_zero()));
            let has_failed = |node| snapshot.failures().iter().any(|failure| failure.node == node);
            saw(Sight::WithoutDown, !snapshot.failures().is_empty());
            saw(Sight::InFlightFromDown, on_links().any(|c| has_failed(c.link().source)));
            saw(Sight::AfterRestore, world.origin.is_some());
            saw(Sight::InFlightOverLives, on_links().any(|c| was_in_flight(world, c)));
            saw(Sight::NeverOccurred, never_occurred(world, snapshot));
        }
        saw(Sight::OutOfIdOrder, !world.snapshots.is_sorted_by_key(Snapshot::id));
        seen
    }
}

fn is_over_capacity(world: &World, channel: &ChannelState<Note>) -> bool {
    let capacity = world.capacity(channel.link().id);
    capacity.is_some_and(|capacity| channel.messages().len() as u64 > capacity)
}

fn was_in_flight(world: &World, channel: &ChannelState<Note>) -> bool {
    let sent = |origin: &Snapshot| origin.channel(channel.link().id).sent();
    world.origin.as_ref().is_some_and(|origin| channel.received() < sent(origin))
}

/// Whether the node had made its last step at that time.
fn has_stopped(world: &World, snapshot: &Snapshot, node: NodeId) -> bool {
    let stopped = world.nodes[node.index()].is_stopped();
    stopped && snapshot.find_state(node).is_some_and(|s| s.steps == world.ledger(node).steps)
}

/// Whether the nodes were never all in their recorded states at one time.
fn never_occurred(world: &World, snapshot: &Snapshot) -> bool {
    let (mut from, mut to) = (0, world.events.len());
    for (at, event) in world.events.iter().enumerate() {
        let Some(state) = snapshot.find_state(event.node) else { continue };
        match event.step + 1 {
            reached if reached == state.steps => from = from.max(at),
            left if left == state.steps + 1 => to = to.min(at),
            _ => {}
        }
    }
    from >= to
}

//! Termination of a diffusing computation.

use super::stable::StableProperty;
use crate::id::NodeId;
use crate::snapshot::{ChannelState, GlobalSnapshot};
use crate::topology::Link;

/// *Termination*: every node is passive, and nothing that could wake one is on its way. `is_passive` says by a node's state
/// whether it has nothing left to do.
///
/// # Model
///
/// The diffusing computation of Dijkstra and Scholten (1980). From the snapshot's beginning on:
///
/// 1. Nothing is injected from outside. What was injected before and is not yet handled is on its environment link, and counts as in
///    flight.
/// 2. A passive node stays passive, and sends nothing, until it handles a message or a timer of its fires.
///
/// Here the second is no promise of yours, since a process acts in its handlers alone. A pending timer counts as activity, and so
/// does a message in flight, with two exceptions. A node that has stopped or is down handles nothing any more: it is passive whatever
/// its state, its timers never fire, and what lies on the links that end there wakes nobody.
///
/// # Proof that it is stable
///
/// Let a state be terminated, and consider the event that leads to the next. A handler that runs at a node which neither has stopped nor
/// is down needs a message on one of its links, or one of its timers; there are none. So the event is that a node stops or
/// fails, or that an envelope moves along a link to a node that handles nothing. None of these puts a message on a link, sets a timer, or makes
/// a passive node active. So the next state is terminated, and by induction all that follow.
///
/// Hence: found in a snapshot, the system has terminated; and if it had terminated when the snapshot began, the snapshot shows it. One
/// pass over nodes, links and timers.
///
/// # What if a node never becomes passive?
///
/// Then it has not terminated, though nothing may happen any more: a node that waits for an answer which nobody will give is active and at a
/// standstill. `terminated(|_, _| true)` holds at any standstill without messages; those for a node that waits for room on a link which nobody
/// empties are in flight all the same.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::property::terminated;
/// use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
///
/// /// Splits the work that it gets between its neighbours, until there is nothing left to split.
/// struct Splitter;
///
/// impl Process for Splitter {
///     type State = ();
///     type Message = u32;
///     fn on_message(&mut self, _: Link, work: u32, ctx: &mut Context<'_, u32>) {
///         for link in ctx.out_links().iter().filter(|_| work > 0) {
///             ctx.send_on(link.id, work / 2);
///         }
///     }
///     fn state(&self) {}
/// }
///
/// let system = System::builder(Topology::complete(3)?).spawn(|_| Splitter)?;
/// system.inject(NodeId::new(0), 1000)?;
/// // Between two handlers a splitter has nothing to do.
/// let found = system.run_until(&terminated(|_, &()| true), Duration::from_secs(60))?;
/// assert_eq!(found.snapshot.in_flight().count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn terminated<S, M>(
    is_passive: impl Fn(NodeId, &S) -> bool + Send + Sync + 'static,
) -> StableProperty<S, M> {
    StableProperty::with_reason("terminated", move |snapshot| {
        match first_sign_of_life(snapshot, &is_passive) {
            Some(sign) => Err(sign),
            None => {
                Ok("every node is passive, and nothing that could wake one is under way".into())
            }
        }
    })
}

fn first_sign_of_life<S, M>(
    snapshot: &GlobalSnapshot<S, M>,
    is_passive: impl Fn(NodeId, &S) -> bool,
) -> Option<String> {
    let topology = snapshot.topology();
    let at_work = || snapshot.states().filter(|&(node, _)| !snapshot.is_stopped(node));
    if let Some((node, _)) = at_work().find(|&(node, state)| !is_passive(node, state)) {
        return Some(format!("{} is active", topology.describe(node)));
    }
    if let Some((node, _)) = at_work().find(|&(node, _)| !snapshot.timers(node).is_empty()) {
        return Some(format!("a timer is pending at {}", topology.describe(node)));
    }
    // By link: on one that ends at a node which has stopped there may be any number of messages.
    let in_use = snapshot.channels().iter().filter(|channel| !channel.messages().is_empty());
    let link = in_use.map(ChannelState::link).find(|&link| ends_at_work(snapshot, link));
    link.map(|link| format!("a message is in flight on {}", topology.describe_link(link.id)))
}

/// Whether a node that still handles something receives from the link.
fn ends_at_work<S, M>(snapshot: &GlobalSnapshot<S, M>, link: Link) -> bool {
    snapshot.find_state(link.target).is_some() && !snapshot.is_stopped(link.target)
}

//! Deadlocks of full links, found by the counts that every snapshot holds.

use super::{Deadlock, Wait, WaitForGraph};
use crate::snapshot::GlobalSnapshot;

/// Finds the nodes that will never handle anything again because each waits for room on a link to
/// another of them, or to a stopped node. The detector needs no knowledge of processes or messages:
/// the snapshot's counts and [capacities](crate::ChannelState::capacity) are enough. The time is
/// linear in nodes and links, except that the nodes of a deadlock, and the nodes that each node
/// waits for, are sorted.
///
/// ```
/// use consistent_cut::property::find_deadlock_on_full_links;
/// use consistent_cut::{Context, Link, Process, System, Topology};
///
/// /// Answers each message with two.
/// struct Gossip;
///
/// impl Process for Gossip {
///     type State = ();
///     type Message = ();
///     fn on_start(&mut self, ctx: &mut Context<'_, ()>) { self.send_two(ctx) }
///     fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
///         self.send_two(ctx);
///     }
///     fn state(&self) {}
/// }
///
/// impl Gossip {
///     fn send_two(&self, ctx: &mut Context<'_, ()>) {
///         let link = ctx.out_links()[0];
///         (0..2).for_each(|_| ctx.send_on(link, ()));
///     }
/// }
///
/// let system = System::builder(Topology::ring(2)?).capacity(8).spawn(|_| Gossip)?;
/// let deadlock = loop {
///     let snapshot = system.snapshot()?;
///     if let Some(found) = find_deadlock_on_full_links(&snapshot) {
///         break found;
///     }
/// };
/// assert_eq!(
///     deadlock.to_string(),
///     "deadlock of 2 nodes: node 0 waits for room on link 0 to node 1, \
///      node 1 waits for room on link 1 to node 0"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The model
///
/// 1. A node handles nothing, no message and no timer, as long as one of its out-links is over its
///    capacity: more messages were sent on this link and are not known to be received than its
///    capacity. The node goes on when it knows of enough room on all its links
///    ([`protocol`](crate::protocol)).
/// 2. A stopped node handles nothing more. So messages that wait for room there never get it,
///    unless the node [drains](crate::Context::stop_and_drain) its in-links. A stopped node may
///    wait for room itself; it is then not part of the deadlock.
/// 3. Messages to a failed node are lost, so no node waits for room there. If a node for which
///    others wait fails after the snapshot, these go on. A node that has stopped or is in the
///    deadlock runs no handler. Only recording it can still make it fail, if
///    [`Process::state`](crate::Process::state) or the clone of a message panics.
///
/// # Why it is right
///
/// The recorded state S\* is a state that the system with its capacities can reach (see
/// [`capacity`](crate::SystemBuilder::capacity)). Let D be the nodes found. In S\* each node of D
/// waits for room on a link to a node w that has stopped or is in D: more messages of this link are
/// sent and not received than its capacity. Room comes only when w receives a message. But w
/// receives none: it has stopped and drains nothing, or it waits itself. So no execution from S\*
/// contains a step of a node in D: the deadlock is stable. S<sub>e</sub> is reachable from S\*, so
/// the deadlock holds at the snapshot's end and after it. S\* is reachable from S<sub>b</sub>, so a
/// deadlock that was there when the snapshot began is found.
///
/// The counts alone decide; the detector does not look at the messages in flight.
#[must_use]
pub fn find_deadlock_on_full_links<S, M>(snapshot: &GlobalSnapshot<S, M>) -> Option<Deadlock> {
    WaitForGraph::of_full_links(snapshot).into_deadlock()
}

impl WaitForGraph {
    /// The graph in which [`find_deadlock_on_full_links`] looks: a node waits for all nodes at the
    /// far ends of links on which its messages wait.
    #[must_use]
    pub fn of_full_links<S, M>(snapshot: &GlobalSnapshot<S, M>) -> Self {
        let mut graph = WaitForGraph::of_running(snapshot);
        for channel in snapshot.channels().iter().filter(|channel| channel.waiting() > 0) {
            let link = channel.link();
            if snapshot.is_draining(link.target) {
                continue;
            }
            let wait = Wait { whom: link.target, link: Some(link.id), is_granted: false };
            // Environment links have no limit, so the sender is a node.
            let sender = &mut graph.nodes[link.source.index()];
            if sender.gone.is_none() {
                sender.waits.push(wait);
            }
        }
        for waiter in &mut graph.nodes {
            // Of parallel links, only the first is named.
            waiter.waits.sort_by_key(|wait| wait.whom);
            waiter.waits.dedup_by_key(|wait| wait.whom);
            waiter.needed = waiter.waits.len();
        }
        graph
    }
}

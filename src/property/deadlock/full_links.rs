//! Deadlocks of links that are full, by what every snapshot holds.

use super::{Deadlock, Wait, WaitForGraph};
use crate::snapshot::GlobalSnapshot;

/// Finds the nodes that will never handle anything again because each waits for room on a link to another of them, or to one that
/// has stopped. Nothing has to be known of processes or messages: the snapshot's counts and
/// [capacities](crate::ChannelState::capacity) are enough. Linear in nodes and links, but for putting in order
/// the nodes that one node waits for, and those of a deadlock.
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
///     fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) { self.send_two(ctx) }
///     fn state(&self) {}
/// }
///
/// impl Gossip {
///     fn send_two(&self, ctx: &mut Context<'_, ()>) {
///         let link = ctx.out_links()[0].id;
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
///     "deadlock of 2 nodes: node 0 waits for room on link 0 to node 1, node 1 waits for room on link 1 to node 0"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The model
///
/// 1. As long as more of a link's messages are sent and not known to be received than its capacity, its sender handles nothing: no message
///    and no timer. It goes on when it knows of enough room on all its links ([`protocol`](crate::protocol)).
/// 2. A node that has stopped handles nothing more, so what waits for room there waits for ever. It may be waiting for room
///    itself; it is no part of the deadlock then.
/// 3. What is sent to a node that is down is lost, so nobody waits for room there. Should a node for which others wait fail after the
///    snapshot, they go on. A node that has stopped or is in the deadlock runs no handler; only recording it can still take it down, if
///    [`Process::state`](crate::Process::state) panics or the clone of a message does.
///
/// # Why it is right
///
/// A sender learns of room by what the receiver tells it outside the links, and a cut does not heed that: a snapshot may show a link with
/// [messages that wait](crate::ChannelState::waiting) though its sender has never waited. It is right all the same. Let D be the
/// nodes found, and of each node x let t(x) be the moment in which it recorded. Each node i in D has a link to a node w that is in D or has stopped,
/// on which by the recorded counts sent(i) - received(w) is more than the capacity.
///
/// *None of D handles anything after it recorded.* Suppose one does; let j be the first, at a moment s, and w the
/// node for which it waits, by the snapshot. Since j handles something, it knows of room: w has received at least sent(j) less the
/// capacity by s, with sent(j) counted at t(j) or later. By the snapshot that is more than w had received at t(w). So w has handled a message after it
/// recorded and before s; but if it had stopped, it handles nothing, and if it is in D, j was not the first. (If w is j itself, the same
/// holds of the link that leads back to it.) So all of D stand still from their recordings on, and for ever.
///
/// *Whatever was deadlocked when the snapshot began is found.* In a deadlock nobody handles anything, so counts are what they were
/// whenever a node records: the same nodes and links are found.
///
/// The proof asks nothing of the moments in which nodes record. The detector is right for cuts that are not consistent too, and needs no
/// message in flight: the counts alone decide.
#[must_use]
pub fn find_deadlock_on_full_links<S, M>(snapshot: &GlobalSnapshot<S, M>) -> Option<Deadlock> {
    WaitForGraph::of_full_links(snapshot).into_deadlock()
}

impl WaitForGraph {
    /// The graph in which [`find_deadlock_on_full_links`] looks: a node waits for all nodes at the far ends of links on which its
    /// messages wait.
    #[must_use]
    pub fn of_full_links<S, M>(snapshot: &GlobalSnapshot<S, M>) -> Self {
        let mut graph = WaitForGraph::of_running(snapshot);
        for channel in snapshot.channels().iter().filter(|channel| channel.waiting() > 0) {
            let link = channel.link();
            let wait = Wait { whom: link.target, link: Some(link.id), is_granted: false };
            // No environment link has a limit, so this is a node.
            let sender = &mut graph.nodes[link.source.index()];
            if sender.gone.is_none() {
                sender.waits.push(wait);
            }
        }
        for waiter in &mut graph.nodes {
            // Of parallel links the first is named.
            waiter.waits.sort_by_key(|wait| wait.whom);
            waiter.waits.dedup_by_key(|wait| wait.whom);
            waiter.needed = waiter.waits.len();
        }
        graph
    }
}

//! Deadlocks of requests among nodes of which some stand still on full links.

use std::mem;

use super::{Deadlock, Request, WaitForGraph};
use crate::id::NodeId;
use crate::snapshot::GlobalSnapshot;
use crate::topology::Link;

/// Finds the nodes that [stand still on full links](super::find_deadlock_on_full_links), those that
/// wait for each other's [grants](super::find_deadlock), and **those that wait for grants from
/// nodes that stand still**, whom neither of the two finds alone. Every such deadlock that was
/// there when the snapshot began is found, and one that is found is there when the snapshot has
/// ended.
///
/// `request` and `grants` are those of [`find_deadlock`](super::find_deadlock). It costs what both
/// detectors do.
///
/// ```
/// use consistent_cut::property::{Request, find_deadlock_with_full_links};
/// use consistent_cut::simulation::Simulation;
/// use consistent_cut::{Context, Link, NodeId, Process, Topology};
///
/// /// Nodes 0 and 1 fill the links between them; node 2 waits for an answer of node 0.
/// struct Node;
///
/// impl Process for Node {
///     type State = ();
///     type Message = &'static str;
///     fn on_start(&mut self, ctx: &mut Context<'_, &'static str>) {
///         let first = ctx.out_links()[0];
///         (0..3).for_each(|_| ctx.send_on(first, "please"));
///     }
///     fn on_message(&mut self, _: Link, _: &'static str, _: &mut Context<'_, &'static str>) {}
///     fn state(&self) {}
/// }
///
/// let topology = Topology::from_links(3, [(0, 1), (1, 0), (2, 0), (0, 2)])?;
/// let simulation = Simulation::builder(topology).capacity(2).start(|_| Node)?;
/// let found = find_deadlock_with_full_links(
///     &simulation.global_state().expect("no node has failed"),
///     |node, ()| match node.index() {
///         2 => Request::All(vec![NodeId::new(0)]),
///         _ => Request::Nothing,
///     },
///     |_, message, ()| *message == "granted",
/// );
/// assert_eq!(found.expect("nodes 0 and 1 stand still").nodes().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The model
///
/// The models of both detectors together. A node that waits for a grant still handles messages, so
/// it makes room for those who send to it; a node that waits for room handles nothing, so it
/// neither makes room nor grants nor receives a grant. The two kinds of waits are therefore not
/// alike, and the two graphs **cannot be joined edge by edge**: if node 0 waits for room at node 1,
/// and node 1 for a grant of node 0, they form a cycle and no deadlock. Node 1 handles what lies
/// before it, node 0 gets room, handles the request and grants it.
///
/// # Why it is right
///
/// Let R be the nodes that [`find_deadlock_on_full_links`](super::find_deadlock_on_full_links)
/// finds. By the proof there none of them handles anything after it recorded. Whether others wait
/// for grants does not matter to R: a node outside R makes room in time, or is not needed.
///
/// Let Q be the greatest set of other nodes such that, for each of them, the nodes that it waits
/// for that are gone, in R or in Q, and have no grant in flight to it, leave fewer than it needs.
/// Suppose some node of Q gets what it needs, and let i be the first. One of its grants came from a
/// node j that was gone, in R or in Q, and was sent after j recorded, as none was in flight at the
/// cut.
///
/// * If j was gone, it sends nothing.
/// * If j is in R, it handles nothing after it recorded, and a node sends in its handlers only.
/// * If j is in Q, it waited at the cut, and as i is the first, it has waited ever since: it has
///   granted nothing.
///
/// So no node of Q ever gets what it needs. Conversely, in a deadlock that was there when the
/// snapshot began, the counts of R, the waits of Q and the grants that are missing are the same
/// whenever a node records, so all of it is found.
///
/// The answer is as stable as that of full links: as long as no node of R fails, nor a node that
/// has stopped and that nodes of R wait for. They would go on, and might grant.
///
/// The part about grants needs a consistent cut, as [`find_deadlock`](super::find_deadlock) does.
#[must_use]
pub fn find_deadlock_with_full_links<S, M>(
    snapshot: &GlobalSnapshot<S, M>,
    request: impl FnMut(NodeId, &S) -> Request,
    grants: impl FnMut(Link, &M, &S) -> bool,
) -> Option<Deadlock> {
    WaitForGraph::of_requests_and_full_links(snapshot, request, grants).into_deadlock()
}

impl WaitForGraph {
    /// The graph in which [`find_deadlock_with_full_links`] looks: that of requests, in which nodes
    /// that stand still on full links wait for room instead.
    #[must_use]
    pub fn of_requests_and_full_links<S, M>(
        snapshot: &GlobalSnapshot<S, M>,
        request: impl FnMut(NodeId, &S) -> Request,
        grants: impl FnMut(Link, &M, &S) -> bool,
    ) -> Self {
        let mut room = WaitForGraph::of_full_links(snapshot);
        let still = room.stuck();
        let mut graph = WaitForGraph::of_requests(snapshot, request, grants);
        for &node in &still {
            let mut waiter = mem::take(&mut room.nodes[node.index()]);
            // Room at other nodes comes, so a wait for it keeps no node from going on.
            waiter.waits.retain(|wait| {
                graph.gone(wait.whom).is_some() || still.binary_search(&wait.whom).is_ok()
            });
            waiter.needed = waiter.waits.len();
            graph.nodes[node.index()] = waiter;
        }
        graph
    }
}

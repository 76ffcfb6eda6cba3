//! Deadlocks of requests among nodes, of which some stand still on full links.

use std::mem;

use super::{Deadlock, Request, WaitForGraph};
use crate::id::NodeId;
use crate::snapshot::GlobalSnapshot;
use crate::topology::Link;

/// Finds the nodes that [stand still on full links](super::find_deadlock_on_full_links), the nodes
/// that wait for each other's [grants](super::find_deadlock), and **the nodes that wait for grants
/// from nodes that stand still**. Neither of the other two detectors finds these last nodes. Every
/// such deadlock that was there when the snapshot began is found. A deadlock that is found is there
/// when the snapshot has ended.
///
/// `request` and `grants` are those of [`find_deadlock`](super::find_deadlock). The search takes
/// the time of both detectors together.
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
/// The models of both detectors hold together. A node that waits for a grant still handles
/// messages, so it makes room for the nodes that send to it. A node that waits for room handles
/// nothing, so it neither makes room nor grants nor receives a grant. The two kinds of waits are
/// therefore not alike, and the two graphs **cannot be joined edge by edge**. If node 0 waits for
/// room at node 1, and node 1 waits for a grant of node 0, this is a cycle and not a deadlock: node
/// 1 handles the messages that wait there, so node 0 gets room, handles the request and grants it.
///
/// # Why it is right
///
/// Let R be the nodes that [`find_deadlock_on_full_links`](super::find_deadlock_on_full_links)
/// finds. By the proof there, no node of R handles anything after it recorded. It does not matter
/// to R whether other nodes wait for grants: a node outside R makes room in time, or its room is
/// not needed.
///
/// Let Q be the greatest set of other nodes such that for each node of Q the following holds:
/// without the nodes that are gone, in R or in Q and have no grant in flight to it, it waits for
/// fewer nodes than it needs. Suppose that some node of Q gets the grants that it needs, and let i
/// be the first such node. One of these grants came from a node j that was gone, in R or in Q. This
/// grant was sent after j recorded, as no grant of j was in flight at the cut.
///
/// * If j was gone, j sends nothing.
/// * If j is in R, j handles nothing after it recorded, and a node sends in its handlers only.
/// * If j is in Q, j waited at the cut. As i is the first, j has waited ever since: it has granted
///   nothing.
///
/// So no node of Q ever gets the grants that it needs. Conversely, consider a deadlock that was
/// there when the snapshot began. The counts of R, the waits of Q and the missing grants are the
/// same whenever a node records, so the whole deadlock is found.
///
/// The answer is as stable as that of full links. It stays right as long as no node of R fails, and
/// no stopped node fails that nodes of R wait for: otherwise nodes of R would go on, and might
/// grant.
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
    /// The graph in which [`find_deadlock_with_full_links`] looks. It is the graph of requests,
    /// except that nodes that stand still on full links wait for room instead.
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
            // Other nodes make room in time, so a wait for it keeps no node from going on.
            waiter.waits.retain(|wait| {
                graph.gone(wait.whom).is_some() || still.binary_search(&wait.whom).is_ok()
            });
            waiter.needed = waiter.waits.len();
            graph.nodes[node.index()] = waiter;
        }
        graph
    }
}

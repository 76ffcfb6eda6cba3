//! Deadlocks of requests: AND, OR, and k of n.

use super::{Deadlock, Wait, WaitForGraph};
use crate::id::NodeId;
use crate::snapshot::GlobalSnapshot;
use crate::topology::Link;

/// The request of a node: the grants that it waits for, by its state. A node that is named twice
/// counts once. `All` of no nodes needs nothing, so the node runs. `Any` of no nodes can never be
/// granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Request {
    /// No grant: the node runs.
    #[default]
    Nothing,
    /// A grant of each of these nodes (AND).
    All(Vec<NodeId>),
    /// A grant of one of these nodes (OR).
    Any(Vec<NodeId>),
    /// Grants of `needed` of these nodes (k of n).
    Of {
        /// How many grants are still needed.
        needed: usize,
        /// The nodes that have not granted yet.
        nodes: Vec<NodeId>,
    },
}

/// Finds the nodes that wait for each other, and the nodes that wait for these. Every deadlock that
/// was there when the snapshot began is found. A deadlock that is found is there when the snapshot
/// has ended, and in every later state.
///
/// `request` returns the request of a node that is in this state. `grants` says whether a message
/// in flight, once it has been received, is a grant of its link's source that the link's target
/// waits for. The target's state is an argument too, for protocols in which a late message may
/// answer an earlier request.
///
/// The time is linear in nodes, links, messages and nodes named in requests. In addition, the nodes
/// of each request and those of a deadlock are sorted, and each link costs a binary search among
/// the nodes that its target waits for.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::property::{Request, find_deadlock};
/// use consistent_cut::simulation::{Latency, Simulation};
/// use consistent_cut::{Context, Link, NodeId, Process, TimerId, Topology};
///
/// /// Takes its own fork, and after a while wants its neighbour's too. With both it eats, and
/// /// then gives both back.
/// #[derive(Default)]
/// struct Philosopher {
///     waits: bool,
///     asked: bool,
/// }
///
/// #[derive(Clone)]
/// enum Message {
///     Please,
///     Fork,
/// }
///
/// impl Process for Philosopher {
///     type State = bool;
///     type Message = Message;
///     fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
///         ctx.set_timer(TimerId::new(0), Duration::from_millis(1));
///     }
///     fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, Message>) {
///         self.waits = true;
///         ctx.send(right_of(ctx.id()), Message::Please);
///     }
///     fn on_message(&mut self, from: Link, message: Message, ctx: &mut Context<'_, Message>) {
///         match message {
///             Message::Please if self.waits => self.asked = true,
///             Message::Please => ctx.send(from.source, Message::Fork),
///             Message::Fork => {
///                 self.waits = false;
///                 if self.asked {
///                     ctx.send(NodeId::new((ctx.id().index() as u32 + 2) % 3), Message::Fork);
///                 }
///             }
///         }
///     }
///     fn state(&self) -> bool { self.waits }
/// }
///
/// fn right_of(node: NodeId) -> NodeId {
///     NodeId::new((node.index() as u32 + 1) % 3)
/// }
///
/// let latency = Latency::Constant(Duration::from_millis(5));
/// let table = Simulation::builder(Topology::complete(3)?).latency(latency);
/// let mut table = table.start(|_| Philosopher::default())?;
/// table.run_until(Duration::from_millis(20));
/// table.begin_snapshot()?;
/// table.run(100);
///
/// let deadlock = find_deadlock(
///     &table.snapshots()[0],
///     |node, waits| if *waits { Request::Any(vec![right_of(node)]) } else { Request::Nothing },
///     |_, message, _| matches!(message, Message::Fork),
/// );
/// assert_eq!(
///     deadlock.expect("all are hungry at once").to_string(),
///     "deadlock of 3 nodes: node 0 waits for node 1, node 1 waits for node 2, \
///      node 2 waits for node 0"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The model
///
/// 1. A node that waits grants nothing and asks for nothing more until its own request is granted.
///    The node does not give up. A node that would go on by itself, for instance when a timer is
///    due, has [nothing](Request::Nothing) to wait for.
/// 2. The request changes only by the grants that the node receives: the node that granted is no
///    longer among the nodes that it waits for, and it needs one grant less. When enough grants
///    have come, the node runs.
/// 3. A node that runs may do anything: grant, ask others and wait, stop, fail. A grant is a
///    message on a link from the node that grants to the node that waits.
/// 4. A node that has stopped or failed grants nothing, and neither does a node that is not in the
///    topology. Grants that such a node had sent before are in flight and count. [The
///    environment](NodeId::ENVIRONMENT) may grant at any time.
///
/// The messages by which nodes ask do not matter: a node waits from the moment in which it asks,
/// whether or not the other node knows this. Nodes that stand still on full links count as running
/// here; [`find_deadlock_with_full_links`](super::find_deadlock_with_full_links) knows that they
/// grant nothing.
///
/// # Why it is stable
///
/// Let D be the deadlocked nodes: the greatest set such that for each node of D the following
/// holds. Without the nodes that are gone or in D and have no grant in flight to it, it waits for
/// fewer nodes than it needs. Suppose that some node of D gets the grants that it needs, and let i
/// be the first such node. One of these grants came from a node j that was gone or in D. This grant
/// was sent after the moment in which D was determined, as no grant of j was in flight then. If j
/// was gone, j sends nothing. If j is in D, j waited then. As i is the first, j has waited ever
/// since, and has granted nothing by rule 1. So no node of D ever gets the grants that it needs.
/// Each wait between nodes of D stays as it is, so they are found in every later state, except
/// nodes that stop or fail meanwhile.
///
/// The cut is consistent, so a grant that was sent before the cut is either received before the cut
/// or in flight at the cut. With cuts that are not consistent, or without the messages in flight,
/// deadlocks are found that do not exist: [the older algorithms](crate::simulation::Algorithm) show
/// it.
#[must_use]
pub fn find_deadlock<S, M>(
    snapshot: &GlobalSnapshot<S, M>,
    request: impl FnMut(NodeId, &S) -> Request,
    grants: impl FnMut(Link, &M, &S) -> bool,
) -> Option<Deadlock> {
    WaitForGraph::of_requests(snapshot, request, grants).into_deadlock()
}

impl WaitForGraph {
    /// The graph in which [`find_deadlock`] looks.
    #[must_use]
    pub fn of_requests<S, M>(
        snapshot: &GlobalSnapshot<S, M>,
        mut request: impl FnMut(NodeId, &S) -> Request,
        mut grants: impl FnMut(Link, &M, &S) -> bool,
    ) -> Self {
        let mut graph = WaitForGraph::of_running(snapshot);
        for (node, state) in snapshot.states() {
            let waiter = &mut graph.nodes[node.index()];
            if waiter.gone.is_none() {
                (waiter.needed, waiter.waits) = request(node, state).into_waits();
            }
        }
        for channel in snapshot.channels() {
            let link = channel.link();
            let Link { source, target, .. } = link;
            let Some(state) = snapshot.find_state(target) else { continue };
            let waits = &mut graph.nodes[target.index()].waits;
            if let Ok(at) = waits.binary_search_by_key(&source, |wait| wait.whom) {
                let wait = &mut waits[at];
                wait.is_granted = wait.is_granted
                    || channel.messages().iter().any(|message| grants(link, message, state));
            }
        }
        graph
    }
}

impl Request {
    /// How many grants are needed, and the waits for them.
    fn into_waits(self) -> (usize, Vec<Wait>) {
        let (needed, mut nodes) = match self {
            Request::Nothing => (Some(0), Vec::new()),
            Request::All(nodes) => (None, nodes),
            Request::Any(nodes) => (Some(1), nodes),
            Request::Of { needed, nodes } => (Some(needed), nodes),
        };
        nodes.sort_unstable();
        nodes.dedup();
        let wait = |whom| Wait { whom, link: None, is_granted: false };
        let waits: Vec<_> = nodes.into_iter().map(wait).collect();
        (needed.unwrap_or(waits.len()), waits)
    }
}

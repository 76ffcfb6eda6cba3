//! The places of a quantity: nodes and links.

use std::fmt;
use std::iter::Sum;
use std::sync::Arc;

use crate::id::{LinkId, NodeId};
use crate::snapshot::GlobalSnapshot;
use crate::topology::Topology;

/// The places of a quantity in a snapshot: how much is at each node, and how much is in flight on
/// each link. Taking a census is one pass over nodes and messages. `Display` lists the places that
/// have some.
///
/// ```
/// use consistent_cut::property::Census;
/// use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
/// # struct Purse(u64);
/// # impl Process for Purse {
/// #     type State = u64;
/// #     type Message = u64;
/// #     fn on_message(&mut self, _: Link, coins: u64, _: &mut Context<'_, u64>) {
/// #         self.0 += coins
/// #     }
/// #     fn state(&self) -> u64 { self.0 }
/// # }
///
/// // A purse's state is the coins in it, and so is a message.
/// let builder = System::builder(Topology::ring(3)?);
/// let system = builder.spawn(|node| Purse(10 * node.index() as u64))?;
/// let census = Census::take(&*system.snapshot()?, |_, coins| *coins, |coins| *coins);
/// assert_eq!((census.total(), census.at_nodes(), census.on_links()), (30, 30, 0));
/// assert_eq!(census.at(NodeId::new(2)), Some(&20));
/// assert_eq!(census.to_string(), "node 1: 10, node 2: 20");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Census<Q> {
    topology: Arc<Topology>,
    nodes: Vec<(NodeId, Q)>,
    links: Vec<(LinkId, Q)>,
}

/// A place where a quantity can be.
enum Place {
    Node(NodeId),
    Link(LinkId),
}

/// How many places a census prints.
const PRINTED: usize = 20;

impl<Q: Clone + Sum> Census<Q> {
    /// Counts a quantity. `in_state` and `in_message` tell how much a node's state and a message
    /// hold.
    #[must_use]
    pub fn take<S, M>(
        snapshot: &GlobalSnapshot<S, M>,
        in_state: impl Fn(NodeId, &S) -> Q,
        in_message: impl Fn(&M) -> Q,
    ) -> Self {
        let nodes = snapshot.states().map(|(node, state)| (node, in_state(node, state)));
        let links = snapshot.channels().iter().filter(|channel| !channel.messages().is_empty());
        let links = links.map(|channel| {
            (channel.link().id, channel.messages().iter().map(&in_message).sum::<Q>())
        });
        Census {
            topology: Arc::clone(snapshot.topology()),
            nodes: nodes.collect(),
            links: links.collect(),
        }
    }

    /// How much there is.
    #[must_use]
    pub fn total(&self) -> Q {
        [self.at_nodes(), self.on_links()].into_iter().sum()
    }

    /// How much there is at all nodes together.
    #[must_use]
    pub fn at_nodes(&self) -> Q {
        self.nodes().map(|(_, quantity)| quantity).cloned().sum()
    }

    /// How much is in flight on all links together.
    #[must_use]
    pub fn on_links(&self) -> Q {
        self.links().map(|(_, quantity)| quantity).cloned().sum()
    }
}

impl<Q> Census<Q> {
    /// How much there is at a node; `None` if the node had failed, or is not in the topology.
    #[must_use]
    pub fn at(&self, node: NodeId) -> Option<&Q> {
        find(&self.nodes, node)
    }

    /// How much is in flight on a link; `None` if the link is empty.
    #[must_use]
    pub fn on(&self, link: LinkId) -> Option<&Q> {
        find(&self.links, link)
    }

    /// Each node with its share, which may be nothing, by id. Nodes that had failed are left out.
    #[must_use]
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeId, &Q)> + DoubleEndedIterator {
        self.nodes.iter().map(|(node, quantity)| (*node, quantity))
    }

    /// Each link that is not empty, with the sum over its messages, by id; environment links come
    /// last.
    #[must_use]
    pub fn links(&self) -> impl ExactSizeIterator<Item = (LinkId, &Q)> + DoubleEndedIterator {
        self.links.iter().map(|(link, quantity)| (*link, quantity))
    }
}

fn find<K: Ord + Copy, Q>(places: &[(K, Q)], key: K) -> Option<&Q> {
    places.binary_search_by_key(&key, |(key, _)| *key).ok().map(|at| &places[at].1)
}

impl<Q: Clone + Sum + PartialEq + fmt::Debug> fmt::Display for Census<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none: Q = std::iter::empty().sum();
        let nodes = self.nodes().map(|(node, quantity)| (Place::Node(node), quantity));
        let links = self.links().map(|(link, quantity)| (Place::Link(link), quantity));
        let mut places = nodes.chain(links).filter(|(_, quantity)| **quantity != none);
        let mut separator = "";
        for (place, quantity) in places.by_ref().take(PRINTED) {
            let place = match place {
                Place::Node(node) => self.topology.describe(node),
                Place::Link(link) => self.topology.describe_link(link),
            };
            write!(f, "{separator}{place}: {quantity:?}")?;
            separator = ", ";
        }
        match places.count() {
            0 if separator.is_empty() => f.write_str("nowhere"),
            0 => Ok(()),
            more => write!(f, " and {more} more places"),
        }
    }
}

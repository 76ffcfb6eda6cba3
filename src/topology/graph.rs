//! Exchange with `petgraph`.

use petgraph::EdgeType;
use petgraph::graph::{DiGraph, EdgeReference, Graph, IndexType, NodeIndex};
use petgraph::visit::EdgeRef;

use super::error::{TopologyError, check_link_count, check_node_count, node};
use super::names::Names;
use super::topology::Topology;
use super::words::names_of;
use crate::id::{LinkId, NodeId};

impl Topology {
    /// Makes a topology from the nodes and edges of a graph, without names. Node `i` of the graph
    /// becomes node `i`, and its edges become links in the order of their indices. An undirected
    /// edge becomes two links, there and back, next to each other. An undirected self-loop becomes
    /// one self-link.
    ///
    /// ```
    /// use consistent_cut::Topology;
    /// use petgraph::graph::UnGraph;
    ///
    /// let triangle = UnGraph::<(), ()>::from_edges([(0, 1), (1, 2), (2, 0)]);
    /// assert_eq!(Topology::from_graph(&triangle)?.to_string(), "3 nodes, 6 links");
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `NoNodes` for an empty graph, `TooLarge`.
    pub fn from_graph<N, E, Ty, Ix>(graph: &Graph<N, E, Ty, Ix>) -> Result<Topology, TopologyError>
    where
        Ty: EdgeType,
        Ix: IndexType,
    {
        check_counts(graph)?;
        Topology::build(graph.node_count(), links_of(graph), None)
    }

    /// Like [`from_graph`](Self::from_graph), with a label for each node, made from its weight. A
    /// label may hold blanks, may be empty, and may be the label of several nodes. The
    /// [module](super#labels) says how labels become names.
    ///
    /// ```
    /// use consistent_cut::Topology;
    /// use petgraph::graph::UnGraph;
    ///
    /// let mut graph = UnGraph::<&str, ()>::default();
    /// let labels = ["New York", "Springfield", "Springfield"];
    /// let [york, one, two] = labels.map(|label| graph.add_node(label));
    /// graph.extend_with_edges([(york, one), (york, two)]);
    /// let topology = Topology::from_graph_named(&graph, |label| *label)?;
    /// assert!(topology.node_named("New York").is_some());
    /// assert!(topology.node_named("Springfield (2)").is_some());
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `NoNodes`, `TooLarge`.
    pub fn from_graph_named<N, E, Ty, Ix, S>(
        graph: &Graph<N, E, Ty, Ix>,
        label: impl FnMut(&N) -> S,
    ) -> Result<Topology, TopologyError>
    where
        Ty: EdgeType,
        Ix: IndexType,
        S: Into<String>,
    {
        check_counts(graph)?;
        let labels = graph.node_weights().map(label).map(Into::into);
        let labels =
            (0..).zip(labels).map(|(index, label): (usize, String)| (label, index.to_string()));
        let names = names_of(&labels.collect::<Vec<_>>());
        Topology::build(graph.node_count(), links_of(graph), Some(Names::new(names)?))
    }

    /// A graph with the same nodes and links, each at the index that equals its number. Environment
    /// links are not included.
    #[must_use]
    pub fn to_graph(&self) -> DiGraph<NodeId, LinkId> {
        let mut graph = DiGraph::with_capacity(self.node_count(), self.link_count());
        for node in self.nodes() {
            graph.add_node(node);
        }
        for link in self.links() {
            let [source, target] =
                [link.source, link.target].map(|end| NodeIndex::new(end.index()));
            graph.add_edge(source, target, link.id);
        }
        graph
    }
}

/// Checks the counts before anything is copied. An undirected edge counts once here, and may count
/// twice later.
fn check_counts<N, E, Ty, Ix>(graph: &Graph<N, E, Ty, Ix>) -> Result<(), TopologyError>
where
    Ty: EdgeType,
    Ix: IndexType,
{
    check_node_count(graph.node_count())?;
    check_link_count(Some(graph.edge_count()))
}

fn links_of<N, E, Ty, Ix>(
    graph: &Graph<N, E, Ty, Ix>,
) -> impl Iterator<Item = (NodeId, NodeId)> + use<'_, N, E, Ty, Ix>
where
    Ty: EdgeType,
    Ix: IndexType,
{
    graph.edge_references().flat_map(|edge: EdgeReference<'_, E, Ix>| {
        let (source, target) = (node(edge.source().index()), node(edge.target().index()));
        let two_way = !Ty::is_directed() && source != target;
        [(source, target)].into_iter().chain(two_way.then_some((target, source)))
    })
}

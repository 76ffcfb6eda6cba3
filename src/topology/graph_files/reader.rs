//! The calls that read graphs.

use std::path::Path;

use super::{dot, gml, graphml};
use crate::topology::edge_list::text_file;
use crate::topology::edge_list::{Format, format_of};
use crate::topology::error::TopologyError;
use crate::topology::topology::Topology;

impl Topology {
    /// Reads a file in GML, GraphML or DOT, or an edge list. The format is recognised by the
    /// beginning of the text, not by the name of the file.
    ///
    /// In GML, GraphML and DOT, labels become names as the [module](crate::topology#labels)
    /// describes. An undirected edge becomes two links next to each other, there and back. An
    /// undirected loop becomes one link. GML files that are not in UTF-8 are read as Latin-1.
    ///
    /// # Errors
    ///
    /// `UnreadableFile` with the path and the error of the operating system; `InvalidFile` with the
    /// path and the problem of the text.
    pub fn from_graph_file(path: impl AsRef<Path>) -> Result<Topology, TopologyError> {
        text_file::read(path.as_ref(), |text| match format_of(text) {
            Some(Format::Gml) => Topology::from_gml(text),
            Some(Format::GraphMl) => Topology::from_graphml(text),
            Some(Format::Dot) => Topology::from_dot(text),
            Some(Format::Other { .. }) | None => text.parse(),
        })
    }

    /// Reads a text in GML. A node's label is its `label`, or else its `name`. Parallel edges are
    /// kept, whether the graph says `multigraph` or not.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let gml = r#"graph [
    ///   directed 0
    ///   node [ id 7 label "New York" ]
    ///   node [ id 9 label "Oslo" ]
    ///   edge [ source 7 target 9 ]
    /// ]"#;
    /// let topology = Topology::from_gml(gml)?;
    /// assert_eq!(topology.to_edge_list(), "\"New York\" <-> Oslo\n");
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidGraph` with the line and its problem, also for graphs within graphs; `NoNodes`,
    /// `TooLarge`.
    pub fn from_gml(text: &str) -> Result<Topology, TopologyError> {
        gml::read(text)
    }

    /// Reads a text in GraphML. A node's label is the data whose key is named `label`, or else
    /// `name`, or else the label that yEd draws. Parallel edges are kept, and ports are left out.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let graphml = r#"<graphml>
    ///   <graph edgedefault="directed">
    ///     <node id="Rome"/>
    ///     <node id="Oslo"/>
    ///     <edge source="Rome" target="Oslo"/>
    ///   </graph>
    /// </graphml>"#;
    /// let topology = Topology::from_graphml(graphml)?;
    /// assert_eq!(topology.to_edge_list(), "Rome -> Oslo\n");
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidGraph` with the line and its problem, also for hyperedges and graphs within graphs;
    /// `NoNodes`, `TooLarge`.
    pub fn from_graphml(text: &str) -> Result<Topology, TopologyError> {
        graphml::read(text)
    }

    /// Reads a text in DOT, the language of Graphviz. A node's label is its attribute `label`.
    /// Labels in HTML, and labels set by `node [...]`, are left out. An edge between groups in
    /// braces joins each node of the first group with each node of the second. A `strict` graph has
    /// each edge once. An edge of a digraph with `dir=both` is two links, there and back. Ports and
    /// other attributes only say how a graph is drawn, and are left out.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let dot = r#"digraph { hub [label="New York"]; hub -> { Rome; Oslo } -> hub }"#;
    /// let topology = Topology::from_dot(dot)?;
    /// assert_eq!(topology.to_string(), "3 nodes, 4 links");
    /// assert!(topology.node_named("New York").is_some());
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidGraph` with the line and its problem, also for more than 16,777,216 edges between
    /// groups; `NoNodes`, `TooLarge`.
    pub fn from_dot(text: &str) -> Result<Topology, TopologyError> {
        dot::read(text)
    }
}

//! The parts that the tests of all formats share.

use consistent_cut::{GraphProblem, Topology, TopologyError};

/// A function that reads a format.
pub(crate) type Read = fn(&str) -> Result<Topology, TopologyError>;

/// Asserts the edge list of a graph.
#[track_caller]
pub(crate) fn assert_reads(read: Read, text: &str, edge_list: &str) {
    let topology = read(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    assert_eq!(topology.to_edge_list(), edge_list, "{text}");
}

/// Asserts the line in which a text is refused. Returns the reason.
#[track_caller]
pub(crate) fn assert_refused(read: Read, text: &str, in_line: usize) -> GraphProblem {
    match read(text) {
        Err(TopologyError::InvalidGraph { line, problem, format }) => {
            assert_eq!(line, in_line, "{text}\n{problem}");
            let said = TopologyError::InvalidGraph { line, format, problem: problem.clone() };
            assert!(said.to_string().starts_with(&format!("{format}, line {line}: ")), "{said}");
            problem
        }
        other => panic!("{text}\n{other:?}"),
    }
}

/// One sample of each format, with many of its features.
pub(crate) const SAMPLES: [(&str, Read); 3] =
    [(GML, Topology::from_gml), (GRAPHML, Topology::from_graphml), (DOT, Topology::from_dot)];

pub(crate) const GML: &str = r##"# A comment.
Creator "by hand"
Version 1
graph [
  comment "a text
over two lines, with [ brackets ]"
  directed 1
  multigraph 1
  node [
    id 10
    label "New York"
    graphics [ x 1.5 y -2 type "oval" ]
  ]
  node [ id 20 label "S&#227;o Paulo &amp; more" ]
  node [ id 30 label "New York" ]
  node [ id 40 ]
  edge [ source 10 target 20 weight 3.0 ]
  edge [ source 10 target 20 ]
  edge [ source 30 target 30 ]
  edge [ source 20 target 40 label "x" id 1 ]
]
"##;

pub(crate) const GRAPHML: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<!-- A comment. -->
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
  <key id="d0" for="node" attr.name="label" attr.type="string"/>
  <key id="d1" for="edge" attr.name="weight" attr.type="double"><default>1.0</default></key>
  <key id="d2" for="node" yfiles.type="nodegraphics"/>
  <graph id="G" edgedefault="undirected">
    <data key="d9">a map</data>
    <node id="a"><data key="d0">New York</data></node>
    <node id="b"><data key="d2"><y:ShapeNode><y:NodeLabel x="1">S&#227;o &amp; Paulo</y:NodeLabel></y:ShapeNode></data></node>
    <node id="c"><port name="north"/></node>
    <edge source="a" target="b"><data key="d1">3.0</data></edge>
    <edge source="b" target="c" directed="true" targetport="north"/>
    <edge source="c" target="c"/>
  </graph>
</graphml>
"##;

pub(crate) const DOT: &str = r##"/* A comment
   over two lines. */
# a line for the preprocessor
strict digraph "my map" {
  rankdir=LR; node [shape=box, label="none"] edge [color="red"];
  a [label="New York", shape=circle][color=red];  // a city
  b [label=<S&atilde;o <b>Paulo</b>>]
  a -> b -> "c \"d\"":port:ne [weight=3];
  a -> b
  subgraph cluster_x { label="x"; e -> { f g } }
  { rank=same; a; 1.5 } -> -7
  h [label="two\nlines" + " of \N"]
}
"##;

//! GraphML: <http://graphml.graphdrawing.org>, with the labels that yEd writes.

use roxmltree::{Document, Node, ParsingOptions};

use super::sketch::{At, Direction, Sketch};
use crate::id::NodeId;
use crate::topology::error::{GraphProblem, TopologyError};
use crate::topology::topology::Topology;

const FORMAT: &str = "GraphML";

pub(super) fn read(text: &str) -> Result<Topology, TopologyError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Older files name a document type. Entities that grow without bound are refused.
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = At { format: FORMAT, line: error.pos().row as usize };
        at.error(GraphProblem::Xml(error.to_string()))
    })?;
    let root = document.root_element();
    if !is(root, "graphml") {
        return Err(at(root).expected("`<graphml>`", root.tag_name().name()));
    }
    let mut graphs = root.children().filter(|child| is(*child, "graph"));
    let graph = graphs.next().ok_or_else(|| at(root).incomplete("there is no `<graph>`"))?;
    if let Some(second) = graphs.next() {
        return Err(at(second).unsupported("a second graph"));
    }
    let labels = Labels::declared_in(root);
    read_graph(graph, &labels)
}

fn read_graph(graph: Node<'_, '_>, labels: &Labels<'_>) -> Result<Topology, TopologyError> {
    let mut sketch = Sketch::default();
    let elements = || graph.children().filter(Node::is_element);
    for element in elements() {
        match element.tag_name().name() {
            "node" => declare(element, labels, &mut sketch)?,
            "hyperedge" => return Err(at(element).unsupported("a hyperedge")),
            "graph" => return Err(at(element).unsupported("a graph within a graph")),
            _ => {}
        }
    }
    let usual = direction_of(graph, "edgedefault", ["undirected", "directed"])?;
    for edge in elements().filter(|element| is(*element, "edge")) {
        let direction = direction_of(edge, "directed", ["false", "true"])?.or(usual);
        let direction = direction.ok_or_else(|| {
            at(graph)
                .incomplete("the graph does not say `edgedefault=\"directed\"` or `\"undirected\"`")
        })?;
        let [source, target] = ["source", "target"].map(|end| end_of(edge, end, &sketch));
        sketch.edge(source?, target?, direction)?;
    }
    sketch.into_topology()
}

fn declare(
    node: Node<'_, '_>,
    labels: &Labels<'_>,
    sketch: &mut Sketch,
) -> Result<(), TopologyError> {
    let id = node.attribute("id").ok_or_else(|| at(node).incomplete("a node has no `id`"))?;
    if let Some(inner) = node.children().find(|child| is(*child, "graph")) {
        return Err(at(inner).unsupported("a graph within a node"));
    }
    match sketch.declare(id, labels.of(node), At { format: FORMAT, line: 0 }) {
        // Counting lines takes time, so the line is found only for an error.
        Err(TopologyError::InvalidGraph { problem, .. }) => Err(at(node).error(problem)),
        done => done,
    }
}

fn end_of(edge: Node<'_, '_>, end: &str, sketch: &Sketch) -> Result<NodeId, TopologyError> {
    let id = edge.attribute(end);
    let id = id.ok_or_else(|| at(edge).incomplete(format!("an edge has no `{end}`")))?;
    match sketch.find(id, At { format: FORMAT, line: 0 }) {
        Err(TopologyError::InvalidGraph { problem, .. }) => Err(at(edge).error(problem)),
        found => found,
    }
}

/// The direction that an attribute gives, by the words for both ways and for one way; `None` if the
/// attribute is missing.
fn direction_of(
    element: Node<'_, '_>,
    attribute: &str,
    [both_ways, one_way]: [&'static str; 2],
) -> Result<Option<Direction>, TopologyError> {
    match element.attribute(attribute) {
        None => Ok(None),
        Some(word) if word == both_ways => Ok(Some(Direction::BothWays)),
        Some(word) if word == one_way => Ok(Some(Direction::OneWay)),
        Some(word) => {
            Err(at(element).expected("`directed` or `undirected`, `true` or `false`", word))
        }
    }
}

/// The keys under which nodes have their labels, the best key first.
struct Labels<'a>(Vec<(usize, &'a str)>);

impl<'a> Labels<'a> {
    fn declared_in(root: Node<'a, 'a>) -> Self {
        let keys = root.children().filter(|child| is(*child, "key"));
        let keys = keys.filter_map(|key| Some((Self::rank(key)?, key.attribute("id")?)));
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        Labels(keys)
    }

    /// How well a key serves as a label, 0 being best; `None` if the key is not a label of nodes.
    fn rank(key: Node<'_, '_>) -> Option<usize> {
        if !matches!(key.attribute("for"), None | Some("node" | "all")) {
            return None;
        }
        let name = key.attribute("attr.name").unwrap_or_default();
        let is_drawn = || key.attributes().any(|attribute| attribute.value() == "nodegraphics");
        match name.to_ascii_lowercase().as_str() {
            "label" => Some(0),
            "name" => Some(1),
            _ => is_drawn().then_some(2),
        }
    }

    /// The label of a node; empty if the node has no label.
    fn of(&self, node: Node<'_, '_>) -> String {
        let data = || node.children().filter(|child| is(*child, "data"));
        let labels = self.0.iter().filter_map(|(_, key)| {
            let data = data().find(|data| data.attribute("key") == Some(key))?;
            let drawn = data.descendants().find(|inner| is(*inner, "NodeLabel"));
            drawn.unwrap_or(data).text().filter(|text| !text.trim().is_empty())
        });
        labels.map(str::to_owned).next().unwrap_or_default()
    }
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

/// The place of a node. This counts the lines before the node, so it is for errors only.
fn at(node: Node<'_, '_>) -> At {
    let start = node.range().start;
    At { format: FORMAT, line: node.document().text_pos_at(start).row as usize }
}
